package loupe.search;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import loupe.analysis.lens.FeatureKind;

/**
 * Which features the table shows: words that are searched as {@link SearchQuery} describes, and bounds such as
 * {@code density<0.1} or {@code max>=5}. All of them must hold.
 */
public record FeatureFilter(SearchQuery search, List<Bound> bounds) {
    /** The filter that every feature passes. */
    public static final FeatureFilter NONE = new FeatureFilter(SearchQuery.parse(""), List.of());

    private static final Pattern BOUND = Pattern.compile("([a-z-]+)(<=|>=|<|>|=)([-+0-9.e]+)(%?)");
    private static final String KIND_IS = FeatureColumn.KIND.word() + "=";
    private static final Pattern SPACED = Pattern.compile("\\s*(<=|>=|<|>|=)\\s*");

    /**
     * A condition on one column.
     *
     * @param limit what the column is compared with; densities as fractions
     */
    public record Bound(FeatureColumn column, Relation relation, double limit) {
        /** Whether a value is within; never for one that is not known. */
        public boolean holds(double value) {
            return switch (relation) {
                case LESS -> value < limit;
                case AT_MOST -> value <= limit;
                case EQUAL -> value == limit;
                case AT_LEAST -> value >= limit;
                case MORE -> value > limit;
            };
        }
    }

    /** How a value and a limit compare. */
    public enum Relation {
        LESS,
        AT_MOST,
        EQUAL,
        AT_LEAST,
        MORE
    }

    public FeatureFilter {
        bounds = List.copyOf(bounds);
    }

    /** What was typed, in lower case, word by word and bound by bound. */
    static List<String> parts(String typed) {
        String tight = SPACED.matcher(typed.strip().toLowerCase(Locale.ROOT)).replaceAll("$1");
        return tight.isEmpty() ? List.of() : List.of(tight.split("\\s+"));
    }

    /** Reads what was typed. What looks like a bound of an unknown column is taken as a word. */
    public static FeatureFilter parse(String typed) {
        List<String> words = new ArrayList<>();
        List<Bound> bounds = new ArrayList<>();
        for (String part : parts(typed)) {
            Optional<Bound> bound = bound(part);
            bound.ifPresent(bounds::add);
            if (bound.isEmpty() && !part.isEmpty()) {
                words.add(part);
            }
        }
        return new FeatureFilter(SearchQuery.parse(String.join(" ", words)), bounds);
    }

    /** The bound as it may be typed. */
    private static final Pattern LIKE_BOUND = Pattern.compile("([a-z-]+)(?:<=|>=|<|>|=).*");

    /**
     * Why a part that looks like a bound is none, in a sentence: {@code foo>3: there is no column foo; the columns are
     * ...}. Empty if there is no such part.
     */
    public static Optional<String> mistake(String typed) {
        for (String part : parts(typed)) {
            Matcher like = LIKE_BOUND.matcher(part);
            if (like.matches() && bound(part).isEmpty()) {
                if (like.group(1).equals(FeatureColumn.KIND.word())) {
                    return Optional.of(part + ": expected "
                            + Arrays.stream(FeatureKind.values())
                                    .map(FeatureFilter::of)
                                    .collect(Collectors.joining(", ")));
                }
                return Optional.of(
                        column(like.group(1)).isPresent()
                                ? part + ": what stands after the sign is no number"
                                : part + ": there is no column " + like.group(1) + "; the columns are "
                                        + Arrays.stream(FeatureColumn.values())
                                                .filter(column -> !column.isText())
                                                .map(FeatureColumn::word)
                                                .collect(Collectors.joining(", ")));
            }
        }
        return Optional.empty();
    }

    public boolean isEmpty() {
        return search.isEmpty() && bounds.isEmpty();
    }

    /** Every feature of a kind, as {@link #parse} reads it back. */
    public static String of(FeatureKind kind) {
        return KIND_IS + kind.label();
    }

    @SuppressWarnings("EnumOrdinal") // as the column has it
    private static Optional<Bound> bound(String part) {
        if (part.startsWith(KIND_IS)) {
            return Arrays.stream(FeatureKind.values())
                    .filter(kind -> part.equals(of(kind)))
                    .findFirst()
                    .map(kind -> new Bound(FeatureColumn.KIND, Relation.EQUAL, kind.ordinal()));
        }
        Matcher matcher = BOUND.matcher(part);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        Optional<FeatureColumn> column = column(matcher.group(1));
        if (column.isEmpty()) {
            return Optional.empty();
        }
        Relation relation =
                switch (matcher.group(2)) {
                    case "<" -> Relation.LESS;
                    case "<=" -> Relation.AT_MOST;
                    case "=" -> Relation.EQUAL;
                    case ">=" -> Relation.AT_LEAST;
                    default -> Relation.MORE;
                };
        try {
            double limit = Double.parseDouble(matcher.group(3));
            return Optional.of(
                    new Bound(column.get(), relation, matcher.group(4).isEmpty() ? limit : limit / 100));
        } catch (NumberFormatException notANumber) {
            return Optional.empty();
        }
    }

    /** The bounds of a column's values between two ends, both included, as {@link #parse} reads them back. */
    public static String between(FeatureColumn column, double from, double to) {
        return column.word() + ">=" + written(column, from, true) + " " + column.word() + "<="
                + written(column, to, false);
    }

    private static String written(FeatureColumn column, double value, boolean lower) {
        return column == FeatureColumn.NUMBER
                ? String.format(Locale.ROOT, "%d", (long) (lower ? Math.ceil(value) : Math.floor(value)))
                : Double.toString(value).toLowerCase(Locale.ROOT);
    }

    /** The filter as typed, without bounds of a column. */
    public static String without(String typed, FeatureColumn column) {
        Matcher spaced = SPACED.matcher(typed.strip());
        return Arrays.stream(spaced.replaceAll("$1").split("\\s+"))
                .filter(part -> bound(part.toLowerCase(Locale.ROOT))
                        .filter(bound -> bound.column() == column)
                        .isEmpty())
                .collect(Collectors.joining(" "));
    }

    /** The column of numbers of a name. */
    private static Optional<FeatureColumn> column(String name) {
        return FeatureColumn.named(name).filter(column -> !column.isText());
    }
}
