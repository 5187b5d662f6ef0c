package loupe.sae;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import loupe.base.CheckpointException;
import loupe.base.Refusal;
import loupe.sae.HostWeights.Part;
import loupe.tensor.DirectMemory;
import org.jspecify.annotations.Nullable;

/**
 * A sparse autoencoder on the device. Device thread only.
 *
 * <p>With x of shape (P, M), encoder E (M, F), decoder D (F, O): p = (x - b_dec) E + b_enc, f = act(p), x^ = f D +
 * b_dec, where b_dec is subtracted only if {@link SaeConfig.Reading#subtractsDecoderBias}; normalisations, gates,
 * lookup and skip are added by the configuration. M = dIn, F = dSae, O = dOut; leading axes of x are kept. Formulas and
 * their differences between libraries: {@code src/site/markdown/formats.md}, sections A.3, B.2 and C.3.
 *
 * <p>What {@link #encode}, {@link #decode} and {@link #reconstruct} give belongs to the manager of their first
 * argument, whether or not the weights are lent. Whoever starts an expression from {@link #encoder}, {@link #decoder}
 * or {@link #lookup} lends {@link #weights} to its step first, because their own manager is capped.
 */
public final class SparseAutoencoder implements AutoCloseable {
    private static final Set<Part> MATRICES =
            EnumSet.of(Part.ENCODER, Part.MAGNITUDE_ENCODER, Part.DECODER, Part.LOOKUP, Part.SKIP);

    private final SaeConfig config;
    private final NDManager manager;
    private final Optional<Path> origin;
    private final List<ByteBuffer> buffers = new ArrayList<>();
    private final Map<Part, NDArray> parts = new EnumMap<>(Part.class);
    private final NDList weights = new NDList();

    @SuppressWarnings("NullAway.Init") // uploaded with the other weights
    private NDArray encoder;

    @SuppressWarnings("NullAway.Init") // uploaded with the other weights
    private NDArray encoderRows;

    private @Nullable NDArray magnitudeRows;

    @SuppressWarnings("NullAway.Init") // uploaded with the other weights
    private NDArray decoder;

    private @Nullable NDArray decoderNorms;
    private @Nullable NDArray inverseDecoderNorms;

    private SparseAutoencoder(SaeConfig config, HostWeights host, NDManager manager) {
        this.config = config;
        this.manager = manager;
        this.origin = host.origin();
        if (config.activation().byDecoderNorm() || config.activation() instanceof Activation.TopKByDecoderNorm) {
            double[] norms = host.decoderNorms();
            float[] direct = new float[norms.length];
            float[] inverse = new float[norms.length];
            for (int i = 0; i < norms.length; i++) {
                direct[i] = (float) norms[i];
                inverse[i] = norms[i] == 0 ? 0 : (float) (1 / norms[i]);
            }
            decoderNorms = keep(manager.create(direct));
            inverseDecoderNorms = config.activation().byDecoderNorm() ? keep(manager.create(inverse)) : null;
        }
        for (Part part : Part.values()) {
            if (host.has(part)) {
                upload(part, host);
            }
        }
        manager.cap();
    }

    private SparseAutoencoder(SaeConfig config, SparseAutoencoder owner) {
        this.config = config;
        this.manager = owner.manager.newSubManager();
        this.origin = owner.origin;
        parts.putAll(owner.parts);
        weights.addAll(owner.weights);
        encoder = owner.encoder;
        encoderRows = owner.encoderRows;
        magnitudeRows = owner.magnitudeRows;
        decoder = owner.decoder;
        decoderNorms = owner.decoderNorms;
        inverseDecoderNorms = owner.inverseDecoderNorms;
        manager.cap();
    }

