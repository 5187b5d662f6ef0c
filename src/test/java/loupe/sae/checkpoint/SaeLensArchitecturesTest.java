package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import loupe.Golden;
import loupe.Trial;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.format.JsonFiles;
import loupe.format.SafetensorsWriter;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.sae.HostWeights.Part;
import loupe.sae.Reconstruction;
import loupe.sae.SparseAutoencoder;
import loupe.sae.SparseFeatures;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What SAELens 6.2x to 6.51 writes besides the folders that are recorded. Expected values are worked out here, in
 * double precision and with loops over the formulas of formats C; nothing of the code under test is used. Within 2e-5.
 */
class SaeLensArchitecturesTest {
    private static final int D = 5;
    private static final int N = 14;

    @TempDir
    Path folder;

    private final Random random = new Random(31);
    /** The last row is zero. */
    private final double[][] x = matrix(7, D);
    /** Row i is feature i's. */
    private final double[][] encoder = matrix(N, D);

    private final double[][] decoder = matrix(N, D);
    private final double[] encoderBias = matrix(1, N)[0];
    private final double[] decoderBias = matrix(1, D)[0];
    private final Map<String, Object> cfg = new HashMap<>(Map.of("d_in", D, "d_sae", N));

    @BeforeEach
    void zeroTheLastInput() {
        Arrays.fill(x[x.length - 1], 0);
    }

    // ---- checkpoints of training ----

    @ParameterizedTest
    @CsvSource({"batchtopk, true", "batchtopk, false", "matryoshka_batchtopk, true", "matryoshka_batchtopk, false"})
    void aBatchTopKIsReadWithTheThresholdThatTrainingLeaves(String architecture, boolean byNorm) {
        double threshold = 0.8;
        cfg.put("k", 2.5);
        cfg.put("rescale_acts_by_decoder_norm", byNorm);
        cfg.put("matryoshka_widths", List.of(4, N));
        SaeFile file = write(architecture, writer().add("topk_threshold", scalar(threshold)));
        double[][] features = new double[x.length][N];
        double[][] xHat = new double[x.length][];
        for (int r = 0; r < x.length; r++) {
            double[] written = new double[N];
            for (int i = 0; i < N; i++) {
                double norm = byNorm ? norm(decoder[i]) : 1;
                double p = preActivation(i, minus(x[r], decoderBias)) * norm;
                features[r][i] = p > threshold ? p : 0;
                written[i] = features[r][i] / norm;
            }
            xHat[r] = decode(written, decoderBias);
        }
        assertThat(Arrays.stream(features).flatMapToDouble(Arrays::stream).filter(f -> f == 0))
                .hasSizeBetween(10, x.length * N - 10);
        compare(file, features, xHat);
        assertThat(file.activation()).isEqualTo("jumprelu");
        assertThat(SaeAudit.of(file, new Cancellation()))
                .anyMatch(finding -> finding.sentence().contains("are folded into the encoder") == byNorm
                        && finding.topic().equals("Decoder norms"));
    }

    @Test
    void aBatchTopKThatDoesNotSayIsRescaledByDecoderNormsAsItsClassIs() {
        SaeFile file = write("batchtopk", writer().add("topk_threshold", scalar(0.5)));
        assertThat(Arrays.stream(file.readWeights(new Cancellation()).decoderNorms()))
                .allMatch(norm -> Math.abs(norm - 1) < 1e-6);
    }

