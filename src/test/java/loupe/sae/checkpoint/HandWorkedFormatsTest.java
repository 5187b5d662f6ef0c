package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.format.JsonFiles;
import loupe.format.SafetensorsWriter;
import loupe.format.TorchWriter;
import loupe.sae.Activation;
import loupe.sae.Reconstruction;
import loupe.sae.SparseAutoencoder;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Formats for which no numbers are recorded. What is expected is worked out here, in double precision and with loops
 * over the formulas of formats B.3, B.8, E.2, F and G; nothing of the code under test is used. Within 2e-5.
 */
class HandWorkedFormatsTest {
    private static final int D = 5;
    private static final int N = 14;
    private static final int ROWS = 6;

    @TempDir
    Path folder;

    private final Random random = new Random(20);
    private final double[][] x = matrix(ROWS, D);
    /** Row i is feature i's. */
    private final double[][] encoder = matrix(N, D);

    private final double[][] decoder = matrix(N, D);
    private final double[] encoderBias = matrix(1, N)[0];
    private final double[] decoderBias = matrix(1, D)[0];
    private final double[] nothing = new double[D];

    @ParameterizedTest
    @CsvSource({"jumprelu, 0.7", "relu, 0"})
    void llamaScope(String activation, double threshold) throws IOException {
        Files.createDirectories(folder.resolve("checkpoints"));
        new SafetensorsWriter()
                .add("encoder.weight", tensor(encoder))
                .add("encoder.bias", tensor(encoderBias))
                .add("decoder.weight", tensor(turned(decoder)))
                .add("decoder.bias", tensor(decoderBias))
                .write(folder.resolve("checkpoints/final.safetensors"));
        JsonFiles.write(
                folder.resolve("hyperparams.json"),
                Map.of(
                        "hook_point_in",
                        "blocks.3.hook_resid_post",
                        "hook_point_out",
                        "blocks.3.hook_mlp_out",
                        "act_fn",
                        activation,
                        "jump_relu_threshold",
                        threshold,
                        "dataset_average_activation_norm",
                        Map.of("in", 4.0, "out", 9.0)));
        double in = Math.sqrt(D) / 4;
        double out = Math.sqrt(D) / 9;
        double[][] features = preActivations(scaled(x, in), nothing, encoderBias);
        each(features, p -> activation.equals("relu") || p > threshold * in ? Math.max(p, 0) : 0);
        SaeFile file = SaeFile.read(folder, SaeOptions.AS_STORED);
        assertThat(file.format()).isEqualTo("llama-scope");
        assertThat(file.config().hookOut()).contains(new HookPoint(HookPoint.Site.MLP_OUT, 3));
        compare(file, features, scaled(decoded(features, decoder, decoderBias), 1 / out));
    }

