package loupe.sae.checkpoint;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.base.Remedy;
import loupe.sae.Activation;
import loupe.sae.HostWeights.Part;
import loupe.sae.InputNormalisation;
import loupe.sae.SaeConfig.Heads;
import loupe.tensor.StoredTensor;

/**
 * Folders of SAELens: {@code cfg.json} beside {@code sae_weights.safetensors}, versions 1 to 6, those it saves during
 * training included. What version 6 no longer honours (tanh-relu, the finetuning scaling factor) is computed as the
 * release that wrote it did. Also the single files of its beginnings, {@code {cfg, state_dict}}, and the transcoders of
 * Jacob Dunefsky that share their form: these subtract b_dec from the input and add b_dec_out to the output.
 * {@code src/site/markdown/formats.md}, sections C and G.
 */
final class SaeLens implements SaeFamily {
    static final String FORMAT = "saelens";

    private static final List<String> ARCHITECTURES = List.of(
            "standard",
            "gated",
            "jumprelu",
            "topk",
            "batchtopk",
            "matryoshka_batchtopk",
            "abstopk",
            "matching_pursuit",
            "transcoder",
            "skip_transcoder",
            "jumprelu_transcoder",
            "jumprelu_skip_transcoder");
    private static final String MATCHING_PURSUIT = "matching_pursuit";
    private static final String LOG_THRESHOLD = "log_threshold";
    private static final String TOPK_THRESHOLD = "topk_threshold";
    /** What SAELens takes where cfg.json has none. */
    private static final double RESIDUAL_THRESHOLD = 0.01;

    private static final List<String> SCALING_FACTORS = List.of("scaling_factor", "finetuning_scaling_factor");
    private static final Pattern VERSION = Pattern.compile("(\\d{1,4})\\.(\\d{1,4}).*");

    @Override
    public String format() {
        return FORMAT;
    }

    @Override
    public List<String> usualFiles() {
        return List.of("sae_weights.safetensors");
    }

    @Override
    public boolean recognises(CheckpointFiles files) {
        ConfigJson cfg = settings(files);
        boolean named = usualFiles().contains(files.fileName()) || files.has("W_dec", "b_dec");
        return (files.has("W_enc", "W_dec", "b_dec") && (cfg.has("d_in") || cfg.has("d_sae")))
                || (named && cfg.has("architecture") && cfg.has("d_in") && cfg.has("d_sae"));
    }

    @Override
    public SaeDraft describe(CheckpointFiles files, SaeOptions options) {
        ConfigJson cfg = settings(files);
        ConfigJson metadata = cfg.object("metadata");
        String architecture = architecture(files, cfg);
        boolean ownOutputBias = files.has("b_dec_out");
        boolean transcoder = ownOutputBias || architecture.contains("transcoder");

        boolean tied = architecture.equals(MATCHING_PURSUIT);
        long[] decoder = files.shape("W_dec");
        long[] encoder = tied && decoder.length == 2 ? new long[] {decoder[1], decoder[0]} : files.shape("W_enc");
        if (encoder.length != 2
                || decoder.length != 2
                || encoder[1] != decoder[0]
                || (!transcoder && encoder[0] != decoder[1])) {
            throw files.refused(
                    "the shapes do not form an autoencoder: " + files.summary(), "W_enc [d, n] and W_dec [n, d]");
        }
        SaeDraft draft = new SaeDraft(files, FORMAT, encoder[0], encoder[1]);
        draft.dOut(Math.toIntExact(decoder[1]));
        draft.transcodes(transcoder);
        draft.settings(cfg.values());
        checkSizes(files, cfg, draft);
        draft.take(Part.ENCODER, tied ? "W_dec" : "W_enc", tied).take(Part.DECODER, "W_dec", true);
        if (ownOutputBias) {
            draft.take(Part.INPUT_BIAS, "b_dec");
        }
        draft.take(Part.DECODER_BIAS, ownOutputBias ? "b_dec_out" : "b_dec");
        draft.subtractsDecoderBias(
                !transcoder && cfg.flag("apply_b_dec_to_input").orElse(true));
        activation(files, cfg, architecture, draft);
        normalisation(files, cfg, options, draft);
        if (tied) {
            matchingPursuit(cfg, draft);
        }
        place(files, cfg, metadata, draft);
        scalingFactor(files, cfg, draft);
        if (architecture.contains("skip")) {
            draft.take(Part.SKIP, "W_skip");
        }
        return draft;
    }

