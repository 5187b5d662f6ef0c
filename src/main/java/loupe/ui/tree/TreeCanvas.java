package loupe.ui.tree;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javafx.animation.Animation;
import javafx.animation.PauseTransition;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.DoubleProperty;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.ReadOnlyIntegerProperty;
import javafx.beans.property.ReadOnlyIntegerWrapper;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.property.SimpleDoubleProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.css.PseudoClass;
import javafx.geometry.Point2D;
import javafx.scene.AccessibleRole;
import javafx.scene.canvas.Canvas;
import javafx.scene.input.Clipboard;
import javafx.scene.input.ClipboardContent;
import javafx.scene.input.ContextMenuEvent;
import javafx.util.Duration;
import loupe.state.window.Side;
import loupe.ui.export.Background;
import loupe.ui.export.CanvasPen;
import loupe.ui.export.Csv;
import loupe.ui.export.Exportable;
import loupe.ui.export.Picture;
import loupe.ui.style.ColourRoles;
import loupe.ui.style.PaintedRegion;
import loupe.ui.style.TextWidths;
import loupe.ui.token.TokenText;

/**
 * A definition tree drawn as a tree, left to right.
 *
 * <p>The wheel zooms at the pointer, a drag pans, a double click beside the branches fits everything. A click on a
 * branch selects its path; a click on the selected branch folds or unfolds what follows it (Space does too, arrows
 * walk). Ctrl+F searches. Setting {@link #dataProperty} again, as happens while a tree grows, keeps zoom, place,
 * selection and folds: nodes are known by their path. {@link #cutoffProperty} trims without a new question;
 * {@link #foldUnderProperty} folds generic branches.
 *
 * <p>A tree of more than a few thousand nodes is laid out and searched in the background; until that is done the last
 * layout stays.
 */
public final class TreeCanvas extends PaintedRegion implements Exportable {
    private static final double HIGHEST_BAR = 64;
    /** How long the map stays where it hides branches, after the view was moved. */
    private static final Duration STILL_MOVING = Duration.millis(1_200);

    private static final double MAP_GAP = 8;
    /** Up to this many nodes, a tree is laid out at once, within a millisecond or two. */
    private static final int AT_ONCE = 2_000;

    private static final long NOTHING = Long.MIN_VALUE;
    private static final PseudoClass EMPTY = PseudoClass.getPseudoClass("empty");

    private final ObjectProperty<TreeData> data = new SimpleObjectProperty<>(this, "data", TreeData.EMPTY);
    private final DoubleProperty cutoff = new SimpleDoubleProperty(this, "cutoff", 1e-5);
    private final BooleanProperty chances = new SimpleBooleanProperty(this, "chances");
    private final ObjectProperty<Side> side = new SimpleObjectProperty<>(this, "side", Side.A);
    private final ReadOnlyIntegerWrapper selected = new ReadOnlyIntegerWrapper(this, "selected", -1);
    private final DoubleProperty foldUnder = new SimpleDoubleProperty(this, "foldUnder", Double.NEGATIVE_INFINITY);
    private final ReadOnlyIntegerWrapper genericHidden = new ReadOnlyIntegerWrapper(this, "genericHidden");
    private final Set<Long> folds = new HashSet<>();
    private final Set<Long> opened = new HashSet<>();
    private final Background background;
    private final Viewport viewport = new Viewport();

    private final Canvas canvas = new Canvas();
    private final TreeOverview overview = new TreeOverview(this::centreOn);
    private final TreeFindBar find = new TreeFindBar(this::search, this::stepMatch, this::closeFind);
    private final TreeSentence bar = new TreeSentence();
    /** Runs while the view is moved and shortly after. */
    private final PauseTransition moving = new PauseTransition(STILL_MOVING);

    private TextWidths widths = TextWidths.shared("System");
    private String family = "System";
    private TreeLayout layout = new TreeLayout(TreeData.EMPTY, 1, TreeFolds.NONE, text -> 0);
    private TreePainter painter = new TreePainter(layout, palette(), Side.A);
    private TreeSketch sketch = TreeSketch.EMPTY;
    private List<Integer> found = List.of();
    private Set<Integer> matches = Set.of();
    private int match = -1;
    private int pointed = -1;
    private boolean stale = true;
    /** The number of the newest layout; an older one that arrives from the background is dropped. */
    private long newest;

