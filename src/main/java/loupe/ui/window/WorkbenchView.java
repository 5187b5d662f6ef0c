package loupe.ui.window;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javafx.application.Platform;
import javafx.beans.binding.Bindings;
import javafx.beans.binding.BooleanBinding;
import javafx.beans.property.ReadOnlyStringProperty;
import javafx.beans.property.ReadOnlyStringWrapper;
import javafx.collections.ObservableList;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.Scene;
import javafx.scene.control.Button;
import javafx.scene.control.MenuButton;
import javafx.scene.control.TextInputControl;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.input.MouseEvent;
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
import loupe.state.window.NamedSessions;
import loupe.state.window.Sample;
import loupe.state.window.Session;
import loupe.state.window.Side;
import loupe.state.window.ViewLayouts;
import loupe.state.window.Workbench;
import loupe.ui.checkpoint.CheckpointForm;
import loupe.ui.checkpoint.ChoiceForm;
import loupe.ui.checkpoint.TensorsForm;
import loupe.ui.control.IconButtons;
import loupe.ui.control.PopOvers;
import loupe.ui.export.ExportFormat;
import loupe.ui.features.FeatureHeader;
import loupe.ui.help.HelpPage;
import loupe.ui.pane.MaximiseHost;
import loupe.ui.pane.NeedEvent;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.pane.ProblemView;
import loupe.ui.style.Theme;
import loupe.ui.token.TokenText;
import loupe.ui.tree.TreePane;
import loupe.ui.welcome.GuidedTour;
import loupe.ui.welcome.StartPage;
import org.controlsfx.control.PopOver;
import org.jspecify.annotations.Nullable;
import org.kordamp.ikonli.feather.Feather;

/**
 * The whole window: tool bar, the rail of views, the feature's header, the panes of the view that is shown, activity
 * line, and over them pages and the command palette.
 */
public final class WorkbenchView {
    private static final String NAME = "SAE Loupe";
    /** Letters from which the palette also finds what the help explains. */
    private static final int LEAST_OF_HELP = 3;

    /** What stands beside and above the panes, until the window has been laid out. */
    private static final double BESIDE_PANES = 96;

    private static final double ABOVE_PANES = 130;
    private final WorkbenchModels models;
    private final Commands commands = new Commands();
    private final FileOpening opening;
    private final WorkbenchCommands actions;
    private final WindowFileSaver desk;
    private final PaneArea area;
    private final FeatureHeader header;
    private final ViewLayouts layouts = new ViewLayouts(
            ViewKind.layouts(), PaneKind.ALL.stream().map(PaneKind::id).toList());
    private final ReadOnlyStringWrapper title = new ReadOnlyStringWrapper(this, "title", NAME);
    private final BorderPane root = new BorderPane();
    private final StackPane layers = new StackPane(root);
    private final StackPane veil = new StackPane();
    private final CommandPalette palette;
    private final WindowHistory history;
    private final Scene scene;
    /** Whether nothing is open any more, after something was. */
    private boolean hasClosed;

    private final DropOverlay drop;
    private final HelpLinks help;
    private final Optional<Sample> sample;
    private final StartPage start;
    private final Optional<GuidedTour> tour;
    private @Nullable PaneFrame focused;
    private @Nullable Node focusedBefore;
    private Runnable leaving = () -> {};

