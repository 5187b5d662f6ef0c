package loupe.state.tree;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import loupe.TinyModel;
import loupe.analysis.TestDevice;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.TreeDiff;
import loupe.lm.ModelConfig;
import loupe.state.FakeService;
import loupe.state.Opened;
import loupe.state.ghost.GhostControlsModel;
import loupe.state.window.FeatureRef;
import loupe.state.window.VocabularyTexts;
import loupe.tensor.HostTensor;
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
    private TestDevice device;

    @BeforeEach
    void begin() {
        device = new TestDevice();
        ModelConfig config = ModelConfig.gpt2(50, 16, 8, 2, 2);
        Map<String, HostTensor> weights = TinyModel.weights(config, 7);
        device.model(Opened.MODEL, config, weights);
        device.sae(Opened.A, numbers(8, 6), numbers(6, 8));
        device.sae(Opened.B, numbers(8, 6), numbers(6, 8));
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

    private static HostTensor numbers(int rows, int columns) {
        float[] data = new float[rows * columns];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) Math.sin(7 * i + 1);
        }
        return new HostTensor(data, rows, columns);
    }

    private void answer() {
        FakeService.Ask<?> ask = opened.newest(DefinitionTree.class);
        ask.answer(device.ask(ask.query));
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
