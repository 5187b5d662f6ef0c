package loupe.sae.checkpoint;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.base.HookPoint;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import loupe.sae.HostWeights;
import loupe.sae.HostWeights.Part;
import loupe.sae.InputNormalisation;
import loupe.tensor.StoredSlice;

/**
 * Crosscoders between several models or layers, opened as one checkpoint for each: {@code encoder.weight} (L, d, n) and
 * {@code decoder.weight} (L, n, d) of jkminder/dictionary_learning, {@code W_enc} (2, d, n), {@code W_dec} (n, 2, d) of
 * ckkissane's replication, and {@code w_enc}, {@code w_dec} of Gemma Scope 2, between layers of one model. A
 * crosscoder's features are relu(sum over l of x_l E_l + b): one side shows what its own model or layer contributes.
 * {@code src/site/markdown/formats.md}, sections B.3 and E.2.
 */
final class Crosscoder implements SaeFamily {
    /** The layers in the name of a folder of Gemma Scope 2: {@code layer_7_13_17_22_width_65k_l0_medium}. */
    private static final Pattern LAYERS = Pattern.compile("layers?((?:_\\d{1,3})+)(?:_.*)?");

    /** What decides over the sum of all models, and the kind of norm that it is compared with. */
    private static final Pattern OVER_ALL_MODELS = Pattern.compile("threshold|k|code_normalization(?:_id)?");

    private static final Pattern STATISTICS =
            Pattern.compile("activation_mean|activation_std|target_rms|activation_global_scale");

    @Override
    public String format() {
        return "crosscoder";
    }

    @Override
    public List<String> usualFiles() {
        return List.of("cc_weights.pt");
    }

    @Override
    public boolean recognises(CheckpointFiles files) {
        return (files.shape("encoder.weight").length == 3 && files.shape("decoder.weight").length == 3)
                || (files.shape("W_enc").length == 3 && files.shape("W_dec").length == 3)
                || (files.shape("w_enc").length == 3 && files.shape("w_dec").length == 3);
    }

    @Override
    public SaeDraft describe(CheckpointFiles files, SaeOptions options) {
        boolean linear = files.has("encoder.weight");
        boolean ofLayers = files.has("w_enc");
        String encoder = linear ? "encoder.weight" : ofLayers ? "w_enc" : "W_enc";
        String decoder = linear ? "decoder.weight" : ofLayers ? "w_dec" : "W_dec";
        long[] shape = files.shape(encoder);
        if (shape.length != 3) {
            throw files.refused("the shapes do not form a crosscoder: " + files.summary(), encoder + " [models, d, n]");
        }
        long models = shape[0];
        long[] sidesFirst = {models, shape[2], shape[1]};
        boolean decoderHasSidesFirst = linear || (ofLayers && Arrays.equals(files.shape(decoder), sidesFirst));
        long[] expected = decoderHasSidesFirst ? sidesFirst : new long[] {shape[2], models, shape[1]};
        String encoderBias = linear ? "encoder.bias" : "b_enc";
        String decoderBias = linear ? "decoder.bias" : "b_dec";
        if (!Arrays.equals(files.shape(decoder), expected)
                || !MatrixOrientation.is(files, decoderBias, models, shape[1])
                || !MatrixOrientation.is(files, encoderBias, shape[2])) {
            throw files.refused(
                    "the shapes do not form a crosscoder: " + files.summary(),
                    decoder + " " + Arrays.toString(expected));
        }
        int side = options.side().orElse(0);
        if (side < 0 || side >= models) {
            throw files.refused(
                    "the side is " + side,
                    "0 to " + (models - 1) + ", one for each "
                            + (ofLayers ? "layer it reads" : "model it was trained on"),
                    "",
                    Remedy.give(Choice.SIDE));
        }
        SaeDraft draft = new SaeDraft(files, format(), shape[1], shape[2])
                .take(Part.ENCODER_BIAS, encoderBias)
                .takeSlice(Part.ENCODER, encoder, false, 0, side)
                .takeSlice(Part.DECODER, decoder, true, decoderHasSidesFirst ? 0 : 1, side)
                .takeSlice(Part.DECODER_BIAS, decoderBias, false, 0, side);
        draft.crosscoder((int) models, side);
        String kind = ofLayers ? "layer" : "model";
        draft.warn("This is side " + side + " of a crosscoder of " + models + " " + kind
                + "s: its features are this " + kind + "'s share only, the crosscoder adds those of the others "
                + "before the ReLU");
        if (files.has("threshold") || files.has("k")) {
            draft.warn("Its " + (files.has("threshold") ? "threshold" : "k") + " is for the sum over all " + kind
                    + "s and is not applied to one side");
        }
        draft.withoutEffect(OVER_ALL_MODELS);
        if (linear) {
            normalised(files, side, draft);
        } else if (ofLayers) {
            layer(files, side, draft);
        } else {
            scaled(files, options, draft);
        }
        return draft;
    }

