package loupe.ui;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import javafx.beans.property.DoubleProperty;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.ReadOnlyIntegerProperty;
import javafx.beans.property.ReadOnlyIntegerWrapper;
import javafx.beans.property.SimpleDoubleProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.css.PseudoClass;
import javafx.scene.AccessibleRole;
import javafx.scene.canvas.Canvas;
import javafx.scene.control.MenuItem;

/**
 * A definition tree drawn as a tree, left to right.
 *
 * <p>The wheel zooms at the pointer, a drag pans, a double click beside the branches fits everything. A click on a branch
 * selects its path; a click on the selected branch folds or unfolds what follows it (Space does too, arrows walk).
 * Ctrl+F searches. Setting {@link #dataProperty} again, as happens while a tree grows, keeps zoom, place, selection and
 * folds: nodes are known by their path. {@link #cutoffProperty} trims without asking anybody.
 */
public final class TreeCanvas extends Painted implements Exportable {
    private static final double HIGHEST_BAR = 64;
    private static final PseudoClass EMPTY = PseudoClass.getPseudoClass("empty");

    private final ObjectProperty<TreeData> data = new SimpleObjectProperty<>(this, "data", TreeData.EMPTY);
    private final DoubleProperty cutoff = new SimpleDoubleProperty(this, "cutoff", 1e-5);
    private final ObjectProperty<Side> side = new SimpleObjectProperty<>(this, "side", Side.A);
    private final ReadOnlyIntegerWrapper selected = new ReadOnlyIntegerWrapper(this, "selected", -1);
    private final Set<Long> folds = new HashSet<>();
    private final Viewport viewport = new Viewport();

    private final Canvas canvas = new Canvas();
    private final TreeOverview overview = new TreeOverview(this::centreOn);
    private final TreeFindBar find = new TreeFindBar(this::search, this::stepMatch, this::closeFind);
    private final TreeSentence bar = new TreeSentence();

    private TextWidths widths = TextWidths.shared("System");
    private String family = "System";
    private TreeLayout layout = new TreeLayout(TreeData.EMPTY, 1, Set.of(), text -> 0);
    private TreePainter painter = new TreePainter(layout, palette(), Side.A);
    private Set<Integer> matches = Set.of();
    private int match = -1;
    private int pointed = -1;
    private boolean stale = true;

    public TreeCanvas() {
        getStyleClass().add("tree-canvas");
        setFocusTraversable(true);
        setAccessibleRole(AccessibleRole.TREE_VIEW);
        getChildren().addAll(canvas, overview, bar, find);
        data.addListener(source -> relayout());
        cutoff.addListener(source -> relayout());
        side.addListener(source -> relayout());
        new TreeHand(this, canvas);
        tellSentence();
    }

    // ---- what is shown ----

    /** The tree; set again while it grows. */
    public ObjectProperty<TreeData> dataProperty() {
        return data;
    }

    public void setData(TreeData tree) {
        data.set(Objects.requireNonNull(tree, "tree"));
    }

    /** Branches with a smaller cumulative probability are not drawn; a fraction. */
    public DoubleProperty cutoffProperty() {
        return cutoff;
    }

    /** Whose colour the branches have. */
    public ObjectProperty<Side> sideProperty() {
        return side;
    }

    /** The node at the end of the selected path, -1 for none. */
    public ReadOnlyIntegerProperty selectedProperty() {
        return selected.getReadOnlyProperty();
    }

    /** Selects the path that ends in {@code node} and shows it; -1 selects nothing. */
    public void select(int node) {
        layOutIfStale();
        selected.set(node);
        if (node >= 0) {
            unfoldAbove(node);
            layOutIfStale();
            reveal(node);
        }
        tellSentence();
        requestLayout();
    }

    /** Folds what follows {@code node} away, or shows it again. */
    public void toggleFold(int node) {
        layOutIfStale();
        if (node < 0 || layout.firstChild(node) < 0) {
            return;
        }
        long key = layout.key(node);
        if (!folds.remove(key)) {
            folds.add(key);
        }
        relayout();
    }

