package loupe.sae.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.base.HookPoint;
import loupe.sae.Activation;
import loupe.sae.HostWeights;
import loupe.sae.HostWeights.Part;
import loupe.sae.checkpoint.StoredParts.Source;
import org.jspecify.annotations.Nullable;

/**
 * Transcoders of single layers as circuit-tracer keeps them: {@code layer_N.safetensors} with {@code W_enc} and
 * {@code W_dec}, both (n, d), and {@code config.yaml} or {@code wandb-config.yaml} beside them. f = act(x W_enc^T +
 * b_enc), y = f W_dec + b_dec + x W_skip^T; nothing is subtracted from x. The function is a JumpReLU where there are
 * thresholds, the k largest as they are where there is a k, and else a ReLU. {@code src/site/markdown/formats.md},
 * section G.
 *
 * @see <a href="https://github.com/decoderesearch/circuit-tracer">circuit-tracer, SingleLayerTranscoder</a>
 */
final class CircuitTracer implements SaeFamily {
    private static final List<String> THRESHOLDS = List.of("activation_function.threshold", "threshold");
    private static final Pattern LAYER_FILE = Pattern.compile("layer_(\\d{1,3})(?:\\..+)?");
    private static final List<String> SETTINGS = List.of("config.yaml", "wandb-config.yaml", "wanb-config.yaml");
    private static final Map<String, Activation.Kind> FUNCTIONS = Map.of(
            "relu",
            Activation.Kind.RELU,
            "jumprelu",
            Activation.Kind.JUMPRELU,
            "jump_relu",
            Activation.Kind.JUMPRELU,
            "topk",
            Activation.Kind.TOPK,
            "top_k",
            Activation.Kind.TOPK);

    @Override
    public String format() {
        return "circuit-tracer";
    }

    @Override
    public boolean recognises(CheckpointFiles files) {
        if (!files.has("W_enc", "W_dec", "b_enc", "b_dec")
                || files.shape("W_enc").length != 2
                || files.shape("W_dec").length != 2) {
            return false;
        }
        return files.has(THRESHOLDS.get(0))
                || featuresInRowsOfBoth(files)
                || settings(files).describesTranscoders();
    }

    /** No other family has the features in the rows of both matrices. If one is square, it may lie either way round. */
    private static boolean featuresInRowsOfBoth(CheckpointFiles files) {
        long[] encoder = files.shape("W_enc");
        long[] decoder = files.shape("W_dec");
        long[] features = files.shape("b_enc");
        return features.length == 1
                && encoder[0] == features[0]
                && decoder[0] == features[0]
                && encoder[1] != features[0]
                && decoder[1] != features[0];
    }

    @Override
    public SaeDraft describe(CheckpointFiles files, SaeOptions options) {
        Settings settings = settings(files);
        long n = MatrixOrientation.length(files, "b_enc");
        long dOut = MatrixOrientation.length(files, "b_dec");
        long[] encoder = files.shape("W_enc");
        if (encoder.length != 2 || (encoder[0] != n && encoder[1] != n)) {
            throw files.refused(
                    "the shapes do not form a transcoder: " + files.summary(),
                    "W_enc as [" + n + ", d] or [d, " + n + "]");
        }
        long dIn = encoder[0] == n ? encoder[1] : encoder[0];
        SaeDraft draft = new SaeDraft(files, format(), dIn, n)
                .take(Part.ENCODER, "W_enc", MatrixOrientation.featuresInRows(files, "W_enc", dIn, n, true))
                .take(Part.ENCODER_BIAS, "b_enc")
                .take(Part.DECODER, "W_dec", MatrixOrientation.featuresInRows(files, "W_dec", dOut, n, true))
                .take(Part.DECODER_BIAS, "b_dec");
        draft.dOut(Math.toIntExact(dOut));
        if (dIn == n || dOut == n) {
            draft.warn("A matrix is square, so its shape does not say which way round it lies: read as circuit-tracer "
                    + "saves it, with a feature in each row");
        }
        draft.transcodes(true);
        if (files.has("W_skip")) {
            draft.takeSkip("W_skip", dIn != dOut && MatrixOrientation.is(files, "W_skip", dIn, dOut));
        }
        activation(files, settings, draft);
        draft.settings(settings.values());
        draft.model(settings.text("model_name").orElse(""));
        OptionalInt layer = layer(files);
        draft.hook(settings.hook("feature_input_hook", layer));
        draft.hookOut(settings.hook("feature_output_hook", layer));
        settings.text("feature_input_hook").ifPresent(name -> {
            if (draft.hook().isEmpty()) {
                draft.warn("The settings say that it reads " + name
                        + (layer.isPresent()
                                ? ", which is none of the known hook points"
                                : ", but neither the file nor its folder is called after a layer"));
            }
        });
        return draft;
    }

