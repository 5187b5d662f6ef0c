package loupe.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WriterLockTest {
    @TempDir
    Path folder;

    @Test
    void aFolderHasOneWriterAtATimeAndNothingIsLeftBehind() throws IOException {
        try (WriterLock lock = WriterLock.take(folder)) {
            assertThat(lock.isHeld()).isTrue();
            assertThatThrownBy(() -> WriterLock.take(folder.resolve("../" + folder.getFileName())))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("writing here: this program itself (process "
                            + ProcessHandle.current().pid());
            assertThat(WriterLock.takeIfFree(folder)).isEmpty();
        }
        assertThat(folder).isEmptyDirectory();
        WriterLock.take(folder).close();
    }

    @Test
    void anotherProcessIsToldWhoWritesAndSinceWhen() throws IOException {
        Path file = folder.resolve("out.jsonl");
        try (OtherWriter other = new OtherWriter(file)) {
            assertThatThrownBy(() -> WriterLock.take(file))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageMatching("(?s).*out\\.jsonl: somebody else is writing here: process " + other.pid()
                            + ", since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d; expected one writer.*Wait until.*");
            assertThat(WriterLock.takeIfFree(file))
                    .as("a vain look does not end its lock")
                    .isEmpty();
        }
        WriterLock.take(file).close();
    }

    @Test
    void aKilledProcessHoldsNothing() throws IOException {
        OtherWriter other = new OtherWriter(folder);
        other.kill();
        assertThat(folder.resolve(WriterLock.IN_FOLDER)).exists();
        WriterLock.take(folder).close();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void aWaitingWriterComesNext() throws IOException {
        OtherWriter other = new OtherWriter(folder);
        List<String> told = new ArrayList<>();
        try (WriterLock lock = WriterLock.await(
                folder,
                holder -> {
                    told.add(holder);
                    other.kill();
                },
                new Cancellation())) {
            assertThat(lock.isHeld()).isTrue();
        }
        assertThat(told).isNotEmpty().first().asString().startsWith("process " + other.pid());
    }

    @Test
    void aWaitingWriterCanBeStopped() throws IOException {
        Cancellation cancellation = new Cancellation();
        try (WriterLock lock = WriterLock.take(folder)) {
            assertThatThrownBy(() -> WriterLock.await(folder, holder -> cancellation.cancel(), cancellation))
                    .isInstanceOf(CancellationException.class);
            lock.require();
        }
    }

    @Test
    void aWriterWhoseFolderWasDeletedNoticesItAndTakesNothingFromTheNext() throws IOException {
        Path place = Files.createDirectory(folder.resolve("index"));
        WriterLock lost = WriterLock.take(place);
        Files.delete(place.resolve(WriterLock.IN_FOLDER));
        Files.delete(place);
        Files.createDirectory(place);
        Files.writeString(place.resolve(WriterLock.IN_FOLDER), "of the next");
        assertThatThrownBy(lost::require)
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("deleted while it was being written");
        lost.close();
        assertThat(place.resolve(WriterLock.IN_FOLDER)).exists();
    }
}
