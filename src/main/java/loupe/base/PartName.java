package loupe.base;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Names of what is written beside its place, {@code .NAME.WRITER.NUMBER.part}: no two writers have the same, and what a
 * writer left that was killed is known by it.
 */
final class PartName {
    private static final String END = ".part";
    /** Characters, of up to four bytes each. */
    private static final int MOST_OF_NAME = 48;

    private PartName() {}

    /** A name that nothing has, for what this process writes. */
    static Path of(Path target) {
        return of(target, ProcessHandle.current().pid());
    }

    /** Likewise, for a process of this system. */
    static Path of(Path target, long process) {
        return target.resolveSibling(
                begin(target) + Writer.here(process).mark() + "." + Long.toHexString(System.nanoTime()) + END);
    }

    /** Deletes what writers left beside the target that have ended. What cannot be deleted or listed stays. */
    static void clear(Path target) {
        try (Stream<Path> beside = Files.list(target.resolveSibling(""))) {
            List<Path> left = beside.filter(path -> isLeft(target, path)).toList();
            for (Path path : left) {
                delete(path);
            }
        } catch (IOException | java.io.UncheckedIOException stays) {
            // it is in nobody's way
        }
    }

    /** Deletes a file, or a folder with what is in it. */
    static void delete(Path path) throws IOException {
        if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            Files.deleteIfExists(path);
            return;
        }
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    private static boolean isLeft(Path target, Path path) {
        String name = path.getFileName().toString();
        String begin = begin(target);
        if (!name.startsWith(begin) || !name.endsWith(END) || name.length() < begin.length() + END.length()) {
            return false;
        }
        String middle = name.substring(begin.length(), name.length() - END.length());
        int dot = middle.indexOf('.');
        return dot > 0
                && Writer.of(middle.substring(0, dot)).filter(Writer::hasEnded).isPresent();
    }

    /** With so much of a long name that there is room for the rest; file systems take 255 bytes. */
    private static String begin(Path target) {
        String name = target.getFileName().toString();
        if (name.length() <= MOST_OF_NAME) {
            return "." + name + ".";
        }
        return "." + VisibleText.shortened(name, MOST_OF_NAME) + Integer.toHexString(name.hashCode()) + ".";
    }
}
