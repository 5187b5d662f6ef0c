package loupe.analysis.features;

import ai.djl.ndarray.NDArray;
import loupe.analysis.DeviceArrays;
import loupe.base.Refusal;
import loupe.inference.ModelId;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.lm.Embeddings;

/** The vectors among which neighbours are searched; one id per row. */
public sealed interface NeighbourSpace {
    /** Token embeddings. */
    record Tokens(ModelId model) implements NeighbourSpace {}

    /** Columns of the unembedding, one per token. */
    record Unembedding(ModelId model) implements NeighbourSpace {}

    /** Encoder directions, one per feature. */
    record Encoder(SaeId sae) implements NeighbourSpace {}

    /** Decoder directions, one per feature. */
    record Decoder(SaeId sae) implements NeighbourSpace {}

    /** Per-token decoder biases of a tokenized autoencoder. */
    record Biases(SaeId sae) implements NeighbourSpace {}

    /** The vectors as rows, (count, width); lent to the step, possibly with strides. */
    default NDArray rows(Scope scope) {
        if (this instanceof Tokens tokens) {
            Embeddings lm = scope.embeddings(tokens.model);
            return DeviceArrays.rows(scope.arrays(), lm.embedding(), 0, lm.tokens());
        }
        if (this instanceof Unembedding unembedding) {
            Embeddings lm = scope.embeddings(unembedding.model);
            return DeviceArrays.rows(scope.arrays(), lm.unembedding(), 0, lm.tokens());
        }
        if (this instanceof Encoder encoder) {
            NDArray rows = scope.sae(encoder.sae).encoder().transpose();
            rows.attach(scope.arrays());
            return rows;
        }
        if (this instanceof Decoder decoder) {
            return scope.sae(decoder.sae).decoder();
        }
        SaeId sae = ((Biases) this).sae;
        return scope.sae(sae)
                .lookup()
                .orElseThrow(() -> new Refusal(
                        sae.name() + " has no per-token biases", "", "Look among its encoder or decoder directions"));
    }
}
