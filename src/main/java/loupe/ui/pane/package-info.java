/** The frame around every pane: its header, its empty, loading and failed states, maximising and tearing off. */
@NullMarked
package loupe.ui.pane;

import org.jspecify.annotations.NullMarked;