    /** The folders that SAELens saves for use, turned back into what it saves during training. */
    @ParameterizedTest
    @CsvSource({
        "sl_batchtopk_trained_norescale, batchtopk, false",
        "sl_batchtopk_trained_rescale, batchtopk, true",
        "sl_matryoshka_trained, matryoshka_batchtopk, true"
    })
    void aFolderOfTrainingGivesTheRecordedNumbersOfTheFolderForUse(String golden, String architecture, boolean rescaled)
            throws Exception {
        try (TensorArchive weights = TensorArchives.open(Golden.folder(golden).resolve("sae_weights.safetensors"));
                TensorArchive recorded =
                        TensorArchives.open(Golden.folder(golden).resolve("golden.safetensors"))) {
            int n = weights.tensor("b_enc").shape().get(0).intValue();
            int d = weights.tensor("b_dec").shape().get(0).intValue();
            float[] wEnc = weights.tensor("W_enc").toHost().data();
            float[] wDec = weights.tensor("W_dec").toHost().data();
            float[] bEnc = weights.tensor("b_enc").toHost().data();
            for (int i = 0; rescaled && i < n; i++) {
                float norm = 0.25f + i / 16f;
                bEnc[i] /= norm;
                for (int j = 0; j < d; j++) {
                    wEnc[j * n + i] /= norm;
                    wDec[i * d + j] *= norm;
                }
            }
            new SafetensorsWriter()
                    .add("W_enc", new HostTensor(wEnc, d, n))
                    .add("W_dec", new HostTensor(wDec, n, d))
                    .add("b_enc", new HostTensor(bEnc, n))
                    .add("b_dec", weights.tensor("b_dec").toHost())
                    .add(
                            "topk_threshold",
                            scalar(weights.tensor("threshold").toHost().data()[0]))
                    .write(folder.resolve("sae_weights.safetensors"));
            JsonFiles.write(
                    folder.resolve("cfg.json"),
                    Map.of(
                            "architecture", architecture,
                            "d_in", d,
                            "d_sae", n,
                            "k", 8,
                            "rescale_acts_by_decoder_norm", rescaled));
            SaeFile file = SaeFile.read(folder, SaeOptions.AS_STORED);
            try (NDManager manager = NDManager.newBaseManager();
                    SparseAutoencoder sae = open(manager, file)) {
                Reconstruction r = sae.reconstruct(
                        manager.create(
                                recorded.tensor("x").toHost().data(),
                                new Shape(recorded.tensor("x").shape().get(0), d)),
                        null);
                near(
                        "features",
                        r.features().toFloatArray(),
                        doubles(recorded.tensor("features.f64").toHost().data()),
                        1e-4);
                near(
                        "x^",
                        r.xHat().toFloatArray(),
                        doubles(recorded.tensor("x_hat.f64").toHost().data()),
                        1e-4);
            }
        }
    }

