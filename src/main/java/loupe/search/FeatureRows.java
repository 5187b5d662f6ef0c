package loupe.search;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.analysis.lens.FeatureKind;
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
    private static final MathContext SHOWN = new MathContext(4);

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

    /**
     * Why no feature is listed, in a sentence that names the part of the filter: the first that no feature passes
     * alone; if there is none, that no feature passes all of them.
     *
     * @param typed the filter as it was typed
     */
    public String whyNone(String typed, Cancellation cancellation) {
        Optional<String> mistake = FeatureFilter.mistake(typed);
        if (mistake.isPresent()) {
            return mistake.get();
        }
        for (String part : FeatureFilter.parts(typed)) {
            FeatureFilter alone = FeatureFilter.parse(part);
            cancellation.check();
            if (!alone.isEmpty()
                    && new FeatureRows(values, alone, search, notes, by, descending).list(cancellation).length == 0) {
                return alone.bounds().isEmpty()
                        ? "No feature has \u201C" + part + "\u201D"
                        : part + ": " + range(alone.bounds().get(0).column());
            }
        }
        return "No feature has all of it together: " + String.join(", ", FeatureFilter.parts(typed));
    }

    /** Between what numbers a column lies, in words. */
    private String range(FeatureColumn column) {
        DoubleSummaryStatistics known = Arrays.stream(values.numbers(column))
                .filter(value -> !Double.isNaN(value))
                .summaryStatistics();
        return known.getCount() == 0
                ? column.word() + " is not known of any feature"
                : column.word() + " lies between " + written(known.getMin()) + " and " + written(known.getMax());
    }

    private static String written(double value) {
        return new BigDecimal(value).round(SHOWN).stripTrailingZeros().toString();
    }

    private boolean passes(int feature) {
        for (FeatureFilter.Bound bound : filter.bounds()) {
            if (!bound.holds(values.number(bound.column(), feature))) {
                return false;
            }
        }
        return true;
    }

    /** Where the words of the filter are found. */
    public List<FeatureSearch.Reason> why(int feature) {
        return search.why(feature, filter.search());
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
                        why(feature).stream().map(FeatureSearch.Reason::plain).toList());
            case KIND -> values.kind(feature).map(FeatureKind::label).orElse("");
            default -> values.promoted(feature);
        };
    }
}
