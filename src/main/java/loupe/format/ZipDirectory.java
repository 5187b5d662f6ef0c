package loupe.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.base.CheckpointException;

/**
 * The entries of a zip file, believed only where the central directory, the local headers and the payloads agree: an
 * archive that two programs could read differently is refused. ZIP64 is understood.
 *
 * @see <a href="https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT">PKWARE APPNOTE 6.3</a>
 */
final class ZipDirectory {
    static final int STORED = 0;
    static final int DEFLATED = 8;

    private static final int LOCAL_HEADER = 0x04034B50;
    private static final int CENTRAL_HEADER = 0x02014B50;
    private static final int END_RECORD = 0x06054B50;
    private static final int END_RECORD_64 = 0x06064B50;
    private static final int END_LOCATOR_64 = 0x07064B50;
    private static final int DESCRIPTOR = 0x08074B50;
    private static final int END_BYTES = 22;
    private static final int LOCATOR_BYTES = 20;
    private static final int END_64_BYTES = 56;
    private static final int CENTRAL_BYTES = 46;
    private static final int LOCAL_BYTES = 30;
    private static final int MAX_DIRECTORY_BYTES = 64 << 20;
    private static final int ENCRYPTED_FLAGS = 0x1 | 0x20 | 0x40 | 0x2000;
    private static final int DESCRIPTOR_FLAG = 0x8;
    private static final String REMEDY = "Download or export the file again";

    private final PositionalFile file;

    private ZipDirectory(PositionalFile file) {
        this.file = file;
    }

    /**
     * One file in the archive.
     *
     * @param data byte position of the payload
     * @param packed bytes of the payload as it lies in the archive; equals {@code size} if stored
     */
    record Entry(String name, int method, int flags, long crc, long packed, long size, long header, long data) {}

    /** All entries by name, in the order of the directory. */
    static Map<String, Entry> read(PositionalFile file) {
        return new ZipDirectory(file).entries();
    }

    /** Position and size of the directory, as the end records state them. */
    private record End(long position, long count, long bytes, long start) {}

    private Map<String, Entry> entries() {
        End end = end();
        if (end.bytes() > MAX_DIRECTORY_BYTES || end.start() < 0 || end.start() + end.bytes() != end.position()) {
            throw refuse(
                    "the zip directory is said to have " + end.bytes() + " bytes at " + end.start()
                            + ", but its end is at " + end.position(),
                    "a directory of at most " + MAX_DIRECTORY_BYTES + " bytes right before the end record");
        }
        ByteBuffer directory = file.read(end.start(), (int) end.bytes());
        Map<String, Entry> entries = new LinkedHashMap<>();
        while (directory.hasRemaining()) {
            Entry entry = checkLocal(central(directory));
            if (entries.put(entry.name(), entry) != null) {
                throw refuse("ambiguous archive: it has two entries " + entry.name(), "each name once");
            }
        }
        if (entries.size() != end.count()) {
            throw refuse("the zip directory has " + entries.size() + " entries and says " + end.count(), "one number");
        }
        checkLayout(entries, end.start());
        return entries;
    }

    private End end() {
        long position = file.size() - END_BYTES;
        ByteBuffer record = position < 0 ? null : file.read(position, END_BYTES);
        if (record == null || record.getInt(0) != END_RECORD || record.getShort(20) != 0) {
            throw endNotFound();
        }
        if (record.getShort(4) != 0 || record.getShort(6) != 0 || record.getShort(8) != record.getShort(10)) {
            throw refuse("the zip is one part of several", "a whole zip file");
        }
        End end = new End(
                position,
                record.getShort(10) & 0xFFFF,
                record.getInt(12) & 0xFFFFFFFFL,
                record.getInt(16) & 0xFFFFFFFFL);
        if (position >= LOCATOR_BYTES && file.read(position - LOCATOR_BYTES, 4).getInt() == END_LOCATOR_64) {
            return end64(file.read(position - LOCATOR_BYTES, LOCATOR_BYTES), position - LOCATOR_BYTES, end);
        }
        return end;
    }

    /**
     * A cut-off download and a file with something appended both have no end record at the end; which of them it is
     * decides the remedy.
     */
    private CheckpointException endNotFound() {
        int tail = (int) Math.min(file.size(), END_BYTES + 0xFFFF);
        ByteBuffer bytes = file.read(file.size() - tail, tail);
        for (int i = tail - 4; i >= 0; i--) {
            int extra = tail - i - END_BYTES;
            if (bytes.getInt(i) == END_RECORD && extra > 0) {
                return refuse(extra + " extra bytes after the end of the zip", "nothing after its end record");
            }
        }
        return file.refuse(
                "the zip has no end record: the file is cut off at " + file.size() + " bytes",
                "a complete file",
                "Download the file again");
    }

