package loupe.state.tree;

import java.nio.file.Path;
import javafx.beans.InvalidationListener;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyStringProperty;
import javafx.beans.property.ReadOnlyStringWrapper;
import javafx.beans.value.ObservableValue;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.TreeDiff;
import loupe.analysis.ghost.TreeOutline;
import loupe.base.Cancellation;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.VocabularyTexts;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * A side's definition tree laid over another tree: one that was kept a while ago (another scale, direction, feature or
 * steering), one from a file, or the other side's. The side's own tree is A of the comparison. JavaFX thread only.
 */
public final class TreeComparison {
    /** The name of the tree with neither steering nor interventions. */
    public static final String CLEAN = "the undisturbed tree";

    private final TreeModel own;
    private final VocabularyTexts texts;
    private final ResultSlot<TreeDiff> diff;
    private final ReadOnlyStringWrapper other = new ReadOnlyStringWrapper(this, "other", "");
    private final InvalidationListener followed = changed -> ask();
    private final ObservableValue<PaneStatus> status;
    private @Nullable Source source;

    /** A source of the tree to compare with. Equal sources have equal trees. */
    private interface Source {
        /** Compute or file thread. */
        TreeOutline outline(VocabularyTexts texts);

        default boolean isFile() {
            return false;
        }
    }

    private record Kept(DefinitionTree.Answer tree) implements Source {
        @Override
        public TreeOutline outline(VocabularyTexts texts) {
            return TreeOutline.of(tree, texts::of);
        }
    }

    private record Saved(Path file) implements Source {
        @Override
        public TreeOutline outline(VocabularyTexts texts) {
            return TreeOutline.read(file);
        }

        @Override
        public boolean isFile() {
            return true;
        }
    }

    private @Nullable ReadOnlyObjectProperty<DefinitionTree.Answer> following;

    public TreeComparison(Workbench workbench, TreeModel own, VocabularyTexts texts) {
        this.own = own;
        this.texts = texts;
        diff = new ResultSlot<>(workbench.service(), workbench.fx(), loupe.inference.Priority.VISIBLE);
        status = new PaneStatusBinding()
                .refuses(own.promptProblem())
                .fails(own.tree())
                .fails(own.basis())
                .fails(diff)
                .fails(own.clean())
                .isEmpty(
                        () -> own.side().whyEmpty("to see what the model makes of it"),
                        own.side().feature(),
                        own.side().model())
                .offers(own.side()::need, own.side().model(), own.side().sae())
                .awaits(own.basis(), own.tree());
        own.tree().valueProperty().addListener(followed);
        own.controls().cutoff().addListener(followed);
    }

    /** The status of the tree's pane, for the side's own tree as for a comparison. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    /** The two trees as one; empty while nothing is compared. */
    public ResultSlot<TreeDiff> diff() {
        return diff;
    }

    /** The name of the tree that is compared with; empty for none. */
    public ReadOnlyStringProperty other() {
        return other.getReadOnlyProperty();
    }

    /**
     * Compares with a copy of the current tree.
     *
     * @param name of the tree, such as its ghost's settings
     */
    public void keep(String name) {
        DefinitionTree.Answer now = own.tree().getValue();
        if (now != null) {
            unfollow();
            source = new Kept(now);
            begin(name);
        }
    }

    /** Compares with a tree in a file. */
    public void read(Path file) {
        unfollow();
        source = new Saved(file);
        begin(file.getFileName().toString());
    }

    /** Compares with another side's tree as that changes. */
    public void follow(TreeModel side) {
        unfollow();
        follow(side.tree().valueProperty());
        begin("checkpoint " + side.side());
    }

    /** Compares the tree with the one that has neither steering nor interventions, as both change. */
    public void followClean() {
        unfollow();
        own.cleanWanted().set(true);
        follow(own.clean().valueProperty());
        begin(CLEAN);
    }

    private void follow(ReadOnlyObjectProperty<DefinitionTree.Answer> tree) {
        source = null;
        following = tree;
        tree.addListener(followed);
    }

    public void stop() {
        unfollow();
        source = null;
        other.set("");
        diff.clear();
    }

    private void begin(String name) {
        diff.clear();
        other.set(name);
        ask();
    }

    private void unfollow() {
        if (following != null) {
            following.removeListener(followed);
            following = null;
        }
        own.cleanWanted().set(false);
    }

    private void ask() {
        Source with = following == null ? source : following.get() == null ? null : new Kept(following.get());
        DefinitionTree.Answer now = own.tree().getValue();
        if (with == null || now == null) {
            diff.clear();
        } else {
            diff.ask(new Overlay(now, with, own.controls().cutoff().get(), texts));
        }
    }

    /** Lays both trees, down to the controls' cutoff, one over the other. */
    private record Overlay(DefinitionTree.Answer own, Source with, double cutoff, VocabularyTexts texts)
            implements HostQuestion<TreeDiff> {
        @Override
        public TreeDiff answer(Cancellation cancellation) {
            TreeOutline a = TreeOutline.of(own, texts::of).trimmed(cutoff);
            cancellation.check();
            return new TreeDiff(a, with.outline(texts).trimmed(cutoff));
        }

        @Override
        public boolean readsFiles() {
            return with.isFile();
        }
    }
}
