package loupe.sae.checkpoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import loupe.base.CheckpointException;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import loupe.sae.Activation;
import loupe.sae.HostWeights.Part;
import loupe.sae.InputNormalisation;
import org.jspecify.annotations.Nullable;

/**
 * What a checkpoint's files hold beyond what its family made use of. A tensor whose name says that it changes what an
 * autoencoder computes is a reason to refuse the file, unless the user's own choice of activation function leaves it
 * out; any other is named in a warning, but for the state of a training run, which every library leaves in its files.
 */
final class Leftovers {
    /** Parts of a tensor's name that say it takes part in the computation. */
    private static final Set<String> TELLING = Set.of(
            "threshold",
            "thresholds",
            "theta",
            "thr",
            "skip",
            "gate",
            "gates",
            "gating",
            "mag",
            "magnitude",
            "k",
            "topk",
            "mean",
            "means",
            "median",
            "center",
            "centre",
            "std",
            "stds",
            "sigma",
            "var",
            "variance",
            "scale",
            "scales",
            "scaler",
            "scaling",
            "rescale",
            "factor",
            "factors",
            "norm",
            "norms",
            "rms",
            "lookup",
            "glu",
            "bias",
            "biases",
            "b",
            "mask",
            "temperature",
            "gain",
            "shift",
            "offset",
            "alpha",
            "beta",
            "gamma",
            "slope",
            "whiten",
            "whitening",
            "affine",
            "groups",
            "group",
            "signs");
    /** Parts that say what decides which features are on; the user's choice of activation function settles them. */
    private static final Set<String> OF_ACTIVATION = Set.of(
            "threshold", "thresholds", "theta", "thr", "gate", "gates", "gating", "mag", "magnitude", "k", "topk");
    /** A further matrix; beside a state dict that lies deeper in the file it may belong to anything. */
    private static final Pattern MATRIX = Pattern.compile("(?:.*[._])?(?:w|weight|kernel)(?:[._].*)?");
    /** Optimisers, schedules and counters, as training runs of any library leave them. */
    private static final Pattern TRAINING = Pattern.compile(
            "(?:.*\\.)?(?:optimi[sz]ers?|optimi[sz]er_state(?:s|_dict)?|lr_schedulers?|schedulers?|grad_scaler)\\..*"
                    + "|(?:.*\\.)?(?:step|steps|global_step|epoch|num_batches_tracked|stats_last_nonzero"
                    + "|steps_not_active|act_freq_scores|(?:n_|num_)?(?:tokens|steps|batches|forward_passes)"
                    + "_(?:since_fired|since_activation|not_active)|torch_rng_state|cuda_rng_state|rng_state)");
    /** Keys of configurations that say how features are computed, in the words of any library. */
    private static final Pattern TELLING_KEY = Pattern.compile("k|top_?k|(?:n_|num_)active"
            + "|activation(?:_fn|_function|_type|_fn_str|_fn_kwargs)?|act_f(?:n|unc).*|nonlinearity|arch(?:itecture)?"
            + "|sae_type|normali[sz].*|norm(?:_.*)?|input_unit_norm|layer_norm.*|whiten.*|post_?act.*"
            + "|apply_b_dec.*|apply_decoder_bias.*|subtract_.*|use_(?:encoder|decoder|pre)_bias|.*threshold"
            + "|(?:use_)?skip.*|affine.*|signed|abs_?topk|(?:n_|num_)?groups?|group_.*|(?:.*_)?rescale.*"
            + "|scal(?:e|es|ing).*|.*_scal(?:e|ing)_factor|.*norm(?:ali[sz]ation)?_factor|input_scale|output_scale"
            + "|(?:is_)?transcod.*|tied(?:_.*)?|tie_.*|use_glu.*|(?:use_)?lookup.*"
            + "|(?:act_|acts_|activation_|activations_|data_|input_)?(?:mean|std)|sparsity_include_decoder_norm"
            + "|(?:use_)?decoder_norms?");
    /** Of those, the ones that belong to training alone. */
    private static final Pattern TRAINING_KEY =
            Pattern.compile("normali[sz]e_(?:sae_)?(?:decoder|w_dec|dec|grad).*|scale_sparsity.*|scale_loss.*|scaler.*"
                    + "|group_(?:fractions|weights|by.*)|.*dead_.*threshold|.*_init_threshold|.*feature_threshold"
                    + "|norm_(?:loss|type).*|tie_word_embeddings|.*grad.*|.*warm_?up.*|.*coeff.*");

