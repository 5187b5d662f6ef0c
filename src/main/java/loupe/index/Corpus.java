package loupe.index;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.Predicate;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.FileFailure;
import loupe.base.HeapRoom;
import loupe.lm.tokenizer.TextReading;
import org.jspecify.annotations.Nullable;

/**
 * Texts to count activations over, from files read in the order given; a folder stands for the texts in it, sorted by
 * path, but for the files of an index. {@link Documents} describes how each kind of file is read.
 */
public final class Corpus {
    /** Ends a document inside a text file; GPT-2's own spelling. */
    public static final String SEPARATOR = "<|endoftext|>";

    /** Default name of the field or column that has the text. */
    public static final String TEXT = "text";

    private static final int COMPRESSION = 5;
    private static final int BLOCK_BYTES = 1 << 20;

    private final List<Path> files;
    private final String column;
    private final List<String> unread;

    private Corpus(List<Path> files, String column, List<String> unread) {
        this.files = files;
        this.column = column;
        this.unread = unread;
    }

    /** Texts whose JSON lines and tables, if any, have them in {@value #TEXT}. */
    public static Corpus of(List<Path> paths) {
        return of(paths, TEXT);
    }

    /**
     * The texts of files and folders, in the order of their paths.
     *
     * @param paths files and folders
     * @param column field of JSON lines, or column of tables, that has the text
     * @throws CheckpointException if one of the paths is neither a readable file nor a folder with texts in it
     */
    public static Corpus of(List<Path> paths, String column) {
        List<Path> files = new ArrayList<>();
        List<String> unread = new ArrayList<>();
        for (Path path : paths) {
            if (Files.isDirectory(path)) {
                TextFolder folder = textsIn(path);
                files.addAll(folder.files());
                unread.addAll(folder.unread());
            } else if (ActivationIndex.isPart(path)) {
                throw new CheckpointException(
                        path, "this is a part of an index", "a text", "Choose the corpus that the index is of");
            } else if (Files.isRegularFile(path) && Files.isReadable(path)) {
                files.add(path);
            } else {
                throw new CheckpointException(path, "this is not a readable file", Documents.KINDS, "Choose a text");
            }
        }
        return new Corpus(List.copyOf(files), column, List.copyOf(unread));
    }

    private static TextFolder textsIn(Path folder) {
        try {
            TextFolder texts = TextFolder.of(folder);
            if (texts.files().isEmpty()) {
                throw new CheckpointException(
                        folder,
                        "this folder has no texts" + (texts.unread().isEmpty() ? "" : " that may be read"),
                        Documents.KINDS,
                        "Choose another folder, or a text");
            }
            return texts;
        } catch (IOException e) {
            throw unreadable(folder, FileFailure.reason(e), e);
        }
    }

    private static CheckpointException unreadable(Path folder, String reason, Exception cause) {
        return new CheckpointException(
                folder,
                "the folder cannot be read (" + reason + ")",
                "",
                "Check that it still exists and may be read",
                cause);
    }

    /** Whether a file is a text that can be counted over: its name ends like one and its content begins like one. */
    public static boolean isText(Path file) {
        return Files.isRegularFile(file) && Documents.isTextByName(file) && Documents.beginsAsText(file);
    }

    /** Extensions of text files, such as {@code .jsonl}, and of compressed files, such as {@code .gz}. */
    public static List<String> fileEndings() {
        return Documents.endings();
    }

    public List<Path> files() {
        return files;
    }

    /** What in the folders may not be read and is left out, as a sentence without full stop; empty if nothing is. */
    public Optional<String> leftOut() {
        return unread.isEmpty()
                ? Optional.empty()
                : Optional.of("left out of the corpus, because it cannot be read: " + unread.get(0)
                        + (unread.size() == 1 ? "" : ", and " + (unread.size() - 1) + " more"));
    }

    /** What the index records of each file, so that a stale index is noticed. Reads every file once. */
    public List<Source> sources() {
        return sources(new Cancellation());
    }

