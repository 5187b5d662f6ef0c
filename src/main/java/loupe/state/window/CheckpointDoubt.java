package loupe.state.window;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import loupe.analysis.Fit;
import loupe.analysis.Misfit;
import loupe.base.HookPoint;
import loupe.base.Problem;
import loupe.base.Remedy;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.ModelConfig.NormKind;
import loupe.sae.checkpoint.SaeOptions;
import loupe.sae.checkpoint.SaeProposal;
import loupe.sae.checkpoint.TensorRoles;

/**
 * The facts that a checkpoint's files leave out and the user has to supply: which hook point it reads, how many
 * features fire per token, whether its residual stream was centred. Carries a proposal for each.
 *
 * @param options the options that the user has given so far
 * @param missing the missing facts
 * @param k proposed number of features per token
 * @param hook proposed hook point
 * @param centred proposed: trained on the processed residual stream
 * @param offersCentring whether it may be asked: TransformerLens centres models with LayerNorm only
 * @param about the only choice that is asked for, because a refusal offers it as the remedy; empty for all that the
 *     files leave open
 * @param tensors what the tensors of a file of no known family may be, if that is asked
 */
public record CheckpointDoubt(
        CheckpointSide side,
        Path path,
        SaeOptions options,
        Set<SaeProposal.Missing> missing,
        int k,
        HookPoint hook,
        boolean centred,
        boolean offersCentring,
        Optional<Remedy> about,
        Optional<TensorRoles.Choices> tensors) {
    private static final int USUAL_K = 32;

    /**
     * The missing facts with a proposal for each: the files' own suggestion, else the usual k, and the hook point of
     * the other checkpoint or the middle of the model. A hook point that the model does not have is not proposed.
     *
     * @param beside the checkpoint of the other side; null if there is none
     */
    static CheckpointDoubt of(
            CheckpointSide side, Path path, SaeOptions options, SaeProposal proposal, OpenModel model, OpenSae beside) {
        HookPoint middle = HookPoint.residPre(model == null ? 0 : model.config().nLayers() / 2);
        HookPoint hook = proposal.hook()
                .filter(stated -> model == null || model.config().at(stated).isPresent())
                .or(() ->
                        Optional.ofNullable(beside).flatMap(sae -> sae.config().hook()))
                .orElse(middle);
        boolean offersCentring = model == null || model.config().wiring().norm() == NormKind.LAYER_NORM;
        return new CheckpointDoubt(
                side,
                path,
                options,
                proposal.missing(),
                proposal.k().orElse(USUAL_K),
                hook,
                proposal.centred() && offersCentring,
                offersCentring,
                Optional.empty(),
                Optional.empty());
    }

    /** The question about the one choice that a refusal names. */
    static CheckpointDoubt about(CheckpointSide side, Path path, SaeOptions options, Remedy remedy) {
        return about(side, path, options, Optional.of(remedy), Optional.empty());
    }

    /** The question which tensors of a file of no known family are its parts. */
    static CheckpointDoubt aboutTensors(
            CheckpointSide side, Path path, SaeOptions options, TensorRoles.Choices choices) {
        return about(
                side,
                path,
                options,
                Optional.of(Remedy.give(
                        Remedy.Choice.TENSORS,
                        choices.likely().map(TensorRoles::text).orElse(""))),
                Optional.of(choices));
    }

    private static CheckpointDoubt about(
            CheckpointSide side,
            Path path,
            SaeOptions options,
            Optional<Remedy> remedy,
            Optional<TensorRoles.Choices> tensors) {
        return new CheckpointDoubt(
                side, path, options, Set.of(), USUAL_K, HookPoint.residPre(0), false, false, remedy, tensors);
    }

    /** Whether a checkpoint was refused only because k, the number of features that fire per token, is missing. */
    static boolean asksForK(Throwable failure, SaeOptions options) {
        return failure != null
                && options.k().isEmpty()
                && Problem.of(failure).remedies().stream().anyMatch(remedy -> remedy.choice() == Remedy.Choice.K);
    }

    /**
     * Why a checkpoint that could be read does not go with the open model.
     *
     * @return empty if it does, or no model is open, or only the place is unknown, which is asked
     */
    static Optional<Problem> misfit(OpenSae opened, OpenModel model) {
        if (model == null) {
            return Optional.empty();
        }
        return new Fit(model.config(), opened.config())
                .misfit()
                .filter(why -> !(why instanceof Misfit.PlaceUnknown))
                .map(why -> Problem.of(
                        why.refusal(opened.path().toString(), model.id().name())));
    }

    /** The options with the user's answers. */
    public SaeOptions settled(OptionalInt chosenK, HookPoint chosenHook, boolean isCentred) {
        return options.change()
                .k(chosenK.isPresent() ? chosenK : options.k())
                .hook(Optional.of(chosenHook))
                .centred(offersCentring ? Optional.of(isCentred) : options.centred())
                .build();
    }
}
