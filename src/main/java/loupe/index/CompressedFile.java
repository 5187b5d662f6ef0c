package loupe.index;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import loupe.base.CheckpointException;
import loupe.base.FileFailure;
import org.apache.commons.compress.compressors.CompressorException;
import org.apache.commons.compress.compressors.CompressorStreamFactory;

/**
 * The bytes in a compressed file. Reading fails with a {@link CheckpointException} where the compressed data ends early
 * or is damaged.
 */
final class CompressedFile extends FilterInputStream {
    /** How files begin, and what the library calls the compression, by the ending of their names. */
    private static final Map<String, Kind> KINDS = Map.of(
            ".gz", new Kind(CompressorStreamFactory.GZIP, (byte) 0x1f, (byte) 0x8b),
            ".bz2", new Kind(CompressorStreamFactory.BZIP2, (byte) 'B', (byte) 'Z', (byte) 'h'),
            ".zst", new Kind(CompressorStreamFactory.ZSTANDARD, (byte) 0x28, (byte) 0xb5, (byte) 0x2f, (byte) 0xfd));

    private final Path file;
    private final String ending;

    private record Kind(String name, byte... begins) {}

    private CompressedFile(InputStream decompressed, Path file, String ending) {
        super(decompressed);
        this.file = file;
        this.ending = ending;
    }

    /**
     * The bytes of a file, decompressed.
     *
     * @param ending {@code .gz}, {@code .bz2} or {@code .zst}; anything else for a file that is not compressed
     * @throws CheckpointException if it does not begin as a file of that kind
     */
    static InputStream open(Path file, String ending) throws IOException {
        Kind kind = KINDS.get(ending);
        InputStream bytes = Files.newInputStream(file);
        if (kind == null) {
            return bytes;
        }
        try {
            PushbackInputStream whole = new PushbackInputStream(bytes, kind.begins().length);
            byte[] begins = whole.readNBytes(kind.begins().length);
            if (!Arrays.equals(begins, kind.begins())) {
                throw new CheckpointException(
                        file,
                        "this is not compressed as its name says",
                        "a " + ending + " file",
                        "Rename or decompress it");
            }
            whole.unread(begins);
            return new CompressedFile(decompressed(kind, whole, file, ending), file, ending);
        } catch (IOException | RuntimeException e) {
            bytes.close();
            throw e;
        }
    }

    private static InputStream decompressed(Kind kind, InputStream bytes, Path file, String ending) throws IOException {
        try {
            return new CompressorStreamFactory(true).createCompressorInputStream(kind.name(), bytes);
        } catch (CompressorException e) {
            throw damaged(file, ending, e.getCause() instanceof IOException cause ? cause : new IOException(e));
        }
    }

    @Override
    public int read() throws IOException {
        try {
            return super.read();
        } catch (IOException e) {
            throw damaged(file, ending, e);
        }
    }

    @Override
    public int read(byte[] into, int from, int count) throws IOException {
        try {
            return super.read(into, from, count);
        } catch (IOException e) {
            throw damaged(file, ending, e);
        }
    }

    /** @throws IOException the failure itself, where the file system had it */
    private static CheckpointException damaged(Path file, String ending, IOException failure) throws IOException {
        if (failure instanceof FileSystemException) {
            throw failure;
        }
        String reason = failure.getMessage() == null ? "" : " (" + FileFailure.reason(failure) + ")";
        return new CheckpointException(
                file,
                "its compressed data is cut short or damaged" + reason,
                "a whole " + ending + " file",
                "Download or compress it again",
                failure);
    }
}
