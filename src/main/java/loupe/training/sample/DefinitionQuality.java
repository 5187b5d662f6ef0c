package loupe.training.sample;

import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import loupe.lm.tokenizer.Tokenizer;
import loupe.training.lm.BigramModel;
import loupe.training.lm.Gpt;

/**
 * How good a model's definitions are.
 *
 * @param loss on every distinct held-out definition, put after its first word in the wording of definition trees
 * @param lemmas how many words, those of one token with the most senses, were tested
 * @param recognisable how many of those have, among the first three content words of the greedy definition, one that
 *     stands in a true training definition of the word
 * @param training greedy definitions of words drawn from the training rows
 * @param heldOut of words drawn from the held-out rows
 */
record DefinitionQuality(HeldOutLoss loss, int lemmas, int recognisable, List<Sample> training, List<Sample> heldOut) {
    static final int LEMMAS = 400;
    static final int SAMPLES = 10;

    private static final int FIRST_CONTENT_WORDS = 3;
    private static final int LONGEST_TOKENS = 32;

    /**
     * @param written what the model wrote, up to the closing quotation mark
     * @param dictionary one of the true definitions
     */
    record Sample(String lemma, String written, String dictionary) {}

    /** Share of recognisable definitions, 0 to 1. */
    double recognisableShare() {
        return recognisable / (double) lemmas;
    }

    static DefinitionQuality measure(
            NDManager manager, Gpt gpt, DefinitionCorpus corpus, TrainingText text, Tokenizer tokenizer, long seed) {
        Function<String, int[]> encode =
                words -> tokenizer.encode(words, Tokenizer.Beginning.NO).ids();
        gpt.parameters().flat().setLearning(false);
        HeldOutLoss loss = HeldOutLoss.measure(manager, gpt, bigrams(gpt, text), heldOutSentences(corpus, encode));
        GreedyDefinitions greedy = new GreedyDefinitions(manager, gpt, LONGEST_TOKENS);
        Function<List<String>, List<String>> define = words -> definitions(words, greedy, encode, tokenizer);
        List<String> lemmas = lemmasWithMostSenses(corpus, text);
        Map<String, Set<String>> trueWords = contentWords(corpus, new HashSet<>(lemmas));
        List<String> written = define.apply(lemmas);
        int recognisable = 0;
        for (int i = 0; i < lemmas.size(); i++) {
            Set<String> inDictionary = Objects.requireNonNull(trueWords.get(lemmas.get(i)));
            recognisable += ContentWords.of(written.get(i)).stream()
                            .limit(FIRST_CONTENT_WORDS)
                            .anyMatch(inDictionary::contains)
                    ? 1
                    : 0;
        }
        SplittableRandom random = new SplittableRandom(seed);
        List<Sample> training = samples(corpus.training(), encode, define, random);
        List<Sample> heldOut = samples(corpus.heldOut(), encode, define, random);
        return new DefinitionQuality(loss, lemmas.size(), recognisable, training, heldOut);
    }

    private static BigramModel bigrams(Gpt gpt, TrainingText text) {
        BigramModel model = new BigramModel(gpt.config().vocabularySize());
        for (int document = 0; document < text.size(); document++) {
            model.count(text.sentence(document, DefinitionWording.TYPICAL).tokens());
        }
        return model;
    }

    private static List<TrainingText.Sentence> heldOutSentences(
            DefinitionCorpus corpus, Function<String, int[]> encode) {
        Set<String> seen = new HashSet<>();
        List<Definition> distinct =
                corpus.heldOut().stream().filter(row -> seen.add(row.text())).toList();
        TrainingText text = new TrainingText(distinct, encode, TrainingText.Weighting.EVEN);
        List<TrainingText.Sentence> sentences = new ArrayList<>();
        for (int i = 0; i < distinct.size(); i++) {
            sentences.add(text.sentence(i, DefinitionWording.TYPICAL));
        }
        return sentences;
    }

    /** Ties in the number of senses go by the alphabet. */
    static List<String> lemmasWithMostSenses(DefinitionCorpus corpus, TrainingText text) {
        Map<String, Integer> senses = new LinkedHashMap<>();
        for (int i = 0; i < corpus.training().size(); i++) {
            if (text.lemma(i).length == 1) {
                senses.merge(corpus.training().get(i).lemma(), 1, Integer::sum);
            }
        }
        return senses.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue()
                        .reversed()
                        .thenComparing(Map.Entry.comparingByKey(Comparator.naturalOrder())))
                .limit(LEMMAS)
                .map(Map.Entry::getKey)
                .toList();
    }

    private static Map<String, Set<String>> contentWords(DefinitionCorpus corpus, Set<String> lemmas) {
        Map<String, Set<String>> words = new HashMap<>();
        for (Definition row : corpus.training()) {
            if (lemmas.contains(row.lemma())) {
                words.computeIfAbsent(row.lemma(), lemma -> new HashSet<>()).addAll(ContentWords.of(row.text()));
            }
        }
        return words;
    }

    private static List<String> definitions(
            List<String> lemmas, GreedyDefinitions greedy, Function<String, int[]> encode, Tokenizer tokenizer) {
        TrainingText frame = new TrainingText(
                lemmas.stream()
                        .map(lemma -> new Definition(lemma, "", "", List.of()))
                        .toList(),
                words -> words.isEmpty() ? new int[0] : encode.apply(words),
                TrainingText.Weighting.EVEN);
        List<int[]> prompts = new ArrayList<>();
        for (int i = 0; i < lemmas.size(); i++) {
            TrainingText.Sentence sentence = frame.sentence(i, DefinitionWording.TYPICAL);
            prompts.add(java.util.Arrays.copyOf(sentence.tokens(), sentence.start()));
        }
        return greedy.continuations(prompts).stream()
                .map(ids -> {
                    String written = tokenizer.decode(ids);
                    int quote = written.indexOf('"');
                    return (quote < 0 ? written + " ..." : written.substring(0, quote)).strip();
                })
                .toList();
    }

    /** Words of one to three tokens, each once, in the order drawn. */
    private static List<Sample> samples(
            List<Definition> rows,
            Function<String, int[]> encode,
            Function<List<String>, List<String>> define,
            SplittableRandom random) {
        Map<String, String> drawn = new LinkedHashMap<>();
        Set<Integer> tried = new LinkedHashSet<>();
        while (drawn.size() < SAMPLES && tried.size() < rows.size()) {
            int at = random.nextInt(rows.size());
            if (tried.add(at) && encode.apply(rows.get(at).lemma()).length <= TrainingText.COMMON_TOKENS) {
                drawn.putIfAbsent(rows.get(at).lemma(), rows.get(at).text());
            }
        }
        List<String> lemmas = List.copyOf(drawn.keySet());
        List<String> written = define.apply(lemmas);
        List<Sample> samples = new ArrayList<>();
        drawn.forEach((lemma, definition) -> samples.add(new Sample(lemma, written.get(samples.size()), definition)));
        return samples;
    }
}
