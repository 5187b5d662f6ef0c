package loupe.index;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import loupe.base.CheckpointException;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import loupe.base.Utf8Text;
import org.jspecify.annotations.Nullable;

/**
 * The documents of one file, by the ending of its name. {@code .jsonl} has one a line, in a field of a JSON object;
 * {@code .csv}, {@code .tsv} and {@code .parquet} have one a row, in a column. Anything else is plain UTF-8 text: one
 * document, or several if it contains {@value Corpus#SEPARATOR}. {@code .gz}, {@code .bz2} and {@code .zst} after that
 * mean that the file is compressed. Empty documents are left out. Plain text may be of any length and is read in parts;
 * a line or row is read whole, and bounded, because a small compressed file may hold one that no memory can.
 */
abstract class Documents {
    /** The kinds of files that can be read, for messages. */
    static final String KINDS = "texts: .txt, .jsonl, .csv, .tsv or .parquet, the first four also as .gz, .bz2 or .zst";

    /** The most characters of a line of JSON, and bytes of a table's row or cell. */
    static final int LONGEST = 16 << 20;

    /** What to do about a longer one. */
    static final String SHORTEN = "Divide it, or put its text into a .txt file, which may have any length";

    private static final List<String> COMPRESSED = List.of(".gz", ".bz2", ".zst");
    private static final List<String> ENDINGS = List.of(".txt", ".jsonl", ".csv", ".tsv", ".parquet");
    private static final byte[] PARQUET = {'P', 'A', 'R', '1'};
    private static final int BEGINNING_CHARACTERS = 4_096;
    private static final ObjectMapper JSON = new ObjectMapper();

    final Path file;

    Documents(Path file) {
        this.file = file;
    }

    /**
     * Passes on every document, in order, until no more is wanted.
     *
     * @param parts takes them; a new one for every reading
     * @return whether more are wanted
     * @throws CheckpointException if a line, row or cell has more than {@value #LONGEST} characters or bytes, or
     *     something else is wrong with the file
     */
    abstract boolean forEach(DocumentParts parts);

    /** What one of the places that {@link DocumentParts#in} counts is called. */
    String place() {
        return "document";
    }

    /** @param column field or column that has the text, where there is one */
    static Documents of(Path file, String column) {
        return switch (ending(file)) {
            case ".jsonl" -> new JsonLines(file, column);
            case ".csv", ".tsv", ".parquet" -> new TableDocuments(file, column);
            default -> new PlainText(file);
        };
    }

    /** Extensions of files that count as texts, those of compressed files last. */
    static List<String> endings() {
        return Stream.concat(ENDINGS.stream(), COMPRESSED.stream()).toList();
    }

    /**
     * Whether the beginning of a file fits its extension: UTF-8 text without control characters, or a Parquet file's
     * magic number. False for a file that cannot be read or is empty.
     */
    static boolean beginsAsText(Path file) {
        if (ending(file).equals(".parquet") && compression(file).isEmpty()) {
            try (InputStream in = Files.newInputStream(file)) {
                return Arrays.equals(in.readNBytes(PARQUET.length), PARQUET);
            } catch (IOException unreadable) {
                return false;
            }
        }
        char[] beginning = new char[BEGINNING_CHARACTERS];
        try (BufferedReader reader = new PlainText(file).open()) {
            int read = reader.read(beginning);
            return read > 0
                    && CharBuffer.wrap(beginning, 0, read)
                            .chars()
                            .noneMatch(c -> c < ' ' && !Character.isWhitespace(c));
        } catch (IOException | CheckpointException noText) {
            return false;
        }
    }

    /** Whether a file in a folder counts as a text. */
    static boolean isTextByName(Path file) {
        return !ending(file).isEmpty();
    }

    /** Whether a file has its text in a field or column. */
    static boolean hasColumns(Path file) {
        return !ending(file).isEmpty() && !ending(file).equals(".txt");
    }

    /** One of the known endings, without that of a compression; empty for another. */
    static String ending(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        String plain = name.substring(0, name.length() - compression(file).length());
        return ENDINGS.stream().filter(plain::endsWith).findFirst().orElse("");
    }

