package loupe.format;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.util.JsonGeneratorDelegate;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import loupe.base.CheckpointException;

/**
 * JSON files. Reading trusts nothing: UTF-8 without a byte order mark, no duplicate names, no NaN, bounded size and
 * depth. Writing is all or nothing; NaN and infinities become null.
 */
public final class JsonFiles {
    /** More than the largest tokenizer.json in use, which has about 35 MB. */
    public static final long MAX_BYTES = 256L << 20;

    private static final ObjectMapper MAPPER =
            new ObjectMapper(StrictJson.OWN).enable(SerializationFeature.INDENT_OUTPUT);

    private JsonFiles() {}

    /**
     * Reads a file as one JSON document.
     *
     * @throws CheckpointException with the position, if the file is not one strict JSON document of at most
     *     {@link #MAX_BYTES}
     */
    public static JsonNode read(Path path) {
        return read(path, MAX_BYTES);
    }

    /** Reads a JSON file of at most {@code maxBytes} bytes, as {@link #read(Path)} does. */
    public static JsonNode read(Path path, long maxBytes) {
        return read(path, maxBytes, new StrictJson(path, "the JSON text"));
    }

    private static JsonNode read(Path path, long maxBytes, StrictJson json) {
        try (PositionalFile file = PositionalFile.open(path)) {
            if (file.size() > maxBytes) {
                throw file.refuse(
                        "the JSON file has " + file.size() + " bytes",
                        "at most " + maxBytes,
                        "Check that it is the right file");
            }
            TensorArchives.refuseLookAlikes(file, "a JSON file");
            ByteBuffer bytes = file.read(0, (int) file.size());
            JsonNode node = json.read(bytes, MAPPER::readTree);
            if (node == null || node.isMissingNode()) {
                throw file.refuse("the JSON file is empty", "one JSON document", "Download or export the file again");
            }
            return node;
        }
    }

    /**
     * Reads a file that this program may have written, as {@link #read(Path)} does, but nested as deep as it writes.
     */
    public static JsonNode readOwn(Path path) {
        return read(path, MAX_BYTES, StrictJson.own(path, "the JSON text"));
    }

    /** Reads a JSON file that must hold an object, as {@link #read(Path)} does. */
    public static ObjectNode readObject(Path path) {
        return object(path, read(path));
    }

    /**
     * Reads a file of settings, an object, as {@link #read(Path)} does, but with NaN and Infinity as numbers, which
     * Python writes where nothing limits a value. Only keys that are read need a finite number, which their readers
     * check.
     */
    public static ObjectNode readSettings(Path path) {
        return object(path, read(path, MAX_BYTES, StrictJson.settings(path)));
    }

    private static ObjectNode object(Path path, JsonNode node) {
        if (node instanceof ObjectNode object) {
            return object;
        }
        throw new CheckpointException(
                path, "the JSON text is not an object", "an object in braces", "Check that it is the right file");
    }

    /** A document as maps, lists, strings, numbers, booleans and nulls. */
    public static Object values(JsonNode node) {
        return MAPPER.convertValue(node, Object.class);
    }

    /**
     * The value as indented JSON, NaN and infinities as null. Takes what Jackson takes: maps, lists, records, nodes.
     */
    public static String text(Object value) {
        StringWriter text = new StringWriter();
        try (JsonGenerator generator =
                new FiniteNumbers(MAPPER.createGenerator(text).useDefaultPrettyPrinter())) {
            MAPPER.writeValue(generator, value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    /** The value as JSON on one line, NaN and infinities as null. */
    static String line(Object value) {
        StringWriter text = new StringWriter();
        try (JsonGenerator generator = new FiniteNumbers(MAPPER.getFactory().createGenerator(text))) {
            MAPPER.writer().without(SerializationFeature.INDENT_OUTPUT).writeValue(generator, value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    /** The next document of a parser; missing where there is none. */
    static JsonNode tree(JsonParser parser) throws IOException {
        return MAPPER.readTree(parser);
    }

    /** The value as JSON on one line, for headers in other files. */
    static String compact(Object value) {
        try {
            return MAPPER.writer().without(SerializationFeature.INDENT_OUTPUT).writeValueAsString(value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Writes {@link #text} so that the file is either as it was or complete.
     *
     * @throws CheckpointException if it cannot be written
     */
    public static void write(Path path, Object value) {
        byte[] bytes = (text(value) + "\n").getBytes(StandardCharsets.UTF_8);
        try (OutputFile file = OutputFile.create(path)) {
            file.write(ByteBuffer.wrap(bytes));
            file.commit();
        }
    }

    /** JSON has no NaN; readers of our files get null. */
    private static final class FiniteNumbers extends JsonGeneratorDelegate {
        FiniteNumbers(JsonGenerator generator) {
            super(generator, false);
        }

        @Override
        public void writeNumber(double value) throws IOException {
            if (Double.isFinite(value)) {
                super.writeNumber(value);
            } else {
                writeNull();
            }
        }

        @Override
        public void writeNumber(float value) throws IOException {
            if (Float.isFinite(value)) {
                super.writeNumber(value);
            } else {
                writeNull();
            }
        }

        @Override
        public void writeArray(double[] array, int offset, int length) throws IOException {
            writeStartArray(array, length);
            for (int i = 0; i < length; i++) {
                writeNumber(array[offset + i]);
            }
            writeEndArray();
        }
    }
}
