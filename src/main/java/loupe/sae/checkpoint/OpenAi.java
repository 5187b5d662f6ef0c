package loupe.sae.checkpoint;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.sae.Activation;
import loupe.sae.HostWeights.Part;
import loupe.sae.InputNormalisation;

/**
 * State dicts of openai/sparse_autoencoder (4965b94) for GPT-2 small, versions 1 to 5. The activation's name lies among
 * the tensors; its input is layer-normed exactly if that is TopK, as the reference loader infers. Layer and place are
 * in the path only. Trained on raw activations. {@code src/site/markdown/formats.md}, section D.
 */
final class OpenAi implements SaeFamily {
    private static final Pattern PLACE = Pattern.compile(
            "(mlp_post_act|resid_delta_attn|resid_delta_mlp|resid_post_attn|resid_post_mlp)(?:_v\\d.*)?");
    private static final Pattern LAYER = Pattern.compile("\\d{1,3}");
    /** How often and how strongly features fired in training. */
    private static final Pattern STATISTICS =
            Pattern.compile("stats_last_nonzero|latents_activation_frequency|latents_mean_square");

    @Override
    public String format() {
        return "openai";
    }

    @Override
    public List<String> usualFiles() {
        return List.of("autoencoder.pt");
    }

    @Override
    public boolean recognises(CheckpointFiles files) {
        return files.has("pre_bias", "latent_bias", "encoder.weight");
    }

    @Override
    public SaeDraft describe(CheckpointFiles files, SaeOptions options) {
        long d = MatrixOrientation.length(files, "pre_bias");
        long n = MatrixOrientation.length(files, "latent_bias");
        String decoder = files.has("decoder.weight") ? "decoder.weight" : "decoder.linear.weight";
        SaeDraft draft = new SaeDraft(files, format(), d, n)
                .take(Part.ENCODER, "encoder.weight", true)
                .take(Part.ENCODER_BIAS, "latent_bias")
                .take(
                        Part.DECODER,
                        decoder,
                        MatrixOrientation.featuresInRows(files, decoder, d, n, decoder.startsWith("decoder.linear")))
                .take(Part.DECODER_BIAS, "pre_bias");
        draft.withoutEffect(STATISTICS);
        draft.subtractsDecoderBias(true);
        activation(files, draft);
        place(files, draft);
        return draft;
    }

    private static void activation(CheckpointFiles files, SaeDraft draft) {
        Map<String, Object> values = files.archive().values();
        String name = String.valueOf(values.getOrDefault(files.prefix() + "activation", "ReLU"));
        switch (name) {
            case "ReLU" -> draft.activation().is(Activation.Kind.RELU);
            case "TopK" -> {
                draft.activation().is(Activation.Kind.TOPK);
                draft.normalisation(InputNormalisation.LAYER_NORM);
                ConfigJson settings = files.inside().object(files.prefix() + "activation_state_dict");
                draft.activation().k("activation_state_dict", settings.integer("k"));
                files.scalar("activation_state_dict.k")
                        .ifPresent(k -> draft.activation().k("activation_state_dict", OptionalInt.of(k.intValue())));
                String after = settings.text("postact_fn").orElse("ReLU");
                if (!after.equals("ReLU") && !after.equals("Identity")) {
                    throw files.refused(
                            "the file says postact_fn " + after + ", which is not supported",
                            "ReLU or Identity",
                            "Choose another checkpoint");
                }
                draft.activation().topKRelu(after.equals("ReLU"));
            }
            default ->
                throw files.refused(
                        "the file says activation " + name + ", which is not supported",
                        "ReLU or TopK",
                        "Choose another checkpoint");
        }
    }

    private static void place(CheckpointFiles files, SaeDraft draft) {
        if (!LAYER.matcher(files.stem()).matches()) {
            return;
        }
        for (String folder : files.publishedFolders()) {
            Matcher place = PLACE.matcher(folder);
            if (place.matches()) {
                Site site =
                        switch (place.group(1)) {
                            case "mlp_post_act" -> Site.MLP_POST;
                            case "resid_delta_attn" -> Site.ATTN_OUT;
                            case "resid_delta_mlp" -> Site.MLP_OUT;
                            case "resid_post_attn" -> Site.RESID_MID;
                            default -> Site.RESID_POST;
                        };
                draft.hook(Optional.of(new HookPoint(site, Integer.parseInt(files.stem()))));
                draft.model("gpt2");
                draft.warn(
                        "The hook point is taken from the path: " + draft.hook().get());
                return;
            }
        }
    }
}
