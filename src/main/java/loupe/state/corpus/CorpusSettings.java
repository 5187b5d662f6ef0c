package loupe.state.corpus;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import loupe.base.Refusal;
import loupe.index.Contexts;
import loupe.index.Corpus;
import loupe.index.CorpusMasks;
import loupe.index.DocumentPacking;
import loupe.index.IndexBuild;
import loupe.index.IndexInfo;
import loupe.index.Shard;
import loupe.inference.OpenModel;
import loupe.lm.tokenizer.Tokenizer;

/**
 * How a corpus is counted in the window; the same choices as the options of {@code index build}.
 *
 * @param maxTokens most tokens to read
 * @param contextLength tokens in a context; a model that takes fewer has contexts of its own length
 * @param beginning whether the token for the beginning of text, if the model has one, comes before each document
 * @param documents how the model reads documents
 * @param column field of JSON lines or column of tables that has the text
 * @param maskBeginning whether tokens for the beginning of text are left out
 * @param maskFirst so many first positions are left out
 * @param maskNorm tokens longer than this multiple of the median are left out; 0 for none
 * @param ignored ids of tokens that are left out
 */
public record CorpusSettings(
        long maxTokens,
        int contextLength,
        boolean beginning,
        DocumentPacking documents,
        String column,
        boolean maskBeginning,
        int maskFirst,
        double maskNorm,
        List<Integer> ignored) {
    /** Those of a new session. */
    public static final CorpusSettings DEFAULT = new CorpusSettings(
            1_000_000, Contexts.DEFAULT_LENGTH, true, DocumentPacking.DEFAULT, Corpus.TEXT, false, 0, 0, List.of());

    private static final String PREFIX = "corpus.";

    public CorpusSettings {
        ignored = ignored.stream().distinct().sorted().toList();
        if (maxTokens < 1
                || maxTokens > Integer.MAX_VALUE
                || contextLength < 2
                || maskFirst < 0
                || !(maskNorm >= 0 && maskNorm < Double.POSITIVE_INFINITY)
                || column.isBlank()
                || ignored.stream().anyMatch(id -> id < 0)) {
            throw new IllegalArgumentException("these are no settings of a corpus: " + maxTokens + ", " + contextLength
                    + ", " + maskFirst + ", " + maskNorm + ", " + column + ", " + ignored);
        }
    }

    /** The same with another way of reading documents. */
    public CorpusSettings with(DocumentPacking other) {
        return new CorpusSettings(
                maxTokens, contextLength, beginning, other, column, maskBeginning, maskFirst, maskNorm, ignored);
    }

    /** Whether every token counts. */
    public boolean masksNothing() {
        return !maskBeginning && maskFirst == 0 && maskNorm == 0 && ignored.isEmpty();
    }

    /** The masks in a few words; empty for none. */
    public String maskWords() {
        List<String> words = new ArrayList<>();
        if (maskBeginning) {
            words.add("beginning");
        }
        if (maskFirst > 0) {
            words.add("first " + maskFirst);
        }
        if (maskNorm > 0) {
            words.add("norms");
        }
        if (!ignored.isEmpty()) {
            words.add(ignored.size() == 1 ? "1 token" : ignored.size() + " tokens");
        }
        return words.isEmpty() ? "" : "without " + String.join(", ", words);
    }

    /**
     * The settings of a pass.
     *
     * @throws Refusal if an ignored id is outside the vocabulary, or the token to leave out does not exist
     */
    IndexBuild.Settings of(OpenModel model, List<IndexInfo.IndexedSae> saes) {
        Tokenizer tokenizer = model.tokenizer().orElseThrow();
        OptionalInt separator = tokenizer.beginning();
        if (maskBeginning && separator.isEmpty()) {
            throw new Refusal("The model has no token for the beginning of text that could be left out");
        }
        int vocabulary = model.config().vocabularySize();
        ignored.stream().filter(id -> id >= vocabulary).findFirst().ifPresent(id -> {
            throw new Refusal("Token " + id + " cannot be left out", "ids below " + vocabulary, "");
        });
        return new IndexBuild.Settings(
                new IndexInfo.Named(model.id().name(), model.id().fingerprint()),
                saes,
                Math.min(contextLength, model.config().context()),
                beginning ? separator : OptionalInt.empty(),
                documents,
                maxTokens,
                Shard.WHOLE,
                new CorpusMasks(maskBeginning ? separator.getAsInt() : -1, maskFirst, maskNorm, ignored));
    }

    /** What tells the passes of these settings from those of others; the default ones are known since version 1.0. */
    String key() {
        CorpusSettings plain = new CorpusSettings(
                maxTokens, DEFAULT.contextLength, DEFAULT.beginning, documents, DEFAULT.column, false, 0, 0, List.of());
        return maxTokens
                + (documents.runsOn() ? "" : "|" + documents.word())
                + (equals(plain)
                        ? ""
                        : "|" + List.of(contextLength, beginning, column, maskBeginning, maskFirst, maskNorm, ignored));
    }

    /** The settings by name, as a session remembers them. */
    Map<String, String> remembered() {
        Map<String, String> kept = new LinkedHashMap<>();
        kept.put(PREFIX + "documents", documents.word());
        kept.put(PREFIX + "max-tokens", Long.toString(maxTokens));
        kept.put(PREFIX + "context", Integer.toString(contextLength));
        kept.put(PREFIX + "beginning", Boolean.toString(beginning));
        kept.put(PREFIX + "text-column", column);
        kept.put(PREFIX + "mask-bos", Boolean.toString(maskBeginning));
        kept.put(PREFIX + "mask-first", Integer.toString(maskFirst));
        kept.put(PREFIX + "mask-norm", Double.toString(maskNorm));
        kept.put(PREFIX + "ignore-tokens", ignored.stream().map(String::valueOf).collect(Collectors.joining(",")));
        return kept;
    }

    /** Remembered settings; the default ones where they are missing or cannot be. */
    static CorpusSettings recalled(Map<String, String> kept) {
        DocumentPacking how = Arrays.stream(DocumentPacking.values())
                .filter(packing -> packing.word().equals(kept.get(PREFIX + "documents")))
                .findFirst()
                .orElse(DEFAULT.documents);
        try {
            return new CorpusSettings(
                    Long.parseLong(kept.getOrDefault(PREFIX + "max-tokens", "" + DEFAULT.maxTokens)),
                    Integer.parseInt(kept.getOrDefault(PREFIX + "context", "" + DEFAULT.contextLength)),
                    !"false".equals(kept.get(PREFIX + "beginning")),
                    how,
                    kept.getOrDefault(PREFIX + "text-column", DEFAULT.column),
                    "true".equals(kept.get(PREFIX + "mask-bos")),
                    Integer.parseInt(kept.getOrDefault(PREFIX + "mask-first", "0")),
                    Double.parseDouble(kept.getOrDefault(PREFIX + "mask-norm", "0")),
                    ids(kept.getOrDefault(PREFIX + "ignore-tokens", "")));
        } catch (IllegalArgumentException edited) {
            return DEFAULT.with(how);
        }
    }

    /**
     * Ids as they are written in a field.
     *
     * @throws NumberFormatException if they are no numbers
     */
    public static List<Integer> ids(String text) {
        return Arrays.stream(text.split("[,\\s]+"))
                .filter(id -> !id.isEmpty())
                .map(Integer::valueOf)
                .toList();
    }
}
