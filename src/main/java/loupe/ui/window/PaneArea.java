package loupe.ui.window;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.geometry.Insets;
import javafx.geometry.Orientation;
import javafx.scene.Node;
import javafx.scene.control.MenuItem;
import javafx.scene.control.Tab;
import javafx.scene.control.TabPane;
import javafx.scene.layout.StackPane;
import loupe.inference.OpenSae;
import loupe.state.WorkbenchModels;
import loupe.state.window.LayoutFit;
import loupe.state.window.PaneLayout;
import loupe.state.window.Side;
import loupe.state.window.ViewLayouts;
import loupe.ui.control.Tooltips;
import loupe.ui.corpus.CorpusPage;
import loupe.ui.corpus.TextPane;
import loupe.ui.export.FileSaver;
import loupe.ui.features.FeatureTablePane;
import loupe.ui.nearest.NeighboursPane;
import loupe.ui.nearest.TokenListPane;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.tree.TreePane;
import org.jspecify.annotations.Nullable;

/**
 * The panes of the view that is shown, where its layout has them and as there is room. Each pane exists once: another
 * view takes it over, and what no view shows is in no window and computes nothing. JavaFX thread only.
 */
final class PaneArea {
    private static final double ORDINARY_FONT = 13;
    private static final double LEAST_LENGTH = 40;

    private final WorkbenchModels models;
    private final ViewLayouts layouts;
    private final PanePlaces slots = new PanePlaces();
    private final SidePanes a;
    private final SidePanes b;
    private final StackPane content = new StackPane();
    private final StackPane node = new StackPane(content);
    /** The stacks that are drawn, by the panes in them. */
    private final Map<String, DrawnStack> stacks = new LinkedHashMap<>();

    private final List<DrawnParts> parted = new ArrayList<>();
    private final PaneDrag drag;
    private double width;
    private double height;
    private @Nullable String drawn;
    private boolean resizing;
    private boolean empty;

    /** A stack of tabs as it is drawn: where it is, and its tabs if there are several. */
    record DrawnStack(StackPane place, LayoutFit.Tabs tabs, Optional<TabPane> pane) {}

    private record DrawnParts(PartedPane pane, List<Integer> at) {}

    /** @param layouts what is shown; a change is followed */
    PaneArea(
            WorkbenchModels models,
            FileSaver desk,
            CorpusPage.Choosing corpus,
            ViewLayouts layouts,
            double width,
            double height) {
        this.models = models;
        this.layouts = layouts;
        this.width = width;
        this.height = height;
        Runnable showText = () -> show(PaneKind.of(TextPane.class), false);
        Runnable showNeighbours = () -> show(PaneKind.of(NeighboursPane.class), false);
        a = new SidePanes(new SideLinks(models, models.a(), showText, showNeighbours, desk, corpus));
        b = new SidePanes(new SideLinks(models, models.b(), showText, showNeighbours, desk, corpus));
        for (SidePanes side : List.of(a, b)) {
            side.kinds().forEach((kind, pane) -> pane.node().getMenuItems().add(hiding(kind)));
        }
        content.setMinSize(0, 0);
        node.getStyleClass().add("columns");
        node.setId("panes");
        node.setMinSize(0, 0);
        drag = new PaneDrag(this);
        layouts.layout().addListener(changed -> arrange(isShowing()));
        models.fontSize().addListener(changed -> arrange(isShowing()));
        models.workbench().b().sae().addListener((property, was, is) -> {
            if ((was == null) != (is == null)) {
                arrange(isShowing());
            }
        });
        node.layoutBoundsProperty().addListener((property, was, is) -> {
            Insets padding = node.getInsets();
            double nowWide = is.getWidth() - padding.getLeft() - padding.getRight();
            double nowHigh = is.getHeight() - padding.getTop() - padding.getBottom();
            if (nowWide > LEAST_LENGTH && nowHigh > LEAST_LENGTH && (nowWide != this.width || nowHigh != this.height)) {
                this.width = nowWide;
                this.height = nowHigh;
                arrange(isShowing());
            }
        });
        arrange(false);
    }

    private MenuItem hiding(PaneKind kind) {
        MenuItem item = new MenuItem("Hide this pane");
        item.setOnAction(event -> layouts.hide(kind.id()));
        return item;
    }

    StackPane node() {
        return node;
    }

    SidePanes a() {
        return a;
    }

    SidePanes b() {
        return b;
    }

    /** The checkpoint that is compared with, to which the panes of B belong. */
    ReadOnlyObjectProperty<OpenSae> sideB() {
        return models.workbench().b().sae();
    }

