package loupe.sae;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import loupe.base.Cancellation;
import loupe.tensor.ReadingThreads;
import loupe.tensor.StoredTensor;
import org.jspecify.annotations.Nullable;

/**
 * The weights of one sparse autoencoder outside the heap: read on the file pool, taken over by the device thread.
 *
 * <p>A matrix may be stored in either orientation, given by {@code featuresInRows}, so that nothing is transposed in
 * memory. Not thread-safe; handed from one thread to the next, never shared.
 */
public final class HostWeights {
    /** What a tensor is for. F = dSae. */
    public enum Part {
        /** W_enc, (dIn, F) or (F, dIn); of a gated autoencoder with two encoders the gate's. */
        ENCODER,
        /**
         * What the magnitudes of a gated autoencoder are computed with, (dIn, F) or (F, dIn), where that is not the
         * gate's encoder.
         */
        MAGNITUDE_ENCODER,
        /** b_enc, (F); of a gated autoencoder b_gate. */
        ENCODER_BIAS,
        /** W_dec, (F, dOut) or (dOut, F). */
        DECODER,
        /** b_dec, (dOut). */
        DECODER_BIAS,
        /** What is subtracted before encoding where that is not b_dec, (dIn): transcoders of Dunefsky. */
        INPUT_BIAS,
        /** What is subtracted from every activation first and added to its reconstruction, (dIn). */
        MEAN,
        /** Thresholds of a JumpReLU, (F). */
        THRESHOLD,
        /** r_mag of a gated autoencoder, (F): the magnitude path multiplies by its exponential. */
        MAGNITUDE_SCALE,
        /** b_mag of a gated autoencoder, (F). */
        MAGNITUDE_BIAS,
        /** What each feature is multiplied by before decoding, (F): SAELens' finetuning scaling factor. */
        FEATURE_SCALE,
        /** The per-token decoder bias, (vocabulary, dOut). */
        LOOKUP,
        /** W_skip, (dOut, dIn): x W_skip^T is added to the output. */
        SKIP
    }

    private final Map<Part, DirectTensor> tensors = new EnumMap<>(Part.class);
    private final Map<Part, Boolean> featuresInRows = new EnumMap<>(Part.class);
    private final List<String> warnings = new ArrayList<>();
    private final @Nullable Path origin;

    /** Weights that come from no file. */
    public HostWeights() {
        this(null);
    }

    /** @param origin what they are read from; null if they are from no file */
    public HostWeights(@Nullable Path origin) {
        this.origin = origin;
    }

    /** The file or folder they come from; empty if they do not. */
    Optional<Path> origin() {
        return Optional.ofNullable(origin);
    }

    /**
     * Adds a matrix.
     *
     * @param data (rows, columns), row-major; copied
     * @param featuresInRows whether row i belongs to feature i; of no meaning for LOOKUP and SKIP
     * @return this
     */
    public HostWeights matrix(Part part, float[] data, int rows, int columns, boolean featuresInRows) {
        return put(part, DirectTensor.of(data, rows, columns), featuresInRows);
    }

    /**
     * Adds a vector; copied.
     *
     * @return this
     */
    public HostWeights vector(Part part, float... data) {
        return put(part, DirectTensor.of(data, 1, data.length), false);
    }

    /** A tensor of a file and what it is for. */
    public record Stored(Part part, StoredTensor tensor, boolean featuresInRows) {
        /**
         * The same tensor in the orientation in which the file stores it, which reads faster; either orientation will
         * do.
         */
        Stored asItLies() {
            boolean eitherWay = part == Part.ENCODER || part == Part.MAGNITUDE_ENCODER || part == Part.DECODER;
            return eitherWay
                    ? tensor.turned()
                            .map(turned -> new Stored(part, turned, !featuresInRows))
                            .orElse(this)
                    : this;
        }
    }

    /**
     * Reads tensors of a file, on several threads at once; non-finite values in them are counted and reported as a
     * warning. Leaves nothing behind if that fails.
     */
    public void read(List<Stored> all, Cancellation cancellation) {
        List<Stored> stored = all.stream().map(Stored::asItLies).toList();
        DirectTensor[] read = new DirectTensor[stored.size()];
        List<Runnable> beginnings = new ArrayList<>();
        for (int i = 0; i < read.length; i++) {
            int at = i;
            beginnings.add(() -> {
                cancellation.check();
                read[at] = DirectTensor.like(stored.get(at).tensor());
                stored.get(at).tensor().verify();
            });
        }
        try {
            ReadingThreads.run(beginnings);
            List<Runnable> pieces = new ArrayList<>();
            for (int i = 0; i < read.length; i++) {
                pieces.addAll(read[i].readingOf(stored.get(i).tensor(), cancellation));
            }
            ReadingThreads.run(pieces);
        } catch (RuntimeException | Error e) {
            Stream.of(read).filter(Objects::nonNull).forEach(DirectTensor::free);
            throw e;
        }
        for (int i = 0; i < read.length; i++) {
            long bad = read[i].nonFinite();
            if (bad > 0) {
                warnings.add(stored.get(i).tensor().name() + " contains " + bad
                        + " non-finite values (NaN or infinite); what is computed from them is not defined");
            }
            put(stored.get(i).part(), read[i], stored.get(i).featuresInRows());
        }
    }

    HostWeights put(Part part, DirectTensor tensor, boolean rowsAreFeatures) {
        DirectTensor before = tensors.put(part, tensor);
        if (before != null) {
            before.free();
        }
        featuresInRows.put(part, rowsAreFeatures);
        return this;
    }

