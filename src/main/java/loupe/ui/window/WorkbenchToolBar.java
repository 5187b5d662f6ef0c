package loupe.ui.window;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javafx.animation.KeyFrame;
import javafx.animation.Timeline;
import javafx.beans.binding.Bindings;
import javafx.beans.value.ObservableValue;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.ContentDisplay;
import javafx.scene.control.Label;
import javafx.scene.control.MenuButton;
import javafx.scene.control.MenuItem;
import javafx.scene.control.SeparatorMenuItem;
import javafx.scene.control.SplitMenuButton;
import javafx.scene.control.Tooltip;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.stage.Window;
import javafx.util.Duration;
import loupe.inference.InferenceService;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.sae.checkpoint.SaeSaving;
import loupe.state.WorkbenchModels;
import loupe.state.window.CheckpointSide;
import loupe.state.window.Session;
import loupe.state.window.Workbench;
import loupe.ui.checkpoint.CheckpointWords;
import loupe.ui.control.IconButtons;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Tooltips;
import loupe.ui.corpus.CorpusChip;
import loupe.ui.pane.Answers;
import loupe.ui.text.InterventionChip;
import org.kordamp.ikonli.feather.Feather;
import org.kordamp.ikonli.javafx.FontIcon;

/**
 * The tool bar: opening on the left, the open model and checkpoints in the middle, the device and the window's own
 * commands on the right.
 */
final class WorkbenchToolBar {
    /** Widths of the tool bar, at the ordinary text size, from which it has room for all words of the corpus. */
    private static final double WIDE = 1180;

    private static final double ORDINARY_FONT = 13;
    /** From which buttons have their names, shortened below {@link #WIDE}. */
    private static final double ROOM_FOR_NAMES = 940;
    /** From which the device is shown. */
    private static final double ROOM_FOR_DEVICE = 740;

    private static final Duration STATUS_EVERY = Duration.seconds(1);

    private final WorkbenchModels models;
    private final FileOpening opening;
    private final WorkbenchCommands commands;
    private final WindowMenus menus;
    private final HBox box = new HBox(8);
    private final SplitMenuButton openModel = new SplitMenuButton();
    private final SplitMenuButton openCheckpoint = new SplitMenuButton();
    private final MenuButton compare = new MenuButton("Compare", new FontIcon(Feather.COLUMNS));
    private final Label summary = new Label();
    private final Label device = new Label();
    /** The width of the bar in pixels at the ordinary text size. */
    private final ObservableValue<Double> room;

    WorkbenchToolBar(WorkbenchModels models, FileOpening opening, WorkbenchCommands commands, WindowMenus menus) {
        this.models = models;
        this.menus = menus;
        this.opening = opening;
        this.commands = commands;
        room = Bindings.createObjectBinding(
                () -> box.getWidth() * ORDINARY_FONT / models.fontSize().get(), box.widthProperty(), models.fontSize());
        layOut();
        bind();
    }

    Node node() {
        return box;
    }

