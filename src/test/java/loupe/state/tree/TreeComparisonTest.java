package loupe.state.tree;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.TreeDiff;
import loupe.state.AnsweringDevice;
import loupe.state.Opened;
import loupe.state.ghost.GhostControlsModel;
import loupe.state.window.FeatureRef;
import loupe.state.window.VocabularyTexts;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TreeComparisonTest {
    @TempDir
    Path folder;

    private final Opened opened = new Opened();
    private final GhostControlsModel controls = new GhostControlsModel(opened.workbench);
    private final VocabularyTexts texts = new VocabularyTexts(opened.workbench);
    private TreeModel own;
    private TreeModel other;
    private TreeComparison comparison;
    private final AnsweringDevice device = new AnsweringDevice(opened);

    @BeforeEach
    void begin() {
        controls.prompt().set("a{ghost}b");
        controls.cutoff().set(1e-2);
        controls.depth().set(3);
        own = new TreeModel(opened.workbench, opened.workbench.a(), controls);
        other = new TreeModel(opened.workbench, opened.workbench.b(), controls);
        comparison = new TreeComparison(opened.workbench, own, texts);
        opened.openA();
        opened.choose(1);
        answer();
    }

    @AfterEach
    void close() {
        device.close();
    }

    private void answer() {
        device.answer(DefinitionTree.class);
    }

    @Test
    void aKeptTreeIsComparedWithWhatTheTreeBecomes() {
        comparison.keep("kept");
        TreeDiff same = comparison.diff().getValue();
        assertThat(same.count(TreeDiff.Part.BOTH)).isEqualTo(same.size() - 1).isPositive();
        controls.scale().set(0.5);
        answer();
        TreeDiff moved = comparison.diff().getValue();
        assertThat(moved.count(TreeDiff.Part.ONLY_A) + moved.count(TreeDiff.Part.ONLY_B))
                .isPositive();
        assertThat(comparison.other().get()).isEqualTo("kept");
        comparison.stop();
        assertThat(comparison.diff().getValue()).isNull();
        assertThat(comparison.other().get()).isEmpty();
    }

    @Test
    void theOtherSidesTreeIsFollowed() {
        comparison.follow(other);
        assertThat(comparison.diff().getValue()).isNull();
        opened.openB();
        opened.workbench.b().show(new FeatureRef(Opened.B, 2));
        answer();
        assertThat(comparison.diff().getValue()).isNotNull();
        assertThat(comparison.other().get()).isEqualTo("checkpoint B");
    }

    @Test
    void aFileThatIsNoTreeIsAProblem() throws IOException {
        comparison.read(Files.writeString(folder.resolve("no-tree.json"), "[1]"));
        assertThat(comparison.diff().getProblem().message())
                .contains("no-tree.json")
                .contains("children");
        comparison.read(Files.writeString(folder.resolve("tree.json"), "{\"children\": []}"));
        assertThat(comparison.diff().getProblem()).isNull();
        assertThat(comparison.diff().getValue().count(TreeDiff.Part.BOTH)).isZero();
    }
}
