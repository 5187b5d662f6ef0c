package loupe.ui.window;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.geometry.Orientation;
import javafx.scene.Node;
import javafx.scene.control.SplitPane;
import javafx.scene.control.Tab;
import javafx.scene.layout.Priority;
import javafx.scene.layout.StackPane;
import javafx.scene.layout.VBox;
import loupe.state.WorkbenchModels;
import loupe.state.window.Side;
import loupe.ui.control.Tooltips;
import loupe.ui.corpus.TextPane;
import loupe.ui.export.FileSaver;
import loupe.ui.export.SuggestedNames;
import loupe.ui.features.FeatureHeader;
import loupe.ui.features.FeatureTablePane;
import loupe.ui.ghost.GhostControls;
import loupe.ui.nearest.TokenListPane;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.tree.TreePane;

/**
 * All panes in their places: the table, the feature's charts, examples and trees, and the ghost with its lists. With a
 * second checkpoint the middle and right columns split into A and B; a narrow window has more tabs. JavaFX thread only.
 */
final class WindowColumns {
    private static final List<Double> ROW_HEIGHTS = List.of(0.31, 0.59);

    private final Dividers dividers;
    private final PanePlaces slots = new PanePlaces();
    private final TabPlaces tabs = new TabPlaces();
    private final FeatureTablePane table;
    private final FeatureHeader header;
    private final SidePanes a;
    private final SidePanes b;
    private final StackPane node = new StackPane();
    private final Map<Place, StackPane> places = new EnumMap<>(Place.class);
    private final SplitPane split;
    private final SplitPane rows;
    private boolean narrow;
    private boolean comparing;

    /** @param remembered positions of dividers, from {@link #dividerPositions} of an earlier window */
    WindowColumns(WorkbenchModels models, FileSaver desk, Map<String, List<Double>> remembered, boolean narrow) {
        this.narrow = narrow;
        dividers = new Dividers(remembered);
        table = new FeatureTablePane(
                models.workbench(), models.table(), new SuggestedNames(desk, models.a()::allFileName));
        GhostControls controls = new GhostControls(models.controls(), models.scales());
        header = new FeatureHeader(models);
        Runnable showText = () -> tabs.show(PaneKind.of(TextPane.class));
        a = new SidePanes(new SideLinks(models, models.a(), showText, desk));
        b = new SidePanes(new SideLinks(models, models.b(), showText, desk));
        for (Pane pane : b.all()) {
            pane.node().getStyleClass().add("side-b");
        }
        for (Place place : Place.values()) {
            places.put(place, PanePlaces.place());
        }
        rows = dividers.split(
                name("rows"),
                Orientation.VERTICAL,
                ROW_HEIGHTS,
                place(Place.CHARTS),
                place(Place.TEXTS),
                place(Place.TREES));
        split = dividers.split(
                name("columns"),
                Orientation.HORIZONTAL,
                columnWidths(),
                table.node(),
                column(header.node(), rows),
                column(controls.node(), place(Place.LISTS)));
        SplitPane.setResizableWithParent(table.node(), false);
        split.setMinSize(0, 0);
        node.getStyleClass().add("columns");
        node.setMinSize(0, 0);
        node.getChildren().add(split);
        arrange(narrow, false, false);
    }

    StackPane node() {
        return node;
    }

    SidePanes a() {
        return a;
    }

    FeatureTablePane table() {
        return table;
    }

    /** The divider positions that a session remembers, by name. */
    Map<String, List<Double>> dividerPositions() {
        return dividers.positions();
    }