    /**
     * Both spellings of the tensors' names; thresholds with and without decoder norms; an autoencoder and a transcoder.
     */
    @ParameterizedTest
    @CsvSource({"false, false, false", "true, false, true", "false, true, true", "true, true, false"})
    void lmSaesSuchAsLlamaScopeR1(boolean shortNames, boolean timesDecoderNorm, boolean transcoder) {
        double[] thresholds = matrix(1, N)[0];
        String in = "blocks.15.hook_resid_post";
        String out = transcoder ? "blocks.15.hook_mlp_out" : in;
        SafetensorsWriter writer =
                new SafetensorsWriter().add("dataset_average_activation_norm." + in, new HostTensor(new float[] {4}));
        if (transcoder) {
            writer.add("dataset_average_activation_norm." + out, new HostTensor(new float[] {9}));
        }
        if (shortNames) {
            writer.add("W_E", tensor(turned(encoder)))
                    .add("b_E", tensor(encoderBias))
                    .add("W_D", tensor(decoder))
                    .add("b_D", tensor(decoderBias))
                    .add("activation_function.log_jumprelu_threshold", tensor(thresholds));
        } else {
            writer.add("encoder.weight", tensor(encoder))
                    .add("encoder.bias", tensor(encoderBias))
                    .add("decoder.weight", tensor(turned(decoder)))
                    .add("decoder.bias", tensor(decoderBias))
                    .add("log_jumprelu_threshold", tensor(thresholds));
        }
        writer.write(folder.resolve("sae_weights.safetensors"));
        JsonFiles.write(
                folder.resolve("config.json"),
                Map.of(
                        "sae_type",
                        "sae",
                        "hook_point_in",
                        in,
                        "hook_point_out",
                        out,
                        "d_model",
                        D,
                        "expansion_factor",
                        8,
                        "act_fn",
                        "jumprelu",
                        "norm_activation",
                        "dataset-wise",
                        "sparsity_include_decoder_norm",
                        timesDecoderNorm,
                        "use_glu_encoder",
                        false));
        double scale = Math.sqrt(D) / 4;
        double[][] features = preActivations(scaled(x, scale), nothing, encoderBias);
        for (double[] row : features) {
            for (int i = 0; i < N; i++) {
                double norm = Math.sqrt(
                        Arrays.stream(decoder[i]).map(value -> value * value).sum());
                row[i] = row[i] * (timesDecoderNorm ? norm : 1) > Math.exp(thresholds[i]) ? row[i] : 0;
            }
        }
        SaeFile file = SaeFile.read(folder, SaeOptions.AS_STORED);
        assertThat(file.format()).isEqualTo("lm-saes");
        assertThat(file.warnings()).isEmpty();
        assertThat(file.config().hook()).contains(HookPoint.residPost(15));
        assertThat(file.config().hookOut().isPresent()).isEqualTo(transcoder);
        compare(
                file,
                features,
                scaled(decoded(features, decoder, decoderBias), transcoder ? 9 / Math.sqrt(D) : 1 / scale));
    }

    @Test
    void lmSaesThatComputeSomethingElseAreRefused() {
        new SafetensorsWriter()
                .add("encoder.weight", tensor(encoder))
                .add("encoder.bias", tensor(encoderBias))
                .add("decoder.weight", tensor(turned(decoder)))
                .add("decoder.bias", tensor(decoderBias))
                .write(folder.resolve("sae_weights.safetensors"));
        Map<String, Object> usual = Map.of(
                "hook_point_in", "blocks.1.hook_resid_post", "norm_activation", "dataset-wise", "act_fn", "relu");
        JsonFiles.write(folder.resolve("config.json"), usual);
        assertThat(SaeFile.read(folder, SaeOptions.AS_STORED).warnings())
                .anyMatch(warning -> warning.contains("norm factor is given"));
        for (Map.Entry<String, Object> other : Map.<String, Object>of(
                        "sae_type",
                        "clt",
                        "use_glu_encoder",
                        true,
                        "norm_activation",
                        "batch-wise",
                        "act_fn",
                        "batchlayertopk")
                .entrySet()) {
            Map<String, Object> config = new java.util.HashMap<>(usual);
            config.put(other.getKey(), other.getValue());
            JsonFiles.write(folder.resolve("config.json"), config);
            assertThatThrownBy(() -> SaeFile.read(folder, SaeOptions.AS_STORED))
                    .as(other.getKey())
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("not supported");
        }
    }

