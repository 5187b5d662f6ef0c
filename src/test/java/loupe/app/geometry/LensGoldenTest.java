package loupe.app.geometry;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Stream;
import loupe.app.command.GoldenRuns;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Moments of logits and enrichment of sets of tokens against numbers computed in float64 from their definitions. */
@Timeout(120)
class LensGoldenTest {
    @TempDir
    Path temporary;

    @ParameterizedTest
    @MethodSource("runs")
    void theCommandGivesTheRecordedNumbers(GoldenRuns run) throws IOException {
        run.judge(temporary, Set.of());
    }

    static Stream<GoldenRuns> runs() {
        return Stream.of("geo_logits_gpt2", "geo_logits_gemma2", "geo_tsea").flatMap(GoldenRuns::of);
    }
}
