package loupe.sae.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
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
                        "cfg.json says activation " + name + ", which is not supported",
                        "topk or groupmax",
                        "Choose another checkpoint"));
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

    /**
     * The folder is named after the module that was hooked: its output is read or, by a transcoder, its input, from
     * which the output is predicted.
     */
    private static void place(CheckpointFiles files, boolean transcodes, SaeDraft draft) {
        Path folder = files.folder().toAbsolutePath().normalize();
        for (int up = 0; up < 2 && folder != null && folder.getFileName() != null; up++, folder = folder.getParent()) {
            String name = folder.getFileName().toString();
            Optional<HookPoint> output = HookPoint.parse(name);
            if (output.isEmpty()) {
                continue;
            }
            Path root = folder.resolveSibling("config.json");
            Optional<ConfigJson> run =
                    Files.isRegularFile(root) ? Optional.of(ConfigJson.read(root)) : Optional.empty();
            boolean takes = transcodes
                    || run.flatMap(json -> json.text("hook_mode"))
                            .filter("input"::equals)
                            .isPresent();
            draft.hook(takes ? HookPoint.parse(name + ".input") : output);
            draft.hookOut(transcodes ? output : Optional.empty());
            draft.hook().ifPresent(hook -> draft.warn("The hook point is taken from the folder " + name + ": " + hook));
            draft.model(run.flatMap(json -> json.text("model")).orElse(""));
            if (output.get().site() == Site.EMBED
                    && draft.model().toLowerCase(Locale.ROOT).contains("gemma")) {
                draft.warn("hook_embed of Gemma is the embedding times sqrt(d); what the module embed_tokens gives may "
                        + "lack the factor, depending on the release of transformers");
            }
            return;
        }
    }
}
