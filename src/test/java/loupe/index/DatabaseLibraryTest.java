package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import loupe.app.bench.JavaProcess;
import loupe.base.Cancellation;
import loupe.base.Refusal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class DatabaseLibraryTest {
    @TempDir
    Path temporary;

    @Test
    void aFolderWithoutRoomForItIsFoundOutBeforeThePass() throws IOException {
        assertThat(build(temporary.resolve("not there")))
                .singleElement()
                .satisfies(line -> assertThat(line)
                        .startsWith("0 contexts, The database's library cannot be run from")
                        .contains("not there", "72 MB", "java.io.tmpdir"));
        assertThat(temporary.resolve("index")).doesNotExist();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aProcessThatIsKilledLeavesNothingInTheFolderForTemporaryFiles() throws IOException {
        Path folder = Files.createDirectory(temporary.resolve("tmp"));
        assertThat(build(folder)).containsExactly("2 contexts");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void whatAProcessLeftThatWasKilledWhileItCopiedIsRemovedByTheNext() throws IOException {
        Path folder = Files.createDirectory(temporary.resolve("tmp"));
        Files.writeString(folder.resolve("libduckdb_java123.so"), "half");
        Path others = Files.writeString(folder.resolve("libduckdb_java.notes"), "notes");
        assertThat(build(folder)).containsExactly("2 contexts");
        assertThat(folder.toFile().listFiles()).containsExactly(others.toFile());
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void whereOthersWriteNothingIsRemovedThatMayBeOnTheWayIntoMemory() throws IOException {
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path fresh = Files.writeString(temporary.resolve("libduckdb_java1.so"), "another program's");
        Path left = Files.writeString(temporary.resolve("libduckdb_java2.so"), "left");
        Files.setLastModifiedTime(left, FileTime.from(Instant.now().minus(Duration.ofHours(1))));
        DatabaseLibrary.removeLeft(temporary);
        assertThat(fresh).exists();
        assertThat(left).doesNotExist();
    }

    /** What another process says that builds an index and then ends without any cleaning up. */
    private List<String> build(Path temporaryFiles) throws IOException {
        Path corpus = Files.writeString(temporary.resolve("corpus.txt"), "one");
        return JavaProcess.output(
                Pass.class,
                List.of("-Djava.io.tmpdir=" + temporaryFiles),
                Map.of(),
                corpus.toString(),
                temporary.resolve("index").toString());
    }

    /** The pass of the other process. */
    static final class Pass {
        private Pass() {}

        public static void main(String[] arguments) {
            AtomicInteger contexts = new AtomicInteger();
            PlantedSource planted = new PlantedSource();
            IndexBuild.Settings settings = new IndexBuild.Settings(
                    new IndexInfo.Named("model", "m"),
                    List.of(new IndexInfo.IndexedSae(
                            "sae", new IndexInfo.Named("planted", "f"), PlantedSource.FEATURES, "", 0)),
                    4,
                    OptionalInt.empty(),
                    DocumentPacking.PACKED,
                    Long.MAX_VALUE);
            String said = "";
            try {
                new IndexBuild(
                                settings,
                                Corpus.of(List.of(Path.of(arguments[0]))),
                                document -> new int[] {1, 2, 3, 4, 5, 6, 7, 8},
                                rows -> {
                                    contexts.addAndGet(rows.all().length);
                                    return planted.activations(rows);
                                },
                                Path.of(arguments[1]))
                        .run(false, progress -> {}, new Cancellation());
            } catch (Refusal refused) {
                said = ", " + refused.getMessage();
            }
            System.out.println(contexts + " contexts" + said);
            System.out.flush();
            Runtime.getRuntime().halt(137);
        }
    }
}
