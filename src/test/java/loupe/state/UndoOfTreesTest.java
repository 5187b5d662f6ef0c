package loupe.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What undo takes back of definition trees beside the ghost's controls. */
class UndoOfTreesTest {
    @TempDir
    Path folder;

    @Test
    void aTreeThatIsSwitchedToInterventionsIsSwitchedBack() {
        WorkbenchModels models = new WorkbenchModels(new Opened().workbench, folder);
        models.a().tree().withListed().set(true);
        models.b().tree().withListed().set(true);
        assertThat(models.undoOrder().undoable()).contains("tree with interventions");
        models.undoOrder().undo();
        assertThat(models.b().tree().withListed().get()).isFalse();
        assertThat(models.a().tree().withListed().get()).isTrue();
        models.undoOrder().undo();
        assertThat(models.a().tree().withListed().get()).isFalse();
        models.undoOrder().redo();
        assertThat(models.a().tree().withListed().get()).isTrue();
        WorkbenchModels later = new WorkbenchModels(new Opened().workbench, folder);
        later.recall(models.remembered());
        assertThat(later.a().tree().withListed().get()).isTrue();
        assertThat(later.undoOrder().undoable()).as("a session is no step").isEmpty();
    }
}