    /** {@code cfg.json}, or what old files carry among their tensors. */
    private static ConfigJson settings(CheckpointFiles files) {
        ConfigJson inside = files.inside();
        return files.config("cfg.json")
                .orElseGet(() -> inside.values().get("cfg") instanceof Map
                        ? inside.object("cfg")
                        : new ConfigJson(inside.path(), Map.of()));
    }

    private static String architecture(CheckpointFiles files, ConfigJson cfg) {
        String architecture = cfg.text("architecture").orElse("standard");
        if (architecture.equals("temporal")) {
            throw files.refused(
                    "cfg.json says architecture temporal, which is not supported: its features come from attention "
                            + "over the tokens before, not from one activation",
                    "an autoencoder of single activations",
                    "Choose another checkpoint");
        }
        if (!ARCHITECTURES.contains(architecture)) {
            throw files.refused(
                    "cfg.json says architecture " + architecture + ", which is not supported",
                    "standard, gated, jumprelu, matching_pursuit, a top-k or a transcoder",
                    "Choose another checkpoint");
        }
        return architecture;
    }

    private static void activation(CheckpointFiles files, ConfigJson cfg, String architecture, SaeDraft draft) {
        if (architecture.equals("gated")) {
            draft.activation().is(Activation.Kind.GATED);
            draft.take(Part.ENCODER_BIAS, "b_gate")
                    .take(Part.MAGNITUDE_SCALE, "r_mag")
                    .take(Part.MAGNITUDE_BIAS, "b_mag");
            return;
        }
        if (architecture.equals(MATCHING_PURSUIT)) {
            draft.activation().is(Activation.Kind.MATCHING_PURSUIT);
            return;
        }
        draft.take(Part.ENCODER_BIAS, "b_enc");
        if (architecture.contains("jumprelu")) {
            jumpRelu(files, draft);
            return;
        }
        String function = architecture.contains("topk")
                ? "topk"
                : cfg.text("activation_fn", "activation_fn_str").orElse("relu");
        if (architecture.contains("batchtopk")) {
            batchTopK(files, cfg, draft);
        } else if (function.equals("topk")) {
            draft.activation().is(architecture.equals("abstopk") ? Activation.Kind.SIGNED_TOPK : Activation.Kind.TOPK);
            draft.activation()
                    .topKByDecoderNorm(cfg.flag("rescale_acts_by_decoder_norm").orElse(false));
            draft.activation().k("cfg.json", cfg.integer("k"));
            draft.activation()
                    .k(
                            "activation_fn_kwargs",
                            cfg.object("activation_fn_kwargs").integer("k"));
        } else if (function.equals("relu") || function.equals("tanh-relu")) {
            draft.activation().is(Activation.Kind.of(function).orElseThrow());
        } else {
            throw files.refused(
                    "cfg.json says activation_fn " + function + ", which is not supported",
                    "relu, tanh-relu or topk",
                    "Choose another checkpoint");
        }
    }