    private End end64(ByteBuffer locator, long locatorPosition, End end) {
        long position = locator.getLong(8);
        if (locator.getInt(4) != 0
                || locator.getInt(16) > 1
                || position < 0
                || position > locatorPosition - END_64_BYTES) {
            throw refuse("the ZIP64 locator points to byte " + position, "a record before byte " + locatorPosition);
        }
        ByteBuffer record = file.read(position, END_64_BYTES);
        if (record.getInt(0) != END_RECORD_64
                || record.getLong(4) + 12 != locatorPosition - position
                || record.getInt(16) != 0
                || record.getInt(20) != 0
                || record.getLong(24) != record.getLong(32)) {
            throw refuse(
                    "the ZIP64 end record at byte " + position + " is damaged", "a record right before its locator");
        }
        End large = new End(position, record.getLong(32), record.getLong(40), record.getLong(48));
        if (disagrees(end.count(), 0xFFFF, large.count())
                || disagrees(end.bytes(), 0xFFFFFFFFL, large.bytes())
                || disagrees(end.start(), 0xFFFFFFFFL, large.start())) {
            throw refuse("the two end records of the zip contradict each other", "the same directory in both");
        }
        return large;
    }

    private static boolean disagrees(long small, long escape, long large) {
        return small != escape && small != large;
    }

    private Entry central(ByteBuffer directory) {
        int at = directory.position();
        if (directory.remaining() < CENTRAL_BYTES || directory.getInt(at) != CENTRAL_HEADER) {
            throw refuse("the zip directory is damaged at its byte " + at, "a directory entry");
        }
        int nameBytes = directory.getShort(at + 28) & 0xFFFF;
        int extraBytes = directory.getShort(at + 30) & 0xFFFF;
        int commentBytes = directory.getShort(at + 32) & 0xFFFF;
        int next = at + CENTRAL_BYTES + nameBytes + extraBytes + commentBytes;
        if (next > directory.limit()) {
            throw refuse("the zip directory is cut off at its byte " + at, "a whole directory entry");
        }
        String name = name(directory.slice(at + CENTRAL_BYTES, nameBytes));
        int flags = directory.getShort(at + 8) & 0xFFFF;
        int method = directory.getShort(at + 10) & 0xFFFF;
        if ((flags & ENCRYPTED_FLAGS) != 0) {
            throw file.refuse(
                    "zip entry " + name + " is an encrypted entry",
                    "an archive without password",
                    "Unpack it and save it again without encryption");
        }
        if (directory.getShort(at + 34) != 0) {
            throw refuse("zip entry " + name + " lies on another disk", "a whole zip file");
        }
        long[] large = {
            directory.getInt(at + 24) & 0xFFFFFFFFL,
            directory.getInt(at + 20) & 0xFFFFFFFFL,
            directory.getInt(at + 42) & 0xFFFFFFFFL
        };
        fillFromZip64(
                name,
                directory.slice(at + CENTRAL_BYTES + nameBytes, extraBytes).order(ByteOrder.LITTLE_ENDIAN),
                large);
        directory.position(next);
        return new Entry(
                name, method, flags, directory.getInt(at + 16) & 0xFFFFFFFFL, large[1], large[0], large[2], -1);
    }

    /** Replaces placeholder fields by the values in the ZIP64 extra field, in the order the format prescribes. */
    private void fillFromZip64(String name, ByteBuffer extra, long[] fields) {
        while (extra.remaining() >= 4) {
            int id = extra.getShort() & 0xFFFF;
            int bytes = extra.getShort() & 0xFFFF;
            if (bytes > extra.remaining()) {
                throw refuse("the extra field of zip entry " + name + " is cut off", "a whole one");
            }
            int next = extra.position() + bytes;
            if (id == 1) {
                for (int i = 0; i < fields.length; i++) {
                    if (fields[i] == 0xFFFFFFFFL) {
                        if (next - extra.position() < 8) {
                            throw refuse(
                                    "the ZIP64 field of zip entry " + name + " is too short",
                                    "the sizes that the entry refers to");
                        }
                        fields[i] = extra.getLong();
                    }
                }
                return;
            }
            extra.position(next);
        }
    }

    private String name(ByteBuffer bytes) {
        String name;
        try {
            name = StandardCharsets.UTF_8.newDecoder().decode(bytes.duplicate()).toString();
        } catch (CharacterCodingException e) {
            throw refuse("a name in the zip directory is not UTF-8", "UTF-8 names");
        }
        boolean unsafe = name.isEmpty()
                || name.startsWith("/")
                || name.contains("\\")
                || name.contains(":")
                || name.indexOf(0) >= 0
                || List.of(name.split("/", -1)).contains("..");
        if (unsafe) {
            throw refuse("zip entry \"" + name + "\" has an unsafe name", "plain relative names");
        }
        return name;
    }

