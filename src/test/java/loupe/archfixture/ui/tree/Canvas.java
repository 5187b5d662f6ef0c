package loupe.archfixture.ui.tree;

import loupe.archfixture.ui.token.Strip;

/** Offends: its room and that of {@link Strip} know each other. */
public final class Canvas {
    public Strip strip() {
        return new Strip();
    }
}
