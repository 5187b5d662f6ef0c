package loupe.analysis.tokenbias;

import ai.djl.ndarray.NDArray;
import loupe.inference.ModelId;
import loupe.inference.Scope;

/** The two matrices of a model that have a row for each token. */
public enum TokenMatrix {
    /** The token embedding W_E, as it is stored. */
    INPUT("input", "Embedding"),
    /** The unembedding W_U, a row for each token; the same matrix where the two are tied. */
    OUTPUT("output", "Unembedding");

    private final String word;
    private final String title;

    TokenMatrix(String word, String title) {
        this.word = word;
        this.title = title;
    }

    /** Its name in commands. */
    public String word() {
        return word;
    }

    /** Its name on the screen. */
    public String title() {
        return title;
    }

    /** (V, dModel), lent to the step. */
    NDArray rows(Scope scope, ModelId model) {
        return this == INPUT
                ? scope.embeddings(model).embedding()
                : scope.embeddings(model).unembedding();
    }
}
