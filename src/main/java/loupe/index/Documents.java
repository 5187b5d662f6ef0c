package loupe.index;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Stream;
import loupe.base.CheckpointException;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import org.apache.commons.compress.compressors.CompressorException;
import org.apache.commons.compress.compressors.CompressorStreamFactory;

/**
 * The documents of one file, by the ending of its name. {@code .jsonl} has one a line, in a field of a JSON object;
 * {@code .csv}, {@code .tsv} and {@code .parquet} have one a row, in a column. Anything else is plain UTF-8 text: one
 * document, or several if it contains {@value Corpus#SEPARATOR}. {@code .gz}, {@code .bz2} and {@code .zst} after that
 * mean that the file is compressed. Empty documents are left out.
 */
abstract class Documents {
    /** The kinds of files that can be read, for messages. */
    static final String KINDS = "texts: .txt, .jsonl, .csv, .tsv or .parquet, the first four also as .gz, .bz2 or .zst";

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
     * Passes every document to {@code wanted}, in order, until it returns false.
     *
     * @return whether more are wanted
     */
    abstract boolean forEach(Predicate<String> wanted);

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

    static boolean offer(String document, Predicate<String> wanted) {
        String text = document.strip();
        return text.isEmpty() || wanted.test(text);
    }

    /** The file's characters, decompressed; a byte that is not UTF-8 throws when it is reached. */
    BufferedReader open() throws IOException {
        InputStream bytes = Files.newInputStream(file);
        try {
            InputStream plain =
                    switch (compression(file)) {
                        case ".gz" -> decompressed(CompressorStreamFactory.GZIP, bytes);
                        case ".bz2" -> decompressed(CompressorStreamFactory.BZIP2, bytes);
                        case ".zst" -> decompressed(CompressorStreamFactory.ZSTANDARD, bytes);
                        default -> bytes;
                    };
            return new BufferedReader(new InputStreamReader(plain, StandardCharsets.UTF_8.newDecoder()), 1 << 16);
        } catch (IOException | RuntimeException e) {
            bytes.close();
            throw e;
        }
    }

    private InputStream decompressed(String kind, InputStream bytes) throws IOException {
        try {
            return new CompressorStreamFactory(true).createCompressorInputStream(kind, bytes);
        } catch (CompressorException e) {
            throw new CheckpointException(
                    file,
                    "this is not compressed as its name says",
                    "a " + compression(file) + " file",
                    "Rename or decompress it",
                    e);
        }
    }

    private static final class PlainText extends Documents {
        PlainText(Path file) {
            super(file);
        }

        @Override
        boolean forEach(Predicate<String> wanted) {
            try (BufferedReader reader = open()) {
                StringBuilder document = new StringBuilder();
                char[] block = new char[1 << 16];
                int searched = 0;
                for (int read; (read = reader.read(block)) >= 0; ) {
                    document.append(block, 0, read);
                    for (int end; (end = document.indexOf(Corpus.SEPARATOR, searched)) >= 0; searched = 0) {
                        if (!offer(document.substring(0, end), wanted)) {
                            return false;
                        }
                        document.delete(0, end + Corpus.SEPARATOR.length());
                    }
                    searched = Math.max(0, document.length() - Corpus.SEPARATOR.length());
                }
                return offer(document.toString(), wanted);
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
        boolean forEach(Predicate<String> wanted) {
            try (BufferedReader reader = open()) {
                int number = 0;
                for (String line; (line = reader.readLine()) != null; ) {
                    number++;
                    if (!line.isBlank() && !offer(textOf(number, line), wanted)) {
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

        private String textOf(int number, String line) {
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
