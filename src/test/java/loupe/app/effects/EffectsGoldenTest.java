package loupe.app.effects;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole commands against the numbers of the reference implementations, within the tolerances recorded with them. */
@Timeout(120)
class EffectsGoldenTest {
    @TempDir
    Path temporary;

    @ParameterizedTest
    @MethodSource("runs")
    void theCommandGivesTheReferencesNumbers(GoldenRuns run) throws IOException {
        run.judge(temporary);
    }

    static Stream<GoldenRuns> runs() {
        return Stream.of("abl_gpt2", "abl_gemma2", "abl_neox", "ste_gpt2", "ste_gemma2", "ste_neox")
                .flatMap(GoldenRuns::of);
    }
}
