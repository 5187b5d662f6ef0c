package loupe.sae.checkpoint;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import loupe.format.Container;
import loupe.sae.Activation;
import loupe.sae.HostWeights;
import loupe.sae.HostWeights.Part;
import loupe.tensor.StoredTensor;
import org.jspecify.annotations.Nullable;

/**
 * {@code ae.pt} beside {@code config.json} of saprmarks/dictionary_learning (60ec6bf), the old baulab releases and
 * interrupted runs. Trained on raw Hugging Face activations. {@code src/site/markdown/formats.md}, section B.
 */
final class DictionaryLearning implements SaeFamily {
    static final String FORMAT = "dictionary-learning";

    /** A decoder direction whose norm is further from 1 is normalised by the library on loading. */
    static final double UNIT_NORM = 1e-5;

    private static final String EARLY_GATE = "active_features_encoder";
    private static final String EARLY_MAGNITUDES = "feature_magnitudes_encoder";
    private static final List<String> CLASSES = List.of(
            "AutoEncoder",
            "AutoEncoderNew",
            "GatedAutoEncoder",
            "AutoEncoderTopK",
            "BatchTopKSAE",
            "MatryoshkaBatchTopKSAE",
            "JumpReluAutoEncoder");
    /**
     * Our own addition, for autoencoders that were trained with another library: the library itself reads raw
     * activations.
     */
    static final String CENTRED = "center_writing_weights";

    private static final Pattern PLACE = Pattern.compile(
            "(resid_pre|resid_post|resid_out|resid|mlp_out|mlp|attn_out|attn|attention)(?:_layer)?_?(\\d{1,"
                    + "3})?(?:[^\\d].*)?");

    @Override
    public String format() {
        return FORMAT;
    }

    @Override
    public List<String> usualFiles() {
        return List.of("ae.pt");
    }

    @Override
    public boolean recognises(CheckpointFiles files) {
        return classByNames(files) != null
                || (statedClass(files).isPresent()
                        && Stream.of(
                                        "encoder.weight",
                                        "decoder.weight",
                                        "decoder",
                                        "W_enc",
                                        "W_dec",
                                        EARLY_GATE + ".weight")
                                .anyMatch(files::has));
    }

    @Override
    public SaeDraft describe(CheckpointFiles files, SaeOptions options) {
        String named = statedClass(files).orElse(null);
        String byNames = classByNames(files);
        String dictClass = named != null ? named : byNames;
        if (dictClass == null || !CLASSES.contains(dictClass)) {
            throw files.refused(
                    dictClass == null
                            ? "no class of dictionary_learning has these tensors: " + files.summary()
                            : "config.json says dict_class " + dictClass,
                    "one of " + String.join(", ", CLASSES),
                    named == null ? "" : "Choose another checkpoint",
                    SaeFamilies.recognising(files)
                            .filter(other -> named == null)
                            .map(other -> Remedy.give(Choice.FORMAT, other))
                            .stream()
                            .toArray(Remedy[]::new));
        }
        SaeDraft draft =
                switch (dictClass) {
                    case "AutoEncoder" -> autoEncoder(files);
                    case "AutoEncoderNew" -> autoEncoderNew(files);
                    case "GatedAutoEncoder" -> files.has(EARLY_GATE + ".weight") ? earlyGated(files) : gated(files);
                    case "JumpReluAutoEncoder" -> jumpRelu(files);
                    case "MatryoshkaBatchTopKSAE" -> matryoshka(files);
                    default -> topK(files, dictClass.equals("BatchTopKSAE"));
                };
        ConfigJson trainer = trainer(files);
        if (named == null
                && dictClass.equals("AutoEncoderTopK")
                && options.activation().isEmpty()) {
            draft.warn("There is no config.json that says whether this is AutoEncoderTopK or BatchTopKSAE; read as "
                    + "AutoEncoderTopK, unless the activation function is given as batchtopk");
        }
        Optional<ConfigJson> own = files.config("config.json").filter(config -> config.has("trainer"));
        own.ifPresent(config -> draft.settings(config.values()));
        if (own.isEmpty() && draft.activation().kind() == Activation.Kind.RELU) {
            draft.warn("There is no config.json of dictionary_learning: by its tensors it is read as " + dictClass
                    + ", a ReLU autoencoder that "
                    + (draft.subtractsDecoderBias() ? "subtracts its decoder's bias" : "subtracts nothing"));
        }
        checkSizes(files, trainer, draft);
        draft.model(trainer.text("lm_name").orElse(""));
        draft.centred(trainer.flag(CENTRED).orElse(false));
        hook(files, trainer, draft);
        interrupted(files, draft);
        return draft;
    }

