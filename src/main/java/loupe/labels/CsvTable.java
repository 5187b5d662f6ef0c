package loupe.labels;

import java.util.ArrayList;
import java.util.List;

/** Reads comma-separated values as RFC 4180 has them, with line feeds alone between lines too. */
final class CsvTable {
    private final String text;
    private int at;
    private int line = 1;

    private CsvTable(String text) {
        this.text = text;
    }

    /**
     * A line.
     *
     * @param number of the line of text in which it begins, from 1
     */
    record Row(int number, List<String> cells) {}

    /**
     * Reads all lines that are not empty.
     *
     * @throws IllegalArgumentException with the line, if a quote is not closed or stands where none may be
     */
    static List<Row> read(String text) {
        CsvTable table = new CsvTable(text.startsWith("\uFEFF") ? text.substring(1) : text);
        List<Row> rows = new ArrayList<>();
        while (table.at < table.text.length()) {
            Row row = table.row();
            if (row.cells().size() > 1 || !row.cells().get(0).isEmpty()) {
                rows.add(row);
            }
        }
        return rows;
    }

    private Row row() {
        int first = line;
        List<String> cells = new ArrayList<>();
        while (true) {
            cells.add(cell());
            if (at == text.length()) {
                break;
            }
            char end = text.charAt(at++);
            if (end == '\r' && at < text.length() && text.charAt(at) == '\n') {
                at++;
            }
            if (end != ',') {
                line++;
                break;
            }
        }
        return new Row(first, cells);
    }

    private String cell() {
        if (at < text.length() && text.charAt(at) == '"') {
            return quoted();
        }
        int from = at;
        while (at < text.length() && ",\r\n".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        return text.substring(from, at);
    }

    private String quoted() {
        int first = line;
        StringBuilder cell = new StringBuilder();
        at++;
        while (true) {
            if (at >= text.length()) {
                throw new IllegalArgumentException("line " + first + " has a quote that is not closed");
            }
            char c = text.charAt(at++);
            if (c == '"' && (at == text.length() || text.charAt(at) != '"')) {
                break;
            }
            at += c == '"' ? 1 : 0;
            line += c == '\n' ? 1 : 0;
            cell.append(c);
        }
        if (at < text.length() && ",\r\n".indexOf(text.charAt(at)) < 0) {
            throw new IllegalArgumentException("line " + line + " goes on after a closing quote");
        }
        return cell.toString();
    }
}
