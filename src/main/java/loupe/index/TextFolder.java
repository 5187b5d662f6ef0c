package loupe.index;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import loupe.base.FileFailure;
import org.jspecify.annotations.Nullable;

/**
 * The texts in a folder and below it, sorted by path, but for the files of an index. What may not be read on the way is
 * passed over and named.
 */
final class TextFolder extends SimpleFileVisitor<Path> {
    private final Path folder;
    private final List<Path> files = new ArrayList<>();
    private final List<String> unread = new ArrayList<>();

    private TextFolder(Path folder) {
        this.folder = folder;
    }

    /** @throws IOException if the folder itself cannot be read */
    static TextFolder of(Path folder) throws IOException {
        TextFolder texts = new TextFolder(folder);
        Files.walkFileTree(folder, texts);
        Collections.sort(texts.files);
        return texts;
    }

    List<Path> files() {
        return List.copyOf(files);
    }

    /** What could not be read, each with the reason. */
    List<String> unread() {
        return List.copyOf(unread);
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
        if (Documents.isTextByName(file) && Files.isRegularFile(file) && !ActivationIndex.isPart(file)) {
            files.add(file);
        }
        return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException unreadable) throws IOException {
        if (file.equals(folder)) {
            throw unreadable;
        }
        unread.add(file + ": " + FileFailure.reason(unreadable));
        return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
        return failure == null ? FileVisitResult.CONTINUE : visitFileFailed(visited, failure);
    }
}
