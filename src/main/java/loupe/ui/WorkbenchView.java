package loupe.ui;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javafx.beans.binding.Bindings;
import javafx.geometry.Orientation;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.Scene;
import javafx.scene.control.SplitPane;
import javafx.scene.control.Tab;
import javafx.scene.control.TextInputControl;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.layout.BorderPane;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.StackPane;
import javafx.scene.layout.VBox;
import loupe.state.CheckpointDoubt;
import loupe.state.FeatureRef;
import loupe.state.Session;
import loupe.state.Workbench;
import loupe.state.WorkbenchModels;
import org.controlsfx.control.PopOver;

/** The whole window: bar, three columns, activity line. With a second checkpoint the middle and right columns split into A and B. */
public final class WorkbenchView {
    private static final double NARROW_PIXELS = 1180;
    private static final List<Double> ROW_HEIGHTS = List.of(0.31, 0.59);
    private static final String ALL_FEATURES = "All features";
    private static final String EXAMPLES = "Examples";
    private static final String YOUR_TEXT = "Your text";
    private static final String TOGETHER = "Active together";
    private static final String TOGETHER_A = "With A";

    private final WorkbenchModels models;
    private final Commands commands = new Commands();
    private final FileOpening opening;
    private final WindowDesk desk;
    private final Dividers dividers;
    private final PaneSlots slots = new PaneSlots();
    private final FeatureTablePane table;
    private final GhostControls controls;
    private final ScatterPane scatter;
    private final TabPlaces tabs = new TabPlaces();
    private final FeatureHeader header;
    private final SidePanes a;
    private final SidePanes b;
    private final BorderPane root = new BorderPane();
    private final StackPane layers = new StackPane(root);
    private final StackPane columns = new StackPane();
    private final StackPane charts = PaneSlots.place();
    private final StackPane texts = PaneSlots.place();
    private final StackPane trees = PaneSlots.place();
    private final StackPane lists = PaneSlots.place();
    private final MaximiseHost host = new MaximiseHost(columns);
    private final StackPane veil = new StackPane();
    private final CommandPalette palette;
    private final Scene scene;
    private SplitPane split;
    private SplitPane rows;
    private boolean comparing;
    private boolean narrow;
    private PaneFrame focused;

    /** @param remembered positions of dividers, from {@link #dividerPositions} of an earlier window */
    public WorkbenchView(WorkbenchModels models, Map<String, List<Double>> remembered, double width, double height) {
        this.models = models;
        opening = new FileOpening(models);
        dividers = new Dividers(remembered);
        desk = new WindowDesk(models, () -> scene().getWindow());
        table = new FeatureTablePane(models.workbench(), models.table(), desk);
        controls = new GhostControls(models.controls(), models.scales());
        header = new FeatureHeader(models);
        scatter = new ScatterPane(models, desk);
        a = new SidePanes(models, models.a(), () -> tabs.show(TabPlaces.TEXTS, YOUR_TEXT), desk);
        b = new SidePanes(models, models.b(), () -> tabs.show(TabPlaces.TEXTS, YOUR_TEXT), desk);
        palette = new CommandPalette(this::paletteEntries, this::uncover);
        new WorkbenchCommands(this, models, opening).addTo(commands);
        scene = new Scene(layers, width, height);
        narrow = width < NARROW_PIXELS;
        layOut();
        bind();
    }

    public Scene scene() {
        return scene;
    }

    /** For the session. */
    public Map<String, List<Double>> dividerPositions() {
        return dividers.positions();
    }

    WindowDesk desk() {
        return desk;
    }

    /** Runs a command by its name, as its menu or key does. @throws IllegalArgumentException if there is none */
    public void run(String command) {
        commands.run(command);
    }

    private void layOut() {
        root.getStyleClass().add("workbench");
        root.setTop(new WorkbenchToolBar(models, opening, commands).node());
        root.setCenter(host);
        root.setBottom(new ActivityBar(models.workbench().activity(), models.workbench().notices()).node());
        columns.getStyleClass().add("columns");
        veil.getStyleClass().add("veil");
        veil.setVisible(false);
        layers.getChildren().add(veil);
        rows = dividers.split(name("rows"), Orientation.VERTICAL, ROW_HEIGHTS, charts, texts, trees);
        split = dividers.split(name("columns"), Orientation.HORIZONTAL, columnWidths(), table.node(), column(header.node(), rows), column(controls.node(), lists));
        SplitPane.setResizableWithParent(table.node(), false);
        split.setMinSize(0, 0);
        columns.setMinSize(0, 0);
        columns.getChildren().add(split);
        for (PaneFrame frame : b.all()) {
            frame.getStyleClass().add("side-b");
        }
        arrange();
    }

