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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WriterLockTest {
    /** Some network shares. */
    private static final WriterLock.Locking NO_LOCKS = (channel, shared) -> {
        throw new IOException("No locks available");
    };

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
                            + " of .+, since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d; "
                            + "expected one writer.*Wait until.*");
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
    void aFileSystemWithoutLocksStillHasOneWriterAtATime() throws IOException {
        try (WriterLock lock = WriterLock.take(folder, NO_LOCKS)) {
            lock.require();
        }
        assertThat(folder).isEmptyDirectory();
        try (OtherWriter other = new OtherWriter(folder)) {
            assertThatThrownBy(() -> WriterLock.take(folder, NO_LOCKS))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("process " + other.pid() + " of " + System.getProperty("user.name"))
                    .hasMessageContaining(
                            "Locks do not work here: if it has ended, delete " + folder.resolve(WriterLock.IN_FOLDER))
                    .satisfies(refused -> assertThat(refused.getMessage().replace(folder.toString(), "DIR"))
                            .hasSizeLessThan(300));
            other.kill();
            WriterLock.take(folder, NO_LOCKS).close();
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void whereThereAreNoLocksAWriterOnAnotherComputerIsNotThoughtDead() throws IOException {
        Path left = Files.writeString(
                folder.resolve(WriterLock.IN_FOLDER),
                "process 999999999 of ada on analytical, since 2026-12-01 10:00:00\n0badcafe-999999999");
        assertThatThrownBy(() -> WriterLock.take(folder, NO_LOCKS))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(
                        "writing here: process 999999999 of ada on analytical, since 2026-12-01 10:00:00");
        assertThat(left).exists();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "process 1", "process 1 of \u001b[2J on x, since 2026-12-01 10:00:00", "\u0000"})
    void aLockFileThatSaysNothingSensibleIsOfSomebody(String content) throws IOException {
        Files.writeString(folder.resolve(WriterLock.IN_FOLDER), content);
        assertThatThrownBy(() -> WriterLock.take(folder, NO_LOCKS))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("writing here: another process, just begun");
        WriterLock.take(folder).close();
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
