package loupe.analysis.prompts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import loupe.base.HookPoint;
import loupe.format.JsonFiles;
import loupe.format.SafetensorsWriter;
import loupe.format.TorchWriter;
import loupe.inference.Device;
import loupe.inference.LocalInferenceService;
import loupe.inference.ModelId;
import loupe.inference.Priority;
import loupe.inference.Query;
import loupe.lm.Processing;
import loupe.lm.TinyFamily;
import loupe.sae.checkpoint.SaeOptions;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same weights in the layouts of all families of checkpoints, read in models with LayerNorm and with RMSNorm as the
 * files say, as raw and as processed. Features are worked out in loops in double precision from the activations as
 * TransformerLens gives them: less their mean where the model has LayerNorm and was processed, and else as they are.
 */
class ReadAsTrainedTest {
    private static final int N = 20;
    private static final int K = 3;
    private static final double THRESHOLD = 0.5;
    private static final HookPoint AT = HookPoint.residPost(1);
    private static final int[] IDS = {5, 20, 17, 2, 0, 11, 17};

    @TempDir
    static Path folder;

    private static LocalInferenceService service;
    private static final Map<String, ModelId> MODELS = new HashMap<>();

    private enum Kind {
        RELU,
        /** ReLU, then the k largest. */
        TOPK,
        /** The k largest as they are. */
        SIGNED_TOPK,
        JUMPRELU
    }

    /** Writes the weights into a folder. */
    private interface Layout {
        Path write(Path folder, Weights weights) throws IOException;
    }

    /**
     * A family of checkpoints.
     *
     * @param processed what it says of the model it was trained on
     * @param subtracts whether b_dec is subtracted before encoding
     */
    private record Family(String name, boolean processed, boolean subtracts, Kind kind, Layout layout) {}

    private record Weights(
            int d, HostTensor encoder, HostTensor encoderBias, HostTensor decoder, HostTensor decoderBias) {
        static Weights random(int d) {
            Random random = new Random(d);
            HostTensor decoder = gaussian(random, N, d);
            for (int i = 0; i < N; i++) {
                double norm = 0;
                for (int j = 0; j < d; j++) {
                    norm += decoder.get(i, j) * decoder.get(i, j);
                }
                for (int j = 0; j < d; j++) {
                    decoder.data()[i * d + j] /= (float) Math.sqrt(norm);
                }
            }
            return new Weights(d, gaussian(random, N, d), gaussian(random, N), decoder, gaussian(random, d));
        }

        SafetensorsWriter named() {
            return new SafetensorsWriter()
                    .add("W_enc", turned(encoder))
                    .add("b_enc", encoderBias)
                    .add("W_dec", decoder)
                    .add("b_dec", decoderBias);
        }

        double[] features(Family family, double[] x) {
            double[] p = new double[N];
            for (int i = 0; i < N; i++) {
                p[i] = encoderBias.data()[i];
                for (int j = 0; j < d; j++) {
                    p[i] += (x[j] - (family.subtracts() ? decoderBias.data()[j] : 0)) * encoder.get(i, j);
                }
            }
            List<Integer> largest = IntStream.range(0, N)
                    .boxed()
                    .sorted(Comparator.comparingDouble(i -> -p[i]))
                    .limit(K)
                    .toList();
            double[] f = new double[N];
            for (int i = 0; i < N; i++) {
                f[i] = switch (family.kind()) {
                    case RELU -> Math.max(0, p[i]);
                    case TOPK -> largest.contains(i) ? Math.max(0, p[i]) : 0;
                    case SIGNED_TOPK -> largest.contains(i) ? p[i] : 0;
                    case JUMPRELU -> p[i] > THRESHOLD ? p[i] : 0;
                };
            }
            return f;
        }
    }

    private record Case(Family family, TinyFamily model, Optional<Boolean> asked) {
        boolean centres() {
            boolean layerNorm = model.weights().keySet().stream()
                    .anyMatch(name -> name.endsWith("norm.bias") || name.endsWith("ln_1.bias"));
            return layerNorm && asked.orElse(family.processed());
        }

        @Override
        public String toString() {
            return family.name() + " in " + model.name() + ", "
                    + asked.map(processed -> processed ? "processed" : "raw").orElse("as it says");
        }
    }