    /**
     * @param saveDialog asks for the file of an export
     * @param sample offered to a newcomer; empty where it is not installed
     * @param remembered the views' layouts, from {@link #rememberedViews} of an earlier window; null for none
     */
    public WorkbenchView(
            WorkbenchModels models,
            SaveDialog saveDialog,
            Optional<Sample> sample,
            @Nullable JsonNode remembered,
            double width,
            double height) {
        this.models = models;
        this.sample = sample;
        opening = new FileOpening(models);
        desk = new WindowFileSaver(models, () -> scene().getWindow(), saveDialog);
        layouts.recall(remembered)
                .forEach(what -> models.workbench()
                        .notices()
                        .add("The session's file has no layout that can be used for " + what + "; it is left out"));
        area = new PaneArea(
                models,
                desk,
                new CorpusChoosing(opening, () -> scene().getWindow(), () -> run("cache")),
                layouts,
                width - BESIDE_PANES,
                height - ABOVE_PANES);
        drop = new DropOverlay(models, opening::drop);
        header = new FeatureHeader(models);
        help = new HelpLinks(area, header.node(), commands, this::show);
        help.addToPanes();
        palette = new CommandPalette(
                this::paletteEntries, this::uncover, models.finder().searching()::get);
        models.finder().searching().addListener((property, was, is) -> {
            if (!is && palette.node().getScene() != null) {
                palette.refill();
            }
        });
        history = new WindowHistory(area, models.undoOrder());
        actions = new WorkbenchCommands(this, models, opening);
        actions.addTo(commands);
        start = new StartPage(models.workbench(), new StartChoices(() -> {}));
        scene = new Scene(layers, width, height);
        tour = sample.map(installed -> new GuidedTour(models, installed, scene, commands::run, veil::isVisible));
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

    /** Shows the views as another session has them, with every pane in its place. */
    public void recallViews(@Nullable JsonNode remembered) {
        models.undoOrder().quietly(() -> {
            history.bringBack();
            layouts.recall(remembered);
        });
    }

    /** What a session remembers of the windows of torn-off panes. */
    public Map<String, String> rememberedWindows() {
        return history.remembered();
    }

    /**
     * Tears off the panes of a side that were torn off, once the window is shown.
     *
     * @param remembered from {@link #rememberedWindows} of an earlier window
     */
    public void recallWindows(Map<String, String> remembered, Side side) {
        area.onceArranged(() -> models.undoOrder().quietly(() -> history.recall(remembered, side)));
    }

    /** Brings back the panes that are torn off, which closes their windows. */
    public void closePaneWindows() {
        models.undoOrder().quietly(history::bringBack);
    }

    /** Asks whether to close although something would be lost. */
    public void askToClose(List<String> losses, Runnable close) {
        cover(new ClosingPage(losses, close, this::uncover).node(), this::uncover);
    }

    /** The title of the window: feature, checkpoint, model and program. */
    public ReadOnlyStringProperty titleProperty() {
        return title.getReadOnlyProperty();
    }

    Commands commands() {
        return commands;
    }

    WindowFileSaver desk() {
        return desk;
    }

    /** The sample; empty where it is not installed. */
    Optional<Sample> sample() {
        return sample;
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
        root.setTop(new WorkbenchToolBar(models, opening, actions, new WindowMenus(commands, layouts)).node());
        VBox middle = new VBox(header.node(), new MaximiseHost(area.node()));
        VBox.setVgrow(middle.getChildren().get(1), Priority.ALWAYS);
        middle.setMinSize(0, 0);
        middle.getStyleClass().add("view");
        root.setLeft(new ViewRail(layouts).node());
        startsWhereNothingIsOpen(middle);
        root.setCenter(new StackPane(middle, start.node()));
        root.setBottom(new ActivityBar(
                        models.workbench().activity(),
                        models.workbench().notices(),
                        new FileManager(models.workbench())::showFolderOf)
                .node());
        veil.getStyleClass().add("veil");
        veil.setVisible(false);
        layers.getChildren().addAll(veil, drop.node());
        tour.ifPresent(guided -> layers.getChildren().add(guided.node()));
    }

    /** Shows the start page in place of the panes while there is nothing that they could show. */
    private void startsWhereNothingIsOpen(Node panes) {
        Workbench workbench = models.workbench();
        BooleanBinding nothing = Bindings.createBooleanBinding(
                () -> workbench.model().get() == null
                        && !workbench.openingModel().get()
                        && workbench.modelProblem().get() == null
                        && workbench.a().sae().get() == null
                        && !workbench.a().opening().get()
                        && workbench.a().problem().get() == null
                        && workbench.doubt().get() == null,
                workbench.model(),
                workbench.openingModel(),
                workbench.modelProblem(),
                workbench.a().sae(),
                workbench.a().opening(),
                workbench.a().problem(),
                workbench.doubt());
        start.node().visibleProperty().bind(nothing);
        panes.visibleProperty().bind(nothing.not());
        scene.addPreLayoutPulseListener(() -> {
            if (hasClosed) {
                area.setEmpty(true); // in time for this pulse, and not while one thing takes another's place
            }
        });
        nothing.addListener((property, was, is) -> {
            hasClosed = is;
            if (is) {
                start.showRecent();
                if (isShown()) { // not in a window that closes what was open in it
                    start.focus();
                }
            } else {
                area.setEmpty(false);
                area.onceArranged(() -> {
                    if (scene.getFocusOwner() == null) {
                        area.table().focus();
                    }
                });
            }
        });
    }

    private boolean isShown() {
        return scene.getWindow() != null && scene.getWindow().isShowing();
    }

    private void bind() {
        Theme.of(models.look().get()).apply(scene);
        models.look().addListener((property, was, is) -> Theme.of(is).apply(scene));
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
        installIn(scene);
        scene.addEventFilter(MouseEvent.MOUSE_CLICKED, this::focusClickedPane);
        drop.install(scene);
        scene.addEventFilter(KeyEvent.KEY_PRESSED, this::leaveByEscape);
        tearOffWithKeys();
        scene.windowProperty().addListener((property, was, is) -> {
            if (was == null) {
                focusFirst();
            }
        });
        scene.addEventHandler(KeyEvent.KEY_TYPED, this::typedNumber);
        scene.addEventHandler(
                NeedEvent.WANTED, event -> commands.run(event.need().command()));
    }

    /** Gives the keyboard to what the window comes up with: the page to start from, or the panes. */
    private void focusFirst() {
        if (start.node().isVisible()) {
            start.focus();
        } else {
            area.table().focus();
        }
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
        coverWith(palette.node(), this::uncover);
        StackPane.setAlignment(veil.getChildren().get(0), Pos.TOP_CENTER);
        palette.begin(typed);
    }

    /** Shows the start page: over the panes, if there is something in them. */
    void showStart() {
        if (start.node().isVisible()) {
            start.focus();
            return;
        }
        StartPage page = new StartPage(models.workbench(), new StartChoices(this::uncover));
        cover(page.node(), this::uncover);
        page.focus();
    }

    /** Begins the guided tour; nothing happens where the sample is not installed. */
    void startTour() {
        tour.ifPresent(GuidedTour::start);
    }

    /** Offers the guided tour, where the sample is installed. */
    public void inviteToTour() {
        tour.ifPresent(GuidedTour::invite);
    }

    /** What the start page asks for; before it is done the page is left. */
    private final class StartChoices implements StartPage.Choices {
        private final Runnable leave;

        StartChoices(Runnable leave) {
            this.leave = leave;
        }

        @Override
        public boolean hasSample() {
            return sample.isPresent();
        }

        @Override
        public void run(String command) {
            leave.run();
            commands.run(command);
        }

        @Override
        public void open(List<Path> paths) {
            leave.run();
            opening.open(paths);
        }

        @Override
        public ObservableList<NamedSessions.Named> sessions() {
            return models.sessions().all();
        }

        @Override
        public void openSession(String name) {
            models.sessions().open(name, leave);
        }
    }

    void showShortcuts() {
        Node page = ShortcutPage.of(commands);
        cover(page, this::uncover);
    }

    /** Opens the help as a whole. */
    void showHelp() {
        help.open();
    }

    /** Opens the help with what the focused pane shows. */
    void showHelpOfFocused() {
        focusedKind().ifPresentOrElse(kind -> help.open(kind.title()), help::open);
    }

    /** Shows the help, over the page that it was asked for on if there is one, which it comes back to. */
    private void show(HelpPage page) {
        List<Node> below = veil.isVisible() ? List.copyOf(veil.getChildren()) : List.of();
        Runnable leavingBelow = leaving;
        cover(page.node(), () -> {
            if (below.isEmpty()) {
                uncover();
            } else {
                veil.getChildren().setAll(below);
                leaving = leavingBelow;
                focusPage();
            }
        });
        page.focus();
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
        Node compare = scene.lookup("#compare");
        if (compare == null || scene.getWindow() == null || !scene.getWindow().isShowing()) {
            return;
        }
        ProblemView view = new ProblemView(null);
        view.show(models.workbench().b().problem().get());
        PopOver over = PopOvers.show(compare, "Checkpoint B could not be opened", view, PopOver.ArrowLocation.TOP_LEFT);
        view.onRemedy(remedy -> {
            over.hide();
            models.workbench().mend(models.workbench().b(), remedy);
        });
    }

    /**
     * Shows a page over the window, with a button that closes it; the keyboard stays within it, and Escape leaves it.
     *
     * @param leave closes the page
     */
    public void cover(Node page, Runnable leave) {
        StackPane card = coverWith(page, leave);
        Button close = IconButtons.of(Feather.X, "Close this page (Esc)", leave);
        close.setId("page-close");
        close.getStyleClass().add("page-close");
        StackPane.setAlignment(close, Pos.TOP_RIGHT);
        card.getChildren().add(close);
        focusPage();
    }

    private StackPane coverWith(Node page, Runnable leave) {
        if (!veil.isVisible()) {
            focusedBefore = scene.getFocusOwner();
        }
        StackPane card = new StackPane(page);
        card.getStyleClass().add("card");
        card.setMaxSize(Region.USE_PREF_SIZE, Region.USE_PREF_SIZE);
        veil.getChildren().setAll(card);
        StackPane.setAlignment(card, Pos.CENTER);
        leaving = leave;
        veil.setVisible(true);
        veil.setOnMouseClicked(event -> {
            if (event.getTarget() == veil) {
                leaving.run();
            }
        });
        if (scene.getWindow() != null && !scene.getWindow().isFocused()) {
            scene.getWindow().requestFocus(); // asked for from the window of a pane
        }
        return card;
    }

    private void focusPage() {
        PaneFrame.firstToFocus(veil).ifPresent(Node::requestFocus);
    }

    private void leaveByEscape(KeyEvent event) {
        if (event.getCode() == KeyCode.ESCAPE && veil.isVisible()) {
            leaving.run();
            event.consume();
        } else if (event.getCode() == KeyCode.ESCAPE && isFocusOutsideMaximised()) {
            area.all().forEach(pane -> pane.node().setMaximised(false));
            event.consume();
        } else if (event.getCode() == KeyCode.ESCAPE && leavesTourAtOnce()) {
            tour.ifPresent(GuidedTour::leave);
            event.consume();
        }
    }

    /** Whether Escape has nothing to do but to end the tour: a field may have what was typed to drop first. */
    private boolean leavesTourAtOnce() {
        return tour.filter(GuidedTour::isShown).isPresent()
                && !(scene.getFocusOwner() instanceof TextInputControl)
                && area.all().stream().noneMatch(pane -> pane.node().isMaximised());
    }

    /** Whether a pane is maximised and the keyboard is elsewhere, so that the pane itself hears of no key. */
    private boolean isFocusOutsideMaximised() {
        return area.all().stream().map(Pane::node).anyMatch(pane -> pane.isMaximised() && !pane.isActive());
    }

    /** Takes the page away and gives the keyboard back to what had it. */
    public void uncover() {
        boolean was = veil.isVisible();
        veil.setVisible(false);
        veil.getChildren().clear();
        if (was && focusedBefore != null && focusedBefore.getScene() == scene) {
            focusedBefore.requestFocus();
        }
        focusedBefore = null;
    }

    private void tearOffWithKeys() {
        List.of(area.a(), area.b())
                .forEach(side -> side.kinds()
                        .forEach((kind, pane) -> pane.node()
                                .setWindowLooks(
                                        Bindings.createStringBinding(
                                                () -> kind.title() + " "
                                                        + pane.node()
                                                                .letterProperty()
                                                                .get()
                                                        + (pane.node()
                                                                        .letterProperty()
                                                                        .get()
                                                                        .isEmpty()
                                                                ? ""
                                                                : " ") + "- "
                                                        + title.get(),
                                                pane.node().letterProperty(),
                                                title),
                                        this::installIn)));
    }

    /** Makes keys, and links into the help, work in a scene. */
    private void installIn(Scene any) {
        commands.install(any);
        help.install(any);
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

    /** The kind of the pane that has, or had, the focus; empty if none had. */
    Optional<PaneKind> focusedKind() {
        PaneFrame frame = focused;
        return Stream.of(area.a(), area.b())
                .flatMap(side -> side.kinds().entrySet().stream())
                .filter(one -> one.getValue().node() == frame)
                .map(Map.Entry::getKey)
                .findFirst();
    }

    void focusNextPane(int by) {
        area.focusNext(focused, by);
    }

    void tearOffFocused() {
        if (focused != null) {
            focused.toggleTornOff();
        }
    }

    void showMenu() {
        if (scene.lookup("#menu") instanceof MenuButton menu) {
            menu.requestFocus();
            menu.show();
        }
    }

    /** Begins to edit the label of the chosen feature. */
    void editLabel() {
        header.editLabel();
    }

    /** Shows the sessions kept under names, and keeps this one under one. */
    void showSessions() {
        SessionsPage page = new SessionsPage(models.sessions(), this::uncover);
        cover(page.node(), this::uncover);
        page.focus();
    }

    /** Asks for a name and keeps the layout of the view under it. */
    void nameLayout() {
        String view = ViewKind.ALL.stream()
                .filter(kind -> kind.id().equals(layouts.view().get()))
                .map(ViewKind::title)
                .findFirst()
                .orElseThrow();
        cover(
                new LayoutNamePage(view, layouts.names(), name -> {
                            layouts.keepAs(name);
                            uncover();
                        })
                        .node(),
                this::uncover);
    }

    private void rememberFocus(Node owner) {
        if (veil.isVisible() && owner != null && !isWithin(owner, veil)) {
            focusPage();
            return;
        }
        area.all().stream()
                .map(Pane::node)
                .filter(frame -> frame.holds(owner))
                .findFirst()
                .ifPresent(frame -> focused = frame);
    }

    /**
     * A pane that is clicked has the keyboard from then on, also where what was clicked takes none, such as a chart.
     */
    private void focusClickedPane(MouseEvent event) {
        if (event.getTarget() instanceof Node clicked) {
            area.all().stream()
                    .map(Pane::node)
                    .filter(frame -> frame.holds(clicked))
                    .findFirst()
                    .ifPresent(frame -> Platform.runLater(() -> {
                        if (!frame.holds(scene.getFocusOwner()) && frame.holds(clicked) && !veil.isVisible()) {
                            frame.focusInside();
                        }
                    }));
        }
    }

    private static boolean isWithin(Node node, Node ancestor) {
        for (Node at = node; at != null; at = at.getParent()) {
            if (at == ancestor) {
                return true;
            }
        }
        return false;
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
            } else if (models.table().size() > 0) {
                entries.add(new CommandPalette.Entry(
                        "There is no feature " + feature,
                        "the last one is " + (models.table().size() - 1),
                        () -> {}));
            }
            FeatureRef chosen = models.workbench().selection().feature().get();
            if (chosen == null && entries.isEmpty()) {
                return entries;
            }
        }
        List<CommandPalette.Entry> candidates = new ArrayList<>();
        for (Command command : commands.all()) {
            if (command.enabled().getAsBoolean() && !command.equals(actions.palette())) {
                candidates.add(new CommandPalette.Entry(
                        command.now().get(),
                        command.keyText(),
                        List.of(),
                        command.title().toLowerCase(Locale.ROOT) + " " + commands.alsoCalled(command.name()),
                        command::run));
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
        for (String name : layouts.names()) {
            candidates.add(
                    new CommandPalette.Entry("Use the layout " + name, "of this view", () -> layouts.choose(name)));
        }
        for (NamedSessions.Named named : models.sessions().all()) {
            if (named.session() != null) {
                candidates.add(new CommandPalette.Entry(
                        "Open the session " + named.name(),
                        "kept under this name",
                        () -> models.sessions().open(named.name(), () -> {})));
            }
        }
        for (Session.Recent recent : models.workbench().recent().all()) {
            candidates.add(CommandPalette.ofRecent(recent, () -> opening.open(recent.paths())));
        }
        if (words.length() >= LEAST_OF_HELP) {
            Pattern word = Pattern.compile("\\b" + Pattern.quote(words), Pattern.CASE_INSENSITIVE);
            help.texts().entries().stream()
                    .filter(entry -> !entry.group().startsWith(HelpLinks.KEYS)
                            && word.matcher(entry.title()).find())
                    .forEach(entry -> candidates.add(
                            new CommandPalette.Entry("Help: " + entry.title(), entry.group(), () -> help.open(entry))));
        }
        List<CommandPalette.Entry> features = foundFeatures(words);
        List<CommandPalette.Entry> matching = CommandPalette.matching(candidates, words);
        // commands that have the words as they are come first, those that have only their letters last
        matching.stream().filter(entry -> entry.says(words)).forEach(entries::add);
        entries.addAll(features);
        matching.stream().filter(entry -> !entries.contains(entry)).forEach(entries::add);
        return entries;
    }

    /** The features that the words find best, as far as they have been searched, with where they were found. */
    private List<CommandPalette.Entry> foundFeatures(String words) {
        models.finder().ask(words);
        return models.finder().hits().stream()
                .map(hit -> new CommandPalette.Entry(
                        "Feature " + hit.feature(),
                        TokenText.sentence(hit.why()),
                        hit.reasons(),
                        "",
                        () -> models.table().jumpTo(hit.feature())))
                .toList();
    }
}