    private boolean layingOut;
    private long revealed = NOTHING;

    public TreeCanvas() {
        this(Background.NONE);
    }

    /** @param background lays out large trees */
    public TreeCanvas(Background background) {
        this.background = background;
        getStyleClass().add("tree-canvas");
        setFocusTraversable(true);
        setAccessibleRole(AccessibleRole.TREE_VIEW);
        getChildren().addAll(canvas, overview, bar, find);
        data.addListener(source -> relayout());
        cutoff.addListener(source -> relayout());
        side.addListener(source -> relayout());
        foldUnder.addListener(source -> relayout());
        chances.addListener(source -> relayout());
        moving.setOnFinished(event -> requestLayout());
        overview.hoverProperty().addListener(changed -> requestLayout());
        addEventFilter(ContextMenuEvent.CONTEXT_MENU_REQUESTED, this::selectAsked);
        new TreeInput(this, canvas);
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

    /**
     * The log-likelihood ratio to the baseline, in nats, below which branches are folded: those of a node into one
     * stub, which a click opens. A branch counts by its best path. Negative infinity folds none.
     */
    public DoubleProperty foldUnderProperty() {
        return foldUnder;
    }

    /** How many nodes are folded away as generic. */
    public ReadOnlyIntegerProperty genericHiddenProperty() {
        return genericHidden.getReadOnlyProperty();
    }

    /** Whether each token has its probability after the ones before beside it. */
    public BooleanProperty chancesProperty() {
        return chances;
    }

    /** Folds the generic branches again that were opened one by one. */
    public void foldGenericAgain() {
        opened.clear();
        relayout();
    }

    /** The side whose colour the branches have. */
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
            revealed = layout.key(node);
            unfoldAbove(node);
            layOutIfStale();
            reveal();
        }
        tellSentence();
        requestLayout();
    }

    /** Folds what follows {@code node} away, or shows it again; opens a stub. */
    public void toggleFold(int node) {
        layOutIfStale();
        if (node >= 0 && layout.stub(node) > 0) {
            opened.add(layout.key(layout.data().parent(node)));
            relayout();
            return;
        }
        if (node < 0 || layout.firstChild(node) < 0) {
            return;
        }
        long key = layout.key(node);
        if (!folds.remove(key)) {
            folds.add(key);
        }
        relayout();
    }

    /** Unfolds everything that was folded by hand; generic branches stay folded. */
    public void unfoldAll() {
        folds.clear();
        relayout();
    }

    /** Shows the whole tree, never larger than at its natural size nor smaller than it can be read. */
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
        moved();
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
        return TreePicture.whole(layout, side.get(), path(selected.get()));
    }

    /** What is in sight, as large as it is drawn, and the numbers of its branches. */
    Exportable visiblePart() {
        return new VisiblePart();
    }

    private final class VisiblePart implements Exportable {
        @Override
        public String exportName() {
            return TreeCanvas.this.exportName() + "-part";
        }

        @Override
        public Picture picture() {
            layOutIfStale();
            return new TreePicture(layout, side.get(), path(selected.get()), viewport.window());
        }

        @Override
        public Csv csv() {
            layOutIfStale();
            return TreeTable.csv(
                    layout,
                    node -> viewport.shows(
                            layout.x(node), layout.y(node) - TreeLayout.ROW / 2, layout.width(node), TreeLayout.ROW));
        }
    }

    /** The shown nodes, one per row, parents before children. */
    @Override
    public Csv csv() {
        layOutIfStale();
        return TreeTable.csv(layout);
    }

    public TreeLayout treeLayout() {
        layOutIfStale();
        return layout;
    }

    public Viewport viewport() {
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
        if (restyled()) {
            stale = true;
            viewport.setNatural(textScale());
            if (!family.equals(font().getFamily())) {
                family = font().getFamily();
                widths = TextWidths.shared(family);
            }
            painter = new TreePainter(layout, palette(), side.get());
            overview.draw(sketch, palette(), side.get());
        }
        if (!stale) {
            return;
        }
        boolean atOnce = data.get().size() <= AT_ONCE;
        if (!atOnce && layingOut) {
            return; // begun anew when the running one is done
        }
        stale = false;
        long mine = ++newest;
        Supplier<LaidOut> work = work();
        if (atOnce) {
            take(work.get());
            return;
        }
        layingOut = true;
        background.compute(work, done -> {
            layingOut = false;
            if (mine == newest) {
                take(done);
            }
            requestLayout();
        });
    }

    /** A layout with everything computed for drawing it. */
    private record LaidOut(
            TreeLayout layout,
            TreePainter painter,
            TreeSketch sketch,
            String searched,
            List<Integer> found,
            Set<Integer> matches) {}

    private Supplier<LaidOut> work() {
        TreeData tree = data.get();
        double least = cutoff.get();
        TreeFolds hidden = new TreeFolds(folds, foldUnder.get(), opened);
        TextWidths measured = widths;
        ColourRoles colours = palette();
        Side of = side.get();
        boolean withChances = chances.get();
        String searched = find.isVisible() ? find.text() : "";
        return () -> {
            TreeLayout next = new TreeLayout(tree, least, hidden, text -> TokenText.width(text, measured), withChances);
            TreePainter drawing = new TreePainter(next, colours, of);
            Set<Integer> matching = TreeSearch.matches(next, searched);
            return new LaidOut(
                    next, drawing, TreeOverview.sketch(next, drawing), searched, List.copyOf(matching), matching);
        };
    }

    private void take(LaidOut done) {
        TreeLayout before = layout;
        layout = done.layout();
        painter = new TreePainter(layout, palette(), side.get());
        sketch = done.sketch();
        keepPlace(before);
        if (find.isVisible() && find.text().equals(done.searched())) {
            found = done.found();
            matches = done.matches();
            match = matches.contains(match) ? match : -1;
            find.showMatch(found.indexOf(match), found.size());
        } else if (find.isVisible()) {
            search(find.text());
        }
        genericHidden.set(layout.genericHidden());
        overview.draw(sketch, palette(), side.get());
        pseudoClassStateChanged(EMPTY, layout.count() == 0);
        tellSentence();
        reveal();
    }

    /** Finds selection and pointed node again by their paths and keeps the visible part in its place. */
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

    /**
     * The node that keeps its place when rows are added: the selection or the pointed node when in sight, else the
     * topmost row in sight.
     */
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
            viewport.resize(width, height, layout.totalWidth(), layout.totalHeight());
            tellSentence();
            if (layout.count() > 0 && !viewport.showsSomeOf(layout)) {
                viewport.home();
            }
        }
        bar.resizeRelocate(0, height, width, barHeight);
        find.autosize();
        find.relocate(width - find.getWidth() - 8, 8);
        layOutIfStale();
        viewport.keepInSight(layout.totalWidth(), layout.totalHeight());
        placeMap(width, height);
        draw();
    }

    /** Puts the map into a corner without branches; if there is none, it is there only while the view is moved. */
    private void placeMap(double width, double height) {
        boolean wanted = layout.count() > 0
                && !viewport.showsAll(layout.totalWidth(), layout.totalHeight())
                && width > 2.5 * TreeOverview.WIDTH
                && height > 2 * TreeOverview.HEIGHT;
        double right = width - TreeOverview.WIDTH - MAP_GAP;
        double bottom = height - TreeOverview.HEIGHT - MAP_GAP;
        boolean held = moving.getStatus() == Animation.Status.RUNNING || overview.isHover();
        Optional<Point2D> free = Stream.of(
                        new Point2D(right, bottom), new Point2D(right, MAP_GAP), new Point2D(MAP_GAP, bottom))
                .filter(corner -> !(find.isVisible() && corner.getX() == right && corner.getY() == MAP_GAP))
                .filter(this::isFree)
                .findFirst();
        overview.setVisible(wanted && (held || free.isPresent()));
        if (!held || !overview.isVisible()) {
            Point2D corner = free.orElse(new Point2D(right, bottom));
            overview.resizeRelocate(corner.getX(), corner.getY(), TreeOverview.WIDTH, TreeOverview.HEIGHT);
        }
        overview.show(viewport.window());
    }

    private boolean isFree(Point2D corner) {
        return !layout.isCrossed(
                viewport.toUnitsX(corner.getX()),
                viewport.toUnitsY(corner.getY()),
                viewport.toUnitsX(corner.getX() + TreeOverview.WIDTH),
                viewport.toUnitsY(corner.getY() + TreeOverview.HEIGHT));
    }

    /** The person moves or zooms the view. */
    void moved() {
        moving.playFromStart();
        requestLayout();
    }

    private void draw() {
        var context = canvas.getGraphicsContext2D();
        context.clearRect(0, 0, canvas.getWidth(), canvas.getHeight());
        int end = pointed >= 0 ? pointed : selected.get();
        painter.paint(
                new CanvasPen(context, family, widths),
                viewport.window(),
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
        bar.show(layout, pointed >= 0 ? pointed : selected.get());
        setAccessibleText("Definition tree" + bar.spoken());
    }

    // ---- for mouse and keyboard ----

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

    /** Selects the branch that a menu is asked for, if one is: by a key the selected one. */
    private void selectAsked(ContextMenuEvent event) {
        int node = event.isKeyboardTrigger() ? selected.get() : nodeAt(event.getX(), event.getY());
        if (node >= 0) {
            selectInPlace(node);
        }
    }

    /** Puts the selected sentence on the clipboard, as the model wrote it. */
    void copySentence() {
        if (selected.get() > 0) {
            ClipboardContent content = new ClipboardContent();
            content.putString(layout.data().sentence(selected.get()));
            Clipboard.getSystemClipboard().setContent(content);
        }
    }

    private void centreOn(double unitX, double unitY) {
        viewport.centreOn(unitX, unitY);
        moved();
    }

    /** Scrolls to the last selection, once it is laid out. */
    private void reveal() {
        int node = revealed == NOTHING || selected.get() < 0 || layout.key(selected.get()) != revealed
                ? -1
                : selected.get();
        if (node >= 0 && layout.shown(node) && layout.stub(node) == 0) {
            viewport.reveal(layout.x(node), layout.y(node) - TreeLayout.ROW / 2, layout.width(node), TreeLayout.ROW);
            revealed = NOTHING;
        }
    }

    private void unfoldAbove(int node) {
        boolean changed = false;
        for (int at = node; at > 0; at = layout.data().parent(at)) {
            long parent = layout.key(layout.data().parent(at));
            changed |= folds.remove(parent);
            changed |= layout.generic(at) && opened.add(parent);
        }
        if (changed) {
            relayout();
        }
    }

    // ---- search ----

    private void search(String text) {
        layOutIfStale();
        TreeLayout in = layout;
        Consumer<Set<Integer>> then = matching -> {
            if (in == layout && text.equals(find.text())) {
                show(matching);
            }
        };
        if (in.data().size() <= AT_ONCE) {
            then.accept(TreeSearch.matches(in, text));
        } else {
            background.compute(() -> TreeSearch.matches(in, text), then);
        }
    }

    private void show(Set<Integer> matching) {
        found = List.copyOf(matching);
        matches = matching;
        match = -1;
        stepMatch(1);
    }

    void stepMatch(int direction) {
        int at = found.indexOf(match);
        if (!found.isEmpty()) {
            at = at < 0 ? (direction > 0 ? 0 : found.size() - 1) : Math.floorMod(at + direction, found.size());
            match = found.get(at);
            if (layout.shown(match)) {
                viewport.makeReadable(layout.x(match) + layout.width(match) / 2, layout.y(match));
            }
            select(match);
        }
        find.showMatch(at, found.size());
        requestLayout();
    }

    private void closeFind() {
        find.setVisible(false);
        found = List.of();
        matches = Set.of();
        match = -1;
        requestFocus();
        requestLayout();
    }
}
