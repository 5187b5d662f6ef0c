package loupe.ui.tree;

/** A thumbnail of a laid-out tree: how strongly each pixel is covered by a branch's text. Immutable; any thread. */
final class TreeSketch {
    static final TreeSketch EMPTY = new TreeSketch(1, 1);

    private final int width;
    private final int height;
    /** Strength of each cell, 0 to 1, row by row. */
    private final float[] strength;

    private double scaleX = 1;
    private double scaleY = 1;

    private TreeSketch(int width, int height) {
        this.width = width;
        this.height = height;
        strength = new float[width * height];
    }

    /**
     * @param width in pixels
     * @param height in pixels
     * @param tallestRow no row takes more pixels than this
     */
    static TreeSketch of(TreeLayout layout, TreePainter painter, int width, int height, double tallestRow) {
        TreeSketch sketch = new TreeSketch(width, height);
        sketch.scaleX = width / Math.max(layout.totalWidth(), 1);
        sketch.scaleY = Math.min(height / Math.max(layout.totalHeight(), 1), tallestRow / TreeLayout.ROW);
        for (int i = 0; i < layout.count(); i++) {
            int node = layout.order(i);
            double weight = painter.weight(node);
            int left = Math.min(width - 1, (int) (layout.x(node) * sketch.scaleX));
            int right = Math.min(width, Math.max(left + 1, (int)
                    Math.ceil((layout.x(node) + layout.width(node)) * sketch.scaleX)));
            int top = Math.min(height - 1, (int) (layout.y(node) * sketch.scaleY));
            int thick = weight > 0.3 ? 2 : 1;
            for (int y = top; y < Math.min(height, top + thick); y++) {
                for (int x = left; x < right; x++) {
                    sketch.strength[y * width + x] =
                            (float) Math.max(sketch.strength[y * width + x], 0.3 + 0.7 * Math.sqrt(weight));
                }
            }
        }
        return sketch;
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    float strength(int x, int y) {
        return strength[y * width + x];
    }

    /** Pixels per unit of the layout. */
    double scaleX() {
        return scaleX;
    }

    double scaleY() {
        return scaleY;
    }
}
