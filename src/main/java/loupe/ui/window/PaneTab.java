package loupe.ui.window;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import loupe.state.window.Side;

/**
 * Panes shown side by side in a place; one of its tabs, if there are several.
 *
 * @param title its text; several tabs may have the same
 * @param divider the name of the divider between the panes
 * @param panes from left to right, one or two
 */
record PaneTab(String title, String divider, List<Key> panes) {
    /** The identity of a pane, by which its tab is found again. */
    record Key(PaneKind kind, Side side) {
        @Override
        public String toString() {
            return kind.id() + "-" + side;
        }
    }

    PaneTab {
        panes = List.copyOf(panes);
        if (panes.isEmpty()) {
            throw new IllegalArgumentException("a tab holds 0 panes, expected at least 1");
        }
    }

    /** Its id, from the first of its panes, whatever its title. */
    String id() {
        return "tab-" + panes.get(0);
    }

    /** What it holds, in full: its title may be as short as {@code B}. */
    String explanation() {
        return panes.stream()
                .map(pane -> pane.kind().title() + (pane.kind().ofBoth() ? "" : " of checkpoint " + pane.side()))
                .collect(Collectors.joining(", "));
    }

    @SuppressWarnings("ReferenceEquality") // there is one of each kind
    boolean holds(PaneKind kind) {
        return panes.stream().anyMatch(pane -> pane.kind() == kind);
    }

    /**
     * The tabs of a place, first to last.
     *
     * @param kinds of panes that stand there, in order
     * @param narrow whether the window is, so that panes of one checkpoint stand behind each other
     * @param comparing whether two checkpoints are open
     */
    static List<PaneTab> of(Place place, List<PaneKind> kinds, boolean narrow, boolean comparing) {
        List<PaneTab> tabs = new ArrayList<>();
        List<Key> beside = new ArrayList<>();
        for (PaneKind kind : kinds) {
            Key a = new Key(kind, Side.A);
            Key b = new Key(kind, Side.B);
            if (kind.ofBoth() || (!comparing && (narrow || !kind.sharesTab()))) {
                tabs.add(new PaneTab(kind.title(), kind.titles().divider(), List.of(a)));
            } else if (!comparing) {
                beside.add(a);
            } else if (narrow && place.isSlender()) {
                tabs.add(new PaneTab(kind.titles().brief() + " A", kind.titles().divider(), List.of(a)));
                tabs.add(new PaneTab("B", kind.titles().divider(), List.of(b)));
            } else {
                tabs.add(new PaneTab(kind.titles().ofPair(), kind.titles().divider(), List.of(a, b)));
            }
        }
        if (!beside.isEmpty()) {
            String title = place.shared().orElse(beside.get(0).kind().title());
            tabs.add(0, new PaneTab(title, place.id(), beside));
        }
        return tabs;
    }
}
