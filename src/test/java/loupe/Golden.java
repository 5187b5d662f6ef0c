package loupe;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.zstandard.ZstdCompressorInputStream;

/**
 * Recorded runs of the reference implementations, from {@code src/test/resources/loupe/golden}; the README there says
 * which program, version and seed. Each archive is unpacked into {@code target/golden} once, and checked against its
 * list of sums before the first test of a process reads one of its cases. A case that is not there is a failure.
 */
public final class Golden {
    /** The families of the second archive. */
    private static final Set<String> EFFECTS = Set.of("abl", "ste", "pat", "att");

    private Golden() {}

    /**
     * The folder of one case.
     *
     * @param name for example {@code hf_gpt2_a}
     * @throws IllegalStateException if there is no such case
     */
    public static Path folder(String name) {
        String family = name.split("_")[0];
        Path archive = EFFECTS.contains(family) ? Effects.ROOT : family.equals("geo") ? Geometry.ROOT : root();
        Path folder = archive.resolve(name);
        if (!Files.isDirectory(folder)) {
            throw new IllegalStateException("There is no recorded case " + name
                    + ": the lists of sums in src/test/resources/loupe/golden name those there are");
        }
        return folder;
    }

    /** The folder that holds every case of models and autoencoders and {@code sensitivity.json}, and nothing else. */
    public static Path root() {
        return Unpacked.ROOT;
    }

    /** Loaded, and so unpacked and checked, when the first test asks. */
    private static final class Unpacked {
        private static final Path ROOT = unpack(Path.of("target", "golden"));
    }

    /** Likewise. */
    private static final class Effects {
        private static final Path ROOT = unpack(Path.of("target", "golden"), "effects.tar.zst", "SHA256SUMS.effects");
    }

    /** Likewise. */
    private static final class Geometry {
        private static final Path ROOT = unpack(Path.of("target", "golden"), "geometry.tar.zst", "SHA256SUMS.geometry");
    }

    /**
     * Unpacks the archive into a folder of {@code parent} named by what it holds, unless that is there already.
     * Processes may do so at the same time: each unpacks aside and checks, and the first to move its folder wins.
     *
     * @return the folder, every file of it checked
     * @throws IllegalStateException if the archive, or the folder that is there, does not hold what it should
     */
    static Path unpack(Path parent) {
        return unpack(parent, "cases.tar.zst", "SHA256SUMS");
    }

    private static Path unpack(Path parent, String packed, String listed) {
        try (InputStream list = resource(listed)) {
            byte[] said = list.readAllBytes();
            Map<String, String> sums = sums(new String(said, StandardCharsets.UTF_8));
            Path folder = parent.resolve(sum(said).substring(0, 12));
            if (!Files.exists(folder)) {
                Files.createDirectories(parent);
                Path aside = Files.createTempDirectory(parent, "unpacking");
                try (InputStream archive = resource(packed)) {
                    extract(archive, aside);
                    require(aside, sums, "Check out src/test/resources/loupe/golden again.");
                    move(aside, folder);
                } finally {
                    delete(aside);
                }
            }
            require(folder, sums, "Delete " + folder + ", and it is unpacked again.");
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException("The recorded cases could not be unpacked into " + parent, e);
        }
    }

    private static InputStream resource(String name) {
        InputStream resource = Golden.class.getResourceAsStream("golden/" + name);
        if (resource == null) {
            throw new IllegalStateException("The test resources have no loupe/golden/" + name + ": check it out again");
        }
        return resource;
    }

    /** Sums by file name, from lines as {@code sha256sum} writes them. */
    private static Map<String, String> sums(String list) {
        Map<String, String> sums = new TreeMap<>();
        list.lines().forEach(line -> sums.put(line.substring(66), line.substring(0, 64)));
        return sums;
    }

    private static void extract(InputStream archive, Path folder) throws IOException {
        try (TarArchiveInputStream entries =
                new TarArchiveInputStream(new ZstdCompressorInputStream(new BufferedInputStream(archive)))) {
            for (TarArchiveEntry entry = entries.getNextEntry(); entry != null; entry = entries.getNextEntry()) {
                Path file = folder.resolve(entry.getName()).normalize();
                if (!file.startsWith(folder)) {
                    throw new IllegalStateException("The archive would write outside its folder: " + entry.getName());
                }
                Files.createDirectories(file.getParent());
                Files.copy(entries, file);
            }
        }
    }

    /** The first file by which a folder differs from those listed, if one does. */
    private static Optional<String> difference(Path folder, Map<String, String> sums) throws IOException {
        Map<String, String> found = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                found.put(folder.relativize(file).toString().replace('\\', '/'), sum(Files.readAllBytes(file)));
            }
        }
        return Stream.concat(sums.keySet().stream(), found.keySet().stream())
                .filter(name -> !sums.getOrDefault(name, "").equals(found.get(name)))
                .findFirst()
                .map(name -> name
                        + (!found.containsKey(name)
                                ? " is missing"
                                : sums.containsKey(name) ? " differs" : " is extra"));
    }

    private static void require(Path folder, Map<String, String> sums, String remedy) throws IOException {
        Optional<String> difference = difference(folder, sums);
        if (difference.isPresent()) {
            throw new IllegalStateException(
                    "The recorded cases are not those of SHA256SUMS: " + difference.get() + ". " + remedy);
        }
    }

    private static String sum(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }

    private static void move(Path aside, Path folder) throws IOException {
        try {
            Files.move(aside, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            if (!Files.isDirectory(folder)) {
                throw e;
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