    private static ConfigJson trainer(CheckpointFiles files) {
        return files.config("config.json")
                .map(config -> config.object("trainer"))
                .orElse(new ConfigJson(files.folder().resolve("config.json"), Map.of()));
    }

    private static Optional<String> statedClass(CheckpointFiles files) {
        Optional<ConfigJson> config = files.config("config.json");
        return config.isPresent() && config.get().values().get("trainer") instanceof Map<?, ?>
                ? config.get().object("trainer").text("dict_class")
                : Optional.empty();
    }

    private static @Nullable String classByNames(CheckpointFiles files) {
        if (files.has("W_enc", "W_dec", "b_enc", "b_dec", "group_sizes")) {
            return "MatryoshkaBatchTopKSAE";
        }
        if (files.has(
                EARLY_GATE + ".weight",
                EARLY_GATE + ".bias",
                EARLY_MAGNITUDES + ".weight",
                EARLY_MAGNITUDES + ".bias",
                "decoder.weight",
                "bias")) {
            return "GatedAutoEncoder";
        }
        if (files.has("encoder.weight", "decoder.weight", "r_mag", "gate_bias", "mag_bias", "decoder_bias")) {
            return "GatedAutoEncoder";
        }
        if (files.has("W_enc", "W_dec", "b_enc", "b_dec", "threshold")
                && files.shape("threshold").length == 1
                && isTorch(files)) {
            return "JumpReluAutoEncoder";
        }
        if (!files.has("encoder.weight", "encoder.bias") || files.shape("encoder.weight").length != 2) {
            return null;
        }
        if (files.has("b_dec") && (files.has("decoder.weight") || files.has("decoder"))) {
            return "AutoEncoderTopK";
        }
        if (files.has("decoder.weight", "bias")) {
            return "AutoEncoder";
        }
        return files.has("decoder.weight", "decoder.bias") && isTorch(files) ? "AutoEncoderNew" : null;
    }

    /**
     * The library saves with torch only; in safetensors the same names are other libraries', with other mathematics.
     */
    private static boolean isTorch(CheckpointFiles files) {
        Container container = files.archive().container();
        return container == Container.TORCH_ZIP || container == Container.TORCH_LEGACY;
    }

    /**
     * f = relu((x - bias) E + be), x^ = D f + bias, with the decoder's columns made unit vectors as from_pretrained
     * does.
     */
    private static SaeDraft autoEncoder(CheckpointFiles files) {
        SaeDraft draft = linear(files, "bias").take(Part.ENCODER_BIAS, "encoder.bias");
        draft.subtractsDecoderBias(true);
        draft.change(DictionaryLearning::normaliseDecoder);
        draft.makesDecoderUnit();
        return draft;
    }

    /** f = relu(x E + be), x^ = D f + bd. */
    private static SaeDraft autoEncoderNew(CheckpointFiles files) {
        return linear(files, "decoder.bias").take(Part.ENCODER_BIAS, "encoder.bias");
    }

    private static SaeDraft gated(CheckpointFiles files) {
        SaeDraft draft = linear(files, "decoder_bias")
                .take(Part.ENCODER_BIAS, "gate_bias")
                .take(Part.MAGNITUDE_SCALE, "r_mag")
                .take(Part.MAGNITUDE_BIAS, "mag_bias");
        draft.subtractsDecoderBias(true);
        draft.activation().is(Activation.Kind.GATED);
        return draft;
    }

    /**
     * Gated autoencoder of April and May 2024: f = 1[(x - bias) G + bg > 0] relu((x - bias) M + bm), x^ = D f + bias,
     * with two encoders that share nothing.
     */
    private static SaeDraft earlyGated(CheckpointFiles files) {
        SaeDraft draft = linear(files, EARLY_GATE + ".weight", "bias")
                .take(Part.ENCODER_BIAS, EARLY_GATE + ".bias")
                .take(Part.MAGNITUDE_ENCODER, EARLY_MAGNITUDES + ".weight", true)
                .take(Part.MAGNITUDE_BIAS, EARLY_MAGNITUDES + ".bias");
        draft.subtractsDecoderBias(true);
        draft.activation().is(Activation.Kind.GATED);
        return draft;
    }

    private static SaeDraft topK(CheckpointFiles files, boolean batch) {
        SaeDraft draft = linear(files, "b_dec").take(Part.ENCODER_BIAS, "encoder.bias");
        draft.subtractsDecoderBias(true);
        draft.activation().is(batch ? Activation.Kind.BATCHTOPK : Activation.Kind.TOPK);
        kAndThreshold(files, draft);
        return draft;
    }

