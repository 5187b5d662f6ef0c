package loupe.app.effects;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import loupe.app.command.GoldenRuns;
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
    /**
     * Values that hang on one feature: at token 117 feature 42 of sae1 is 1.4e-8 above its threshold in float64, half
     * of float32's last place, and not active here. Where the error makes up for that they agree; here it does not.
     */
    private static final Map<String, Set<String>> AT_A_THRESHOLD = Map.of(
            "att_neox circuit.mean.remove", Set.of("f_complement", "completeness"),
            "att_neox circuit.zero.remove", Set.of("f_complement", "completeness"),
            "att_neox circuit.mean.keep", Set.of("f_circuit", "f_empty", "faithfulness", "completeness"),
            "att_neox circuit.zero.keep", Set.of("f_circuit", "f_empty", "faithfulness", "completeness"));

    @TempDir
    Path temporary;

    @ParameterizedTest
    @MethodSource("runs")
    void theCommandGivesTheReferencesNumbers(GoldenRuns run) throws IOException {
        run.judge(temporary, AT_A_THRESHOLD.getOrDefault(run.toString(), Set.of()));
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
                .flatMap(GoldenRuns::of);
    }
}