    FeatureTablePane table() {
        return a.of(FeatureTablePane.class);
    }

    ViewLayouts layouts() {
        return layouts;
    }

    private boolean isShowing() {
        return node.getScene() != null
                && node.getScene().getWindow() != null
                && node.getScene().getWindow().isShowing();
    }

    private boolean isComparing() {
        return models.workbench().b().sae().get() != null;
    }

    /** Whether all panes are in their places after a rearrangement. */
    boolean isArranged() {
        return slots.isFull();
    }

    /** Every pane, those of A first. */
    List<Pane> all() {
        return Stream.concat(a.all().stream(), b.all().stream()).toList();
    }

    /** The frames that stand in the view that is shown and are in front, in reading order. */
    List<PaneFrame> inFront() {
        return stacks.values().stream()
                .distinct()
                .flatMap(stack -> frontTab(stack).stream())
                .map(key -> pane(key).node())
                .toList();
    }

    private static List<String> frontTab(DrawnStack stack) {
        int index = stack.pane()
                .map(tabs -> tabs.getSelectionModel().getSelectedIndex())
                .orElse(0);
        return stack.tabs().tabs().get(Math.max(0, index));
    }

    /** The stacks that are drawn, with the panes in each. */
    Map<String, DrawnStack> stacks() {
        return stacks;
    }

    private Pane pane(String key) {
        PaneKind.Key pane = PaneKind.ofKey(key);
        return (pane.side() == Side.A ? a : b).of(pane.kind());
    }

    // ---- arrangement ----

    private LayoutFit.Fitted fitted() {
        double scale = scale();
        return new LayoutFit(this::panesOf, key -> PaneKind.ofKey(key).kind().needs(), this::frontOf)
                .fit(layouts.layout().get(), width / scale, height / scale);
    }

    private double scale() {
        return models.fontSize().get() / ORDINARY_FONT;
    }

    private List<String> panesOf(String id) {
        PaneKind kind = PaneKind.of(id);
        return isComparing() && !kind.ofBoth()
                ? List.of(kind.key(Side.A), kind.key(Side.B))
                : List.of(kind.key(Side.A));
    }

    /** The pane that was in front last; else one of the same kind. */
    private Optional<String> frontOf(List<String> keys) {
        return layouts.frontOf(keys)
                .or(() -> layouts.frontOf(keys.stream()
                                .flatMap(key -> Stream.of(Side.values())
                                        .map(side -> PaneKind.ofKey(key).kind().key(side)))
                                .toList())
                        .flatMap(front -> keys.stream()
                                .filter(key -> PaneKind.ofKey(key)
                                        .kind()
                                        .equals(PaneKind.ofKey(front).kind()))
                                .findFirst()));
    }

    /**
     * Takes all panes out of the view while there is nothing that they could show, or puts them back. Panes that are
     * emptied in a window take more than a frame to style and lay out, for nobody to see.
     */
    void setEmpty(boolean isEmpty) {
        if (isEmpty != empty) {
            empty = isEmpty;
            arrange(isShowing());
        }
    }

    /**
     * Puts the panes where the layout has them; does little if they stand there already.
     *
     * @param gradually whether in steps, one per pulse, for a showing window, and not all at once
     */
    private void arrange(boolean gradually) {
        if (resizing) {
            return;
        }
        if (empty) {
            drawn = null;
            slots.begin();
            stacks.clear();
            parted.clear();
            content.getChildren().clear();
            slots.fill(gradually);
            return;
        }
        LayoutFit.Fitted fitted = fitted();
        String outline = outline(fitted);
        if (outline.equals(drawn)) {
            resize(fitted);
            return;
        }
        drawn = outline;
        slots.begin();
        for (Pane pane : all()) {
            pane.node().setMaximised(false);
        }
        for (Pane pane : b.all()) {
            if (!isComparing() && pane.node().isTornOff()) {
                pane.node().toggleTornOff();
            }
        }
        for (SidePanes side : List.of(a, b)) {
            String letter = side == a ? Side.A.toString() : Side.B.toString();
            side.kinds()
                    .forEach((kind, pane) ->
                            pane.node().letterProperty().set(isComparing() && !kind.ofBoth() ? letter : ""));
        }
        stacks.clear();
        parted.clear();
        slots.step(() -> content.getChildren().setAll(draw(fitted, List.of())));
        slots.fill(gradually);
    }

    /** What distinguishes one arrangement from another, but for sizes and the tabs in front. */
    private static String outline(LayoutFit.Fitted fitted) {
        return fitted instanceof LayoutFit.Parts parts
                ? parts.direction() + ""
                        + parts.content().stream().map(PaneArea::outline).toList()
                : ((LayoutFit.Tabs) fitted).tabs().toString();
    }

