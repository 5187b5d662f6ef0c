package loupe.sae.checkpoint;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.base.HookPoint;
import loupe.sae.Activation;
import loupe.sae.HostWeights.Part;
import org.jspecify.annotations.Nullable;

/**
 * State dicts of tdooms/tokenized-sae (2ec0ca0): no configuration at all, decoder (d, n), encoder (n, d), a lookup if
 * it is tokenized. b_dec is subtracted before encoding; the k largest are kept without a ReLU; the lookup is added
 * after decoding. Trained on TransformerLens' processed, centred activations. {@code src/site/markdown/formats.md},
 * section A.
 */
final class TokenizedSae implements SaeFamily {
    static final String FORMAT = "tokenized";

    private static final String[] LOOKUPS = {"lookup.W_lookup.weight", "lookup.W_lookup", "lookup.weight"};
    /** {@code gpt2_resid_pre_8_ot30}: model, point, layer, and k after o (top-k) and t (with a lookup). */
    private static final Pattern PLACE =
            Pattern.compile("(?:(.*?)_)?(resid_pre|resid_mid|resid_post|mlp_out|attn_out)_(\\d{1,3})(?:_.*)?");

    /** {@code t8}: with a lookup, but without the o of top-k. What the number means is not known. */
    private static final Pattern NO_TOP_K = Pattern.compile(".*_t\\d{1,5}(?:_.*)?");

    private static final Pattern K = Pattern.compile(".*(?:^|_)a?ot?(\\d{1,5})(?:_.*)?");

    @Override
    public String format() {
        return FORMAT;
    }

    @Override
    public List<String> usualFiles() {
        return List.of("sae.pt");
    }

    @Override
    public boolean recognises(CheckpointFiles files) {
        if (lookup(files) != null || files.has("W_gate", "W_dec", "r_mag", "b_gate", "b_mag")) {
            return true;
        }
        if (!files.has("W_dec", "W_enc", "b_enc", "b_dec") || files.has("threshold")) {
            return false;
        }
        long[] d = files.shape("b_dec");
        long[] n = files.shape("b_enc");
        return d.length == 1
                && n.length == 1
                && d[0] != n[0]
                && MatrixOrientation.is(files, "W_enc", n[0], d[0])
                && MatrixOrientation.is(files, "W_dec", d[0], n[0]);
    }

    @Override
    public SaeDraft describe(CheckpointFiles files, SaeOptions options) {
        SaeDraft draft =
                files.has("W_gate") ? gated(files) : files.has("encoder.weight") ? linear(files) : plain(files);
        draft.subtractsDecoderBias(true);
        draft.activation().topKRelu(false);
        draft.centred(true);
        String lookup = lookup(files);
        if (lookup != null) {
            draft.take(Part.LOOKUP, lookup);
        }
        fromName(files.stem(), draft);
        return draft;
    }

    private static SaeDraft plain(CheckpointFiles files) {
        long d = MatrixOrientation.length(files, "b_dec");
        long n = MatrixOrientation.length(files, "b_enc");
        SaeDraft draft = new SaeDraft(files, FORMAT, d, n);
        draft.activation().isProbably(Activation.Kind.TOPK);
        return draft.take(Part.ENCODER, "W_enc", MatrixOrientation.usual(files, "W_enc", d, n, true, FORMAT))
                .take(Part.ENCODER_BIAS, "b_enc")
                .take(Part.DECODER, "W_dec", MatrixOrientation.usual(files, "W_dec", d, n, false, FORMAT))
                .take(Part.DECODER_BIAS, "b_dec");
    }

    private static SaeDraft gated(CheckpointFiles files) {
        long d = MatrixOrientation.length(files, "b_dec");
        long n = MatrixOrientation.length(files, "r_mag");
        SaeDraft draft = new SaeDraft(files, FORMAT, d, n);
        draft.activation().is(Activation.Kind.GATED);
        return draft.take(Part.ENCODER, "W_gate", MatrixOrientation.usual(files, "W_gate", d, n, true, FORMAT))
                .take(Part.ENCODER_BIAS, "b_gate")
                .take(Part.MAGNITUDE_SCALE, "r_mag")
                .take(Part.MAGNITUDE_BIAS, "b_mag")
                .take(Part.DECODER, "W_dec", MatrixOrientation.usual(files, "W_dec", d, n, false, FORMAT))
                .take(Part.DECODER_BIAS, "b_dec");
    }

    /** The simplified class TokenizedSAE, with PyTorch's linear layers. */
    private static SaeDraft linear(CheckpointFiles files) {
        long[] encoder = files.shape("encoder.weight");
        if (encoder.length != 2 || !files.has("decoder.bias")) {
            throw files.refused(
                    "the shapes do not form an autoencoder: " + files.summary(),
                    "encoder.weight [n, d], decoder.weight [d, n], decoder.bias");
        }
        SaeDraft draft = new SaeDraft(files, FORMAT, encoder[1], encoder[0]);
        draft.activation().isProbably(Activation.Kind.TOPK);
        if (files.has("encoder.bias")) {
            draft.take(Part.ENCODER_BIAS, "encoder.bias");
        }
        return draft.take(Part.ENCODER, "encoder.weight", true)
                .take(Part.DECODER, "decoder.weight", false)
                .take(Part.DECODER_BIAS, "decoder.bias");
    }

    private static void fromName(String stem, SaeDraft draft) {
        Matcher place = PLACE.matcher(stem);
        if (place.matches()) {
            draft.hook(HookPoint.parse("blocks." + Integer.parseInt(place.group(3)) + ".hook_" + place.group(2)));
            draft.model(place.group(1) == null ? "" : place.group(1));
            draft.warn("The hook point is taken from the file's name: "
                    + draft.hook().orElseThrow());
        }
        if (draft.activation().isGuessed() && NO_TOP_K.matcher(stem).matches()) {
            draft.activation().isProbably(Activation.Kind.RELU);
        }
        Matcher k = K.matcher(stem);
        if (k.matches()) {
            draft.activation().suggestK(Integer.parseInt(k.group(1)));
        }
    }

    private static @Nullable String lookup(CheckpointFiles files) {
        for (String name : LOOKUPS) {
            if (files.has(name)) {
                return name;
            }
        }
        return null;
    }
}
