package loupe.state.window;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import loupe.base.HookPoint;
import loupe.base.Problem;
import loupe.base.Remedy;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.ModelConfig;
import loupe.sae.checkpoint.SaeOptions;
import loupe.sae.checkpoint.SaeProposal;

/**
 * What a checkpoint's files do not say and the user has to: which hook point it reads, how many features fire per
 * token, whether its residual stream was centred. Carries a proposal for each.
 *
 * @param asked what the user has said so far
 * @param unsaid what is asked
 * @param k proposed number of features per token
 * @param hook proposed hook point
 * @param centred proposed: trained on the processed residual stream
 */
public record CheckpointDoubt(
        CheckpointSide side,
        Path path,
        SaeOptions asked,
        Set<SaeProposal.Missing> unsaid,
        int k,
        HookPoint hook,
        boolean centred) {
    private static final int USUAL_K = 32;

    /**
     * What to ask, with the files' own suggestions completed: the usual k, and where the other checkpoint is or else
     * the middle of the model.
     *
     * @param beside the checkpoint of the other side; null if there is none
     */
    static CheckpointDoubt of(
            CheckpointSide side, Path path, SaeOptions asked, SaeProposal proposal, OpenModel model, OpenSae beside) {
        HookPoint middle = HookPoint.residPre(model == null ? 0 : model.config().nLayers() / 2);
        HookPoint hook = proposal.hook()
                .or(() ->
                        Optional.ofNullable(beside).flatMap(sae -> sae.config().hook()))
                .orElse(middle);
        return new CheckpointDoubt(
                side, path, asked, proposal.missing(), proposal.k().orElse(USUAL_K), hook, proposal.centred());
    }

    /** Whether a checkpoint was refused only because nobody has said how many features fire per token. */
    static boolean asksForK(Throwable failure, SaeOptions asked) {
        return failure != null
                && asked.k().isEmpty()
                && Problem.of(failure).remedies().stream().anyMatch(remedy -> remedy.choice() == Remedy.Choice.K);
    }

    /** Why a checkpoint that could be read does not go with the open model; empty if it does, or no model is open. */
    static Optional<Problem> misfit(OpenSae opened, OpenModel model) {
        if (model == null) {
            return Optional.empty();
        }
        ModelConfig lm = model.config();
        Optional<HookPoint> absent = Stream.of(
                        opened.config().hook(), opened.config().hookOut())
                .flatMap(Optional::stream)
                .filter(hook -> isAbsent(hook.site(), lm))
                .findFirst();
        if (absent.isPresent()) {
            return Optional.of(new Problem(
                    opened.path() + ": reads or writes at " + absent.get().name() + ", which " + model.id() + ", a "
                            + lm.family() + " model, does not have. Choose an SAE trained on this model",
                    true,
                    ""));
        }
        Optional<Problem> noHead = noHead(opened, model);
        if (noHead.isPresent()) {
            return noHead;
        }
        int width = opened.config()
                .hook()
                .map(hook -> opened.config().head().isPresent() ? lm.dHead() : widthAt(hook.site(), lm))
                .orElse(lm.dModel());
        if (opened.config().dIn() != width) {
            return Optional.of(new Problem(
                    opened.path() + ": reads vectors of " + opened.config().dIn() + " dimensions, but "
                            + model.id() + " has " + width + " at "
                            + opened.config().place().orElse("its residual stream")
                            + ". Choose an SAE trained on this model",
                    true,
                    ""));
        }
        return opened.config()
                .hook()
                .filter(hook -> hook.layer() >= lm.nLayers())
                .map(hook -> new Problem(
                        opened.path() + ": reads at " + hook.name() + ", but " + model.id() + " has " + lm.nLayers()
                                + " layers. Choose an SAE trained on this model",
                        true,
                        ""));
    }

    private static Optional<Problem> noHead(OpenSae opened, OpenModel model) {
        ModelConfig lm = model.config();
        int heads = opened.config()
                .hook()
                .map(hook -> !hook.site().hasHeads()
                        ? 0
                        : hook.site() == HookPoint.Site.K || hook.site() == HookPoint.Site.V
                                ? lm.nKeyValueHeads()
                                : lm.nHeads())
                .orElse(Integer.MAX_VALUE);
        return opened.config().head().isEmpty() || opened.config().head().getAsInt() < heads
                ? Optional.empty()
                : Optional.of(new Problem(
                        opened.path() + ": reads " + opened.config().place().orElseThrow() + ", but " + model.id()
                                + " has " + (heads == 0 ? "no heads" : heads + " heads, counted from 0,")
                                + " there. Choose an SAE trained on this model",
                        true,
                        ""));
    }

    /** The options that say what the user says. */
    public SaeOptions settled(OptionalInt chosenK, HookPoint chosenHook, boolean isCentred) {
        return asked.change()
                .k(chosenK.isPresent() ? chosenK : asked.k())
                .hook(Optional.of(chosenHook))
                .centred(Optional.of(isCentred))
                .build();
    }

    private static boolean isAbsent(HookPoint.Site site, ModelConfig lm) {
        return site == HookPoint.Site.RESID_MID && lm.wiring().parallel()
                || site == HookPoint.Site.POS_EMBED && !lm.wiring().absolutePositions();
    }

    private static int widthAt(HookPoint.Site site, ModelConfig lm) {
        return switch (site) {
            case MLP_PRE, MLP_PRE_LINEAR, MLP_POST -> lm.dMlp();
            case Q, Z -> lm.nHeads() * lm.dHead();
            case K, V -> lm.nKeyValueHeads() * lm.dHead();
            default -> lm.dModel();
        };
    }
}
