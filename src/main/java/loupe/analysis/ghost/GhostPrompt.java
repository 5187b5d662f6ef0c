package loupe.analysis.ghost;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loupe.base.Refusal;

/**
 * The tokens a definition grows from, with places for the ghost.
 *
 * @param ids all tokens; those at the ghost's places do not matter
 * @param ghostPositions indices of the ghost's places, rising; at least one
 */
public record GhostPrompt(List<Integer> ids, List<Integer> ghostPositions) {
    /** The text of the notebook, with its ghost in the place of {@code {ghost}}. */
    public static final String DEFAULT_TEXT = "A typical definition of \"{ghost}\" would be \"";
    /** The placeholder of the ghost in a prompt's text. */
    public static final String PLACEHOLDER = "{ghost}";

    public GhostPrompt {
        ids = List.copyOf(ids);
        ghostPositions = List.copyOf(ghostPositions);
        if (ghostPositions.isEmpty()) {
            throw new IllegalArgumentException(
                    "the prompt has no place for the ghost; write " + PLACEHOLDER + " where it belongs");
        }
        for (int i = 0; i < ghostPositions.size(); i++) {
            int position = ghostPositions.get(i);
            if (position < 0 || position >= ids.size() || (i > 0 && position <= ghostPositions.get(i - 1))) {
                throw new IllegalArgumentException(
                        "ghostPositions are " + ghostPositions + ", must rise from 0 to at most " + (ids.size() - 1));
            }
        }
    }

    /** A prompt made of parts that were tokenised separately, with a ghost between each two. */
    public static GhostPrompt between(List<List<Integer>> parts) {
        List<Integer> ids = new ArrayList<>();
        List<Integer> positions = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            if (i > 0) {
                positions.add(ids.size());
                ids.add(0);
            }
            ids.addAll(parts.get(i));
        }
        return new GhostPrompt(ids, positions);
    }

    /** The pieces of a text around each {@link #PLACEHOLDER}, to be tokenised apart, with no space added. */
    public static List<String> pieces(String text) {
        return List.of(text.split(java.util.regex.Pattern.quote(PLACEHOLDER), -1));
    }

    /**
     * A prompt written as token ids, with {@code {ghost}} in the ghost's places and spaces or commas between them, such
     * as {@code 2 651 {ghost} 235}.
     *
     * @throws Refusal if something else stands in it, or no place for the ghost
     */
    public static GhostPrompt ofIds(String typed) {
        List<Integer> ids = new ArrayList<>();
        List<Integer> positions = new ArrayList<>();
        for (String word :
                typed.replace(PLACEHOLDER, " " + PLACEHOLDER + " ").strip().split("[\\s,]+", 0)) {
            boolean ghost = word.equals(PLACEHOLDER);
            if (!ghost && !word.matches("\\d{1,9}")) {
                throw new Refusal(
                        "The prompt's token ids have \"" + word + "\"",
                        "numbers with spaces between, and " + PLACEHOLDER,
                        "Write it like 2 651 " + PLACEHOLDER + " 235");
            }
            if (ghost) {
                positions.add(ids.size());
            }
            ids.add(ghost ? 0 : Integer.parseInt(word));
        }
        if (positions.isEmpty()) {
            throw new Refusal("The prompt has no place for the ghost. Write " + PLACEHOLDER + " where it belongs");
        }
        return new GhostPrompt(ids, positions);
    }

    /** The prompt as {@link #ofIds} reads it. */
    public String idText() {
        return IntStream.range(0, ids.size())
                .mapToObj(at -> ghostPositions.contains(at) ? PLACEHOLDER : Integer.toString(ids.get(at)))
                .collect(Collectors.joining(" "));
    }

    /** The tokens without the ghost's places. */
    List<Integer> withoutGhosts() {
        List<Integer> rest = new ArrayList<>();
        for (int i = 0; i < ids.size(); i++) {
            if (!ghostPositions.contains(i)) {
                rest.add(ids.get(i));
            }
        }
        return rest;
    }
}
