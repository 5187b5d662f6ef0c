package loupe.ui.window;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javafx.beans.binding.Bindings;
import javafx.beans.property.ReadOnlyStringProperty;
import javafx.beans.property.ReadOnlyStringWrapper;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.Scene;
import javafx.scene.control.TextInputControl;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.layout.BorderPane;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.StackPane;
import javafx.scene.layout.VBox;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.state.WorkbenchModels;
import loupe.state.window.CheckpointDoubt;
import loupe.state.window.FeatureRef;
import loupe.state.window.Session;
import loupe.state.window.ViewLayouts;
import loupe.state.window.Workbench;
import loupe.ui.checkpoint.CheckpointForm;
import loupe.ui.checkpoint.ChoiceForm;
import loupe.ui.checkpoint.TensorsForm;
import loupe.ui.export.ExportFormat;
import loupe.ui.features.FeatureHeader;
import loupe.ui.pane.MaximiseHost;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.pane.ProblemView;
import loupe.ui.style.Theme;
import loupe.ui.tree.TreePane;
import org.controlsfx.control.PopOver;
import org.jspecify.annotations.Nullable;

/**
 * The whole window: tool bar, the rail of views, the feature's header, the panes of the view that is shown, activity
 * line, and over them pages and the command palette.
 */
public final class WorkbenchView {
    private static final String NAME = "SAE Loupe";
    /** What stands beside and above the panes, until the window has been laid out. */
    private static final double BESIDE_PANES = 96;

    private static final double ABOVE_PANES = 130;

    private final WorkbenchModels models;
    private final Commands commands = new Commands();
    private final FileOpening opening;
    private final WorkbenchCommands actions;
    private final WindowFileSaver desk;
    private final PaneArea area;
    private final ViewLayouts layouts = new ViewLayouts(
            ViewKind.layouts(), PaneKind.ALL.stream().map(PaneKind::id).toList());
    private final ReadOnlyStringWrapper title = new ReadOnlyStringWrapper(this, "title", NAME);
    private final BorderPane root = new BorderPane();
    private final StackPane layers = new StackPane(root);
    private final StackPane veil = new StackPane();
    private final CommandPalette palette;
    private final Scene scene;
    private @Nullable PaneFrame focused;

    /**
     * @param saveDialog asks for the file of an export
     * @param remembered the views' layouts, from {@link #rememberedViews} of an earlier window; null for none
     */
    public WorkbenchView(
            WorkbenchModels models, SaveDialog saveDialog, @Nullable JsonNode remembered, double width, double height) {
        this.models = models;
        opening = new FileOpening(models);
        desk = new WindowFileSaver(models, () -> scene().getWindow(), saveDialog);
        layouts.recall(remembered)
                .forEach(what -> models.workbench()
                        .notices()
                        .add("The session's file has no layout that can be used for " + what + "; it is left out"));
        area = new PaneArea(models, desk, layouts, width - BESIDE_PANES, height - ABOVE_PANES);
        palette = new CommandPalette(this::paletteEntries, this::uncover);
        actions = new WorkbenchCommands(this, models, opening);
        actions.addTo(commands);
        scene = new Scene(layers, width, height);
        layOut();
        bind();
    }

    public Scene scene() {
        return scene;
    }

    /** What a session remembers of the views. */
    public JsonNode rememberedViews() {
        return layouts.remembered();
    }

    /** The title of the window: feature, checkpoint, model and program. */
    public ReadOnlyStringProperty titleProperty() {
        return title.getReadOnlyProperty();
    }

    WindowFileSaver desk() {
        return desk;
    }

    /**
     * Runs a command by its name, as its menu or key does.
     *
     * @throws IllegalArgumentException if there is none
     */
    public void run(String command) {
        commands.run(command);
    }

    private void layOut() {
        root.getStyleClass().add("workbench");
        root.setTop(new WorkbenchToolBar(models, opening, actions).node());
        VBox middle = new VBox(new FeatureHeader(models).node(), new MaximiseHost(area.node()));
        VBox.setVgrow(middle.getChildren().get(1), Priority.ALWAYS);
        middle.setMinSize(0, 0);
        middle.getStyleClass().add("view");
        root.setLeft(new ViewRail(layouts).node());
        root.setCenter(middle);
        root.setBottom(new ActivityBar(
                        models.workbench().activity(), models.workbench().notices())
                .node());
        veil.getStyleClass().add("veil");
        veil.setVisible(false);
        layers.getChildren().add(veil);
    }

