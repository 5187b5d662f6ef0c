package loupe.sae.checkpoint;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import loupe.base.HookPoint;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import loupe.sae.Activation;
import loupe.sae.HostWeights;
import loupe.sae.HostWeights.Part;
import loupe.sae.InputNormalisation;

/**
 * {@code sae_weights.safetensors} or {@code sae_weights.pt} beside {@code config.json} as OpenMOSS' lm-saes
 * (Llamascopium) saves them, such as Llama Scope R1. Trained on activations times s = sqrt(d) over their average norm
 * at the hook point, which is among the tensors; thresholds are stored as logarithms and are for those scaled
 * activations. Where the configuration includes decoder norms, as it does unless it says otherwise, thresholds are for
 * pre-activations times them, and the k largest are chosen by that product; features themselves are not multiplied.
 *
 * @see <a href="https://github.com/OpenMOSS/Language-Model-SAEs">lm-saes, AbstractSparseAutoEncoder</a>
 */
final class LmSaes implements SaeFamily {
    private static final String NORM = "dataset_average_activation_norm.";

    /** Names of the tensors: torch Linear's until 2025, and the later ones. */
    private enum Names {
        LINEAR(
                "encoder.weight",
                "encoder.bias",
                "decoder.weight",
                "decoder.bias",
                "log_jumprelu_threshold",
                "encoder_glu.weight",
                true),
        SHORT("W_E", "b_E", "W_D", "b_D", "activation_function.log_jumprelu_threshold", "W_E_glu", false);

        final String encoder;
        final String encoderBias;
        final String decoder;
        final String decoderBias;
        final String logThreshold;
        final String glu;
        final boolean encoderHasFeaturesInRows;

        Names(
                String encoder,
                String encoderBias,
                String decoder,
                String decoderBias,
                String logThreshold,
                String glu,
                boolean encoderHasFeaturesInRows) {
            this.encoder = encoder;
            this.encoderBias = encoderBias;
            this.decoder = decoder;
            this.decoderBias = decoderBias;
            this.logThreshold = logThreshold;
            this.glu = glu;
            this.encoderHasFeaturesInRows = encoderHasFeaturesInRows;
        }

        static Names of(CheckpointFiles files) {
            return files.has(SHORT.encoder) ? SHORT : LINEAR;
        }
    }

    @Override
    public String format() {
        return "lm-saes";
    }

    @Override
    public List<String> usualFiles() {
        return List.of("sae_weights.safetensors", "sae_weights.pt");
    }

    @Override
    public boolean recognises(CheckpointFiles files) {
        Names names = Names.of(files);
        return files.has(names.encoder, names.encoderBias, names.decoder)
                && files.config("config.json")
                        .filter(config -> config.has("hook_point_in") && config.has("norm_activation"))
                        .isPresent();
    }

    @Override
    public SaeDraft describe(CheckpointFiles files, SaeOptions options) {
        ConfigJson config = files.config("config.json")
                .orElseThrow(() -> files.refused("there is no config.json beside the weights", "one", ""));
        String type = config.text("sae_type").orElse("sae");
        Names names = Names.of(files);
        if (!type.equals("sae") || config.flag("use_glu_encoder").orElse(false) || files.has(names.glu)) {
            throw files.refused(
                    "config.json says sae_type " + type + (type.equals("sae") ? " with a gated linear encoder" : "")
                            + ", which is not supported",
                    "sae, with a plain encoder",
                    "Choose another checkpoint");
        }
        long[] encoder = files.shape(names.encoder);
        long[] decoder = files.shape(names.decoder);
        if (encoder.length != 2 || decoder.length != 2) {
            throw files.refused(
                    "the shapes do not form an autoencoder: " + files.summary(),
                    names.encoder + " and " + names.decoder + " of two axes");
        }
        SaeDraft draft = names.encoderHasFeaturesInRows
                ? new SaeDraft(files, format(), encoder[1], encoder[0])
                : new SaeDraft(files, format(), encoder[0], encoder[1]);
        draft.dOut(Math.toIntExact(decoder[names.encoderHasFeaturesInRows ? 0 : 1]));
        draft.settings(config.values());
        draft.take(Part.ENCODER, names.encoder, names.encoderHasFeaturesInRows)
                .take(Part.ENCODER_BIAS, names.encoderBias)
                .take(Part.DECODER, names.decoder, !names.encoderHasFeaturesInRows);
        decoderBias(files, config, names, draft);
        draft.hook(config.text("hook_point_in").flatMap(HookPoint::parse));
        draft.hookOut(config.text("hook_point_out")
                .flatMap(HookPoint::parse)
                .filter(out -> draft.hook().filter(out::equals).isEmpty()));
        draft.model(config.text("model_name").orElse(""));
        activation(files, config, names, draft);
        normalisation(files, config, options, draft);
        config.withoutEffect("top_k", "topk"); // asked for by those that have one
        // average norms at other places, and where the weights have been multiplied by the factors already
        draft.withoutEffect(Pattern.compile(Pattern.quote(NORM) + ".+"));
        return draft;
    }

