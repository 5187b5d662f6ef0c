package loupe.ui.tree;

import java.awt.Graphics2D;
import java.util.Set;
import loupe.state.window.Side;
import loupe.ui.export.PaperPen;
import loupe.ui.export.Picture;
import loupe.ui.style.ColourRoles;

/**
 * A laid-out tree as a picture, whole, at its natural size. Immutable; any thread.
 *
 * @param layout positions of the nodes
 * @param side whose colour the branches have
 * @param path the nodes of the emphasised path, empty for none
 */
record TreePicture(TreeLayout layout, Side side, Set<Integer> path) implements Picture {
    private static final double MARGIN = 8;

    @Override
    public double width() {
        return layout.totalWidth() + 2 * MARGIN;
    }

    @Override
    public double height() {
        return layout.totalHeight() + 2 * MARGIN;
    }

    @Override
    public void draw(Graphics2D graphics, ColourRoles palette) {
        new TreePainter(layout, palette, side)
                .paint(
                        new PaperPen(graphics),
                        new TreePainter.Window(-MARGIN, -MARGIN, 1, width(), height()),
                        new TreePainter.Emphasis(path, -1, Set.of(), -1));
    }
}
