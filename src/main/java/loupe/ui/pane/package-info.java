/** The frame around every pane: its header, its empty, loading and failed states, maximising and tearing off. */
package loupe.ui.pane;