    private static void decoderBias(CheckpointFiles files, ConfigJson config, Names names, SaeDraft draft) {
        if (config.flag("use_decoder_bias").orElse(true)) {
            draft.take(Part.DECODER_BIAS, names.decoderBias);
        } else if (files.has(names.decoderBias)) {
            throw files.refused(
                    "config.json says use_decoder_bias false, but there is a tensor " + names.decoderBias,
                    "one or the other",
                    "Set use_decoder_bias in config.json to true if the bias belongs to it");
        } else {
            draft.withoutDecoderBias();
        }
    }

    private static void activation(CheckpointFiles files, ConfigJson config, Names names, SaeDraft draft) {
        String function = config.text("act_fn").orElse("relu");
        boolean timesDecoderNorm = config.flag("sparsity_include_decoder_norm").orElse(true);
        switch (function) {
            case "relu" -> draft.activation().is(Activation.Kind.RELU);
            case "jumprelu" -> {
                draft.activation().is(Activation.Kind.JUMPRELU);
                draft.take(Part.THRESHOLD, names.logThreshold);
                draft.change(weights -> exponentiate(weights, timesDecoderNorm));
            }
            case "topk", "batchtopk" -> {
                draft.activation().is(function.equals("topk") ? Activation.Kind.TOPK : Activation.Kind.BATCHTOPK);
                draft.activation().k("config.json", config.integer("top_k"));
                draft.activation().chosenByDecoderNorm(timesDecoderNorm);
                if (function.equals("batchtopk")) {
                    draft.warn("It was trained with a batch top-k and has no threshold, so the k largest per vector "
                            + "are chosen over the whole batch: what a vector gives depends on its batch");
                }
            }
            default ->
                throw files.refused(
                        "config.json says act_fn " + function + ", which is not supported",
                        "jumprelu, relu, topk or batchtopk",
                        "Choose another checkpoint");
        }
    }

    /** z |D| > t is z > t / |D|; a direction without length never passes. */
    private static void exponentiate(HostWeights weights, boolean timesDecoderNorm) {
        float[] thresholds = weights.vector(Part.THRESHOLD);
        double[] norms = timesDecoderNorm ? weights.decoderNorms() : new double[0];
        for (int i = 0; i < thresholds.length; i++) {
            thresholds[i] = (float) (Math.exp(thresholds[i]) / (timesDecoderNorm ? norms[i] : 1));
        }
        weights.vector(Part.THRESHOLD, thresholds);
    }

    private static void normalisation(CheckpointFiles files, ConfigJson config, SaeOptions options, SaeDraft draft) {
        String kind = config.text("norm_activation").orElse("inference");
        switch (kind) {
            // the factors are in the weights already
            case "inference" -> draft.normalisation(InputNormalisation.NONE);
            case "token-wise" -> {
                if (draft.transcodes()) {
                    throw files.refused(
                            "config.json says norm_activation token-wise of a transcoder, whose output cannot be "
                                    + "scaled back by its input",
                            "dataset-wise",
                            "");
                }
                draft.normalisation(InputNormalisation.CONSTANT_NORM_RESCALE);
            }
            case "dataset-wise" -> datasetWise(files, config, options, draft);
            default ->
                throw files.refused(
                        "config.json says norm_activation " + kind + ", which is not supported",
                        "dataset-wise, token-wise or inference",
                        "Choose another checkpoint");
        }
    }

    private static void datasetWise(CheckpointFiles files, ConfigJson config, SaeOptions options, SaeDraft draft) {
        draft.normalisation(InputNormalisation.EXPECTED_AVERAGE_ONLY_IN);
        OptionalDouble stored = factor(files, config.text("hook_point_in"), draft.dIn());
        draft.normFactor(options.normFactor().isPresent() ? options.normFactor() : stored);
        if (draft.normFactor().isEmpty()) {
            draft.warn("norm_activation is dataset-wise, but the average norm is not in the files; it is taken as 1 "
                    + "unless the norm factor is given");
            return;
        }
        double in = draft.normFactor().getAsDouble();
        OptionalDouble out = draft.hookOut().isPresent()
                ? factor(files, config.text("hook_point_out"), draft.dOut())
                : OptionalDouble.empty();
        out.ifPresent(value -> draft.change(weights -> {
            weights.scale(Part.DECODER, in / value);
            weights.scale(Part.DECODER_BIAS, in / value);
        }));
    }

    /** sqrt(width) over the average norm at a hook point, if that is among the tensors. */
    private static OptionalDouble factor(CheckpointFiles files, Optional<String> hook, int width) {
        Optional<Double> norm = hook.flatMap(name -> files.scalar(NORM + name));
        if (norm.isPresent() && !(norm.get() > 0 && norm.get() < Double.POSITIVE_INFINITY)) {
            throw files.refused(
                    NORM + hook.get() + " is " + norm.get(), "a positive number", "", Remedy.give(Choice.NORM_FACTOR));
        }
        return norm.map(value -> OptionalDouble.of(Math.sqrt(width) / value)).orElse(OptionalDouble.empty());
    }
}
