package loupe.state.tree;

import java.util.Optional;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.property.SimpleObjectProperty;
import loupe.analysis.Fit;
import loupe.analysis.Misfit;
import loupe.analysis.Vectors;
import loupe.analysis.effects.Interventions;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.GhostBasis;
import loupe.analysis.ghost.GhostPrompt;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.NullDivergence;
import loupe.analysis.ghost.TreeBaseline;
import loupe.analysis.ghost.TreeLimits;
import loupe.analysis.ghost.TreeSteering;
import loupe.base.Problem;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.state.ghost.GhostControlsModel;
import loupe.state.ghost.GhostValues;
import loupe.state.ghost.PromptReading;
import loupe.state.pane.ResultSlot;
import loupe.state.window.CheckpointSide;
import loupe.state.window.FeatureRef;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * The definition tree of a side's feature, shown while it grows. Raising the cutoff hides nodes without a new question;
 * lowering it grows the tree further. JavaFX thread only.
 */
public final class TreeModel {
    /** The most nodes of a tree, which keeps a cutoff near 0 from filling the memory. */
    private static final int MOST_NODES = 100_000;

    private final CheckpointSide side;
    private final GhostControlsModel controls;
    private final ResultSlot<DefinitionTree.Answer> tree;
    private final ReadOnlyObjectWrapper<Problem> promptProblem = new ReadOnlyObjectWrapper<>(this, "promptProblem");
    private final ObjectProperty<TreeBaseline> baseline =
            new SimpleObjectProperty<>(this, "baseline", TreeBaseline.NONE);
    private final ObjectProperty<Listed> listed = new SimpleObjectProperty<>(this, "listed", Listed.NOTHING);
    private final BooleanProperty withListed = new SimpleBooleanProperty(this, "withListed", false);
    private final ReadOnlyObjectWrapper<Listed> inForce = new ReadOnlyObjectWrapper<>(this, "inForce", Listed.NOTHING);
    private final BooleanProperty cleanWanted = new SimpleBooleanProperty(this, "cleanWanted", false);
    private final BooleanProperty probabilities = new SimpleBooleanProperty(this, "probabilities", false);
    private final ResultSlot<DefinitionTree.Answer> clean;
    /** What the ghost's direction is made of, which is asked for where a verbaliser's norm depends on its length. */
    private final ResultSlot<GhostBasis.Answer> basis;

    private final ResultSlot<NullDivergence.Answer> chance;
    private final ReadOnlyObjectWrapper<NullDivergence.Corrected> beyondChance =
            new ReadOnlyObjectWrapper<>(this, "beyondChance");
    /** The prompt in tokens, kept for all features and scales. */
    private @Nullable PromptReading prompt;
    /** The newest question about the tree. */
    private @Nullable DefinitionTree asked;

    /**
     * What the pane Interventions lists, and that can be carried out.
     *
     * @param words of it; empty for nothing
     */
    public record Listed(Interventions interventions, String words) {
        public static final Listed NOTHING = new Listed(Interventions.NONE, "");
    }

    public TreeModel(Workbench workbench, CheckpointSide side, GhostControlsModel controls) {
        this.side = side;
        this.controls = controls;
        tree = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        clean = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        cleanWanted.addListener((property, was, is) -> ask(false));
        basis = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        basis.valueProperty().addListener((property, was, is) -> {
            if (is != null) {
                ask(false);
            }
        });
        chance = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        tree.valueProperty().addListener(changed -> compareWithChance());
        chance.valueProperty().addListener(changed -> correct());
        side.feature().addListener((property, was, is) -> ask(true));
        controls.values().addListener((property, was, is) -> {
            ask(false);
            if (was.nullDraws() != is.nullDraws()) {
                compareWithChance();
            }
        });
        baseline.addListener((property, was, is) -> ask(false));
        listed.addListener(changed -> putInForce());
        withListed.addListener(changed -> putInForce());
        ask(true);
    }

    public CheckpointSide side() {
        return side;
    }

    public GhostControlsModel controls() {
        return controls;
    }

    /**
     * The tree so far. It may have been grown to a smaller cutoff than the controls'; nodes below theirs are not to be
     * drawn.
     */
    public ResultSlot<DefinitionTree.Answer> tree() {
        return tree;
    }

    /** The baseline of the tree, by which generic branches fade; each of its ghosts costs as much as the tree. */
    public ObjectProperty<TreeBaseline> baseline() {
        return baseline;
    }

    /** What is listed, for {@link #withListed}. */
    public ObjectProperty<Listed> listed() {
        return listed;
    }

    /** Whether the tree grows under the interventions that are listed. */
    public BooleanProperty withListed() {
        return withListed;
    }

    /** Under which interventions the tree grows. */
    public ReadOnlyObjectProperty<Listed> inForce() {
        return inForce.getReadOnlyProperty();
    }

    private void putInForce() {
        Listed now = withListed.get() ? listed.get() : Listed.NOTHING;
        if (!now.equals(inForce.get())) {
            inForce.set(now);
            ask(false);
        }
    }

    /** Whether the tree with neither steering nor interventions is grown as well, to be compared with. */
    public BooleanProperty cleanWanted() {
        return cleanWanted;
    }

    /** What a verbaliser's norm is measured by; empty without one. */
    ResultSlot<GhostBasis.Answer> basis() {
        return basis;
    }

    /** Whether each token's probability stands beside it. */
    public BooleanProperty probabilities() {
        return probabilities;
    }