    /** The same, until it is cancelled. */
    List<Source> sources(Cancellation cancellation) {
        return files.stream()
                .map(file -> source(file, Documents.hasColumns(file) ? column : null, cancellation))
                .toList();
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
     * An estimate of the bytes of text in all files, for progress: their size, times {@value #COMPRESSION} where they
     * are compressed, which is more than texts shrink, so that progress is understated rather than overstated.
     */
    long textBytes() {
        long bytes = 0;
        for (Path file : files) {
            try {
                bytes += Files.size(file) * (Documents.isCompressed(file) ? COMPRESSION : 1);
            } catch (IOException e) {
                throw unreadable(file, e);
            }
        }
        return bytes;
    }

    /** Takes documents as they are read, in parts: none is ever in memory whole. */
    public interface Taking {
        /**
         * Takes some more of a document.
         *
         * @param part of bounded length; it may end within a word or a character
         * @return whether more is wanted, of this document or others
         */
        boolean add(String part);

        /**
         * A document has ended, which had at least one part.
         *
         * @return whether others are wanted
         */
        boolean end();
    }

    /**
     * Passes on every document, in order and in parts, until no more is wanted. Empty documents are left out, and white
     * space at the ends of others.
     *
     * @throws CheckpointException if a file cannot be read, is not UTF-8, has no text where it should, or a piece of
     *     text that is too long to be read at once
     */
    public void read(Taking taking) {
        for (Path file : files) {
            Documents documents = Documents.of(file, column);
            DocumentParts parts = new DocumentParts(documents, taking);
            try {
                if (!documents.forEach(parts)) {
                    return;
                }
            } catch (OutOfMemoryError full) {
                throw HeapRoom.refusal(file + ", " + parts.where() + ",", full);
            }
        }
    }

    /**
     * Reads the corpus into contexts, until there are as many tokens as those take.
     *
     * @param reading reads documents as tokens
     * @param read called with the length of every part before it is read, and may stop the reading by throwing
     * @param complete takes complete contexts, also those that {@link Contexts#finish} closes
     */
    public void read(
            TextReading reading, Contexts contexts, IntConsumer read, Consumer<List<Contexts.Context>> complete) {
        Predicate<int[]> some = ids -> {
            boolean more = contexts.append(ids);
            complete.accept(contexts.drain());
            return more;
        };
        read(new Taking() {
            @Override
            public boolean add(String part) {
                read.accept(part.length());
                return reading.add(part, some);
            }

            @Override
            public boolean end() {
                read.accept(0);
                return reading.end(some) && contexts.end();
            }
        });
        contexts.finish();
        complete.accept(contexts.drain());
    }

    private static Source source(Path file, @Nullable String column, Cancellation cancellation) {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            byte[] block = new byte[BLOCK_BYTES];
            for (int read; (read = in.read(block)) >= 0; ) {
                cancellation.check();
                sha.update(block, 0, read);
            }
            return new Source(
                    file.getFileName().toString(),
                    Files.size(file),
                    HexFormat.of().formatHex(sha.digest()),
                    column);
        } catch (IOException e) {
            throw unreadable(file, e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    static CheckpointException unreadable(Path file, IOException cause) {
        return new CheckpointException(
                file,
                "the file cannot be read (" + FileFailure.reason(cause) + ")",
                "",
                "Check that it still exists and may be read",
                cause);
    }

    /**
     * One file of the corpus.
     *
     * @param sha256 of its content, hexadecimal
     * @param column field or column that has the text; null for plain text
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Source(
            String name,
            long bytes,
            String sha256,
            @Nullable String column) {}

    /** All documents at once, for tests and small corpora. */
    List<String> documents() {
        List<String> all = new ArrayList<>();
        StringBuilder document = new StringBuilder();
        read(new Taking() {
            @Override
            public boolean add(String part) {
                document.append(part);
                return true;
            }

            @Override
            public boolean end() {
                all.add(document.toString());
                document.setLength(0);
                return true;
            }
        });
        return all;
    }
}