    private void bind() {
        Theme.of(models.dark().get() ? "dark" : "light").apply(scene);
        models.dark()
                .addListener(
                        (property, was, is) -> Theme.of(is ? "dark" : "light").apply(scene));
        layers.styleProperty().bind(Bindings.concat("-fx-font-size: ", models.fontSize(), "px;"));
        Workbench workbench = models.workbench();
        List.of(workbench.model(), workbench.a().sae(), workbench.a().feature())
                .forEach(shown -> shown.addListener(changed -> entitle()));
        workbench.b().problem().addListener((property, was, is) -> {
            if (is != null && workbench.b().sae().get() == null) {
                showProblemOfB();
            }
        });
        workbench.doubt().addListener((property, was, is) -> showDoubt(is));
        scene.focusOwnerProperty().addListener((property, was, is) -> rememberFocus(is));
        commands.install(scene);
        opening.install(scene);
        area.table().focus();
        scene.addEventHandler(KeyEvent.KEY_TYPED, this::typedNumber);
    }

    /** A digit typed anywhere but in a field starts the number of a feature to go to. */
    private void typedNumber(KeyEvent event) {
        boolean plain = !event.isShortcutDown() && !event.isAltDown();
        if (plain
                && event.getCharacter().matches("[0-9]")
                && !(scene.getFocusOwner() instanceof TextInputControl)
                && models.workbench().a().sae().get() != null) {
            if (isInFront(area.table().node())) {
                area.table().startNumber(event.getCharacter());
            } else {
                showPalette(event.getCharacter());
            }
            event.consume();
        }
    }

    private void entitle() {
        Workbench workbench = models.workbench();
        OpenModel model = workbench.model().get();
        OpenSae sae = workbench.a().sae().get();
        FeatureRef feature = workbench.a().feature().get();
        List<String> parts = new ArrayList<>();
        if (feature != null && sae != null) {
            parts.add("Feature " + feature.feature());
        }
        if (sae != null) {
            parts.add(sae.id().name());
        }
        if (model != null) {
            parts.add(model.id().name());
        }
        parts.add(NAME);
        title.set(String.join(" - ", parts));
    }

    /** Whether all panes are in their places after a rearrangement of the window. */
    public boolean isArranged() {
        return area.isArranged();
    }

    PaneArea area() {
        return area;
    }

    // ---- over the window ----

    void showPalette() {
        showPalette("");
    }

    private void showPalette(String typed) {
        cover(palette.node(), this::uncover);
        StackPane.setAlignment(veil.getChildren().get(0), Pos.TOP_CENTER);
        palette.begin(typed);
    }

    void showShortcuts() {
        Node page = ShortcutPage.of(commands);
        cover(page, this::uncover);
    }

    private void showDoubt(CheckpointDoubt doubt) {
        if (doubt == null) {
            uncover();
            return;
        }
        Workbench workbench = models.workbench();
        int layers = workbench.model().get() == null
                ? 0
                : workbench.model().get().config().nLayers();
        if (doubt.tensors().isPresent()) {
            TensorsForm form = new TensorsForm(doubt, workbench::settleDoubt, workbench::dismissDoubt);
            cover(form.node(), workbench::dismissDoubt);
            form.focus();
            return;
        }
        if (doubt.about().isPresent()) {
            ChoiceForm form = new ChoiceForm(doubt, workbench::settleDoubt, workbench::dismissDoubt);
            cover(form.node(), workbench::dismissDoubt);
            form.focus();
            return;
        }
        CheckpointForm form = new CheckpointForm(doubt, layers, workbench::settleDoubt, workbench::dismissDoubt);
        cover(form.node(), workbench::dismissDoubt);
        form.focus();
    }

    private void showProblemOfB() {
        ProblemView view = new ProblemView(null);
        view.show(models.workbench().b().problem().get());
        PopOver over = new PopOver(view);
        view.onRemedy(remedy -> {
            over.hide();
            models.workbench().mend(models.workbench().b(), remedy);
        });
        over.setTitle("Checkpoint B could not be opened");
        over.getRoot().getStylesheets().addAll(scene.getStylesheets());
        over.setArrowLocation(PopOver.ArrowLocation.TOP_LEFT);
        Node compare = scene.lookup("#compare");
        if (compare != null && scene.getWindow() != null && scene.getWindow().isShowing()) {
            over.show(compare);
        }
    }