    /**
     * max(p, 0) where p exceeds the threshold; a negative threshold is the same as 0. Checkpoints of training before
     * 6.48.0 hold its logarithm, which goes before a threshold, as in SAELens.
     */
    private static void jumpRelu(CheckpointFiles files, SaeDraft draft) {
        draft.activation().is(Activation.Kind.JUMPRELU);
        boolean logarithms = files.has(LOG_THRESHOLD);
        String name = logarithms ? LOG_THRESHOLD : "threshold";
        draft.take(Part.THRESHOLD, name);
        for (float threshold : files.tensor(name).toHost().data()) {
            if (Float.isNaN(threshold)) {
                throw notNumbers(files, name);
            }
        }
        if (logarithms) {
            draft.change(weights -> {
                float[] thresholds = weights.vector(Part.THRESHOLD);
                for (int i = 0; i < thresholds.length; i++) {
                    thresholds[i] = (float) Math.exp(thresholds[i]);
                }
                weights.vector(Part.THRESHOLD, thresholds);
            });
        }
    }

    /**
     * A checkpoint of training, which SAELens saves for use as a JumpReLU: one threshold for all features, and the
     * decoder norms folded into the encoder if activations were rescaled by them. How widths are nested in a Matryoshka
     * has no part in it.
     */
    private static void batchTopK(CheckpointFiles files, ConfigJson cfg, SaeDraft draft) {
        double threshold = files.scalar(TOPK_THRESHOLD)
                .orElseThrow(() -> files.refused(
                        "cfg.json says a batch top-k, and there is no tensor " + TOPK_THRESHOLD,
                        "the threshold that training leaves",
                        "Choose a checkpoint that SAELens has saved"));
        if (!Double.isFinite(threshold)) {
            throw notNumbers(files, TOPK_THRESHOLD);
        }
        if (threshold <= 0) {
            draft.warn(TOPK_THRESHOLD + " is " + threshold + ", as before the first step of training: every positive "
                    + "pre-activation is kept");
        }
        cfg.withoutEffect("k"); // of training, from which the threshold is left
        draft.activation().is(Activation.Kind.JUMPRELU);
        if (cfg.flag("rescale_acts_by_decoder_norm").orElse(true)) {
            draft.foldsDecoderNorms();
        }
        float[] same = new float[draft.dSae()];
        Arrays.fill(same, (float) threshold);
        draft.change(weights -> weights.vector(Part.THRESHOLD, same));
    }

    private static CheckpointException notNumbers(CheckpointFiles files, String tensor) {
        return files.refused(
                tensor + " contains values that are not numbers",
                "a threshold for each feature",
                "Save or download the file again");
    }

    /** Its residual is short in terms of the input as it is pursued, which a folded factor scales. */
    private static void matchingPursuit(ConfigJson cfg, SaeDraft draft) {
        double threshold = cfg.number("residual_threshold").orElse(RESIDUAL_THRESHOLD);
        draft.activation()
                .residualThreshold(
                        draft.appliesNormFactor()
                                ? threshold / draft.normFactor().getAsDouble()
                                : threshold);
        if (!draft.subtractsDecoderBias()) {
            float[] zeros = new float[draft.dOut()];
            draft.change(weights -> weights.vector(Part.DECODER_BIAS, zeros));
            draft.warn(
                    "b_dec is not used: cfg.json says apply_b_dec_to_input false, and what a matching pursuit does not "
                            + "subtract it does not add");
        }
    }

