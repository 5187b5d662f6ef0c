package loupe.analysis.effects;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import loupe.analysis.Fit;
import loupe.analysis.prompts.TrainedValues;
import loupe.base.HookPoint;
import loupe.base.Refusal;
import loupe.inference.ModelId;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.lm.LanguageModel;
import loupe.lm.SiteShape;
import loupe.sae.Encoded;
import loupe.sae.PreparedInput;
import loupe.sae.SaeConfig;
import loupe.sae.SparseAutoencoder;

/**
 * A checkpoint in its place in a model, during one step: it reads values there and says what becomes of those it writes
 * to when its features change. B rows, T tokens, F features, S numbers of a token where it writes, in all heads. Arrays
 * belong to the manager of the value they come from.
 */
final class PlacedSae {
    private final LanguageModel lm;
    private final SparseAutoencoder sae;
    private final SaeConfig config;
    private final HookPoint readsAt;
    private final HookPoint writesAt;

    private PlacedSae(LanguageModel lm, SparseAutoencoder sae) {
        this.lm = lm;
        this.sae = sae;
        this.config = sae.config();
        this.readsAt = config.hook().orElseThrow();
        this.writesAt = config.hookOut().orElse(readsAt);
    }

    /**
     * A checkpoint and a model that the step lends.
     *
     * @throws Refusal if the checkpoint does not fit the model, or does not say where it writes
     */
    static PlacedSae of(Scope scope, ModelId model, SaeId id) {
        LanguageModel lm = scope.model(model);
        SparseAutoencoder sae = scope.sae(id);
        new Fit(lm.config(), sae.config()).misfitOfOutput().ifPresent(why -> {
            throw why.refusal(id.name(), model.name());
        });
        return new PlacedSae(lm, sae);
    }

    /**
     * Likewise, only to be read: it does not matter where it writes.
     *
     * @throws Refusal if the checkpoint does not fit the model, or does not say where it reads
     */
    static PlacedSae toRead(Scope scope, ModelId model, SaeId id) {
        LanguageModel lm = scope.model(model);
        SparseAutoencoder sae = scope.sae(id);
        new Fit(lm.config(), sae.config()).misfit().ifPresent(why -> {
            throw why.refusal(id.name(), model.name());
        });
        return new PlacedSae(lm, sae);
    }

    HookPoint readsAt() {
        return readsAt;
    }

    HookPoint writesAt() {
        return writesAt;
    }

    int features() {
        return config.dSae();
    }

    /**
     * Goes on only if it has these features.
     *
     * @throws Refusal if there is no such feature
     */
    void require(int... features) {
        for (int feature : features) {
            if (feature < 0 || feature >= features()) {
                throw new Refusal(
                        "There is no feature " + feature,
                        "0 to " + (features() - 1),
                        "Choose a feature of the checkpoint");
            }
        }
    }

    /**
     * The features of a value, (B T, F).
     *
     * @param value at {@link #readsAt}, (B, T, ...)
     */
    Encoded read(NDArray value) {
        PreparedInput input = sae.prepare(TrainedValues.of(lm, config, readsAt, value));
        NDArray features = sae.encode(input);
        return new Encoded(features.reshape(features.size() / features(), features()), input);
    }

    /** The features of a value at {@link #readsAt}, (B T, F), differentiable in it. */
    NDArray readKeepingGraph(NDArray value) {
        return sae.encodeKeepingGraph(TrainedValues.of(lm, config, readsAt, value));
    }

    /**
     * The value that the reconstruction stands for.
     *
     * @param features (B T, F), instead of those that were read
     * @param tokens id of each token, (B T)
     * @param value at {@link #writesAt}, (B, T, ...): of its other heads, where it writes to one
     */
    NDArray written(NDArray features, Encoded reading, int[] tokens, NDArray value) {
        NDArray ids = config.lookup()
                ? features.getManager()
                        .create(Arrays.stream(tokens).asLongStream().toArray())
                : null;
        return TrainedValues.with(lm, config, writesAt, value, sae.decode(features, ids, reading.input()));
    }

    /**
     * How the value at {@link #writesAt} changes when some features do.
     *
     * @param amounts (B T, N), what is added to the features
     * @param features N of them
     * @param value at {@link #writesAt}, for its shape
     */
    NDArray change(NDArray amounts, int[] features, Encoded reading, NDArray value) {
        NDArray change = sae.decodeChange(amounts, ids(amounts.getManager(), features), reading.input());
        return TrainedValues.change(lm, config, writesAt, value, change);
    }

    /**
     * How the value at {@link #writesAt} changes when one feature at one position does, for several of them apart.
     *
     * @param amounts N of them, what is added to each feature
     * @param features N of them
     * @param positions N of them, in the text that was read
     * @return (N, S)
     */
    NDArray changesApart(NDManager step, float[] amounts, int[] features, int[] positions, Encoded reading) {
        int n = amounts.length;
        NDArray changes = sae.decodeChangesApart(
                step.create(amounts, new Shape(n, 1)), ids(step, features), ids(step, positions), reading.input());
        return inPlace(step, changes, n);
    }

    /**
     * The gradient with respect to the features, (B T, F), from that with respect to the value at {@link #writesAt}.
     */
    NDArray gradient(NDArray gradient, Encoded reading) {
        return sae.decoderGradient(TrainedValues.gradient(lm, config, writesAt, gradient), reading.input());
    }

    /** What the value at {@link #writesAt} gains for each unit of a feature, S numbers. */
    float[] direction(NDManager step, int feature) {
        return directions(step, new int[] {feature}).toFloatArray();
    }

    /** What the value at {@link #writesAt} gains for each unit of some features, (N, S), rows for features. */
    NDArray directions(NDManager step, int[] features) {
        return inPlace(step, sae.writtenDirections(ids(step, features)), features.length);
    }

    /** Vectors (N, dOut) as changes of a token's value at {@link #writesAt}, (N, S). */
    private NDArray inPlace(NDManager step, NDArray vectors, int n) {
        Shape one = new Shape(n, 1).addAll(tokenShape(writesAt));
        NDArray rows = vectors.reshape(n, 1, config.dOut());
        NDArray change = config.head().isEmpty() ? rows.reshape(one) : rows;
        return TrainedValues.change(lm, config, writesAt, step.zeros(one), change)
                .reshape(n, one.size() / n);
    }

    private Shape tokenShape(HookPoint at) {
        SiteShape shape = lm.config().at(at).orElseThrow();
        return at.site().hasHeads() ? new Shape(shape.heads(), shape.width()) : new Shape(shape.size());
    }

    private static NDArray ids(NDManager owner, int[] features) {
        return owner.create(Arrays.stream(features).asLongStream().toArray());
    }
}