    /** The extension of a compressed file's compression; empty for none. */
    static String compression(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return COMPRESSED.stream().filter(name::endsWith).findFirst().orElse("");
    }

    /** Whether the file's text is longer than the file. */
    static boolean isCompressed(Path file) {
        return !compression(file).isEmpty() || ending(file).equals(".parquet");
    }

    /**
     * The file's characters, decompressed, without a byte order mark; a byte that is not UTF-8 throws when it is
     * reached.
     */
    BufferedReader open() throws IOException {
        return Utf8Text.reader(CompressedFile.open(file, compression(file)));
    }

    private static final class PlainText extends Documents {
        PlainText(Path file) {
            super(file);
        }

        @Override
        boolean forEach(DocumentParts parts) {
            try (BufferedReader reader = open()) {
                parts.in(1);
                long number = 1;
                StringBuilder text = new StringBuilder();
                char[] block = new char[1 << 16];
                for (int read; (read = reader.read(block)) >= 0; ) {
                    text.append(block, 0, read);
                    int from = 0;
                    for (int end; (end = text.indexOf(Corpus.SEPARATOR, from)) >= 0; ) {
                        if (!parts.add(text.substring(from, end)) || !parts.end()) {
                            return false;
                        }
                        parts.in(++number);
                        from = end + Corpus.SEPARATOR.length();
                    }
                    // a separator may have begun
                    int certain = Math.max(from, text.length() - Corpus.SEPARATOR.length() + 1);
                    if (!parts.add(text.substring(from, certain))) {
                        return false;
                    }
                    text.delete(0, certain);
                }
                return parts.add(text.toString()) && parts.end();
            } catch (CharacterCodingException e) {
                throw new CheckpointException(
                        file, "this is not UTF-8 text", "plain UTF-8 text", "Convert it to UTF-8", e);
            } catch (IOException e) {
                throw Corpus.unreadable(file, e);
            }
        }
    }

    private static final class JsonLines extends Documents {
        private final String field;

        JsonLines(Path file, String field) {
            super(file);
            this.field = field;
        }

        @Override
        boolean forEach(DocumentParts parts) {
            try (BufferedReader reader = open()) {
                long number = 1;
                parts.in(number);
                for (String line; (line = line(reader, number)) != null; parts.in(++number)) {
                    if (!line.isBlank() && !(parts.add(textOf(number, line)) && parts.end())) {
                        return false;
                    }
                }
                return true;
            } catch (CharacterCodingException e) {
                throw new CheckpointException(
                        file, "this is not UTF-8 text", "JSON lines in UTF-8", "Convert it to UTF-8", e);
            } catch (IOException e) {
                throw Corpus.unreadable(file, e);
            }
        }

        @Override
        String place() {
            return "line";
        }

        /** The next line without its end, or null; a carriage return that ends it is blank, so it may stay. */
        private @Nullable String line(BufferedReader reader, long number) throws IOException {
            StringBuilder line = new StringBuilder();
            int next = reader.read();
            if (next < 0) {
                return null;
            }
            for (; next >= 0 && next != '\n'; next = reader.read()) {
                line.append((char) next);
                if (line.length() > LONGEST) {
                    throw new CheckpointException(
                            file,
                            "line " + number + " has more than " + LONGEST + " characters",
                            "no more than that in a line",
                            SHORTEN);
                }
            }
            return line.toString();
        }

        private String textOf(long number, String line) {
            try {
                JsonNode text = JSON.readTree(line).path(field);
                if (text.isTextual()) {
                    return text.asText();
                }
            } catch (JsonProcessingException e) {
                throw new CheckpointException(file, "line " + number + " is not JSON", "one JSON object a line", "", e);
            }
            throw new CheckpointException(
                    file,
                    "line " + number + " has no " + field,
                    "a field \"" + field + "\" in every line",
                    "Name the field that has the text",
                    Remedy.give(Choice.TEXT_COLUMN));
        }
    }
}
