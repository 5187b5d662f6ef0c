package loupe.format;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.tensor.StoredTensor;

/**
 * Reads safetensors: a length, a JSON header and packed little-endian data without holes or overlaps. Stricter than the
 * reference reader, which lets a later entry of the same name win.
 *
 * @see <a href="https://github.com/huggingface/safetensors">safetensors, README "Format"</a>
 */
final class SafetensorsFile {
    static final int LENGTH_BYTES = 8;
    static final long MAX_HEADER_BYTES = 100_000_000;

    private static final String REMEDY = "Download or export the file again";

    private SafetensorsFile() {}

    /** Whether these first bytes can be a header length and the beginning of a JSON object. */
    static boolean matches(java.nio.ByteBuffer head, long fileSize) {
        if (head.remaining() <= LENGTH_BYTES) {
            return false;
        }
        long length = head.getLong(0);
        byte first = head.get(LENGTH_BYTES);
        return length > 0
                && length <= MAX_HEADER_BYTES
                && (first == '{' || first == ' ' || first == '\n' || first == '\r' || first == '\t')
                && length <= fileSize - LENGTH_BYTES;
    }

    /**
     * Takes over {@code file}: the archive closes it.
     *
     * @throws loupe.base.CheckpointException if any rule of the format is broken
     */
    static FileArchive open(PositionalFile file) {
        if (file.size() < LENGTH_BYTES) {
            throw file.refuse(
                    "the file has " + file.size() + " bytes, too short to be safetensors", "at least 8 bytes", REMEDY);
        }
        long length = file.read(0, LENGTH_BYTES).getLong();
        if (length < 0 || length > MAX_HEADER_BYTES) {
            throw file.refuse(
                    "impossible header length: " + Long.toUnsignedString(length) + " bytes",
                    "at most " + MAX_HEADER_BYTES + " bytes (100 MB)",
                    "Check that this is a safetensors file, and download it again");
        }
        if (length > file.size() - LENGTH_BYTES) {
            throw file.refuse(
                    "truncated header: it says " + length + " bytes and the file has " + (file.size() - LENGTH_BYTES)
                            + " left",
                    "a complete file",
                    "Download the file again");
        }
        SafetensorsHeader header = SafetensorsHeader.read(file, file.read(LENGTH_BYTES, (int) length));
        long dataStart = LENGTH_BYTES + length;
        checkPacked(file, header.entries(), file.size() - dataStart);
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (SafetensorsHeader.Entry entry : header.entries().values()) {
            FileTensor.Layout layout = FileTensor.Layout.dense(entry.dtype(), entry.shape(), dataStart + entry.begin());
            tensors.put(entry.name(), new FileTensor(file, entry.name(), layout, () -> {}));
        }
        return new FileArchive(
                file.path(), Container.SAFETENSORS, tensors, header.metadata(), List.of(), List.of(file));
    }

    private static void checkPacked(PositionalFile file, Map<String, SafetensorsHeader.Entry> entries, long dataBytes) {
        List<SafetensorsHeader.Entry> byOffset = entries.values().stream()
                .sorted(Comparator.comparingLong(SafetensorsHeader.Entry::begin)
                        .thenComparingLong(SafetensorsHeader.Entry::end))
                .toList();
        long end = 0;
        String before = "the header";
        for (SafetensorsHeader.Entry entry : byOffset) {
            long bytes = DeclaredSizes.bytes(file, entry.name(), entry.shape(), entry.dtype());
            if (entry.end() - entry.begin() != bytes) {
                throw file.refuse(
                        "tensor " + entry.name() + ": " + (entry.end() - entry.begin())
                                + " bytes declared by data_offsets, " + bytes + " expected from " + entry.dtype() + " "
                                + entry.shape(),
                        "offsets that fit the shape",
                        REMEDY);
            }
            if (entry.begin() < end) {
                throw file.refuse("overlapping tensors " + before + " and " + entry.name(), "packed tensors", REMEDY);
            }
            if (entry.begin() > end) {
                throw file.refuse(
                        (entry.begin() - end) + " unused bytes between " + before + " and tensor " + entry.name(),
                        "packed tensors",
                        REMEDY);
            }
            end = entry.end();
            before = entry.name();
        }
        if (end > dataBytes) {
            throw file.refuse(
                    "file truncated: have " + dataBytes + " of " + end + " bytes of tensors",
                    "a complete file",
                    "Download the file again");
        }
        if (end < dataBytes) {
            throw file.refuse((dataBytes - end) + " extra bytes at the end", "nothing after the last tensor", REMEDY);
        }
    }
}
