package loupe.sae.checkpoint;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.base.HookPoint;
import loupe.sae.Activation;
import loupe.sae.HostWeights.Part;

/**
 * Qwen-Scope: {@code layerN.sae.pt}, one for each layer, beside {@code config.json} with model_type topk_sae. Four
 * tensors like those of tokenized-sae, but b_dec is not subtracted. {@code src/site/markdown/formats.md}, section G.
 */
final class QwenScope implements SaeFamily {
    private static final Pattern NAME = Pattern.compile("layer(\\d{1,3})\\.sae(?:\\.\\w+)?");

    @Override
    public String format() {
        return "qwen-scope";
    }

    @Override
    public boolean recognises(CheckpointFiles files) {
        return files.has("W_enc", "W_dec", "b_enc", "b_dec")
                && (NAME.matcher(files.fileName()).matches()
                        || files.config("config.json")
                                .flatMap(c -> c.values().get("model_type") instanceof String type
                                        ? Optional.of(type)
                                        : Optional.empty())
                                .filter("topk_sae"::equals)
                                .isPresent());
    }

    @Override
    public SaeDraft describe(CheckpointFiles files, SaeOptions options) {
        long d = MatrixOrientation.length(files, "b_dec");
        long n = MatrixOrientation.length(files, "b_enc");
        SaeDraft draft = new SaeDraft(files, format(), d, n)
                .take(Part.ENCODER, "W_enc", MatrixOrientation.featuresInRows(files, "W_enc", d, n, true))
                .take(Part.ENCODER_BIAS, "b_enc")
                .take(Part.DECODER, "W_dec", MatrixOrientation.featuresInRows(files, "W_dec", d, n, false))
                .take(Part.DECODER_BIAS, "b_dec");
        draft.activation().is(Activation.Kind.TOPK);
        files.config("config.json").ifPresent(config -> {
            draft.settings(config.values());
            draft.activation().k("config.json", config.integer("k"));
        });
        Matcher name = NAME.matcher(files.fileName());
        if (name.matches()) {
            draft.hook(Optional.of(HookPoint.residPost(Integer.parseInt(name.group(1)))));
            draft.warn("The hook point is taken from the file's name: "
                    + draft.hook().get());
        }
        return draft;
    }
}
