package loupe.index;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;
import loupe.base.CheckpointException;
import loupe.base.FileFailure;
import loupe.base.RegularFile;
import loupe.base.Remedy;

/**
 * A file of a finished index as it was written, so that a damaged one is noticed.
 *
 * @param name path in the index's folder, with slashes
 * @param bytes its length
 * @param crc32c of its content, eight hexadecimal digits; a checksum against accidents, which reads several gigabytes a
 *     second
 */
public record StoredFile(String name, long bytes, String crc32c) {
    private static final int BLOCK = 1 << 20;

    public StoredFile {
        if (name == null || crc32c == null || name.startsWith("/") || name.contains("..")) {
            throw new IllegalArgumentException("a file of an index is " + name + " with the checksum " + crc32c);
        }
    }

    /** The files of an index as they are now. */
    static List<StoredFile> of(Path folder, List<IndexInfo.IndexedSae> saes) throws IOException {
        List<StoredFile> files = new ArrayList<>();
        for (String name : InfoFile.filesOf(saes)) {
            Path file = folder.resolve(name);
            files.add(new StoredFile(name, Files.size(file), checksum(file)));
        }
        return files;
    }

    /** @throws CheckpointException if the file in this index is missing or has another length */
    void requireSize(Path folder) {
        Path file = folder.resolve(name);
        try {
            long found = Files.size(file);
            if (found != bytes) {
                throw damaged(file, "it has " + found + " bytes", bytes + " bytes, as it was written");
            }
        } catch (IOException e) {
            throw damaged(file, "it cannot be read (" + FileFailure.reason(e) + ")", "");
        }
    }

    /** @throws CheckpointException if the file in this index is not as it was written; reads all of it */
    void requireContent(Path folder) {
        requireSize(folder);
        Path file = folder.resolve(name);
        try {
            String found = checksum(file);
            if (!found.equals(crc32c)) {
                throw damaged(file, "it is damaged: its checksum is " + found, crc32c + ", as it was written");
            }
        } catch (IOException e) {
            throw damaged(file, "it cannot be read (" + FileFailure.reason(e) + ")", "");
        }
    }

    private static CheckpointException damaged(Path file, String found, String expected) {
        return new CheckpointException(file, found, expected, "Build the index anew", Remedy.give(Remedy.Choice.INDEX));
    }

    private static String checksum(Path file) throws IOException {
        CRC32C crc = new CRC32C();
        ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
        try (FileChannel channel = FileChannel.open(RegularFile.require(file), StandardOpenOption.READ)) {
            while (channel.read(block) >= 0) {
                crc.update(block.flip());
                block.clear();
            }
        }
        return HexFormat.of().toHexDigits((int) crc.getValue());
    }
}
