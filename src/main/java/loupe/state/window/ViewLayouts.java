package loupe.state.window;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.ReadOnlyStringProperty;
import javafx.beans.property.ReadOnlyStringWrapper;
import org.jspecify.annotations.Nullable;

/**
 * Which view is shown, and the layout of each: as it comes, as somebody made it, and those that were given a name. The
 * session keeps all of that. JavaFX thread only.
 */
public final class ViewLayouts {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String VIEW = "view";
    private static final String LAYOUTS = "layouts";
    private static final String NAMED = "named";
    private static final String FRONT = "front";
    private static final int FRONT_KEPT = 64;

    private final Map<String, PaneLayout> initial;
    private final Collection<String> panes;
    private final Map<String, PaneLayout> layouts = new LinkedHashMap<>();
    private final Map<String, Map<String, PaneLayout>> named = new LinkedHashMap<>();
    /** Panes that were brought to the front, the last one first. */
    private final List<String> front = new ArrayList<>();

    private final ReadOnlyStringWrapper view = new ReadOnlyStringWrapper(this, "view");
    private final ReadOnlyObjectWrapper<PaneLayout> layout = new ReadOnlyObjectWrapper<>(this, "layout");
    private final ReadOnlyObjectWrapper<Map<String, PaneLayout>> arranged;

    /**
     * @param initial the layouts that views come with, by the views' names; the first view is shown
     * @param panes the names of all panes
     */
    public ViewLayouts(Map<String, PaneLayout> initial, Collection<String> panes) {
        this.initial = new LinkedHashMap<>(initial);
        this.panes = List.copyOf(panes);
        layouts.putAll(initial);
        arranged = new ReadOnlyObjectWrapper<>(this, "arranged", Map.copyOf(layouts));
        initial.keySet().forEach(name -> named.put(name, new TreeMap<>()));
        show(initial.keySet().iterator().next());
    }

    /** The name of the view that is shown. */
    public ReadOnlyStringProperty view() {
        return view.getReadOnlyProperty();
    }

    /** The layout of the view that is shown. */
    public ReadOnlyObjectProperty<PaneLayout> layout() {
        return layout.getReadOnlyProperty();
    }

    /**
     * Shows a view.
     *
     * @throws IllegalArgumentException if there is none of this name
     */
    public void show(String name) {
        PaneLayout shown = of(name);
        view.set(name);
        layout.set(shown);
    }

    private PaneLayout of(String name) {
        PaneLayout found = layouts.get(name);
        if (found == null) {
            throw new IllegalArgumentException("there is no view " + name);
        }
        return found;
    }

    /** The layout of each view, by its name; never changed itself. Showing another view leaves it as it is. */
    public ReadOnlyObjectProperty<Map<String, PaneLayout>> arranged() {
        return arranged.getReadOnlyProperty();
    }

    /** The layout that a view comes with. */
    public PaneLayout initial(String name) {
        return Objects.requireNonNull(initial.get(name));
    }

    /** Gives every view the layout it had, and shows the one whose layout is another one then, as undo does. */
    public void arrange(Map<String, PaneLayout> wanted) {
        String changed = wanted.entrySet().stream()
                .filter(one -> !one.getValue().equals(layouts.get(one.getKey())))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(view.get());
        layouts.putAll(wanted);
        arranged.set(Map.copyOf(layouts));
        show(changed);
    }

    /** The view whose layout has a pane: the one shown, else the first; empty if none has. */
    public Optional<String> viewWith(String pane) {
        return layout.get().holds(pane)
                ? Optional.of(view.get())
                : layouts.entrySet().stream()
                        .filter(one -> one.getValue().holds(pane))
                        .map(Map.Entry::getKey)
                        .findFirst();
    }

    /** Gives the view that is shown another layout. */
    public void change(PaneLayout changed) {
        layouts.put(view.get(), changed);
        arranged.set(Map.copyOf(layouts));
        layout.set(changed);
    }

    /** Takes a pane out of the view that is shown; the last one stays. */
    public void hide(String pane) {
        layout.get().without(pane).ifPresent(this::change);
    }

    /**
     * Puts a pane into the view that is shown, unless it is there: beside a pane with which it shares a stack in the
     * layout that the view or another one comes with, else into the last stack.
     */
    public void add(String pane) {
        PaneLayout now = layout.get();
        if (now.holds(pane)) {
            return;
        }
        String last = now.panes().reduce((a, b) -> b).orElseThrow();
        String home = initial.values().stream()
                .flatMap(PaneLayout::stacks)
                .filter(stack -> stack.holds(pane))
                .flatMap(PaneLayout.Stack::panes)
                .filter(now::holds)
                .findFirst()
                .orElse(last);
        change(now.with(pane, home, PaneLayout.Zone.TABS));
    }

