package loupe.ui.window;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import loupe.ui.pane.Pane;

/** The panes of one side, one of each kind. */
final class SidePanes {
    /** Panes describe features anew so often while it is found out what all of them promote. */
    private static final int DESCRIPTIONS = 8;

    private final Map<PaneKind, Pane> panes = new LinkedHashMap<>();
    private int described;

    /** @param links of the side */
    SidePanes(SideLinks links) {
        for (PaneKind kind : PaneKind.ALL) {
            if (links.side().side().isA() || !kind.ofBoth()) {
                panes.put(kind, kind.make().apply(links));
            }
        }
        panes.values().forEach(pane -> pane.setRowActions(links));
        links.side().promoted().moments().addListener((property, was, is) -> {
            int reached = is == null ? 0 : (int) ((long) DESCRIPTIONS * is.done() / is.features());
            if (reached != described || reached == DESCRIPTIONS) {
                described = reached;
                all().forEach(Pane::describeAgain);
            }
        });
        links.models().notes().version().addListener(changed -> all().forEach(Pane::describeAgain));
    }

    /** All panes, in the order of their kinds. A pane of both sides counts among those of A. */
    Collection<Pane> all() {
        return Collections.unmodifiableCollection(panes.values());
    }

    /** The panes by their kinds, in the order of those. */
    Map<PaneKind, Pane> kinds() {
        return Collections.unmodifiableMap(panes);
    }

    /**
     * The pane of a kind.
     *
     * @throws IllegalArgumentException if this side has none
     */
    Pane of(PaneKind kind) {
        Pane pane = panes.get(kind);
        if (pane == null) {
            throw new IllegalArgumentException("this side has no pane " + kind);
        }
        return pane;
    }

    /**
     * The pane of a class.
     *
     * @throws IllegalArgumentException if this side has none
     */
    <P extends Pane> P of(Class<P> type) {
        return type.cast(of(PaneKind.of(type)));
    }
}
