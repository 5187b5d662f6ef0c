package loupe.state.window;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import loupe.base.AsideFile;
import loupe.base.Refusal;
import loupe.base.VisibleText;
import loupe.base.WriterLock;
import org.jspecify.annotations.Nullable;

/**
 * Sessions that were kept under a name: one JSON file each, named after it, in a folder beside the session of the last
 * start. Each is written in one move, and replaced only by somebody who has seen what it replaces. Any thread.
 */
public final class NamedSessions {
    /** The most characters of a name; file systems take 255 bytes. */
    public static final int LONGEST_NAME = 60;

    private static final String SUFFIX = ".json";
    private static final Pattern FORBIDDEN = Pattern.compile("[\\p{Cntrl}/\\\\:*?\"<>|]");
    /** Devices of Windows, whatever follows the point. */
    private static final Pattern DEVICE =
            Pattern.compile("(con|prn|aux|nul|com\\d|lpt\\d)(\\..*)?", Pattern.CASE_INSENSITIVE);

    private final Path folder;

    /** @param folder of the files; made when the first session is kept */
    public NamedSessions(Path folder) {
        this.folder = folder;
    }

    /** The named sessions beside a file of the session of the last start. */
    public static NamedSessions beside(Path session) {
        return new NamedSessions(session.resolveSibling("sessions"));
    }

    /**
     * A session that was kept.
     *
     * @param kept when it was written
     * @param stamp tells this content from any other
     * @param session null if the file is damaged
     * @param defect what is wrong with the file; empty if nothing is
     */
    public record Named(
            String name,
            Path file,
            Instant kept,
            String stamp,
            @Nullable Session session,
            String defect) {}

    public Path folder() {
        return folder;
    }

    /**
     * Why a name cannot be given, as a sentence without its full stop; empty if it can.
     *
     * @param name without blanks around it
     */
    public static Optional<String> defect(String name) {
        if (name.isBlank()) {
            return Optional.of("A session needs a name");
        }
        if (name.length() > LONGEST_NAME || name.getBytes(StandardCharsets.UTF_8).length > 4 * LONGEST_NAME) {
            return Optional.of("The name has " + name.length() + " characters, expected " + LONGEST_NAME + " or fewer");
        }
        if (FORBIDDEN.matcher(name).find() || name.startsWith(".") || name.endsWith(".")) {
            return Optional.of("The name becomes a file's name: without / \\ : * ? \" < > | and no point at its ends");
        }
        if (DEVICE.matcher(name).matches() || !name.equals(name.strip())) {
            return Optional.of("No file can have the name " + name);
        }
        if (name.codePoints().anyMatch(VisibleText::isHidden)) {
            return Optional.of("The name has characters that nobody sees: type it anew");
        }
        return isOfFiles(name)
                ? Optional.empty()
                : Optional.of("Files have no such letters here: write the name with letters from A to Z");
    }

    /** Whether this system's names of files have these letters; where the locale is C, they have few. */
    private static boolean isOfFiles(String name) {
        try {
            return Path.of(name + SUFFIX).getFileName() != null;
        } catch (InvalidPathException unmappable) {
            return false;
        }
    }

    /**
     * All sessions, by name; none if there is no folder.
     *
     * @throws IOException if the folder cannot be read
     */
    public List<Named> list() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        List<Named> all = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (!name.endsWith(SUFFIX)) {
                    continue;
                }
                String bare = name.substring(0, name.length() - SUFFIX.length());
                if (defect(bare).isEmpty() && Files.isRegularFile(file)) {
                    look(bare).ifPresent(all::add);
                }
            }
        }
        all.sort(
                Comparator.comparing(Named::name, String.CASE_INSENSITIVE_ORDER).thenComparing(Named::name));
        return all;
    }

    /** The session of a name, damaged or not; empty if there is none. */
    private Optional<Named> look(String name) throws IOException {
        Path file = file(name);
        try {
            Instant kept = Files.getLastModifiedTime(file).toInstant();
            String stamp = stamp(file);
            try {
                return Optional.of(new Named(name, file, kept, stamp, SessionJson.read(file), ""));
            } catch (SessionJson.NoSession damaged) {
                return Optional.of(new Named(name, file, kept, stamp, null, String.valueOf(damaged.getMessage())));
            }
        } catch (NoSuchFileException gone) {
            return Optional.empty();
        }
    }

    /**
     * The session of a name.
     *
     * @throws Refusal if there is none, or its file is damaged, which stays as it is
     */
    public Named open(String name) throws IOException {
        Named found = defect(name).isPresent() ? null : look(name).orElse(null);
        if (found == null) {
            List<String> names = list().stream().map(Named::name).toList();
            throw new Refusal(
                    "There is no session " + name,
                    names.isEmpty() ? "" : "one of " + String.join(", ", names),
                    names.isEmpty() ? "Keep one in the window: Keep this session under a name" : "");
        }
        if (found.session() == null) {
            throw new Refusal(
                    "The session " + name + " cannot be used (" + found.defect() + ")",
                    "",
                    "Delete it, or mend its file " + found.file());
        }
        return found;
    }

    /**
     * Keeps a session under a name.
     *
     * @param replaces the {@linkplain Named#stamp stamp} of what may be replaced; empty if there should be nothing
     * @return the stamp of what is kept now
     * @throws Refusal if the name cannot be given, or something else is kept under it
     */
    public String keep(String name, Session session, Optional<String> replaces) throws IOException {
        requireName(name);
        Path file = file(name);
        Files.createDirectories(folder);
        try (WriterLock lock = WriterLock.take(file)) {
            if (Files.exists(file) && !Optional.of(stamp(file)).equals(replaces)) {
                throw taken(
                        name,
                        replaces.isPresent() ? " was kept anew by another window meanwhile" : " is there already");
            }
            SessionJson.write(file, session);
            lock.require();
            return stamp(file);
        }
    }

    private static void requireName(String name) {
        defect(name).ifPresent(why -> {
            throw new Refusal(why);
        });
    }

    private static Refusal taken(String name, String how) {
        return new Refusal("A session " + name + how, "", "Look at it, and replace it or choose another name");
    }

    /**
     * Gives a session another name.
     *
     * @throws Refusal if there is none of the old name, or one of the new, which stay as they are
     */
    public void rename(String name, String newName) throws IOException {
        requireName(newName);
        Path from = existing(name);
        Path to = file(newName);
        if (from.equals(to)) {
            return;
        }
        try (WriterLock old = WriterLock.take(from);
                WriterLock fresh = WriterLock.take(to)) {
            if (Files.exists(to)) {
                throw taken(newName, " is there already");
            }
            fresh.require();
            old.require();
            AsideFile.keep(from, to);
        }
    }

    /**
     * Deletes a session.
     *
     * @throws Refusal if there is none
     */
    public void delete(String name) throws IOException {
        Path file = existing(name);
        try (WriterLock lock = WriterLock.take(file)) {
            lock.require();
            Files.deleteIfExists(file);
        }
    }

    private Path existing(String name) throws IOException {
        if (defect(name).isPresent() || !Files.isRegularFile(file(name))) {
            open(name); // which says that there is none
        }
        return file(name);
    }

    private Path file(String name) {
        return folder.resolve(name + SUFFIX);
    }

    private static String stamp(Path file) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            try (var in = Files.newInputStream(file)) {
                byte[] buffer = new byte[1 << 13];
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    digest.update(buffer, 0, read);
                }
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
