package loupe.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.List;
import org.junit.jupiter.api.Test;

class FileFailureTest {
    @Test
    void theReasonIsNeverThePathOrTheNameOfAnException() {
        List<IOException> failures = List.of(
                new AccessDeniedException("a/b"),
                new NoSuchFileException("a/b"),
                new NotDirectoryException("a/b"),
                new FileAlreadyExistsException("a/b"),
                new DirectoryNotEmptyException("a/b"),
                new EOFException());
        assertThat(failures.stream().map(FileFailure::reason))
                .doesNotHaveDuplicates()
                .noneMatch(reason -> reason.contains("a/b") || reason.contains("Exception"));
    }

    @Test
    void whatTheSystemSaysIsPassedOn() {
        assertThat(FileFailure.reason(new FileSystemException("a", null, "No space left on device")))
                .isEqualTo("No space left on device");
        assertThat(FileFailure.reason(new IOException("the pipe is broken"))).isEqualTo("the pipe is broken");
    }

    @Test
    void aFailureInAWalkIsWordedAsTheOneThatCausedIt() {
        assertThat(FileFailure.reason(new UncheckedIOException(new AccessDeniedException("a/b"))))
                .isEqualTo("permission denied");
    }
}
