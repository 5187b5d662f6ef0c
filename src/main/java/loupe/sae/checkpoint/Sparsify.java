package loupe.sae.checkpoint;

import java.nio.file.Path;
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

/**
 * Folders of EleutherAI/sparsify (9d3b136), formerly eai-sae: {@code cfg.json} beside {@code sae.safetensors}, one for
 * each hook point. b_dec is subtracted unless it transcodes; the ReLU comes before the choice; a skip connection reads
 * the raw input. Trained on raw Hugging Face activations. {@code src/site/markdown/formats.md}, section F.
 */
final class Sparsify implements SaeFamily {
    private static final int DEFAULT_K = 32;
    private static final int DEFAULT_EXPANSION = 32;
    private static final Pattern PLACE =
            Pattern.compile("(?:layers|h)\\.(\\d{1,3})(?:\\.(mlp|attention|attn|self_attn))?");

    @Override
    public String format() {
        return "sparsify";
    }

    @Override
    public List<String> usualFiles() {
        return List.of("sae.safetensors");
    }

    @Override
    public boolean recognises(CheckpointFiles files) {
        return files.has("encoder.weight", "encoder.bias", "b_dec")
                && (files.has("W_dec") || !(files.has("decoder.weight") || files.has("decoder")));
    }

    @Override
    public SaeDraft describe(CheckpointFiles files, SaeOptions options) {
        ConfigJson cfg =
                files.config("cfg.json").orElse(new ConfigJson(files.folder().resolve("cfg.json"), Map.of()));
        long[] encoder = files.shape("encoder.weight");
        if (encoder.length != 2 || !files.has("W_dec")) {
            throw files.refused(
                    "these tensors form no autoencoder: " + files.summary(),
                    "encoder.weight [n, d] and W_dec [n, d]",
                    files.has("W_dec") ? "" : "It was saved without its decoder; save it with decoder=True");
        }
        SaeDraft draft = new SaeDraft(files, format(), encoder[1], encoder[0]);
        draft.dOut(Math.toIntExact(MatrixOrientation.length(files, "b_dec")));
        draft.settings(cfg.values());
        draft.take(Part.ENCODER, "encoder.weight", true)
                .take(Part.ENCODER_BIAS, "encoder.bias")
                .take(Part.DECODER, "W_dec", true)
                .take(Part.DECODER_BIAS, "b_dec");
        boolean transcodes = cfg.flag("transcode").orElse(false);
        draft.subtractsDecoderBias(!transcodes);
        draft.transcodes(transcodes);
        if (files.has("W_skip")) {
            draft.take(Part.SKIP, "W_skip");
        }
        checkSizes(files, cfg, draft);
        activation(files, cfg, draft);
        place(files, transcodes, draft);
        return draft;
    }

    private static void activation(CheckpointFiles files, ConfigJson cfg, SaeDraft draft) {
        String name = cfg.text("activation").orElse("topk");
        Activation.Kind kind = Activation.Kind.of(name)
                .filter(known -> known == Activation.Kind.TOPK || known == Activation.Kind.GROUPMAX)
                .orElseThrow(() -> files.refused(
                        "cfg.json says activation " + name + ", which is not supported", "topk or groupmax", ""));
        boolean signed = cfg.flag("signed").orElse(false);
        if (signed && kind == Activation.Kind.GROUPMAX) {
            throw files.refused(
                    "cfg.json says activation groupmax and signed true, which do not go together",
                    "one or the other",
                    "");
        }
        draft.activation().is(signed ? Activation.Kind.SIGNED_TOPK : kind);
        OptionalInt k = cfg.integer("k");
        draft.activation().k("cfg.json", k.isPresent() ? k : OptionalInt.of(DEFAULT_K));
        if (k.isEmpty()) {
            draft.warn("cfg.json does not say k; taken as " + DEFAULT_K + ", the library's default");
        }
    }

    private static void checkSizes(CheckpointFiles files, ConfigJson cfg, SaeDraft draft) {
        int d = cfg.integer("d_in").orElse(draft.dIn());
        int latents = cfg.integer("num_latents").orElse(0);
        int n = latents > 0
                ? latents
                : cfg.values().isEmpty()
                        ? draft.dSae()
                        : d * cfg.integer("expansion_factor").orElse(DEFAULT_EXPANSION);
        if (d != draft.dIn() || n != draft.dSae()) {
            throw files.refused(
                    "cfg.json says " + d + " x " + n + ", the file has " + draft.dIn() + " x " + draft.dSae(),
                    "",
                    "Find the cfg.json that belongs to these weights");
        }
    }

    /** The folder is named after the module: {@code layers.5} is the output of block 5. */
    private static void place(CheckpointFiles files, boolean transcodes, SaeDraft draft) {
        Path folder = files.folder().toAbsolutePath().normalize();
        for (int up = 0; up < 2 && folder != null && folder.getFileName() != null; up++, folder = folder.getParent()) {
            String name = folder.getFileName().toString();
            Matcher place = PLACE.matcher(name);
            if (name.equals("embed_tokens")) {
                draft.hook(Optional.of(HookPoint.of(Site.EMBED)));
            } else if (place.matches()) {
                int layer = Integer.parseInt(place.group(1));
                boolean mlp = "mlp".equals(place.group(2));
                Site out = place.group(2) == null ? Site.RESID_POST : mlp ? Site.MLP_OUT : Site.ATTN_OUT;
                Site in = place.group(2) == null ? Site.RESID_PRE : mlp ? Site.LN2_NORMALIZED : Site.LN1_NORMALIZED;
                draft.hook(Optional.of(new HookPoint(transcodes ? in : out, layer)));
                draft.hookOut(transcodes ? Optional.of(new HookPoint(out, layer)) : Optional.empty());
            }
            if (draft.hook().isPresent()) {
                draft.warn("The hook point is taken from the folder " + name + ": "
                        + draft.hook().get());
                Path root = folder.resolveSibling("config.json");
                draft.model(
                        java.nio.file.Files.isRegularFile(root)
                                ? ConfigJson.read(root).text("model").orElse("")
                                : "");
                return;
            }
        }
    }
}
