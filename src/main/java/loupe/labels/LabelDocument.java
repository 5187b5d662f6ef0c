package loupe.labels;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import loupe.base.CheckpointException;
import loupe.base.FileFailure;
import loupe.format.JsonFiles;

/**
 * What is written down about one checkpoint, as a file to give away: JSON with everything, or a table of
 * comma-separated values with a line for each label. Formats: {@code src/site/markdown/labels.md}.
 */
public final class LabelDocument {
    /** The columns of a table. */
    public static final List<String> COLUMNS =
            List.of("feature", "label", "source", "author", "score", "note", "tags", "star");

    /** A text before which an export put an apostrophe, so that no spreadsheet runs it as a formula. */
    private static final Pattern KEPT_FROM_RUNNING = Pattern.compile("'[=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20]");

    private static final long MOST_BYTES = 256L << 20;

    private LabelDocument() {}

    /** Whether a file of this name is a table; otherwise it is JSON. */
    public static boolean isTable(Path file) {
        Path name = file.getFileName();
        return name != null && name.toString().toLowerCase(Locale.ROOT).endsWith(".csv");
    }

    /** The document of a checkpoint, for {@link JsonFiles}. */
    public static Map<String, Object> json(LabelBook book, String checkpoint) {
        List<Map<String, Object>> features = new ArrayList<>();
        new TreeMap<>(book.features(checkpoint)).forEach((feature, notes) -> features.add(json(feature, notes)));
        List<Map<String, Object>> lists = new ArrayList<>();
        for (FeatureList list : book.lists(checkpoint)) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("name", list.name());
            fields.put("text", list.text());
            fields.put("features", list.members());
            lists.add(fields);
        }
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("checkpoint", checkpoint);
        document.put("name", book.name(checkpoint));
        document.put("features", features);
        document.put("lists", lists);
        return document;
    }

    private static Map<String, Object> json(int feature, FeatureNotes notes) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("feature", feature);
        List<Map<String, Object>> labels = new ArrayList<>();
        for (Edit.Label label : notes.labels()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("text", label.text());
            one.put("source", label.source());
            one.put("author", label.author());
            one.put("score", Double.isNaN(label.score()) ? null : label.score());
            labels.add(one);
        }
        fields.put("labels", labels);
        fields.put("note", notes.note());
        fields.put("tags", notes.tags());
        fields.put("star", notes.star());
        return fields;
    }

    /** The lines of the table of a checkpoint, without its head; lists are not in it. */
    public static List<List<Object>> rows(LabelBook book, String checkpoint) {
        List<List<Object>> rows = new ArrayList<>();
        new TreeMap<>(book.features(checkpoint)).forEach((feature, notes) -> {
            for (int i = 0; i < Math.max(1, notes.labels().size()); i++) {
                boolean has = i < notes.labels().size();
                Edit.Label label = has ? notes.labels().get(i) : Edit.Label.own(checkpoint, feature, "");
                rows.add(List.of(
                        feature,
                        label.text(),
                        label.source(),
                        label.author(),
                        Double.isNaN(label.score()) ? "" : label.score(),
                        i == 0 ? notes.note() : "",
                        i == 0 ? String.join(" ", notes.tags()) : "",
                        i == 0 && notes.star() ? 1 : ""));
            }
        });
        return rows;
    }

    /**
     * Reads a document of either format as edits about a checkpoint. They add to what is written down and replace what
     * they name again; nothing is taken away.
     *
     * @param source of labels for which the document names none; empty for the user's own
     * @param features that the checkpoint has; empty if that is not known
     * @throws CheckpointException if it is none, with where it is wrong
     */
    public static List<Edit> read(Path file, String checkpoint, String source, OptionalInt features) {
        Edits edits = new Edits(file, checkpoint, source, features);
        if (isTable(file)) {
            readTable(file, edits);
        } else {
            readJson(file, edits);
        }
        return edits.all;
    }

    private static void readTable(Path file, Edits edits) {
        List<CsvTable.Row> rows;
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw refused(file, "the table has " + Files.size(file) + " bytes", "at most " + MOST_BYTES);
            }
            rows = CsvTable.read(Files.readString(file));
        } catch (CharacterCodingException e) {
            throw refused(file, "the table is not UTF-8", "UTF-8 text");
        } catch (IOException e) {
            throw refused(file, "the table cannot be read (" + FileFailure.reason(e) + ")", "");
        } catch (IllegalArgumentException e) {
            throw refused(file, String.valueOf(e.getMessage()), "comma-separated values, quoted as RFC 4180 has it");
        }
        List<String> head = rows.isEmpty()
                ? List.of()
                : rows.get(0).cells().stream()
                        .map(cell -> cell.strip().toLowerCase(Locale.ROOT))
                        .toList();
        if (!head.contains("feature") || head.stream().noneMatch(column -> COLUMNS.indexOf(column) > 0)) {
            throw refused(
                    file,
                    "the first line is not a head with feature and another column",
                    "columns such as " + String.join(", ", COLUMNS));
        }
        for (CsvTable.Row row : rows.subList(1, rows.size())) {
            edits.where = "line " + row.number();
            if (row.cells().size() != head.size()) {
                throw edits.wrong("has " + row.cells().size() + " cells", head.size() + ", as the head has");
            }
            Map<String, String> cells = new LinkedHashMap<>();
            for (int i = 0; i < head.size(); i++) {
                String cell = row.cells().get(i);
                cells.put(head.get(i), KEPT_FROM_RUNNING.matcher(cell).lookingAt() ? cell.substring(1) : cell);
            }
            int feature = edits.feature(cells.getOrDefault("feature", ""));
            edits.label(
                    feature,
                    cells.getOrDefault("label", ""),
                    cells.getOrDefault("source", ""),
                    cells.getOrDefault("author", ""),
                    cells.getOrDefault("score", ""));
            edits.note(feature, cells.getOrDefault("note", ""));
            for (String tag : cells.getOrDefault("tags", "").split("[\\s,;]+", 0)) {
                edits.tag(feature, tag);
            }
            String star = cells.getOrDefault("star", "").strip().toLowerCase(Locale.ROOT);
            if (!List.of("", "0", "1", "true", "false").contains(star)) {
                throw edits.wrong("has the star " + star, "1, 0, true, false or nothing");
            }
            edits.star(feature, star.equals("1") || star.equals("true"));
        }
    }

    private static void readJson(Path file, Edits edits) {
        JsonNode document = JsonFiles.readObject(file);
        if (!document.path("features").isArray() && !document.path("lists").isArray()) {
            throw refused(file, "the document has no list of features", "features or lists, as an export has them");
        }
        for (JsonNode node : document.path("features")) {
            edits.where = "entry " + (edits.entry++ + 1) + " of features";
            int feature = edits.feature(node.path("feature").asText());
            for (JsonNode label : node.path("labels")) {
                edits.label(
                        feature,
                        label.path("text").asText(),
                        label.path("source").asText(),
                        label.path("author").asText(),
                        label.path("score").isNull() ? "" : label.path("score").asText());
            }
            edits.label(feature, node.path("label").asText(), "", "", "");
            edits.note(feature, node.path("note").asText());
            node.path("tags").forEach(tag -> edits.tag(feature, tag.asText()));
            edits.star(feature, node.path("star").asBoolean());
        }
        for (JsonNode node : document.path("lists")) {
            edits.where = "the list " + node.path("name").asText();
            edits.list(node);
        }
    }

    private static CheckpointException refused(Path file, String found, String expected) {
        return new CheckpointException(file, found, expected, "Mend the file or export it again");
    }

    /** Collects edits and refuses what cannot be one. */
    private static final class Edits {
        private final Path file;
        private final String checkpoint;
        private final String source;
        private final OptionalInt features;
        private final List<Edit> all = new ArrayList<>();
        private String where = "";
        private int entry;

        Edits(Path file, String checkpoint, String source, OptionalInt features) {
            this.file = file;
            this.checkpoint = checkpoint;
            this.source = source;
            this.features = features;
        }

        CheckpointException wrong(String found, String expected) {
            return refused(file, where + " " + found, expected);
        }

        int feature(String typed) {
            String number = typed.strip();
            int feature = number.matches("\\d{1,9}") ? Integer.parseInt(number) : -1;
            if (feature < 0 || (features.isPresent() && feature >= features.getAsInt())) {
                throw wrong(
                        "has the feature \"" + shortened(number) + "\"",
                        features.isPresent() ? "0 to " + (features.getAsInt() - 1) : "a number from 0");
            }
            return feature;
        }

        void label(int feature, String text, String from, String author, String score) {
            if (text.isBlank()) {
                return;
            }
            double number = Double.NaN;
            if (!score.isBlank()) {
                try {
                    number = Double.parseDouble(score.strip());
                } catch (NumberFormatException e) {
                    throw wrong("has the score \"" + shortened(score) + "\"", "a number or nothing");
                }
            }
            double known = number;
            add(() -> new Edit.Label(checkpoint, feature, from.isBlank() ? source : from, text, author, known));
        }

        private void add(Supplier<Edit> edit) {
            try {
                all.add(edit.get());
            } catch (IllegalArgumentException tooLong) {
                throw wrong("is too long: " + tooLong.getMessage(), "");
            }
        }

        void note(int feature, String text) {
            if (!text.isBlank()) {
                add(() -> new Edit.Note(checkpoint, feature, text));
            }
        }

        void tag(int feature, String tag) {
            if (!tag.isBlank()) {
                add(() -> new Edit.Tag(checkpoint, feature, tag, true));
            }
        }

        void star(int feature, boolean star) {
            if (star) {
                all.add(new Edit.Star(checkpoint, feature, true));
            }
        }

        void list(JsonNode node) {
            String name = node.path("name").asText();
            if (name.isBlank()) {
                throw wrong("has no name", "a name for each list");
            }
            add(() -> new Edit.NamedList(checkpoint, name, node.path("text").asText(), true));
            int place = 0;
            for (JsonNode member : node.path("features")) {
                all.add(new Edit.Member(checkpoint, name, feature(member.asText()), place++));
            }
        }

        private static String shortened(String text) {
            return text.length() > 40 ? text.substring(0, 40) + "\u2026" : text;
        }
    }
}
