package loupe.state.window;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Where the panes of a view stand: splits, and stacks of tabs at the leaves with the names of panes. A value; each
 * change gives another one. Sizes are pixels at the ordinary text size, as they were left; how they become those of a
 * window is {@link LayoutFit}'s.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.DEDUCTION)
@JsonSubTypes({@JsonSubTypes.Type(PaneLayout.Split.class), @JsonSubTypes.Type(PaneLayout.Stack.class)})
public sealed interface PaneLayout {
    /** Smallest size of a part that is kept. */
    double LEAST_SIZE = 1;

    /** Parts beside each other, or one below the other. */
    record Split(Direction direction, List<Part> parts) implements PaneLayout {
        public Split {
            parts = List.copyOf(parts);
            if (direction == null || parts.isEmpty()) {
                throw new IllegalArgumentException("a split has " + parts.size() + " parts in direction " + direction);
            }
        }

        @Override
        public Stream<String> panes() {
            return parts.stream().flatMap(part -> part.content().panes());
        }

        Split withPart(int index, PaneLayout content) {
            List<Part> changed = new ArrayList<>(parts);
            changed.set(index, new Part(parts.get(index).size(), content));
            return new Split(direction, changed);
        }
    }

    /** Tabs, of which one is in front; each holds one pane, or several beside each other where there is room. */
    record Stack(List<List<String>> tabs) implements PaneLayout {
        public Stack {
            tabs = tabs.stream().map(List::copyOf).toList();
            if (tabs.isEmpty() || tabs.stream().anyMatch(List::isEmpty)) {
                throw new IllegalArgumentException("a stack or one of its tabs is empty");
            }
        }

        @Override
        public Stream<String> panes() {
            return tabs.stream().flatMap(List::stream);
        }
    }

    /** A part of a split. */
    record Part(double size, PaneLayout content) {
        public Part {
            if (!(size >= LEAST_SIZE) || Double.isInfinite(size) || content == null) {
                throw new IllegalArgumentException("a part of size " + size + " holds " + content);
            }
        }
    }

    /** How the parts of a split follow each other. */
    enum Direction {
        ACROSS,
        DOWN;

        Direction other() {
            return this == ACROSS ? DOWN : ACROSS;
        }
    }

    /** Where a pane goes that is dropped on a stack: among its tabs, or beside it. */
    enum Zone {
        TABS,
        LEFT,
        RIGHT,
        ABOVE,
        BELOW;

        Direction direction() {
            return this == LEFT || this == RIGHT ? Direction.ACROSS : Direction.DOWN;
        }

        boolean isBefore() {
            return this == LEFT || this == ABOVE;
        }
    }

    /** A stack of one tab for each of these panes. */
    static Stack stack(String... panes) {
        return new Stack(Stream.of(panes).map(List::of).toList());
    }

    static Split across(Part... parts) {
        return new Split(Direction.ACROSS, List.of(parts));
    }

    static Split down(Part... parts) {
        return new Split(Direction.DOWN, List.of(parts));
    }

    static Part part(double size, PaneLayout content) {
        return new Part(size, content);
    }

    /** The names of all panes, in reading order. */
    Stream<String> panes();

    default boolean holds(String pane) {
        return panes().anyMatch(pane::equals);
    }

    /** Without a pane; what becomes empty goes too. Empty if nothing is left. */
    default Optional<PaneLayout> without(String pane) {
        if (this instanceof Split split) {
            List<Part> left = split.parts().stream()
                    .flatMap(part ->
                            part.content().without(pane).map(content -> new Part(part.size(), content)).stream())
                    .toList();
            return joined(split.direction(), left);
        }
        List<List<String>> left = ((Stack) this)
                .tabs().stream()
                        .map(tab ->
                                tab.stream().filter(one -> !one.equals(pane)).toList())
                        .filter(tab -> !tab.isEmpty())
                        .toList();
        return left.isEmpty() ? Optional.empty() : Optional.of(new Stack(left));
    }

    /** With only panes of these names, and each of them once. Empty if nothing is left. */
    default Optional<PaneLayout> ofOnly(Collection<String> known) {
        List<String> left = new ArrayList<>(known);
        return only(left);
    }

    private Optional<PaneLayout> only(List<String> left) {
        if (this instanceof Split split) {
            List<Part> parts = split.parts().stream()
                    .flatMap(part -> part.content().only(left).map(content -> new Part(part.size(), content)).stream())
                    .toList();
            return joined(split.direction(), parts);
        }
        List<List<String>> tabs = ((Stack) this)
                .tabs().stream()
                        .map(tab -> tab.stream().filter(left::remove).toList())
                        .filter(tab -> !tab.isEmpty())
                        .toList();
        return tabs.isEmpty() ? Optional.empty() : Optional.of(new Stack(tabs));
    }

