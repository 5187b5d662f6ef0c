package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class UnreadableFoldersTest {
    @Test
    void aFolderWhoseEntriesMayNotBeReadCountsAsEmpty() {
        Path closed = Path.of("proc", "1", "map_files");
        assertThat(CheckpointSearch.onTheWay(closed, folder -> Stream.of(folder.resolve("a"))))
                .containsExactly(closed.resolve("a"));
        assertThat(CheckpointSearch.onTheWay(
                        closed,
                        folder -> Stream.of(folder).map(entry -> {
                            throw new UncheckedIOException(new AccessDeniedException(entry.toString()));
                        })))
                .isEqualTo(List.of());
    }
}
