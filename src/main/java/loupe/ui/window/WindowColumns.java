package loupe.ui.window;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javafx.geometry.Orientation;
import javafx.scene.Node;
import javafx.scene.control.SplitPane;
import javafx.scene.control.Tab;
import javafx.scene.layout.Priority;
import javafx.scene.layout.StackPane;
import javafx.scene.layout.VBox;
import loupe.state.WorkbenchModels;
import loupe.ui.export.FileSaver;
import loupe.ui.features.FeatureHeader;
import loupe.ui.features.FeatureTablePane;
import loupe.ui.features.ScatterPane;
import loupe.ui.ghost.GhostControls;
import loupe.ui.pane.PaneFrame;

/**
 * All panes in their places: the table, the feature's charts, examples and trees, and the ghost with its lists. With a
 * second checkpoint the middle and right columns split into A and B; a narrow window has more tabs. JavaFX thread only.
 */
final class WindowColumns {
    private static final List<Double> ROW_HEIGHTS = List.of(0.31, 0.59);
    private static final String ALL_FEATURES = "All features";
    private static final String EXAMPLES = "Examples";
    private static final String YOUR_TEXT = "Your text";
    private static final String TOGETHER = "Active together";
    private static final String TOGETHER_A = "With A";

    private final Dividers dividers;
    private final PanePlaces slots = new PanePlaces();
    private final TabPlaces tabs = new TabPlaces();
    private final FeatureTablePane table;
    private final ScatterPane scatter;
    private final SidePanes a;
    private final SidePanes b;
    private final StackPane node = new StackPane();
    private final StackPane charts = PanePlaces.place();
    private final StackPane texts = PanePlaces.place();
    private final StackPane trees = PanePlaces.place();
    private final StackPane lists = PanePlaces.place();
    private final SplitPane split;
    private final SplitPane rows;
    private boolean narrow;
    private boolean comparing;

    /** @param remembered positions of dividers, from {@link #dividerPositions} of an earlier window */
    WindowColumns(WorkbenchModels models, FileSaver desk, Map<String, List<Double>> remembered, boolean narrow) {
        this.narrow = narrow;
        dividers = new Dividers(remembered);
        table = new FeatureTablePane(models.workbench(), models.table(), desk);
        GhostControls controls = new GhostControls(models.controls(), models.scales());
        FeatureHeader header = new FeatureHeader(models);
        scatter = new ScatterPane(models, desk);
        a = new SidePanes(models, models.a(), () -> tabs.show(TabPlaces.TEXTS, YOUR_TEXT), desk);
        b = new SidePanes(models, models.b(), () -> tabs.show(TabPlaces.TEXTS, YOUR_TEXT), desk);
        for (PaneFrame frame : b.all()) {
            frame.getStyleClass().add("side-b");
        }
        rows = dividers.split(name("rows"), Orientation.VERTICAL, ROW_HEIGHTS, charts, texts, trees);
        split = dividers.split(
                name("columns"),
                Orientation.HORIZONTAL,
                columnWidths(),
                table.node(),
                column(header.node(), rows),
                column(controls.node(), lists));
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

    SidePanes b() {
        return b;
    }

    FeatureTablePane table() {
        return table;
    }

    ScatterPane scatter() {
        return scatter;
    }

    /** For the session. */
    Map<String, List<Double>> dividerPositions() {
        return dividers.positions();
    }

    /**
     * Arranges the panes anew. The table, the header and the controls stay; the others are put into new places.
     *
     * @param gradually a little with each pulse, not all at once; for a window that is shown
     */
    void arrange(boolean nowNarrow, boolean nowComparing, boolean gradually) {
        narrow = nowNarrow;
        comparing = nowComparing;
        slots.begin();
        for (PaneFrame frame : movingFrames()) {
            frame.setMaximised(false);
            if (frame.isTornOff()) {
                frame.toggleTornOff();
            }
        }
        slots.step(() -> {
            for (StackPane region : List.of(charts, texts, trees, lists)) {
                region.getChildren()
                        .clear(); // or every pane would be laid out twice, first at its old place in the new widths
            }
            dividers.rename(split, name("columns"), columnWidths());
            dividers.rename(rows, name("rows"), ROW_HEIGHTS);
        });
        slots.later(charts, this::charts);
        slots.later(texts, this::texts);
        slots.later(trees, () -> comparing ? pair("trees", a.tree(), b.tree()) : slots.of(a.tree()));
        slots.later(lists, this::lists);
        slots.fill(gradually);
    }

    private List<Double> columnWidths() {
        return narrow && comparing
                ? List.of(0.15, 0.7)
                : narrow ? List.of(0.21, 0.65) : comparing ? List.of(0.17, 0.64) : List.of(0.205, 0.635);
    }

    /** Whether all panes are in their places after they were arranged anew. */
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

    private Node charts() {
        Tab all = tab(ALL_FEATURES, slots.of(scatter.node()));
        scatter.standsIn(all);
        if (comparing) {
            return tabs.make(
                    TabPlaces.CHARTS,
                    tab("Activations", pair("histograms", a.histogram(), b.histogram())),
                    tab("Logit weights", pair("logits", a.logits(), b.logits())),
                    all);
        }
        if (narrow) {
            return tabs.make(
                    TabPlaces.CHARTS,
                    tab("Activations", slots.of(a.histogram())),
                    tab("Logit weights", slots.of(a.logits())),
                    all);
        }
        return tabs.make(TabPlaces.CHARTS, tab("This feature", pair("charts", a.histogram(), a.logits())), all);
    }

    private Node texts() {
        if (comparing) {
            return tabs.make(
                    TabPlaces.TEXTS,
                    tab(EXAMPLES, pair("examples", a.examples(), b.examples())),
                    tab(YOUR_TEXT, pair("texts", a.text(), b.text())));
        }
        return tabs.make(TabPlaces.TEXTS, tab(EXAMPLES, slots.of(a.examples())), tab(YOUR_TEXT, slots.of(a.text())));
    }

    private Node lists() {
        if (comparing && narrow) {
            return tabs.make(
                    TabPlaces.LISTS,
                    tab("Tokens A", slots.of(a.tokens())),
                    tab("B", slots.of(b.tokens())),
                    tab("Near A", slots.of(a.neighbours())),
                    tab("B", slots.of(b.neighbours())),
                    together(TOGETHER_A, slots.of(a.together()), a),
                    together("B", slots.of(b.together()), b));
        }
        if (comparing) {
            return tabs.make(
                    TabPlaces.LISTS,
                    tab("Token lists", pair("tokens", a.tokens(), b.tokens())),
                    tab("Neighbours", pair("neighbours", a.neighbours(), b.neighbours())),
                    together(TOGETHER, pair("together", a.together(), b.together()), a, b));
        }
        if (narrow) {
            return tabs.make(
                    TabPlaces.LISTS,
                    tab("Token list", slots.of(a.tokens())),
                    tab("Neighbours", slots.of(a.neighbours())),
                    together(TOGETHER, slots.of(a.together()), a));
        }
        return tabs.make(
                TabPlaces.LISTS,
                tab(
                        "Nearest",
                        dividers.split(
                                "lists",
                                Orientation.HORIZONTAL,
                                List.of(0.5),
                                slots.of(a.tokens()),
                                slots.of(a.neighbours()))),
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
}
