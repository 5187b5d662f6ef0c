package loupe.ui.window;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import loupe.analysis.compare.EvaluationFigure;
import loupe.search.FeatureColumn;

/**
 * What can be looked up: the questions of {@code concepts.md}, the columns of the feature table and the figures of the
 * evaluation, each explained where it is defined, and the keys.
 */
record HelpTexts(List<Entry> entries) {
    private static final String CONCEPTS = "/loupe/ui/help/concepts.md";

    HelpTexts {
        entries = List.copyOf(entries);
    }

    /**
     * Something that is explained.
     *
     * @param group heading above it
     * @param title a question, a name or a key
     * @param text plain sentences
     */
    record Entry(String group, String title, String text) {
        /** Whether each word is in it somewhere, in any case. */
        boolean has(List<String> words) {
            String all = (group + " " + title + " " + text).toLowerCase(Locale.ROOT);
            return words.stream().allMatch(all::contains);
        }
    }

    /** All of it, with the keys of a window's commands. */
    static HelpTexts of(Commands commands) {
        List<Entry> entries = new ArrayList<>(concepts());
        for (FeatureColumn column : FeatureColumn.values()) {
            entries.add(new Entry(
                    "Columns of the feature table",
                    column.title() + (column.isText() ? "" : " (" + column.word() + " in filters)"),
                    column.explanation()));
        }
        for (EvaluationFigure figure : EvaluationFigure.values()) {
            entries.add(new Entry(
                    "Figures of the evaluation",
                    figure.title() + " (" + figure.key() + " in JSON), " + figure.unit(),
                    figure.formula()));
        }
        for (Command command : commands.all()) {
            entries.add(new Entry("Keys: " + command.group(), command.title(), command.keyText()));
        }
        ShortcutPage.OTHERS.forEach((group, rows) -> {
            for (String[] row : rows) {
                entries.add(new Entry("Keys: " + group, row[1], row[0]));
            }
        });
        return new HelpTexts(entries);
    }

    /** The entries that have all words; all of them without words. */
    List<Entry> find(String typed) {
        List<String> words = Arrays.stream(typed.toLowerCase(Locale.ROOT).split("\\s+"))
                .filter(word -> !word.isEmpty())
                .toList();
        return entries.stream().filter(entry -> entry.has(words)).toList();
    }

    /** The questions of the page of words, in its order; a heading of the second level is one. */
    private static List<Entry> concepts() {
        String page;
        try (InputStream in = Objects.requireNonNull(HelpTexts.class.getResourceAsStream(CONCEPTS), CONCEPTS)) {
            page = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<Entry> entries = new ArrayList<>();
        String[] sections = page.split("(?m)^## ");
        String group = sections[0].replace("# ", "").strip();
        for (String section : Arrays.asList(sections).subList(1, sections.length)) {
            int end = section.indexOf('\n');
            entries.add(new Entry(
                    group,
                    section.substring(0, end).strip(),
                    section.substring(end).strip().replace("*", "")));
        }
        return entries;
    }
}
