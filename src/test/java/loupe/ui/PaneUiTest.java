package loupe.ui;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javafx.geometry.Point2D;
import javafx.scene.Parent;
import javafx.scene.control.CheckMenuItem;
import javafx.scene.control.Menu;
import javafx.scene.control.MenuItem;
import javafx.scene.control.RadioMenuItem;
import javafx.scene.control.TableView;
import javafx.scene.input.Clipboard;
import javafx.scene.layout.StackPane;
import loupe.state.Opened;
import loupe.state.pane.PaneStatus;
import loupe.state.window.VocabularyTexts;
import loupe.ui.export.FileSaver;
import loupe.ui.pane.PaneFrame;
import org.junit.jupiter.api.io.TempDir;

/**
 * One pane on a stage, on a service whose answers the test gives. Everything runs on the FX thread, so that what a
 * click asks has been asked, and what an answer changes has changed, when the click or the answer returns.
 */
public abstract class PaneUiTest extends UiTest {
    @TempDir
    protected Path folder;

    protected final Opened opened = new Opened();
    protected final VocabularyTexts texts = new VocabularyTexts(opened.workbench);
    protected FileSaver saver;
    private PaneFrame frame;

    /** The pane under test; called on the FX thread. */
    protected abstract PaneFrame make();

    @Override
    protected final Parent build() {
        saver = new SavedFiles(folder);
        frame = make();
        return new StackPane(frame);
    }

    /** Why the pane says that it is empty; empty if it does not. */
    protected final String emptyText() {
        return onFx(() -> frame.statusProperty().get().shown() instanceof PaneStatus.Empty empty ? empty.why() : "");
    }

    protected final String subtitle() {
        return onFx(() -> frame.subtitleProperty().get());
    }

    /** The message of the problem that is shown in the pane's place; empty if none is. */
    protected final String problem() {
        return onFx(() -> frame.statusProperty().get().shown() instanceof PaneStatus.Failed failed
                ? failed.problem().message()
                : "");
    }

    /** Answers the newest question of a kind. */
    protected final void answer(Class<?> kind, Object answer) {
        onFx(() -> opened.newest(kind).answer(answer));
    }

    protected final void fail(Class<?> kind, String message) {
        onFx(() -> opened.newest(kind).fail(new IllegalStateException(message)));
    }

    /** An entry of the pane's menu, or of a menu in it, by the words it begins with. */
    protected final MenuItem item(String words) {
        return onFx(() -> frame.getMenuItems().stream()
                .flatMap(PaneUiTest::all)
                .filter(item -> item.getText() != null && item.getText().startsWith(words))
                .findFirst()
                .orElseThrow());
    }

    private static Stream<MenuItem> all(MenuItem item) {
        return item instanceof Menu menu
                ? Stream.concat(Stream.of(item), menu.getItems().stream().flatMap(PaneUiTest::all))
                : Stream.of(item);
    }

    /** Chooses an entry of the pane's menu, as a click on it does. */
    protected final void choose(String words) {
        MenuItem item = item(words);
        onFx(() -> {
            if (item instanceof CheckMenuItem check) {
                check.setSelected(!check.isSelected());
            } else if (item instanceof RadioMenuItem radio) {
                radio.setSelected(true);
            }
            item.fire();
        });
    }

    protected static String copied() {
        return onFx(() -> Clipboard.getSystemClipboard().getString());
    }

    /** The lines of a file that the pane has saved. */
    protected final List<String> saved(String name) {
        try {
            return Files.readAllLines(folder.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The ids of the columns that are shown. */
    protected static List<String> columns(TableView<?> table) {
        return onFx(() -> table.getVisibleLeafColumns().stream()
                .map(column -> column.getId())
                .toList());
    }

    /** What a column holds, row by row. */
    protected static List<Object> cells(TableView<?> table, String column) {
        return onFx(() -> {
            var found = table.getColumns().stream()
                    .filter(one -> column.equals(one.getId()))
                    .findFirst()
                    .orElseThrow();
            return java.util.stream.IntStream.range(0, table.getItems().size())
                    .mapToObj(found::getCellData)
                    .map(Object.class::cast)
                    .toList();
        });
    }

    /** The middle of a row, on the screen. */
    protected static Point2D row(TableView<?> table, int row) {
        return onFx(() -> {
            table.applyCss();
            table.layout();
            double header =
                    table.lookup(".column-header-background").getLayoutBounds().getHeight();
            return table.localToScreen(20, header + (row + 0.5) * table.getFixedCellSize());
        });
    }
}
