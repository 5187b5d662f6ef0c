package loupe.app.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code compare} against matchings worked out by another solver. */
@Timeout(60)
class MatchingGoldenTest {
    @TempDir
    Path temporary;

    @ParameterizedTest
    @MethodSource("runs")
    void theCommandGivesTheRecordedMatching(GoldenRuns run) throws IOException {
        run.judge(temporary, Set.of());
    }

    static Stream<GoldenRuns> runs() {
        return Stream.of("geo_match_decoder", "geo_match_both").flatMap(GoldenRuns::of);
    }
}
