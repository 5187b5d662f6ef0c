package loupe.ui.tree;

import java.util.Arrays;
import java.util.Set;
import javafx.scene.paint.Color;
import loupe.state.window.Side;
import loupe.ui.export.Pen;
import loupe.ui.style.ColourRoles;
import loupe.ui.token.TokenText;

/**
 * Draws a laid-out tree with any pen, only what lies in the window given.
 *
 * <p>A branch's thickness is ((log10 c - log10 min) / (log10 max - log10 min))^2.5 between a thinnest and a thickest
 * pen, with c the cumulative probability, min the cutoff and max 1: the formula of the definition trees by mwatkins,
 * whose thickest pen (33) is scaled to our rows. Strength of colour follows the same measure.
 */
final class TreePainter {
    static final double THINNEST = 1;
    static final double THICKEST = 11;
    private static final double SMALLEST_TEXT_PIXELS = 5;
    private static final double CORNER = 10;
    private static final double TENFOLD = Math.log(10);
    /** Rows closer than this are drawn as branches only. */
    private static final double SMALLEST_ROW_PIXELS = 2;

    /**
     * The part to draw and how large.
     *
     * @param left x of the window's left edge in layout units
     * @param top y of its top edge
     * @param zoom pixels per layout unit
     * @param width the window's width in pixels
     * @param height the window's height in pixels
     */
    record Window(double left, double top, double zoom, double width, double height) {}

    /**
     * The emphasised nodes.
     *
     * @param path the nodes of the selected or pointed path
     * @param end the last node of it, -1 for none
     * @param matches the nodes a search found
     * @param match the current match, -1 for none
     */
    record Emphasis(Set<Integer> path, int end, Set<Integer> matches, int match) {
        static final Emphasis NONE = new Emphasis(Set.of(), -1, Set.of(), -1);
    }

    private final TreeLayout layout;
    private final TreeData data;
    private final ColourRoles palette;
    private final Side side;

    TreePainter(TreeLayout layout, ColourRoles palette, Side side) {
        this.layout = layout;
        this.data = layout.data();
        this.palette = palette;
        this.side = side;
    }

    /** The weight of a node's branch: 0 at the cutoff, 1 at certainty. */
    double weight(int node) {
        return layout.weight(node);
    }

    double thickness(int node) {
        return THINNEST + (THICKEST - THINNEST) * weight(node);
    }

    /** Draws the window; returns how many nodes were visited, for the tests of culling. */
    int paint(Pen pen, Window window, Emphasis emphasis) {
        if (layout.count() == 0) {
            return 0;
        }
        Visit visit = new Visit(window);
        visit.collect(0);
        boolean tiny = TreeLayout.ROW * window.zoom() < SMALLEST_ROW_PIXELS;
        for (int i = visit.edges - 1; i >= 0; i--) {
            if (tiny) {
                speck(pen, window, visit.edge[i]);
            } else {
                branch(pen, window, visit.edge[i], emphasis.path().contains(visit.edge[i]));
            }
        }
        for (int i = 0; tiny && i < visit.trunks; i++) {
            trunk(pen, window, visit.trunk[i]);
        }
        if (emphasis.end() > 0) {
            for (int node : emphasis.path()) {
                if (node > 0 && layout.shown(node)) {
                    branch(pen, window, node, true);
                }
            }
        }
        for (int i = 0; i < visit.words; i++) {
            int node = visit.word[i];
            if (!tiny || emphasis.path().contains(node) || emphasis.matches().contains(node)) {
                word(pen, window, node, emphasis);
            }
        }
        return visit.visited;
    }

    /** A branch and its word where rows are hardly a pixel high: one rectangle, since there may be thousands. */
    private void speck(Pen pen, Window w, int node) {
        double left = (layout.x(node) - TreeLayout.GAP - w.left()) * w.zoom();
        double right = (layout.x(node) + layout.width(node) - w.left()) * w.zoom();
        double stroke = Math.max(0.6, thickness(node) * w.zoom());
        pen.fillRectangle(
                left,
                (layout.y(node) - w.top()) * w.zoom() - stroke / 2,
                Math.max(1, right - left),
                stroke,
                0,
                tint(node));
    }

    /** The line down from a node to its last child, also as a rectangle. */
    private void trunk(Pen pen, Window w, int child) {
        int parent = data.parent(child);
        double top = Math.max((layout.y(parent) - w.top()) * w.zoom(), -2 * w.height());
        double bottom = Math.min((layout.y(child) - w.top()) * w.zoom(), 3 * w.height());
        double x = (layout.x(child) - TreeLayout.GAP - w.left()) * w.zoom();
        pen.fillRectangle(x, top, 0.6, Math.max(0, bottom - top), 0, tint(child));
    }

