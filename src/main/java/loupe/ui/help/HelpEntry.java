package loupe.ui.help;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Something that is explained.
 *
 * @param group heading above it
 * @param title a question, the name of a figure, or a command
 * @param formula of a figure; empty for everything else
 * @param text plain sentences, or keys
 * @param shownIn the titles of the panes and pages where a figure stands, each with the headings of the columns that
 *     hold it; empty for everything else
 */
public record HelpEntry(String group, String title, String formula, String text, Map<String, List<String>> shownIn) {
    public HelpEntry {
        shownIn = Map.copyOf(shownIn);
    }

    /** An entry without a formula, which belongs to no pane. */
    public HelpEntry(String group, String title, String text) {
        this(group, title, "", text, Map.of());
    }

    /** Whether each word is in it somewhere, in any case. */
    boolean has(List<String> words) {
        String all = (group + " " + title + " " + formula + " " + text + " " + String.join(" ", shownIn.keySet()))
                .toLowerCase(Locale.ROOT);
        return words.stream().allMatch(all::contains);
    }

    /** Whether it explains a column of this heading, in a pane or page of this title. */
    boolean isColumn(String place, String heading) {
        return shownIn.getOrDefault(place, List.of()).contains(heading);
    }
}
