package loupe.index;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import loupe.analysis.prompts.TokenRows;

/**
 * How the documents of a corpus are put before the model. {@link #APART} and {@link #SEPARATED} give the same numbers,
 * those of one forward pass for each document; they differ in speed only. Measured in
 * {@code src/site/markdown/index.md}.
 */
public enum DocumentPacking {
    /** Each document is a text of its own; one longer than a context is several. */
    @JsonProperty("apart")
    APART("each document by itself"),

    /** Several documents share a context, with attention and positions cut at their borders. */
    @JsonProperty("separated")
    SEPARATED("packed, attention and positions cut at borders"),

    /**
     * Documents run on: a token attends to the documents before its own in the context, and positions count through
     * them, as in SAELens.
     */
    @JsonProperty("packed")
    PACKED("packed, attention running on across borders");

    /** What is right for the meaning of a document: no other document has a part in it. */
    public static final DocumentPacking DEFAULT = APART;

    private final String words;

    DocumentPacking(String words) {
        this.words = words;
    }

    /** The name on the command line and in files. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What it means, as a part of a sentence. */
    public String words() {
        return words;
    }

    /** A few words for the title of what was counted so. */
    public String shortWords() {
        return switch (this) {
            case APART -> "documents apart";
            case SEPARATED -> "documents cut at borders";
            case PACKED -> "documents run on";
        };
    }

    /** Whether a document's numbers depend on those before it. */
    public boolean runsOn() {
        return this == PACKED;
    }

    /** Contexts as the model reads them, their tokens in the same order. */
    public TokenRows rows(List<Contexts.Context> contexts) {
        int[][] ids = contexts.stream().map(Contexts.Context::ids).toArray(int[][]::new);
        return switch (this) {
            case PACKED -> new TokenRows(ids);
            case SEPARATED ->
                TokenRows.cutAtBorders(
                        ids, contexts.stream().map(Contexts.Context::documents).toArray(int[][]::new));
            case APART -> {
                List<int[]> documents = new ArrayList<>();
                contexts.forEach(context -> documents.addAll(context.apart()));
                yield new TokenRows(documents.toArray(int[][]::new));
            }
        };
    }

    /** How many running numbers of tokens there are, those of places that contexts leave empty included. */
    long places(long tokens, long contexts, int contextLength) {
        return runsOn() ? tokens : contexts * contextLength;
    }

    /** The position that the model gives the token at a place of a context. */
    int position(int[] documents, int place) {
        int first = runsOn() ? 0 : place;
        while (first > 0 && documents[first - 1] == documents[place]) {
            first--;
        }
        return place - first;
    }
}
