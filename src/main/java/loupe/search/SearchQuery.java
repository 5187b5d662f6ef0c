package loupe.search;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What is searched for: words that all have to be found, each anywhere or in one field, and whether only starred
 * features count.
 */
public record SearchQuery(List<Word> words, boolean starred) {
    /**
     * A word.
     *
     * @param text in lower case; empty for any text at all in the field
     * @param field where it has to be; empty for anywhere
     */
    public record Word(String text, Optional<SearchField> field) {}

    public SearchQuery {
        words = List.copyOf(words);
    }

    /** Reads what was typed: words, {@code label:red} for a word in a field, {@code star} for starred features. */
    public static SearchQuery parse(String typed) {
        List<Word> words = new ArrayList<>();
        boolean starred = false;
        for (String part : typed.strip().toLowerCase(Locale.ROOT).split("\\s+", -1)) {
            int colon = part.indexOf(':');
            Optional<SearchField> field = colon < 0 ? Optional.empty() : SearchField.of(part.substring(0, colon));
            if (part.equals("star")) {
                starred = true;
            } else if (field.isPresent()) {
                String rest = part.substring(colon + 1);
                if (rest.isEmpty()) {
                    words.add(new Word("", field));
                }
                runs(rest, field, words);
            } else {
                runs(part, Optional.empty(), words);
            }
        }
        return new SearchQuery(words, starred);
    }

    /** The runs of letters and digits in a part; the part itself if it has none. */
    private static void runs(String part, Optional<SearchField> field, List<Word> words) {
        boolean letters = part.codePoints().anyMatch(Character::isLetterOrDigit);
        Words.forEach(part, (from, to) -> {
            if (!letters || Character.isLetterOrDigit(part.codePointAt(from))) {
                words.add(new Word(part.substring(from, to), field));
            }
        });
    }

    /**
     * Where a text of the corpus has the words that are looked for in such texts, as well as it has them: [from, to) in
     * turn, ascending.
     */
    public List<Integer> marksInExample(String text) {
        return Words.marks(
                text,
                words.stream()
                        .filter(word -> !word.text().isEmpty())
                        .filter(word -> word.field()
                                .map(field -> field == SearchField.EXAMPLE || field == SearchField.TOKEN)
                                .orElse(true))
                        .map(Word::text)
                        .toList());
    }

    public boolean isEmpty() {
        return words.isEmpty() && !starred;
    }
}