    /**
     * Rearranges the panes. The table, the header and the controls stay; the others are put into new places.
     *
     * @param gradually whether in steps, one per pulse, for a showing window, and not all at once
     */
    void arrange(boolean nowNarrow, boolean nowComparing, boolean gradually) {
        narrow = nowNarrow;
        comparing = nowComparing;
        slots.begin();
        for (Pane pane : panes()) {
            PaneFrame frame = pane.node();
            frame.setMaximised(false);
            if (frame.isTornOff()) {
                frame.toggleTornOff();
            }
        }
        slots.step(() -> {
            for (StackPane place : places.values()) {
                place.getChildren()
                        .clear(); // or every pane would be laid out twice, first at its old place in the new widths
            }
            dividers.rename(split, name("columns"), columnWidths());
            dividers.rename(rows, name("rows"), ROW_HEIGHTS);
        });
        places.forEach((place, region) -> slots.later(region, () -> content(place)));
        slots.fill(gradually);
    }

    private StackPane place(Place place) {
        return Objects.requireNonNull(places.get(place));
    }

    private List<Double> columnWidths() {
        return narrow && comparing
                ? List.of(0.22, 0.7)
                : narrow ? List.of(0.21, 0.65) : comparing ? List.of(0.19, 0.64) : List.of(0.205, 0.635);
    }

    /** Whether all panes are in their places after a rearrangement. */
    boolean isArranged() {
        return slots.isFull();
    }

    private static Node column(Node above, Node rest) {
        VBox column = new VBox(above, rest);
        VBox.setVgrow(rest, Priority.ALWAYS);
        column.getStyleClass().add("column");
        column.setMinWidth(0);
        return column;
    }

    /** The content of a place: tabs if there is more than one. */
    private Node content(Place place) {
        List<PaneKind> kinds =
                PaneKind.ALL.stream().filter(kind -> kind.place() == place).toList();
        List<PaneTab> contents = PaneTab.of(place, kinds, narrow, comparing);
        if (contents.size() == 1) {
            contents.get(0).panes().forEach(pane -> pane(pane).standsIn(new SimpleBooleanProperty(true)));
            return content(contents.get(0));
        }
        List<Tab> result = new ArrayList<>();
        for (PaneTab content : contents) {
            Tab tab = new Tab(content.title(), content(content));
            tab.setId(content.id());
            tab.setTooltip(Tooltips.of(content.explanation()));
            content.panes().forEach(pane -> pane(pane).standsIn(tab.selectedProperty()));
            result.add(tab);
        }
        return tabs.make(place, contents, result);
    }

    private Node content(PaneTab tab) {
        Node[] nodes =
                tab.panes().stream().map(pane -> slots.of(pane(pane).node())).toArray(Node[]::new);
        return nodes.length == 1
                ? nodes[0]
                : dividers.split(tab.divider(), Orientation.HORIZONTAL, equalShares(nodes.length), nodes);
    }

    private static List<Double> equalShares(int parts) {
        return IntStream.range(1, parts).mapToObj(i -> (double) i / parts).toList();
    }

    private Pane pane(PaneTab.Key key) {
        return (key.side() == Side.A ? a : b).of(key.kind());
    }

    private String name(String split) {
        return split + (comparing ? "-compare" : "") + (narrow ? "-narrow" : "");
    }

    /** Every pane that is put into a place, those of A first. */
    List<Pane> panes() {
        List<Pane> all = new ArrayList<>(a.all());
        all.addAll(b.all());
        return all;
    }

    /**
     * Brings a kind of pane to the front and focuses that of A.
     *
     * @param orLeave whether to bring back the previous tab, if the pane is in front already
     */
    void show(PaneKind kind, boolean orLeave) {
        if (orLeave && tabs.isInFront(kind)) {
            tabs.showFirst(kind.place());
        } else {
            tabs.show(kind);
            a.of(kind).focus();
        }
    }

    void showThisFeature() {
        tabs.showFirst(Place.CHARTS);
    }

    void focusFilter() {
        table.focusFilter();
    }

    void editLabel() {
        header.editLabel();
    }

    void filterTokens() {
        a.of(TokenListPane.class).startFilter();
    }

    void steer() {
        a.of(TreePane.class).startSteering();
    }

    void findInTree() {
        a.of(TreePane.class).startFind();
    }
}
