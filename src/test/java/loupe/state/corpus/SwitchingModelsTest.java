package loupe.state.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.inference.Device;
import loupe.inference.LocalInferenceService;
import loupe.sae.checkpoint.SaeOptions;
import loupe.state.window.Activity;
import loupe.state.window.CorpusFiles;
import loupe.state.window.Notices;
import loupe.state.window.Workbench;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Models are opened one after another, and everything is closed, while the one before still counts. */
@Timeout(120)
class SwitchingModelsTest {
    private static final int SWITCHES = 12;

    @TempDir
    Path folder;

    private final ExecutorService fx = Executors.newSingleThreadExecutor();

    @Test
    void modelsAreSwitchedWhileTheirCorporaAreCounted() throws Exception {
        List<Path> models = List.of(folder.resolve("one"), folder.resolve("two"));
        for (Path model : models) {
            TinyModel.writeTo(model);
        }
        Path sae = TinySae.writeTo(folder.resolve("sae"), 1);
        Path corpus = corpus();
        LocalInferenceService service = new LocalInferenceService(Device.CPU);
        Notices notices = new Notices(Clock.systemUTC());
        Workbench workbench = fx.submit(() -> new Workbench(service, fx, notices, new Activity(fx, System::nanoTime)))
                .get();
        CorpusStatistics statistics = fx.submit(() -> new CorpusStatistics(workbench, folder.resolve("cache")))
                .get();
        for (int i = 0; i < SWITCHES; i++) {
            CountDownLatch counting = new CountDownLatch(1);
            Path model = models.get(i % 2);
            fx.submit(() -> workbench.openModel(model, opened -> {
                        statistics.corpus().set(CorpusFiles.of(corpus));
                        workbench.openCheckpoint(
                                workbench.a(), sae, SaeOptions.AS_STORED, open -> counting.countDown());
                    }))
                    .get();
            assertThat(counting.await(60, TimeUnit.SECONDS)).as("opened").isTrue();
            assertThat(fx.submit(() -> statistics.counting(workbench.a()).get()).get())
                    .as("counts when the next one is opened")
                    .isTrue();
        }
        fx.submit(statistics::close).get();
        service.close();
        assertThat(fx.submit(() -> List.copyOf(notices.all())).get())
                .as("nothing that failed")
                .isEmpty();
        fx.shutdown();
        assertThat(fx.awaitTermination(100, TimeUnit.SECONDS)).isTrue();
    }

    /** Documents enough that no pass ends before the next model is opened. */
    private Path corpus() throws IOException {
        StringBuilder text = new StringBuilder();
        for (int document = 0; document < 20_000; document++) {
            text.append("the otter and the tin ").append(document).append("<|endoftext|>");
        }
        return Files.writeString(folder.resolve("corpus.txt"), text);
    }
}
