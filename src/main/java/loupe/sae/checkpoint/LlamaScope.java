package loupe.sae.checkpoint;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import loupe.base.HookPoint;
import loupe.sae.Activation;
import loupe.sae.HostWeights.Part;
import loupe.sae.InputNormalisation;

/**
 * Llama Scope of OpenMOSS: {@code hyperparams.json} beside {@code checkpoints/final.safetensors}. Trained on
 * activations times s = sqrt(d) / their average norm, which is in the file; the published threshold is for activations
 * as they are, so it is multiplied by s, as SAELens does: features are in units of the scaled activations.
 * {@code src/site/markdown/formats.md}, section G.
 */
final class LlamaScope implements SaeFamily {
    @Override
    public String format() {
        return "llama-scope";
    }

    @Override
    public List<String> usualFiles() {
        return List.of("checkpoints/final.safetensors");
    }

    @Override
    public boolean recognises(CheckpointFiles files) {
        return files.has("encoder.weight", "encoder.bias", "decoder.weight", "decoder.bias")
                && settings(files).isPresent();
    }

    @Override
    public SaeDraft describe(CheckpointFiles files, SaeOptions options) {
        ConfigJson settings = settings(files)
                .orElseThrow(() -> files.refused("there is no hyperparams.json beside the weights", "one", ""));
        long[] encoder = files.shape("encoder.weight");
        if (encoder.length != 2) {
            throw files.refused("the shapes do not form an autoencoder: " + files.summary(), "encoder.weight [n, d]");
        }
        SaeDraft draft = new SaeDraft(files, format(), encoder[1], encoder[0]);
        draft.dOut(Math.toIntExact(MatrixOrientation.length(files, "decoder.bias")));
        draft.settings(settings.values());
        draft.take(Part.ENCODER, "encoder.weight", true)
                .take(Part.ENCODER_BIAS, "encoder.bias")
                .take(Part.DECODER, "decoder.weight", false)
                .take(Part.DECODER_BIAS, "decoder.bias");
        draft.hook(settings.text("hook_point_in").flatMap(HookPoint::parse));
        draft.hookOut(settings.text("hook_point_out")
                .flatMap(HookPoint::parse)
                .filter(out -> draft.hook().filter(out::equals).isEmpty()));
        draft.model(settings.text("model_name").orElse(""));
        double scale = scale(settings, "in", draft.dIn());
        double scaleOut = scale(settings, "out", draft.dOut());
        draft.normalisation(InputNormalisation.EXPECTED_AVERAGE_ONLY_IN);
        draft.normFactor(options.normFactor().isPresent() ? options.normFactor() : OptionalDouble.of(scale));
        double factor = draft.normFactor().getAsDouble();
        draft.change(weights -> {
            weights.scale(Part.DECODER, factor / scaleOut);
            weights.scale(Part.DECODER_BIAS, factor / scaleOut);
        });
        threshold(files, settings, factor, draft);
        // always on average, decoder directions of length 1; k belongs to a stage of training
        settings.withoutEffect("norm_activation", "sparsity_include_decoder_norm", "top_k");
        return draft;
    }

    private static void threshold(CheckpointFiles files, ConfigJson settings, double factor, SaeDraft draft) {
        String name = settings.text("act_fn").orElse("jumprelu");
        draft.activation()
                .is(Activation.Kind.of(name)
                        .filter(known -> known == Activation.Kind.JUMPRELU || known == Activation.Kind.RELU)
                        .orElseThrow(() -> files.refused(
                                "hyperparams.json says act_fn " + name + ", which is not supported",
                                "jumprelu or relu",
                                "Choose another checkpoint")));
        if (draft.activation().kind() == Activation.Kind.JUMPRELU) {
            double threshold = settings.number("jump_relu_threshold").orElse(0) * factor;
            float[] same = new float[draft.dSae()];
            Arrays.fill(same, (float) threshold);
            draft.change(weights -> weights.vector(Part.THRESHOLD, same));
        }
    }

    private static double scale(ConfigJson settings, String side, int width) {
        double norm =
                settings.object("dataset_average_activation_norm").number(side).orElse(Math.sqrt(width));
        return Math.sqrt(width) / norm;
    }

    private static Optional<ConfigJson> settings(CheckpointFiles files) {
        return files.config("hyperparams.json");
    }
}