    /**
     * April and May 2024, with and without config.json: gate and magnitudes have an encoder each, both with the same
     * input.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theFirstGatedAutoencodersOfDictionaryLearning(boolean configured) throws IOException {
        double[][] magnitudes = matrix(N, D);
        double[] magnitudeBias = matrix(1, N)[0];
        Path file = folder.resolve("ae.pt");
        new TorchWriter()
                .add("bias", tensor(decoderBias))
                .add("active_features_encoder.weight", tensor(encoder))
                .add("active_features_encoder.bias", tensor(encoderBias))
                .add("feature_magnitudes_encoder.weight", tensor(magnitudes))
                .add("feature_magnitudes_encoder.bias", tensor(magnitudeBias))
                .add("decoder.weight", tensor(turned(decoder)))
                .write(file);
        if (configured) {
            JsonFiles.write(
                    folder.resolve("config.json"),
                    Map.of("trainer", Map.of("dict_class", "GatedAutoEncoder", "activation_dim", D, "dict_size", N)));
        }
        double[][] features = preActivations(x, decoderBias, encoderBias);
        for (int r = 0; r < ROWS; r++) {
            for (int i = 0; i < N; i++) {
                double magnitude = magnitudeBias[i];
                for (int j = 0; j < D; j++) {
                    magnitude += (x[r][j] - decoderBias[j]) * magnitudes[i][j];
                }
                features[r][i] = features[r][i] > 0 ? Math.max(magnitude, 0) : 0;
            }
        }
        SaeFile read = SaeFile.read(file, SaeOptions.AS_STORED);
        assertThat(read.format()).isEqualTo("dictionary-learning");
        assertThat(read.config().activation()).isEqualTo(new Activation.Gated());
        double[][] xHat = decoded(features, decoder, decoderBias);
        compare(read, features, xHat);
        for (SaeSaving.Form form : List.of(SaeSaving.Form.SAELENS, SaeSaving.Form.DICTIONARY_LEARNING)) {
            assertThatThrownBy(() -> SaeSaving.save(read, form, folder.resolve("saved" + form), new Cancellation()))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("an encoder each");
        }
        compare(
                SaeFile.read(
                        SaeSaving.save(
                                read, SaeSaving.Form.PLAIN, folder.resolve("plain.safetensors"), new Cancellation()),
                        SaeOptions.AS_STORED),
                features,
                xHat);
        // folding makes features as large as what they add: f |D|, decoded with unit directions
        double[][] folded = new double[ROWS][N];
        for (int r = 0; r < ROWS; r++) {
            for (int i = 0; i < N; i++) {
                folded[r][i] = features[r][i]
                        * Math.sqrt(Arrays.stream(decoder[i])
                                .map(value -> value * value)
                                .sum());
            }
        }
        compare(SaeFile.read(file, SaeOptions.builder().fold(true).build()), folded, xHat);
    }

    @Test
    void anAutoencoderOfOneHeadKeepsItWhenItIsSaved() {
        new SafetensorsWriter()
                .add("W_enc", tensor(turned(encoder)))
                .add("b_enc", tensor(encoderBias))
                .add("W_dec", tensor(decoder))
                .add("b_dec", tensor(decoderBias))
                .write(folder.resolve("sae_weights.safetensors"));
        Map<String, Object> cfg = Map.of(
                "architecture",
                "standard",
                "d_in",
                D,
                "d_sae",
                N,
                "metadata",
                Map.of(
                        "sae_lens_version",
                        "6.18.0",
                        "model_name",
                        "tiny",
                        "hook_name",
                        "blocks.3.attn.hook_z",
                        "hook_head_index",
                        2));
        JsonFiles.write(folder.resolve("cfg.json"), cfg);
        SaeFile file = SaeFile.read(folder, SaeOptions.AS_STORED);
        assertThat(file.config().head()).hasValue(2);
        assertThat(file.config().readsHeads()).isFalse();
        assertThat(file.config().place()).contains("blocks.3.attn.hook_z, head 2");
        assertThat(file.warnings()).isEmpty();
        double[][] features = relu(preActivations(x, decoderBias, encoderBias));
        compare(file, features, decoded(features, decoder, decoderBias));
        for (SaeSaving.Form form : List.of(SaeSaving.Form.SAELENS, SaeSaving.Form.PLAIN)) {
            Path saved = SaeSaving.save(file, form, folder.resolve("saved-" + form), new Cancellation());
            assertThat(SaeFile.read(saved, SaeOptions.AS_STORED).config().head())
                    .as(form.toString())
                    .hasValue(2);
        }
        assertThatThrownBy(() -> SaeSaving.save(
                        file, SaeSaving.Form.DICTIONARY_LEARNING, folder.resolve("d"), new Cancellation()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("head 2 only");
    }

    @ParameterizedTest
    @CsvSource({
        "blocks.3.hook_resid_pre, 1, no heads at blocks.3.hook_resid_pre",
        "blocks.3.attn.hook_z, -1, hook_head_index -1"
    })
    void aHeadWhereThereAreNoneIsRefused(String hook, int head, String said) {
        new SafetensorsWriter()
                .add("W_enc", tensor(turned(encoder)))
                .add("b_enc", tensor(encoderBias))
                .add("W_dec", tensor(decoder))
                .add("b_dec", tensor(decoderBias))
                .write(folder.resolve("sae_weights.safetensors"));
        JsonFiles.write(
                folder.resolve("cfg.json"), Map.of("d_in", D, "d_sae", N, "hook_name", hook, "hook_head_index", head));
        assertThatThrownBy(() -> SaeFile.read(folder, SaeOptions.AS_STORED))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(said);
    }

    @Test
    void goodfire() {
        Path file = folder.resolve("Llama-3.3-70B-Instruct-SAE-l50.pt");
        new TorchWriter()
                .add("encoder_linear.weight", tensor(encoder))
                .add("encoder_linear.bias", tensor(encoderBias))
                .add("decoder_linear.weight", tensor(turned(decoder)))
                .add("decoder_linear.bias", tensor(decoderBias))
                .write(file);
        double[][] features = relu(preActivations(x, nothing, encoderBias));
        compare(SaeFile.read(file, SaeOptions.AS_STORED), features, decoded(features, decoder, decoderBias));
    }

    @Test
    void deepSeekOfQresearch() {
        Path file = folder.resolve("DeepSeek-R1-Distill-Llama-8B-SAE-l19.pt");
        new TorchWriter()
                .add("encoder.weight", tensor(encoder))
                .add("encoder.bias", tensor(encoderBias))
                .add("decoder.weight", tensor(turned(decoder)))
                .add("decoder.bias", tensor(decoderBias))
                .write(file);
        double[][] features = relu(preActivations(x, nothing, encoderBias));
        compare(SaeFile.read(file, SaeOptions.AS_STORED), features, decoded(features, decoder, decoderBias));
    }

    @Test
    void apolloWithUnitDecoderDirections() {
        Path file = folder.resolve("samples_400000.pt");
        String name = "blocks-6-hook_resid_pre.";
        new TorchWriter()
                .add(name + "encoder.0.weight", tensor(encoder))
                .add(name + "encoder.0.bias", tensor(encoderBias))
                .add(name + "decoder.weight", tensor(turned(decoder)))
                .add(name + "decoder.bias", tensor(decoderBias))
                .write(file);
        double[][] features = relu(preActivations(x, nothing, encoderBias));
        double[][] unit = new double[N][D];
        for (int i = 0; i < N; i++) {
            double norm = 0;
            for (double value : decoder[i]) {
                norm += value * value;
            }
            for (int j = 0; j < D; j++) {
                unit[i][j] = decoder[i][j] / Math.sqrt(norm);
            }
        }
        compare(SaeFile.read(file, SaeOptions.AS_STORED), features, decoded(features, unit, decoderBias));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void gemmaScope2WithItsAffineConnectionNotTransposed(boolean affine) {
        double[][] connection = matrix(D, D);
        double[] threshold = matrix(1, N)[0];
        SafetensorsWriter writer = new SafetensorsWriter()
                .add("w_enc", tensor(turned(encoder)))
                .add("w_dec", tensor(decoder))
                .add("b_enc", tensor(encoderBias))
                .add("b_dec", tensor(decoderBias))
                .add("threshold", tensor(threshold));
        if (affine) {
            writer.add("affine_skip_connection", tensor(connection));
        }
        writer.write(folder.resolve("params.safetensors"));
        JsonFiles.write(
                folder.resolve("config.json"),
                Map.of(
                        "architecture",
                        "jump_relu",
                        "model_name",
                        "google/gemma-3-1b-pt",
                        "type",
                        "transcoder",
                        "hf_hook_point_in",
                        "model.layers.4.output",
                        "hf_hook_point_out",
                        "model.layers.4.post_feedforward_layernorm.output"));
        double[][] features = preActivations(x, nothing, encoderBias);
        for (double[] row : features) {
            for (int i = 0; i < N; i++) {
                row[i] = row[i] > threshold[i] ? Math.max(row[i], 0) : 0;
            }
        }
        double[][] xHat = decoded(features, decoder, decoderBias);
        for (int r = 0; r < ROWS && affine; r++) {
            for (int to = 0; to < D; to++) {
                for (int from = 0; from < D; from++) {
                    xHat[r][to] += x[r][from] * connection[from][to];
                }
            }
        }
        SaeFile file = SaeFile.read(folder, SaeOptions.AS_STORED);
        assertThat(file.config().hook()).contains(HookPoint.residPost(4));
        assertThat(file.config().hookOut()).contains(new HookPoint(HookPoint.Site.MLP_OUT, 4));
        compare(file, features, xHat);
    }

    @Test
    void saeLensWithAFactorInItsConfiguration() {
        double factor = 0.4;
        new SafetensorsWriter()
                .add("W_enc", tensor(turned(encoder)))
                .add("b_enc", tensor(encoderBias))
                .add("W_dec", tensor(decoder))
                .add("b_dec", tensor(decoderBias))
                .write(folder.resolve("sae_weights.safetensors"));
        JsonFiles.write(
                folder.resolve("cfg.json"),
                Map.of(
                        "d_in",
                        D,
                        "d_sae",
                        N,
                        "apply_b_dec_to_input",
                        true,
                        "normalize_activations",
                        "constant_scalar_rescale",
                        "activation_normalization_factor",
                        factor));
        double[][] features = relu(preActivations(scaled(x, factor), decoderBias, encoderBias));
        compare(
                SaeFile.read(folder, SaeOptions.AS_STORED),
                features,
                scaled(decoded(features, decoder, decoderBias), 1 / factor));
    }

    @Test
    void sparsifyWithSigns() {
        int k = 4;
        new SafetensorsWriter()
                .add("encoder.weight", tensor(encoder))
                .add("encoder.bias", tensor(encoderBias))
                .add("W_dec", tensor(decoder))
                .add("b_dec", tensor(decoderBias))
                .write(folder.resolve("sae.safetensors"));
        JsonFiles.write(folder.resolve("cfg.json"), Map.of("d_in", D, "num_latents", N, "k", k, "signed", true));
        double[][] features = keep(preActivations(x, decoderBias, encoderBias), k, true);
        assertThat(Arrays.stream(features)
                        .flatMapToDouble(Arrays::stream)
                        .filter(f -> f < 0)
                        .count())
                .isPositive();
        compare(SaeFile.read(folder, SaeOptions.AS_STORED), features, decoded(features, decoder, decoderBias));
    }

    @ParameterizedTest
    @CsvSource({"vanilla, false", "topk, false", "topk, true", "batchtopk, false"})
    void theBatchTopKRepositoryWhoseTopKKindsHaveNoEncoderBias(String type, boolean unitNorm) {
        int k = 3;
        new TorchWriter()
                .add("W_enc", tensor(turned(encoder)))
                .add("W_dec", tensor(decoder))
                .add("b_enc", tensor(encoderBias))
                .add("b_dec", tensor(decoderBias))
                .write(folder.resolve("sae.pt"));
        JsonFiles.write(
                folder.resolve("config.json"),
                Map.of(
                        "sae_type",
                        type,
                        "top_k",
                        k,
                        "input_unit_norm",
                        unitNorm,
                        "hook_point",
                        "blocks.8.hook_resid_pre",
                        "model_name",
                        "gpt2-small"));
        double[] mean = new double[ROWS];
        double[] sigma = new double[ROWS];
        double[][] in = new double[ROWS][D];
        for (int r = 0; r < ROWS; r++) {
            mean[r] = unitNorm ? Arrays.stream(x[r]).average().orElseThrow() : 0;
            double squares = 0;
            for (int j = 0; j < D; j++) {
                in[r][j] = x[r][j] - mean[r];
                squares += in[r][j] * in[r][j];
            }
            sigma[r] = unitNorm ? Math.sqrt(squares / (D - 1)) : 1;
            for (int j = 0; j < D && unitNorm; j++) {
                in[r][j] /= sigma[r] + 1e-5;
            }
        }
        double[][] features =
                relu(preActivations(in, decoderBias, type.equals("vanilla") ? encoderBias : new double[N]));
        if (type.equals("topk")) {
            features = keep(features, k, false);
        } else if (type.equals("batchtopk")) {
            double smallest = Arrays.stream(features)
                    .flatMapToDouble(Arrays::stream)
                    .boxed()
                    .sorted(Comparator.reverseOrder())
                    .skip(k * ROWS - 1L)
                    .findFirst()
                    .orElseThrow();
            each(features, f -> f >= smallest ? f : 0);
        }
        double[][] xHat = decoded(features, decoder, decoderBias);
        for (int r = 0; r < ROWS; r++) {
            for (int j = 0; j < D; j++) {
                xHat[r][j] = xHat[r][j] * sigma[r] + mean[r];
            }
        }
        SaeFile file = SaeFile.read(folder, SaeOptions.AS_STORED);
        assertThat(file.format()).isEqualTo("batchtopk");
        compare(file, features, xHat);
    }

    @Test
    void qwenScopeSubtractsNothing() {
        Path file = folder.resolve("layer7.sae.pt");
        new TorchWriter()
                .add("W_enc", tensor(encoder))
                .add("W_dec", tensor(turned(decoder)))
                .add("b_enc", tensor(encoderBias))
                .add("b_dec", tensor(decoderBias))
                .write(file);
        JsonFiles.write(folder.resolve("config.json"), Map.of("model_type", "topk_sae", "k", 3));
        double[][] features = keep(relu(preActivations(x, nothing, encoderBias)), 3, false);
        SaeFile read = SaeFile.read(file, SaeOptions.AS_STORED);
        assertThat(read.format()).isEqualTo("qwen-scope");
        assertThat(read.config().hook()).contains(HookPoint.residPost(7));
        compare(read, features, decoded(features, decoder, decoderBias));
    }

    @ParameterizedTest
    @CsvSource({"0, false", "1, false", "0, true", "1, true"})
    void aSideOfACrosscoderOfDictionaryLearning(int side, boolean normalised) {
        double[][][] encoders = {turned(matrix(N, D)), turned(matrix(N, D))};
        double[][][] decoders = {matrix(N, D), matrix(N, D)};
        double[][] biases = matrix(2, D);
        double[][] means = matrix(2, D);
        double[][] deviations = matrix(2, D);
        double targetRms = 1.5;
        TorchWriter writer = new TorchWriter()
                .add("encoder.weight", cube(encoders))
                .add("encoder.bias", tensor(encoderBias))
                .add("decoder.weight", cube(decoders))
                .add("decoder.bias", tensor(biases))
                .add("code_normalization_id", new long[] {1});
        if (normalised) {
            writer.add("activation_mean", tensor(means))
                    .add("activation_std", tensor(deviations))
                    .add("target_rms", tensor(new double[] {targetRms}));
        }
        writer.write(folder.resolve("ae.pt"));
        double scale = normalised
                ? targetRms
                        / Math.sqrt(
                                Arrays.stream(deviations[side]).map(s -> s * s).sum() + 1e-8)
                : 1;
        double[] mean = normalised ? means[side] : nothing;
        double[][] features = new double[ROWS][N];
        double[][] xHat = new double[ROWS][D];
        for (int r = 0; r < ROWS; r++) {
            for (int i = 0; i < N; i++) {
                double p = encoderBias[i];
                for (int j = 0; j < D; j++) {
                    p += (x[r][j] - mean[j]) * scale * encoders[side][j][i];
                }
                features[r][i] = Math.max(p, 0);
            }
            for (int j = 0; j < D; j++) {
                double sum = biases[side][j];
                for (int i = 0; i < N; i++) {
                    sum += features[r][i] * decoders[side][i][j];
                }
                xHat[r][j] = normalised ? sum / (scale + 1e-8) + mean[j] : sum;
            }
        }
        SaeFile file = SaeFile.read(folder, SaeOptions.AS_STORED.withSide(side));
        assertThat(file.format()).isEqualTo("crosscoder");
        assertThat(file.warnings()).anyMatch(w -> w.contains("side " + side + " of a crosscoder of 2 models"));
        compare(file, features, xHat);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aSideOfACrosscoderOfModelDiffing(int side) {
        double factor = 0.3;
        double[][] biases = matrix(2, D);
        double[][][] encoders = {turned(matrix(N, D)), turned(matrix(N, D))};
        double[][][] decoders = new double[N][][];
        for (int i = 0; i < N; i++) {
            decoders[i] = matrix(2, D);
        }
        new TorchWriter()
                .add("W_enc", cube(encoders))
                .add("W_dec", cube(decoders))
                .add("b_enc", tensor(encoderBias))
                .add("b_dec", tensor(biases))
                .write(folder.resolve("cc_weights.pt"));
        JsonFiles.write(
                folder.resolve("cfg.json"),
                Map.of("hook_point", "blocks.14.hook_resid_pre", "model_name", "gemma-2-2b", "d_in", D));
        double[][] features = new double[ROWS][N];
        double[][] xHat = new double[ROWS][D];
        for (int r = 0; r < ROWS; r++) {
            for (int i = 0; i < N; i++) {
                double p = encoderBias[i];
                for (int j = 0; j < D; j++) {
                    p += factor * x[r][j] * encoders[side][j][i];
                }
                features[r][i] = Math.max(p, 0);
            }
            for (int j = 0; j < D; j++) {
                xHat[r][j] = biases[side][j];
                for (int i = 0; i < N; i++) {
                    xHat[r][j] += features[r][i] * decoders[i][side][j];
                }
                xHat[r][j] /= factor;
            }
        }
        assertThat(SaeFile.read(folder, SaeOptions.AS_STORED.withSide(side)).warnings())
                .anyMatch(w -> w.contains("norm factor is given"));
        SaeFile file = SaeFile.read(folder, SaeOptions.AS_STORED.withSide(side).withNormFactor(factor));
        assertThat(file.config().hook()).contains(HookPoint.residPre(14));
        compare(file, features, xHat);
    }

    @Test
    void aSideThatIsNotThereAndShapesThatDoNotFitAreRefused() {
        double[][][] two = {turned(matrix(N, D)), turned(matrix(N, D))};
        new TorchWriter()
                .add("encoder.weight", cube(two))
                .add("encoder.bias", tensor(encoderBias))
                .add("decoder.weight", cube(new double[][][] {matrix(N, D), matrix(N, D)}))
                .add("decoder.bias", tensor(matrix(2, D)))
                .write(folder.resolve("ae.pt"));
        assertThatThrownBy(() -> SaeFile.read(folder, SaeOptions.AS_STORED.withSide(2)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("0 to 1");
        new TorchWriter()
                .add("encoder.weight", cube(two))
                .add("encoder.bias", tensor(encoderBias))
                .add("decoder.weight", cube(two))
                .add("decoder.bias", tensor(matrix(2, D)))
                .write(folder.resolve("ae.pt"));
        assertThatThrownBy(() -> SaeFile.read(folder, SaeOptions.AS_STORED))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("do not form a crosscoder");
    }

    // the slow computations

    private double[][] preActivations(double[][] in, double[] subtracted, double[] bias) {
        double[][] p = new double[in.length][N];
        for (int r = 0; r < in.length; r++) {
            for (int i = 0; i < N; i++) {
                p[r][i] = bias[i];
                for (int j = 0; j < D; j++) {
                    p[r][i] += (in[r][j] - subtracted[j]) * encoder[i][j];
                }
            }
        }
        return p;
    }

    private static double[][] decoded(double[][] features, double[][] directions, double[] bias) {
        double[][] out = new double[features.length][D];
        for (int r = 0; r < features.length; r++) {
            for (int j = 0; j < D; j++) {
                out[r][j] = bias[j];
                for (int i = 0; i < N; i++) {
                    out[r][j] += features[r][i] * directions[i][j];
                }
            }
        }
        return out;
    }

    private static double[][] relu(double[][] p) {
        return each(p, value -> Math.max(value, 0));
    }

    /** The k largest of each row, by value or by absolute value. */
    private static double[][] keep(double[][] p, int k, boolean absolute) {
        double[][] kept = new double[p.length][N];
        for (int r = 0; r < p.length; r++) {
            double[] row = p[r];
            List<Integer> order = IntStream.range(0, N)
                    .boxed()
                    .sorted(Comparator.comparingDouble(i -> -(absolute ? Math.abs(row[i]) : row[i])))
                    .toList();
            for (int i : order.subList(0, k)) {
                kept[r][i] = row[i];
            }
        }
        return kept;
    }