    private void layOut() {
        box.getStyleClass().add("workbench-bar");
        box.setAlignment(Pos.CENTER_LEFT);
        openModel.textProperty().bind(room.map(width -> width >= WIDE ? "Open model" : "Model"));
        openModel.setGraphic(new FontIcon(Feather.FOLDER));
        openModel.setId("open-model");
        openModel.setTooltip(Tooltips.of("Open a model: a folder in Hugging Face's layout (Ctrl+O)"));
        openModel.setOnAction(event -> opening.chooseModel(window()));
        openCheckpoint.textProperty().bind(room.map(width -> width >= WIDE ? "Open checkpoint" : "Checkpoint"));
        openCheckpoint.setGraphic(new FontIcon(Feather.LAYERS));
        openCheckpoint.setId("open-checkpoint");
        openCheckpoint.setTooltip(Tooltips.of("Open a sparse autoencoder trained on this model (Ctrl+Shift+O)"));
        openCheckpoint.setOnAction(event ->
                opening.chooseCheckpointFile(window(), models.workbench().a()));
        compare.setId("compare");
        compare.setTooltip(Tooltips.of("Open a second checkpoint beside the first"));
        summary.getStyleClass().add("muted");
        summary.setId("summary");
        summary.setMinWidth(0);
        HBox.setHgrow(summary, Priority.ALWAYS);
        summary.setMaxWidth(Double.MAX_VALUE);
        device.getStyleClass().add("muted");
        device.setId("device");
        device.setMinWidth(Region.USE_PREF_SIZE);
        device.visibleProperty().bind(room.map(width -> width >= ROOM_FOR_DEVICE));
        device.managedProperty().bind(device.visibleProperty());
        device.setTooltip(Tooltips.of("Device, and memory used by model and checkpoint weights"));
        Button palette =
                IconButtons.of(Feather.COMMAND, "Commands, features and recent files (Ctrl+K)", commands::showPalette);
        palette.setId("palette");
        MenuButton theme = menus.looks(models.look());
        Button help =
                IconButtons.of(Feather.HELP_CIRCLE, "Help: what the words mean, and all keys (F1)", commands::showHelp);
        help.setId("help");
        Node corpus = new CorpusChip(
                        models.workbench(), models.statistics(), commands::showCorpus, room.map(width -> width >= WIDE))
                .node();
        Node interventions = new InterventionChip(
                        models.interventions(), commands::showInterventions, room.map(width -> width >= WIDE))
                .node();
        for (MenuButton button : List.of(openModel, openCheckpoint, compare)) {
            button.setMinWidth(Region.USE_PREF_SIZE);
            button.accessibleTextProperty().bind(button.textProperty());
            button.contentDisplayProperty()
                    .bind(room.map(
                            width -> width >= ROOM_FOR_NAMES ? ContentDisplay.LEFT : ContentDisplay.GRAPHIC_ONLY));
        }
        Tooltip whole = Tooltips.of("");
        whole.textProperty().bind(summary.textProperty());
        summary.setTooltip(whole);
        box.getChildren()
                .addAll(
                        menus.all(),
                        openModel,
                        openCheckpoint,
                        compare,
                        corpus,
                        interventions,
                        summary,
                        device,
                        menus.panes(),
                        palette,
                        theme,
                        help);
    }

    private void bind() {
        Workbench workbench = models.workbench();
        openModel.setOnShowing(event -> openModel.getItems().setAll(recentModels()));
        openCheckpoint.setOnShowing(event -> openCheckpoint.getItems().setAll(checkpoints(workbench.a())));
        compare.setOnShowing(event -> compare.getItems().setAll(checkpoints(workbench.b())));
        openModel.getItems().setAll(recentModels());
        openCheckpoint.getItems().setAll(checkpoints(workbench.a()));
        compare.getItems().setAll(checkpoints(workbench.b()));
        compare.disableProperty().bind(workbench.a().sae().isNull());
        workbench.model().addListener(changed -> describe());
        workbench.a().sae().addListener(changed -> describe());
        workbench.b().sae().addListener(changed -> describe());
        describe();
        Timeline status = new Timeline(new KeyFrame(Duration.ZERO, event -> showStatus()), new KeyFrame(STATUS_EVERY));
        status.setCycleCount(Timeline.INDEFINITE);
        Answers.whileShown(box, shown -> {
            if (shown) {
                status.play();
            } else {
                status.stop();
            }
        });
    }

    private void showStatus() {
        InferenceService.Status status = models.workbench().service().status();
        device.setText(
                status.device() + (status.residentBytes() > 0 ? "  " + NumberTexts.bytes(status.residentBytes()) : ""));
    }