    /**
     * Puts weights on the device. On the CPU the buffers of {@code host} become the arrays, without a copy, so
     * {@code host} is not to be changed afterwards. A tensor of several buffers is copied, each buffer given back as
     * soon as it has been: {@code host} then lacks it, and if this fails too.
     *
     * @param parent the manager whose child owns the weights, and whose device they go to
     * @throws IllegalArgumentException if a tensor is missing or has another size than {@code config} requires
     */
    public static SparseAutoencoder upload(NDManager parent, SaeConfig config, HostWeights host) {
        WeightShapes.check(config, host);
        NDManager manager = parent.newSubManager();
        try {
            return new SparseAutoencoder(config, host, manager);
        } catch (RuntimeException | Error failure) {
            manager.close();
            throw failure;
        }
    }

    /**
     * The same weights, read another way: b_dec subtracted or not, activations centred or not. Owns no array; to be
     * closed before this is.
     *
     * @throws IllegalArgumentException if the sizes or the activation function differ
     */
    public SparseAutoencoder readAs(SaeConfig other) {
        if (other.dIn() != config.dIn()
                || other.dSae() != config.dSae()
                || other.dOut() != config.dOut()
                || !other.activation().equals(config.activation())) {
            throw new IllegalArgumentException("other is " + other + ", which is not a reading of " + config);
        }
        return new SparseAutoencoder(other, this);
    }

    public SaeConfig config() {
        return config;
    }

    /** Everything this owns on the device, to be lent with {@code tempAttachAll}. */
    public NDList weights() {
        return weights;
    }

    /** W_enc, (dIn, dSae). May be a view with strides. */
    public NDArray encoder() {
        return encoder;
    }

    /** W_dec, (dSae, dOut). May be a view with strides. */
    public NDArray decoder() {
        return decoder;
    }

    /** The per-token decoder bias, (vocabulary, dOut). */
    public Optional<NDArray> lookup() {
        return Optional.ofNullable(parts.get(Part.LOOKUP));
    }

    /** A copy of column {@code feature} of W_enc, dIn values. */
    public float[] encoderDirection(int feature) {
        return row(encoderRows, feature);
    }

    /** A copy of row {@code feature} of W_dec, dOut values. */
    public float[] decoderDirection(int feature) {
        return row(decoder, feature);
    }

    /** A copy of the decoder directions of several features, (N, dOut). */
    public NDArray decoderDirections(NDArray ids) {
        return Embedding.embedding(ids, decoder, SparseFormat.DENSE).singletonOrThrow();
    }

    /**
     * What a reconstruction gains for each unit of some features, before the normalisation of its input is undone: (N,
     * dOut), of the manager of {@code ids}. The rows of W_dec, divided by their norms where features are.
     */
    public NDArray writtenDirections(NDArray ids) {
        NDArray rows = decoderDirections(ids);
        NDArray scale = featureScale();
        return scale == null
                ? rows
                : rows.mul(Embedding.embedding(ids, scale.reshape(config.dSae(), 1), SparseFormat.DENSE)
                        .singletonOrThrow());
    }

    /**
     * How a reconstruction changes when some of its features do.
     *
     * @param amounts (P, N), what is added to the features
     * @param ids N features, int64
     * @param input what was reconstructed: its normalisation is undone
     * @return (..., dOut), or (..., heads, dHead) if the input had heads; of the manager of {@code amounts}
     */
    public NDArray decodeChange(NDArray amounts, NDArray ids, PreparedInput input) {
        return input.restoreChange(amounts.matMul(writtenDirections(ids)), config);
    }

    /**
     * How reconstructions change when one feature of one vector does, for several of them apart.
     *
     * @param amounts (N, 1), what is added to each feature
     * @param ids the features, N of them, int64
     * @param places of the vectors they belong to, N, int64
     * @param input what was reconstructed
     * @return (N, dOut), of the manager of {@code amounts}
     */
    public NDArray decodeChangesApart(NDArray amounts, NDArray ids, NDArray places, PreparedInput input) {
        return input.restoreChanges(amounts.mul(writtenDirections(ids)), places, config);
    }

