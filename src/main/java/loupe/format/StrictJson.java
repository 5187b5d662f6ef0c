package loupe.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import loupe.base.CheckpointException;

/**
 * Untrusted JSON: UTF-8 without a byte order mark, no duplicate names, no NaN, bounded depth; refused with its
 * position.
 */
final class StrictJson {
    static final int MAX_DEPTH = 200;
    /** The depth of files that this program writes itself, above all of trees, where a level takes two. */
    static final int OWN_DEPTH = 1000;

    private static final int MAX_STRING_CHARS = 100_000_000;
    private static final int MAX_NAME_CHARS = 1_000_000;

    /** Canonical names off: a header with a million tensor names must not fill a shared symbol table. */
    static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxStringLength(MAX_STRING_CHARS)
                    .maxNameLength(MAX_NAME_CHARS)
                    .build())
            .build();

    /** The same, but for NaN and Infinity, which Python writes into configurations. */
    static final JsonFactory WITH_NON_FINITE =
            FACTORY.rebuild().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

    /** What is as strict and may be nested as deep as what this program writes. */
    static final JsonFactory OWN = FACTORY.rebuild()
            .streamReadConstraints(FACTORY.streamReadConstraints()
                    .rebuild()
                    .maxNestingDepth(OWN_DEPTH)
                    .build())
            .streamWriteConstraints(
                    StreamWriteConstraints.builder().maxNestingDepth(OWN_DEPTH).build())
            .build();

    private final Path path;
    private final String part;
    private final JsonFactory factory;

    /** @param part the part of the file that is JSON, as a message names it: {@code "the header"} */
    StrictJson(Path path, String part) {
        this(path, part, FACTORY);
    }

    private StrictJson(Path path, String part, JsonFactory factory) {
        this.path = path;
        this.part = part;
        this.factory = factory;
    }

    /** Reads settings, in which a number may be NaN or infinite: whoever reads the number has to refuse it. */
    static StrictJson settings(Path path) {
        return new StrictJson(path, "the JSON text", WITH_NON_FINITE);
    }

    /**
     * Reads what this program may have written itself, as deep as it writes.
     *
     * @param part as for {@link #StrictJson(Path, String)}
     */
    static StrictJson own(Path path, String part) {
        return new StrictJson(path, part, OWN);
    }

    /** Reads a document from a parser; an IOException becomes a refusal with the position. */
    interface Reader<R> {
        R read(JsonParser parser) throws IOException;
    }

    /**
     * Reads one document and nothing after it.
     *
     * @throws CheckpointException if it is not strict JSON
     */
    <R> R read(ByteBuffer utf8, Reader<R> reader) {
        CharBuffer text = decode(utf8);
        try (JsonParser parser = factory.createParser(text.array(), 0, text.limit())) {
            return read(parser, reader);
        } catch (IOException e) {
            throw new CheckpointException(
                    path,
                    part + " cannot be read (" + e.getMessage() + ")",
                    "readable JSON",
                    "Download or export the file again",
                    e);
        }
    }

    private <R> R read(JsonParser parser, Reader<R> reader) throws IOException {
        try {
            R result = reader.read(parser);
            if (parser.nextToken() != null) {
                throw refuse("goes on after its end", parser.currentTokenLocation());
            }
            return result;
        } catch (JsonProcessingException e) {
            String reason = e.getOriginalMessage()
                    .replaceAll(", from `[^`]*`", "")
                    .replaceAll(": enable `[^`]*` to allow", "")
                    .replaceAll("\\(JSON String, Number, [^)]*\\)", "(a value)")
                    .replaceAll("\\[Source: [^;\\]]*; line: (\\d+), column: (\\d+)]", "line $1, column $2")
                    .replaceFirst("^Duplicate field '(.*)'$", "duplicate name $1");
            throw refuse(
                    "is not strict JSON: " + reason,
                    e.getLocation() == null ? parser.currentLocation() : e.getLocation());
        }
    }

    private CharBuffer decode(ByteBuffer utf8) {
        if (startsWith(utf8, 0xEF, 0xBB, 0xBF)) {
            throw refused(part + " starts with a byte order mark", "UTF-8 without one");
        }
        if (startsWith(utf8, 0xFF, 0xFE) || startsWith(utf8, 0xFE, 0xFF)) {
            throw refused(part + " is UTF-16", "UTF-8");
        }
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        int start = utf8.position();
        CharBuffer text = CharBuffer.allocate(utf8.remaining());
        CoderResult outcome = decoder.decode(utf8, text, true);
        if (outcome.isError()) {
            throw refused(part + " has invalid UTF-8 at byte " + (utf8.position() - start), "UTF-8 text");
        }
        return text.flip();
    }

    private static boolean startsWith(ByteBuffer bytes, int... expected) {
        if (bytes.remaining() < expected.length) {
            return false;
        }
        for (int i = 0; i < expected.length; i++) {
            if ((bytes.get(bytes.position() + i) & 0xFF) != expected[i]) {
                return false;
            }
        }
        return true;
    }

    private CheckpointException refuse(String what, JsonLocation at) {
        String where = at == null ? "" : " at line " + at.getLineNr() + ", column " + at.getColumnNr();
        return refused(
                part + " " + what + where,
                "one JSON document without duplicate names, NaN or nesting beyond "
                        + factory.streamReadConstraints().getMaxNestingDepth());
    }

    private CheckpointException refused(String found, String expected) {
        return new CheckpointException(path, found, expected, "Download or export the file again");
    }
}
