package loupe.state;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.GhostPrompt;
import loupe.analysis.ghost.TreeLimits;
import loupe.base.Problem;
import loupe.inference.ModelId;
import loupe.inference.OpenModel;
import loupe.inference.Priority;
import loupe.lm.Tokenizer;

/**
 * What the model says a side's feature means, as a tree that is shown while it grows. Raising the cutoff hides nodes
 * without asking; lowering it grows the tree on. JavaFX thread only.
 */
public final class TreeModel {
    /** More nodes than anybody reads; keeps a cutoff near 0 from filling the memory. */
    private static final int MOST_NODES = 20_000;

    private final CheckpointSide side;
    private final GhostControlsModel controls;
    private final ResultSlot<DefinitionTree.Answer> tree;
    private final ReadOnlyObjectWrapper<Problem> promptProblem = new ReadOnlyObjectWrapper<>(this, "promptProblem");
    private TokenisedPrompt prompt;

    /** What a prompt's text is for one model. */
    private record TokenisedPrompt(ModelId model, String text, GhostPrompt tokens) {}

    public TreeModel(Workbench workbench, CheckpointSide side, GhostControlsModel controls) {
        this.side = side;
        this.controls = controls;
        tree = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        side.feature().addListener((property, was, is) -> ask(true));
        controls.values().addListener((property, was, is) -> ask(false));
        ask(true);
    }

    public CheckpointSide side() {
        return side;
    }

    public GhostControlsModel controls() {
        return controls;
    }

    /** The tree so far. It may have been grown to a smaller cutoff than the controls'; what is below theirs is not to be drawn. */
    public ResultSlot<DefinitionTree.Answer> tree() {
        return tree;
    }

    /** Why the prompt cannot be used; null if it can. */
    public ReadOnlyObjectProperty<Problem> promptProblem() {
        return promptProblem.getReadOnlyProperty();
    }

    private void ask(boolean anotherSubject) {
        FeatureRef feature = side.feature().get();
        OpenModel model = side.model().get();
        promptProblem.set(null);
        if (feature == null || model == null) {
            tree.clear();
            return;
        }
        GhostValues values = controls.values().get();
        Optional<GhostPrompt> tokens = prompt(model, values.prompt());
        if (tokens.isEmpty()) {
            tree.clear();
            return;
        }
        TreeLimits limits = new TreeLimits(values.cutoff(), values.topK(), values.depth(), OptionalInt.of(MOST_NODES), OptionalInt.empty());
        DefinitionTree question = new DefinitionTree(model.id(), values.ghostOf(feature), tokens.get(), limits);
        if (anotherSubject) {
            tree.askAfresh(question);
        } else if (!onlyHides(question)) {
            tree.ask(tree.getValue() == null ? question : question.from(tree.getValue()));
        }
    }

    /** Whether the tree that is there has every node of the one asked for, so that drawing less of it is enough. */
    private boolean onlyHides(DefinitionTree question) {
        DefinitionTree.Answer grown = tree.getValue();
        if (grown == null || !grown.isComplete() || tree.isPending()) {
            return false;
        }
        double reached = grown.query().limits().cutoff();
        return question.limits().cutoff() >= reached
                && new DefinitionTree(question.model(), question.ghost(), question.prompt(), question.limits().withCutoff(reached)).equals(grown.query());
    }

    /** The prompt's tokens, read once for all features and scales it is asked with. */
    private Optional<GhostPrompt> prompt(OpenModel model, String text) {
        if (prompt == null || !prompt.model.equals(model.id()) || !prompt.text.equals(text)) {
            prompt = tokenise(model, text).map(tokens -> new TokenisedPrompt(model.id(), text, tokens)).orElse(null);
        }
        return Optional.ofNullable(prompt).map(TokenisedPrompt::tokens);
    }

    private Optional<GhostPrompt> tokenise(OpenModel model, String text) {
        Optional<Tokenizer> tokenizer = model.tokenizer();
        if (tokenizer.isEmpty()) {
            promptProblem.set(new Problem("The model has no tokenizer files, so a prompt cannot be read. Use the command line with --prompt-ids", true, ""));
            return Optional.empty();
        }
        List<List<Integer>> pieces = new ArrayList<>();
        for (String piece : GhostPrompt.pieces(text)) {
            int[] ids = tokenizer.get().encode(piece, pieces.isEmpty() ? Tokenizer.Beginning.AUTO : Tokenizer.Beginning.NO).ids();
            List<Integer> tokens = new ArrayList<>(ids.length);
            for (int id : ids) {
                tokens.add(id);
            }
            pieces.add(tokens);
        }
        if (pieces.size() < 2) {
            promptProblem.set(new Problem("The prompt has no place for the ghost. Write " + GhostPrompt.PLACEHOLDER + " where it belongs", true, ""));
            return Optional.empty();
        }
        GhostPrompt tokens = GhostPrompt.between(pieces);
        if (tokens.ids().size() + 1 > model.config().context()) {
            promptProblem.set(new Problem("The prompt has " + tokens.ids().size() + " tokens, but the model sees only " + model.config().context()
                    + ". Shorten it", true, ""));
            return Optional.empty();
        }
        return Optional.of(tokens);
    }
}