    private static SaeDraft matryoshka(CheckpointFiles files) {
        SaeDraft draft = named(files);
        draft.subtractsDecoderBias(true);
        trainer(files).withoutEffect("group_sizes"); // all groups are in use after training
        draft.activation().is(Activation.Kind.BATCHTOPK);
        kAndThreshold(files, draft);
        long sum = 0;
        if (files.has("group_sizes")) {
            StoredTensor sizes = files.tensor("group_sizes");
            if (sizes.dtype().isFloating() || sizes.elements() > draft.dSae()) {
                throw files.refused(
                        "group_sizes are " + sizes.elements() + " values of type " + sizes.dtype(),
                        "whole numbers that add up to the number of features");
            }
            for (long size : sizes.readIntegers(0, (int) sizes.elements())) {
                sum += size;
            }
            if (sum != draft.dSae()) {
                throw files.refused("group_sizes add up to " + sum, draft.dSae() + ", the number of features");
            }
        }
        return draft;
    }

    private static SaeDraft jumpRelu(CheckpointFiles files) {
        SaeDraft draft = named(files).take(Part.THRESHOLD, "threshold");
        draft.activation().is(Activation.Kind.JUMPRELU);
        return draft;
    }

    private static SaeDraft linear(CheckpointFiles files, String decoderBias) {
        return linear(files, "encoder.weight", decoderBias);
    }

    private static SaeDraft linear(CheckpointFiles files, String encoderName, String decoderBias) {
        // the Triton version of mid-2024 stores the decoder as a parameter of its own
        String decoder = files.has("decoder.weight") ? "decoder.weight" : "decoder";
        long[] encoder = files.shape(encoderName);
        if (encoder.length != 2) {
            throw files.refused("the shapes do not form an autoencoder: " + files.summary(), encoderName + " [n, d]");
        }
        long d = encoder[1];
        long n = encoder[0];
        return new SaeDraft(files, FORMAT, d, n)
                .take(Part.ENCODER, encoderName, true)
                .take(
                        Part.DECODER,
                        decoder,
                        MatrixOrientation.featuresInRows(files, decoder, d, n, decoder.equals("decoder")))
                .take(Part.DECODER_BIAS, decoderBias);
    }

    private static SaeDraft named(CheckpointFiles files) {
        return new SaeDraft(
                        files,
                        FORMAT,
                        MatrixOrientation.length(files, "b_dec"),
                        MatrixOrientation.length(files, "b_enc"))
                .take(Part.ENCODER, "W_enc")
                .take(Part.ENCODER_BIAS, "b_enc")
                .take(Part.DECODER, "W_dec", true)
                .take(Part.DECODER_BIAS, "b_dec");
    }

    private static void kAndThreshold(CheckpointFiles files, SaeDraft draft) {
        files.scalar("k").ifPresent(k -> draft.activation().k("the buffer k", java.util.OptionalInt.of(k.intValue())));
        draft.activation().k("config.json", trainer(files).integer("k"));
        Optional<Double> threshold = files.scalar("threshold");
        boolean batch = draft.activation().kind() == Activation.Kind.BATCHTOPK;
        if (threshold.isPresent() && threshold.get().isNaN()) {
            throw files.refused(
                    "the threshold is not a number", "a threshold of 0 or more", "Train it further, or save it again");
        }
        threshold.ifPresent(value -> draft.activation().threshold(OptionalDouble.of(value)));
        if (batch && threshold.isEmpty()) {
            draft.warn("The file has no threshold, so the k largest per vector are chosen over the whole batch: what a "
                    + "vector gives depends on its batch");
        } else if (batch && threshold.get() < 0) {
            draft.warn("The threshold was never set (it is " + threshold.get()
                    + "), so every positive feature is kept, as with a plain ReLU");
        }
    }

    /** {@code AutoEncoder.from_pretrained(normalize_decoder=True)}: only where the norms are not 1 already. */
    private static void normaliseDecoder(HostWeights weights) {
        for (double norm : weights.decoderNorms()) {
            if (Math.abs(norm - 1) > UNIT_NORM) {
                weights.foldDecoderNorms();
                weights.warn("The decoder directions were not unit vectors; they are normalised as dictionary_learning "
                        + "does on loading, and the encoder scaled up");
                return;
            }
        }
    }

