package loupe.sae.checkpoint;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.base.HookPoint;
import loupe.sae.Activation;
import loupe.sae.HostWeights.Part;

/**
 * Qwen-Scope: {@code layerN.sae.pt}, one for each layer, beside {@code config.json} with model_type topk_sae. Four
 * tensors like those of tokenized-sae, but b_dec is not subtracted. The k largest stay as they are, negative or not, as
 * in the code of the model cards. Model and k may be in the name of the release's folder alone.
 * {@code src/site/markdown/formats.md}, section G.
 *
 * @see <a href="https://huggingface.co/Qwen/SAE-Res-Qwen3-8B-Base-W64K-L0_50">a model card</a>
 */
final class QwenScope implements SaeFamily {
    private static final Pattern NAME = Pattern.compile("layer(\\d{1,3})\\.sae(?:\\.\\w+)?");

    private static final Pattern RELEASE = Pattern.compile("SAE-Res-(Qwen.+?)-W\\d+K-L0_(\\d{1,6})");

    @Override
    public String format() {
        return "qwen-scope";
    }

    @Override
    public boolean recognises(CheckpointFiles files) {
        return files.has("W_enc", "W_dec", "b_enc", "b_dec")
                && (NAME.matcher(files.fileName()).matches()
                        || release(files).isPresent()
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
                .take(Part.ENCODER, "W_enc", MatrixOrientation.usual(files, "W_enc", d, n, true, format()))
                .take(Part.ENCODER_BIAS, "b_enc")
                .take(Part.DECODER, "W_dec", MatrixOrientation.usual(files, "W_dec", d, n, false, format()))
                .take(Part.DECODER_BIAS, "b_dec");
        draft.activation().is(Activation.Kind.TOPK);
        draft.activation().topKRelu(false);
        files.config("config.json").ifPresent(config -> {
            draft.settings(config.values());
            draft.activation().k("config.json", config.integer("k"));
        });
        release(files, draft);
        Matcher name = NAME.matcher(files.fileName());
        if (name.matches()) {
            draft.hook(Optional.of(HookPoint.residPost(Integer.parseInt(name.group(1)))));
            draft.warn("The hook point is taken from the file's name: "
                    + draft.hook().get());
        }
        return draft;
    }

    private static void release(CheckpointFiles files, SaeDraft draft) {
        release(files).ifPresent(release -> {
            draft.model("Qwen/" + release.group(1));
            if (draft.activation().lacksK()) {
                draft.activation().k("the folder's name", OptionalInt.of(Integer.parseInt(release.group(2))));
                draft.warn("k is taken from the folder's name: " + release.group(2));
            }
        });
    }

    /** What the innermost folder that is called like a release says: {@code SAE-Res-Qwen3-8B-Base-W64K-L0_50}. */
    private static Optional<MatchResult> release(CheckpointFiles files) {
        for (Path at = files.archive().path().toAbsolutePath().normalize().getParent();
                at != null && at.getFileName() != null;
                at = at.getParent()) {
            Matcher release = RELEASE.matcher(at.getFileName().toString());
            if (release.find()) {
                return Optional.of(release.toMatchResult());
            }
        }
        return Optional.empty();
    }
}