    /**
     * The gradient with respect to the features, from that with respect to their reconstruction.
     *
     * @param gradient in the shape that {@link #decode} gives
     * @param input what was reconstructed
     * @return (P, dSae), of the manager of {@code gradient}
     */
    public NDArray decoderGradient(NDArray gradient, PreparedInput input) {
        NDArray rows = input.restoreChange(gradient.reshape(new Shape(input.count(), config.dOut())), config)
                .reshape(new Shape(input.count(), config.dOut()));
        NDArray products = Linear.linear(rows, decoder).singletonOrThrow();
        NDArray scale = featureScale();
        return scale == null ? products : products.mul(scale);
    }

    /** Factors of the features before they are decoded, (dSae); null if they are decoded as they are. */
    private @Nullable NDArray featureScale() {
        return parts.containsKey(Part.FEATURE_SCALE) ? parts.get(Part.FEATURE_SCALE) : inverseDecoderNorms;
    }

    /**
     * The features of x as {@link #encode} gives them, but differentiable in x while gradients are collected. Which of
     * them are active is held constant.
     *
     * @return (P, dSae)
     * @throws Refusal if a feature is no function of its own pre-activation, as in matching pursuit
     */
    public NDArray encodeKeepingGraph(NDArray x) {
        requireOwnPreActivations();
        PreparedInput input = prepare(x);
        NDArray active = features(input.vectors()).neq(0);
        if (magnitudeRows != null) {
            return Linear.linear(shifted(input.vectors()), magnitudeRows, parts.get(Part.MAGNITUDE_BIAS))
                    .singletonOrThrow()
                    .mul(active);
        }
        NDArray p = preActivations(input.vectors());
        if (config.activation() instanceof Activation.Gated) {
            p = p.mul(parts.get(Part.MAGNITUDE_SCALE)).add(parts.get(Part.MAGNITUDE_BIAS));
        } else if (config.activation() instanceof Activation.TanhRelu) {
            p = p.tanh();
        }
        return p.mul(active);
    }

    /**
     * What one feature would be of x were it active, whether or not it is: its pre-activation, of a gated autoencoder
     * what the magnitude path gives. Differentiable in x while gradients are collected.
     *
     * @param x (..., dIn), or (..., heads, dHead) if {@link SaeConfig#readsHeads}
     * @return (P), of the manager of {@code x}
     * @throws Refusal if a feature is no function of its own pre-activation, as in matching pursuit
     */
    public NDArray preActivation(NDArray x, int feature) {
        requireOwnPreActivations();
        NDArray id = x.getManager().create(new long[] {feature});
        NDArray row = Embedding.embedding(id, magnitudeRows == null ? encoderRows : magnitudeRows, SparseFormat.DENSE)
                .singletonOrThrow();
        NDArray p = Linear.linear(shifted(prepare(x).vectors()), row).singletonOrThrow();
        if (magnitudeRows != null) {
            p = p.add(one(id, Objects.requireNonNull(parts.get(Part.MAGNITUDE_BIAS))));
        } else if (config.activation() instanceof Activation.Gated) {
            p = p.mul(one(id, Objects.requireNonNull(parts.get(Part.MAGNITUDE_SCALE))))
                    .add(one(id, Objects.requireNonNull(parts.get(Part.MAGNITUDE_BIAS))));
        } else if (parts.containsKey(Part.ENCODER_BIAS)) {
            p = p.add(one(id, parts.get(Part.ENCODER_BIAS)));
        }
        NDArray norms = inverseDecoderNorms == null ? null : decoderNorms;
        return (norms == null ? p : p.mul(one(id, norms))).reshape(p.size());
    }

    /** The element of a vector of all features that belongs to one, (1, 1). */
    private NDArray one(NDArray id, NDArray ofFeatures) {
        return Embedding.embedding(id, ofFeatures.reshape(config.dSae(), 1), SparseFormat.DENSE)
                .singletonOrThrow();
    }

    private void requireOwnPreActivations() {
        if (config.activation() instanceof Activation.MatchingPursuit) {
            throw new Refusal(
                    "Matching pursuit has no gradient",
                    "features that are functions of x",
                    "Choose another checkpoint");
        }
    }

