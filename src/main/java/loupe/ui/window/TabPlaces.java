package loupe.ui.window;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import javafx.scene.control.Tab;
import javafx.scene.control.TabPane;

/**
 * The places of the window in which panes lie behind one another; the tab that was in front stays so in a new
 * arrangement. JavaFX thread only.
 */
final class TabPlaces {
    /** Charts of the feature, and of all features. */
    static final String CHARTS = "charts";
    /** Examples and the user's own text. */
    static final String TEXTS = "texts";
    /** Token lists, neighbours and what is active together. */
    static final String LISTS = "lists";

    private final Map<String, TabPane> places = new HashMap<>();
    private final Map<String, String> inFront = new HashMap<>();

    /** The tabs of a place, instead of those that were there. */
    TabPane make(String place, Tab... tabs) {
        TabPane pane = new TabPane(tabs);
        pane.setId("tabs-" + place);
        pane.setTabClosingPolicy(TabPane.TabClosingPolicy.UNAVAILABLE);
        pane.getStyleClass().addAll("pane-tabs", "dense");
        places.put(place, pane);
        show(place, inFront.getOrDefault(place, ""));
        pane.getSelectionModel()
                .selectedItemProperty()
                .addListener((property, was, is) -> inFront.put(place, is == null ? "" : is.getText()));
        return pane;
    }

    /** Brings the first tab of a title to the front; does nothing if there is none. */
    void show(String place, String title) {
        TabPane pane = places.get(place);
        if (pane != null) {
            pane.getTabs().stream()
                    .filter(tab -> tab.getText().equals(title))
                    .findFirst()
                    .ifPresent(pane.getSelectionModel()::select);
        }
    }

    /** Brings a place's first tab to the front. */
    void showFirst(String place) {
        TabPane pane = places.get(place);
        if (pane != null) {
            pane.getSelectionModel().selectFirst();
        }
    }

    /** Whether a tab with one of these titles is in front. */
    boolean isInFront(String place, String... titles) {
        TabPane pane = places.get(place);
        return pane != null
                && Arrays.asList(titles)
                        .contains(pane.getSelectionModel().getSelectedItem().getText());
    }
}