    /** Removes a part, if present, and frees its memory. */
    public void remove(Part part) {
        DirectTensor tensor = tensors.remove(part);
        if (tensor != null) {
            tensor.free();
        }
        featuresInRows.remove(part);
    }

    /** Adds to a vector, element by element. */
    public void add(Part part, double[] values) {
        float[] sum = vector(part);
        for (int i = 0; i < sum.length; i++) {
            sum[i] = (float) (sum[i] + values[i]);
        }
        vector(part, sum);
    }

    /**
     * v E for v of dIn values: dSae values, in double precision.
     *
     * @param part an encoder
     */
    public double[] through(Part part, double[] v) {
        return tensor(part).times(v, featuresInRows(part));
    }

    public void warn(String sentence) {
        warnings.add(sentence);
    }

    public boolean has(Part part) {
        return tensors.containsKey(part);
    }

    /** Warnings about unusual values, one sentence each. */
    public List<String> warnings() {
        return Collections.unmodifiableList(warnings);
    }

    /** Bytes the weights take as float32, here and on the device. */
    public long bytes() {
        return tensors.values().stream().mapToLong(DirectTensor::bytes).sum();
    }

    /**
     * Frees the memory at once. To be called by whoever read the weights, when the autoencoders made from them on the
     * CPU are closed; nothing may use either afterwards.
     */
    public void free() {
        tensors.values().forEach(DirectTensor::free);
    }

    /** A copy of a vector on the heap. */
    public float[] vector(Part part) {
        return tensor(part).toArray();
    }

    /**
     * A copy of a matrix on the heap, row-major, with features in rows or in columns as asked. LOOKUP and SKIP as they
     * are.
     */
    public float[] matrix(Part part, boolean rowsAreFeatures) {
        DirectTensor tensor = tensor(part);
        float[] data = tensor.toArray();
        if (part == Part.LOOKUP || part == Part.SKIP || rowsAreFeatures == featuresInRows(part)) {
            return data;
        }
        int rows = Math.toIntExact(tensor.rows());
        int columns = tensor.columns();
        float[] turned = new float[data.length];
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                turned[c * rows + r] = data[r * columns + c];
            }
        }
        return turned;
    }

    public DirectTensor tensor(Part part) {
        DirectTensor tensor = tensors.get(part);
        if (tensor == null) {
            throw new IllegalArgumentException(part + " is not among " + tensors.keySet());
        }
        return tensor;
    }

    public boolean featuresInRows(Part part) {
        return Objects.requireNonNull(featuresInRows.get(part), part::name);
    }

    /** Euclidean norm of each feature's decoder direction. */
    public double[] decoderNorms() {
        double[] norms = tensor(Part.DECODER).squares(featuresInRows(Part.DECODER));
        for (int i = 0; i < norms.length; i++) {
            norms[i] = Math.sqrt(norms[i]);
        }
        return norms;
    }

    /** Multiplies what belongs to feature i by {@code factors[i]}. */
    public void scaleFeatures(Part part, double[] factors) {
        if (featuresInRows(part)) {
            tensor(part).scaleRows(factors);
        } else {
            tensor(part).scaleColumns(factors);
        }
    }

    /** Makes each decoder direction a unit vector and changes nothing else. A zero direction is left alone. */
    public void normaliseDecoder() {
        double[] inverse = decoderNorms();
        for (int i = 0; i < inverse.length; i++) {
            inverse[i] = inverse[i] == 0 ? 1 : 1 / inverse[i];
        }
        scaleFeatures(Part.DECODER, inverse);
    }

    /** Transposes a small matrix. */
    public void turn(Part part) {
        DirectTensor tensor = tensor(part);
        int rows = Math.toIntExact(tensor.rows());
        int columns = tensor.columns();
        float[] data = tensor.toArray();
        float[] turned = new float[data.length];
        for (int i = 0; i < data.length; i++) {
            turned[i % columns * rows + i / columns] = data[i];
        }
        put(part, DirectTensor.of(turned, /* rows= */ columns, /* columns= */ rows), featuresInRows(part));
    }

    /** Multiplies every element by the same factor. */
    public void scale(Part part, double factor) {
        double[] factors = new double[tensor(part).columns()];
        java.util.Arrays.fill(factors, factor);
        tensor(part).scaleColumns(factors);
    }

    /**
     * Moves the decoder norms into the encoder: W_dec,i becomes a unit vector; W_enc,i, b_enc,i and, where there is
     * one, the threshold are multiplied by its former norm. The reconstruction stays the same, features are multiplied
     * by the norms. A zero direction is left alone. For ReLU, JumpReLU and gated autoencoders and, because only the
     * choice changes, for a TopK that chooses by decoder norm already; for a plain TopK it would choose other features.
     *
     * <p>This is SAELens 6.18's {@code fold_W_dec_norm} and dictionary_learning's {@code normalize_decoder}.
     */
    public void foldDecoderNorms() {
        double[] norms = decoderNorms();
        double[] inverse = new double[norms.length];
        for (int i = 0; i < norms.length; i++) {
            norms[i] = norms[i] == 0 ? 1 : norms[i];
            inverse[i] = 1 / norms[i];
        }
        scaleFeatures(Part.DECODER, inverse);
        scaleFeatures(Part.ENCODER, norms);
        if (has(Part.MAGNITUDE_ENCODER)) {
            scaleFeatures(Part.MAGNITUDE_ENCODER, norms);
        }
        for (Part part : List.of(Part.ENCODER_BIAS, Part.THRESHOLD, Part.MAGNITUDE_BIAS)) {
            if (has(part)) {
                tensor(part).scaleColumns(norms);
            }
        }
    }
}
