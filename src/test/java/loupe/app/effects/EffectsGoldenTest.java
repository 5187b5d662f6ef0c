package loupe.app.effects;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whole commands against the numbers of the reference implementations, within the tolerances recorded with them. Runs
 * of commands that there are not yet are left out.
 */
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
        return Stream.of(
                        "abl_gpt2",
                        "abl_gemma2",
                        "abl_neox",
                        "ste_gpt2",
                        "ste_gemma2",
                        "ste_neox",
                        "pat_gpt2",
                        "pat_gemma2",
                        "pat_neox_parallel",
                        "att_gpt2",
                        "att_gemma2",
                        "att_neox")
                .flatMap(GoldenRuns::of)
                .filter(run -> !run.isOf("circuit"));
    }
}
