package loupe.app.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import loupe.base.VisibleText;

/** A result as aligned text: single values as lines, lists of records as tables, records within records indented. */
public final class TextTable implements ResultPrinter {
    private static final int LONGEST_LIST = 32;
    private static final int WIDEST_LIST = 80;
    private static final String INDENT = "  ";

    private final JsonNode result;

    /** @param result as {@link ResultJson#tree} makes it */
    public TextTable(JsonNode result) {
        this.result = result;
    }

    @Override
    public void print(TextLines out) {
        print(out, result, "");
    }

    private static void print(TextLines out, JsonNode record, String indent) {
        int width = record.properties().stream()
                .mapToInt(entry -> entry.getKey().length())
                .max()
                .orElse(0);
        record.properties().forEach(entry -> {
            String key = entry.getKey();
            JsonNode value = entry.getValue();
            if (value.isObject() && !value.isEmpty()) {
                out.add(indent + key);
                print(out, value, indent + INDENT);
            } else if (areRecords(value)) {
                out.add(indent + key);
                table(out, value, indent + INDENT);
            } else if (text(value).length() > WIDEST_LIST && areSentences(value)) {
                out.add(indent + key);
                value.forEach(sentence -> out.add(indent + INDENT + text(sentence)));
            } else {
                out.add(indent + pad(key, width, false) + INDENT + text(value));
            }
        });
    }

    private static void table(TextLines out, JsonNode rows, String indent) {
        Set<String> columns = new LinkedHashSet<>();
        rows.forEach(row -> row.fieldNames().forEachRemaining(columns::add));
        List<StringBuilder> lines = new ArrayList<>();
        rows.forEach(row -> lines.add(new StringBuilder(indent)));
        StringBuilder head = new StringBuilder(indent);
        for (String column : columns) {
            boolean numbers = true;
            int width = column.length();
            for (JsonNode row : rows) {
                JsonNode cell = row.path(column);
                numbers &= cell.isMissingNode() || cell.isNull() || cell.isNumber();
                width = Math.max(width, text(cell).length());
            }
            head.append(pad(column, width, numbers)).append(INDENT);
            for (int i = 0; i < rows.size(); i++) {
                lines.get(i)
                        .append(pad(text(rows.get(i).path(column)), width, numbers))
                        .append(INDENT);
            }
        }
        out.add(head.toString().stripTrailing());
        lines.forEach(line -> out.add(line.toString().stripTrailing()));
    }

    private static boolean areRecords(JsonNode list) {
        return list.isArray() && !list.isEmpty() && all(list, JsonNode::isObject);
    }

    private static boolean areSentences(JsonNode list) {
        return list.isArray() && all(list, JsonNode::isTextual);
    }

    private static boolean all(JsonNode list, Predicate<JsonNode> condition) {
        for (JsonNode element : list) {
            if (!condition.test(element)) {
                return false;
            }
        }
        return true;
    }

    private static String text(JsonNode value) {
        if (value.isNull() || value.isMissingNode()) {
            return "-";
        }
        if (value.isFloatingPointNumber()) {
            return Double.isFinite(value.doubleValue()) ? String.format(Locale.ROOT, "%.6g", value.doubleValue()) : "-";
        }
        if (value.isArray()) {
            return list(value);
        }
        return value.isValueNode() ? VisibleText.line(value.asText()) : value.toString();
    }

    private static String list(JsonNode elements) {
        if (elements.isEmpty()) {
            return "none";
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(LONGEST_LIST, elements.size()); i++) {
            text.append(i == 0 ? "" : ", ").append(text(elements.get(i)));
        }
        return elements.size() > LONGEST_LIST ? text + ", ... (" + elements.size() + " in all)" : text.toString();
    }

    private static String pad(String text, int width, boolean right) {
        String blanks = " ".repeat(Math.max(0, width - text.length()));
        return right ? blanks + text : text + blanks;
    }
}
