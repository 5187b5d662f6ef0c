package loupe.ui.window;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import javafx.beans.binding.Bindings;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.Scene;
import javafx.scene.control.TextInputControl;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.layout.BorderPane;
import javafx.scene.layout.Region;
import javafx.scene.layout.StackPane;
import loupe.search.FeatureSearch;
import loupe.search.SearchQuery;
import loupe.state.WorkbenchModels;
import loupe.state.window.CheckpointDoubt;
import loupe.state.window.FeatureRef;
import loupe.state.window.Session;
import loupe.state.window.Workbench;
import loupe.ui.checkpoint.CheckpointForm;
import loupe.ui.checkpoint.ChoiceForm;
import loupe.ui.checkpoint.TensorsForm;
import loupe.ui.export.ExportFormat;
import loupe.ui.pane.MaximiseHost;
import loupe.ui.pane.NeedEvent;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.pane.ProblemView;
import loupe.ui.style.Theme;
import loupe.ui.token.TokenText;
import loupe.ui.tree.TreePane;
import org.controlsfx.control.PopOver;
import org.jspecify.annotations.Nullable;

/** The whole window: tool bar, three columns, activity line, and over them pages and the command palette. */
public final class WorkbenchView {
    private static final double NARROW_PIXELS = 1180;
    private static final int MOST_FOUND = 20;

    private final WorkbenchModels models;
    private final Commands commands = new Commands();
    private final FileOpening opening;
    private final WorkbenchCommands actions;
    private final WindowFileSaver desk;
    private final WindowColumns columns;
    private final BorderPane root = new BorderPane();
    private final StackPane layers = new StackPane(root);
    private final StackPane veil = new StackPane();
    private final CommandPalette palette;
    private final Scene scene;
    private boolean comparing;
    private boolean narrow;
    private @Nullable PaneFrame focused;

    /**
     * @param saveDialog asks for the file of an export
     * @param remembered positions of dividers, from {@link #dividerPositions} of an earlier window
     */
    public WorkbenchView(
            WorkbenchModels models,
            SaveDialog saveDialog,
            Map<String, List<Double>> remembered,
            double width,
            double height) {
        this.models = models;
        opening = new FileOpening(models);
        desk = new WindowFileSaver(models, () -> scene().getWindow(), saveDialog);
        narrow = width < NARROW_PIXELS;
        columns = new WindowColumns(models, desk, remembered, narrow);
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

    /** The divider positions that a session remembers, by name. */
    public Map<String, List<Double>> dividerPositions() {
        return columns.dividerPositions();
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
        root.setCenter(new MaximiseHost(columns.node()));
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
        scene.widthProperty().addListener((property, was, is) -> {
            if (is.doubleValue() < NARROW_PIXELS != narrow) {
                narrow = !narrow;
                columns.arrange(narrow, comparing, false);
            }
        });
        Workbench workbench = models.workbench();
        workbench.b().sae().addListener((property, was, is) -> {
            if ((is != null) != comparing) {
                comparing = is != null;
                arrange();
            }
        });
        workbench.b().problem().addListener((property, was, is) -> {
            if (is != null && workbench.b().sae().get() == null) {
                showProblemOfB();
            }
        });
        workbench.doubt().addListener((property, was, is) -> showDoubt(is));
        scene.focusOwnerProperty().addListener((property, was, is) -> rememberFocus(is));
        commands.install(scene);
        opening.install(scene);
        columns.table().focusTable();
        scene.addEventHandler(KeyEvent.KEY_TYPED, this::typedNumber);
        scene.addEventHandler(
                NeedEvent.WANTED, event -> commands.run(event.need().command()));
    }

    /** A digit typed anywhere but in a field starts the number of a feature to go to. */
    private void typedNumber(KeyEvent event) {
        boolean plain = !event.isShortcutDown() && !event.isAltDown();
        if (plain
                && event.getCharacter().matches("[0-9]")
                && !(scene.getFocusOwner() instanceof TextInputControl)
                && models.workbench().a().sae().get() != null) {
            columns.table().startNumber(event.getCharacter());
            event.consume();
        }
    }

    private void arrange() {
        columns.arrange(
                narrow,
                comparing,
                scene.getWindow() != null && scene.getWindow().isShowing());
    }

    /** Whether all panes are in their places after a rearrangement of the window. */
    public boolean isArranged() {
        return columns.isArranged();
    }

    WindowColumns columns() {
        return columns;
    }

    // ---- over the window ----

    void showPalette() {
        cover(palette.node(), this::uncover);
        StackPane.setAlignment(veil.getChildren().get(0), Pos.TOP_CENTER);
        palette.begin();
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
        columns.a().of(type).node().setMaximised(wanted);
    }

    /** Saves the focused chart, or the tree, as a picture. */
    void exportFocused(ExportFormat format) {
        columns.panes().stream()
                .filter(pane -> pane.node() == focused)
                .findFirst()
                .flatMap(Pane::picture)
                .or(columns.a().of(TreePane.class)::picture)
                .ifPresent(picture -> picture.savePicture(format));
    }

    void maximiseFocused() {
        if (focused != null) {
            focused.toggleMaximised();
        } else {
            columns.a().of(TreePane.class).node().toggleMaximised();
        }
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
                        TokenText.sentence(models.table().describe(feature)),
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
            candidates.add(CommandPalette.ofRecent(recent, () -> opening.open(Path.of(recent.path()))));
        }
        List<CommandPalette.Entry> features = foundFeatures(words);
        List<CommandPalette.Entry> matching = CommandPalette.matching(candidates, words);
        // commands that have the words as they are come first, those that have only their letters last
        matching.stream()
                .filter(entry -> entry.title().toLowerCase(Locale.ROOT).contains(words.toLowerCase(Locale.ROOT)))
                .forEach(entries::add);
        entries.addAll(features);
        matching.stream().filter(entry -> !entries.contains(entry)).forEach(entries::add);
        return entries;
    }

    /** The features that the words find best, with where they were found. */
    private List<CommandPalette.Entry> foundFeatures(String words) {
        SearchQuery query = SearchQuery.parse(words);
        if (query.words().isEmpty() || words.length() < 2 || words.matches("#?\\d+")) {
            return List.of();
        }
        FeatureSearch search = models.search().search().get();
        return Arrays.stream(search.find(query))
                .limit(MOST_FOUND)
                .mapToObj(feature -> new CommandPalette.Entry(
                        "Feature " + feature,
                        TokenText.sentence(search.why(feature, query).stream()
                                .map(FeatureSearch.Reason::plain)
                                .collect(Collectors.joining("; "))),
                        () -> models.table().jumpTo(feature)))
                .toList();
    }
}