    private static void normalisation(CheckpointFiles files, ConfigJson cfg, SaeOptions options, SaeDraft draft) {
        Object value = cfg.values().get("normalize_activations");
        String name = value == null || Boolean.FALSE.equals(value)
                ? "none"
                : Boolean.TRUE.equals(value) ? "expected_average_only_in" : value.toString();
        draft.normalisation(
                switch (name) {
                    case "none" -> InputNormalisation.NONE;
                    case "expected_average_only_in" -> InputNormalisation.EXPECTED_AVERAGE_ONLY_IN;
                    case "constant_norm_rescale" -> InputNormalisation.CONSTANT_NORM_RESCALE;
                    case "layer_norm" -> InputNormalisation.LAYER_NORM;
                    // x a before and x^ / a after is what a known factor of the dataset comes to
                    case "constant_scalar_rescale" -> InputNormalisation.EXPECTED_AVERAGE_ONLY_IN;
                    case "covariance_whitening" ->
                        throw files.refused(
                                "cfg.json says normalize_activations covariance_whitening, and its mean and matrix are "
                                        + "not in the file",
                                "a final model, in whose weights SAELens folds them",
                                "Choose the final model of this training");
                    default ->
                        throw files.refused(
                                "cfg.json says normalize_activations " + name + ", which is not supported",
                                "none, expected_average_only_in, constant_norm_rescale, constant_scalar_rescale or "
                                        + "layer_norm",
                                "Choose another checkpoint");
                });
        if (draft.normalisation() == InputNormalisation.EXPECTED_AVERAGE_ONLY_IN) {
            OptionalDouble beside = files.config("activation_scaler.json")
                    .map(s -> s.number("scaling_factor"))
                    .orElse(OptionalDouble.empty());
            OptionalDouble own = cfg.number("activation_normalization_factor");
            draft.normFactor(options.normFactor().isPresent() ? options.normFactor() : own.isPresent() ? own : beside);
            if (draft.normFactor().isPresent() && !(draft.normFactor().getAsDouble() > 0)) {
                throw files.refused(
                        "the norm factor is " + draft.normFactor().getAsDouble(),
                        "a positive number",
                        "",
                        Remedy.give(Remedy.Choice.NORM_FACTOR));
            }
            if (draft.normFactor().isEmpty()) {
                draft.warn("normalize_activations is " + name
                        + ", but the factor is not in the files; it is taken as 1 unless the norm factor is given");
            }
        } else if (draft.normalisation() == InputNormalisation.CONSTANT_NORM_RESCALE) {
            draft.warn(
                    "normalize_activations is constant_norm_rescale: a zero vector has no norm to rescale, and gives "
                            + "NaN");
        }
    }

    /** It reads one head of values (heads, dHead), and writes there. */
    private static void oneHead(CheckpointFiles files, int head, SaeDraft draft) {
        if (head < 0) {
            throw files.refused("cfg.json says hook_head_index " + head, "0 or more", "");
        }
        if (draft.transcodes()) {
            throw files.refused(
                    "it is a transcoder that reads one head (hook_head_index " + head + "), which is not supported",
                    "an autoencoder of one head",
                    "Choose another checkpoint");
        }
        boolean noHeads = draft.hook().isPresent() && !draft.hook().get().site().hasHeads();
        if (noHeads) {
            throw files.refused(
                    "cfg.json says hook_head_index " + head + ", and there are no heads at "
                            + draft.hook().get(),
                    "a hook point with heads, such as hook_z",
                    "");
        }
        draft.heads(new Heads.One(head));
    }

    private static void place(CheckpointFiles files, ConfigJson cfg, ConfigJson metadata, SaeDraft draft) {
        draft.model(metadata.text("model_name").or(() -> cfg.text("model_name")).orElse(""));
        Optional<String> hook = metadata.text("hook_name")
                .or(() -> cfg.text("hook_name", "hook_point"))
                .or(() -> metadata.text("hf_hook_name"));
        draft.hook(hook.flatMap(name -> hookPoint(name, draft)));
        draft.hookOut(metadata.text("hook_name_out")
                .or(() -> cfg.text("out_hook_point"))
                .flatMap(name -> hookPoint(name, draft)));
        Optional<String> reshape = cfg.text("reshape_activations");
        OptionalInt head = firstPresent(
                metadata.integer("hook_head_index"),
                firstPresent(cfg.integer("hook_head_index"), cfg.integer("hook_point_head_index")));
        if (head.isPresent()) {
            oneHead(files, head.getAsInt(), draft);
        }
        boolean joins = reshape.isPresent()
                ? reshape.get().equals("hook_z")
                : hook.filter(h -> h.endsWith("_z")).isPresent();
        if (head.isEmpty() && joins) {
            draft.heads(new Heads.Joined());
        }
        draft.centred(centred(cfg, metadata));
    }

