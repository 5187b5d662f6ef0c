package loupe.training.sample;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;

/**
 * The training rows as token ids, each with how often it is shown in an epoch. A word of one to three tokens is near to
 * what a ghost token can mean, so that it is shown more often than a longer one; one of a single token more often
 * still. Of a word with many senses the first one in the file comes most often, so that there is a definition to settle
 * on.
 *
 * <p>The parts of a sentence are tokenised separately, so that a definition starts with the same token whatever stands
 * before it.
 */
public final class TrainingText {
    /** Largest number of tokens of a word that counts as common. */
    static final int COMMON_TOKENS = 3;

    /** A word with so many definitions has many senses. */
    static final int MANY_SENSES = 10;

    private static final int[] NOTHING = {};

    private final List<int[]> lemmas = new ArrayList<>();
    private final List<int[]> definitions = new ArrayList<>();
    private final List<Sentence> plain = new ArrayList<>();
    private final Map<DefinitionWording, int[][]> frames = new HashMap<>();
    private final List<Double> weights = new ArrayList<>();

    /**
     * @param encode text to token ids, adding nothing
     * @param weighting how often rows are shown
     */
    public TrainingText(List<Definition> rows, Function<String, int[]> encode, Weighting weighting) {
        for (DefinitionWording wording : DefinitionWording.values()) {
            frames.put(wording, new int[][] {
                wording.before().isEmpty() ? NOTHING : encode.apply(wording.before()),
                encode.apply(wording.between()),
                encode.apply(wording.after())
            });
        }
        Map<String, int[]> cache = new HashMap<>();
        Function<String, int[]> encodeOnce = text -> cache.computeIfAbsent(text, encode);
        Map<String, Integer> senses = new HashMap<>();
        rows.forEach(row -> senses.merge(row.lemma(), 1, Integer::sum));
        Set<String> begun = new HashSet<>();
        for (Definition row : rows) {
            int[] lemma = encodeOnce.apply(row.lemma());
            lemmas.add(lemma);
            definitions.add(encodeOnce.apply(row.text()));
            weights.add(
                    weighting.ofDefinition(lemma.length, senses.getOrDefault(row.lemma(), 0), begun.add(row.lemma())));
        }
        Set<String> shown = new HashSet<>();
        for (Definition row : rows) {
            for (String example : row.examples()) {
                if (shown.add(example)) {
                    int[] tokens = encode.apply(example);
                    plain.add(new Sentence(tokens, 0, tokens.length));
                    weights.add(weighting.example());
                }
            }
        }
    }

    /** Adds sentences that a model wrote, each to be shown once per epoch. */
    void add(List<int[]> sentences) {
        for (int[] tokens : sentences) {
            plain.add(new Sentence(tokens, definitionStart(tokens), tokens.length - 1));
            weights.add(1.0);
        }
    }

    /** Where the definition begins in a sentence of any wording; 0 if it is of none. */
    private int definitionStart(int[] sentence) {
        for (DefinitionWording wording : DefinitionWording.values()) {
            int[][] frame = Objects.requireNonNull(frames.get(wording));
            int before = frame[0].length;
            if (sentence.length > before && Arrays.equals(frame[0], 0, before, sentence, 0, before)) {
                int[] between = frame[1];
                for (int at = before + 1; at + between.length < sentence.length; at++) {
                    if (Arrays.equals(between, 0, between.length, sentence, at, at + between.length)) {
                        return at + between.length;
                    }
                }
            }
        }
        return 0;
    }

    /**
     * How often a row is shown per epoch.
     *
     * @param first first definition of a word of one token with many senses
     * @param manySenses another definition of such a word
     * @param oneToken of another word of one token
     * @param fewTokens of a word of two or three tokens
     * @param manyTokens of a longer one
     * @param example an example sentence
     */
    public record Weighting(
            double first, double manySenses, double oneToken, double fewTokens, double manyTokens, double example) {
        /** Every document as often as any other. */
        public static final Weighting EVEN = new Weighting(1, 1, 1, 1, 1, 1);

        double ofDefinition(int lemmaTokens, int senses, boolean isFirst) {
            if (lemmaTokens == 1 && senses >= MANY_SENSES) {
                return isFirst ? first : manySenses;
            }
            if (lemmaTokens == 1) {
                return oneToken;
            }
            return lemmaTokens <= COMMON_TOKENS ? fewTokens : manyTokens;
        }
    }

    /** Number of documents: definitions first, then example sentences, then what was added. */
    int size() {
        return weights.size();
    }

    double weight(int document) {
        return weights.get(document);
    }

    /** Tokens of a definition's lemma. */
    int[] lemma(int document) {
        return lemmas.get(document);
    }

    /** Tokens of a document without a separator. The wording applies to definitions; other sentences keep theirs. */
    Sentence sentence(int document, DefinitionWording wording) {
        if (document >= lemmas.size()) {
            return plain.get(document - lemmas.size());
        }
        return sentence(lemmas.get(document), definitions.get(document), wording);
    }

    private Sentence sentence(int[] lemma, int[] definition, DefinitionWording wording) {
        int[][] frame = Objects.requireNonNull(frames.get(wording));
        int start = frame[0].length + lemma.length + frame[1].length;
        int[] tokens = Arrays.copyOf(frame[0], start + definition.length + frame[2].length);
        System.arraycopy(lemma, 0, tokens, frame[0].length, lemma.length);
        System.arraycopy(frame[1], 0, tokens, frame[0].length + lemma.length, frame[1].length);
        System.arraycopy(definition, 0, tokens, start, definition.length);
        System.arraycopy(frame[2], 0, tokens, start + definition.length, frame[2].length);
        return new Sentence(tokens, start, start + definition.length);
    }

    /**
     * @param start index of the first token of the definition, the text between the quotation marks
     * @param end index after its last token
     */
    record Sentence(int[] tokens, int start, int end) {}
}
