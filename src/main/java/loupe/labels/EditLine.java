package loupe.labels;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
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
        private double score = Double.NaN;
        private int feature = -1;
        private int place = -1;
        private boolean on = true;

        private void read(String field, JsonParser json) throws IOException {
            switch (field) {
                case "at" -> at = text(field, json);
                case "kind" -> kind = text(field, json);
                case "checkpoint" -> checkpoint = text(field, json).intern();
                case "text" -> text = text(field, json);
                case "source" -> source = text(field, json).intern();
                case "author" -> author = text(field, json).intern();
                case "tag" -> tag = text(field, json);
                case "list" -> list = text(field, json);
                case "name" -> name = text(field, json);
                case "feature" -> feature = number(field, json);
                case "place" -> place = number(field, json);
                case "on" -> {
                    require(json.currentToken().isBoolean(), field + " is neither true nor false");
                    on = json.getBooleanValue();
                }
                case "score" -> {
                    require(
                            json.currentToken().isNumeric() || json.currentToken() == JsonToken.VALUE_NULL,
                            "score is no number");
                    score = json.currentToken().isNumeric() ? json.getDoubleValue() : Double.NaN;
                }
                default -> json.skipChildren();
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
            boolean aboutFeature =
                    switch (kind) {
                        case "label", "note", "tag", "star", "member" -> true;
                        default -> false;
                    };
            require(!kind.isEmpty(), "kind is missing");
            require(!aboutFeature || feature >= 0, "feature is missing or below 0");
            Edit edit =
                    switch (kind) {
                        case "label" -> new Edit.Label(checkpoint, feature, source, text, author, score);
                        case "note" -> new Edit.Note(checkpoint, feature, text);
                        case "tag" -> new Edit.Tag(checkpoint, feature, tag, on);
                        case "star" -> new Edit.Star(checkpoint, feature, on);
                        case "checkpoint" -> new Edit.Name(checkpoint, name);
                        case "list" -> new Edit.NamedList(checkpoint, list, text, on);
                        case "member" -> new Edit.Member(checkpoint, list, feature, on ? Math.max(place, 0) : -1);
                        default -> null;
                    };
            require(edit == null || !checkpoint.isEmpty(), "checkpoint is missing");
            require(!kind.equals("tag") || !tag.isBlank(), "tag is missing");
            require(!(kind.equals("list") || kind.equals("member")) || !list.isBlank(), "list is missing");
            return edit;
        }

        private static void require(boolean sound, String otherwise) throws IOException {
            if (!sound) {
                throw new IOException(otherwise);
            }
        }
    }

    /**
     * Reads a line.
     *
     * @throws IOException with the reason, if it is not one JSON object, or one of a known kind lacks something
     */
    static EditLine read(byte[] bytes, int from, int length) throws IOException {
        try (JsonParser json = JSON.createParser(bytes, from, length)) {
            Fields.require(json.nextToken() == JsonToken.START_OBJECT, "the line is no JSON object");
            Fields fields = new Fields();
            for (String field = json.nextFieldName(); field != null; field = json.nextFieldName()) {
                json.nextToken();
                fields.read(field, json);
            }
            Fields.require(json.nextToken() == null, "the line goes on after its object");
            return new EditLine(fields.at, Optional.ofNullable(fields.edit()));
        } catch (IllegalArgumentException tooLong) {
            throw new IOException(tooLong.getMessage(), tooLong);
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