    private static void activation(CheckpointFiles files, Settings settings, SaeDraft draft) {
        if (files.has("log_thresholds")) {
            throw files.refused(
                    "there is a tensor log_thresholds, which circuit-tracer does not open either",
                    "activation_function.threshold",
                    "Save the thresholds themselves under that name");
        }
        Optional<String> thresholds = THRESHOLDS.stream().filter(files::has).findFirst();
        Optional<String> stated = settings.text("activation")
                .or(() -> settings.text("activation_function"))
                .or(() -> settings.text("activation_fn"))
                .or(() -> settings.text("act_fn"));
        Optional<Activation.Kind> kind = stated.map(name -> Optional.ofNullable(FUNCTIONS.get(name))
                .orElseThrow(() -> files.refused(
                        "the settings say activation " + name + ", which is not supported",
                        "relu, jumprelu or topk",
                        "Choose another checkpoint")));
        boolean hasK = files.has("k") || settings.k().isPresent();
        Activation.Kind found = kind.orElse(
                thresholds.isPresent() ? Activation.Kind.JUMPRELU : hasK ? Activation.Kind.TOPK : Activation.Kind.RELU);
        boolean fits =
                switch (found) {
                    case JUMPRELU -> thresholds.isPresent() && !files.has("k");
                    case TOPK -> thresholds.isEmpty();
                    default -> thresholds.isEmpty() && !files.has("k");
                };
        if (!fits) {
            throw files.refused(
                    "the settings and tensors contradict each other: the activation function is "
                            + found.label() + ", and there is "
                            + (thresholds.isPresent() ? thresholds.get() : files.has("k") ? "k" : "no threshold"),
                    "a threshold for jumprelu, k for topk, neither for relu",
                    "Mend activation in config.yaml");
        }
        draft.activation().is(found);
        if (found == Activation.Kind.JUMPRELU) {
            thresholds(new Source(Part.THRESHOLD, thresholds.orElseThrow(), false, -1, 0), draft);
        } else if (found == Activation.Kind.TOPK) {
            draft.activation().topKRelu(false);
            files.scalar("k").ifPresent(k -> draft.activation().k("the tensor k", OptionalInt.of(k.intValue())));
            draft.activation().k("the settings", settings.k());
        }
    }

    /** circuit-tracer lets negative values pass where a threshold is below 0; a JumpReLU gives none. */
    static void thresholds(Source source, SaeDraft draft) {
        draft.take(source);
        draft.change(CircuitTracer::warnOfNegativeThresholds);
    }

    private static void warnOfNegativeThresholds(HostWeights weights) {
        int negative = 0;
        for (float threshold : weights.vector(Part.THRESHOLD)) {
            negative += threshold < 0 ? 1 : 0;
        }
        if (negative > 0) {
            weights.warn(negative + " thresholds are below 0; circuit-tracer lets negative activations pass there, "
                    + "here they are 0");
        }
    }

    /** From the file's name, {@code layer_3.safetensors}, or that of its folder, {@code layer_3}. */
    private static OptionalInt layer(CheckpointFiles files) {
        Path folder = folder(files);
        for (String name : List.of(files.fileName(), String.valueOf(folder.getFileName()))) {
            Matcher layer = LAYER_FILE.matcher(name);
            if (layer.matches()) {
                return OptionalInt.of(Integer.parseInt(layer.group(1)));
            }
        }
        return OptionalInt.empty();
    }

    private static Path folder(CheckpointFiles files) {
        return files.folder().toAbsolutePath().normalize();
    }

    /** What the files beside the weights say, or where these have a folder for the layer, those beside that. */
    static Settings settings(CheckpointFiles files) {
        Path folder = folder(files);
        boolean ofLayer =
                LAYER_FILE.matcher(String.valueOf(folder.getFileName())).matches();
        Map<String, Object> values = new LinkedHashMap<>();
        for (String name : SETTINGS) {
            Optional<ConfigJson> beside = files.config(name);
            Path above = folder.resolveSibling(name);
            if (beside.isEmpty() && ofLayer && Files.isRegularFile(above)) {
                beside = Optional.of(ConfigJson.read(above));
            }
            beside.ifPresent(config -> config.values().forEach(values::putIfAbsent));
        }
        values.replaceAll((key, value) -> unwrapped(value));
        return new Settings(new ConfigJson(folder, values));
    }

    /** Weights & Biases writes {@code key: {desc: null, value: 3}}. */
    private static @Nullable Object unwrapped(@Nullable Object value) {
        return value instanceof Map<?, ?> wrapped && wrapped.get("value") != null ? wrapped.get("value") : value;
    }

    /** What the YAML files of a set of transcoders say; empty if there are none. */
    record Settings(ConfigJson config) {
        private static final List<String> TELLING = List.of("feature_input_hook", "feature_output_hook", "model_kind");

        Map<String, Object> values() {
            return config.values();
        }

        Optional<String> text(String key) {
            return config.text(key);
        }

        boolean describesTranscoders() {
            return TELLING.stream().anyMatch(config::has);
        }

        OptionalInt k() {
            return config.integer("k").isPresent() ? config.integer("k") : config.integer("top_k");
        }

        /** A hook point that is named with or without its block. */
        Optional<HookPoint> hook(String key, OptionalInt layer) {
            return text(key)
                    .flatMap(name -> HookPoint.parse(name)
                            .or(() -> layer.isPresent()
                                    ? HookPoint.parse("blocks." + layer.getAsInt() + "." + name)
                                    : Optional.empty()));
        }
    }
}
