package loupe.state.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import loupe.labels.Edit;
import loupe.labels.LabelBook;
import loupe.labels.LabelFile;
import loupe.state.Opened;
import loupe.state.window.UndoOrder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeatureNotesModelTest {
    @TempDir
    Path folder;

    private final Opened opened = new Opened();
    private final UndoOrder undo = new UndoOrder();
    private Path path;
    private FeatureNotesModel notes;
    private String weights;

    @BeforeEach
    void begin() {
        path = folder.resolve("labels.jsonl");
        notes = new FeatureNotesModel(opened.workbench, Optional.of(new LabelFile(path)), undo);
        opened.openA();
        weights = opened.workbench.a().sae().get().weights();
    }

    private LabelBook inFile() {
        return new LabelFile(path).read().applyTo(new LabelBook());
    }

    private String label(int feature) {
        return notes.of(opened.workbench.a(), feature).label();
    }

    @Test
    void whatIsWrittenDownIsShownAndInTheFileAtOnce() {
        notes.label(opened.workbench.a(), 2, "colours");

        assertThat(label(2)).isEqualTo("colours");
        assertThat(inFile().of(weights, 2).label()).isEqualTo("colours");
        assertThat(inFile().name(weights))
                .isEqualTo(opened.workbench.a().sae().get().id().name());
    }

    @Test
    void undoAndRedoGoThroughEditsAndReachTheFile() {
        notes.label(opened.workbench.a(), 2, "colours");
        notes.star(opened.workbench.a(), 2, true);
        undo.undo();
        assertThat(notes.of(opened.workbench.a(), 2).star()).isFalse();
        undo.undo();
        assertThat(label(2)).isEmpty();
        assertThat(inFile().features(weights)).isEmpty();
        undo.redo();
        assertThat(inFile().of(weights, 2).label()).isEqualTo("colours");
        notes.label(opened.workbench.a(), 3, "other");
        undo.redo();
        assertThat(notes.of(opened.workbench.a(), 2).star()).isFalse();
    }

    @Test
    void anEditThatChangesNothingIsNoStepOfUndo() {
        notes.label(opened.workbench.a(), 2, "colours");
        notes.label(opened.workbench.a(), 2, "colours");

        undo.undo();

        assertThat(label(2)).isEmpty();
    }

    @Test
    void whatAnotherWindowAddsIsReadWithTheNextEditAndWhenAsked() {
        LabelFile other = new LabelFile(path);
        other.append(List.of(Edit.Label.own(weights, 1, "from elsewhere")));
        notes.star(opened.workbench.a(), 5, true);
        assertThat(label(1)).isEqualTo("from elsewhere");

        other.append(List.of(Edit.Label.own(weights, 3, "later")));
        int before = notes.version().get();
        notes.readOn();
        assertThat(label(3)).isEqualTo("later");
        assertThat(notes.version().get()).isGreaterThan(before);
    }

    @Test
    void whatTheFileSaysDoesNotFlickerOverEditsThatAreOnTheirWay() {
        Queue<Runnable> files = new ArrayDeque<>();
        opened.service.files = files::add;
        notes.label(opened.workbench.a(), 1, "one");
        notes.label(opened.workbench.a(), 1, "two");
        new LabelFile(path).append(List.of(Edit.Label.own(weights, 1, "elsewhere"), new Edit.Star(weights, 2, true)));
        files.remove().run();
        assertThat(label(1)).isEqualTo("two");

        while (!files.isEmpty()) {
            files.remove().run();
        }
        assertThat(label(1)).isEqualTo("two");
        assertThat(notes.of(opened.workbench.a(), 2).star()).isTrue();
        assertThat(inFile().of(weights, 1).label()).isEqualTo("two");
    }

    @Test
    void anEditThatCannotBeWrittenIsSaidKeptAndWrittenWithTheNext() throws IOException {
        Files.createDirectory(path); // in the way
        notes.label(opened.workbench.a(), 1, "kept");
        assertThat(notes.problem().get()).isNotNull();
        assertThat(opened.workbench.notices().all()).isNotEmpty();
        assertThat(label(1)).isEqualTo("kept");

        Files.delete(path);
        notes.star(opened.workbench.a(), 2, true);

        assertThat(notes.problem().get()).isNull();
        assertThat(inFile().of(weights, 1).label()).isEqualTo("kept");
        assertThat(inFile().of(weights, 2).star()).isTrue();
    }

    @Test
    void aDamagedLineIsNamedAndKeptAside() throws IOException {
        new LabelFile(path).append(List.of(Edit.Label.own(weights, 1, "sound")));
        Files.writeString(path, "scribble\n", java.nio.file.StandardOpenOption.APPEND);

        FeatureNotesModel later =
                new FeatureNotesModel(opened.workbench, Optional.of(new LabelFile(path)), new UndoOrder());

        assertThat(later.of(opened.workbench.a(), 1).label()).isEqualTo("sound");
        assertThat(opened.workbench.notices().all().get(0).text()).contains("line 3", "labels.jsonl.damaged");
    }
}