    /** The same in configurations of no library, where more names are in use. */
    private static final Pattern HOME_KEY =
            Pattern.compile("act|activation_name|act_type|l0|target_l0|subtract_.*|model_type|nonlin(?:_.*)?"
                    + "|(?:num|n)_top_?k|top_?k_.*|k_(?:active|sparse|features|latents)|(?:active|sparsity|sparse)_k"
                    + "|active_(?:features|latents)|theta|tau|cutoff|.*_theta"
                    + "|(?:.*_)?(?:scale|scales|norm|norms|rms|mean|means|std|sigma)"
                    + "|cent(?:er|re)(?:ed)?(?:_.*)?|.*_cent(?:er|re)(?:ed)?|standardi[sz].*|whiten.*"
                    + "|ln|ln_.*|layer_?norm.*"
                    + "|(?:.*_)?unit_norm|residual|(?:apply_|use_|post_|final_)?relu|gate|gated|abs|abs_.*"
                    + "|(?:.*_)?pre_bias|b_dec_.*|.*_b_dec|decoder_bias.*|tied.*|untied|lookup.*|glu.*");
    /** Of those, the ones that belong to training or to the model. */
    private static final Pattern HOME_TRAINING_KEY =
            Pattern.compile(".*(?:grad|clip|loss|lr|init|aux|eps|warm_?up|decay|dead|rope|decoder_norm|w_dec).*"
                    + "|cent(?:er|re)_(?:writing_weights|unembed)");
    /** Keys whose value would be the name of an activation function by accident. */
    private static final Pattern NAME_KEY =
            Pattern.compile(".*(?:name|path|dir|file|id|hook|site|layer|module|project)");

    private static final Set<String> NOTHING = Set.of("", "none", "null", "no", "off", "false", "[]", "{}");
    private static final int NAMED = 20;
    private static final int VALUE_CHARS = 40;

    private final CheckpointFiles files;
    private final SaeDraft draft;
    private final SaeOptions options;
    private final SelfDescription said;
    private final List<String> tensors;

    private Leftovers(
            CheckpointFiles files, SaeDraft draft, SaeOptions options, SelfDescription said, List<String> tensors) {
        this.files = files;
        this.draft = draft;
        this.options = options;
        this.said = said;
        this.tensors = tensors;
    }

    /** What is left of the files after a family has described them and the user's choices were applied. */
    static Leftovers of(CheckpointFiles files, SaeDraft draft, SaeOptions options, SelfDescription said) {
        return new Leftovers(
                files,
                draft,
                options,
                said,
                files.unread().stream()
                        .filter(name -> !draft.isWithoutEffect(relative(files, name)))
                        .filter(name ->
                                !TRAINING.matcher(name.toLowerCase(Locale.ROOT)).matches())
                        .toList());
    }

    /**
     * Warns of what is not used.
     *
     * @throws CheckpointException if the name of an unused tensor says that it changes what is computed
     */
    void report() {
        keys();
        List<String> unused = new ArrayList<>();
        for (String name : tensors) {
            if (settled(name) || !changesWhatIsComputed(name)) {
                unused.add(name);
            } else {
                throw refusal(name);
            }
        }
        if (!unused.isEmpty()) {
            draft.warn((unused.size() == 1 ? "A tensor is not used: " : unused.size() + " tensors are not used: ")
                    + unused.stream().limit(NAMED).collect(Collectors.joining(", "))
                    + (unused.size() > NAMED ? " and " + (unused.size() - NAMED) + " more" : ""));
        }
    }

    /** Whether the user has said how features become active, and so that a tensor about it is left out. */
    private boolean settled(String name) {
        return options.tensors().isPresent()
                || (options.activation().isPresent() && words(name).stream().anyMatch(OF_ACTIVATION::contains))
                || (options.subtractMean().isPresent() && words(name).contains("mean"));
    }