    public void unfoldAll() {
        folds.clear();
        relayout();
    }

    /** Shows the whole tree, never larger than at its natural size. */
    public void fit() {
        layOutIfStale();
        viewport.fit(layout.totalWidth(), layout.totalHeight());
        requestLayout();
    }

    /** Back to the natural size at the root. */
    public void home() {
        viewport.home();
        requestLayout();
    }

    /** Zooms around the middle. */
    public void zoomBy(double factor) {
        viewport.zoomAt(canvas.getWidth() / 2, canvas.getHeight() / 2, factor);
        requestLayout();
    }

    /** What a menu over the tree offers besides export; fresh items at each call. */
    public List<MenuItem> menuItems() {
        return List.of(item("Find in the tree...", this::openFind), item("Fit the whole tree", this::fit),
            item("Natural size at the root", this::home), item("Unfold everything", this::unfoldAll));
    }

    private static MenuItem item(String words, Runnable action) {
        MenuItem item = new MenuItem(words);
        item.setOnAction(event -> action.run());
        return item;
    }

    public void openFind() {
        find.open();
        requestLayout();
    }

    /** Searches as if {@code text} was typed. */
    public void find(String text) {
        openFind();
        find.type(text);
    }

    @Override
    public String exportName() {
        return "definition-tree";
    }

    /** The whole tree as it is laid out now, at its natural size, with the selected path. */
    @Override
    public Picture picture() {
        layOutIfStale();
        return new TreePicture(layout, side.get(), path(selected.get()));
    }

    /** The shown nodes, one per row, parents before children. */
    @Override
    public String csv() {
        layOutIfStale();
        return TreeTable.csv(layout);
    }

    TreeLayout treeLayout() {
        layOutIfStale();
        return layout;
    }

    Viewport viewport() {
        return viewport;
    }

    Set<Integer> matches() {
        return matches;
    }

    int match() {
        return match;
    }

    // ---- laying out and drawing ----

    private void relayout() {
        stale = true;
        requestLayout();
    }

    private void layOutIfStale() {
        if (!restyled() && !stale) {
            return;
        }
        stale = false;
        viewport.setNatural(textScale());
        if (!family.equals(font().getFamily())) {
            family = font().getFamily();
            widths = TextWidths.shared(family);
        }
        TreeLayout before = layout;
        layout = new TreeLayout(data.get(), cutoff.get(), folds, text -> TreePainter.wordWidth(text, widths));
        painter = new TreePainter(layout, palette(), side.get());
        keepPlace(before);
        matches = find.isVisible() ? TreeSearch.matches(layout, find.text()) : Set.of();
        match = matches.contains(match) ? match : -1;
        find.tell(new ArrayList<>(matches).indexOf(match), matches.size());
        overview.draw(layout, painter, palette(), side.get());
        pseudoClassStateChanged(EMPTY, layout.count() == 0);
        tellSentence();
    }

    /** Finds selection and pointer again by their paths and keeps what one looks at where it was. */
    private void keepPlace(TreeLayout before) {
        int anchor = anchor(before);
        int anchorNow = same(before, anchor);
        if (anchorNow >= 0 && layout.shown(anchorNow)) {
            viewport.shift(0, layout.y(anchorNow) - before.y(anchor));
        }
        selected.set(same(before, selected.get()));
        pointed = same(before, pointed);
        match = same(before, match);
    }

    /** What keeps its place when rows are added: the selection or the pointed node when in sight, else the topmost row in sight. */
    private int anchor(TreeLayout before) {
        for (int node : new int[] {selected.get(), pointed}) {
            if (node >= 0 && node < before.data().size() && before.shown(node)) {
                double pixel = viewport.toPixelY(before.y(node));
                if (pixel >= 0 && pixel <= canvas.getHeight()) {
                    return node;
                }
            }
        }
        return before.startOf((int) Math.floor(viewport.toUnitsY(0) / TreeLayout.ROW));
    }

    private int same(TreeLayout before, int node) {
        if (node < 0 || node >= before.data().size()) {
            return -1;
        }
        long key = before.key(node);
        boolean there = node < layout.data().size() && layout.key(node) == key;
        return there ? node : layout.find(key);
    }