    private static double[][] each(double[][] values, UnaryOperator<Double> function) {
        for (double[] row : values) {
            for (int i = 0; i < row.length; i++) {
                row[i] = function.apply(row[i]);
            }
        }
        return values;
    }

    private static double[][] scaled(double[][] values, double factor) {
        double[][] copy = new double[values.length][];
        for (int r = 0; r < copy.length; r++) {
            copy[r] = Arrays.stream(values[r]).map(value -> value * factor).toArray();
        }
        return copy;
    }

    private void compare(SaeFile file, double[][] features, double[][] xHat) {
        try (NDManager manager = NDManager.newBaseManager();
                SparseAutoencoder sae =
                        SparseAutoencoder.upload(manager, file.config(), file.readWeights(new Cancellation()))) {
            NDArray in = manager.create(tensor(x).data(), new Shape(ROWS, D));
            Reconstruction made = sae.reconstruct(in, null);
            near("features", made.features().toFloatArray(), features);
            near("x_hat", made.xHat().toFloatArray(), xHat);
            near("sparse features", sae.encodeSparse(in).dense().data(), features);
        }
    }

    private static void near(String what, float[] is, double[][] should) {
        double[] flat = Arrays.stream(should).flatMapToDouble(Arrays::stream).toArray();
        assertThat(is).as(what).hasSize(flat.length);
        for (int i = 0; i < flat.length; i++) {
            assertThat((double) is[i])
                    .as(what + "[" + i + "]")
                    .isCloseTo(flat[i], within(2e-5 * Math.max(1, Math.abs(flat[i]))));
        }
    }

