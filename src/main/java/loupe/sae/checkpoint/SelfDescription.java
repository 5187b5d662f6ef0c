package loupe.sae.checkpoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import loupe.sae.Activation.Kind;
import loupe.sae.HostWeights.Part;
import loupe.sae.InputNormalisation;

/**
 * What a checkpoint says about itself that is no part of its family's form: people save their own dictionaries,
 * {@code {state_dict, config: {k, activation, hook, layer, model}, mean}}, or a configuration of their own beside the
 * weights. Fills what the family leaves open, whatever family the tensors are of. A stored mean of the activations is
 * subtracted before encoding and added back after decoding. {@code src/site/markdown/formats.md}, section G.
 */
final class SelfDescription {
    /** Under what names a file keeps its configuration beside the state dict. */
    private static final List<String> INSIDE = List.of(
            "config",
            "cfg",
            "conf",
            "sae_config",
            "sae_cfg",
            "hparams",
            "hyper_parameters",
            "hyperparameters",
            "hyperparams",
            "args",
            "params",
            "settings",
            "metadata");
    /** Files beside the weights that may be their configuration; {@code *} is the name of the file with the weights. */
    private static final List<String> BESIDE = List.of(
            "*_cfg.json",
            "*_config.json",
            "*.json",
            "cfg.json",
            "config.json",
            "sae_cfg.json",
            "sae_config.json",
            "hparams.json",
            "hyperparams.json",
            "*.yaml",
            "cfg.yaml",
            "config.yaml",
            "sae_config.yaml",
            "hparams.yaml");
    /** Under what further names a configuration keeps what belongs to the autoencoder. */
    private static final List<String> NESTED =
            List.of("sae", "sae_kwargs", "autoencoder", "ae", "dictionary", "transcoder", "model", "model_config");

    private static final List<String> K = List.of("k", "top_k", "topk");
    private static final List<String> FUNCTION = List.of(
            "activation",
            "activation_fn",
            "activation_fn_str",
            "activation_function",
            "act_fn",
            "activation_type",
            "nonlinearity");
    private static final List<String> ARCHITECTURE = List.of("architecture", "sae_type");
    private static final List<String> HOOK = List.of(
            "hook_name",
            "hook_point",
            "hook",
            "hookpoint",
            "hook_point_in",
            "act_name",
            "submodule_name",
            "submodule",
            "site",
            "position",
            "module");
    private static final List<String> LAYER = List.of("layer", "hook_layer", "hook_point_layer", "layer_idx");
    private static final List<String> MODEL =
            List.of("model_name", "model", "lm_name", "model_id", "model_name_or_path", "language_model");
    private static final List<String> SUBTRACTS =
            List.of("apply_b_dec_to_input", "subtract_b_dec", "subtract_decoder_bias", "apply_decoder_bias_to_input");
    private static final Pattern MEAN = Pattern.compile(
            "(?:.*\\.)?(?:mean|act_mean|acts_mean|activation_mean|activations_mean|mean_activation|mean_activations"
                    + "|mean_act|data_mean|dataset_mean|input_mean|x_mean|mu)");
    /** Objects in a configuration that say how and on what it was trained. */
    private static final Pattern OF_TRAINING = Pattern.compile("(?i).*(?:optim|sched|train|data|buffer|wandb|log|loss"
            + "|corpus|token|wb|hardware|eval|metric|stat(?:s|istics)$|history|rng).*");

    private static final Map<String, Kind> FUNCTIONS = Map.ofEntries(
            Map.entry("relu", Kind.RELU),
            Map.entry("standard", Kind.RELU),
            Map.entry("vanilla", Kind.RELU),
            Map.entry("topk", Kind.TOPK),
            Map.entry("batchtopk", Kind.BATCHTOPK),
            Map.entry("jumprelu", Kind.JUMPRELU),
            Map.entry("gated", Kind.GATED),
            Map.entry("tanhrelu", Kind.TANH_RELU),
            Map.entry("groupmax", Kind.GROUPMAX));

    private final CheckpointFiles files;
    private final SaeDraft draft;
    private final List<ConfigJson> sources;

    private SelfDescription(CheckpointFiles files, SaeDraft draft, List<ConfigJson> sources) {
        this.files = files;
        this.draft = draft;
        this.sources = sources;
    }