    @Override
    protected void layoutChildren() {
        double width = Math.floor(getWidth());
        double barHeight = Math.min(Math.ceil(bar.prefHeight(width)), HIGHEST_BAR * textScale());
        double height = Math.max(0, Math.floor(getHeight()) - barHeight);
        if (canvas.getWidth() != width || canvas.getHeight() != height) {
            canvas.setWidth(width);
            canvas.setHeight(height);
            viewport.resize(width, height);
            tellSentence();
        }
        bar.resizeRelocate(0, height, width, barHeight);
        find.autosize();
        find.relocate(width - find.getWidth() - 8, 8);
        layOutIfStale();
        viewport.keepInSight(layout.totalWidth(), layout.totalHeight());
        overview.setVisible(layout.count() > 0 && !viewport.showsAll(layout.totalWidth(), layout.totalHeight())
            && width > 2.5 * TreeOverview.WIDTH && height > 2 * TreeOverview.HEIGHT);
        overview.resizeRelocate(width - TreeOverview.WIDTH - 8, height - TreeOverview.HEIGHT - 8, TreeOverview.WIDTH, TreeOverview.HEIGHT);
        overview.show(viewport.window());
        draw();
    }

    private void draw() {
        var context = canvas.getGraphicsContext2D();
        context.clearRect(0, 0, canvas.getWidth(), canvas.getHeight());
        int end = pointed >= 0 ? pointed : selected.get();
        painter.paint(new CanvasPen(context, family, widths), viewport.window(),
            new TreePainter.Emphasis(path(end), end, matches, match));
    }

    private Set<Integer> path(int end) {
        Set<Integer> nodes = new LinkedHashSet<>();
        for (int at = end; at >= 0; at = layout.data().parent(at)) {
            nodes.add(at);
        }
        return nodes;
    }

    private void tellSentence() {
        bar.tell(layout.data(), pointed >= 0 ? pointed : selected.get());
        setAccessibleText("Definition tree" + bar.spoken());
    }

    // ---- for the hand on mouse and keyboard ----

    int nodeAt(double pixelX, double pixelY) {
        return layout.at(viewport.toUnitsX(pixelX), viewport.toUnitsY(pixelY));
    }

    /** Highlights the path to a node without selecting it; -1 for none. */
    void point(int node) {
        if (node != pointed) {
            pointed = node;
            tellSentence();
            requestLayout();
        }
    }

    /** Selects a node that is in sight already, so that nothing moves. */
    void selectInPlace(int node) {
        selected.set(node);
        tellSentence();
        requestLayout();
    }

    private void centreOn(double unitX, double unitY) {
        viewport.centreOn(unitX, unitY);
        requestLayout();
    }

    private void reveal(int node) {
        if (!layout.shown(node)) {
            return;
        }
        viewport.reveal(layout.x(node), layout.y(node) - TreeLayout.ROW / 2, layout.width(node), TreeLayout.ROW);
    }

    private void unfoldAbove(int node) {
        layOutIfStale();
        boolean changed = false;
        for (int at = data.get().parent(node); at >= 0; at = data.get().parent(at)) {
            changed |= folds.remove(layout.key(at));
        }
        if (changed) {
            relayout();
        }
    }

    // ---- search ----

    private void search(String text) {
        layOutIfStale();
        matches = TreeSearch.matches(layout, text);
        match = -1;
        stepMatch(1);
    }

    void stepMatch(int direction) {
        List<Integer> all = new ArrayList<>(matches);
        int at = all.indexOf(match);
        if (!all.isEmpty()) {
            at = at < 0 ? (direction > 0 ? 0 : all.size() - 1) : Math.floorMod(at + direction, all.size());
            match = all.get(at);
            select(match);
        }
        find.tell(at, all.size());
        requestLayout();
    }

    private void closeFind() {
        find.setVisible(false);
        matches = Set.of();
        match = -1;
        requestFocus();
        requestLayout();
    }
}
