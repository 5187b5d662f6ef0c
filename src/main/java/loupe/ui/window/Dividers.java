package loupe.ui.window;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javafx.geometry.Orientation;
import javafx.scene.Node;
import javafx.scene.control.SplitPane;

/** Split panes whose dividers return to the positions where the user left them. JavaFX thread only. */
final class Dividers {
    private static final Object NAME = new Object();

    private final Map<String, List<Double>> positions;

    Dividers(Map<String, List<Double>> remembered) {
        positions = new HashMap<>(remembered);
    }

    Map<String, List<Double>> positions() {
        return Map.copyOf(positions);
    }

    /** @param first initial positions of the dividers, as fractions of the length */
    SplitPane split(String name, Orientation orientation, List<Double> first, Node... parts) {
        SplitPane split = new SplitPane(parts);
        split.setOrientation(orientation);
        split.setId("split-" + name);
        boolean[] moved = {false};
        split.addEventFilter(javafx.scene.input.MouseEvent.MOUSE_RELEASED, event -> {
            if (moved[0]) {
                positions.put(
                        (String) split.getProperties().get(NAME),
                        Arrays.stream(split.getDividerPositions()).boxed().toList());
            }
            moved[0] = false;
        });
        split.addEventFilter(javafx.scene.input.MouseEvent.MOUSE_DRAGGED, event -> moved[0] = true);
        rename(split, name, first);
        return split;
    }

    /**
     * Gives a split pane another name, with the divider positions remembered under it. Its id stays, because a new one
     * would restyle everything in it.
     */
    void rename(SplitPane split, String name, List<Double> first) {
        split.getProperties().put(NAME, name);
        List<Double> remembered = positions.get(name);
        List<Double> start =
                remembered != null && remembered.size() == split.getItems().size() - 1 ? remembered : first;
        split.setDividerPositions(start.stream().mapToDouble(at -> at).toArray());
    }
}
