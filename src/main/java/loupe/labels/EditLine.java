package loupe.labels;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An edit as a line of JSON, such as {@code {"at":"2025-01-31T12:00:00Z","kind":"label","checkpoint":"9f..",
 * "feature":7,"text":"colours"}}.
 *
 * @param at when it was made, as ISO 8601; empty if that is not known
 * @param edit empty for a line of a kind that this version does not know, which is kept as it is
 */
record EditLine(String at, Optional<Edit> edit) {
    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .build();

    /** The names that a line may have; others are passed over. */
    enum Field {
        AT,
        KIND,
        CHECKPOINT,
        FEATURE,
        TEXT,
        SOURCE,
        AUTHOR,
        SCORE,
        TAG,
        ON,
        LIST,
        PLACE,
        NAME;

        private static final Map<String, Field> BY_KEY =
                Arrays.stream(values()).collect(Collectors.toMap(Field::key, Function.identity()));

        private final String key = name().toLowerCase(Locale.ROOT);

        String key() {
            return key;
        }
    }

    /** Receives the lines of a stretch of a file, in their order. */
    interface Visitor {
        /**
         * Receives a line that was read.
         *
         * @param from where it begins
         * @param to where its line feed is
         */
        void line(EditLine line, int from, int to);

        /** Receives a line that is none; {@code why} is the reason. */
        void broken(String why, int from, int to);
    }

    /**
     * Reads whole lines.
     *
     * @param to behind the last line feed
     */
    static void readAll(byte[] bytes, int from, int to, Visitor visitor) {
        Fields fields = new Fields();
        PlainObject plain = new PlainObject(bytes);
        int line = from;
        while (line < to) {
            if (isBlank(bytes, line)) {
                line = endOf(bytes, line) + 1;
                continue;
            }
            EditLine read = fields.read(plain, line);
            if (read == null) {
                line = parse(bytes, line, to, fields, plain, visitor);
            } else {
                visitor.line(read, line, plain.end());
                line = plain.end() + 1;
            }
        }
    }

    /**
     * Reads lines that are not as this program writes most. One parser goes through all that follow one another, since
     * it takes longer to make one than to read a line.
     *
     * @return where the next line begins
     */
    private static int parse(byte[] bytes, int from, int to, Fields fields, PlainObject plain, Visitor visitor) {
        int line = from;
        try (JsonParser json = JSON.createParser(bytes, from, to - from)) {
            do {
                JsonToken first = json.nextToken();
                Fields.require(first == JsonToken.START_OBJECT, "the line is no JSON object");
                int begun = json.currentLocation().getLineNr();
                EditLine read = fields.read(json);
                JsonLocation ended = json.currentLocation();
                Fields.require(ended.getLineNr() == begun, "the line ends within its object");
                int end = from + (int) ended.getByteOffset();
                Fields.require(isBlank(bytes, end), "the line goes on after its object");
                end = endOf(bytes, end);
                visitor.line(read, line, end);
                line = end + 1;
            } while (line < to && !isBlank(bytes, line) && !plain.isLikely(line));
            return line;
        } catch (IOException | IllegalArgumentException broken) {
            int end = endOf(bytes, line);
            visitor.broken(reason(broken), line, end);
            return end + 1;
        }
    }

    /**
     * Reads a line.
     *
     * @throws IOException with the reason, if it is not one JSON object, or one of a known kind lacks something
     */
    static EditLine read(byte[] line) throws IOException {
        byte[] ended = Arrays.copyOf(line, line.length + 1);
        ended[line.length] = '\n';
        EditLine[] read = new EditLine[1];
        String[] broken = {"the line is blank"};
        readAll(ended, 0, ended.length, new Visitor() {
            @Override
            public void line(EditLine sound, int from, int to) {
                read[0] = sound;
            }

            @Override
            public void broken(String why, int from, int to) {
                broken[0] = why;
            }
        });
        if (read[0] == null) {
            throw new IOException(broken[0]);
        }
        return read[0];
    }

    private static String reason(Exception broken) {
        return broken instanceof JsonProcessingException json
                ? "it is no JSON: " + json.getOriginalMessage()
                : String.valueOf(broken.getMessage());
    }

    private static int endOf(byte[] bytes, int from) {
        int at = from;
        while (bytes[at] != '\n') {
            at++;
        }
        return at;
    }

