package loupe.ui.export;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A table as comma-separated values, as RFC 4180 has them: quotes where needed, lines ended by CR LF.
 *
 * @param header the names of the columns
 * @param rows the cells, numbers as numbers
 */
public record Csv(List<String> header, List<? extends List<?>> rows) {
    /** What a spreadsheet takes for the beginning of a formula, as OWASP lists it. */
    private static final Pattern FORMULA =
            Pattern.compile("[=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20].*", Pattern.DOTALL);

    private static final Pattern NUMBER = Pattern.compile("[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?");

    /**
     * The table as a file's content. A text that a spreadsheet would run as a formula gets an apostrophe before it,
     * which makes it a text there; numbers, also those written as texts, stay as they are.
     *
     * @param asTheyAre leaves the apostrophes out, for programs that read the texts themselves
     */
    public String text(boolean asTheyAre) {
        StringBuilder text = new StringBuilder(line(header, asTheyAre));
        rows.forEach(row -> text.append(line(row, asTheyAre)));
        return text.toString();
    }

    /**
     * The table as spreadsheets take it from the clipboard: tabs between the cells, a line for each row, the header
     * first. Quotes and apostrophes stand where {@link #text} has them, with tabs for commas.
     *
     * @param asTheyAre leaves the apostrophes out
     */
    public String tabbed(boolean asTheyAre) {
        StringBuilder text = new StringBuilder(line(header, '\t', "\n", asTheyAre));
        rows.forEach(row -> text.append(line(row, '\t', "\n", asTheyAre)));
        return text.toString();
    }

    private static String line(List<?> cells, boolean asTheyAre) {
        return line(cells, ',', "\r\n", asTheyAre);
    }

    private static String line(List<?> cells, char between, String end, boolean asTheyAre) {
        return cells.stream()
                .map(value -> cell(value, between, asTheyAre))
                .collect(Collectors.joining(String.valueOf(between), "", end));
    }

    private static String cell(Object value, char between, boolean asTheyAre) {
        String text = value == null ? "" : value.toString();
        if (!asTheyAre && runs(value, text)) {
            text = "'" + text;
        }
        boolean special = text.chars().anyMatch(c -> c == between || c == '"' || c == '\n' || c == '\r')
                || !text.equals(text.strip());
        return special ? '"' + text.replace("\"", "\"\"") + '"' : text;
    }

    private static boolean runs(Object value, String text) {
        return !(value instanceof Number)
                && FORMULA.matcher(text).matches()
                && !NUMBER.matcher(text).matches();
    }
}