    /**
     * Weights of a run that did not finish are for activations divided by norm_factor; finished ones have it in their
     * biases.
     */
    private static void interrupted(CheckpointFiles files, SaeDraft draft) {
        if (!files.prefix().startsWith("ae.")) {
            return;
        }
        double factor = files.inside().values().get("norm_factor") instanceof Number
                ? files.inside().number("norm_factor").orElse(1)
                : files.scalar("norm_factor").orElse(1.0);
        draft.warn("This is the state of an interrupted run"
                + (factor == 1 ? "" : "; its biases are multiplied by its norm_factor " + factor));
        draft.change(weights -> {
            for (Part part : List.of(Part.ENCODER_BIAS, Part.DECODER_BIAS, Part.MAGNITUDE_BIAS, Part.THRESHOLD)) {
                if (weights.has(part)) {
                    weights.scale(part, factor);
                }
            }
        });
        if (draft.activation().threshold().isPresent()
                && draft.activation().threshold().getAsDouble() >= 0) {
            draft.activation()
                    .threshold(OptionalDouble.of(draft.activation().threshold().getAsDouble() * factor));
        }
    }

    private static void checkSizes(CheckpointFiles files, ConfigJson trainer, SaeDraft draft) {
        int d = trainer.integer("activation_dim").orElse(draft.dIn());
        int n = trainer.integer("dict_size").orElse(draft.dSae());
        if (d != draft.dIn() || n != draft.dSae()) {
            throw files.refused(
                    "config.json says " + d + " x " + n + ", the file has " + draft.dIn() + " x " + draft.dSae(),
                    "",
                    "Find the config.json that belongs to these weights");
        }
    }

    /**
     * Reads the hook point from trainer.submodule_name, trainer.layer and buffer.io, which says whether it read what
     * the module takes or gives, or predicted one from the other; or from the folder names of the old releases.
     */
    private static void hook(CheckpointFiles files, ConfigJson trainer, SaeDraft draft) {
        String io = files.config("config.json")
                .map(c -> c.object("buffer"))
                .flatMap(b -> b.text("io"))
                .orElse("out");
        int layer = trainer.integer("layer").orElse(-1);
        Optional<String> submodule = trainer.text("submodule_name");
        Optional<HookPoint> given = submodule.flatMap(name -> place(name, layer, false));
        Optional<HookPoint> taken = submodule.flatMap(name -> place(name, layer, true));
        if (given.isPresent()) {
            boolean takes = !io.equals("out");
            draft.hook(takes ? taken : given);
            if (io.equals("in_and_out")) {
                draft.transcodes(true);
                draft.hookOut(given);
            }
            if (takes && submodule.orElseThrow().matches(".*_(post|out)\\b.*")) {
                draft.warn("config.json says submodule_name " + submodule.get() + " and io " + io
                        + "; read as what the module takes: "
                        + taken.map(HookPoint::name).orElse("unknown"));
            }
            return;
        }
        for (String name : files.publishedFolders()) {
            draft.hook(
                    name.equals("embed")
                            ? Optional.of(HookPoint.of(Site.EMBED))
                            : name.contains("layer") ? place(name, -1, false) : Optional.empty());
            if (draft.hook().isPresent()) {
                draft.warn("The hook point is taken from the folder " + name + ": "
                        + draft.hook().get());
                return;
            }
        }
    }

    /** The name {@link #place} understands: the library's own, or TransformerLens' where it has none. */
    static String submodule(HookPoint hook) {
        String name =
                switch (hook.site()) {
                    case RESID_PRE -> "resid_pre";
                    case RESID_POST -> "resid_post";
                    case MLP_MODULE_OUT -> "mlp_out";
                    case ATTN_MODULE_OUT -> "attn_out";
                    default -> "";
                };
        return name.isEmpty() ? hook.name() : name + "_layer_" + hook.layer();
    }

    /**
     * The hook point that the library's name of a submodule means, such as {@code resid_post_layer_8}.
     *
     * @param layer where the name has none; negative if that is unknown
     * @param takes whether its input is meant
     */
    static Optional<HookPoint> place(String submodule, int layer, boolean takes) {
        Matcher place = PLACE.matcher(submodule);
        if (!place.matches()) {
            Optional<HookPoint> input = takes ? HookPoint.parse(submodule + ".input") : Optional.empty();
            return input.or(() -> HookPoint.parse(submodule));
        }
        int at = place.group(2) == null ? layer : Integer.parseInt(place.group(2));
        Site site =
                switch (place.group(1)) {
                    case "resid_pre" -> Site.RESID_PRE;
                    case "resid_post", "resid_out", "resid" -> takes ? Site.RESID_PRE : Site.RESID_POST;
                    case "mlp_out", "mlp" -> takes ? Site.MLP_MODULE_IN : Site.MLP_MODULE_OUT;
                    default -> takes ? Site.ATTN_MODULE_IN : Site.ATTN_MODULE_OUT;
                };
        return at < 0 ? Optional.empty() : Optional.of(new HookPoint(site, at));
    }
}
