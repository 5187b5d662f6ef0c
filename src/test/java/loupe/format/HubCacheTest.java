package loupe.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import loupe.base.CheckpointException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubCacheTest {
    private static final String OLD = "1111111111111111111111111111111111111111";
    private static final String MAIN = "2222222222222222222222222222222222222222";

    @TempDir
    private Path hub;

    @Test
    void theFolderOfARepositoryIsTheSnapshotOfItsMainBranch() throws IOException {
        Path repository = repository("models--org--name");
        snapshot(repository, OLD);
        Path main = snapshot(repository, MAIN);
        Files.writeString(repository.resolve("refs").resolve("main"), MAIN + "\n");

        assertEquals(main, HubCache.resolve(repository));
        assertEquals(main, HubCache.resolve(repository.resolve("snapshots")));
        assertEquals(main, HubCache.resolve(hub), "a cache of this repository only");
        assertEquals(main, HubCache.resolve(main), "a snapshot stands for itself");
    }

    @Test
    void theOnlySnapshotNeedsNoBranch() throws IOException {
        Path repository = repository("models--org--name");
        Path only = snapshot(repository, OLD);

        assertEquals(only, HubCache.resolve(repository));
    }

    @Test
    void severalSnapshotsWithoutAMainBranchAreNamed() throws IOException {
        Path repository = repository("models--org--name");
        snapshot(repository, OLD);
        snapshot(repository, MAIN);

        String message = refusal(repository);

        assertTrue(message.contains(OLD) && message.contains(MAIN), message);
        assertTrue(message.endsWith("Choose one of the folders in snapshots."), message);
    }

    @Test
    void aMainBranchThatWasNeverDownloadedIsRefusedByItsRevision() throws IOException {
        Path repository = repository("models--org--name");
        snapshot(repository, OLD);
        Files.writeString(repository.resolve("refs").resolve("main"), MAIN);

        assertTrue(refusal(repository).contains("refs/main names the revision " + MAIN), refusal(repository));
    }

    @Test
    void aRevisionNeverLeadsOutOfTheSnapshots() throws IOException {
        Path repository = repository("models--org--name");
        snapshot(repository, OLD);
        for (String revision : new String[] {"..", "../../elsewhere", ""}) {
            Files.writeString(repository.resolve("refs").resolve("main"), revision);
            assertTrue(refusal(repository).contains("which is not in snapshots"), refusal(repository));
        }
    }

    @Test
    void aCacheOfSeveralRepositoriesStandsForItself() throws IOException {
        snapshot(repository("models--org--name"), OLD);
        snapshot(repository("models--org--other"), OLD);

        assertEquals(hub, HubCache.resolve(hub));
    }

    @Test
    void aBlobIsTheFileThatLinksToIt() throws IOException {
        Path repository = repository("models--org--name");
        Path blob = Files.writeString(repository.resolve("blobs").resolve("c0ffee"), "weights");
        Path layer = Files.createDirectory(snapshot(repository, OLD).resolve("layer_3"));
        Path link = Files.createSymbolicLink(layer.resolve("params.npz"), Path.of("../../../blobs/c0ffee"));

        assertEquals(link, HubCache.resolve(blob));
        assertEquals(Optional.of("org/name"), HubCache.repository(link));
    }

    @Test
    void aLinkThatLeadsNowhereIsNamedWithItsTarget() throws IOException {
        Path main = snapshot(repository("models--org--name"), MAIN);
        Path link = Files.createSymbolicLink(main.resolve("ae.pt"), Path.of("../../blobs/c0ffee"));

        CheckpointException refused = assertThrows(CheckpointException.class, () -> HubCache.requireTarget(link));

        assertTrue(refused.getMessage()
                .contains("ae.pt: this symbolic link leads to ../../blobs/c0ffee, which is not there"));
    }

    private Path repository(String name) throws IOException {
        Path repository = hub.resolve(name);
        Files.createDirectories(repository.resolve("refs"));
        Files.createDirectories(repository.resolve("blobs"));
        Files.createDirectories(repository.resolve("snapshots"));
        return repository;
    }

    private static Path snapshot(Path repository, String revision) throws IOException {
        return Files.createDirectories(repository.resolve("snapshots").resolve(revision));
    }

    private static String refusal(Path path) {
        return assertThrows(CheckpointException.class, () -> HubCache.resolve(path))
                .getMessage();
    }
}