    private void bind() {
        Theme.of(models.dark().get() ? "dark" : "light").apply(scene);
        models.dark().addListener((property, was, is) -> Theme.of(is ? "dark" : "light").apply(scene));
        layers.styleProperty().bind(Bindings.concat("-fx-font-size: ", models.fontSize(), "px;"));
        scene.widthProperty().addListener((property, was, is) -> {
            if (is.doubleValue() < NARROW_PIXELS != narrow) {
                narrow = !narrow;
                arrange();
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
        table.focusTable();
        scene.addEventHandler(KeyEvent.KEY_PRESSED, this::typedNumber);
    }

    /** A digit pressed anywhere but in a field starts the number of a feature to go to. */
    private void typedNumber(KeyEvent event) {
        boolean plain = !event.isShortcutDown() && !event.isAltDown() && !event.isShiftDown();
        if (plain && event.getCode().isDigitKey() && !(scene.getFocusOwner() instanceof TextInputControl) && models.workbench().a().sae().get() != null) {
            table.startNumber(event.getText());
            event.consume();
        }
    }

    // ---- layout ----

    /** The table, the header and the controls stay; the other panes are put into new places, one with each pulse. */
    private void arrange() {
        slots.begin();
        for (PaneFrame frame : movingFrames()) {
            frame.setMaximised(false);
            if (frame.isTornOff()) {
                frame.toggleTornOff();
            }
        }
        dividers.rename(split, name("columns"), columnWidths());
        dividers.rename(rows, name("rows"), ROW_HEIGHTS);
        slots.later(charts, this::charts);
        slots.later(texts, this::texts);
        slots.later(trees, () -> comparing ? pair("trees", a.tree(), b.tree()) : slots.of(a.tree()));
        slots.later(lists, this::lists);
        slots.fill(scene.getWindow() != null && scene.getWindow().isShowing());
    }

    private List<Double> columnWidths() {
        return narrow && comparing ? List.of(0.15, 0.7) : narrow ? List.of(0.21, 0.65) : comparing ? List.of(0.17, 0.64) : List.of(0.205, 0.635);
    }

    /** Whether all panes are in their places after the window was arranged anew. */
    public boolean isArranged() {
        return slots.isFull();
    }

    private static Node column(Node above, Node rest) {
        VBox column = new VBox(above, rest);
        VBox.setVgrow(rest, Priority.ALWAYS);
        column.getStyleClass().add("column");
        column.setMinWidth(0);
        return column;
    }

    private Node charts() {
        Tab all = tab(ALL_FEATURES, slots.of(scatter.node()));
        scatter.standsIn(all);
        if (comparing) {
            return tabs.make(TabPlaces.CHARTS, tab("Activations", pair("histograms", a.histogram(), b.histogram())), tab("Logit weights", pair("logits", a.logits(), b.logits())), all);
        }
        if (narrow) {
            return tabs.make(TabPlaces.CHARTS, tab("Activations", slots.of(a.histogram())), tab("Logit weights", slots.of(a.logits())), all);
        }
        return tabs.make(TabPlaces.CHARTS, tab("This feature", pair("charts", a.histogram(), a.logits())), all);
    }

    private Node texts() {
        if (comparing) {
            return tabs.make(TabPlaces.TEXTS, tab(EXAMPLES, pair("examples", a.examples(), b.examples())), tab(YOUR_TEXT, pair("texts", a.text(), b.text())));
        }
        return tabs.make(TabPlaces.TEXTS, tab(EXAMPLES, slots.of(a.examples())), tab(YOUR_TEXT, slots.of(a.text())));
    }

    private Node lists() {
        if (comparing && narrow) {
            return tabs.make(TabPlaces.LISTS, tab("Tokens A", slots.of(a.tokens())), tab("B", slots.of(b.tokens())), tab("Near A", slots.of(a.neighbours())), tab("B", slots.of(b.neighbours())),
                    together(TOGETHER_A, slots.of(a.together()), a), together("B", slots.of(b.together()), b));
        }
        if (comparing) {
            return tabs.make(TabPlaces.LISTS, tab("Token lists", pair("tokens", a.tokens(), b.tokens())), tab("Neighbours", pair("neighbours", a.neighbours(), b.neighbours())),
                    together(TOGETHER, pair("together", a.together(), b.together()), a, b));
        }
        if (narrow) {
            return tabs.make(TabPlaces.LISTS, tab("Token list", slots.of(a.tokens())), tab("Neighbours", slots.of(a.neighbours())), together(TOGETHER, slots.of(a.together()), a));
        }
        return tabs.make(TabPlaces.LISTS, tab("Nearest", dividers.split("lists", Orientation.HORIZONTAL, List.of(0.5), slots.of(a.tokens()), slots.of(a.neighbours()))),
                together(TOGETHER, slots.of(a.together()), a));
    }

    private Node pair(String name, PaneFrame left, PaneFrame right) {
        return dividers.split(name, Orientation.HORIZONTAL, List.of(0.5), slots.of(left), slots.of(right));
    }

    private static Tab together(String title, Node content, SidePanes... sides) {
        Tab tab = tab(title, content);
        for (SidePanes side : sides) {
            side.togetherPane().standsIn(tab);
        }
        return tab;
    }

    private static Tab tab(String title, Node content) {
        return new Tab(title, content);
    }

    private String name(String split) {
        return split + (comparing ? "-compare" : "") + (narrow ? "-narrow" : "");
    }

    private List<PaneFrame> movingFrames() {
        List<PaneFrame> frames = new ArrayList<>(a.all());
        frames.addAll(b.all());
        frames.add(scatter.node());
        return frames;
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

    boolean isCovered() {
        return veil.isVisible();
    }

    private void showDoubt(CheckpointDoubt doubt) {
        if (doubt == null) {
            uncover();
            return;
        }
        Workbench workbench = models.workbench();
        int layers = workbench.model().get() == null ? 0 : workbench.model().get().config().nLayers();
        CheckpointForm form = new CheckpointForm(doubt, layers, workbench::settleDoubt, workbench::dismissDoubt);
        cover(form.node(), workbench::dismissDoubt);
        form.focus();
    }

    private void showProblemOfB() {
        ProblemView view = new ProblemView(null);
        view.show(models.workbench().b().problem().get());
        PopOver over = new PopOver(view);
        over.setTitle("Checkpoint B could not be opened");
        over.getRoot().getStylesheets().addAll(scene.getStylesheets());
        over.setArrowLocation(PopOver.ArrowLocation.TOP_LEFT);
        Node compare = scene.lookup("#compare");
        if (compare != null && scene.getWindow() != null && scene.getWindow().isShowing()) {
            over.show(compare);
        }
    }

    void cover(Node page, Runnable leave) {
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

    void uncover() {
        veil.setVisible(false);
        veil.getChildren().clear();
    }

    // ---- for commands ----

    /** Takes a page or the palette off the window. */
    public void dismiss() {
        uncover();
    }

    /**
     * Maximises a pane of side A, or brings it back.
     *
     * @param pane tree, histogram, logits, scatter, examples, text, tokens, neighbours or together; others do nothing
     */
    public void maximise(String pane, boolean wanted) {
        (pane.equals("scatter") ? java.util.Optional.of(scatter.node()) : a.named(pane)).ifPresent(frame -> frame.setMaximised(wanted));
    }

    void showText() {
        tabs.show(TabPlaces.TEXTS, YOUR_TEXT);
        a.textPane().focus();
    }

    void showExamples() {
        tabs.show(TabPlaces.TEXTS, EXAMPLES);
        a.focusExamples();
    }

    /** Brings the features that are active together to the front, or what was there before them. */
    void showTogether() {
        if (tabs.isInFront(TabPlaces.LISTS, TOGETHER, TOGETHER_A)) {
            tabs.showFirst(TabPlaces.LISTS);
        } else {
            tabs.show(TabPlaces.LISTS, TOGETHER);
            tabs.show(TabPlaces.LISTS, TOGETHER_A);
        }
    }

    void showAllFeatures() {
        tabs.show(TabPlaces.CHARTS, ALL_FEATURES);
        scatter.focus();
    }

    void showThisFeature() {
        tabs.showFirst(TabPlaces.CHARTS);
    }

    void focusFilter() {
        table.focusFilter();
    }

    void filterTokens() {
        a.tokenList().startFilter();
    }

    void steer() {
        a.treePane().startSteering();
    }

    void findInTree() {
        a.treePane().canvas().requestFocus();
        a.treePane().canvas().openFind();
    }

    /** Saves the focused chart, or the tree, as a picture. */
    void exportFocused(ExportFormat format) {
        java.util.Map<PaneFrame, ExportMenu> pictures = new java.util.LinkedHashMap<>(a.pictures());
        pictures.putAll(b.pictures());
        pictures.put(scatter.node(), scatter.export());
        pictures.getOrDefault(focused, pictures.get(a.tree())).savePicture(format);
    }

    void maximiseFocused() {
        if (focused != null) {
            focused.toggleMaximised();
        } else {
            a.tree().toggleMaximised();
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
                entries.add(new CommandPalette.Entry("Go to feature " + feature, models.table().promoted(feature), () -> models.table().jumpTo(feature)));
            }
            FeatureRef chosen = models.workbench().selection().feature().get();
            if (chosen == null && entries.isEmpty()) {
                return entries;
            }
        }
        List<CommandPalette.Entry> candidates = new ArrayList<>();
        for (Command command : commands.all()) {
            if (command.enabled().getAsBoolean() && !command.name().equals("palette")) {
                candidates.add(new CommandPalette.Entry(command.title(), command.keyText(), command::run));
            }
        }
        for (Path path : models.nearby().paths()) {
            candidates.add(new CommandPalette.Entry("Open checkpoint " + path.getFileName(), "beside the model", () -> opening.openCheckpoint(models.workbench().a(), path)));
            candidates.add(new CommandPalette.Entry("Compare with " + path.getFileName(), "beside the model", () -> opening.openCheckpoint(models.workbench().b(), path)));
        }
        for (Session.Recent recent : models.workbench().recent().all()) {
            candidates.add(CommandPalette.ofRecent(recent.path(), recent.model(), () -> opening.open(Path.of(recent.path()))));
        }
        entries.addAll(CommandPalette.matching(candidates, words));
        return entries;
    }
}
