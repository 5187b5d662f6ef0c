package loupe.analysis.effects;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Words and tokens that texts are searched for.
 *
 * @param words found as whole words, whatever their case
 * @param tokens found by their ids
 */
public record ChosenWords(List<String> words, Set<Integer> tokens) {
    /** Nothing is searched for. */
    public static final ChosenWords NONE = new ChosenWords(List.of(), Set.of());

    public ChosenWords {
        words = words.stream()
                .map(String::strip)
                .filter(word -> !word.isEmpty())
                .toList();
        tokens = Set.copyOf(tokens);
    }

    public boolean isEmpty() {
        return words.isEmpty() && tokens.isEmpty();
    }

    /**
     * How many texts contain one of them at least.
     *
     * @param texts the ids of each
     * @param read the text of ids
     */
    public int count(List<List<Integer>> texts, TextOf read) {
        Pattern pattern = Pattern.compile(
                words.stream()
                        .map(word -> "(?<![\\p{L}\\p{N}])" + Pattern.quote(word) + "(?![\\p{L}\\p{N}])")
                        .collect(Collectors.joining("|")),
                Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
        return (int) texts.stream()
                .filter(ids -> ids.stream().anyMatch(tokens::contains)
                        || (!words.isEmpty() && pattern.matcher(read.of(ids)).find()))
                .count();
    }

    /** The text of some tokens. */
    @FunctionalInterface
    public interface TextOf {
        String of(List<Integer> ids);
    }
}