    /** Whether there is nothing between a place and the end of its line. */
    private static boolean isBlank(byte[] bytes, int from) {
        int at = from;
        while (bytes[at] == ' ' || bytes[at] == '\r' || bytes[at] == '\t') {
            at++;
        }
        return bytes[at] == '\n';
    }

    /** What may stand in a line; names that are not known are passed over. */
    private static final class Fields {
        private String at = "";
        private String kind = "";
        private String checkpoint = "";
        private String text = "";
        private String source = "";
        private String author = "";
        private String tag = "";
        private String list = "";
        private String name = "";
        private double score;
        private int feature;
        private int place;
        private boolean on;
        /** Of the lines before, which mostly say the same. */
        private String lastAt = "";

        private String lastCheckpoint = "";
        private String lastSource = "";
        private String lastAuthor = "";

        private void clear() {
            at = kind = checkpoint = text = source = author = tag = list = name = "";
            score = Double.NaN;
            feature = place = -1;
            on = true;
        }

        /** Reads the fields of an object that has begun. */
        EditLine read(JsonParser json) throws IOException {
            clear();
            for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
                json.nextToken();
                Field field = Field.BY_KEY.get(name);
                if (field == null) {
                    json.skipChildren();
                } else {
                    read(field, json);
                }
            }
            require(json.currentToken() == JsonToken.END_OBJECT, "the line ends within its object");
            return line();
        }

        private EditLine line() throws IOException {
            lastAt = at = same(at, lastAt);
            lastCheckpoint = checkpoint = same(checkpoint, lastCheckpoint);
            lastSource = source = same(source, lastSource);
            lastAuthor = author = same(author, lastAuthor);
            return new EditLine(at, Optional.ofNullable(edit()));
        }

        private static String same(String text, String last) {
            return text.equals(last) ? last : text;
        }

        /** Reads a line as this program writes most; null for any other. */
        @Nullable
        EditLine read(PlainObject plain, int line) {
            clear();
            if (!plain.begin(line)) {
                return null;
            }
            try {
                do {
                    Field field = plain.next();
                    if (field == null || !read(field, plain)) {
                        return null;
                    }
                } while (!plain.isEnded());
                return line();
            } catch (IOException | IllegalArgumentException broken) {
                return null; // the parser says why
            }
        }

        private boolean read(Field field, PlainObject plain) {
            PlainObject.Kind is = plain.kind();
            switch (field) {
                case FEATURE, PLACE -> {
                    if (is != PlainObject.Kind.WHOLE_NUMBER) {
                        return false;
                    }
                    if (field == Field.FEATURE) {
                        feature = plain.wholeNumber();
                    } else {
                        place = plain.wholeNumber();
                    }
                    return true;
                }
                case ON -> {
                    on = is == PlainObject.Kind.TRUE;
                    return on || is == PlainObject.Kind.FALSE;
                }
                case SCORE -> {
                    boolean numeric = is == PlainObject.Kind.WHOLE_NUMBER || is == PlainObject.Kind.DECIMAL;
                    score = numeric ? plain.number() : Double.NaN;
                    return numeric;
                }
                default -> {
                    String value = is == PlainObject.Kind.TEXT ? plain.text(likely(field)) : null;
                    if (value != null) {
                        set(field, value);
                    }
                    return value != null;
                }
            }
        }

        /** What the text of a field probably is. */
        private String likely(Field field) {
            return switch (field) {
                case AT -> lastAt;
                case KIND -> "label";
                case CHECKPOINT -> lastCheckpoint;
                case SOURCE -> lastSource;
                case AUTHOR -> lastAuthor;
                default -> "";
            };
        }

        private void set(Field field, String value) {
            switch (field) {
                case AT -> at = value;
                case KIND -> kind = value;
                case CHECKPOINT -> checkpoint = value;
                case TEXT -> text = value;
                case SOURCE -> source = value;
                case AUTHOR -> author = value;
                case TAG -> tag = value;
                case LIST -> list = value;
                case NAME -> name = value;
                default -> throw new IllegalArgumentException(field + " is no text");
            }
        }

        private void read(Field field, JsonParser json) throws IOException {
            switch (field) {
                case FEATURE -> feature = number(field.key(), json);
                case PLACE -> place = number(field.key(), json);
                case ON -> {
                    require(json.currentToken().isBoolean(), "on is neither true nor false");
                    on = json.getBooleanValue();
                }
                case SCORE -> {
                    JsonToken token = json.currentToken();
                    require(token.isNumeric() || token == JsonToken.VALUE_NULL, "score is no number");
                    score = token.isNumeric() ? json.getDoubleValue() : Double.NaN;
                }
                default -> set(field, text(field.key(), json));
            }
        }