    private void branch(Pen pen, Window w, int node, boolean onPath) {
        int parent = data.parent(node);
        double x1 = (layout.x(parent) + layout.width(parent) + 4 - w.left()) * w.zoom();
        double x2 = (layout.x(node) - 5 - w.left()) * w.zoom();
        double y1 = (layout.y(parent) - w.top()) * w.zoom();
        double y2 = (layout.y(node) - w.top()) * w.zoom();
        double stroke = Math.max(0.6, thickness(node) * Math.min(w.zoom(), 2));
        Color color = onPath ? ink(node) : tint(node);
        if (y1 == y2) {
            pen.fillRectangle(x1, y1 - stroke / 2, x2 - x1, stroke, Math.min(2, stroke / 2), color);
            return;
        }
        double trunk = x1 + 3 * w.zoom();
        double thin = Math.max(0.5, Math.min(stroke, (onPath ? 2.4 : 1.4) * Math.min(w.zoom(), 2)));
        double corner = Math.min(CORNER * w.zoom(), (y2 - y1) / 2);
        boolean bends = y2 < 3 * w.height();
        pen.moveTo(trunk, Math.max(y1, -2 * w.height()));
        pen.lineTo(trunk, bends ? y2 - corner : 3 * w.height());
        pen.stroke(thin, color);
        if (bends) {
            bend(pen, trunk, y2 - corner, Math.min(x2, trunk + 1.6 * corner), x2, y2, thin, stroke, color);
        }
    }

    /** The branch's turn into its row, growing from the trunk's thickness to its own. */
    private static void bend(
            Pen pen,
            double trunk,
            double top,
            double turned,
            double end,
            double y,
            double thin,
            double thick,
            Color color) {
        pen.moveTo(trunk - thin / 2, top);
        pen.curveTo(trunk - thin / 2, y + thick / 2, turned, y + thick / 2);
        pen.lineTo(end, y + thick / 2);
        pen.lineTo(end, y - thick / 2);
        pen.lineTo(turned, y - thick / 2);
        pen.curveTo(trunk + thin / 2, y - thick / 2, trunk + thin / 2, top);
        pen.fill(color);
    }

    private Color ink(int node) {
        return switch (data.share(node)) {
            case ONE_TREE, HERE -> palette.side(side);
            case THERE -> palette.side(side == Side.A ? Side.B : Side.A);
            case BOTH -> palette.muted();
        };
    }

    private Color tint(int node) {
        Color full = faded(node, ink(node), palette.faded());
        return ColourRoles.blend(palette.surface(), full, 0.38 + 0.5 * Math.sqrt(weight(node)));
    }

    /** {@code color} for branches specific to this tree, {@code pale} for generic ones. */
    private Color faded(int node, Color color, Color pale) {
        double ratio = layout.pathRatio(node);
        return Double.isNaN(ratio) ? color : ColourRoles.blend(pale, color, Math.max(0, ratio) / TENFOLD);
    }

    private void word(Pen pen, Window w, int node, Emphasis emphasis) {
        double x = (layout.x(node) - w.left()) * w.zoom();
        double y = (layout.y(node) - w.top()) * w.zoom();
        double size = TreeLayout.TEXT * w.zoom();
        boolean onPath = emphasis.path().contains(node);
        double textWidth = layout.width(node) * w.zoom();
        boolean marked = emphasis.matches().contains(node);
        if (layout.stub(node) > 0 && size >= SMALLEST_TEXT_PIXELS) {
            pill(pen, x, y, size, layout.stubLabel(node));
            if (onPath) {
                pen.outlineRectangle(
                        x - 0.2 * size, y - 0.75 * size, textWidth, 1.5 * size, 0.75 * size, 1.5, palette.accent());
            }
            return;
        }
        if (marked) {
            double height = 1.45 * size;
            pen.fillRectangle(
                    x - 0.2 * size, y - height / 2, textWidth + 0.4 * size, height, 0.25 * size, palette.mark());
            if (node == emphasis.match()) {
                pen.outlineRectangle(
                        x - 0.2 * size,
                        y - height / 2,
                        textWidth + 0.4 * size,
                        height,
                        0.25 * size,
                        1.5,
                        palette.accent());
            }
        }
        if (node == 0) {
            pen.fillCircle(x - 2 * w.zoom(), y, 4.5 * w.zoom(), ink(0));
        }
        Color color = onPath
                ? palette.text()
                : ColourRoles.blend(
                        palette.muted(), faded(node, palette.text(), palette.muted()), 0.25 + weight(node) * 1.5);
        if (size < SMALLEST_TEXT_PIXELS) {
            double bar = Math.max(0.8, 0.4 * size);
            pen.fillRectangle(
                    x,
                    y - bar / 2,
                    Math.max(1, textWidth),
                    bar,
                    0,
                    ColourRoles.blend(palette.surface(), color, onPath ? 0.9 : 0.45));
            return;
        }
        double at = node == 0 ? x + TreeLayout.ROOT_DOT * w.zoom() : x;
        double baseline = y + 0.36 * size;
        for (TokenText.Run run : TokenText.runs(data.text(node))) {
            pen.text(
                    run.text(),
                    at,
                    baseline,
                    size,
                    false,
                    run.glyph() ? ColourRoles.blend(palette.surface(), palette.muted(), 0.7) : color);
            at += pen.widthOf(run.text(), size, false);
        }
        String mark = data.mark(node);
        if (!mark.isEmpty()) {
            pill(pen, at + 0.3 * size, y, size, mark);
            at += pen.widthOf(mark, 0.78 * size, false) + 1.2 * size;
        }
        String chance = layout.chance(node);
        if (!chance.isEmpty()) {
            double small = TreeLayout.CHANCE_TEXT * size;
            at += TreeLayout.CHANCE_GAP * w.zoom();
            pen.text(chance, at, y + 0.36 * small, small, false, palette.muted());
            at += pen.widthOf(chance, small, false);
        }
        if (layout.folded(node)) {
            pill(pen, at + 0.5 * size, y, size, "+" + layout.hidden(node));
        } else if (node == emphasis.end() && layout.firstChild(node) >= 0) {
            pen.fillCircle(x + textWidth + 5 * w.zoom(), y, 0.3 * size, palette.accent());
        }
    }

