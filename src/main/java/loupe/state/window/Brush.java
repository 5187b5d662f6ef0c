package loupe.state.window;

/**
 * A range of values marked in a chart; filters the panes other than the one it was made in.
 *
 * @param source name of the pane that made it
 * @param quantity what the range is of, such as {@code activation}
 * @param from lower end, included
 * @param to upper end, included
 */
public record Brush(String source, String quantity, double from, double to) {
    public Brush {
        if (!(from <= to)) {
            throw new IllegalArgumentException("from is " + from + ", which is not at most to, " + to);
        }
    }
}
