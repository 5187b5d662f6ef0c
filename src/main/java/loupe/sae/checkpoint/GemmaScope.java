package loupe.sae.checkpoint;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.format.Container;
import loupe.sae.Activation;
import loupe.sae.HostWeights.Part;
import loupe.sae.SaeConfig.Heads;

/**
 * Gemma Scope: {@code params.npz} (Gemma 2; place and model are in the path only) and {@code params.safetensors} beside
 * {@code config.json} (Gemma 3). JumpReLU, nothing subtracted, no normalisation. The embedding autoencoder was trained
 * on unscaled embeddings, while hook_embed is scaled: its encoder is divided by sqrt(d) and its decoder multiplied, as
 * SAELens does. {@code src/site/markdown/formats.md}, section E.
 */
final class GemmaScope implements SaeFamily {
    private static final Pattern MODEL = Pattern.compile("(?i)gemma-scope-(2b|9b|27b)-(pt|it)");
    private static final Pattern ACTIVATIONS = Pattern.compile("(?i)[-_](res|mlp|att|transcoder)s?(?:[-_]|$)");
    /** The folder of a release, in a download cache with its owner: {@code gemma-scope-2b-pt-res}. */
    private static final Pattern RELEASE = Pattern.compile("(?i)(?:^|--)gemma[-_]?scope|" + MODEL);

    private static final Pattern LAYER = Pattern.compile("(?:^|[-_.])layer_(\\d{1,3})(?:[-_.]|$)");

    /** What lies in the folder {@code embedding} of a release; other folders of that name are the user's own. */
    private static final Pattern WIDTH = Pattern.compile("^(?:width|average_l0)_");

    @Override
    public String format() {
        return "gemma-scope";
    }

    @Override
    public List<String> usualFiles() {
        return List.of("params.npz", "params.safetensors");
    }

    @Override
    public boolean recognises(CheckpointFiles files) {
        if (!files.has("b_enc", "b_dec", "threshold")) {
            return false;
        }
        // dictionary_learning has the same upper-case names, and saves no npz
        return files.has("w_enc", "w_dec")
                || (files.has("W_enc", "W_dec")
                        && (files.archive().container() == Container.NPZ
                                || isRelease(files)
                                || files.config("config.json")
                                        .filter(c -> c.has("hf_hook_point_in"))
                                        .isPresent()));
    }

    private static boolean isRelease(CheckpointFiles files) {
        List<String> folders = files.publishedFolders(RELEASE);
        return !folders.isEmpty()
                && RELEASE.matcher(folders.get(folders.size() - 1)).find();
    }

    @Override
    public SaeDraft describe(CheckpointFiles files, SaeOptions options) {
        String encoder = files.has("W_enc") ? "W_enc" : "w_enc";
        String decoder = files.has("W_dec") ? "W_dec" : "w_dec";
        long[] shape = files.shape(encoder);
        if (shape.length != 2) {
            throw files.refused("the shapes do not form an autoencoder: " + files.summary(), encoder + " [d, n]");
        }
        SaeDraft draft = new SaeDraft(files, format(), shape[0], shape[1]);
        draft.dOut(Math.toIntExact(MatrixOrientation.length(files, "b_dec")));
        draft.activation().is(Activation.Kind.JUMPRELU);
        draft.take(Part.ENCODER, encoder)
                .take(Part.ENCODER_BIAS, "b_enc")
                .take(Part.DECODER, decoder, true)
                .take(Part.DECODER_BIAS, "b_dec")
                .take(Part.THRESHOLD, "threshold");
        if (files.has("scaling_factor")) {
            draft.take(Part.FEATURE_SCALE, "scaling_factor");
        }
        if (files.has("affine_skip_connection")) {
            // y += x A, not transposed
            draft.takeSkip("affine_skip_connection", true);
        }
        Optional<ConfigJson> config = files.config("config.json").filter(c -> c.has("hf_hook_point_in"));
        if (config.isPresent()) {
            second(config.get(), draft, files);
        } else {
            first(files, draft);
        }
        return draft;
    }

    /**
     * The folder of the release says which model and which activations, the innermost folder that names one says which
     * layer.
     */
    private static void first(CheckpointFiles files, SaeDraft draft) {
        List<String> folders = files.publishedFolders(RELEASE);
        String release = isRelease(files) ? folders.get(folders.size() - 1).toLowerCase(Locale.ROOT) : "";
        Matcher model = MODEL.matcher(release);
        draft.model(model.find() ? "gemma-2-" + model.group(1) + (model.group(2).equals("it") ? "-it" : "") : "");
        Matcher activations = ACTIVATIONS.matcher(release);
        String named = activations.find() ? activations.group(1) : "";
        for (int i = 0; i < folders.size(); i++) {
            String folder = folders.get(i);
            if (folder.equals("embedding")
                    && (isRelease(files)
                            || (i > 0 && WIDTH.matcher(folders.get(i - 1)).find()))) {
                embedding(draft);
                return;
            }
            Matcher layer = LAYER.matcher(folder);
            if (layer.find()) {
                layer(Integer.parseInt(layer.group(1)), named, draft);
                return;
            }
        }
    }

    private static void embedding(SaeDraft draft) {
        draft.hook(Optional.of(HookPoint.of(Site.EMBED)));
        double root = Math.sqrt(draft.dIn());
        draft.change(weights -> {
            weights.scale(Part.ENCODER, 1 / root);
            weights.scale(Part.DECODER, root);
        });
        draft.warn("The folder embedding says it was trained on unscaled embeddings; it is scaled to read hook_embed");
    }

    /** @param activations {@code res} and so on as releases are called; empty if no folder says it */
    private static void layer(int at, String activations, SaeDraft draft) {
        Site site =
                switch (activations) {
                    case "mlp" -> Site.MLP_OUT;
                    case "att" -> Site.Z;
                    case "transcoder" -> Site.LN2_NORMALIZED;
                    default -> Site.RESID_POST;
                };
        if (site == Site.Z) {
            draft.heads(new Heads.Joined());
        }
        draft.hook(Optional.of(new HookPoint(site, at)));
        draft.hookOut(site == Site.LN2_NORMALIZED ? Optional.of(new HookPoint(Site.MLP_OUT, at)) : Optional.empty());
        draft.warn("The hook point is taken from the path: " + draft.hook().get()
                + (activations.isEmpty() ? ", as no folder is named after a release (gemma-scope-2b-pt-res)" : ""));
    }

    private static void second(ConfigJson config, SaeDraft draft, CheckpointFiles files) {
        String architecture = config.text("architecture").orElse("jump_relu");
        if (!architecture.equals("jump_relu")) {
            throw files.refused(
                    "config.json says architecture " + architecture + ", which is not supported",
                    "jump_relu",
                    "Choose another checkpoint");
        }
        draft.settings(config.values());
        draft.model(config.text("model_name").orElse(""));
        draft.hook(config.text("hf_hook_point_in").flatMap(HookPoint::parse));
        Optional<HookPoint> out = config.text("hf_hook_point_out").flatMap(HookPoint::parse);
        draft.hookOut(out.filter(o -> draft.hook().filter(o::equals).isEmpty()));
        if (draft.hook().filter(h -> h.site() == Site.Z).isPresent()) {
            draft.heads(new Heads.Joined());
        }
        if (draft.hook().isEmpty()) {
            draft.warn("config.json says it reads "
                    + config.text("hf_hook_point_in").orElse("") + ", which is at none of the known hook points");
        }
    }
}