    /** The tree with neither; empty while nothing is done to the model or it is not wanted. */
    public ResultSlot<DefinitionTree.Answer> clean() {
        return clean;
    }

    /**
     * The whole tree's divergence relative to random directions'; null while it is not known and without a baseline.
     */
    public ReadOnlyObjectProperty<NullDivergence.Corrected> beyondChance() {
        return beyondChance.getReadOnlyProperty();
    }

    /** Stops the growing tree; what has grown stays. */
    public void stop() {
        tree.stop();
    }

    /** Lets a stopped tree grow on from where it is. */
    public void goOn() {
        if (asked != null) {
            tree.goOn(onFromWhatIsShown(asked));
        }
    }

    private void compareWithChance() {
        DefinitionTree.Answer whole = tree.completeProperty().get() ? tree.getValue() : null;
        if (whole == null || whole.query().baseline().kind() == TreeBaseline.Kind.NONE) {
            chance.clear();
        } else {
            chance.ask(NullDivergence.of(whole.query(), draws()));
        }
        correct();
    }

    private void correct() {
        DefinitionTree.Answer whole = tree.completeProperty().get() ? tree.getValue() : null;
        NullDivergence.Answer draws = chance.completeProperty().get() ? chance.getValue() : null;
        beyondChance.set(
                whole != null && draws != null && draws.query().equals(NullDivergence.of(whole.query(), draws()))
                        ? draws.correct(whole)
                        : null);
    }

    private int draws() {
        return controls.values().get().nullDraws();
    }

    /** Why no tree is grown: the prompt or the checkpoint cannot be used; null if both can. */
    public ReadOnlyObjectProperty<Problem> promptProblem() {
        return promptProblem.getReadOnlyProperty();
    }

    private void ask(boolean anotherSubject) {
        FeatureRef feature = side.feature().get();
        OpenModel model = side.model().get();
        if (feature == null || model == null) {
            promptProblem.set(null);
            forget();
            return;
        }
        GhostValues values = controls.values().get();
        if (prompt == null || !prompt.isOf(model, values)) {
            prompt = PromptReading.of(model, values);
        }
        OpenSae sae = side.sae().get();
        Optional<Misfit> misfit = new Fit(model.config(), sae.config()).misfitOfGhost();
        promptProblem.set(misfit.map(why ->
                        Problem.of(why.refusal(sae.id().name(), model.id().name())))
                .orElse(prompt.problem()));
        GhostPrompt tokens = prompt.tokens();
        if (promptProblem.get() != null || tokens == null) {
            forget();
            return;
        }
        Optional<GhostSettings> ghost = ghost(feature, model, values);
        if (ghost.isEmpty()) {
            if (anotherSubject) {
                tree.clear();
                clean.clear();
            }
            return;
        }
        TreeLimits limits = values.limits(model, MOST_NODES);
        DefinitionTree unsteered = new DefinitionTree(model.id(), ghost.get(), tokens, limits)
                .withBaseline(baseline.get())
                .with(inForce.get().interventions());
        Optional<TreeSteering> steering = values.steering().of(feature, model, sae);
        DefinitionTree question = steering.map(unsteered::withSteering).orElse(unsteered);
        if (cleanWanted.get() && (steering.isPresent() || !question.done().isEmpty())) {
            DefinitionTree other = question.undisturbed().withBaseline(TreeBaseline.NONE);
            if (anotherSubject) {
                clean.askAfresh(other);
            } else {
                clean.ask(clean.getValue() == null ? other : other.from(clean.getValue()));
            }
        } else {
            clean.clear();
        }
        asked = question;
        if (anotherSubject) {
            tree.askAfresh(question);
        } else if (!onlyHides(question)) {
            tree.ask(onFromWhatIsShown(question));
        }
    }

    private void forget() {
        tree.clear();
        clean.clear();
        basis.clear();
    }

    /** The ghost in the prompt; empty while the length of its direction is not known, which a verbaliser asks for. */
    private Optional<GhostSettings> ghost(FeatureRef feature, OpenModel model, GhostValues values) {
        GhostSettings made = values.treeGhostOf(feature);
        if (values.verbaliser().isEmpty() || values.steersAlone()) {
            basis.clear();
            return Optional.of(made);
        }
        basis.ask(new GhostBasis(model.id(), made));
        GhostBasis.Answer known = basis.getValue();
        if (known == null || !known.source().equals(made.source()) || known.components() < made.components()) {
            return Optional.empty();
        }
        double[] direction = Vectors.doubles(known.vector(made).direction());
        return Optional.of(values.verbaliser().get().verbaliser().apply(made, direction));
    }

    private DefinitionTree onFromWhatIsShown(DefinitionTree question) {
        return tree.getValue() == null ? question : question.from(tree.getValue());
    }

    /** Whether the present tree has every node of the requested one, so that it only needs trimming. */
    private boolean onlyHides(DefinitionTree question) {
        DefinitionTree.Answer grown = tree.getValue();
        if (grown == null || !grown.isComplete() || tree.isPending()) {
            return false;
        }
        double reached = grown.query().limits().cutoff();
        return question.limits().cutoff() >= reached
                && new DefinitionTree(
                                question.model(),
                                question.ghost(),
                                question.prompt(),
                                question.limits().withCutoff(reached),
                                question.baseline(),
                                question.steering(),
                                question.done(),
                                Optional.empty())
                        .equals(grown.query());
    }
}
