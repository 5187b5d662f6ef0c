package loupe.app.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import loupe.base.VisibleText;

/**
 * A result as aligned text: single values as lines, lists of records as tables, records within records indented. Lists
 * of records within the rows of a table are tables of their own below it, by the numbers of those rows.
 */
public final class TextTable implements ResultPrinter {
    private static final int LONGEST_LIST = 32;
    private static final int WIDEST_LIST = 80;
    private static final String INDENT = "  ";
    /** The column with the number of a row, from 0, where lists within rows are printed below. */
    private static final String ROW = "row";
    /** The column with the number of the row that such a list is of. */
    private static final String OF = "of";

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

    /** Rows as a table, records within them as columns of their own, and lists of records as tables below. */
    private static void table(TextLines out, Iterable<JsonNode> rows, String indent) {
        List<Map<String, JsonNode>> cells = new ArrayList<>();
        Map<String, List<JsonNode>> within = new LinkedHashMap<>();
        int number = 0;
        for (JsonNode row : rows) {
            Map<String, JsonNode> flat = new LinkedHashMap<>();
            flatten("", row, flat);
            for (Map.Entry<String, JsonNode> cell : List.copyOf(flat.entrySet())) {
                if (areRecords(cell.getValue())) {
                    flat.remove(cell.getKey());
                    List<JsonNode> all = within.computeIfAbsent(cell.getKey(), none -> new ArrayList<>());
                    for (JsonNode one : cell.getValue()) {
                        ObjectNode numbered =
                                JsonNodeFactory.instance.objectNode().put(OF, number);
                        one.properties().forEach(field -> numbered.set(field.getKey(), field.getValue()));
                        all.add(numbered);
                    }
                }
            }
            cells.add(flat);
            number++;
        }
        if (!within.isEmpty()) {
            cells.forEach(row -> row.keySet().removeAll(within.keySet())); // rows with none of them
            for (int i = 0; i < cells.size(); i++) {
                Map<String, JsonNode> numbered = new LinkedHashMap<>();
                JsonNode above = cells.get(i).remove(OF);
                if (above != null) {
                    numbered.put(OF, above);
                }
                numbered.put(ROW, IntNode.valueOf(i));
                numbered.putAll(cells.get(i));
                cells.set(i, numbered);
            }
        }
        lines(out, cells, indent);
        within.forEach((key, all) -> {
            out.add(indent + key + ", of each row");
            table(out, all, indent + INDENT);
        });
    }

    /** A record's values, those of records within it under both names. */
    private static void flatten(String before, JsonNode record, Map<String, JsonNode> cells) {
        record.properties().forEach(field -> {
            String name = before + field.getKey();
            if (field.getValue().isObject() && !field.getValue().isEmpty()) {
                flatten(name + ".", field.getValue(), cells);
            } else {
                cells.put(name, field.getValue());
            }
        });
    }

    private static void lines(TextLines out, List<Map<String, JsonNode>> rows, String indent) {
        Set<String> columns = new LinkedHashSet<>();
        rows.forEach(row -> columns.addAll(row.keySet()));
        columns.removeIf(column -> isNullBesideItsParts(column, rows, columns));
        List<StringBuilder> lines = new ArrayList<>();
        rows.forEach(row -> lines.add(new StringBuilder(indent)));
        StringBuilder head = new StringBuilder(indent);
        for (String column : columns) {
            boolean numbers = true;
            int width = column.length();
            List<String> texts = new ArrayList<>();
            for (Map<String, JsonNode> row : rows) {
                JsonNode cell = row.getOrDefault(column, NullNode.instance);
                numbers &= cell.isNull() || cell.isNumber();
                texts.add(text(cell));
                width = Math.max(width, texts.get(texts.size() - 1).length());
            }
            head.append(pad(column, width, numbers)).append(INDENT);
            for (int i = 0; i < rows.size(); i++) {
                lines.get(i).append(pad(texts.get(i), width, numbers)).append(INDENT);
            }
        }
        out.add(head.toString().stripTrailing());
        lines.forEach(line -> out.add(line.toString().stripTrailing()));
    }

    /** A record that is missing in some rows stands in its own columns alone. */
    private static boolean isNullBesideItsParts(String column, List<Map<String, JsonNode>> rows, Set<String> columns) {
        return columns.stream().anyMatch(other -> other.startsWith(column + "."))
                && rows.stream()
                        .allMatch(row ->
                                row.getOrDefault(column, NullNode.instance).isNull());
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
