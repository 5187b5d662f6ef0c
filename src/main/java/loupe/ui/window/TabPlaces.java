package loupe.ui.window;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import javafx.scene.control.Tab;
import javafx.scene.control.TabPane;

/**
 * The places of the window that show their panes as tabs. The pane that the user brought to the front stays there in a
 * new arrangement, or another of its kind does. JavaFX thread only.
 */
final class TabPlaces {
    private final Map<Place, Shown> places = new EnumMap<>(Place.class);
    private final Map<Place, PaneTab> inFront = new EnumMap<>(Place.class);

    /** The current tabs of a place. */
    private record Shown(TabPane pane, List<PaneTab> tabs) {
        void select(int index) {
            if (index >= 0) {
                pane.getSelectionModel().select(index);
            }
        }

        PaneTab selected() {
            return tabs.get(pane.getSelectionModel().getSelectedIndex());
        }

        Optional<PaneTab> first(Predicate<PaneTab> wanted) {
            return tabs.stream().filter(wanted).findFirst();
        }
    }

    /**
     * Puts tabs into a place, instead of those that were there.
     *
     * @param nodes the nodes of {@code tabs}, in the same order
     */
    TabPane make(Place place, List<PaneTab> tabs, List<Tab> nodes) {
        TabPane pane = new TabPane(nodes.toArray(Tab[]::new));
        pane.setId("tabs-" + place.id());
        pane.setTabClosingPolicy(TabPane.TabClosingPolicy.UNAVAILABLE);
        pane.getStyleClass().addAll("pane-tabs", "dense");
        Shown shown = new Shown(pane, List.copyOf(tabs));
        places.put(place, shown);
        Optional.ofNullable(inFront.get(place))
                .flatMap(before -> again(shown, before))
                .ifPresent(tab -> shown.select(shown.tabs().indexOf(tab)));
        pane.getSelectionModel()
                .selectedIndexProperty()
                .addListener((property, was, is) -> inFront.put(place, shown.selected()));
        return pane;
    }

    /** The tab that was in front before; else one with a pane of the same kind. */
    private static Optional<PaneTab> again(Shown shown, PaneTab before) {
        PaneTab.Key pane = before.panes().get(0);
        return shown.first(tab -> tab.panes().contains(pane)).or(() -> shown.first(tab -> tab.holds(pane.kind())));
    }

    /** Brings the first tab with a pane of this kind to the front; does nothing if its place has no tabs. */
    void show(PaneKind kind) {
        Shown shown = places.get(kind.place());
        if (shown != null) {
            shown.first(tab -> tab.holds(kind))
                    .ifPresent(tab -> shown.select(shown.tabs().indexOf(tab)));
        }
    }

    /** Brings a place's first tab to the front. */
    void showFirst(Place place) {
        Shown shown = places.get(place);
        if (shown != null) {
            shown.select(0);
        }
    }

    /** Whether the first tab with a pane of this kind is in front. */
    @SuppressWarnings("ReferenceEquality") // the very tab
    boolean isInFront(PaneKind kind) {
        Shown shown = places.get(kind.place());
        return shown != null
                && shown.first(tab -> tab.holds(kind))
                        .filter(tab -> tab == shown.selected())
                        .isPresent();
    }
}
