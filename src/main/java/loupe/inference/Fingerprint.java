package loupe.inference;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import loupe.sae.checkpoint.SaeFile;

/**
 * A hash of files' contents that does not need to read gigabytes: SHA-256 over names, sizes and bytes, where of a file
 * over 64 MiB only 64 evenly spread pieces of 256 KiB count, and its time of modification.
 */
public final class Fingerprint {
    private static final int PIECE_BYTES = 1 << 18;
    private static final long MOST_IN_FULL = 64L << 20;
    private static final int PIECES = 64;
    private static final int HEX_DIGITS = 24;

    private final MessageDigest digest;

    private Fingerprint() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }

    /**
     * @param path a file, or a folder whose files count (not those in folders below it)
     * @param reading how it is read; another reading gives another fingerprint
     * @throws UncheckedIOException if a file cannot be read
     */
    static String of(Path path, String reading) {
        Fingerprint fingerprint = new Fingerprint();
        fingerprint.add(reading);
        try {
            if (Files.isDirectory(path)) {
                for (Path file : files(path)) {
                    fingerprint.add(file);
                }
            } else {
                fingerprint.add(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return fingerprint.hex();
    }

    private String hex() {
        return HexFormat.of().formatHex(digest.digest()).substring(0, HEX_DIGITS);
    }

    /**
     * What a checkpoint's weights are, whatever their files are called, wherever they lie, whenever they were written
     * and however they are read: of those files only sizes and contents count. What people write down about features is
     * kept by it.
     *
     * @param weights a file, or a folder of which the files that may hold weights count
     * @throws UncheckedIOException if a file cannot be read
     */
    public static String ofWeights(Path weights) {
        Fingerprint fingerprint = new Fingerprint();
        fingerprint.add("weights");
        try {
            if (Files.isDirectory(weights)) {
                for (Path file : files(weights)) {
                    if (SaeFile.mayHoldWeights(file)) {
                        fingerprint.addContent(file, Files.size(file));
                    }
                }
            } else {
                fingerprint.addContent(weights, Files.size(weights));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return fingerprint.hex();
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(Files::isRegularFile)
                    .filter(file -> !file.getFileName().toString().startsWith("."))
                    .sorted()
                    .toList();
        }
    }

    private void add(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, utf8.length));
        digest.update(utf8);
    }

    private void add(Path file) throws IOException {
        long size = Files.size(file);
        add(file.getFileName() + " " + size);
        if (size > MOST_IN_FULL) {
            add(Files.getLastModifiedTime(file).toString());
        }
        addPieces(file, size);
    }

    private void addContent(Path file, long size) throws IOException {
        add(Long.toString(size));
        addPieces(file, size);
    }

    private void addPieces(Path file, long size) throws IOException {
        long stride = size <= MOST_IN_FULL ? PIECE_BYTES : size / PIECES;
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);
            for (long at = 0; at < size; at += stride) {
                piece.clear();
                while (piece.hasRemaining() && channel.read(piece, at + piece.position()) > 0) {
                    // one read may return less than was asked for
                }
                digest.update(piece.flip());
            }
        }
    }
}
