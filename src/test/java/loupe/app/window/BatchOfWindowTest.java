package loupe.app.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.analysis.batch.BatchFile;
import loupe.analysis.batch.BatchPlan;
import loupe.app.command.CommandRun;
import loupe.inference.Device;
import loupe.inference.LocalInferenceService;
import loupe.sae.checkpoint.SaeOptions;
import loupe.state.WorkbenchModels;
import loupe.state.window.Activity;
import loupe.state.window.Notices;
import loupe.state.window.Workbench;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The window's batch without a window: one thread plays the part of JavaFX's. */
@Timeout(180)
class BatchOfWindowTest {
    private final ExecutorService fx = Executors.newSingleThreadExecutor();

    private <T> T onFx(Callable<T> work) throws Exception {
        return fx.submit(work).get(60, TimeUnit.SECONDS);
    }

    private void until(Callable<Boolean> holds) throws Exception {
        while (!onFx(holds)) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aBatchThatWasStoppedGoesOnInTheWindowAndFromTheCommandLine(@TempDir Path folder) throws Exception {
        Path model = TinyModel.writeTo(folder.resolve("tiny"));
        Path sae = TinySae.writeTo(folder.resolve("sae"), 1);
        Path out = folder.resolve("window.jsonl");
        double scale;
        try (LocalInferenceService service = new LocalInferenceService(Device.CPU)) {
            Workbench workbench =
                    new Workbench(service, fx, new Notices(Clock.systemUTC()), new Activity(fx, System::nanoTime));
            WorkbenchModels models = onFx(() -> new WorkbenchModels(workbench, folder.resolve("cache")));
            onFx(() -> {
                workbench.openModel(
                        model, opened -> workbench.openCheckpoint(workbench.a(), sae, SaeOptions.AS_STORED));
                return null;
            });
            until(() -> workbench.a().feature().get() != null
                    && models.controls().geometry().get() != null);
            scale = onFx(() -> {
                models.controls().cutoff().set(0.01);
                models.controls().depth().set(3);
                models.batch()
                        .start(
                                List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
                                Set.of(BatchPlan.Part.TREE, BatchPlan.Part.TOKENS, BatchPlan.Part.SCALE),
                                40,
                                out);
                models.batch()
                        .rows()
                        .addListener((javafx.beans.Observable changed) ->
                                models.batch().stop());
                return models.controls().values().get().scale();
            });
            until(() -> !models.batch().running().get());
            int found = onFx(() -> models.batch().rows().size());
            assertThat(found).as("the first group is written whole").isEqualTo(BatchPlan.TOGETHER);
            assertThat(onFx(() -> models.batch().canResume())).isTrue();
            assertThat(Files.readAllLines(out)).hasSize(1 + found);
            assertThat(workbench.activity().jobs()).isEmpty();
            onFx(() -> {
                models.close();
                workbench.closeModel();
                return null;
            });
        } finally {
            fx.shutdown();
        }
        CommandRun resumed = CommandRun.of(
                "batch",
                "--model",
                model.toString(),
                "--sae",
                sae.toString(),
                "--scale",
                Double.toString(scale),
                "--cutoff",
                "0.01",
                "--max-depth",
                "3",
                "--max-nodes",
                "40",
                "--features",
                "0-9",
                "--out",
                out.toString(),
                "--resume",
                "--json");
        assertThat(resumed.code).as(resumed.err).isZero();
        assertThat(resumed.out).contains("\"known_before\" : " + BatchPlan.TOGETHER);
        assertThat(BatchFile.read(out))
                .hasSize(10)
                .allMatch(row -> row.bestScale() > 0 && !row.tokens().isEmpty());
    }

    @Test
    void aFileThatIsNoBatchIsRefusedInWords(@TempDir Path folder) throws IOException {
        Path other = Files.writeString(folder.resolve("other.jsonl"), "{\"settings\":{\"top_k\":5}}\n{\"x\":1}\n");
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> BatchFile.read(other))
                .hasMessageContaining("other.jsonl")
                .hasMessageContaining("no line with a \"feature\"");
    }
}