    private void resize(LayoutFit.Fitted fitted) {
        for (DrawnParts one : parted) {
            LayoutFit.Fitted at = fitted;
            for (int index : one.at()) {
                at = ((LayoutFit.Parts) at).content().get(index);
            }
            one.pane().resizeTo((LayoutFit.Parts) at);
            listen(one.pane(), (LayoutFit.Parts) at);
        }
    }

    private Node draw(LayoutFit.Fitted fitted, List<Integer> at) {
        if (fitted instanceof LayoutFit.Tabs tabs) {
            StackPane place = PanePlaces.place();
            slots.later(place, () -> stack(place, tabs));
            return place;
        }
        LayoutFit.Parts parts = (LayoutFit.Parts) fitted;
        List<Node> nodes = new ArrayList<>();
        for (int i = 0; i < parts.content().size(); i++) {
            List<Integer> inner = new ArrayList<>(at);
            inner.add(i);
            nodes.add(draw(parts.content().get(i), inner));
        }
        PartedPane pane = new PartedPane(
                parts.direction() == PaneLayout.Direction.ACROSS ? Orientation.HORIZONTAL : Orientation.VERTICAL,
                nodes,
                parts);
        listen(pane, parts);
        parted.add(new DrawnParts(pane, at));
        return pane;
    }

    private void listen(PartedPane pane, LayoutFit.Parts parts) {
        pane.setScale(scale());
        pane.setOnMoved(parts.path()
                .<Consumer<List<Double>>>map(path -> sizes -> keepSizes(path, sizes))
                .orElse(sizes -> {}));
    }

    private void keepSizes(List<Integer> path, List<Double> sizes) {
        resizing = true;
        try {
            layouts.change(layouts.layout().get().withSizes(path, sizes));
        } finally {
            resizing = false;
        }
        arrange(isShowing());
    }

    private Node stack(StackPane place, LayoutFit.Tabs tabs) {
        List<Node> contents = tabs.tabs().stream().map(this::tab).toList();
        if (contents.size() == 1) {
            tabs.panes().forEach(key -> pane(key).standsIn(new SimpleBooleanProperty(true)));
            remember(new DrawnStack(place, tabs, Optional.empty()));
            return contents.get(0);
        }
        TabPane pane = new TabPane();
        for (int i = 0; i < contents.size(); i++) {
            List<String> keys = tabs.tabs().get(i);
            Tab tab = new Tab(title(keys, PaneKind::title), contents.get(i));
            TabTitles.abbreviate(tab, title(keys, PaneKind::brief));
            tab.setId("tab-" + keys.get(0));
            tab.setTooltip(Tooltips.of(explanation(keys)));
            keys.forEach(key -> pane(key).standsIn(tab.selectedProperty()));
            pane.getTabs().add(tab);
        }
        pane.setId("tabs-" + PaneKind.ofKey(tabs.tabs().get(0).get(0)).kind().id());
        pane.setAccessibleText("Panes that share this place");
        pane.setTabClosingPolicy(TabPane.TabClosingPolicy.UNAVAILABLE);
        pane.getStyleClass().addAll("pane-tabs", "dense");
        TabTitles.fit(pane);
        pane.getSelectionModel().select(tabs.front());
        pane.getSelectionModel()
                .selectedIndexProperty()
                .addListener((property, was, is) ->
                        layouts.bringToFront(tabs.tabs().get(is.intValue()).get(0)));
        drag.attach(pane, tabs.tabs());
        remember(new DrawnStack(place, tabs, Optional.of(pane)));
        return pane;
    }

    private void remember(DrawnStack stack) {
        stack.tabs().panes().forEach(key -> stacks.put(key, stack));
    }

    private Node tab(List<String> keys) {
        List<StackPane> nodes =
                keys.stream().map(key -> slots.of(pane(key).node())).toList();
        if (nodes.size() == 1) {
            return nodes.get(0);
        }
        List<Double> widths = keys.stream()
                .map(key -> PaneKind.ofKey(key).kind().needs().width())
                .toList();
        PartedPane beside = new PartedPane(
                Orientation.HORIZONTAL,
                nodes,
                new LayoutFit.Parts(
                        PaneLayout.Direction.ACROSS,
                        List.of(),
                        widths,
                        widths,
                        keys.stream()
                                .map(key -> PaneKind.ofKey(key).kind().needs().growth())
                                .toList(),
                        Optional.empty()));
        beside.setScale(scale());
        return beside;
    }

