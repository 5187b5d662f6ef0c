package loupe.ui.help;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import loupe.analysis.compare.EvaluationFigure;
import loupe.search.FeatureColumn;

/**
 * What can be looked up: the questions of {@code concepts.md}, the figures of {@code figures.md} with their formulas
 * and where they stand, the figures of the evaluation, which are defined where they are computed, and what the window
 * adds.
 */
public record HelpTexts(List<HelpEntry> entries) {
    private static final String FOLDER = "/loupe/ui/help/";
    private static final String SHOWN_IN = "*Shown in:* ";
    /** The title of a pane or page, with the headings of columns in brackets. */
    private static final Pattern PLACE = Pattern.compile("([^,(]+?)(?: \\(([^)]*)\\))?(?:, |\\.$)");

    public HelpTexts {
        entries = List.copyOf(entries);
    }

    /** All of it, with more at the end, such as the keys of a window. */
    public static HelpTexts with(List<HelpEntry> more) {
        Stream<HelpEntry> evaluation = Arrays.stream(EvaluationFigure.values())
                .map(figure -> new HelpEntry(
                        "Figures of the evaluation",
                        figure.title() + " (" + figure.key() + " in JSON)",
                        figure.formula(),
                        "In " + figure.unit() + ".",
                        Map.of("Evaluation", List.of(figure.title()))));
        return new HelpTexts(
                Stream.of(page("concepts.md").stream(), page("figures.md").stream(), evaluation, more.stream())
                        .flatMap(stream -> stream)
                        .toList());
    }

    /** The entries that have all words; all of them without words. */
    public List<HelpEntry> find(String typed) {
        List<String> words = Arrays.stream(typed.toLowerCase(Locale.ROOT).split("\\s+"))
                .filter(word -> !word.isEmpty())
                .toList();
        return entries.stream().filter(entry -> entry.has(words)).toList();
    }

    /** The entry of a title. */
    public Optional<HelpEntry> titled(String title) {
        return entries.stream().filter(entry -> entry.title().equals(title)).findFirst();
    }

    /** What explains a column: of this pane or page if it has one of that heading, else of any. */
    public Optional<HelpEntry> ofColumn(String place, String heading) {
        return entries.stream()
                .filter(entry -> entry.isColumn(place, heading))
                .findFirst()
                .or(() -> entries.stream()
                        .filter(entry ->
                                entry.shownIn().keySet().stream().anyMatch(other -> entry.isColumn(other, heading)))
                        .findFirst());
    }

    /** What stands in a pane or on a page, in the order of the help. */
    public List<HelpEntry> in(String place) {
        return entries.stream()
                .filter(entry -> entry.shownIn().containsKey(place))
                .toList();
    }

    /** The sections of a page, in its order; a heading of the second level begins one. */
    private static List<HelpEntry> page(String name) {
        String page;
        try (InputStream in = Objects.requireNonNull(HelpTexts.class.getResourceAsStream(FOLDER + name), name)) {
            page = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String[] sections = page.split("(?m)^## ");
        String[] opening = sections[0].strip().split("\n", 2);
        String group = opening[0].replace("# ", "").strip();
        List<HelpEntry> entries = new ArrayList<>();
        if (opening.length > 1) {
            entries.add(new HelpEntry(group, "The letters in formulas", plain(opening[1])));
        }
        for (String section : Arrays.asList(sections).subList(1, sections.length)) {
            entries.add(entry(group, section));
        }
        return entries;
    }

    private static HelpEntry entry(String group, String section) {
        String formula = "";
        List<String> text = new ArrayList<>();
        Map<String, List<String>> shownIn = new LinkedHashMap<>();
        String[] paragraphs = section.strip().split("\n+");
        for (String paragraph : Arrays.asList(paragraphs).subList(1, paragraphs.length)) {
            if (paragraph.startsWith("`") && paragraph.endsWith("`")) {
                formula = paragraph.replace("`", "");
            } else if (paragraph.startsWith(SHOWN_IN)) {
                Matcher place = PLACE.matcher(paragraph.substring(SHOWN_IN.length()));
                while (place.find()) {
                    shownIn.put(
                            place.group(1),
                            place.group(2) == null
                                    ? List.of()
                                    : List.of(place.group(2).split("; ")));
                }
            } else {
                text.add(plain(paragraph));
            }
        }
        String words = filterWords(shownIn.getOrDefault("Features", List.of()));
        if (!words.isEmpty()) {
            text.add("In filters of the feature table: " + words + ".");
        }
        return new HelpEntry(group, paragraphs[0].strip(), formula, String.join("\n\n", text), shownIn);
    }

    /** How filters call these columns of the feature table; empty for columns that they do not know. */
    private static String filterWords(List<String> headings) {
        return Arrays.stream(FeatureColumn.values())
                .filter(column -> headings.contains(column.title()) && !column.isText())
                .map(FeatureColumn::word)
                .collect(Collectors.joining(", "));
    }

    /** A paragraph without the marks of emphasis. */
    private static String plain(String paragraph) {
        return paragraph.strip().replace("*", "");
    }
}
