package loupe.sae.checkpoint;

import java.util.List;
import java.util.Map;
import loupe.base.HookPoint;
import loupe.sae.Activation;
import loupe.sae.HostWeights.Part;
import loupe.sae.InputNormalisation;

/**
 * {@code sae.pt} beside {@code config.json} of bartbussmann/BatchTopK: four tensors with an encoder (d, n). b_dec is
 * subtracted; the top-k kinds have a b_enc in the file but never add it. {@code src/site/markdown/formats.md}, section
 * B.8.
 */
final class BatchTopKSae implements SaeFamily {
    private static final Map<String, Activation.Kind> TYPES = Map.of(
            "vanilla", Activation.Kind.RELU, "topk", Activation.Kind.TOPK, "batchtopk", Activation.Kind.BATCHTOPK);

    @Override
    public String format() {
        return "batchtopk";
    }

    @Override
    public List<String> usualFiles() {
        return List.of("sae.pt");
    }

    @Override
    public boolean recognises(CheckpointFiles files) {
        return files.has("W_enc", "W_dec", "b_enc", "b_dec")
                && files.config("config.json").filter(c -> c.has("sae_type")).isPresent();
    }

    @Override
    public SaeDraft describe(CheckpointFiles files, SaeOptions options) {
        ConfigJson config = files.config("config.json")
                .orElseThrow(() -> files.refused("there is no config.json beside the weights", "one", ""));
        String type = config.text("sae_type").orElse("");
        if (!TYPES.containsKey(type)) {
            throw files.refused(
                    "config.json says sae_type " + type + ", which is not supported",
                    "vanilla, topk or batchtopk",
                    "Choose another checkpoint");
        }
        long d = MatrixOrientation.length(files, "b_dec");
        long n = MatrixOrientation.length(files, "b_enc");
        SaeDraft draft = new SaeDraft(files, format(), d, n)
                .take(Part.ENCODER, "W_enc")
                .take(Part.DECODER, "W_dec", true)
                .take(Part.DECODER_BIAS, "b_dec");
        draft.settings(config.values());
        draft.subtractsDecoderBias(true);
        draft.activation().is(TYPES.get(type));
        if (draft.activation().kind() == Activation.Kind.RELU) {
            draft.take(Part.ENCODER_BIAS, "b_enc");
            config.withoutEffect("top_k"); // the repository's configurations always have one
        } else {
            draft.activation().k("config.json", config.integer("top_k"));
        }
        if (draft.activation().kind() == Activation.Kind.BATCHTOPK) {
            draft.warn("The file has no threshold, so the k largest per vector are chosen over the whole batch: what a "
                    + "vector gives depends on its batch");
        }
        draft.normalisation(
                config.flag("input_unit_norm").orElse(false) ? InputNormalisation.LAYER_NORM : InputNormalisation.NONE);
        draft.model(config.text("model_name").orElse(""));
        draft.hook(config.text("hook_point").flatMap(HookPoint::parse));
        draft.centred(true);
        return draft;
    }
}
