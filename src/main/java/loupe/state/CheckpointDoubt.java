package loupe.state;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.base.Problem;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.ModelConfig;
import loupe.sae.SaeConfig;
import loupe.sae.SaeOptions;

/**
 * What a checkpoint's files do not say and the user has to: which hook point it reads, how many features fire per token,
 * whether its residual stream was centred. Carries a proposal for each.
 *
 * @param unsaid what is asked
 * @param k proposed number of features per token; empty if it is not asked
 * @param hook proposed hook point
 * @param centred proposed: trained on the processed residual stream
 */
public record CheckpointDoubt(CheckpointSide side, Path path, SaeOptions asked, Set<Unsaid> unsaid, OptionalInt k, HookPoint hook,
        boolean centred) {
    /** The things a file may leave out. */
    public enum Unsaid { K, HOOK }

    private static final Pattern LAYER = Pattern.compile("(?:layer|blocks|resid|[_.-]l)[._-]?(?:pre|post|out|in)?[._-]?(\\d{1,3})", Pattern.CASE_INSENSITIVE);
    private static final Pattern TOPK = Pattern.compile("(?:ot|top|k)[._-]?(\\d{1,4})", Pattern.CASE_INSENSITIVE);
    private static final int USUAL_K = 32;

    /** What remains to be asked about a checkpoint that could be read; empty if nothing does. */
    static Optional<CheckpointDoubt> about(CheckpointSide side, OpenSae opened, SaeOptions asked, OpenModel model) {
        SaeConfig config = opened.config();
        if (config.hook().isPresent()) {
            return Optional.empty();
        }
        return Optional.of(new CheckpointDoubt(side, opened.path(), asked, EnumSet.of(Unsaid.HOOK), OptionalInt.empty(),
                proposedHook(opened.path(), model), config.centred()));
    }

    /** What to ask when a checkpoint was refused for not saying how many features fire per token; empty for other refusals. */
    static Optional<CheckpointDoubt> fromRefusal(CheckpointSide side, Path path, SaeOptions asked, Throwable failure, OpenModel model) {
        Throwable cause = failure;
        while (cause != null && !(cause instanceof CheckpointException)) {
            cause = cause.getCause();
        }
        if (cause == null || asked.k().isPresent() || !cause.getMessage().contains("--k")) {
            return Optional.empty();
        }
        return Optional.of(new CheckpointDoubt(side, path, asked, EnumSet.allOf(Unsaid.class), OptionalInt.of(proposedK(path)),
                asked.hook().orElse(proposedHook(path, model)), asked.centred().orElse(false)));
    }

    /** Why a checkpoint that could be read does not go with the open model; empty if it does, or no model is open. */
    static Optional<Problem> misfit(OpenSae opened, OpenModel model) {
        if (model == null) {
            return Optional.empty();
        }
        ModelConfig lm = model.config();
        int width = opened.config().hook().map(hook -> widthAt(hook.site(), lm)).orElse(lm.dModel());
        if (opened.config().dIn() != width) {
            return Optional.of(new Problem(opened.path() + ": reads vectors of " + opened.config().dIn() + " dimensions, but "
                    + model.id() + " has " + width + " at "
                    + opened.config().hook().map(HookPoint::name).orElse("its residual stream")
                    + ". Choose an SAE trained on this model", true, ""));
        }
        return opened.config().hook().filter(hook -> hook.layer() >= lm.nLayers()).map(hook -> new Problem(opened.path() + ": reads at "
                + hook.name() + ", but " + model.id() + " has " + lm.nLayers() + " layers. Choose an SAE trained on this model", true, ""));
    }

    /** The options that say what the user says. */
    public SaeOptions settled(OptionalInt chosenK, HookPoint chosenHook, boolean isCentred) {
        return new SaeOptions(asked.format(), chosenK.isPresent() ? chosenK : asked.k(), Optional.of(chosenHook), asked.activation(),
                asked.normFactor(), Optional.of(isCentred), asked.fold());
    }

    private static int widthAt(HookPoint.Site site, ModelConfig lm) {
        return switch (site) {
            case MLP_PRE, MLP_PRE_LINEAR, MLP_POST -> lm.dMlp();
            case Q, Z -> lm.nHeads() * lm.dHead();
            case K, V -> lm.nKeyValueHeads() * lm.dHead();
            default -> lm.dModel();
        };
    }

    /** The layer its name speaks of, if it does; else the middle of the model. */
    static HookPoint proposedHook(Path path, OpenModel model) {
        String name = path.toString().toLowerCase(Locale.ROOT);
        int layers = model == null ? Integer.MAX_VALUE : model.config().nLayers();
        Matcher layer = LAYER.matcher(name);
        int found = -1;
        while (layer.find()) {
            int said = Integer.parseInt(layer.group(1));
            found = said < layers ? said : found;
        }
        int at = found >= 0 ? found : model == null ? 0 : layers / 2;
        HookPoint.Site site = name.contains("mlp") ? HookPoint.Site.MLP_OUT : name.contains("att") ? HookPoint.Site.ATTN_OUT
                : name.contains("post") || name.contains("_out_layer") ? HookPoint.Site.RESID_POST : HookPoint.Site.RESID_PRE;
        return new HookPoint(site, at);
    }

    private static int proposedK(Path path) {
        Matcher k = TOPK.matcher(path.getFileName().toString());
        return k.find() && Integer.parseInt(k.group(1)) > 0 ? Integer.parseInt(k.group(1)) : USUAL_K;
    }
}