        private static String text(String field, JsonParser json) throws IOException {
            require(json.currentToken() == JsonToken.VALUE_STRING, field + " is no text");
            return json.getText();
        }

        private static int number(String field, JsonParser json) throws IOException {
            require(json.currentToken() == JsonToken.VALUE_NUMBER_INT, field + " is no whole number");
            return json.getIntValue();
        }

        private @Nullable Edit edit() throws IOException {
            require(!kind.isEmpty(), "kind is missing");
            return switch (kind) {
                case "label" -> new Edit.Label(requireCheckpoint(), requireFeature(), source, text, author, score);
                case "note" -> new Edit.Note(requireCheckpoint(), requireFeature(), text);
                case "tag" -> new Edit.Tag(requireCheckpoint(), requireFeature(), require("tag", tag), on);
                case "star" -> new Edit.Star(requireCheckpoint(), requireFeature(), on);
                case "checkpoint" -> new Edit.Name(requireCheckpoint(), name);
                case "list" -> new Edit.NamedList(requireCheckpoint(), require("list", list), text, on);
                case "member" ->
                    new Edit.Member(
                            requireCheckpoint(), require("list", list), requireFeature(), on ? Math.max(place, 0) : -1);
                default -> null;
            };
        }

        private String requireCheckpoint() throws IOException {
            return require("checkpoint", checkpoint);
        }

        private int requireFeature() throws IOException {
            require(feature >= 0, "feature is missing or below 0");
            return feature;
        }

        private static String require(String field, String text) throws IOException {
            require(!text.isBlank(), field + " is missing");
            return text;
        }

        private static void require(boolean sound, String otherwise) throws IOException {
            if (!sound) {
                throw new IOException(otherwise);
            }
        }
    }

    /** The line, with its line feed. */
    static byte[] bytes(Edit edit, String at) {
        ByteArrayOutputStream line = new ByteArrayOutputStream(160);
        try (JsonGenerator json = JSON.createGenerator(line)) {
            json.writeStartObject();
            if (!at.isEmpty()) {
                json.writeStringField("at", at);
            }
            if (edit instanceof Edit.OfFeature about) {
                begin(json, kind(about), about.checkpoint());
                json.writeNumberField("feature", about.feature());
                write(json, about);
            } else if (edit instanceof Edit.Name name) {
                begin(json, "checkpoint", name.checkpoint());
                json.writeStringField("name", name.name());
            } else if (edit instanceof Edit.NamedList list) {
                begin(json, "list", list.checkpoint());
                json.writeStringField("list", list.list());
                write(json, "text", list.text());
                json.writeBooleanField("on", list.on());
            } else if (edit instanceof Edit.Member member) {
                begin(json, "member", member.checkpoint());
                json.writeStringField("list", member.list());
                json.writeNumberField("feature", member.feature());
                if (member.place() >= 0) {
                    json.writeNumberField("place", member.place());
                }
                json.writeBooleanField("on", member.place() >= 0);
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        line.write('\n');
        return line.toByteArray();
    }

    private static void begin(JsonGenerator json, String kind, String checkpoint) throws IOException {
        json.writeStringField("kind", kind);
        json.writeStringField("checkpoint", checkpoint);
    }

    private static String kind(Edit.OfFeature edit) {
        return edit instanceof Edit.Label
                ? "label"
                : edit instanceof Edit.Note ? "note" : edit instanceof Edit.Tag ? "tag" : "star";
    }

    private static void write(JsonGenerator json, Edit.OfFeature edit) throws IOException {
        if (edit instanceof Edit.Label label) {
            json.writeStringField("text", label.text());
            write(json, "source", label.source());
            write(json, "author", label.author());
            if (Double.isFinite(label.score())) {
                json.writeNumberField("score", label.score());
            }
        } else if (edit instanceof Edit.Note note) {
            json.writeStringField("text", note.text());
        } else if (edit instanceof Edit.Tag tag) {
            json.writeStringField("tag", tag.tag());
            json.writeBooleanField("on", tag.on());
        } else if (edit instanceof Edit.Star star) {
            json.writeBooleanField("on", star.on());
        }
    }

    private static void write(JsonGenerator json, String field, String text) throws IOException {
        if (!text.isEmpty()) {
            json.writeStringField(field, text);
        }
    }
}
