package loupe.search;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loupe.labels.Edit;
import loupe.labels.FeatureNotes;
import org.jspecify.annotations.Nullable;

/**
 * A search over all features of a checkpoint. A feature is found if each word is in one of its texts; whole words come
 * before beginnings of words, these before parts, and within each what people wrote before what was computed. What is
 * written down is read as it is at the time of the search; everything else from indexes built before. Any thread.
 */
public final class FeatureSearch {
    private static final int FIELDS = SearchField.values().length;
    private static final int QUALITY = 16;
    private static final int SHOWN_BEFORE = 24;
    private static final int SHOWN = 90;
    /** What stands between two passages, at the ends of a part of a text that is cut there anyway. */
    private static final Pattern CUT_BEFORE = Pattern.compile("^[\\s\u2026]+");

    private static final Pattern CUT_BEHIND = Pattern.compile("[\\s\u2026]+$");

    private final int features;
    private final List<WordIndex> indexes;
    private final Map<Integer, FeatureNotes> notes;

    /**
     * @param features of the checkpoint
     * @param indexes of what was computed, in any number
     * @param notes what is written down, by feature; may change meanwhile
     */
    public FeatureSearch(int features, List<WordIndex> indexes, Map<Integer, FeatureNotes> notes) {
        this.features = features;
        this.indexes = List.copyOf(indexes);
        this.notes = notes;
    }

    /**
     * Where a word was found.
     *
     * @param text of that field, cut around the word
     * @param marks where words of the query begin and end in it, [from, to) in turn, ascending
     */
    public record Reason(SearchField field, String text, List<Integer> marks) {
        public Reason {
            marks = List.copyOf(marks);
        }

        /** The text in turn: what is between the words of the query, and the words. */
        public List<Run> runs() {
            List<Run> runs = new ArrayList<>();
            int at = 0;
            for (int i = 0; i < marks.size(); i += 2) {
                if (at < marks.get(i)) {
                    runs.add(new Run(text.substring(at, marks.get(i)), false));
                }
                runs.add(new Run(text.substring(marks.get(i), marks.get(i + 1)), true));
                at = marks.get(i + 1);
            }
            if (at < text.length()) {
                runs.add(new Run(text.substring(at), false));
            }
            return runs;
        }

        /** The text with brackets around what was found, after the name of the field. */
        public String plain() {
            StringBuilder marked = new StringBuilder(field.reason()).append(": ");
            runs().forEach(run -> marked.append(run.found() ? "[" + run.text() + "]" : run.text()));
            return marked.toString();
        }
    }

    /**
     * A stretch of a text.
     *
     * @param found whether it is a word of the query
     */
    public record Run(String text, boolean found) {}

    /** A score by which whole words come first and then earlier fields. */
    static int score(int quality, int field) {
        return quality * QUALITY + FIELDS - field;
    }

    /** The features that are found, best first; all of them, by number, for a query without words. */
    public int[] find(SearchQuery query) {
        int[] totals = new int[features];
        boolean first = true;
        for (SearchQuery.Word word : query.words()) {
            int[] scores = scores(word);
            for (int feature = 0; feature < features; feature++) {
                totals[feature] =
                        scores[feature] > 0 && (first || totals[feature] > 0) ? totals[feature] + scores[feature] : 0;
            }
            first = false;
        }
        boolean all = first;
        return IntStream.range(0, features)
                .filter(feature -> all || totals[feature] > 0)
                .filter(feature -> !query.starred() || isStarred(feature))
                .mapToLong(feature -> (long) (Integer.MAX_VALUE - totals[feature]) << Integer.SIZE | feature)
                .sorted()
                .mapToInt(key -> (int) key)
                .toArray();
    }

    private boolean isStarred(int feature) {
        return notes.getOrDefault(feature, FeatureNotes.NONE).star();
    }