    /**
     * Normalises x once for several uses.
     *
     * @param x (..., dIn), or (..., heads, dHead) if {@link SaeConfig#readsHeads}
     * @throws IllegalArgumentException for another width
     */
    public PreparedInput prepare(NDArray x) {
        return PreparedInput.of(config, x, parts.get(Part.MEAN));
    }

    /**
     * Feature activations of x, (..., dSae) for x (..., dIn), or (..., heads, dHead) if {@link SaeConfig#readsHeads}.
     */
    public NDArray encode(NDArray x) {
        PreparedInput input = prepare(x);
        return input.withLeadingAxes(encodeRows(input.vectors()));
    }

    public NDArray encode(PreparedInput input) {
        return input.withLeadingAxes(encodeRows(input.vectors()));
    }

    /** Feature activations of x on the host, without the zeros; rows in row-major order of the leading axes. */
    public SparseFeatures encodeSparse(NDArray x) {
        PreparedInput input = prepare(x);
        SparseRows rows = new SparseRows(Math.toIntExact(input.count()), config.dSae());
        long perPiece = config.activation().takesWholeBatch()
                ? Math.max(1, input.count())
                : SparseRows.rowsPerPiece(config.dSae());
        for (long first = 0; first < input.count(); first += perPiece) {
            try (NDManager step = x.getManager().newSubManager()) {
                NDArray piece = input.vectors().get(first + ":" + Math.min(first + perPiece, input.count()));
                piece.attach(step);
                if (config.activation() instanceof Activation.TopK topK) {
                    new LargestValues(topK.k(), topK.relu()).addTo(rows, preActivations(piece));
                } else {
                    rows.addDense(features(piece));
                }
            }
        }
        return rows.build();
    }

    /**
     * Reconstructs activations from features.
     *
     * @param features (..., dSae)
     * @param tokenIds int64, one id for each vector, in any shape; null if there is no lookup
     * @param input what the features came from: its normalisation is undone, and a skip connection reads it
     * @return (..., dOut), or (..., heads, dHead) if the input had heads
     * @throws CheckpointException if a token is beyond the lookup of a file: it goes with another tokenizer
     * @throws IllegalArgumentException if token ids are missing, or one is out of range
     */
    public NDArray decode(NDArray features, @Nullable NDArray tokenIds, PreparedInput input) {
        NDManager owner = features.getManager();
        try (NDManager step = owner.newSubManager()) {
            NDArray rows = features.reshape(new Shape(input.count(), config.dSae()));
            rows.attach(step);
            NDArray xHat = decodeRows(rows);
            if (config.lookup()) {
                xHat.addi(lookupRows(tokenIds, input.count(), step));
            }
            NDArray restored = input.restore(xHat, config);
            if (parts.containsKey(Part.SKIP)) {
                NDArray skipped =
                        Linear.linear(input.raw(), parts.get(Part.SKIP)).singletonOrThrow();
                skipped.attach(step);
                restored = restored.add(skipped.reshape(restored.getShape()));
            }
            restored.attach(owner);
            return restored;
        }
    }

    /** Encodes and decodes. {@code tokenIds} as in {@link #decode(NDArray, NDArray, PreparedInput)}. */
    public Reconstruction reconstruct(NDArray x, @Nullable NDArray tokenIds) {
        PreparedInput input = prepare(x);
        NDArray features = encode(input);
        return new Reconstruction(features, decode(features, tokenIds, input));
    }

    @Override
    public void close() {
        manager.close();
        buffers.clear();
    }

    /** (P, dSae) for vectors (P, dIn); owned by the manager of {@code vectors}. */
    private NDArray encodeRows(NDArray vectors) {
        NDManager owner = vectors.getManager();
        try (NDManager step = owner.newSubManager()) {
            NDArray rows = vectors.reshape(vectors.getShape());
            rows.attach(step);
            NDArray features = features(rows);
            features.attach(owner);
            return features;
        }
    }

