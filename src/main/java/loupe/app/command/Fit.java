package loupe.app.command;

import loupe.app.cli.UsageException;
import loupe.base.HookPoint;
import loupe.base.Refusal;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.ModelConfig;

/** Whether a checkpoint can be applied to a model, asked before any work is begun. */
final class Fit {
    private Fit() {}

    /**
     * @throws Refusal naming both, if the checkpoint does not say where it reads, or the model has no such place of its
     *     width
     */
    static void require(OpenModel model, OpenSae sae) {
        HookPoint hook = sae.config()
                .hook()
                .orElseThrow(() -> new UsageException(
                        sae.path() + " does not say where in the model it reads; give --hook NAME or --layer L"));
        require(model, sae, hook, sae.config().dIn(), "reads");
        require(model, sae, sae.config().hookOut().orElse(hook), sae.config().dOut(), "writes");
    }

    private static void require(OpenModel model, OpenSae sae, HookPoint hook, int width, String does) {
        ModelConfig config = model.config();
        if (hook.site().inBlock() && hook.layer() >= config.nLayers()) {
            throw new Refusal(
                    sae.path() + " " + does + " at " + hook + ", but " + model.folder() + " has " + config.nLayers()
                            + " layers, counted from 0. Choose the model it was trained on, or say where it reads "
                            + "with --hook NAME");
        }
        boolean isThere =
                switch (hook.site()) {
                    case RESID_MID -> !config.wiring().parallel();
                    case POS_EMBED -> config.wiring().absolutePositions();
                    case MLP_PRE_LINEAR -> config.wiring().gatedMlp();
                    default -> true;
                };
        if (!isThere) {
            throw new Refusal(sae.path() + " " + does + " at " + hook + ", which " + model.folder() + ", a "
                    + config.family() + " model, does not have. Choose the model it was trained on");
        }
        if (sae.config().head().isPresent() && sae.config().head().getAsInt() >= heads(config, hook.site())) {
            throw new Refusal(sae.path() + " " + does + " head "
                    + sae.config().head().getAsInt() + " at " + hook + ", where " + model.folder() + " has "
                    + heads(config, hook.site()) + " heads, counted from 0. Choose the model it was trained on");
        }
        int there = sae.config().head().isPresent() ? config.dHead() : width(config, hook.site());
        if (there != width) {
            throw new Refusal(sae.path() + " " + does + " vectors of " + width + " numbers, but at " + hook + " "
                    + model.folder() + " has " + (there == 0 ? "no vectors" : "vectors of " + there)
                    + ". Choose a checkpoint trained on this model");
        }
    }

    /** Whether a token has a vector of the residual stream's width there. */
    static boolean hasVectors(OpenModel model, HookPoint hook) {
        return (!hook.site().inBlock() || hook.layer() < model.config().nLayers())
                && width(model.config(), hook.site()) == model.config().dModel();
    }

    private static int heads(ModelConfig config, HookPoint.Site site) {
        return !site.hasHeads()
                ? 0
                : site == HookPoint.Site.K || site == HookPoint.Site.V ? config.nKeyValueHeads() : config.nHeads();
    }

    /** Numbers in a vector there; 0 where the values are no vectors of one token. */
    private static int width(ModelConfig config, HookPoint.Site site) {
        return switch (site) {
            case Q, Z -> config.nHeads() * config.dHead();
            case K, V -> config.nKeyValueHeads() * config.dHead();
            case MLP_PRE, MLP_PRE_LINEAR, MLP_POST -> config.dMlp();
            case ATTN_SCORES, PATTERN -> 0;
            default -> config.dModel();
        };
    }
}