    private static Optional<HookPoint> hookPoint(String name, SaeDraft draft) {
        Optional<HookPoint> hook = HookPoint.parse(name);
        if (hook.isEmpty()) {
            draft.warn("cfg.json names the hook point " + name + ", which is none of those known (the nearest: "
                    + String.join(", ", HookPoint.nearest(name)) + "); the hook point has to be given");
        } else if (!hook.get().name().equals(name)) {
            draft.warn("cfg.json names the hook point " + name + ", which is read as " + hook.get());
        }
        return hook;
    }

    /**
     * Whether the model was processed: only TransformerLens 2's HookedTransformer is, as model_from_pretrained_kwargs
     * states; without it, SAELens processed models until 3.20.0 and files without a version are older still.
     */
    private static boolean centred(ConfigJson cfg, ConfigJson metadata) {
        Optional<String> modelClass = metadata.text("model_class_name").or(() -> cfg.text("model_class_name"));
        if (modelClass.isPresent() && !modelClass.get().equals("HookedTransformer")) {
            return false;
        }
        for (ConfigJson settings : List.of(metadata, cfg)) {
            Optional<Boolean> stated =
                    settings.object("model_from_pretrained_kwargs").flag("center_writing_weights");
            if (stated.isPresent()) {
                return stated.get();
            }
        }
        Optional<String> version = metadata.text("sae_lens_training_version")
                .or(() -> cfg.text("sae_lens_training_version", "sae_lens_version"))
                .or(() -> metadata.text("sae_lens_version"));
        Matcher parts = VERSION.matcher(version.orElse("0.0"));
        return parts.matches()
                && (Integer.parseInt(parts.group(1)) < 3
                        || (parts.group(1).equals("3") && Integer.parseInt(parts.group(2)) < 20));
    }

    /** x^ = (f s) W_dec + b_dec. Versions 1 and 2 always applied it, later ones only if the configuration has it. */
    private static void scalingFactor(CheckpointFiles files, ConfigJson cfg, SaeDraft draft) {
        for (String name : SCALING_FACTORS) {
            Optional<StoredTensor> factor = files.find(name).map(found -> files.tensor(name));
            if (factor.isPresent() && !ones(factor.get())) {
                if (cfg.flag("finetuning_scaling_factor").filter(flag -> !flag).isPresent()) {
                    throw files.refused(
                            name + " is not 1 everywhere, but cfg.json says finetuning_scaling_factor false",
                            "one or the other",
                            "Correct cfg.json: true applies the factors");
                }
                draft.take(Part.FEATURE_SCALE, name);
                return;
            }
        }
    }

    private static boolean ones(StoredTensor tensor) {
        for (float value : tensor.toHost().data()) {
            if (Math.abs(value - 1) > 1e-5f) {
                return false;
            }
        }
        return true;
    }

    private static void checkSizes(CheckpointFiles files, ConfigJson cfg, SaeDraft draft) {
        int d = cfg.integer("d_in").orElse(draft.dIn());
        int n = cfg.integer("d_sae").orElse(draft.dSae());
        int out = cfg.integer("d_out").orElse(draft.dOut());
        if (d != draft.dIn() || n != draft.dSae() || out != draft.dOut()) {
            String sizes = d + " x " + n + (cfg.has("d_out") ? " to " + out : "");
            String has = draft.dIn() + " x " + draft.dSae() + (cfg.has("d_out") ? " to " + draft.dOut() : "");
            throw files.refused(
                    "cfg.json says " + sizes + ", the file has " + has,
                    "",
                    "Find the cfg.json that belongs to these weights");
        }
    }

    private static OptionalInt firstPresent(OptionalInt first, OptionalInt second) {
        return first.isPresent() ? first : second;
    }
}
