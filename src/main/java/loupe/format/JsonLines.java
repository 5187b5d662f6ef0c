package loupe.format;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import loupe.base.FileFailure;
import loupe.base.RegularFile;
import loupe.base.WriterLock;

/**
 * A file of JSON documents, one to a line, that grows while a long job runs. Every line is on the disk when
 * {@link #add} returns; a line torn by a crash is dropped when the file is opened again. While it is open, no other
 * process can open it to append. One thread.
 */
public final class JsonLines implements AutoCloseable {
    private final Path file;
    private final WriterLock lock;
    private final FileChannel channel;
    private final List<JsonNode> documents;
    private final boolean isNew;

    private JsonLines(Path file, WriterLock lock, FileChannel channel, List<JsonNode> documents, boolean isNew) {
        this.file = file;
        this.lock = lock;
        this.isNew = isNew;
        this.channel = channel;
        this.documents = List.copyOf(documents);
    }

    /**
     * Begins a file, or opens an existing one to append to.
     *
     * @throws loupe.base.CheckpointException if somebody else is writing it, or a whole line is no JSON document
     */
    public static JsonLines open(Path file) throws IOException {
        RegularFile.require(file);
        WriterLock lock = WriterLock.take(file);
        try {
            if (!Files.exists(file)) {
                return new JsonLines(
                        file,
                        lock,
                        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        List.of(),
                        true);
            }
            List<JsonNode> documents = new ArrayList<>();
            int from = read(file, documents);
            FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
            channel.truncate(from).position(from);
            return new JsonLines(file, lock, channel, documents, false);
        } catch (IOException | RuntimeException failed) {
            lock.close();
            throw failed;
        }
    }

    /** Whether the file did not exist before it was opened. */
    public boolean isNew() {
        return isNew;
    }

    /**
     * Reads the documents of a file without opening it for writing; a torn last line is left out.
     *
     * @throws loupe.base.CheckpointException if a whole line is no JSON document
     */
    public static List<JsonNode> read(Path file) {
        List<JsonNode> documents = new ArrayList<>();
        try {
            read(file, documents);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return documents;
    }

    /** @return the offset after the last whole line */
    private static int read(Path file, List<JsonNode> documents) throws IOException {
        byte[] bytes = Files.readAllBytes(RegularFile.require(file));
        int from = 0;
        for (int at = 0; at < bytes.length; at++) {
            if (bytes[at] == '\n') {
                documents.add(StrictJson.own(file, "line " + (documents.size() + 1))
                        .read(ByteBuffer.wrap(bytes, from, at - from).slice(), JsonFiles::tree));
                from = at + 1;
            }
        }
        return from;
    }

    /** The documents that were in the file when it was opened. */
    public List<JsonNode> documents() {
        return documents;
    }

    /** A document as it would be read back, to be compared with {@link #documents}. */
    public static JsonNode asRead(Object document) {
        byte[] line = JsonFiles.line(document).getBytes(StandardCharsets.UTF_8);
        return StrictJson.own(Path.of("memory"), "the line").read(ByteBuffer.wrap(line), JsonFiles::tree);
    }

    /**
     * Writes one more line; NaN and infinities as null.
     *
     * @throws UncheckedIOException if it cannot be written, with a cause that names the file
     */
    public void add(Object document) {
        try {
            ByteBuffer line = ByteBuffer.wrap((JsonFiles.line(document) + "\n").getBytes(StandardCharsets.UTF_8));
            while (line.hasRemaining()) {
                channel.write(line);
            }
            channel.force(false);
        } catch (IOException e) {
            FileSystemException named = new FileSystemException(file.toString(), null, FileFailure.reason(e));
            named.initCause(e);
            throw new UncheckedIOException(named);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            lock.close();
        }
    }
}