    /** Standard normal, rounded to what a file can hold. */
    private double[][] matrix(int rows, int columns) {
        double[][] values = new double[rows][columns];
        for (double[] row : values) {
            Arrays.setAll(row, i -> (float) random.nextGaussian());
        }
        return values;
    }

    private static double[][] turned(double[][] rows) {
        double[][] columns = new double[rows[0].length][rows.length];
        for (int r = 0; r < rows.length; r++) {
            for (int c = 0; c < rows[0].length; c++) {
                columns[c][r] = rows[r][c];
            }
        }
        return columns;
    }

    private static HostTensor tensor(double[] values) {
        return new HostTensor(floats(new double[][] {values}), values.length);
    }

    private static HostTensor tensor(double[][] rows) {
        return new HostTensor(floats(rows), rows.length, rows[0].length);
    }

    private static HostTensor cube(double[][][] matrices) {
        double[][] rows = Arrays.stream(matrices).flatMap(Arrays::stream).toArray(double[][]::new);
        return new HostTensor(floats(rows), matrices.length, matrices[0].length, matrices[0][0].length);
    }

    private static float[] floats(double[][] rows) {
        float[] values = new float[rows.length * rows[0].length];
        int at = 0;
        for (double[] row : rows) {
            for (double value : row) {
                values[at++] = (float) value;
            }
        }
        return values;
    }
}
