package loupe.archfixture.ui.token;

import loupe.archfixture.ui.tree.Canvas;

/** Offends: its room and that of {@link Canvas} know each other. */
public final class Strip {
    public Canvas canvas() {
        return new Canvas();
    }
}