    public void cover(Node page, Runnable leave) {
        StackPane card = new StackPane(page);
        card.getStyleClass().add("card");
        card.setMaxSize(Region.USE_PREF_SIZE, Region.USE_PREF_SIZE);
        veil.getChildren().setAll(card);
        StackPane.setAlignment(card, Pos.CENTER);
        veil.setVisible(true);
        veil.setOnMouseClicked(event -> {
            if (event.getTarget() == veil) {
                leave.run();
            }
        });
        veil.setOnKeyPressed(event -> {
            if (event.getCode() == KeyCode.ESCAPE) {
                leave.run();
                event.consume();
            }
        });
        card.setFocusTraversable(true);
        card.requestFocus();
    }

    public void uncover() {
        veil.setVisible(false);
        veil.getChildren().clear();
    }

    // ---- for commands ----

    /** Closes the page or the palette. */
    public void dismiss() {
        uncover();
    }

    /**
     * Maximises a pane of side A, or brings it back.
     *
     * @param type the class of the pane, one of {@link PaneKind#ALL}
     * @throws IllegalArgumentException if the window has no such pane
     */
    public void maximise(Class<? extends Pane> type, boolean wanted) {
        area.a().of(type).node().setMaximised(wanted);
    }

    /** Saves the focused chart, or the tree, as a picture. */
    void exportFocused(ExportFormat format) {
        area.all().stream()
                .filter(pane -> pane.node() == focused)
                .findFirst()
                .flatMap(Pane::picture)
                .or(area.a().of(TreePane.class)::picture)
                .ifPresent(picture -> picture.savePicture(format));
    }

    void maximiseFocused() {
        if (focused != null) {
            focused.toggleMaximised();
        } else {
            area.a().of(TreePane.class).node().toggleMaximised();
        }
    }

    /** Whether a pane can be seen: it stands in this view and nothing is in front of it. */
    private boolean isInFront(PaneFrame frame) {
        boolean covered = area.all().stream()
                .anyMatch(pane -> pane.node() != frame && pane.node().isMaximised());
        return !covered && area.inFront().contains(frame);
    }

    private void rememberFocus(Node owner) {
        for (Node node = owner; node != null; node = node.getParent()) {
            if (node instanceof PaneFrame frame) {
                focused = frame;
                return;
            }
        }
    }

    private List<CommandPalette.Entry> paletteEntries(String typed) {
        List<CommandPalette.Entry> entries = new ArrayList<>();
        String words = typed.strip();
        if (words.matches("#?\\d{1,9}")) {
            int feature = Integer.parseInt(words.replace("#", ""));
            if (feature < models.table().size()) {
                entries.add(new CommandPalette.Entry(
                        "Go to feature " + feature,
                        models.table().promoted(feature),
                        () -> models.table().jumpTo(feature)));
            }
            FeatureRef chosen = models.workbench().selection().feature().get();
            if (chosen == null && entries.isEmpty()) {
                return entries;
            }
        }
        List<CommandPalette.Entry> candidates = new ArrayList<>();
        for (Command command : commands.all()) {
            if (command.enabled().getAsBoolean() && !command.equals(actions.palette())) {
                candidates.add(new CommandPalette.Entry(command.title(), command.keyText(), command::run));
            }
        }
        for (Path path : models.nearby().paths()) {
            candidates.add(new CommandPalette.Entry(
                    "Open checkpoint " + path.getFileName(),
                    "beside the model",
                    () -> opening.openCheckpoint(models.workbench().a(), path)));
            candidates.add(new CommandPalette.Entry(
                    "Compare with " + path.getFileName(),
                    "beside the model",
                    () -> opening.openCheckpoint(models.workbench().b(), path)));
        }
        for (Session.Recent recent : models.workbench().recent().all()) {
            candidates.add(
                    CommandPalette.ofRecent(recent.path(), recent.model(), () -> opening.open(Path.of(recent.path()))));
        }
        entries.addAll(CommandPalette.matching(candidates, words));
        return entries;
    }
}
