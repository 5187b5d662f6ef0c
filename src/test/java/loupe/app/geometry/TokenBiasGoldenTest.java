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

/** Embeddings and token biases against the numbers recorded from the definitions. */
@Timeout(60)
class TokenBiasGoldenTest {
    @TempDir
    Path temporary;

    @ParameterizedTest
    @MethodSource("runs")
    void theCommandGivesTheRecordedNumbers(GoldenRuns run) throws IOException {
        if (run.toString().startsWith("geo_tokenbias")) {
            run.judge(temporary, Set.of(), "--unigrams", temporary.toString());
        } else {
            run.judge(temporary, Set.of());
        }
    }

    static Stream<GoldenRuns> runs() {
        return Stream.of("geo_embed", "geo_tokenbias").flatMap(GoldenRuns::of);
    }
}