    /**
     * With a pane moved to, or put into, the stack that holds another one.
     *
     * @param pane may stand elsewhere already
     * @param target the pane at the place; nothing changes if it does not stand here, or stands there alone itself
     */
    default PaneLayout with(String pane, String target, Zone zone) {
        boolean alone = pane.equals(target)
                && stacks().anyMatch(stack -> stack.holds(pane) && stack.panes().count() == 1);
        if (!holds(target) || alone) {
            return this;
        }
        String anchor = pane.equals(target) ? neighbourInStack(pane) : target;
        return without(pane).orElseThrow().put(pane, anchor, zone);
    }

    /** With a pane at an outer edge, where it takes a quarter; nothing changes if it is the only one. */
    default PaneLayout withAtEdge(String pane, Zone edge) {
        return without(pane)
                .<PaneLayout>map(rest -> {
                    Part moved = new Part(EVEN, stack(pane));
                    Part old = new Part(3 * EVEN, rest);
                    return joined(edge.direction(), edge.isBefore() ? List.of(moved, old) : List.of(old, moved))
                            .orElseThrow();
                })
                .orElse(this);
    }

    private String neighbourInStack(String pane) {
        return stacks().filter(stack -> stack.holds(pane))
                .flatMap(Stack::panes)
                .filter(other -> !other.equals(pane))
                .findFirst()
                .orElseThrow();
    }

    /** Every stack, in reading order. */
    default Stream<Stack> stacks() {
        return this instanceof Split split
                ? split.parts().stream().flatMap(part -> part.content().stacks())
                : Stream.of((Stack) this);
    }

    private PaneLayout put(String pane, String target, Zone zone) {
        if (this instanceof Split split) {
            int index = IntStream.range(0, split.parts().size())
                    .filter(i -> split.parts().get(i).content().holds(target))
                    .findFirst()
                    .orElseThrow();
            Part at = split.parts().get(index);
            if (!(at.content() instanceof Stack) || zone == Zone.TABS || zone.direction() != split.direction()) {
                return split.withPart(index, at.content().put(pane, target, zone));
            }
            List<Part> parts = new ArrayList<>(split.parts());
            double half = Math.max(LEAST_SIZE, at.size() / 2);
            parts.set(index, new Part(half, at.content()));
            parts.add(zone.isBefore() ? index : index + 1, new Part(half, stack(pane)));
            return new Split(split.direction(), parts);
        }
        Stack stack = (Stack) this;
        if (zone == Zone.TABS) {
            List<List<String>> tabs = new ArrayList<>(stack.tabs());
            tabs.add(List.of(pane));
            return new Stack(tabs);
        }
        Part old = new Part(EVEN, stack);
        Part added = new Part(EVEN, stack(pane));
        return new Split(zone.direction(), zone.isBefore() ? List.of(added, old) : List.of(old, added));
    }

    /** The size of each half where a stack is split in two. */
    double EVEN = 400;

    /**
     * With other sizes of the parts of a split.
     *
     * @param path the index of the part to follow, from the outermost split on
     */
    default PaneLayout withSizes(List<Integer> path, List<Double> sizes) {
        if (!(this instanceof Split split)) {
            return this;
        }
        if (!path.isEmpty()) {
            int index = path.get(0);
            return split.withPart(
                    index, split.parts().get(index).content().withSizes(path.subList(1, path.size()), sizes));
        }
        return new Split(
                split.direction(),
                IntStream.range(0, split.parts().size())
                        .mapToObj(i -> new Part(
                                Math.max(LEAST_SIZE, sizes.get(i)),
                                split.parts().get(i).content()))
                        .toList());
    }

    /** Parts as one layout: a single one stands for itself, and a split within a split of its direction dissolves. */
    private static Optional<PaneLayout> joined(Direction direction, List<Part> parts) {
        if (parts.size() < 2) {
            return parts.stream().map(Part::content).findFirst();
        }
        List<Part> flat = new ArrayList<>();
        for (Part part : parts) {
            if (part.content() instanceof Split inner && inner.direction() == direction) {
                double sum = inner.parts().stream().mapToDouble(Part::size).sum();
                inner.parts()
                        .forEach(one -> flat.add(
                                new Part(Math.max(LEAST_SIZE, one.size() / sum * part.size()), one.content())));
            } else {
                flat.add(part);
            }
        }
        return Optional.of(new Split(direction, flat));
    }
}
