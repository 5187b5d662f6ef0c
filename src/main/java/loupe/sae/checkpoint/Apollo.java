package loupe.sae.checkpoint;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.base.HookPoint;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import loupe.sae.HostWeights;
import loupe.sae.HostWeights.Part;

/**
 * Apollo Research's end-to-end autoencoders: one or several in a file, each under the name of its hook point with
 * dashes. Nothing subtracted; decoder directions are made unit vectors whenever they are used, which is done here on
 * loading. Trained on TransformerLens' processed, centred activations. {@code src/site/markdown/formats.md}, section G.
 */
final class Apollo implements SaeFamily {
    private static final Pattern ENCODER = Pattern.compile("(blocks-\\d{1,3}-.+)\\.encoder\\.0\\.weight");

    @Override
    public String format() {
        return "apollo";
    }

    @Override
    public boolean recognises(CheckpointFiles files) {
        return !places(files).isEmpty();
    }

    @Override
    public SaeDraft describe(CheckpointFiles files, SaeOptions options) {
        List<String> places = places(files);
        List<String> wanted = options.hook()
                .map(hook -> places.stream()
                        .filter(p -> hook(p).filter(hook::equals).isPresent())
                        .toList())
                .orElse(places);
        if (wanted.size() != 1) {
            throw files.refused(
                    "the file holds autoencoders for " + String.join(", ", places),
                    "one",
                    "Say which is meant",
                    Remedy.give(Choice.HOOK));
        }
        String name = wanted.get(0) + ".";
        long[] encoder = files.shape(name + "encoder.0.weight");
        if (encoder.length != 2) {
            throw files.refused(
                    "the shapes do not form an autoencoder: " + files.summary(), name + "encoder.0.weight [n, d]");
        }
        SaeDraft draft = new SaeDraft(files, format(), encoder[1], encoder[0])
                .take(Part.ENCODER, name + "encoder.0.weight", true)
                .take(Part.ENCODER_BIAS, name + "encoder.0.bias")
                .take(Part.DECODER, name + "decoder.weight", false)
                .take(Part.DECODER_BIAS, name + "decoder.bias");
        // autoencoders of other places
        draft.withoutEffect(Pattern.compile("(?!" + Pattern.quote(name) + ")blocks-\\d{1,3}-.+\\.(?:en|de)coder\\..+"));
        draft.hook(hook(wanted.get(0)));
        draft.centred(true);
        draft.change(HostWeights::normaliseDecoder);
        draft.makesDecoderUnit();
        return draft;
    }

    private static List<String> places(CheckpointFiles files) {
        return files.archive().names().stream()
                .map(ENCODER::matcher)
                .filter(Matcher::matches)
                .map(m -> m.group(1))
                .toList();
    }

    private static Optional<HookPoint> hook(String dashed) {
        return HookPoint.parse(dashed.replace('-', '.'));
    }
}