    /** Moves a pane within the view that is shown, or puts it there. */
    public void move(String pane, String target, PaneLayout.Zone zone) {
        PaneLayout moved = layout.get().with(pane, target, zone);
        if (!moved.equals(layout.get())) {
            change(moved);
        }
    }

    /** Moves a pane to an outer edge of the view that is shown. */
    public void moveToEdge(String pane, PaneLayout.Zone edge) {
        change(layout.get().withAtEdge(pane, edge));
    }

    /** Gives the view that is shown the layout that it comes with. */
    public void reset() {
        front.clear();
        change(Objects.requireNonNull(initial.get(view.get())));
    }

    /** Whether the view that is shown has the layout that it comes with. */
    public boolean isInitial() {
        return layout.get().equals(initial.get(view.get()));
    }

    /** The names given to layouts of the view that is shown, in order. */
    public List<String> names() {
        return List.copyOf(ofShown().keySet());
    }

    /** Keeps the layout of the view that is shown under a name, in place of one that has it. */
    public void keepAs(String name) {
        ofShown().put(name, layout.get());
    }

    /** Gives the view that is shown its layout of a name; does nothing if there is none. */
    public void choose(String name) {
        PaneLayout chosen = ofShown().get(name);
        if (chosen != null) {
            change(chosen);
        }
    }

    /** Forgets the layout of a name. */
    public void forget(String name) {
        ofShown().remove(name);
    }

    private Map<String, PaneLayout> ofShown() {
        return Objects.requireNonNull(named.get(view.get()));
    }

    /** Remembers that a pane was brought to the front. */
    public void bringToFront(String pane) {
        front.remove(pane);
        front.add(0, pane);
        if (front.size() > FRONT_KEPT) {
            front.remove(FRONT_KEPT);
        }
    }

    /** Of some panes, the one that was brought to the front last; empty if none was. */
    public Optional<String> frontOf(List<String> some) {
        return front.stream().filter(some::contains).findFirst();
    }

    // ---- session ----

    /** What a session keeps. */
    public JsonNode remembered() {
        ObjectNode kept = JSON.createObjectNode();
        kept.put(VIEW, view.get());
        ObjectNode changed = kept.putObject(LAYOUTS);
        layouts.forEach((name, one) -> {
            if (!one.equals(initial.get(name))) {
                changed.set(name, JSON.valueToTree(one));
            }
        });
        ObjectNode given = kept.putObject(NAMED);
        named.forEach((name, ofView) -> {
            if (!ofView.isEmpty()) {
                given.set(name, JSON.valueToTree(ofView));
            }
        });
        kept.set(FRONT, JSON.valueToTree(front));
        return kept;
    }

    /**
     * Takes over what a session kept, but for what is not understood. Layouts that it does not name become those that
     * the views come with; names given to layouts stay.
     *
     * @param kept null for nothing
     * @return what was left out, in words; empty if nothing was
     */
    public List<String> recall(@Nullable JsonNode kept) {
        List<String> leftOut = new ArrayList<>();
        if (kept == null) {
            return leftOut;
        }
        layouts.putAll(initial);
        front.clear();
        kept.path(LAYOUTS).properties().forEach(one -> {
            if (layouts.containsKey(one.getKey())) {
                read(one.getValue())
                        .ifPresentOrElse(
                                read -> layouts.put(one.getKey(), read),
                                () -> leftOut.add("the layout of the view " + one.getKey()));
            }
        });
        kept.path(NAMED)
                .properties()
                .forEach(ofView -> ofView.getValue().properties().forEach(one -> {
                    Map<String, PaneLayout> names = named.get(ofView.getKey());
                    Optional<PaneLayout> read = read(one.getValue());
                    if (names != null && read.isPresent()) {
                        names.put(one.getKey(), read.get());
                    } else {
                        leftOut.add("the layout " + one.getKey());
                    }
                }));
        kept.path(FRONT).forEach(pane -> front.add(pane.asText()));
        arranged.set(Map.copyOf(layouts));
        String shown = kept.path(VIEW).asText();
        show(layouts.containsKey(shown) ? shown : view.get());
        return leftOut;
    }

    private Optional<PaneLayout> read(JsonNode node) {
        try {
            PaneLayout read = JSON.treeToValue(node, PaneLayout.class);
            return Optional.ofNullable(read).flatMap(one -> one.ofOnly(panes));
        } catch (JsonProcessingException notUnderstood) {
            return Optional.empty();
        }
    }
}
