package loupe.base;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Locale;
import java.util.Objects;

/** The reason why the system did not read or write a file, as text instead of the name of an exception. */
public final class FileFailure {
    private FileFailure() {}

    /** The reason: {@code "permission denied"}, or what the system said. */
    public static String reason(UncheckedIOException failure) {
        return reason(Objects.requireNonNull(failure.getCause()));
    }

    /** The reason: {@code "permission denied"}, or what the system said. */
    public static String reason(IOException failure) {
        if (failure instanceof FileSystemException file) {
            return file.getReason() != null ? file.getReason() : kind(file);
        }
        return failure.getMessage() != null ? failure.getMessage() : "the system refused it";
    }

    /** What failed, why, and what the user can do, as sentences. */
    public static String sentences(IOException failure) {
        if (!(failure instanceof FileSystemException file)) {
            return "Reading or writing failed: " + reason(failure) + ".";
        }
        return VisibleText.line(
                file.getFile() + " cannot be read or written: " + reason(file) + ". " + advice(file) + ".");
    }

    private static String advice(FileSystemException failure) {
        if (failure instanceof AccessDeniedException) {
            return "Change its permissions, or choose another place";
        }
        String reason = reason(failure).toLowerCase(Locale.ROOT);
        return reason.contains("space left") || reason.contains("quota")
                ? "Make room there, or choose another place"
                : "Choose another place";
    }

    private static String kind(FileSystemException failure) {
        if (failure instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (failure instanceof NoSuchFileException) {
            return "it does not exist";
        }
        if (failure instanceof NotDirectoryException) {
            return "it is no folder";
        }
        if (failure instanceof FileAlreadyExistsException) {
            return "something else is there";
        }
        return failure instanceof DirectoryNotEmptyException ? "the folder is not empty" : "the system refused it";
    }
}
