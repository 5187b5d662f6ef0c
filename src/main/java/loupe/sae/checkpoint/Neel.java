package loupe.sae.checkpoint;

import java.util.Map;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.sae.HostWeights.Part;
import loupe.sae.SaeConfig.Heads;

/**
 * Four tensors with an encoder (d, n): Neel Nanda's 1L autoencoders, sae_vis, the attention autoencoders of Kissane and
 * Krzyzanowski, and weights of SAELens without their cfg.json. A ReLU, b_dec subtracted; trained on TransformerLens'
 * processed, centred activations. {@code NAME_cfg.json} beside them gives the hook point.
 * {@code src/site/markdown/formats.md}, section G.
 */
final class Neel implements SaeFamily {
    @Override
    public String format() {
        return "neel";
    }

    @Override
    public boolean recognises(CheckpointFiles files) {
        long[] encoder = files.shape("W_enc");
        // a square encoder may lie either way round: the user has to say
        return files.has("W_enc", "W_dec", "b_enc", "b_dec")
                && !files.has("threshold")
                && encoder.length == 2
                && encoder[0] != encoder[1]
                && MatrixOrientation.is(files, "b_dec", encoder[0]);
    }

    @Override
    public SaeDraft describe(CheckpointFiles files, SaeOptions options) {
        long d = MatrixOrientation.length(files, "b_dec");
        long n = MatrixOrientation.length(files, "b_enc");
        SaeDraft draft = new SaeDraft(files, format(), d, n)
                .take(Part.ENCODER, "W_enc", MatrixOrientation.usual(files, "W_enc", d, n, false, format()))
                .take(Part.ENCODER_BIAS, "b_enc")
                .take(Part.DECODER, "W_dec", MatrixOrientation.usual(files, "W_dec", d, n, true, format()))
                .take(Part.DECODER_BIAS, "b_dec");
        draft.subtractsDecoderBias(true);
        draft.centred(true);
        ConfigJson cfg = files.config(files.stem() + "_cfg.json").orElse(new ConfigJson(files.folder(), Map.of()));
        draft.settings(cfg.values());
        draft.model(cfg.text("model_name").orElse(""));
        draft.hook(cfg.text("act_name").flatMap(HookPoint::parse));
        if (draft.hook().map(HookPoint::site).filter(Site.Z::equals).isPresent()) {
            draft.heads(new Heads.Joined());
        }
        if (cfg.values().isEmpty()) {
            draft.warn("There is no configuration beside the weights: read as a ReLU autoencoder that subtracts b_dec, "
                    + "trained on centred activations");
        }
        return draft;
    }
}
