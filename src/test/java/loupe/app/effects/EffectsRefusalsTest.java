package loupe.app.effects;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.app.command.CommandRun;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be answered is refused in one sentence. */
@Timeout(120)
class EffectsRefusalsTest {
    @TempDir
    static Path given;

    @BeforeAll
    static void write() throws IOException {
        Map<String, HostTensor> weights = TinyModel.weights();
        weights.computeIfPresent("transformer.h.1.mlp.c_proj.bias", (name, bias) -> {
            float[] huge = new float[bias.data().length];
            Arrays.fill(huge, 1e38f);
            huge[0] = -1e38f;
            return new HostTensor(huge, bias.shape());
        });
        TinyModel.writeTo(given.resolve("huge"), TinyModel.CONFIG, weights);
        TinyModel.writeTo(given.resolve("tiny"));
        TinySae.writeTo(given.resolve("sae"), 1);
    }

    @Test
    void predictionsThatAreNoNumbersAreRefused() {
        for (List<String> command : List.of(
                List.of("patch", "--metric", "logit:4", "--direction", "noising"),
                List.of("patch", "--metric", "kl", "--sae", "@/sae", "--errors"),
                List.of("attribute", "--sae", "@/sae", "--metric", "logprob:4"),
                List.of("attribute", "--sae", "@/sae", "--metric", "logit:4", "--method", "exact"),
                List.of(
                        "edges",
                        "--sae",
                        "@/sae@blocks.0.hook_resid_pre",
                        "--sae",
                        "@/sae",
                        "--metric",
                        "logit-diff:4:5",
                        "--to-nodes",
                        "1:2"),
                List.of("circuit", "--sae", "@/sae", "--answers", "4:5"))) {
            CommandRun run = run("huge", command);
            assertThat(run.out).as(command.toString()).isEmpty();
            assertThat(run.code).as(command.toString()).isNotZero();
            assertThat(run.err).contains("are no numbers: a value in the model became too large");
        }
    }

    /** It is least there, so every effect would read 0. */
    @Test
    void aDivergenceHasNoGradientAtTheCleanRun() {
        CommandRun run = run("tiny", List.of("attribute", "--sae", "@/sae", "--metric", "kl"));
        assertThat(run.code).isNotZero();
        assertThat(run.err).contains("--method ig");
        assertThat(run("tiny", List.of("attribute", "--sae", "@/sae", "--metric", "kl", "--method", "ig")).code)
                .isZero();
    }

    private static CommandRun run(String model, List<String> command) {
        List<String> all = new ArrayList<>(command);
        all.addAll(List.of("--clean-ids", "1,2,3,4", "--corrupt-ids", "1,2,7,4", "--model", "@/" + model, "--json"));
        return CommandRun.of(all.stream()
                .map(argument -> argument.startsWith("@") ? given + argument.substring(1) : argument)
                .toArray());
    }
}