    private String title(List<String> keys, Function<PaneKind, String> words) {
        Map<PaneKind, List<Side>> kinds = new LinkedHashMap<>();
        keys.stream()
                .map(PaneKind::ofKey)
                .forEach(key -> kinds.computeIfAbsent(key.kind(), kind -> new ArrayList<>())
                        .add(key.side()));
        return kinds.entrySet().stream()
                .map(kind -> (isComparing()
                                        && !kind.getKey().ofBoth()
                                        && kind.getValue().size() == 1
                                ? kind.getValue().get(0) + " " // in front, where no title is cut
                                : "")
                        + words.apply(kind.getKey()))
                .collect(Collectors.joining(", "));
    }

    /** What a tab holds, in full. */
    private static String explanation(List<String> keys) {
        return keys.stream()
                .map(PaneKind::ofKey)
                .map(key -> key.kind().title() + (key.kind().ofBoth() ? "" : " of checkpoint " + key.side()))
                .collect(Collectors.joining(", "));
    }

    // ---- for commands ----

    /**
     * Brings a kind of pane to the front and focuses that of A: in the view that is shown, else in the first that has
     * it, else in a place of its own here. A pane that is maximised over it is brought back first.
     *
     * @param orLeave whether to bring back the first tab of its stack, if the pane is in front already
     */
    void show(PaneKind kind, boolean orLeave) {
        restoreAllBut(a.of(kind));
        String key = kind.key(Side.A);
        DrawnStack before = stacks.get(key);
        if (before != null
                && orLeave
                && before.pane().isPresent()
                && frontTab(before).contains(key)) {
            before.pane().get().getSelectionModel().select(0);
            return;
        }
        layouts.bringToFront(key);
        layouts.viewWith(kind.id()).ifPresentOrElse(this::showView, () -> layouts.add(kind.id()));
        DrawnStack stack = stacks.get(key);
        if (stack != null) {
            select(stack, key);
        }
        onceArranged(() -> a.of(kind).focus());
    }

    /** Does something once all panes are in their places. */
    void onceArranged(Runnable action) {
        slots.onceFull(action);
    }

    /** Brings a kind of pane to the front in the view that is shown, in which it gets a place if it has none. */
    void showHere(PaneKind kind) {
        layouts.bringToFront(kind.key(Side.A));
        layouts.add(kind.id());
        show(kind, false);
    }

    void focusFilter() {
        show(PaneKind.of(FeatureTablePane.class), false);
        table().focusFilter();
    }

    void filterTokens() {
        show(PaneKind.of(TokenListPane.class), false);
        a.of(TokenListPane.class).startFilter();
    }

    void steer() {
        show(PaneKind.of(TreePane.class), false);
        a.of(TreePane.class).startSteering();
    }

    void findInTree() {
        show(PaneKind.of(TreePane.class), false);
        a.of(TreePane.class).startFind();
    }

    private void showView(String id) {
        if (!id.equals(layouts.view().get())) {
            layouts.show(id);
        }
    }

    /**
     * Focuses the pane after or before another one, in reading order and round again. Of maximised panes only those are
     * visited.
     *
     * @param from the pane that has the focus; null for none
     * @param by 1 or -1
     */
    void focusNext(@Nullable PaneFrame from, int by) {
        List<PaneFrame> seen =
                all().stream().map(Pane::node).filter(PaneFrame::isMaximised).toList();
        List<PaneFrame> panes = seen.isEmpty() ? inFront() : seen;
        int at = from == null ? -1 : panes.indexOf(from);
        panes.get(Math.floorMod(at < 0 && by < 0 ? panes.size() - 1 : at + by, panes.size()))
                .focusInside();
    }

    /** Moves a kind of pane to the outer edge of the view. */
    void moveToEdge(PaneKind kind, PaneLayout.Zone edge) {
        layouts.bringToFront(kind.key(Side.A));
        layouts.moveToEdge(kind.id(), edge);
    }

    /** Brings back whatever pane is maximised over the others. */
    @SuppressWarnings("ReferenceEquality") // the very pane
    private void restoreAllBut(Pane wanted) {
        for (Pane pane : all()) {
            if (pane != wanted) {
                pane.node().setMaximised(false);
            }
        }
    }

    private static void select(DrawnStack stack, String key) {
        for (int i = 0; i < stack.tabs().tabs().size(); i++) {
            int index = i;
            if (stack.tabs().tabs().get(i).contains(key)) {
                stack.pane().ifPresent(pane -> pane.getSelectionModel().select(index));
            }
        }
    }
}