    private void describe() {
        OpenModel model = models.workbench().model().get();
        OpenSae a = models.workbench().a().sae().get();
        OpenSae b = models.workbench().b().sae().get();
        if (model == null) {
            summary.setText("No model is open");
            return;
        }
        List<String> parts = new ArrayList<>();
        parts.add(model.id().name());
        if (a != null) {
            a.config().place().ifPresent(parts::add);
            parts.add((b == null ? "" : "A ") + a.id().name() + " (" + CheckpointWords.describe(a.config()) + ")");
        }
        if (b != null) {
            parts.add("B " + b.id().name() + " (" + CheckpointWords.describe(b.config()) + ")");
        }
        summary.setText(String.join("  \u00b7  ", parts));
    }

    private List<MenuItem> recentModels() {
        List<MenuItem> items = new ArrayList<>();
        items.add(item("Choose a folder...", () -> opening.chooseModel(window())));
        items.add(item("Choose a file...", () -> opening.chooseModelFile(window())));
        List<Session.Recent> recent = models.workbench().recent().all().stream()
                .filter(Session.Recent::model)
                .toList();
        if (!recent.isEmpty()) {
            items.add(new SeparatorMenuItem());
            recent.forEach(one ->
                    items.add(item(one.path(), () -> models.workbench().openModel(Path.of(one.path())))));
        }
        return items;
    }

    private List<MenuItem> checkpoints(CheckpointSide side) {
        List<MenuItem> items = new ArrayList<>();
        items.add(item("Choose a file...", () -> opening.chooseCheckpointFile(window(), side)));
        items.add(item("Choose a folder...", () -> opening.chooseCheckpointFolder(window(), side)));
        items.add(item("Inspect a file first...", commands::inspectFile));
        Optional<Path> open = openPath(models.workbench().a());
        List<Path> nearby = models.nearby().paths().stream()
                .filter(path -> open.filter(opened -> isAt(opened, path)).isEmpty())
                .toList();
        if (!nearby.isEmpty()) {
            items.add(new SeparatorMenuItem());
            nearby.forEach(
                    path -> items.add(item(path.getFileName().toString(), () -> opening.openCheckpoint(side, path))));
        }
        List<Session.Recent> recent = models.workbench().recent().all().stream()
                .filter(one -> one.isCheckpoint()
                        && !nearby.contains(Path.of(one.path()))
                        && open.filter(opened -> isAt(opened, Path.of(one.path())))
                                .isEmpty())
                .toList();
        if (!recent.isEmpty()) {
            items.add(new SeparatorMenuItem());
            recent.forEach(one -> items.add(item(one.path(), () -> opening.openCheckpoint(side, Path.of(one.path())))));
        }
        if (side == models.workbench().b() && open.isPresent()) {
            items.add(new SeparatorMenuItem());
            items.add(item(
                    "The same again, to see two of its features side by side",
                    () -> opening.openCheckpoint(side, open.get())));
        }
        if (side.sae().get() != null) {
            items.add(new SeparatorMenuItem());
            items.add(item("Checkpoint " + side + " details...", () -> commands.showReading(side)));
            for (SaeSaving.Form form : SaeSaving.Form.values()) {
                items.add(item(
                        "Save checkpoint " + side + " as " + form.label() + "...",
                        () -> commands.saveCheckpoint(side, form)));
            }
            items.add(item("Close checkpoint " + side, () -> models.workbench().closeCheckpoint(side)));
        }
        return items;
    }

    /** Whether what is open is what lies at a path: the same file, or one in that folder. */
    static boolean isAt(Path opened, Path path) {
        return opened.toAbsolutePath()
                .normalize()
                .startsWith(path.toAbsolutePath().normalize());
    }

    private static Optional<Path> openPath(CheckpointSide side) {
        return Optional.ofNullable(side.sae().get()).map(OpenSae::path);
    }

    private static MenuItem item(String text, Runnable action) {
        MenuItem item = new MenuItem(text);
        item.setMnemonicParsing(false);
        item.setOnAction(event -> action.run());
        return item;
    }

    private Window window() {
        return box.getScene().getWindow();
    }
}