    @Test
    void aThresholdFromBeforeTrainingIsWarnedOfAndOneThatIsNoNumberRefused() {
        assertThat(write("batchtopk", writer().add("topk_threshold", scalar(0))).warnings())
                .anyMatch(w -> w.contains("every positive pre-activation is kept"));
        assertThatThrownBy(() -> write("batchtopk", writer().add("topk_threshold", scalar(Float.NaN))))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("topk_threshold contains values that are not numbers");
        assertThatThrownBy(() -> write("batchtopk", writer()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("there is no tensor topk_threshold");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCheckpointOfTrainingIsSavedAsTheLibrarySavesItForUse(boolean byNorm) {
        cfg.put("rescale_acts_by_decoder_norm", byNorm);
        SaeFile file = write("batchtopk", writer().add("topk_threshold", scalar(0.8)));
        Path saved = folder.resolve("for-use");
        SaeSaving.save(file, SaeSaving.Form.SAELENS, saved, new Cancellation());
        SaeFile again = SaeFile.read(saved, SaeOptions.AS_STORED);
        assertThat(again.settings()).containsEntry("architecture", "jumprelu");
        assertThat(again.readWeights(new Cancellation()).vector(Part.THRESHOLD)).containsOnly(0.8f);
        try (NDManager manager = NDManager.newBaseManager();
                SparseAutoencoder before = open(manager, file);
                SparseAutoencoder after = open(manager, again)) {
            var in = manager.create(floats(x), new Shape(x.length, D));
            assertThat(after.encode(in).toFloatArray())
                    .containsExactly(before.encode(in).toFloatArray());
        }
    }

    // ---- JumpReLU ----

    @ParameterizedTest
    @ValueSource(strings = {"threshold", "log_threshold"})
    void aThresholdMayBeStoredAsItsLogarithmAndANegativeOneIsZero(String stored) {
        double[] thresholds = matrix(1, N)[0];
        SaeFile file = write("jumprelu", writer().add(stored, tensor(thresholds)));
        double[][] features = new double[x.length][N];
        for (int r = 0; r < x.length; r++) {
            for (int i = 0; i < N; i++) {
                double p = preActivation(i, minus(x[r], decoderBias));
                double least = stored.equals("threshold") ? Math.max(0, thresholds[i]) : Math.exp(thresholds[i]);
                features[r][i] = p > least ? p : 0;
            }
        }
        assertThat(Arrays.stream(thresholds)).anyMatch(t -> t < 0);
        compare(file, features, decode(features, decoderBias));
    }

    // ---- transcoders whose input is normalised ----

    @ParameterizedTest
    @CsvSource({
        "transcoder, layer_norm",
        "transcoder, constant_norm_rescale",
        "skip_transcoder, layer_norm",
        "skip_transcoder, constant_norm_rescale",
        "jumprelu_transcoder, layer_norm",
        "jumprelu_transcoder, constant_norm_rescale",
        "jumprelu_skip_transcoder, layer_norm"
    })
    void aTranscoderDoesNotMapItsOutputBackByItsInput(String architecture, String normalisation) {
        double[] logThresholds = matrix(1, N)[0];
        double[][] skip = matrix(D, D);
        cfg.put("normalize_activations", normalisation);
        cfg.put("apply_b_dec_to_input", false);
        cfg.put("d_out", D);
        SafetensorsWriter writer = writer();
        if (architecture.contains("jumprelu")) {
            writer.add("log_threshold", tensor(logThresholds));
        }
        if (architecture.contains("skip")) {
            writer.add("W_skip", tensor(skip));
        }
        x[x.length - 1][0] = 1; // a zero vector has no norm
        SaeFile file = write(architecture, writer);
        double[][] features = new double[x.length][N];
        double[][] xHat = new double[x.length][];
        for (int r = 0; r < x.length; r++) {
            double[] in = normalised(x[r], normalisation);
            for (int i = 0; i < N; i++) {
                double p = preActivation(i, in);
                double least = architecture.contains("jumprelu") ? Math.exp(logThresholds[i]) : 0;
                features[r][i] = p > least ? p : 0;
            }
            xHat[r] = decode(features[r], decoderBias);
            for (int j = 0; architecture.contains("skip") && j < D; j++) {
                for (int l = 0; l < D; l++) {
                    xHat[r][j] += x[r][l] * skip[j][l];
                }
            }
        }
        compare(file, features, xHat);
        assertThat(SaeAudit.of(file, new Cancellation()))
                .anyMatch(finding -> finding.sentence().contains("output stays as it is"));
    }

    /** SAELens folds the factor into a transcoder as into an autoencoder. */
    @Test
    void aFactorForATranscodersInputIsFoldedAsTheLibraryDoes() {
        double factor = 0.4;
        cfg.put("normalize_activations", "expected_average_only_in");
        cfg.put("apply_b_dec_to_input", false);
        cfg.put("d_out", D);
        write("transcoder", writer());
        SaeFile file = SaeFile.read(folder, SaeOptions.AS_STORED.withNormFactor(factor));
        double[][] features = new double[x.length][N];
        double[][] xHat = new double[x.length][];
        for (int r = 0; r < x.length; r++) {
            for (int i = 0; i < N; i++) {
                double[] in = Arrays.stream(x[r]).map(value -> value * factor).toArray();
                features[r][i] = Math.max(0, preActivation(i, in));
            }
            xHat[r] = Arrays.stream(decode(features[r], decoderBias))
                    .map(value -> value / factor)
                    .toArray();
        }
        compare(file, features, xHat);
    }

    // ---- abstopk ----

    @ParameterizedTest
    @CsvSource({"1, true", "4, true", "4, false", "14, false"})
    void anAbsTopKKeepsTheLargestByAbsoluteValueWithTheirSigns(int k, boolean byNorm) {
        cfg.put("k", k);
        cfg.put("rescale_acts_by_decoder_norm", byNorm);
        SaeFile file = write("abstopk", writer());
        double[][] features = new double[x.length][N];
        double[][] xHat = new double[x.length][];
        for (int r = 0; r < x.length; r++) {
            double[] p = new double[N];
            double[] written = new double[N];
            for (int i = 0; i < N; i++) {
                p[i] = preActivation(i, minus(x[r], decoderBias)) * (byNorm ? norm(decoder[i]) : 1);
            }
            for (int i : largest(p, k)) {
                features[r][i] = p[i];
                written[i] = p[i] / (byNorm ? norm(decoder[i]) : 1);
            }
            xHat[r] = decode(written, decoderBias);
        }
        assertThat(Arrays.stream(features).flatMapToDouble(Arrays::stream)).anyMatch(f -> f < 0);
        compare(file, features, xHat);
        assertThat(file.config().activation().isSigned()).isTrue();
        assertThat(SaeAudit.of(file, new Cancellation()))
                .anyMatch(finding -> finding.sentence().startsWith("Features can be negative"));
    }

    /** p = (2, -2, -1, 2, 0, ...): of equal absolute values the lower index is kept, whatever its sign. */
    @Test
    void tiesByAbsoluteValueGoToTheLowerIndexAndZerosAreNotActive() {
        cfg.put("k", 2);
        cfg.put("apply_b_dec_to_input", false);
        double[] p = new double[N];
        p[1] = 2;
        p[2] = -2;
        p[5] = -1;
        p[9] = 2;
        SaeFile file = write("abstopk", writer(new double[N][D], decoder, p));
        try (NDManager manager = NDManager.newBaseManager();
                SparseAutoencoder sae = open(manager, file)) {
            SparseFeatures two = sae.encodeSparse(manager.ones(new Shape(1, D)));
            assertThat(two.features()).containsExactly(1, 2);
            assertThat(two.values()).containsExactly(2, -2);
        }
        cfg.put("k", 7);
        SaeFile more = write("abstopk", writer(new double[N][D], decoder, p));
        try (NDManager manager = NDManager.newBaseManager();
                SparseAutoencoder sae = open(manager, more)) {
            assertThat(sae.encodeSparse(manager.ones(new Shape(1, D))).features())
                    .containsExactly(1, 2, 5, 9);
        }
    }

    // ---- matching pursuit ----

    @ParameterizedTest
    @CsvSource({"true, 0.01", "true, 0.9", "false, 0.01", "true, 1e9"})
    void aMatchingPursuitTakesOneDirectionAfterAnother(boolean subtracts, double threshold) {
        cfg.put("apply_b_dec_to_input", subtracts);
        cfg.put("residual_threshold", threshold);
        SaeFile file = write("matching_pursuit", tied(decoder));
        double[] bias = subtracts ? decoderBias : new double[D];
        double[][] features = new double[x.length][];
        for (int r = 0; r < x.length; r++) {
            features[r] = pursued(minus(x[r], bias), decoder, threshold);
        }
        compare(file, features, decode(features, bias));
        long chosen = Arrays.stream(features)
                .flatMapToDouble(Arrays::stream)
                .filter(f -> f != 0)
                .count();
        assertThat(chosen).isGreaterThan(threshold == 0.01 ? x.length : 0);
        assertThat(file.warnings().stream().anyMatch(w -> w.contains("b_dec is not used")))
                .isEqualTo(!subtracts);
    }

    /**
     * Directions (1, 0), (0, 1), (-1, 0) and twice (0.6, 0.8), in the first two dimensions. From (3, 0): the first, 3,
     * which leaves nothing. From (0, 0) and (0, -1): nothing. From (0.6, 0.8): the fourth, 1, not the fifth.
     */
    @Test
    void aMatchingPursuitEndsWhereNothingIsLeftToTake() {
        double[][] directions = new double[N][D];
        double[][] first = {{1, 0}, {0, 1}, {-1, 0}, {0.6, 0.8}, {0.6, 0.8}};
        for (int i = 0; i < first.length; i++) {
            System.arraycopy(first[i], 0, directions[i], 0, 2);
        }
        cfg.put("apply_b_dec_to_input", false);
        SaeFile file = write("matching_pursuit", tied(directions));
        float[] vectors = new float[4 * D];
        vectors[0] = 3;
        vectors[2 * D + 1] = -1;
        vectors[3 * D] = 0.6f;
        vectors[3 * D + 1] = 0.8f;
        try (NDManager manager = NDManager.newBaseManager();
                SparseAutoencoder sae = open(manager, file)) {
            SparseFeatures found = sae.encodeSparse(manager.create(vectors, new Shape(4, D)));
            assertThat(found.offsets()).containsExactly(0, 1, 1, 1, 2);
            assertThat(found.features()).containsExactly(0, 3);
            assertThat(found.values()[0]).isEqualTo(3);
            assertThat(found.values()[1]).isCloseTo(1, within(1e-6f));
        }
    }

    /** Directions of length 2 take more than there is: the second choice of a feature is the last. */
    @Test
    void aMatchingPursuitEndsWithTheSecondChoiceOfAFeature() {
        double[][] directions = new double[N][D];
        directions[0][0] = 2;
        directions[1][0] = -2;
        cfg.put("apply_b_dec_to_input", false);
        SaeFile file = write("matching_pursuit", tied(directions));
        double[] in = {1, 0, 0, 0, 0};
        // 2, leaving -3; 6, leaving 9; 18 more for the first, and the end
        assertThat(pursued(in, directions, 0.01)).startsWith(20, 6, 0);
        try (NDManager manager = NDManager.newBaseManager();
                SparseAutoencoder sae = open(manager, file)) {
            assertThat(sae.encode(manager.create(new float[] {1, 0, 0, 0, 0}, new Shape(1, D)))
                            .toFloatArray())
                    .startsWith(20, 6, 0);
        }
    }

    @Test
    void aFactorForTheInputOfAMatchingPursuitIsAFactorForItsThresholdToo() {
        double factor = 0.25;
        cfg.put("normalize_activations", "expected_average_only_in");
        cfg.put("residual_threshold", 0.3);
        write("matching_pursuit", tied(decoder));
        SaeFile file = SaeFile.read(folder, SaeOptions.AS_STORED.withNormFactor(factor));
        double[][] features = new double[x.length][];
        double[][] xHat = new double[x.length][];
        for (int r = 0; r < x.length; r++) {
            double[] in = Arrays.stream(x[r]).map(value -> value * factor).toArray();
            features[r] = pursued(minus(in, decoderBias), decoder, 0.3);
            xHat[r] = Arrays.stream(decode(features[r], decoderBias))
                    .map(value -> value / factor)
                    .toArray();
        }
        compare(file, features, xHat);
    }

    @Test
    void aMatchingPursuitHasNoOtherActivationAndCannotBeFolded() {
        write("matching_pursuit", tied(decoder));
        assertThatThrownBy(() -> SaeFile.read(
                        folder,
                        SaeOptions.builder().activation(Optional.of("relu")).build()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("a matching pursuit has no activation function");
        assertThatThrownBy(() -> SaeFile.read(folder, SaeOptions.AS_STORED.withFold(true)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("would make it compute something else");
    }

    @ParameterizedTest
    @ValueSource(strings = {"abstopk", "matching_pursuit"})
    void whatIsSavedInOurOwnFormComputesTheSame(String architecture) {
        cfg.put("k", 3);
        cfg.put("rescale_acts_by_decoder_norm", true);
        SaeFile file = write(architecture, architecture.equals("abstopk") ? writer() : tied(decoder));
        Path saved = folder.resolve("saved.safetensors");
        SaeSaving.save(file, SaeSaving.Form.PLAIN, saved, new Cancellation());
        SaeFile again = SaeFile.read(saved, SaeOptions.AS_STORED);
        assertThat(again.config().activation()).isEqualTo(file.config().activation());
        try (NDManager manager = NDManager.newBaseManager();
                SparseAutoencoder before = open(manager, file);
                SparseAutoencoder after = open(manager, again)) {
            var in = manager.create(floats(x), new Shape(x.length, D));
            assertThat(after.encode(in).toFloatArray())
                    .containsExactly(before.encode(in).toFloatArray());
        }
        assertThatThrownBy(() -> SaeSaving.save(
                        file, SaeSaving.Form.DICTIONARY_LEARNING, folder.resolve("other"), new Cancellation()))
                .isInstanceOf(CheckpointException.class);
    }

    // ---- what is not read ----

    @Test
    void aTemporalAutoencoderIsRefusedInOneSentence() {
        assertThatThrownBy(() -> write(
                        "temporal",
                        new SafetensorsWriter()
                                .add("W_dec", tensor(decoder))
                                .add("b_dec", tensor(decoderBias))
                                .add("attn_layers.0.k_ctx.weight", tensor(matrix(2, N)))))
                .isInstanceOfSatisfying(
                        CheckpointException.class,
                        e -> assertThat(e.getMessage())
                                .contains("cfg.json says architecture temporal, which is not supported")
                                .hasSizeLessThan(300 + folder.toString().length()));
    }

    @Test
    void anArchitectureThatIsNotKnownIsNamedWhateverItsTensorsAre() {
        assertThatThrownBy(() -> write("quantum", new SafetensorsWriter().add("Q", tensor(decoder))))
                .isInstanceOfSatisfying(
                        CheckpointException.class,
                        e -> assertThat(e.getMessage())
                                .contains("cfg.json says architecture quantum, which is not supported")
                                .hasSizeLessThan(300 + folder.toString().length()));
    }

    @Test
    void whiteningThatIsNotInTheWeightsIsRefused() {
        cfg.put("normalize_activations", "covariance_whitening");
        assertThatThrownBy(() -> write("standard", writer()))
                .isInstanceOfSatisfying(
                        CheckpointException.class,
                        e -> assertThat(e.getMessage())
                                .contains("covariance_whitening", "folds them")
                                .hasSizeLessThan(300 + folder.toString().length()));
    }

    // ---- what people met ----

    static Stream<String> trials() {
        return Stream.of("batchtopk", "jumprelu-log_threshold", "matching_pursuit");
    }

    @ParameterizedTest
    @MethodSource("trials")
    void foldersThatPeopleMetOpen(String name) {
        SaeFile file = SaeFile.read(Trial.folder("saelens-6-new").resolve(name), SaeOptions.AS_STORED);
        assertThat(file.format()).isEqualTo("saelens");
        assertThat(file.proposal().k()).isEqualTo(OptionalInt.empty());
        try (NDManager manager = NDManager.newBaseManager();
                SparseAutoencoder sae = open(manager, file)) {
            float[] features = sae.encode(manager.create(floats(matrix(20, 8)), new Shape(20, 8)))
                    .toFloatArray();
            assertThat(IntStream.range(0, features.length).filter(i -> features[i] > 0))
                    .isNotEmpty();
        }
    }

    /** Every threshold of the folder that people met is the exponential of what is stored. */
    @Test
    void theStoredLogarithmsBecomeThresholds() {
        Path trial = Trial.folder("saelens-6-new").resolve("jumprelu-log_threshold");
        float[] thresholds = SaeFile.read(trial, SaeOptions.AS_STORED)
                .readWeights(new Cancellation())
                .vector(Part.THRESHOLD);
        try (TensorArchive stored = TensorArchives.open(trial.resolve("sae_weights.safetensors"))) {
            float[] logarithms = stored.tensor("log_threshold").toHost().data();
            for (int i = 0; i < logarithms.length; i++) {
                assertThat(thresholds[i]).isEqualTo((float) Math.exp(logarithms[i]));
            }
        }
    }

    // ---- the slow computations ----

    private double preActivation(int feature, double[] in) {
        double p = encoderBias[feature];
        for (int j = 0; j < D; j++) {
            p += in[j] * encoder[feature][j];
        }
        return p;
    }

    /** SAELens 6.49, matching_pursuit_sae.py, one vector at a time. */
    private static double[] pursued(double[] in, double[][] directions, double threshold) {
        double[] residual = in.clone();
        double[] features = new double[directions.length];
        while (true) {
            int best = 0;
            double most = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < directions.length; i++) {
                double product = 0;
                for (int j = 0; j < residual.length; j++) {
                    product += residual[j] * directions[i][j];
                }
                if (product > most) {
                    most = product;
                    best = i;
                }
            }
            boolean[] before = support(features);
            features[best] += Math.max(0, most);
            for (int j = 0; j < residual.length; j++) {
                residual[j] -= Math.max(0, most) * directions[best][j];
            }
            if (Arrays.equals(before, support(features)) || norm(residual) < threshold) {
                return features;
            }
        }
    }

    private static boolean[] support(double[] features) {
        boolean[] support = new boolean[features.length];
        for (int i = 0; i < support.length; i++) {
            support[i] = features[i] != 0;
        }
        return support;
    }

    private static double[] normalised(double[] in, String how) {
        if (how.equals("constant_norm_rescale")) {
            double scale = Math.sqrt(in.length) / norm(in);
            return Arrays.stream(in).map(value -> value * scale).toArray();
        }
        double mean = Arrays.stream(in).average().orElseThrow();
        double deviation =
                Math.sqrt(Arrays.stream(in).map(v -> (v - mean) * (v - mean)).sum() / (in.length - 1));
        return Arrays.stream(in)
                .map(value -> (value - mean) / (deviation + 1e-5))
                .toArray();
    }

    private static int[] largest(double[] p, int k) {
        return IntStream.range(0, p.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -Math.abs(p[i])))
                .limit(k)
                .mapToInt(i -> i)
                .toArray();
    }

    private double[][] decode(double[][] features, double[] bias) {
        return Arrays.stream(features).map(row -> decode(row, bias)).toArray(double[][]::new);
    }

    private double[] decode(double[] features, double[] bias) {
        double[] out = bias.clone();
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < D; j++) {
                out[j] += features[i] * decoder[i][j];
            }
        }
        return out;
    }

    private static double[] minus(double[] a, double[] b) {
        double[] difference = a.clone();
        Arrays.setAll(difference, j -> a[j] - b[j]);
        return difference;
    }

    private static double norm(double[] vector) {
        return Math.sqrt(Arrays.stream(vector).map(value -> value * value).sum());
    }

    // ---- files ----

    private SafetensorsWriter writer() {
        return writer(encoder, decoder, encoderBias);
    }

    private SafetensorsWriter writer(double[][] encoderRows, double[][] decoderRows, double[] bias) {
        double[][] turned = new double[D][N];
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < D; j++) {
                turned[j][i] = encoderRows[i][j];
            }
        }
        return tied(decoderRows).add("W_enc", tensor(turned)).add("b_enc", tensor(bias));
    }

    private SafetensorsWriter tied(double[][] decoderRows) {
        return new SafetensorsWriter().add("W_dec", tensor(decoderRows)).add("b_dec", tensor(decoderBias));
    }

    private SaeFile write(String architecture, SafetensorsWriter weights) {
        weights.write(folder.resolve("sae_weights.safetensors"));
        cfg.put("architecture", architecture);
        JsonFiles.write(folder.resolve("cfg.json"), cfg);
        return SaeFile.read(folder, SaeOptions.AS_STORED);
    }

    private static SparseAutoencoder open(NDManager manager, SaeFile file) {
        return SparseAutoencoder.upload(manager, file.config(), file.readWeights(new Cancellation()));
    }

    private void compare(SaeFile file, double[][] features, double[][] xHat) {
        try (NDManager manager = NDManager.newBaseManager();
                SparseAutoencoder sae = open(manager, file)) {
            var in = manager.create(floats(x), new Shape(x.length, D));
            Reconstruction r = sae.reconstruct(in, null);
            near("features", r.features().toFloatArray(), flat(features), 2e-5);
            near("x^", r.xHat().toFloatArray(), flat(xHat), 2e-5);
            near("sparse features", sae.encodeSparse(in).dense().data(), flat(features), 2e-5);
        }
    }

    private static void near(String what, float[] is, double[] should, double tolerance) {
        assertThat(is).as(what).hasSameSizeAs(should);
        for (int i = 0; i < is.length; i++) {
            assertThat((double) is[i])
                    .as(what + " at " + i)
                    .isCloseTo(should[i], within(tolerance * (1 + Math.abs(should[i]))));
        }
    }

    private double[][] matrix(int rows, int columns) {
        double[][] values = new double[rows][columns];
        for (double[] row : values) {
            Arrays.setAll(row, j -> (float) random.nextGaussian());
        }
        return values;
    }

    private static HostTensor scalar(double value) {
        return new HostTensor(new float[] {(float) value});
    }

    private static HostTensor tensor(double[] values) {
        return new HostTensor(floats(new double[][] {values}), values.length);
    }

    private static HostTensor tensor(double[][] rows) {
        return new HostTensor(floats(rows), rows.length, rows[0].length);
    }

    private static double[] flat(double[][] rows) {
        return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    }

    private static float[] floats(double[][] rows) {
        double[] flat = flat(rows);
        float[] floats = new float[flat.length];
        for (int i = 0; i < flat.length; i++) {
            floats[i] = (float) flat[i];
        }
        return floats;
    }

    private static double[] doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }
}