    private void pill(Pen pen, double x, double y, double size, String count) {
        double small = 0.78 * size;
        double width = pen.widthOf(count, small, false) + 0.8 * small;
        double height = 1.5 * small;
        pen.fillRectangle(x, y - height / 2, width, height, height / 2, palette.inset());
        pen.outlineRectangle(x, y - height / 2, width, height, height / 2, 1, palette.border());
        pen.text(count, x + 0.4 * small, y + 0.36 * small, small, false, palette.muted());
    }

    /** Which branches and words lie in the window; skips whole subtrees outside of it or too small to see. */
    private final class Visit {
        private static final int FIRST_ROOM = 1024;

        private final double firstRow;
        private final double lastRow;
        private final double left;
        private final double right;
        private final double tiniestRows;
        private int[] edge = new int[FIRST_ROOM];
        private int[] word = new int[FIRST_ROOM];
        private int[] trunk = new int[FIRST_ROOM];
        private int[] stack = new int[FIRST_ROOM];
        private int edges;
        private int words;
        private int trunks;
        private int visited;

        Visit(Window w) {
            firstRow = Math.floor(w.top() / TreeLayout.ROW) - 1;
            lastRow = Math.ceil((w.top() + w.height() / w.zoom()) / TreeLayout.ROW);
            left = w.left() - TreeLayout.GAP;
            right = w.left() + w.width() / w.zoom();
            tiniestRows = 0.6 / (TreeLayout.ROW * w.zoom());
        }

        private void collect(int root) {
            int depth = 0;
            stack[depth++] = root;
            while (depth > 0) {
                int node = stack[--depth];
                visited++;
                if (layout.row(node) >= firstRow
                        && layout.row(node) <= lastRow
                        && layout.x(node) + layout.width(node) >= left) {
                    word = roomFor(word, words);
                    word[words++] = node;
                }
                if (layout.folded(node)) {
                    continue;
                }
                double lastDrawn = Double.NEGATIVE_INFINITY;
                int lastChild = -1;
                for (int child = layout.firstChild(node); child >= 0; child = layout.nextSibling(child)) {
                    boolean reaches = layout.row(node) <= lastRow && layout.row(child) >= firstRow;
                    if (reaches && layout.x(child) >= left && layout.row(child) - lastDrawn >= tiniestRows) {
                        edge = roomFor(edge, edges);
                        edge[edges++] = child;
                        lastDrawn = layout.row(child);
                        lastChild = child;
                    }
                    if (layout.row(child) > lastRow) {
                        break; // later ones would only be drawn behind this one's trunk
                    }
                    boolean inside = layout.lastRow(child) >= firstRow
                            && layout.row(child) <= lastRow
                            && layout.right(child) >= left
                            && layout.x(child) <= right;
                    if (inside
                            && (layout.lastRow(child) - layout.row(child) + 1 >= tiniestRows
                                    || child == layout.firstChild(node))) {
                        stack = roomFor(stack, depth);
                        stack[depth++] = child;
                    }
                }
                if (lastChild >= 0 && layout.row(lastChild) > layout.row(node)) {
                    trunk = roomFor(trunk, trunks);
                    trunk[trunks++] = lastChild;
                }
            }
        }

        private static int[] roomFor(int[] values, int used) {
            return used < values.length ? values : Arrays.copyOf(values, 2 * used);
        }
    }
}