    private boolean changesWhatIsComputed(String name) {
        boolean within = name.startsWith(files.prefix());
        return words(name).stream().anyMatch(TELLING::contains)
                || (within
                        && MATRIX.matcher(relative(files, name).toLowerCase(Locale.ROOT))
                                .matches());
    }

    private CheckpointException refusal(String name) {
        String relative = relative(files, name);
        Optional<String> function = functionThatNeeds(relative);
        String found = "the tensor " + name + " " + Arrays.toString(files.shape(relative))
                + " changes what an autoencoder computes, but read as " + draft.format() + " it would be left out";
        return function.isPresent()
                ? files.refused(found, "", "", Remedy.give(Choice.ACTIVATION, function.get()))
                : files.refused(found, "", "Save it without this tensor if it has no effect");
    }

    /** The activation function that would make use of a tensor and that the file has all tensors for. */
    private Optional<String> functionThatNeeds(String name) {
        List<String> words = words(name);
        boolean one = files.find(name).filter(t -> t.elements() == 1).isPresent();
        String wanted = words.contains("k") || (words.contains("topk") && !words.contains("threshold"))
                ? "topk"
                : words.stream().anyMatch(OF_ACTIVATION::contains)
                        ? words.contains("threshold") || words.contains("thresholds")
                                ? one ? "batchtopk" : "jumprelu"
                                : "gated"
                        : "";
        return Optional.of(wanted)
                .filter(choice -> options.activation().isEmpty())
                .filter(choice -> !choice.equals(draft.activation().kind().label()))
                .filter(choice -> !choice.equals("topk") || one)
                .filter(ActivationOverride.names(draft, files)::contains);
    }

    /** Warns of the configuration's keys that say how features are computed and that nothing has read. */
    private void keys() {
        List<ConfigJson> adopted =
                files.configs().stream().filter(this::isTheFamilys).toList();
        Stream<ConfigJson> family = draft.settings().isEmpty()
                ? Stream.empty()
                : adopted.isEmpty()
                        ? Stream.of(new ConfigJson(files.path(), draft.settings()))
                        : adopted.stream().flatMap(ConfigJson::parts);
        List<ConfigJson> own = said.everything();
        Stream.concat(family, own.stream()).distinct().forEach(config -> {
            List<String> unused = config.values().entrySet().stream()
                    .filter(entry -> !config.isAsked(entry.getKey()))
                    .filter(entry -> own.contains(config)
                            ? isTellingAtHome(entry.getKey(), entry.getValue())
                            : isTelling(entry.getKey()))
                    .filter(entry -> !agrees(entry.getKey(), entry.getValue()))
                    .map(entry -> entry.getKey() + " " + shortened(entry.getValue()))
                    .toList();
            if (!unused.isEmpty()) {
                draft.warn(config.path().getFileName() + " says "
                        + unused.stream().limit(NAMED).collect(Collectors.joining(", "))
                        + (unused.size() == 1 ? ", which is" : ", which are")
                        + " not used: what is computed may differ from what its author computes");
            }
        });
    }

    private boolean isTheFamilys(ConfigJson config) {
        return config.values() == draft.settings();
    }

    private static boolean isTelling(String key) {
        String plain = key.toLowerCase(Locale.ROOT);
        return TELLING_KEY.matcher(plain).matches()
                && !TRAINING_KEY.matcher(plain).matches();
    }

    /** In a configuration of no library, a value that is the name of an activation function tells as much as a key. */
    private static boolean isTellingAtHome(String key, @Nullable Object value) {
        String plain = key.toLowerCase(Locale.ROOT);
        return isTelling(key)
                || (HOME_KEY.matcher(plain).matches()
                        && !HOME_TRAINING_KEY.matcher(plain).matches()
                        && !TRAINING_KEY.matcher(plain).matches())
                || isFunction(key, value);
    }

    private static boolean isFunction(String key, @Nullable Object value) {
        return value instanceof String text
                && !NAME_KEY.matcher(key.toLowerCase(Locale.ROOT)).matches()
                && SelfDescription.kind(text).isPresent();
    }

