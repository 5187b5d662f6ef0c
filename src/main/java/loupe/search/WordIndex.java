package loupe.search;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The texts of some fields of all features, and which feature has which word. A word is found in the list of all words,
 * which is far shorter than the texts, as a whole or in parts. Immutable once built, so that any thread may ask.
 */
public final class WordIndex {
    private static final char BETWEEN = '\n';
    private static final int FIELDS = SearchField.values().length;
    private static final int FIELD_BITS = 3;

    private final int features;
    private final String[][] texts;
    /** All words in alphabetical order, each after a line feed. */
    private final String words;

    private final int[] starts;
    /** For each word the places that have it: feature times eight, plus the field. */
    private final int[][] places;

    private WordIndex(int features, String[][] texts, Map<String, Places> found) {
        this.features = features;
        this.texts = texts;
        SortedMap<String, Places> sorted = new TreeMap<>(found);
        starts = new int[sorted.size()];
        places = new int[sorted.size()][];
        StringBuilder all = new StringBuilder();
        int i = 0;
        for (Map.Entry<String, Places> word : sorted.entrySet()) {
            starts[i] = all.append(BETWEEN).length();
            all.append(word.getKey());
            places[i++] = word.getValue().all();
        }
        words = all.append(BETWEEN).toString();
    }

    /** How many features it is about. */
    public int features() {
        return features;
    }

    /** How many different words there are. */
    public int words() {
        return starts.length;
    }

    /** A feature's text in a field; empty if it has none. */
    String text(SearchField field, int feature) {
        String[] column = texts[field.rank()];
        return column == null || feature >= column.length || column[feature] == null ? "" : column[feature];
    }

    /**
     * Raises the score of every feature that has a word.
     *
     * @param only the field that counts; null for all
     */
    void score(String word, @Nullable SearchField only, int[] scores) {
        for (int at = words.indexOf(word); at >= 0; ) {
            int found = Arrays.binarySearch(starts, at);
            int index = found >= 0 ? found : -found - 2;
            int end = index + 1 < starts.length ? starts[index + 1] - 1 : words.length() - 1;
            boolean begins = at == starts[index];
            int quality = Words.limited(
                    word, begins && at + word.length() == end ? Words.WHOLE : begins ? Words.BEGINNING : Words.INSIDE);
            if (quality != Words.NONE) {
                score(places[index], quality, only, scores);
            }
            at = words.indexOf(word, end);
        }
    }

    private static void score(int[] places, int quality, @Nullable SearchField only, int[] scores) {
        for (int place : places) {
            int field = place & (1 << FIELD_BITS) - 1;
            if (only == null || only.rank() == field) {
                int feature = place >> FIELD_BITS;
                scores[feature] = Math.max(scores[feature], FeatureSearch.score(quality, field));
            }
        }
    }

    /** Takes texts of features, field after field; one thread. */
    public static final class Builder {
        private final int features;
        private final String[][] texts = new String[FIELDS][];
        private final Map<String, Places> found = new HashMap<>();

        public Builder(int features) {
            this.features = features;
        }

        /** Sets the text of a feature in a field. */
        public void add(SearchField field, int feature, String text) {
            if (text.isBlank()) {
                return;
            }
            if (texts[field.rank()] == null) {
                texts[field.rank()] = new String[features];
            }
            texts[field.rank()][feature] = text;
            String lower = text.toLowerCase(Locale.ROOT);
            int place = feature << FIELD_BITS | field.rank();
            Words.forEach(
                    lower,
                    (from, to) -> found.computeIfAbsent(lower.substring(from, to), word -> new Places())
                            .add(place));
        }

        /** The index; nothing may be added afterwards. */
        public WordIndex build() {
            return new WordIndex(features, texts, found);
        }
    }

    /** A growing list of places, each once in a row. */
    private static final class Places {
        private int[] all = new int[2];
        private int count;

        void add(int place) {
            if (count > 0 && all[count - 1] == place) {
                return;
            }
            if (count == all.length) {
                all = Arrays.copyOf(all, 2 * count);
            }
            all[count++] = place;
        }

        int[] all() {
            return Arrays.copyOf(all, count);
        }
    }
}