    /** The entry with the position of its payload, after checking that its local header agrees with the directory. */
    private Entry checkLocal(Entry entry) {
        if (entry.header() < 0
                || entry.header() > file.size() - LOCAL_BYTES
                || entry.packed() < 0
                || entry.size() < 0) {
            throw refuse(
                    "zip entry " + entry.name() + " is said to be at byte " + entry.header(),
                    "a place inside the file");
        }
        ByteBuffer fixed = file.read(entry.header(), LOCAL_BYTES);
        int nameBytes = fixed.getShort(26) & 0xFFFF;
        int extraBytes = fixed.getShort(28) & 0xFFFF;
        long data = entry.header() + LOCAL_BYTES + nameBytes + extraBytes;
        if (fixed.getInt(0) != LOCAL_HEADER || data > file.size() || entry.packed() > file.size() - data) {
            throw refuse(
                    "zip entry " + entry.name() + " reaches outside the file, or has no header at byte "
                            + entry.header(),
                    "a whole entry");
        }
        ByteBuffer variable = file.read(entry.header() + LOCAL_BYTES, nameBytes + extraBytes);
        String localName = name(variable.slice(0, nameBytes));
        if (!localName.equals(entry.name())) {
            throw refuse(
                    "inconsistent zip entry: the directory calls it " + entry.name() + ", the local header "
                            + localName,
                    "one name");
        }
        int localFlags = fixed.getShort(6) & 0xFFFF;
        int localMethod = fixed.getShort(8) & 0xFFFF;
        long[] large = {fixed.getInt(22) & 0xFFFFFFFFL, fixed.getInt(18) & 0xFFFFFFFFL};
        fillFromZip64(entry.name(), variable.slice(nameBytes, extraBytes).order(ByteOrder.LITTLE_ENDIAN), large);
        boolean later = (localFlags & DESCRIPTOR_FLAG) != 0;
        long crc = fixed.getInt(14) & 0xFFFFFFFFL;
        boolean agrees = localFlags == entry.flags()
                && localMethod == entry.method()
                && agrees(later, large[0], entry.size())
                && agrees(later, large[1], entry.packed())
                && agrees(later, crc, entry.crc());
        if (!agrees) {
            throw refuse(
                    "inconsistent zip entry: directory and local header of " + entry.name() + " disagree",
                    "the same sizes, flags and checksum in both");
        }
        if (entry.method() == STORED && entry.packed() != entry.size()) {
            throw refuse(
                    "zip entry " + entry.name() + " is stored and has two sizes, " + entry.packed() + " and "
                            + entry.size(),
                    "one size");
        }
        return new Entry(
                entry.name(),
                entry.method(),
                entry.flags(),
                entry.crc(),
                entry.packed(),
                entry.size(),
                entry.header(),
                data);
    }

    private static boolean agrees(boolean later, long local, long central) {
        return local == central || (later && local == 0);
    }

    /** Entries follow each other from byte 0 to the directory, with nothing between them but data descriptors. */
    private void checkLayout(Map<String, Entry> entries, long directory) {
        List<Entry> byPosition = new ArrayList<>(entries.values());
        byPosition.sort(Comparator.comparingLong(Entry::header));
        long end = 0;
        for (Entry entry : byPosition) {
            if (entry.header() != end) {
                throw refuse(
                        entry.header() < end
                                ? "zip entry " + entry.name() + " overlaps the one before"
                                : (entry.header() - end) + " extra bytes before zip entry " + entry.name(),
                        "entries one after the other");
            }
            end = entry.data() + entry.packed();
            if ((entry.flags() & DESCRIPTOR_FLAG) != 0) {
                end += descriptorBytes(entry, end);
            }
        }
        if (end != directory) {
            throw refuse(
                    "the last zip entry ends at byte " + end + " and the directory starts at " + directory,
                    "the directory right after it");
        }
    }

    private long descriptorBytes(Entry entry, long position) {
        ByteBuffer bytes = file.read(position, (int) Math.min(24, file.size() - position));
        boolean signed = bytes.remaining() >= 4 && bytes.getInt(0) == DESCRIPTOR;
        for (int sizeBytes : new int[] {4, 8}) {
            int at = signed ? 4 : 0;
            if (bytes.remaining() >= at + 4 + 2 * sizeBytes
                    && (bytes.getInt(at) & 0xFFFFFFFFL) == entry.crc()
                    && size(bytes, at + 4, sizeBytes) == entry.packed()
                    && size(bytes, at + 4 + sizeBytes, sizeBytes) == entry.size()) {
                return at + 4 + 2L * sizeBytes;
            }
        }
        throw refuse(
                "inconsistent zip entry: the descriptor after " + entry.name()
                        + " does not repeat its size and checksum",
                "the directory's values");
    }

    private static long size(ByteBuffer bytes, int at, int sizeBytes) {
        return sizeBytes == 4 ? bytes.getInt(at) & 0xFFFFFFFFL : bytes.getLong(at);
    }

    private CheckpointException refuse(String found, String expected) {
        return file.refuse(found, expected, REMEDY);
    }
}
