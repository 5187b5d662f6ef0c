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

/** Whole commands against recorded numbers, within the tolerances recorded with them. */
@Timeout(60)
class GeometryGoldenTest {
    @TempDir
    Path temporary;

    @ParameterizedTest
    @MethodSource("runs")
    void theCommandGivesTheReferencesNumbers(GoldenRuns run) throws IOException {
        run.judge(temporary, Set.of());
    }

    static Stream<GoldenRuns> runs() {
        return Stream.of("geo_cosine_decoder", "geo_cosine_encoder").flatMap(GoldenRuns::of);
    }
}
