package loupe.state.window;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
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
import loupe.sae.Activation;
import loupe.sae.checkpoint.SaeOptions;
import loupe.sae.checkpoint.SaeProposal;
import loupe.sae.checkpoint.TensorRoles;

/**
 * The facts that a checkpoint's files leave out and the user has to supply: which hook point it reads, which activation
 * function it has, how many features fire per token, what its input was scaled by, whether its residual stream was
 * centred. Carries a proposal for each.
 *
 * @param options the options that the user has given so far
 * @param missing the missing facts
 * @param k proposed number of features per token
 * @param hook proposed hook point
 * @param centred proposed: trained on the processed residual stream
 * @param offersCentring whether it may be asked: TransformerLens centres models with LayerNorm only
 * @param encoding proposed: how it encodes, and what else it could be
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
        SaeProposal.Encoding encoding,
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
                proposal.encoding(),
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
                side,
                path,
                options,
                Set.of(),
                USUAL_K,
                HookPoint.residPre(0),
                false,
                false,
                new SaeProposal.Encoding("", List.of(), false, OptionalDouble.empty()),
                remedy,
                tensors);
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

    /** Whether an activation function keeps a number of features per token, so that k has to be known. */
    public boolean asksK(String activation) {
        boolean hasK =
                Activation.Kind.of(activation).filter(Activation.Kind::hasK).isPresent();
        return hasK && (missing.contains(SaeProposal.Missing.K) || !activation.equals(encoding.activation()));
    }

    /**
     * The options with the user's answers. An activation function that is the file's own stays the file's own.
     *
     * @param chosenK used where the activation function asks for one
     * @param chosenActivation one of {@link SaeProposal.Encoding#activations}
     * @param factor what the input is multiplied by, as the text of a field; empty for what the file says
     * @throws loupe.base.Refusal if the factor is no number
     */
    public SaeOptions settled(
            int chosenK, HookPoint chosenHook, boolean isCentred, String chosenActivation, String factor) {
        boolean answers =
                missing.contains(SaeProposal.Missing.ACTIVATION) || !chosenActivation.equals(encoding.activation());
        SaeOptions answered = options.change()
                .k(asksK(chosenActivation) ? OptionalInt.of(chosenK) : options.k())
                .hook(Optional.of(chosenHook))
                .centred(offersCentring ? Optional.of(isCentred) : options.centred())
                .build();
        SaeOptions withFunction = answers ? answered.with(Remedy.Choice.ACTIVATION, chosenActivation) : answered;
        return factor.isEmpty() ? withFunction : withFunction.with(Remedy.Choice.NORM_FACTOR, factor);
    }
}