    /**
     * What the files say beyond what a family has read.
     *
     * @param draft as the family describes it
     */
    static SelfDescription of(CheckpointFiles files, SaeDraft draft) {
        List<ConfigJson> found = new ArrayList<>();
        if (!draft.format().equals(PlainSae.FORMAT)) {
            ConfigJson inside = files.inside();
            INSIDE.forEach(name -> object(inside, name).ifPresent(found::add));
            found.add(inside);
            if (draft.settings().isEmpty()) {
                String file = files.fileName();
                String stem = file.contains(".") ? file.substring(0, file.lastIndexOf('.')) : file;
                BESIDE.stream()
                        .map(name -> name.replace("*", stem))
                        .distinct()
                        .flatMap(name -> beside(files, draft, name).stream())
                        .filter(config -> !isOfALanguageModel(config))
                        .forEach(found::add);
            }
        }
        List<ConfigJson> all = new ArrayList<>();
        found.forEach(source -> withNested(source, all));
        all.removeIf(source -> source.values() == draft.settings());
        return new SelfDescription(files, draft, all.stream().distinct().toList());
    }

    /** A configuration, then the objects in it that belong to the autoencoder. */
    private static void withNested(ConfigJson source, List<ConfigJson> all) {
        all.add(source);
        Stream.concat(INSIDE.stream(), NESTED.stream())
                .filter(name -> source.values().get(name) instanceof Map)
                .map(source::object)
                .forEach(nested -> withNested(nested, all));
    }

    /** The configurations in which something may be said, the most telling first. */
    List<ConfigJson> sources() {
        return sources;
    }

    /** These and all objects in them, of which nobody knows what they belong to, but for those of training. */
    List<ConfigJson> everything() {
        List<ConfigJson> all = new ArrayList<>();
        sources.forEach(source -> collect(source, all));
        return all.stream().distinct().toList();
    }

    private static void collect(ConfigJson source, List<ConfigJson> all) {
        all.add(source);
        source.values().forEach((key, value) -> {
            if (value instanceof Map && !OF_TRAINING.matcher(key).matches()) {
                collect(source.object(key), all);
            }
        });
    }

    /** A file that may be meant or not is no reason to refuse the weights if it cannot be read, but to say so. */
    private static Optional<ConfigJson> beside(CheckpointFiles files, SaeDraft draft, String name) {
        try {
            return files.config(name);
        } catch (CheckpointException unreadable) {
            draft.warn(name + " beside the weights cannot be read: what it says is not used");
            return Optional.empty();
        }
    }

    /** The object of a name; one that has a tensor in it lies in pieces, each under its own name. */
    private static Optional<ConfigJson> object(ConfigJson inside, String name) {
        if (inside.values().get(name) instanceof Map) {
            return Optional.of(inside.object(name));
        }
        if (inside.values().get(name) instanceof String text && text.startsWith("{")) {
            return ConfigJson.parse(inside.path(), text);
        }
        Map<String, Object> pieces = new LinkedHashMap<>();
        inside.values().forEach((key, value) -> {
            if (key.startsWith(name + ".")) {
                pieces.put(key.substring(name.length() + 1), value);
            }
        });
        return pieces.isEmpty() ? Optional.empty() : Optional.of(new ConfigJson(inside.path(), pieces));
    }

    private static boolean isOfALanguageModel(ConfigJson config) {
        return config.has("architectures") || config.has("model_type");
    }

    /**
     * Fills in what the family leaves open and the user does not choose.
     *
     * @throws loupe.base.CheckpointException if it names an activation function that is not known, or two values of k
     */
    void complete(SaeOptions options) {
        activation(options);
        place();
        if (draft.model().isEmpty()) {
            first(MODEL).flatMap(Said::text).ifPresent(draft::model);
        }
        if (draft.settings().isEmpty()) {
            first(SUBTRACTS).filter(said -> said.value() instanceof Boolean).ifPresent(said -> {
                said.use();
                draft.subtractsDecoderBias((Boolean) said.value());
            });
            sources.stream()
                    .filter(source ->
                            source != files.inside() && !source.values().isEmpty())
                    .findFirst()
                    .ifPresent(source -> draft.settings(source.values()));
        }
        mean();
    }

    private void activation(SaeOptions options) {
        Optional<String> chosen = options.activation();
        boolean isFamilys = !draft.settings().isEmpty() || draft.activation().kind() == Kind.GATED;
        Optional<Said> k = first(K).filter(said -> said.whole().orElse(0) > 0);
        if (!isFamilys && chosen.isEmpty()) {
            Optional<Said> function = first(FUNCTION).filter(said -> said.text().isPresent());
            Optional<Said> architecture = first(ARCHITECTURE)
                    .filter(said -> said.text().flatMap(SelfDescription::kind).isPresent());
            if (function.isPresent() || architecture.isPresent()) {
                is(function.or(() -> architecture).orElseThrow());
            } else if (k.isPresent() && draft.activation().isUnstated()) {
                ActivationOverride.switchTo(Kind.TOPK, draft, files);
                draft.warn("Its configuration says " + k.get().key() + " "
                        + k.get().value()
                        + " but no activation function; it is taken to be topk, unless another is given");
            }
        }
        if (chosen.flatMap(Kind::of).orElse(draft.activation().kind()).hasK()) {
            k.ifPresent(said -> {
                said.use();
                draft.activation().k("its configuration", said.whole());
            });
        }
    }

