package loupe.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import loupe.app.Main;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The drivers of this package in a short form with fixed seeds; the long one is run by hand. */
@Timeout(300)
class FaultsTest {
    @TempDir
    Path folder;

    @Test
    void modelsAreSwitchedWhileTheyCountAndAnswer() throws Exception {
        Switching trial = new Switching(folder, 20_000, 1);
        trial.switchModels(12);
        assertRight(trial.tally(), "answers right", 12);
    }

    @Test
    void everythingIsClosedWhileItCountsAndAnswers() throws Exception {
        Switching trial = new Switching(folder, 20_000, 2);
        trial.close(6);
        assertRight(trial.tally(), "closed", 6);
    }

    @ParameterizedTest
    @ValueSource(strings = {"same", "batch"})
    void twoProcessesAtOnePlaceAreRightOrSayWhy(String kind) throws Exception {
        TwoProcesses trial = new TwoProcesses(folder, 300);
        trial.pair(kind, 200);
        assertRight(trial.tally(), "right", 1);
    }

    @Test
    void aBitThatIsTurnedInAnIndexIsNoticed() throws Exception {
        Path out = folder.resolve("index");
        Inputs inputs = Inputs.in(folder, 40);
        String[] build = Arrays.stream(inputs.index(inputs.sae(), out))
                .map(Object::toString)
                .toArray(String[]::new);
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
        int code = Main.commandLine(nowhere, nowhere).run(build);
        assertThat(code).isZero();
        BitFlips trial = new BitFlips(out, 3);
        trial.flip(60);
        assertThat(trial.tally().of("right") + trial.tally().of("sentence")).isEqualTo(60);
        assertRight(trial.tally(), "sentence", 40);
    }

    @Test
    void aKilledPassIsResumedToTheSameIndex() throws Exception {
        Kills trial = new Kills(folder, 300, 5);
        trial.kill("index");
        assertRight(trial.tally(), "right", 1);
        assertThat(trial.tally().of("library left after the next start")).isZero();
    }

    @Test
    void hostileNamesGiveTheSameAnswersAsPlainOnes() throws Exception {
        Names trial = new Names(Files.createDirectory(folder.resolve("names")), false);
        trial.run(List.of("run[1]", "a,b:c; new\nline", "@$HOME=%s"));
        assertRight(trial.tally(), "right", 3);
    }

    private static void assertRight(Tally tally, String what, int atLeast) {
        assertThat(tally.wrong()).isEmpty();
        assertThat(tally.of(what)).as(tally.toString()).isGreaterThanOrEqualTo(atLeast);
    }
}