    /**
     * (x - mean) s before, x^ / (s + 1e-8) + mean after, with s = target_rms / sqrt(sum std^2 + 1e-8); no number in the
     * mean: none.
     */
    private static void normalised(CheckpointFiles files, int side, SaeDraft draft) {
        if (!files.has("activation_mean", "activation_std", "target_rms")) {
            return;
        }
        if (!MatrixOrientation.is(files, "activation_mean", draft.sides(), draft.dIn())
                || !MatrixOrientation.is(files, "activation_std", draft.sides(), draft.dIn())) {
            throw files.refused(
                    "activation_mean and activation_std are not one vector for each model: " + files.summary(), "");
        }
        draft.withoutEffect(STATISTICS);
        float[] mean = StoredSlice.of(files.tensor("activation_mean"), 0, side)
                .toHost()
                .data();
        float[] deviation =
                StoredSlice.of(files.tensor("activation_std"), 0, side).toHost().data();
        for (float value : mean) {
            if (Float.isNaN(value)) {
                return;
            }
        }
        double variance = 0;
        for (float value : deviation) {
            variance += (double) value * value;
        }
        double scale = files.scalar("target_rms").orElseThrow() / Math.sqrt(variance + 1e-8);
        draft.warn("Activations are centred and scaled by " + (float) scale
                + " as its buffers say; this has been put into its weights");
        draft.change(weights -> normalise(weights, mean, scale));
    }

    private static void normalise(HostWeights weights, float[] mean, double scale) {
        double[] shift = new double[mean.length];
        Arrays.setAll(shift, i -> -scale * mean[i]);
        weights.add(Part.ENCODER_BIAS, weights.through(Part.ENCODER, shift));
        weights.scale(Part.ENCODER, scale);
        weights.scale(Part.DECODER, 1 / (scale + 1e-8));
        weights.scale(Part.DECODER_BIAS, 1 / (scale + 1e-8));
        double[] back = new double[mean.length];
        Arrays.setAll(back, i -> mean[i]);
        weights.add(Part.DECODER_BIAS, back);
    }

    /**
     * The place of a side is the one of that number in the configuration, or the layer of that number in the folder.
     */
    private static void layer(CheckpointFiles files, int side, SaeDraft draft) {
        ConfigJson config = files.config("config.json").orElse(new ConfigJson(files.folder(), Map.of()));
        draft.settings(config.values());
        draft.model(config.text("model_name").orElse(""));
        List<HookPoint> places = Pattern.compile("[\\w.]+")
                .matcher(String.valueOf(config.values().get("hf_hook_point_in")))
                .results()
                .flatMap(name -> HookPoint.parse(name.group()).stream())
                .toList();
        Matcher folder = LAYERS.matcher(
                String.valueOf(files.folder().toAbsolutePath().normalize().getFileName()));
        List<Integer> layers = folder.matches()
                ? Pattern.compile("\\d+")
                        .matcher(folder.group(1))
                        .results()
                        .map(number -> Integer.valueOf(number.group()))
                        .toList()
                : List.of();
        if (places.size() == draft.sides()) {
            draft.hook(Optional.of(places.get(side)));
        } else if (places.size() == 1 && layers.size() == draft.sides()) {
            draft.hook(Optional.of(new HookPoint(places.get(0).site(), layers.get(side))));
            draft.warn("The layer of this side is taken from the folder's name: "
                    + draft.hook().get());
        }
    }

    /** Each model's activations are multiplied by sqrt(d) / their mean norm, which is in no file. */
    private static void scaled(CheckpointFiles files, SaeOptions options, SaeDraft draft) {
        ConfigJson cfg = files.config("cfg.json").orElse(new ConfigJson(files.folder(), Map.of()));
        draft.settings(cfg.values());
        draft.model(cfg.text("model_name").orElse(""));
        Optional<String> hook = cfg.text("hook_point");
        draft.hook(hook.flatMap(HookPoint::parse));
        draft.normalisation(InputNormalisation.EXPECTED_AVERAGE_ONLY_IN);
        draft.normFactor(options.normFactor());
        if (draft.normFactor().isEmpty()) {
            draft.warn(
                    "The activations of each model were scaled to an average norm of sqrt(d), but the factors are not "
                            + "in the files; they are taken as 1 unless the norm factor is given");
        }
    }
}