    private NDArray features(NDArray vectors) {
        if (config.activation() instanceof Activation.MatchingPursuit pursuit) {
            return new Pursuit(encoderRows, decoder, pursuit.residualThreshold()).features(shifted(vectors));
        }
        if (magnitudeRows == null) {
            return activate(preActivations(vectors));
        }
        NDArray input = shifted(vectors);
        NDArray on = Linear.linear(input, encoderRows, parts.get(Part.ENCODER_BIAS))
                .singletonOrThrow()
                .gt(0);
        return relu(Linear.linear(input, magnitudeRows, parts.get(Part.MAGNITUDE_BIAS))
                        .singletonOrThrow())
                .muli(on);
    }

    /** The vectors minus what is subtracted before encoding. */
    private NDArray shifted(NDArray vectors) {
        NDArray subtracted =
                config.reading().subtractsDecoderBias() ? parts.get(Part.DECODER_BIAS) : parts.get(Part.INPUT_BIAS);
        return subtracted == null ? vectors : vectors.sub(subtracted);
    }

    /** p, (P, dSae); of a gated autoencoder without its biases. */
    private NDArray preActivations(NDArray vectors) {
        NDArray input = shifted(vectors);
        NDArray bias = parts.get(Part.ENCODER_BIAS);
        boolean gated = config.activation() instanceof Activation.Gated;
        NDArray p = (bias == null || gated
                        ? Linear.linear(input, encoderRows)
                        : Linear.linear(input, encoderRows, bias))
                .singletonOrThrow();
        return inverseDecoderNorms == null ? p : p.muli(Objects.requireNonNull(decoderNorms));
    }

    /** Features from pre-activations, which may be overwritten. */
    private NDArray activate(NDArray p) {
        Activation activation = config.activation();
        if (activation instanceof Activation.TopK topK) {
            return new LargestValues(topK.k(), topK.relu()).keep(p);
        }
        if (activation instanceof Activation.TopKByDecoderNorm byNorm) {
            NDArray written = relu(p).muli(Objects.requireNonNull(decoderNorms));
            NDArray largest = byNorm.ofBatch()
                    ? largestOfBatch(written, byNorm.k())
                    : new LargestValues(byNorm.k(), true).keep(written);
            // 0 times a negative value is -0
            return p.muli(largest.gt(0)).addi(0f);
        }
        if (activation instanceof Activation.BatchTopK batch) {
            return batch.threshold().isPresent()
                    ? relu(p).muli(p.gt(batch.threshold().getAsDouble()))
                    : largestOfBatch(p, batch.k());
        }
        if (activation instanceof Activation.GroupMax groups) {
            NDArray byGroup = p.reshape(new Shape(p.getShape().get(0) * groups.k(), config.dSae() / groups.k()));
            return new LargestValues(1, true).keep(byGroup).reshape(p.getShape());
        }
        if (activation instanceof Activation.SignedTopK signed) {
            NDArray sign = p.sign();
            // 0 times a negative sign is -0
            return new LargestValues(signed.k(), true).keep(p.abs()).muli(sign).addi(0f);
        }
        if (activation instanceof Activation.JumpRelu) {
            return relu(p).muli(p.gt(parts.get(Part.THRESHOLD)));
        }
        if (activation instanceof Activation.Gated) {
            NDArray on = p.add(parts.get(Part.ENCODER_BIAS)).gt(0);
            return relu(p.muli(parts.get(Part.MAGNITUDE_SCALE)).addi(parts.get(Part.MAGNITUDE_BIAS)))
                    .muli(on);
        }
        return activation instanceof Activation.TanhRelu ? relu(p).tanh() : relu(p);
    }

    private static NDArray largestOfBatch(NDArray p, int k) {
        long rows = p.getShape().get(0);
        NDArray flat = p.reshape(new Shape(1, p.size()));
        return new LargestValues(Math.multiplyExact(rows, k), true).keep(flat).reshape(p.getShape());
    }

    private NDArray decodeRows(NDArray features) {
        NDArray scale = featureScale();
        return (scale == null ? features : features.mul(scale)).matMul(decoder).addi(parts.get(Part.DECODER_BIAS));
    }

