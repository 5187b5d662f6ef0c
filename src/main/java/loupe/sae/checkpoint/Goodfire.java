package loupe.sae.checkpoint;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.base.HookPoint;
import loupe.sae.HostWeights.Part;

/**
 * Goodfire's autoencoders of Llama 3: two linear layers with a ReLU between, no bias subtracted, layer in the name.
 * {@code src/site/markdown/formats.md}, section G.
 */
final class Goodfire implements SaeFamily {
    private static final Pattern NAME = Pattern.compile("(.*?)-SAE-l(\\d{1,3})");

    @Override
    public String format() {
        return "goodfire";
    }

    @Override
    public boolean recognises(CheckpointFiles files) {
        return files.has("encoder_linear.weight", "decoder_linear.weight");
    }

    @Override
    public SaeDraft describe(CheckpointFiles files, SaeOptions options) {
        SaeDraft draft = new SaeDraft(
                        files,
                        format(),
                        MatrixOrientation.length(files, "decoder_linear.bias"),
                        MatrixOrientation.length(files, "encoder_linear.bias"))
                .take(Part.ENCODER, "encoder_linear.weight", true)
                .take(Part.ENCODER_BIAS, "encoder_linear.bias")
                .take(Part.DECODER, "decoder_linear.weight", false)
                .take(Part.DECODER_BIAS, "decoder_linear.bias");
        Matcher name = NAME.matcher(files.stem());
        if (name.matches()) {
            draft.model(name.group(1));
            draft.hook(Optional.of(HookPoint.residPost(Integer.parseInt(name.group(2)))));
            draft.warn("The hook point is taken from the file's name: "
                    + draft.hook().get());
        }
        return draft;
    }
}
