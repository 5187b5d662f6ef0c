package loupe.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AsideFileTest {
    @TempDir
    Path folder;

    private final List<String> moves = new ArrayList<>();

    /** A file system that cannot move in one step, such as some shares. */
    private final DurableMove inSteps = new DurableMove((from, to, how) -> {
        boolean atomic = Arrays.asList(how).contains(StandardCopyOption.ATOMIC_MOVE);
        moves.add(atomic ? "atomic" : "in steps");
        if (atomic) {
            throw new AtomicMoveNotSupportedException(from.toString(), to.toString(), "other device");
        }
        Files.move(from, to, how);
    });

    private final DurableMove full = new DurableMove((from, to, how) -> {
        throw new IOException("No space left on device");
    });

    @Test
    void theOldFileStaysUntilTheNewOneIsComplete() throws IOException {
        Path target = Files.writeString(folder.resolve("a.txt"), "old");

        try (AsideFile file = AsideFile.create(target)) {
            Files.writeString(file.path(), "new");
            assertThat(target).hasContent("old");
            file.commit();
        }

        assertThat(target).hasContent("new");
        assertThat(names()).containsExactly("a.txt");
    }

    @Test
    void whatIsClosedBeforeItIsCompleteLeavesTheOldFileAndNothingElse() throws IOException {
        Path target = Files.writeString(folder.resolve("a.txt"), "old");

        try (AsideFile file = AsideFile.create(target)) {
            Files.writeString(file.path(), "half");
        }

        assertThat(target).hasContent("old");
        assertThat(names()).containsExactly("a.txt");
    }

    @Test
    void aWriterThatFailsLeavesTheOldFileAndNothingElse() throws IOException {
        Path target = Files.writeString(folder.resolve("a.txt"), "old");

        assertThatThrownBy(() -> AsideFile.replace(target, aside -> {
                    Files.writeString(aside, "half");
                    throw new IOException("cancelled");
                }))
                .hasMessage("cancelled");

        assertThat(target).hasContent("old");
        assertThat(names()).containsExactly("a.txt");
    }

    @Test
    void aMoveThatFailsLeavesTheOldFileAndNothingElse() throws IOException {
        Path target = Files.writeString(folder.resolve("a.txt"), "old");

        assertThatThrownBy(() -> {
                    try (AsideFile file = AsideFile.create(target, full)) {
                        Files.writeString(file.path(), "new");
                        file.commit();
                    }
                })
                .hasMessage("No space left on device");

        assertThat(target).hasContent("old");
        assertThat(names()).containsExactly("a.txt");
    }

    @Test
    void whereAMoveCannotBeAtomicItIsMadeInSteps() throws IOException {
        Path target = Files.writeString(folder.resolve("a.txt"), "old");

        try (AsideFile file = AsideFile.create(target, inSteps)) {
            Files.writeString(file.path(), "new");
            file.commit();
        }

        assertThat(moves).containsExactly("atomic", "in steps");
        assertThat(target).hasContent("new");
        assertThat(names()).containsExactly("a.txt");
    }

    @Test
    void aFoldersMoveFallsBackToo() throws IOException {
        Path target = folder.resolve("made");

        try (AsideFolder made = AsideFolder.create(target, inSteps)) {
            Files.writeString(made.path().resolve("a.txt"), "new");
            made.commit();
        }

        assertThat(moves).containsExactly("atomic", "in steps");
        assertThat(target.resolve("a.txt")).hasContent("new");
        assertThat(names()).containsExactly("made");
    }

    @Test
    void aFolderThatCannotBeMovedLeavesNothing() throws IOException {
        assertThatThrownBy(() -> {
                    try (AsideFolder made = AsideFolder.create(folder.resolve("made"), full)) {
                        Files.writeString(made.path().resolve("a.txt"), "new");
                        made.commit();
                    }
                })
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("No space left on device");

        assertThat(names()).isEmpty();
    }

    @Test
    void aFileHasTheModeOfAnOrdinaryNewFile() throws IOException {
        Path ordinary = Files.writeString(folder.resolve("ordinary.txt"), "new");
        Path replaced = folder.resolve("replaced.txt");

        AsideFile.replace(replaced, aside -> Files.writeString(aside, "new"));

        if (Files.getFileStore(folder).supportsFileAttributeView("posix")) {
            assertThat(Files.getPosixFilePermissions(replaced)).isEqualTo(Files.getPosixFilePermissions(ordinary));
        }
        assertThat(replaced).isReadable().isWritable();
    }

    @Test
    void aMissingFolderIsMade() throws IOException {
        Path target = folder.resolve("new/folder/a.txt");

        AsideFile.replace(target, aside -> Files.writeString(aside, "new"));

        assertThat(target).hasContent("new");
    }

    @Test
    void aNameAsLongAsFileSystemsTakeLeavesRoomForTheFileBesideIt() throws IOException {
        for (String name : new String[] {"x".repeat(251) + ".csv", "\u9ce5".repeat(83) + ".csv"}) {
            Path target = folder.resolve(name);

            AsideFile.replace(target, aside -> Files.writeString(aside, "new"));

            assertThat(target).hasContent("new");
        }
        assertThat(names()).hasSize(2);
    }

    @Test
    void whatACrashLeftOfALoneWriterIsWrittenOver() throws IOException {
        Path target = folder.resolve("a.bin");
        Files.writeString(folder.resolve("a.bin.part"), "of a crashed process, and longer");

        try (AsideFile file = AsideFile.alone(target)) {
            Files.writeString(file.path(), "new");
            file.commit();
        }

        assertThat(target).hasContent("new");
        assertThat(names()).containsExactly("a.bin");
    }

    @Test
    void whatAKilledWriterLeftIsDeletedByTheNextAndALiveOnesIsNot() throws Exception {
        Path target = folder.resolve("a.json");
        Path folderTarget = folder.resolve("made");
        Process other = new ProcessBuilder("sleep", "60").start();
        Path live = Files.createFile(PartName.of(target, other.pid()));
        Path elsewhere = Files.createFile(
                folder.resolve(".a.json.0badcafe-999999999.1.part")); // another computer's, or another container's
        Path similar = Files.createFile(folder.resolve(".a.json.notes.part"));
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        Path dead = Files.createFile(PartName.of(target, ended.pid()));
        Path deadFolder = Files.createDirectory(PartName.of(folderTarget, ended.pid()));
        Files.writeString(deadFolder.resolve("half"), "half");
        Files.createFile(PartName.of(folder.resolve("other.json"), ended.pid()));

        AsideFile.replace(target, aside -> Files.writeString(aside, "new"));
        try (AsideFolder made = AsideFolder.create(folderTarget)) {
            made.commit();
        }

        assertThat(dead).doesNotExist();
        assertThat(deadFolder).doesNotExist();
        assertThat(live).exists();
        assertThat(elsewhere).exists();
        assertThat(similar).exists();
        assertThat(names()).hasSize(6);
        other.destroyForcibly();
    }

    @Test
    void aResumedFileStaysWhenItIsStopped() throws IOException {
        Path target = folder.resolve("a.bin");

        try (AsideFile file = AsideFile.resumed(target)) {
            Files.writeString(file.path(), "first half");
        }
        assertThat(names()).containsExactly("a.bin.part");
        try (AsideFile file = AsideFile.resumed(target)) {
            assertThat(file.path()).hasContent("first half");
            file.commit();
        }

        assertThat(target).hasContent("first half");
        assertThat(names()).containsExactly("a.bin");
    }

    private List<String> names() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }
}