    private static List<Family> families() {
        return List.of(
                new Family("saelens 3.10", true, true, Kind.RELU, (at, w) -> saeLens(at, w, "3.10.0", "standard")),
                new Family("saelens 6.49", false, true, Kind.RELU, (at, w) -> saeLens(at, w, "6.49.2", "standard")),
                new Family(
                        "saelens 3.10 jumprelu",
                        true,
                        true,
                        Kind.JUMPRELU,
                        (at, w) -> saeLens(at, w, "3.10.0", "jumprelu")),
                new Family(
                        "saelens transcoder",
                        false,
                        false,
                        Kind.RELU,
                        (at, w) -> saeLens(at, w, "6.49.2", "transcoder")),
                new Family("neel", true, true, Kind.RELU, (at, w) -> written(w.named(), at.resolve("25.safetensors"))),
                new Family(
                        "tokenized",
                        true,
                        true,
                        Kind.SIGNED_TOPK,
                        (at, w) -> written(
                                new TorchWriter()
                                        .add("W_enc", w.encoder())
                                        .add("b_enc", w.encoderBias())
                                        .add("W_dec", turned(w.decoder()))
                                        .add("b_dec", w.decoderBias()),
                                at.resolve("gpt2_resid_post_1_o3.pt"))),
                new Family("batchtopk", true, true, Kind.RELU, (at, w) -> {
                    JsonFiles.write(at.resolve("config.json"), Map.of("sae_type", "vanilla"));
                    return written(w.named(), at.resolve("sae.safetensors"));
                }),
                new Family(
                        "apollo",
                        true,
                        false,
                        Kind.RELU,
                        (at, w) -> written(
                                new TorchWriter()
                                        .add("blocks-1-hook_resid_post.encoder.0.weight", w.encoder())
                                        .add("blocks-1-hook_resid_post.encoder.0.bias", w.encoderBias())
                                        .add("blocks-1-hook_resid_post.decoder.weight", turned(w.decoder()))
                                        .add("blocks-1-hook_resid_post.decoder.bias", w.decoderBias()),
                                at.resolve("samples_1.pt"))),
                new Family(
                        "dictionary_learning",
                        false,
                        true,
                        Kind.RELU,
                        (at, w) -> written(linear(w).add("bias", w.decoderBias()), at.resolve("ae.pt"))),
                new Family("dictionary_learning top-k", false, true, Kind.TOPK, (at, w) -> {
                    JsonFiles.write(
                            at.resolve("config.json"),
                            Map.of("trainer", Map.of("dict_class", "AutoEncoderTopK", "k", K)));
                    return written(linear(w).add("b_dec", w.decoderBias()), at.resolve("ae.pt"));
                }),
                new Family("sparsify", false, true, Kind.TOPK, (at, w) -> {
                    Path inner = Files.createDirectories(at.resolve("layers.1"));
                    JsonFiles.write(inner.resolve("cfg.json"), Map.of("d_in", w.d(), "num_latents", N, "k", K));
                    new SafetensorsWriter()
                            .add("encoder.weight", w.encoder())
                            .add("encoder.bias", w.encoderBias())
                            .add("W_dec", w.decoder())
                            .add("b_dec", w.decoderBias())
                            .write(inner.resolve("sae.safetensors"));
                    return inner;
                }),
                new Family(
                        "openai",
                        false,
                        true,
                        Kind.RELU,
                        (at, w) -> written(
                                new TorchWriter()
                                        .add("encoder.weight", w.encoder())
                                        .add("latent_bias", w.encoderBias())
                                        .add("decoder.weight", turned(w.decoder()))
                                        .add("pre_bias", w.decoderBias()),
                                at.resolve("autoencoder.pt"))),
                new Family("gemma scope 2", false, false, Kind.JUMPRELU, (at, w) -> {
                    JsonFiles.write(
                            at.resolve("config.json"),
                            Map.of("architecture", "jump_relu", "hf_hook_point_in", "model.layers.1.output"));
                    return written(
                            new SafetensorsWriter()
                                    .add("w_enc", turned(w.encoder()))
                                    .add("b_enc", w.encoderBias())
                                    .add("w_dec", w.decoder())
                                    .add("b_dec", w.decoderBias())
                                    .add("threshold", thresholds()),
                            at.resolve("params.safetensors"));
                }),
                new Family("llama scope", false, false, Kind.JUMPRELU, (at, w) -> {
                    double norm = Math.sqrt(w.d());
                    JsonFiles.write(
                            at.resolve("hyperparams.json"),
                            Map.of(
                                    "hook_point_in",
                                    AT.name(),
                                    "dataset_average_activation_norm",
                                    Map.of("in", norm, "out", norm),
                                    "jump_relu_threshold",
                                    THRESHOLD));
                    Files.createDirectories(at.resolve("checkpoints"));
                    written(linear(w).add("decoder.bias", w.decoderBias()), at.resolve("checkpoints/final.pt"));
                    return at.resolve("checkpoints/final.pt");
                }),
                new Family("lm-saes", false, false, Kind.RELU, (at, w) -> {
                    JsonFiles.write(
                            at.resolve("config.json"),
                            Map.of("hook_point_in", AT.name(), "norm_activation", "inference", "act_fn", "relu"));
                    return written(
                            new SafetensorsWriter()
                                    .add("W_E", turned(w.encoder()))
                                    .add("b_E", w.encoderBias())
                                    .add("W_D", w.decoder())
                                    .add("b_D", w.decoderBias()),
                            at.resolve("sae_weights.safetensors"));
                }),
                new Family(
                        "goodfire",
                        false,
                        false,
                        Kind.RELU,
                        (at, w) -> written(
                                new TorchWriter()
                                        .add("encoder_linear.weight", w.encoder())
                                        .add("encoder_linear.bias", w.encoderBias())
                                        .add("decoder_linear.weight", turned(w.decoder()))
                                        .add("decoder_linear.bias", w.decoderBias()),
                                at.resolve("sae.pt"))),
                new Family("qwen scope", false, false, Kind.TOPK, (at, w) -> {
                    JsonFiles.write(at.resolve("config.json"), Map.of("model_type", "topk_sae", "k", K));
                    return written(
                            new TorchWriter()
                                    .add("W_enc", w.encoder())
                                    .add("b_enc", w.encoderBias())
                                    .add("W_dec", turned(w.decoder()))
                                    .add("b_dec", w.decoderBias()),
                            at.resolve("layer1.sae.pt"));
                }),
                new Family(
                        "circuit-tracer",
                        false,
                        false,
                        Kind.RELU,
                        (at, w) -> written(
                                new SafetensorsWriter()
                                        .add("W_enc", w.encoder())
                                        .add("b_enc", w.encoderBias())
                                        .add("W_dec", w.decoder())
                                        .add("b_dec", w.decoderBias()),
                                at.resolve("layer_1.safetensors"))),
                new Family(
                        "crosscoder",
                        false,
                        false,
                        Kind.RELU,
                        (at, w) -> written(
                                new TorchWriter()
                                        .add("encoder.weight", twice(turned(w.encoder())))
                                        .add("encoder.bias", w.encoderBias())
                                        .add("decoder.weight", twice(w.decoder()))
                                        .add("decoder.bias", twice(w.decoderBias())),
                                at.resolve("ae.pt"))));
    }

