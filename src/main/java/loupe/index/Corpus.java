package loupe.index;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Predicate;
import loupe.base.CheckpointException;

/**
 * Texts to count activations over, from files read in the order given. A {@code .jsonl} file has one document a line, in
 * its {@code text} field. Any other file is plain UTF-8 text: one document, or several if it contains the separator
 * {@value #SEPARATOR}.
 */
public final class Corpus {
    /** Ends a document inside a text file; GPT-2's own spelling. */
    public static final String SEPARATOR = "<|endoftext|>";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final List<Path> files;

    private Corpus(List<Path> files) {
        this.files = files;
    }

    /** @throws CheckpointException if one of the files is not a readable regular file */
    public static Corpus of(List<Path> files) {
        for (Path file : files) {
            if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
                throw new CheckpointException(file, "this is not a readable file", "a text file (.txt) or JSON lines (.jsonl)", "");
            }
        }
        return new Corpus(List.copyOf(files));
    }

    public List<Path> files() {
        return files;
    }

    /** What the index records of each file, so that a stale index is noticed. Reads every file once. */
    public List<Source> sources() {
        return files.stream().map(Corpus::source).toList();
    }

    /** Size of all files in bytes, for progress. */
    public long bytes() {
        long bytes = 0;
        for (Path file : files) {
            try {
                bytes += Files.size(file);
            } catch (IOException e) {
                throw unreadable(file, e);
            }
        }
        return bytes;
    }

    /**
     * Hands every document on, in order, until {@code wanted} says no. Empty documents are left out.
     *
     * @throws CheckpointException if a file cannot be read, is not UTF-8, or a line of JSON has no {@code text}
     */
    public void forEachDocument(Predicate<String> wanted) {
        for (Path file : files) {
            boolean goOn = file.toString().endsWith(".jsonl") ? jsonLines(file, wanted) : plainText(file, wanted);
            if (!goOn) {
                return;
            }
        }
    }

    private static boolean plainText(Path file, Predicate<String> wanted) {
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            StringBuilder document = new StringBuilder();
            char[] block = new char[1 << 16];
            int searched = 0;
            for (int read; (read = reader.read(block)) >= 0; ) {
                document.append(block, 0, read);
                for (int end; (end = document.indexOf(SEPARATOR, searched)) >= 0; searched = 0) {
                    if (!offer(document.substring(0, end), wanted)) {
                        return false;
                    }
                    document.delete(0, end + SEPARATOR.length());
                }
                searched = Math.max(0, document.length() - SEPARATOR.length());
            }
            return offer(document.toString(), wanted);
        } catch (CharacterCodingException e) {
            throw new CheckpointException(file, "this is not UTF-8 text", "plain UTF-8 text", "Convert it to UTF-8", e);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static boolean jsonLines(Path file, Predicate<String> wanted) {
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            int number = 0;
            for (String line; (line = reader.readLine()) != null; ) {
                number++;
                if (!line.isBlank() && !offer(textOf(file, number, line), wanted)) {
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static String textOf(Path file, int number, String line) {
        try {
            JsonNode text = JSON.readTree(line).path("text");
            if (text.isTextual()) {
                return text.asText();
            }
        } catch (JsonProcessingException e) {
            throw new CheckpointException(file, "line " + number + " is not JSON", "one JSON object a line", "", e);
        }
        throw new CheckpointException(file, "line " + number + " has no text", "a field \"text\" in every line", "");
    }

    private static boolean offer(String document, Predicate<String> wanted) {
        String text = document.strip();
        return text.isEmpty() || wanted.test(text);
    }

    private static Source source(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            new DigestInputStream(in, sha).transferTo(java.io.OutputStream.nullOutputStream());
            return new Source(file.getFileName().toString(), Files.size(file), HexFormat.of().formatHex(sha.digest()));
        } catch (IOException e) {
            throw unreadable(file, e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static CheckpointException unreadable(Path file, IOException cause) {
        return new CheckpointException(file, "the file cannot be read (" + cause.getMessage() + ")", "", "Check that it still exists and may be read", cause);
    }

    /** One file of the corpus. @param sha256 of its content, hexadecimal */
    public record Source(String name, long bytes, String sha256) {}

    /** All documents at once, for tests and small corpora. */
    List<String> documents() {
        List<String> all = new ArrayList<>();
        forEachDocument(all::add);
        return all;
    }
}
