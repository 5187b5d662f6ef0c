package loupe.state.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import loupe.analysis.ablation.AblatedExamples;
import loupe.analysis.ablation.AblatedText;
import loupe.analysis.ablation.AblationSummary;
import loupe.analysis.ablation.TokenSets;

/**
 * What share of an activation is lost without sets of tokens, in rows and columns: tokens of one text, or over examples
 * how many tokens before the last they stand; in rows the other token of a pair, or the length of a span.
 *
 * @param down what rows are
 * @param across what columns are
 * @param rows their names
 * @param columns their names
 * @param shares lost, row-major; NaN where nothing is ablated or known
 * @param together of pairs what is lost beyond what is lost without each alone, as a share, row-major; empty for others
 * @param places of the columns in the text; none over examples
 */
public record AblationMaps(
        String down,
        String across,
        List<String> rows,
        List<String> columns,
        double[] shares,
        double[] together,
        List<Integer> places) {
    private static final String ALONE = "alone";

    /**
     * Of one text.
     *
     * @param texts of its tokens
     */
    public static AblationMaps of(AblatedText question, AblatedText.Answer answer, List<String> texts) {
        int first = answer.sets().stream().mapToInt(set -> set[0]).min().orElse(0);
        int end = answer.sets().stream()
                .mapToInt(set -> set[set.length - 1] + 1)
                .max()
                .orElse(0);
        Grid grid = new Grid(question.sets(), end - first);
        for (int set = 0; set < answer.sets().size(); set++) {
            int[] tokens = answer.sets().get(set);
            int begin = tokens[0] - first;
            if (grid.ofPairs) {
                int other = tokens[tokens.length - 1] - first;
                boolean pair = tokens.length == 2;
                grid.put(begin, other, answer.share(set), pair ? part(answer.together(set), answer) : Double.NaN);
            } else {
                grid.put(tokens.length - 1, begin, answer.share(set), Double.NaN);
            }
        }
        List<Integer> places = IntStream.range(first, end).boxed().toList();
        return grid.maps("Token", places.stream().map(texts::get).toList(), places);
    }

    private static double part(float lost, AblatedText.Answer answer) {
        return answer.activation() == 0 ? Double.NaN : lost / (double) Math.abs(answer.activation());
    }

    /** Of examples. */
    public static AblationMaps of(AblatedExamples question, AblationSummary summary) {
        int furthest = summary.distances().stream()
                .mapToInt(AblationSummary.Part::number)
                .max()
                .orElse(-1);
        int nearest = summary.distances().stream()
                .mapToInt(AblationSummary.Part::number)
                .min()
                .orElse(0);
        Grid grid = new Grid(question.sets(), furthest - nearest + 1);
        IntFunction<Integer> column = distance -> furthest - distance;
        if (grid.ofPairs) {
            summary.distances()
                    .forEach(part -> grid.put(
                            column.apply(part.number()),
                            column.apply(part.number()),
                            part.share().mean(),
                            Double.NaN));
            summary.pairs()
                    .forEach(pair -> grid.put(
                            column.apply(pair.far()), column.apply(pair.near()), pair.share(), pair.together()));
        } else {
            summary.spans()
                    .forEach(span -> grid.put(span.length() - 1, column.apply(span.first()), span.share(), Double.NaN));
        }
        return grid.maps(
                "Tokens before",
                IntStream.rangeClosed(0, furthest - nearest)
                        .mapToObj(i -> Integer.toString(furthest - i))
                        .toList(),
                List.of());
    }

    /** Whether there is anything in them. */
    public boolean isEmpty() {
        return columns.isEmpty();
    }

    /** The place in the text that a column stands for; empty over examples. */
    public OptionalInt place(int column) {
        return column < places.size() ? OptionalInt.of(places.get(column)) : OptionalInt.empty();
    }

    /** Cells as they are filled in. */
    private static final class Grid {
        private final boolean ofPairs;
        private final int columns;
        private final double[] shares;
        private final double[] together;

        Grid(TokenSets sets, int columns) {
            this.columns = columns;
            ofPairs = sets instanceof TokenSets.Pairs;
            int rows =
                    ofPairs ? columns : sets instanceof TokenSets.Spans spans ? Math.min(spans.longest(), columns) : 0;
            shares = new double[rows * columns];
            Arrays.fill(shares, Double.NaN);
            together = new double[ofPairs ? rows * columns : 0];
            Arrays.fill(together, Double.NaN);
        }

        /** Of a pair in both of its cells. */
        void put(int row, int column, double share, double more) {
            shares[row * columns + column] = share;
            if (ofPairs) {
                shares[column * columns + row] = share;
                together[row * columns + column] = more;
                together[column * columns + row] = more;
            }
        }

        AblationMaps maps(String across, List<String> names, List<Integer> places) {
            List<String> rows = new ArrayList<>();
            int count = columns == 0 ? 0 : shares.length / columns;
            for (int row = 0; row < count; row++) {
                rows.add(ofPairs ? names.get(row) : count == 1 ? ALONE : Integer.toString(row + 1));
            }
            return new AblationMaps(
                    ofPairs ? across : count == 1 ? "" : "Length", across, rows, names, shares, together, places);
        }
    }
}
