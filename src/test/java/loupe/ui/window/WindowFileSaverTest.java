package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import loupe.state.Opened;
import loupe.state.WorkbenchModels;
import loupe.state.window.Notices.Notice;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the name that the user types, and of a file that cannot be written. */
class WindowFileSaverTest {
    private final Opened opened = new Opened();
    private final Deque<Path> answers = new ArrayDeque<>();
    private final List<String> suggested = new ArrayList<>();
    private WindowFileSaver desk;

    @TempDir
    private Path folder;

    @BeforeEach
    void open() {
        desk = new WindowFileSaver(
                new WorkbenchModels(opened.workbench, folder.resolve("cache")), () -> null, (owner, name, kind) -> {
                    suggested.add(name);
                    return Optional.ofNullable(answers.poll());
                });
    }

    private String chosen(String typed, String suggestion) {
        answers.add(folder.resolve(typed));
        return desk.choose(suggestion, "PNG")
                .map(path -> path.getFileName().toString())
                .orElse("");
    }

    @Test
    void aFailedSaveIsAFailureOfTheFileAndNoBug() {
        desk.save(() -> {
            throw new FileSystemException("/proc/foo.png", null, "No such file or directory");
        });
        Notice notice = opened.workbench.notices().all().get(0);
        assertThat(notice.problem()).isNotNull();
        assertThat(notice.problem().expected()).isTrue();
        assertThat(notice.problem().details()).isEmpty();
        assertThat(notice.text())
                .isEqualTo("Saving: /proc/foo.png cannot be read or written: No such file or directory. "
                        + "Choose another place.");
    }

    @Test
    void aNameWithoutTheExtensionOfItsKindIsGivenIt() {
        assertThat(chosen("chart", "activations.png")).isEqualTo("chart.png");
        assertThat(chosen("feature 0.5", "activations.png")).isEqualTo("feature 0.5.png");
        assertThat(chosen("table", "activations.csv")).isEqualTo("table.csv");
        assertThat(chosen("table.png", "activations.csv")).isEqualTo("table.png.csv");
    }

    @Test
    void anotherExtensionThatFitsIsKept() {
        assertThat(chosen("chart.SVG", "activations.png")).isEqualTo("chart.SVG");
        assertThat(chosen("table.txt", "activations.csv")).isEqualTo("table.txt");
        assertThat(chosen("folder", "saelens-folder")).isEqualTo("folder");
    }

    @Test
    void aFileThatTheDialogHasNotSeenIsNotOverwrittenUnasked() throws IOException {
        Files.createFile(folder.resolve("chart.png"));
        answers.add(folder.resolve("chart"));
        assertThat(desk.choose("activations.png", "PNG"))
                .as("asked again, and cancelled")
                .isEmpty();
        assertThat(suggested).containsExactly("activations.png", "chart.png");
    }
}
