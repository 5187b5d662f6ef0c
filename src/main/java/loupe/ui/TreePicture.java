package loupe.ui;

import java.util.Set;

/**
 * A laid-out tree to be drawn somewhere else than on the screen, whole, at its natural size. Immutable; any thread.
 *
 * @param layout where the nodes stand
 * @param side whose colour the branches have
 * @param path the nodes of the emphasised path, empty for none
 */
record TreePicture(TreeLayout layout, Side side, Set<Integer> path) {
    private static final double MARGIN = 8;

    double width() {
        return layout.totalWidth() + 2 * MARGIN;
    }

    double height() {
        return layout.totalHeight() + 2 * MARGIN;
    }

    void draw(Pen pen, Palette palette) {
        new TreePainter(layout, palette, side).paint(pen, new TreePainter.Window(-MARGIN, -MARGIN, 1, width(), height()),
            new TreePainter.Emphasis(path, -1, Set.of(), -1));
    }
}
