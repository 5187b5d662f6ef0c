package loupe.state.window;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import loupe.state.window.PaneLayout.Direction;
import loupe.state.window.PaneLayout.Part;
import loupe.state.window.PaneLayout.Split;
import loupe.state.window.PaneLayout.Stack;

/**
 * How a layout stands in a window of some size: which parts are beside each other, which have to share tabs because
 * there is no room for both, and how large each is. All lengths are pixels at the ordinary text size.
 *
 * @param panes what stands for a pane's name in the layout: itself, or the panes of both checkpoints
 * @param needs the room that a pane needs, and what it makes of more
 * @param inFront of these panes, the one that was brought to the front last; empty if none was
 */
public record LayoutFit(
        Function<String, List<String>> panes,
        Function<String, Needs> needs,
        Function<List<String>, Optional<String>> inFront) {
    /** Between two parts. */
    public static final double DIVIDER = 8;
    /** The row of titles above a stack of several tabs. */
    public static final double TITLES = 34;

    /**
     * What a pane needs.
     *
     * @param width below which something in it is cut
     * @param height below which it shows nothing worth its place
     * @param growth its share in room to spare across, beside 1 of others
     * @param growthDown its share in room to spare down
     */
    public record Needs(double width, double height, double growth, double growthDown) {}

    /** A layout as it stands in a window. */
    public sealed interface Fitted {
        /** Every pane in it, in reading order. */
        Stream<String> panes();
    }

    /**
     * Parts beside each other, or one below the other.
     *
     * @param wished sizes as they were left
     * @param least the sizes below which they do not shrink while there is room
     * @param growth shares in room to spare
     * @param path of the split in the layout; empty if it is not there, because parts had to be joined
     */
    public record Parts(
            Direction direction,
            List<Fitted> content,
            List<Double> wished,
            List<Double> least,
            List<Double> growth,
            Optional<List<Integer>> path)
            implements Fitted {
        @Override
        public Stream<String> panes() {
            return content.stream().flatMap(Fitted::panes);
        }
    }

    /**
     * Tabs with panes beside each other in each.
     *
     * @param front index of the tab in front
     */
    public record Tabs(List<List<String>> tabs, int front) implements Fitted {
        @Override
        public Stream<String> panes() {
            return tabs.stream().flatMap(List::stream);
        }
    }

    /** Fits a layout into a width and a height. */
    public Fitted fit(PaneLayout layout, double width, double height) {
        return fit(layout, width, height, Optional.of(List.of()));
    }

    private Fitted fit(PaneLayout layout, double width, double height, Optional<List<Integer>> path) {
        if (layout instanceof Stack stack) {
            return tabs(stack, width);
        }
        Split split = (Split) layout;
        boolean across = split.direction() == Direction.ACROSS;
        double room = (across ? width : height) - DIVIDER * (split.parts().size() - 1);
        List<Double> least = each(split, part -> across ? leastWidth(part.content()) : leastHeight(part.content()));
        if (sum(least) > room && split.parts().size() > 1) {
            return fit(withTwoJoined(split), width, height, Optional.empty());
        }
        List<Double> wished = each(split, Part::size);
        List<Double> growth = each(split, part -> growth(part.content(), split.direction()));
        List<Double> sizes = sizes(wished, least, growth, room);
        List<Fitted> content = new ArrayList<>();
        for (int i = 0; i < sizes.size(); i++) {
            int index = i;
            Optional<List<Integer>> inner =
                    path.map(at -> Stream.concat(at.stream(), Stream.of(index)).toList());
            PaneLayout part = split.parts().get(i).content();
            content.add(across ? fit(part, sizes.get(i), height, inner) : fit(part, width, sizes.get(i), inner));
        }
        return content.size() == 1
                ? content.get(0)
                : new Parts(split.direction(), content, wished, least, growth, path);
    }

    private Tabs tabs(Stack stack, double width) {
        List<List<String>> tabs = new ArrayList<>();
        for (List<String> tab : stack.tabs()) {
            List<List<String>> shown = tab.stream().map(panes).toList();
            boolean pairs = shown.stream().anyMatch(one -> one.size() > 1);
            List<List<String>> candidates =
                    pairs ? shown : List.of(shown.stream().flatMap(List::stream).toList());
            for (List<String> beside : candidates) {
                double wanted = beside.stream()
                                .mapToDouble(pane -> needs.apply(pane).width())
                                .sum()
                        + DIVIDER * (beside.size() - 1);
                if (wanted <= width) {
                    tabs.add(beside);
                } else {
                    beside.forEach(pane -> tabs.add(List.of(pane)));
                }
            }
        }
        int front = inFront.apply(tabs.stream().flatMap(List::stream).toList())
                .map(pane -> IntStream.range(0, tabs.size())
                        .filter(i -> tabs.get(i).contains(pane))
                        .findFirst()
                        .orElse(0))
                .orElse(0);
        return new Tabs(tabs, front);
    }

    /** Joins the two neighbouring parts that hold the fewest panes together. */
    private PaneLayout withTwoJoined(Split split) {
        int first = IntStream.range(0, split.parts().size() - 1)
                .boxed()
                .min(Comparator.comparingLong(
                        i -> count(split.parts().get(i)) + count(split.parts().get(i + 1))))
                .orElseThrow();
        List<Part> parts = new ArrayList<>(split.parts());
        Part a = parts.remove(first);
        Part b = parts.remove(first);
        PaneLayout joined = join(split.direction(), a.content(), b.content());
        if (parts.isEmpty()) {
            return joined;
        }
        parts.add(first, new Part(a.size() + b.size(), joined));
        return new Split(split.direction(), parts);
    }

    private static long count(Part part) {
        return part.content().panes().count();
    }

    private static PaneLayout join(Direction direction, PaneLayout a, PaneLayout b) {
        if (a instanceof Stack one && b instanceof Stack other) {
            return new Stack(
                    Stream.concat(one.tabs().stream(), other.tabs().stream()).toList());
        }
        List<Part> parts = new ArrayList<>();
        for (PaneLayout each : List.of(a, b)) {
            if (each instanceof Split inner && inner.direction() != direction) {
                parts.addAll(inner.parts());
            } else {
                parts.add(new Part(PaneLayout.EVEN, each));
            }
        }
        return new Split(direction.other(), parts);
    }

    private double leastWidth(PaneLayout layout) {
        return layout.panes()
                .flatMap(pane -> panes.apply(pane).stream())
                .mapToDouble(pane -> needs.apply(pane).width())
                .max()
                .orElse(0);
    }

    private double leastHeight(PaneLayout layout) {
        double tallest = layout.panes()
                .flatMap(pane -> panes.apply(pane).stream())
                .mapToDouble(pane -> needs.apply(pane).height())
                .max()
                .orElse(0);
        return tallest + (layout.stacks().anyMatch(stack -> stack.tabs().size() > 1) ? TITLES : 0);
    }

    /** What a part takes of room to spare: along a split as its greediest part, across it as the most modest one. */
    private double growth(PaneLayout layout, Direction along) {
        BiFunction<Double, Double, Double> choose =
                layout instanceof Split split && split.direction() != along ? Math::min : Math::max;
        Stream<Double> inner = layout instanceof Split split
                ? split.parts().stream().map(part -> growth(part.content(), along))
                : layout.panes()
                        .flatMap(pane -> panes.apply(pane).stream())
                        .map(needs)
                        .map(need -> along == Direction.ACROSS ? need.growth() : need.growthDown());
        return inner.reduce(choose::apply).orElse(0.0);
    }

    /**
     * The sizes that parts have in a length. Room to spare goes to those that grow; what is missing is taken from what
     * each has above its least, and only when there is nothing left from all in equal shares.
     *
     * @return as many as {@code wished}, which together take up all of {@code length}
     */
    public static List<Double> sizes(List<Double> wished, List<Double> least, List<Double> growth, double length) {
        int parts = wished.size();
        List<Double> sizes = IntStream.range(0, parts)
                .mapToObj(i -> Math.max(wished.get(i), least.get(i)))
                .toList();
        double spare = length - sum(sizes);
        if (spare < 0 && sum(least) >= length) {
            double all = sum(least);
            return least.stream()
                    .map(size -> all == 0 ? Math.max(0, length) / parts : Math.max(0, length) * size / all)
                    .toList();
        }
        List<Double> shares = IntStream.range(0, parts)
                .mapToObj(i -> spare < 0 ? sizes.get(i) - least.get(i) : growth.get(i) * sizes.get(i))
                .toList();
        double all = sum(shares);
        return IntStream.range(0, parts)
                .mapToObj(i -> sizes.get(i) + spare * (all > 0 ? shares.get(i) / all : sizes.get(i) / sum(sizes)))
                .toList();
    }

    private static List<Double> each(Split split, Function<Part, Double> of) {
        return split.parts().stream().map(of).toList();
    }

    private static double sum(List<Double> values) {
        return values.stream().mapToDouble(value -> value).sum();
    }
}