    private int[] scores(SearchQuery.Word word) {
        SearchField only = word.field().orElse(null);
        int[] scores = new int[features];
        if (word.text().isEmpty()) {
            for (int feature = 0; feature < features; feature++) {
                scores[feature] = only == null || text(only, feature).isEmpty() ? 0 : 1;
            }
            return scores;
        }
        for (WordIndex index : indexes) {
            index.score(word.text(), only, scores);
        }
        for (SearchField field : List.of(SearchField.LABEL, SearchField.TAG, SearchField.NOTE)) {
            if (only == null || only == field) {
                notes.forEach((feature, of) -> {
                    int quality = feature < features ? quality(of, field, word.text()) : Words.NONE;
                    if (quality > Words.NONE) {
                        scores[feature] = Math.max(scores[feature], score(quality, field.rank()));
                    }
                });
            }
        }
        return scores;
    }

    private static int quality(FeatureNotes notes, SearchField field, String word) {
        int best = Words.NONE;
        switch (field) {
            case LABEL -> {
                for (Edit.Label label : notes.labels()) {
                    best = Math.max(best, Words.quality(label.text(), word));
                }
            }
            case TAG -> {
                for (String tag : notes.tags()) {
                    best = Math.max(best, Words.quality(tag, word));
                }
            }
            default -> best = notes.note().isEmpty() ? Words.NONE : Words.quality(notes.note(), word);
        }
        return best;
    }

    /** Why a feature was found: the fields that have the words best, each once. Empty for one that was not found. */
    public List<Reason> why(int feature, SearchQuery query) {
        Map<SearchField, List<String>> where = new EnumMap<>(SearchField.class);
        for (SearchQuery.Word word : query.words()) {
            if (word.text().isEmpty()) {
                continue;
            }
            best(feature, word)
                    .ifPresent(field -> where.computeIfAbsent(field, key -> new ArrayList<>())
                            .add(word.text()));
        }
        return where.entrySet().stream()
                .map(entry -> reason(entry.getKey(), text(entry.getKey(), feature), entry.getValue()))
                .toList();
    }

    private Optional<SearchField> best(int feature, SearchQuery.Word word) {
        @Nullable SearchField best = null;
        int most = 0;
        for (SearchField field : SearchField.values()) {
            if (word.field().isEmpty() || word.field().get() == field) {
                int quality = Words.quality(text(field, feature), word.text());
                if (quality > Words.NONE && score(quality, field.rank()) > most) {
                    most = score(quality, field.rank());
                    best = field;
                }
            }
        }
        return Optional.ofNullable(best);
    }

    private String text(SearchField field, int feature) {
        FeatureNotes of = notes.getOrDefault(feature, FeatureNotes.NONE);
        return switch (field) {
            case LABEL -> of.labels().stream().map(Edit.Label::text).collect(Collectors.joining(" \u00B7 "));
            case TAG -> String.join(" ", of.tags());
            case NOTE -> of.note();
            default -> {
                String found = "";
                for (WordIndex index : indexes) {
                    found = found.isEmpty() ? index.text(field, feature) : found;
                }
                yield found;
            }
        };
    }

    private static Reason reason(SearchField field, String text, List<String> words) {
        int first = text.length();
        for (String word : words) {
            first = Math.min(first, bestPlace(text, word));
        }
        int from = first <= SHOWN_BEFORE || text.length() <= SHOWN ? 0 : text.indexOf(' ', first - SHOWN_BEFORE) + 1;
        if (from > first) {
            from = first;
        }
        int to = Math.min(text.length(), from + SHOWN);
        String part = text.substring(from, to).replace('\n', ' ');
        String shown = (from > 0 ? "\u2026" + CUT_BEFORE.matcher(part).replaceFirst("") : part);
        if (to < text.length()) {
            shown = CUT_BEHIND.matcher(shown).replaceFirst("") + "\u2026";
        }
        return new Reason(field, shown, Words.marks(shown, words));
    }

    /** Where a text has a word best. */
    private static int bestPlace(String text, String word) {
        int best = Words.quality(text, word);
        for (int at = Words.indexOf(text, word, 0); at >= 0; at = Words.indexOf(text, word, at + 1)) {
            if (Words.qualityAt(text, word, at) == best) {
                return at;
            }
        }
        return 0;
    }
}
