package loupe.ui.window;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import loupe.state.window.PaneLayout;
import loupe.state.window.Side;
import loupe.state.window.UndoOrder;
import loupe.state.window.ValueHistory;
import loupe.state.window.ViewLayouts;
import loupe.ui.pane.PaneFrame;
import loupe.ui.pane.WindowPlace;

/** What undo takes back of the window's looks, and a session keeps: where panes stand and which are torn off. */
final class WindowHistory {
    private static final String OWN_WINDOW = "window.";

    private final PaneArea area;
    private final ViewLayouts layouts;

    WindowHistory(PaneArea area, UndoOrder order) {
        this.area = area;
        layouts = area.layouts();
        ValueHistory.keep(order, layouts.arranged(), layouts::arrange, this::words);
        panes().forEach((key, frame) -> {
            PaneKind.Key pane = PaneKind.ofKey(key);
            ValueHistory<Boolean> torn = ValueHistory.keep(
                    order,
                    frame.tornOffProperty(),
                    wanted -> {
                        if (wanted != frame.isTornOff()) {
                            frame.toggleTornOff();
                        }
                    },
                    (was, is) -> (is ? "tearing off " : "bringing back ")
                            + pane.kind().title());
            if (pane.side() == Side.B) {
                torn.of(area.sideB());
            }
        });
    }

    /** The frames of all panes, by their keys. */
    private Map<String, PaneFrame> panes() {
        Map<String, PaneFrame> frames = new LinkedHashMap<>();
        area.a().kinds().forEach((kind, pane) -> frames.put(kind.key(Side.A), pane.node()));
        area.b().kinds().forEach((kind, pane) -> frames.put(kind.key(Side.B), pane.node()));
        return frames;
    }

    /** What a change of layouts is called after "Undo". */
    private String words(Map<String, PaneLayout> was, Map<String, PaneLayout> is) {
        String view = is.keySet().stream()
                .filter(name -> !Objects.equals(is.get(name), was.get(name)))
                .findFirst()
                .orElse(layouts.view().get());
        PaneLayout before = was.getOrDefault(view, layouts.initial(view));
        PaneLayout after = is.getOrDefault(view, layouts.initial(view));
        Set<String> shown = after.panes().collect(Collectors.toSet());
        Set<String> seen = before.panes().collect(Collectors.toSet());
        if (after.equals(layouts.initial(view))) {
            return "reset of the layout";
        }
        if (shown.size() == seen.size() - 1 && seen.containsAll(shown)) {
            return "hiding " + titles(seen, shown);
        }
        if (shown.size() == seen.size() + 1 && shown.containsAll(seen)) {
            return "showing " + titles(shown, seen);
        }
        return "change of the layout";
    }

    private static String titles(Set<String> more, Set<String> less) {
        return more.stream()
                .filter(id -> !less.contains(id))
                .map(id -> PaneKind.of(id).title())
                .collect(Collectors.joining(", "));
    }

    /** The places of the windows of torn-off panes, by names. */
    Map<String, String> remembered() {
        Map<String, String> kept = new LinkedHashMap<>();
        panes().forEach((key, frame) ->
                frame.windowPlace().ifPresent(place -> kept.put(OWN_WINDOW + key, WindowPlace.written(place))));
        return kept;
    }

    /**
     * Tears off the panes of a side that were torn off, where they were.
     *
     * @param kept what {@link #remembered} said
     */
    void recall(Map<String, String> kept, Side side) {
        panes().forEach((key, frame) -> {
            String line = kept.get(OWN_WINDOW + key);
            if (line != null && PaneKind.ofKey(key).side() == side) {
                WindowPlace.read(line).ifPresent(place -> frame.tearOff(place, area.node()));
            }
        });
    }

    /** Brings back every pane that is torn off. */
    void bringBack() {
        panes().values().stream().filter(PaneFrame::isTornOff).forEach(PaneFrame::toggleTornOff);
    }
}
