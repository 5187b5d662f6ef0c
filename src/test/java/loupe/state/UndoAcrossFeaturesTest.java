package loupe.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import loupe.state.window.Brush;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Choosing another feature is no step of undo, nor is what ends with the feature before. */
class UndoAcrossFeaturesTest {
    @TempDir
    Path folder;

    private final Opened opened = new Opened();
    private WorkbenchModels models;

    @BeforeEach
    void filterAndTakeItBack() {
        models = new WorkbenchModels(opened.workbench, folder);
        opened.openA();
        opened.choose(1);
    }

    private void changeTheFilterAndTakeItBack() {
        models.table().filter().set("norm>0");
        models.undoOrder().undo();
        assertThat(models.undoOrder().redoable()).contains("filter norm>0");
    }

    @Test
    void aMarkedRangeThatEndsWithItsFeatureLeavesRedo() {
        opened.workbench.selection().brush(new Brush("histogram", "activation", 1, 2));
        changeTheFilterAndTakeItBack();
        opened.choose(2);
        assertThat(opened.workbench.selection().brush().get()).isNull();
        assertThat(models.undoOrder().redoable()).contains("filter norm>0");
        assertThat(models.undoOrder().undoable()).as("the range is forgotten").isEmpty();
    }

    @Test
    void neighboursThatEndWithTheFeatureLeaveRedo() {
        models.a().neighbours().askOfToken(3);
        changeTheFilterAndTakeItBack();
        opened.choose(2);
        assertThat(models.a().neighbours().query().get()).isEmpty();
        assertThat(models.undoOrder().redoable()).contains("filter norm>0");
    }
}