    static Stream<Case> cases() {
        return families().stream()
                .flatMap(family -> Stream.of(
                                TinyFamily.gptNeo(), TinyFamily.gptNeoX(), TinyFamily.qwen3(), TinyFamily.gemma2())
                        .flatMap(model -> Stream.of(Optional.<Boolean>empty(), Optional.of(false), Optional.of(true))
                                .map(asked -> new Case(family, model, asked))));
    }

    @BeforeAll
    static void open() throws IOException {
        service = new LocalInferenceService(Device.CPU);
        for (TinyFamily family : TinyFamily.all()) {
            MODELS.put(
                    family.name(),
                    service.openModel(family.writeTo(folder.resolve(family.name())), Processing.RAW)
                            .toCompletableFuture()
                            .join()
                            .id());
        }
    }

    @AfterAll
    static void giveBack() {
        service.close();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void featuresAreThoseOfTheActivationsItWasTrainedOn(Case one) throws IOException {
        ModelId model = MODELS.get(one.model().name());
        HostTensor raw = ask(new ForwardPass(model, boxed(), Map.of(), Set.of(AT), false))
                .values()
                .get(AT);
        Weights weights = Weights.random(raw.size(1));
        Path place = Files.createDirectories(Files.createTempDirectory(folder, "sae"));
        Path sae = one.family().layout().write(place, weights);
        SaeOptions options = SaeOptions.builder()
                .hook(Optional.of(AT))
                .k(one.family().kind() == Kind.SIGNED_TOPK ? OptionalInt.of(K) : OptionalInt.empty())
                .centred(one.asked())
                .build();
        float[] found = ask(new CorpusActivations(
                        model,
                        List.of(service.openSae(sae, options)
                                .toCompletableFuture()
                                .join()
                                .id()),
                        new int[][] {IDS}))
                .get(0)
                .dense()
                .data();
        int active = 0;
        for (int t = 0; t < IDS.length; t++) {
            double[] x = new double[weights.d()];
            for (int j = 0; j < x.length; j++) {
                x[j] = raw.get(t, j);
            }
            double mean = one.centres() ? Arrays.stream(x).average().orElseThrow() : 0;
            double[] expected = weights.features(
                    one.family(), Arrays.stream(x).map(v -> v - mean).toArray());
            for (int i = 0; i < N; i++) {
                assertThat((double) found[t * N + i])
                        .as("token %d, feature %d", t, i)
                        .isCloseTo(expected[i], within(1e-4));
                active += expected[i] != 0 ? 1 : 0;
            }
        }
        assertThat(active).isGreaterThan(IDS.length);
    }

    private static Path saeLens(Path at, Weights weights, String version, String architecture) throws IOException {
        SafetensorsWriter writer = weights.named();
        if (architecture.equals("jumprelu")) {
            writer.add("threshold", thresholds());
        }
        writer.write(at.resolve("sae_weights.safetensors"));
        JsonFiles.write(
                at.resolve("cfg.json"),
                Map.of(
                        "architecture",
                        architecture,
                        "sae_lens_version",
                        version,
                        "d_in",
                        weights.d(),
                        "d_sae",
                        N,
                        "d_out",
                        weights.d(),
                        "hook_name",
                        AT.name(),
                        "model_name",
                        "tiny"));
        return at;
    }

    private static TorchWriter linear(Weights weights) {
        return new TorchWriter()
                .add("encoder.weight", weights.encoder())
                .add("encoder.bias", weights.encoderBias())
                .add("decoder.weight", turned(weights.decoder()));
    }

    private static Path written(TorchWriter writer, Path file) throws IOException {
        writer.write(file);
        return file;
    }

    private static Path written(SafetensorsWriter writer, Path file) {
        writer.write(file);
        return file;
    }

    private static HostTensor thresholds() {
        float[] data = new float[N];
        Arrays.fill(data, (float) THRESHOLD);
        return new HostTensor(data, N);
    }

    private static HostTensor turned(HostTensor matrix) {
        float[] data = new float[matrix.data().length];
        for (int i = 0; i < matrix.size(0); i++) {
            for (int j = 0; j < matrix.size(1); j++) {
                data[j * matrix.size(0) + i] = matrix.get(i, j);
            }
        }
        return new HostTensor(data, matrix.size(1), matrix.size(0));
    }

    /** For two models, of which the second is another. */
    private static HostTensor twice(HostTensor one) {
        float[] data = Arrays.copyOf(one.data(), 2 * one.data().length);
        Arrays.fill(data, one.data().length, data.length, 7);
        List<Integer> shape = new ArrayList<>(List.of(2));
        for (int axis = 0; axis < one.shape().length; axis++) {
            shape.add(one.size(axis));
        }
        return new HostTensor(data, shape.stream().mapToInt(Integer::intValue).toArray());
    }

    private static HostTensor gaussian(Random random, int... shape) {
        float[] data = new float[Arrays.stream(shape).reduce(1, Math::multiplyExact)];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) random.nextGaussian();
        }
        return new HostTensor(data, shape);
    }

    private static List<Integer> boxed() {
        return Arrays.stream(IDS).boxed().toList();
    }

    private static <R> R ask(Query<R> query) {
        return service.submit(query, Priority.VISIBLE)
                .answer()
                .toCompletableFuture()
                .join();
    }
}