    private NDArray lookupRows(@Nullable NDArray tokenIds, long count, NDManager step) {
        NDArray lookup = Objects.requireNonNull(parts.get(Part.LOOKUP));
        if (tokenIds == null || tokenIds.size() != count) {
            throw new IllegalArgumentException((tokenIds == null ? "no token ids" : tokenIds.size() + " token ids")
                    + " for " + count + " vectors; the autoencoder's lookup needs the id of the token at each of them");
        }
        NDArray ids = tokenIds.toType(DataType.INT64, false).reshape(new Shape(count));
        ids.attach(step);
        long rows = lookup.getShape().get(0);
        for (NDArray extreme : List.of(ids.min(), ids.max())) {
            long id = extreme.getLong();
            if (id >= rows && origin.isPresent()) {
                throw new CheckpointException(
                        origin.get(),
                        "its lookup has " + rows + " rows, and the text has token " + id,
                        "a row for every token of the tokenizer",
                        "Use it with the model it was trained on");
            }
            if (id < 0 || id >= rows) {
                throw new Refusal(
                        "The lookup has " + rows + " rows, and the text has token " + id,
                        "a row for every token of the tokenizer",
                        "Use it with the model it was trained on");
            }
        }
        return Embedding.embedding(ids, lookup, SparseFormat.DENSE).singletonOrThrow();
    }

    private float[] row(NDArray rows, int feature) {
        if (feature < 0 || feature >= config.dSae()) {
            throw new Refusal(
                    "There is no feature " + feature,
                    "0 to " + (config.dSae() - 1),
                    "Choose a feature of the checkpoint");
        }
        try (NDManager step = manager.newSubManager()) {
            NDArray id = step.create(new long[] {feature});
            return Embedding.embedding(id, rows, SparseFormat.DENSE)
                    .singletonOrThrow()
                    .toFloatArray();
        }
    }

    private void upload(Part part, HostWeights host) {
        DirectTensor tensor = host.tensor(part);
        boolean vector = tensor.rows() == 1 && !MATRICES.contains(part);
        NDArray stored = part == Part.MAGNITUDE_SCALE ? exponential(host.vector(part)) : create(tensor, vector);
        keep(stored);
        parts.put(part, stored);
        if (part == Part.ENCODER) {
            NDArray turned = keep(stored.transpose());
            encoder = host.featuresInRows(part) ? turned : stored;
            encoderRows = host.featuresInRows(part) ? stored : turned;
        } else if (part == Part.MAGNITUDE_ENCODER) {
            magnitudeRows = host.featuresInRows(part) ? stored : keep(stored.transpose());
        } else if (part == Part.DECODER) {
            decoder = host.featuresInRows(part) ? stored : keep(stored.transpose());
        }
    }

    private NDArray exponential(float[] logarithms) {
        float[] values = new float[logarithms.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.exp(logarithms[i]);
        }
        return manager.create(values);
    }

    private NDArray create(DirectTensor tensor, boolean vector) {
        if (tensor.blocks().size() > 1) {
            return copy(tensor);
        }
        if (!manager.getDevice().isGpu()) {
            // the array is the buffer; letting go of the buffer would free memory that views still read
            buffers.addAll(tensor.blocks());
        }
        Shape shape = vector ? new Shape(tensor.columns()) : new Shape(tensor.rows(), tensor.columns());
        return manager.create(tensor.blocks().get(0), shape, DataType.FLOAT32);
    }

    private NDArray copy(DirectTensor tensor) {
        NDArray whole = manager.create(new Shape(tensor.rows(), tensor.columns()), DataType.FLOAT32);
        long first = 0;
        for (ByteBuffer block : tensor.blocks()) {
            long end = Math.min(tensor.rows(), first + tensor.rowsPerBlock());
            try (NDArray part = manager.create(block, new Shape(end - first, tensor.columns()), DataType.FLOAT32)) {
                whole.set(new NDIndex("{}:{}", first, end), part);
            }
            DirectMemory.free(block);
            first = end;
        }
        return whole;
    }

    private NDArray keep(NDArray array) {
        weights.add(array);
        return array;
    }

    private static NDArray relu(NDArray p) {
        return ai.djl.nn.Activation.relu(p);
    }
}
