package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.util.stream.IntStream;
import loupe.base.CheckpointException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Indexes whose statistics were written when negative activations did not count. */
class IndexBeforeSignsTest {
    @TempDir
    Path temporary;

    private Path older(int[] words) throws IOException, SQLException {
        Path folder = IndexFilesTest.build(temporary, words);
        Path now = folder.resolve("sae-0/features.parquet");
        Path before = temporary.resolve("before.parquet");
        try (Parquet parquet = new Parquet(temporary)) {
            parquet.write(
                    "SELECT feature, count, sum, sum_of_squares, max, min AS min_positive FROM '" + Database.quoted(now)
                            + "'",
                    before,
                    1_000);
        }
        Files.move(before, now, StandardCopyOption.REPLACE_EXISTING);
        IndexBeforeChecksums.make(folder);
        return folder;
    }

    @Test
    void oneWithoutNegativeActivationsIsReadAsItIs() throws IOException, SQLException {
        // no id is a multiple of 7, so that feature 5 is never -1
        try (ActivationIndex index = ActivationIndex.open(
                older(IntStream.range(0, 60).map(i -> 7 * i + 1 + i % 6).toArray()))) {
            FeatureStatistics statistics = index.statistics(0);
            for (int feature = 0; feature < statistics.features(); feature++) {
                FeatureActivations all = index.activations(0, feature);
                assertThat(statistics.count()[feature]).isEqualTo(all.count());
                assertThat(statistics.mass()[feature]).isEqualTo(statistics.sum()[feature]);
                assertThat(statistics.min()[feature]).isEqualTo(all.min());
                assertThat(statistics.max()[feature]).isEqualTo(all.max());
            }
        }
    }

    @Test
    void oneWithNegativeActivationsIsRefused() throws IOException, SQLException {
        try (ActivationIndex index = ActivationIndex.open(older(IndexFilesTest.words()))) {
            assertThatThrownBy(() -> index.statistics(0))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("built when they were not counted")
                    .hasMessageContaining("Build the index anew");
        }
    }
}
