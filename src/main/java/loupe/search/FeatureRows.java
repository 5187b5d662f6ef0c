package loupe.search;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import loupe.base.Cancellation;
import loupe.labels.FeatureNotes;

/**
 * The rows of a table of features: those that pass a filter, in order. By number, those come first that have the words
 * best. Features whose value is not known come last.
 *
 * @param notes what is written down, by feature
 */
public record FeatureRows(
        FeatureValues values,
        FeatureFilter filter,
        FeatureSearch search,
        Map<Integer, FeatureNotes> notes,
        FeatureColumn by,
        boolean descending) {
    /** Feature numbers, first row first. */
    public int[] list(Cancellation cancellation) {
        List<Integer> kept = new ArrayList<>(values.features());
        for (int feature : search.find(filter.search())) {
            if (feature < values.features() && passes(feature)) {
                kept.add(feature);
            }
        }
        cancellation.check();
        if (by == FeatureColumn.NUMBER) {
            if (descending) {
                kept.sort(Comparator.reverseOrder());
            }
        } else if (by.isText()) {
            if (by != FeatureColumn.FOUND) { // which is the order they are in
                String[] texts = new String[values.features()];
                kept.forEach(feature -> texts[feature] = text(by, feature));
                Comparator<Integer> order =
                        Comparator.comparing(feature -> texts[feature], String.CASE_INSENSITIVE_ORDER);
                Comparator<Integer> unknownLast = Comparator.comparing(feature -> texts[feature].isEmpty());
                kept.sort(unknownLast.thenComparing(descending ? order.reversed() : order));
            }
        } else {
            double[] keys = new double[values.features()];
            Arrays.setAll(keys, feature -> {
                double value = values.number(by, feature);
                return Double.isNaN(value) ? Double.POSITIVE_INFINITY : descending ? -value : value;
            });
            kept.sort(Comparator.comparingDouble(feature -> keys[feature]));
        }
        return kept.stream().mapToInt(feature -> feature).toArray();
    }

    private boolean passes(int feature) {
        for (FeatureFilter.Bound bound : filter.bounds()) {
            if (!bound.holds(values.number(bound.column(), feature))) {
                return false;
            }
        }
        return true;
    }

    /** What a column of texts says about a feature; empty while it is not known. */
    public String text(FeatureColumn column, int feature) {
        FeatureNotes of = notes.getOrDefault(feature, FeatureNotes.NONE);
        return switch (column) {
            case LABEL -> of.label();
            case TAGS -> String.join(" ", of.tags());
            case STAR -> of.star() ? "\u2605" : "";
            case NOTE -> of.note().replace('\n', ' ');
            case FOUND ->
                String.join(
                        "; ",
                        search.why(feature, filter.search()).stream()
                                .map(FeatureSearch.Reason::plain)
                                .toList());
            default -> values.promoted(feature);
        };
    }
}
