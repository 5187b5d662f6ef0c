package loupe.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnFolderTest {
    @TempDir
    Path temporary;

    private static String mode(Path folder) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(folder));
    }

    @Test
    void aNewFolderIsItsOwnersOnly() throws IOException {
        Path made = OwnFolder.make(temporary.resolve("a").resolve("native"));
        assertThat(mode(made)).isEqualTo("rwx------");
        assertThat(made).isEmptyDirectory();
        Files.writeString(made.resolve("library"), "");
        assertThat(OwnFolder.make(made)).isEqualTo(made);
        assertThat(made.resolve("library")).exists();
    }

    @Test
    void oneThatOthersCouldWriteToIsClosed() throws IOException {
        Path open = Files.createDirectory(temporary.resolve("native"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(mode(OwnFolder.make(open))).isEqualTo("rwx------");
    }

    @Test
    void aLinkOrAFileIsRefused() throws IOException {
        Path link = Files.createSymbolicLink(
                temporary.resolve("link"), Files.createDirectory(temporary.resolve("elsewhere")));
        Path file = Files.createFile(temporary.resolve("file"));
        for (Path refused : new Path[] {link, file, file.resolve("below")}) {
            assertThatThrownBy(() -> OwnFolder.make(refused))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("only you can write to");
        }
    }

    @Test
    void oneThatOthersHavePutSomethingIntoIsRefused() throws IOException {
        Path ours = Files.createDirectory(temporary.resolve("ours"));
        Path planted = Files.createFile(
                Files.createDirectory(ours.resolve("tokenizers")).resolve("lib.so"));
        Files.setPosixFilePermissions(ours, PosixFilePermissions.fromString("rwxrwxrwx"));
        try {
            Files.setOwner(
                    planted,
                    planted.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody"));
        } catch (IOException onlyRootGivesFilesAway) {
            OwnFolder.make(ours);
            return;
        }
        assertThatThrownBy(() -> OwnFolder.make(ours))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("others could write here, and lib.so is another user's");
        Files.setPosixFilePermissions(ours, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(OwnFolder.make(ours)).isEqualTo(ours);
    }

    @Test
    void anotherUsersFolderIsRefused() throws IOException {
        Path others = Files.createDirectory(temporary.resolve("others"));
        Files.setPosixFilePermissions(others, PosixFilePermissions.fromString("rwxrwxrwx"));
        try {
            Files.setOwner(
                    others,
                    others.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody"));
        } catch (IOException onlyRootGivesFoldersAway) {
            others = Path.of("/proc/loupe"); // nobody's to make
        }
        Path refused = others;
        assertThatThrownBy(() -> OwnFolder.make(refused)).isInstanceOf(CheckpointException.class);
    }

    @Test
    void librariesGoElsewhereOnlyIfTheCacheCannotBeMade() throws IOException {
        Path file = Files.createFile(temporary.resolve("file"));
        String before = System.getProperty("DJL_CACHE_DIR");
        try {
            System.clearProperty("DJL_CACHE_DIR");
            NativeLibraries.keepIn(temporary.resolve("cache"), temporary, "ada");
            assertThat(NativeLibraries.folder()).hasValue(temporary.resolve("cache/native"));
            NativeLibraries.keepIn(file, temporary, "../ada");
            assertThat(NativeLibraries.folder()).hasValue(temporary.resolve("sae-loupe-___ada"));
            assertThat(mode(temporary.resolve("sae-loupe-___ada"))).isEqualTo("rwx------");
            assertThatThrownBy(() -> NativeLibraries.keepIn(file, file, "ada"))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("XDG_CACHE_HOME");
        } finally {
            if (before == null) {
                System.clearProperty("DJL_CACHE_DIR");
            } else {
                System.setProperty("DJL_CACHE_DIR", before);
            }
        }
    }

    @Test
    void whatAKilledProcessWasUnpackingIsClearedAndWhatIsBeingUnpackedIsNot() throws IOException {
        Path whole = Files.createDirectories(temporary.resolve("pytorch/2.7.1-cpu"));
        Path library = Files.createFile(whole.resolve("libtorch.so"));
        Path left = Files.createDirectory(temporary.resolve("pytorch/tmp123"));
        Files.createFile(left.resolve("libtorch.so.gz"));
        Path leftFile = Files.createFile(whole.resolve("jni77tmp"));
        Path unpacking = Files.createDirectory(temporary.resolve("pytorch/tmp456"));
        FileTime yesterday = FileTime.from(Instant.now().minus(Duration.ofDays(1)));
        for (Path old : List.of(whole, library, left, leftFile)) {
            Files.setLastModifiedTime(old, yesterday);
        }
        NativeLibraries.clear(temporary);
        assertThat(left).doesNotExist();
        assertThat(leftFile).doesNotExist();
        assertThat(library).exists();
        assertThat(unpacking).exists();
    }
}
