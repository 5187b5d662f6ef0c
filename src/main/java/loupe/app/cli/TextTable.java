package loupe.app.cli;

import java.io.PrintStream;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** A result as aligned text: single values as lines, lists of records as tables, records within records indented. */
public final class TextTable implements ResultPrinter {
    private static final int LONGEST_LIST = 32;
    private static final int WIDEST_LIST = 80;
    private static final String INDENT = "  ";

    private final Map<?, ?> result;

    public TextTable(Map<?, ?> result) {
        this.result = result;
    }

    @Override
    public void print(PrintStream out) {
        print(out, result, "");
    }

    private static void print(PrintStream out, Map<?, ?> record, String indent) {
        int width = record.keySet().stream()
                .mapToInt(key -> key.toString().length())
                .max()
                .orElse(0);
        record.forEach((key, value) -> {
            List<Map<?, ?>> rows = rows(value);
            if (value instanceof Map<?, ?> inner && !inner.isEmpty()) {
                out.println(indent + key);
                print(out, inner, indent + INDENT);
            } else if (!rows.isEmpty()) {
                out.println(indent + key);
                table(out, rows, indent + INDENT);
            } else if (value instanceof List<?> sentences
                    && text(value).length() > WIDEST_LIST
                    && sentences.stream().allMatch(String.class::isInstance)) {
                out.println(indent + key);
                sentences.forEach(sentence -> out.println(indent + INDENT + text(sentence)));
            } else {
                out.println(indent + pad(key.toString(), width, false) + INDENT + text(value));
            }
        });
    }

    private static void table(PrintStream out, List<Map<?, ?>> rows, String indent) {
        Set<Object> columns = new LinkedHashSet<>();
        rows.forEach(row -> columns.addAll(row.keySet()));
        List<StringBuilder> lines = new ArrayList<>();
        rows.forEach(row -> lines.add(new StringBuilder(indent)));
        StringBuilder head = new StringBuilder(indent);
        for (Object column : columns) {
            boolean numbers =
                    rows.stream().allMatch(row -> row.get(column) == null || row.get(column) instanceof Number);
            int width = rows.stream()
                    .mapToInt(row -> text(row.get(column)).length())
                    .max()
                    .orElse(0);
            width = Math.max(width, column.toString().length());
            head.append(pad(column.toString(), width, numbers)).append(INDENT);
            for (int i = 0; i < rows.size(); i++) {
                lines.get(i)
                        .append(pad(text(rows.get(i).get(column)), width, numbers))
                        .append(INDENT);
            }
        }
        out.println(head.toString().stripTrailing());
        lines.forEach(line -> out.println(line.toString().stripTrailing()));
    }

    /** The records of a list of records; empty for anything else. */
    private static List<Map<?, ?>> rows(Object value) {
        List<Map<?, ?>> rows = new ArrayList<>();
        if (value instanceof List<?> list) {
            for (Object element : list) {
                if (!(element instanceof Map<?, ?> row)) {
                    return List.of();
                }
                rows.add(row);
            }
        }
        return rows;
    }

    private static String text(Object value) {
        if (value == null
                || value instanceof Double d && !Double.isFinite(d)
                || value instanceof Float f && !Float.isFinite(f)) {
            return "-";
        }
        if (value instanceof Double || value instanceof Float) {
            return String.format(Locale.ROOT, "%.6g", ((Number) value).doubleValue());
        }
        if (value instanceof Iterable<?> || value.getClass().isArray()) {
            return list(value);
        }
        return value.toString().replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t");
    }

    private static String list(Object values) {
        List<Object> elements = new ArrayList<>();
        if (values instanceof Iterable<?> iterable) {
            iterable.forEach(elements::add);
        } else {
            for (int i = 0; i < Array.getLength(values); i++) {
                elements.add(Array.get(values, i));
            }
        }
        if (elements.isEmpty()) {
            return "none";
        }
        StringBuilder text = new StringBuilder();
        for (Object element : elements.subList(0, Math.min(LONGEST_LIST, elements.size()))) {
            text.append(text.isEmpty() ? "" : ", ").append(text(element));
        }
        return elements.size() > LONGEST_LIST ? text + ", ... (" + elements.size() + " in all)" : text.toString();
    }

    private static String pad(String text, int width, boolean right) {
        String blanks = " ".repeat(Math.max(0, width - text.length()));
        return right ? blanks + text : text + blanks;
    }
}
