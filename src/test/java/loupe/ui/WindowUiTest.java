package loupe.ui;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import javafx.application.Platform;
import javafx.event.Event;
import javafx.geometry.Point2D;
import javafx.scene.Node;
import javafx.scene.control.ContextMenu;
import javafx.scene.control.Label;
import javafx.scene.control.MenuItem;
import javafx.scene.control.TableColumnBase;
import javafx.scene.control.TableView;
import javafx.scene.input.ContextMenuEvent;
import javafx.stage.Stage;
import javafx.stage.Window;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.inference.Device;
import loupe.inference.LocalInferenceService;
import loupe.sae.checkpoint.SaeOptions;
import loupe.state.WorkbenchModels;
import loupe.state.window.Activity;
import loupe.state.window.CorpusFiles;
import loupe.state.window.Notices;
import loupe.state.window.Sample;
import loupe.state.window.Workbench;
import loupe.ui.tree.TreeCanvas;
import loupe.ui.window.WorkbenchView;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.testfx.framework.junit5.ApplicationTest;

/** The whole window on a tiny model, two tiny checkpoints and a short corpus, with a real service behind it. */
@Tag("ui")
public abstract class WindowUiTest extends ApplicationTest {
    /** One for all tests of a class. */
    @TempDir
    protected static Path folder;

    protected static Path model;
    protected static Path first;
    protected static Path second;
    protected static Path corpus;
    private static LocalInferenceService service;

    protected WorkbenchModels models;
    protected WorkbenchView view;
    protected Workbench workbench;
    /** What the user answers when asked where to save; null for nothing. */
    protected Path saveTo;
    /** The name that was suggested last. */
    protected String suggested;

    static {
        UiTest.leaveThePlatform();
    }

    @BeforeAll
    static void files() throws IOException {
        service = new LocalInferenceService(Device.CPU);
        model = TinyModel.writeTo(folder.resolve("tiny"));
        first = TinySae.writeTo(folder.resolve("first"), 1);
        second = TinySae.writeTo(folder.resolve("second"), 2);
        corpus = Files.writeString(
                folder.resolve("words.txt"), "the cat sat on the mat and the dog ran at the ball. ".repeat(40));
    }

    @AfterAll
    static void giveBack() {
        service.close();
    }

    @Override
    public void start(Stage stage) {
        workbench = new Workbench(
                service,
                Platform::runLater,
                new Notices(Clock.systemUTC()),
                new Activity(Platform::runLater, System::nanoTime));
        models = new WorkbenchModels(workbench, folder.resolve("indexes"));
        view = new WorkbenchView(models, this::answer, sample(), null, 1280, 800);
        stage.setScene(view.scene());
        stage.setWidth(1280);
        stage.setHeight(800);
        stage.show();
    }

    /** The sample that the window offers. */
    protected Optional<Sample> sample() {
        return Optional.empty();
    }

    private Optional<Path> answer(Window owner, String name, String kind) {
        suggested = name;
        return Optional.ofNullable(saveTo);
    }

    @AfterEach
    void closeAll() {
        UiTest.onFx(() -> {
            models.close();
            workbench.closeModel();
            UiTest.hideAll();
        });
    }

    /** Begins to open the model, the corpus and the first checkpoint. */
    protected final void begin() {
        UiTest.onFx(() -> workbench.openModel(model, opened -> {
            models.statistics().corpus().set(CorpusFiles.of(corpus));
            workbench.openCheckpoint(workbench.a(), first, SaeOptions.AS_STORED);
        }));
    }

    /** Opens all of that, and waits until every pane has something to show. */
    protected final void open() {
        begin();
        UiTest.waitUntil(() -> workbench.a().feature().get() != null);
        UiTest.waitUntil(() -> models.a().tokens().list().getValue() != null
                && models.a().neighbours().neighbours().getValue() != null
                && !models.table().rows().isEmpty()
                && models.a().tree().tree().getValue() != null);
        UiTest.waitUntil(() -> models.statistics().index(workbench.a()).get() != null);
        UiTest.waitUntil(view::isArranged);
    }

    /** Opens the second checkpoint beside the first, and waits until its activations are counted. */
    protected final void compare() {
        UiTest.onFx(() -> workbench.openCheckpoint(workbench.b(), second, SaeOptions.AS_STORED));
        UiTest.waitUntil(() -> workbench.b().sae().get() != null);
        UiTest.waitUntil(() -> models.statistics().index(workbench.b()).get() != null);
        UiTest.waitUntil(view::isArranged);
    }

    /** Chooses an entry of the menu that a right click on a node opens. */
    protected final void fireMenuItem(Node node, String words) {
        UiTest.onFx(() -> {
            Point2D at = node.localToScreen(2, 2);
            Event.fireEvent(
                    node,
                    new ContextMenuEvent(
                            ContextMenuEvent.CONTEXT_MENU_REQUESTED, 2, 2, at.getX(), at.getY(), true, null));
            ContextMenu menu = Window.getWindows().stream()
                    .filter(ContextMenu.class::isInstance)
                    .map(ContextMenu.class::cast)
                    .findFirst()
                    .orElseThrow();
            MenuItem item = menu.getItems().stream()
                    .filter(one -> words.equals(one.getText()))
                    .findFirst()
                    .orElseThrow();
            menu.hide();
            item.fire();
        });
    }

    protected final TreeCanvas tree() {
        return lookup("#tree-A").query();
    }

    protected final TableView<?> table(String id) {
        return lookup(id).query();
    }

    /** The ids of the columns that are shown. */
    protected final List<String> columns(String id) {
        return table(id).getVisibleLeafColumns().stream()
                .map(TableColumnBase::getId)
                .toList();
    }

    /** The middle of a row, on the screen. */
    protected final Point2D rowOf(String id, int row) {
        TableView<?> table = table(id);
        double header =
                table.lookup(".column-header-background").getLayoutBounds().getHeight();
        return table.localToScreen(20, header + (row + 0.5) * table.getFixedCellSize());
    }

    protected final String label(String id) {
        return ((Label) lookup(id).query()).getText();
    }

    protected static List<String> textsIn(Set<Node> nodes) {
        return nodes.stream()
                .flatMap(node -> node instanceof Label label
                        ? Stream.of(label.getText())
                        : node.lookupAll(".label").stream().map(inner -> ((Label) inner).getText()))
                .toList();
    }
}
