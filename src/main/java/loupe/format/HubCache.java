package loupe.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import loupe.base.CheckpointException;
import loupe.base.FileFailure;
import loupe.base.RegularFile;

/**
 * Hugging Face's cache of downloads: {@code models--ORG--NAME} with the files themselves in {@code blobs}, named by
 * hash, links to them in {@code snapshots/REVISION}, and the revision of each branch in {@code refs}.
 *
 * @see <a href="https://huggingface.co/docs/huggingface_hub/guides/manage-cache">Hugging Face, the cache</a>
 */
public final class HubCache {
    private static final Pattern FOLDER = Pattern.compile("(?:models|datasets|spaces)--(.+)");
    private static final String SNAPSHOTS = "snapshots";
    private static final String BLOBS = "blobs";
    /** What lies beside the folders of the repositories. */
    private static final Set<String> BESIDE = Set.of("version.txt", "CACHEDIR.TAG");
    /** How far below a snapshot a link to a blob is looked for. */
    private static final int DEPTH = 8;

    private static final int NAMED = 3;

    private HubCache() {}

    /**
     * What a path of a cache stands for: the snapshot of {@code refs/main} for a repository's folder, or for the cache
     * of one repository; the link of a snapshot for a blob. Any other path stands for itself.
     *
     * @throws CheckpointException if a repository's folder has no snapshot, or several of which none is main
     */
    public static Path resolve(Path path) {
        if (isRepository(path)) {
            return snapshot(path);
        }
        Path parent = path.toAbsolutePath().normalize().getParent();
        if (parent != null && isNamed(path, SNAPSHOTS) && isRepository(parent)) {
            return snapshot(parent);
        }
        if (Files.isDirectory(path)) {
            return only(path).map(HubCache::snapshot).orElse(path);
        }
        if (parent != null
                && isNamed(parent, BLOBS)
                && parent.getParent() != null
                && isRepository(parent.getParent())) {
            return linkTo(path, parent.getParent()).orElse(path);
        }
        return path;
    }

    /** The repository that a path lies in: {@code ORG/NAME}; empty outside of caches. */
    public static Optional<String> repository(Path path) {
        for (Path folder = path.toAbsolutePath().normalize(); folder != null; folder = folder.getParent()) {
            Matcher name = FOLDER.matcher(Optional.ofNullable(folder.getFileName())
                    .map(Path::toString)
                    .orElse(""));
            if (name.matches()) {
                return Optional.of(name.group(1).replaceFirst("--", "/"));
            }
        }
        return Optional.empty();
    }

    /** Whether a folder is a repository's. */
    public static boolean isRepository(Path folder) {
        return Files.isDirectory(folder.resolve(SNAPSHOTS))
                && (Files.isDirectory(folder.resolve("refs"))
                        || Files.isDirectory(folder.resolve(BLOBS))
                        || FOLDER.matcher(name(folder)).matches());
    }

    /**
     * Passes anything but a link that leads nowhere.
     *
     * @throws CheckpointException naming the link and where it leads
     */
    public static void requireTarget(Path path) {
        if (!Files.isSymbolicLink(path) || Files.exists(path)) {
            return;
        }
        String target;
        try {
            target = Files.readSymbolicLink(path).toString();
        } catch (IOException unreadable) {
            target = "what cannot be read";
        }
        throw new CheckpointException(
                path,
                "this symbolic link leads to " + target + ", which is not there",
                "the file it leads to",
                "Download the file again");
    }

    private static Path snapshot(Path repository) {
        List<Path> snapshots = list(repository.resolve(SNAPSHOTS)).stream()
                .filter(Files::isDirectory)
                .toList();
        Path main = repository.resolve("refs").resolve("main");
        if (Files.isRegularFile(main)) {
            String revision = read(main);
            return snapshots.stream()
                    .filter(snapshot -> isNamed(snapshot, revision))
                    .findFirst()
                    .orElseThrow(() -> new CheckpointException(
                            repository,
                            "refs/main names the revision " + revision + ", which is not in snapshots",
                            "",
                            "Download it again, or choose one of the folders in snapshots"));
        }
        if (snapshots.size() == 1) {
            return snapshots.get(0);
        }
        if (snapshots.isEmpty()) {
            throw new CheckpointException(
                    repository, "this part of a download cache holds no snapshot", "", "Download the files again");
        }
        String names = snapshots.stream().limit(NAMED).map(HubCache::name).collect(Collectors.joining(", "));
        throw new CheckpointException(
                repository,
                "there are " + snapshots.size() + " snapshots and no refs/main that chooses one of them (" + names
                        + (snapshots.size() > NAMED ? ", ..." : "") + ")",
                "",
                "Choose one of the folders in snapshots");
    }

    /** The only repository of a cache, if there is nothing else in the folder. */
    private static Optional<Path> only(Path cache) {
        List<Path> entries = list(cache).stream()
                .filter(entry -> !name(entry).startsWith(".") && !BESIDE.contains(name(entry)))
                .limit(2)
                .toList();
        return entries.size() == 1 && isRepository(entries.get(0)) ? Optional.of(entries.get(0)) : Optional.empty();
    }

    private static Optional<Path> linkTo(Path blob, Path repository) {
        try (Stream<Path> below = Files.walk(repository.resolve(SNAPSHOTS), DEPTH)) {
            Path file = blob.toRealPath();
            return below.filter(path -> Files.isSymbolicLink(path) && leadsTo(path, file))
                    .findFirst();
        } catch (IOException | java.io.UncheckedIOException unreadable) {
            return Optional.empty();
        }
    }

    private static boolean leadsTo(Path link, Path file) {
        try {
            return link.toRealPath().equals(file);
        } catch (IOException nowhere) {
            return false;
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(RegularFile.require(file)).strip();
        } catch (IOException e) {
            throw new CheckpointException(
                    file, "the file cannot be read (" + FileFailure.reason(e) + ")", "", "Check its permissions", e);
        }
    }

    private static List<Path> list(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.sorted().toList();
        } catch (IOException unreadable) {
            return List.of();
        }
    }

    private static boolean isNamed(Path path, String name) {
        return name(path).equals(name);
    }

    private static String name(Path path) {
        Path name = path.toAbsolutePath().normalize().getFileName();
        return name == null ? "" : name.toString();
    }
}
