package loupe.ui.tree;

import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.util.Set;
import loupe.state.window.Side;
import loupe.ui.export.PaperPen;
import loupe.ui.export.Picture;
import loupe.ui.style.ColourRoles;

/**
 * A laid-out tree, or the part of it in a window, as a picture. Immutable; any thread.
 *
 * @param layout positions of the nodes
 * @param side whose colour the branches have
 * @param path the nodes of the emphasised path, empty for none
 * @param part what is drawn, and how large
 */
record TreePicture(TreeLayout layout, Side side, Set<Integer> path, TreePainter.Window part) implements Picture {
    private static final double MARGIN = 8;

    /** The whole tree at its natural size. */
    static TreePicture whole(TreeLayout layout, Side side, Set<Integer> path) {
        return new TreePicture(
                layout,
                side,
                path,
                new TreePainter.Window(
                        -MARGIN, -MARGIN, 1, layout.totalWidth() + 2 * MARGIN, layout.totalHeight() + 2 * MARGIN));
    }

    @Override
    public double width() {
        return part.width();
    }

    @Override
    public double height() {
        return part.height();
    }

    @Override
    public void draw(Graphics2D graphics, ColourRoles palette) {
        Graphics2D within = (Graphics2D) graphics.create();
        within.clip(new Rectangle2D.Double(0, 0, width(), height())); // a branch may reach beyond the part
        new TreePainter(layout, palette, side)
                .paint(new PaperPen(within), part, new TreePainter.Emphasis(path, -1, Set.of(), -1));
        within.dispose();
    }
}