    /** Whether a value changes nothing, or says what is done anyway. */
    private boolean agrees(String key, @Nullable Object value) {
        String plain = key.toLowerCase(Locale.ROOT);
        String text = String.valueOf(value).toLowerCase(Locale.ROOT);
        Optional<Boolean> flag =
                text.equals("true") || text.equals("false") ? Optional.of(text.equals("true")) : Optional.empty();
        if ((plain.startsWith("apply_") && !plain.endsWith("relu"))
                || plain.startsWith("subtract_")
                || plain.equals("use_pre_bias")) {
            return flag.isEmpty() ? NOTHING.contains(text) : flag.get() == draft.subtractsDecoderBias();
        }
        if (plain.matches("(?:.*_)?pre_bias|b_dec_.*|.*_b_dec") && flag.isPresent()) {
            return flag.get() == draft.subtractsDecoderBias();
        }
        if (plain.endsWith("relu") && flag.isPresent()) {
            return flag.get() != draft.activation().isSigned();
        }
        if (plain.startsWith("use_") && plain.endsWith("_bias")) {
            return flag.isEmpty() ? NOTHING.contains(text) : flag.get();
        }
        if (NOTHING.contains(text)) {
            return true;
        }
        boolean yes = flag.orElse(false);
        OptionalDouble number = number(text);
        Activation.Kind kind = draft.activation().kind();
        if (plain.matches("k|top_?k|(?:n_|num_)active")) {
            return number.isPresent()
                    && (number.getAsDouble() <= 0
                            || (kind.hasK()
                                    && draft.activation().likelyK().isPresent()
                                    && draft.activation().likelyK().getAsInt() == number.getAsDouble()));
        }
        if ((plain.startsWith("act") && !plain.endsWith("mean") && !plain.endsWith("std"))
                || plain.startsWith("arch")
                || plain.startsWith("nonlin")
                || plain.equals("sae_type")
                || isFunction(key, value)) {
            // all but these begin with a ReLU
            boolean rectified = kind != Activation.Kind.TANH_RELU && kind != Activation.Kind.SIGNED_TOPK;
            return text.equals("sae")
                    || SelfDescription.kind(text)
                            .filter(said -> said == kind || (said == Activation.Kind.RELU && rectified))
                            .isPresent();
        }
        if (plain.startsWith("norm") || plain.startsWith("input_unit_norm") || plain.startsWith("layer_norm")) {
            return number.isPresent()
                    ? number.getAsDouble() == draft.normFactor().orElse(1)
                    : draft.normalisation() != InputNormalisation.NONE;
        }
        if (plain.endsWith("threshold")) {
            return (number.isPresent() && number.getAsDouble() == 0 && kind == Activation.Kind.RELU)
                    || (draft.activation().threshold().isPresent()
                            && number.isPresent()
                            && draft.activation().threshold().getAsDouble() == number.getAsDouble());
        }
        if (plain.contains("skip") || plain.startsWith("affine")) {
            return yes && draft.has(Part.SKIP);
        }
        if (plain.contains("transcod")) {
            return yes && draft.transcodes();
        }
        if (plain.contains("lookup")) {
            return yes && draft.has(Part.LOOKUP);
        }
        if (plain.contains("group")) {
            return kind == Activation.Kind.GROUPMAX || (number.isPresent() && number.getAsDouble() == 1);
        }
        return number.isPresent() && number.getAsDouble() == (plain.endsWith("mean") ? 0 : 1);
    }

    private static OptionalDouble number(String text) {
        try {
            return OptionalDouble.of(Double.parseDouble(text));
        } catch (NumberFormatException e) {
            return OptionalDouble.empty();
        }
    }

    private static String shortened(@Nullable Object value) {
        String text = String.valueOf(value);
        return text.length() > VALUE_CHARS ? text.substring(0, VALUE_CHARS) + "..." : text;
    }

    private static String relative(CheckpointFiles files, String name) {
        return name.startsWith(files.prefix()) ? name.substring(files.prefix().length()) : name;
    }

    /** The words of a name: {@code [activation, function, threshold]}. */
    private static List<String> words(String name) {
        return Arrays.asList(name.replaceAll("([a-z])([A-Z])", "$1_$2")
                .toLowerCase(Locale.ROOT)
                .split("[^a-z0-9]+"));
    }
}