    private void is(Said function) {
        Kind kind = function.text()
                .flatMap(SelfDescription::kind)
                .orElseThrow(() -> files.refused(
                        "its configuration says " + function.key() + " " + function.value()
                                + ", which is not supported",
                        "one of " + String.join(", ", ActivationOverride.names()),
                        "",
                        Remedy.give(Choice.ACTIVATION)));
        if (draft.has(Part.THRESHOLD) && kind == Kind.RELU) {
            return; // thresholds say more
        }
        if (kind != draft.activation().kind()) {
            ActivationOverride.switchTo(kind, draft, files);
            draft.warn("The activation function is " + kind.label() + ", as its configuration says");
        }
        function.use();
        draft.activation().is(kind);
    }

    private void place() {
        Optional<String> name = first(HOOK).flatMap(Said::text);
        OptionalInt layer = first(LAYER).map(Said::whole).orElse(OptionalInt.empty());
        if (draft.hook().isPresent()) {
            return;
        }
        Optional<HookPoint> stated = name.flatMap(said -> hook(said, layer));
        if (stated.isPresent()) {
            draft.hook(stated);
        } else if (layer.isPresent() && layer.getAsInt() >= 0) {
            draft.suggestHook(new HookPoint(
                    draft.format().equals(TokenizedSae.FORMAT) ? Site.RESID_PRE : Site.RESID_POST, layer.getAsInt()));
        }
    }

    private static Optional<HookPoint> hook(String name, OptionalInt layer) {
        Optional<HookPoint> whole = HookPoint.parse(name);
        if (whole.isEmpty() && layer.isPresent()) {
            whole = HookPoint.parse("blocks." + layer.getAsInt() + "." + name)
                    .or(() -> HookPoint.parse("blocks." + layer.getAsInt() + ".hook_" + name));
        }
        return whole.or(() -> DictionaryLearning.place(name, layer.orElse(-1), false));
    }

    /** Takes a mean of the activations that lies among the tensors. */
    private void mean() {
        List<String> means = files.unread().stream()
                .filter(tensor -> MEAN.matcher(tensor.toLowerCase(Locale.ROOT)).matches())
                .filter(tensor -> !draft.isWithoutEffect(tensor))
                .toList();
        if (means.size() != 1
                || draft.transcodes()
                || draft.sides() > 1
                || draft.normalisation() != InputNormalisation.NONE) {
            return;
        }
        String tensor = means.get(0).startsWith(files.prefix())
                ? means.get(0).substring(files.prefix().length())
                : means.get(0);
        long[] shape = files.shape(tensor);
        if (Arrays.equals(shape, new long[] {draft.dIn()})) {
            draft.take(Part.MEAN, tensor);
        } else if (Arrays.equals(shape, new long[] {1, draft.dIn()})) {
            draft.takeSlice(Part.MEAN, tensor, false, 0, 0);
        } else {
            return;
        }
        draft.normalisation(InputNormalisation.STORED_MEAN);
        draft.warn("The file stores " + means.get(0)
                + ", the mean of its activations: it is subtracted before encoding and added back after decoding");
    }

    /** One thing that is said, and where. */
    private record Said(ConfigJson where, String key, Object value) {
        Optional<String> text() {
            return value instanceof String text ? Optional.of(text) : Optional.empty();
        }

        OptionalInt whole() {
            return SelfDescription.whole(value);
        }

        /** Notes that it has been made use of. */
        void use() {
            where.withoutEffect(key);
        }
    }

    /** What the first of these keys says that is there, in the first source that has one. */
    private Optional<Said> first(List<String> keys) {
        return sources.stream()
                .flatMap(source -> keys.stream()
                        .filter(source::has)
                        .map(key -> new Said(
                                source,
                                key,
                                Objects.requireNonNull(source.values().get(key)))))
                .findFirst();
    }

    private static OptionalInt whole(Object value) {
        if (value instanceof Number number && number.doubleValue() == number.intValue()) {
            return OptionalInt.of(number.intValue());
        }
        return value instanceof String text && text.matches("\\d{1,9}")
                ? OptionalInt.of(Integer.parseInt(text))
                : OptionalInt.empty();
    }

    /** The activation function that a name stands for, as libraries spell it: {@code TopK}, {@code batch_topk}. */
    static Optional<Kind> kind(String name) {
        String plain = name.toLowerCase(Locale.ROOT)
                .replaceAll(".*\\.", "")
                .replaceAll("[^a-z]", "")
                .replaceAll("(?:sae|autoencoder|activation)", "");
        return Optional.ofNullable(FUNCTIONS.get(plain));
    }
}
