package loupe.state.nearest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javafx.beans.value.ObservableValue;
import loupe.HugeModel;
import loupe.TinySae;
import loupe.inference.Device;
import loupe.inference.LocalInferenceService;
import loupe.sae.checkpoint.SaeOptions;
import loupe.state.SideModels;
import loupe.state.WorkbenchModels;
import loupe.state.window.Activity;
import loupe.state.window.FeatureRef;
import loupe.state.window.Notices;
import loupe.state.window.Workbench;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The panes of a model whose layers fit nowhere. */
@Timeout(120)
class EmbeddingsOnlyPanesTest {
    @TempDir
    Path folder;

    private final ExecutorService fx = Executors.newSingleThreadExecutor();

    @Test
    void whatNeedsTheEmbeddingsIsShownAndTheTreeSaysWhatIsMissing() throws Exception {
        Path model = HugeModel.writeTo(folder.resolve("huge"));
        Path sae = TinySae.writeTo(folder.resolve("sae"), 1);
        try (LocalInferenceService service = new LocalInferenceService(Device.CPU)) {
            WorkbenchModels models = call(() -> new WorkbenchModels(
                    new Workbench(service, fx, new Notices(Clock.systemUTC()), new Activity(fx, System::nanoTime)),
                    folder.resolve("cache")));
            Workbench workbench = models.workbench();
            SideModels a = models.a();
            CountDownLatch open = new CountDownLatch(1);
            call(() -> {
                a.logits().weights().setWanted(true);
                a.tokens().setWanted(true);
                a.tree().tree().setWanted(true);
                workbench.openModel(
                        model,
                        opened -> workbench.openCheckpoint(
                                workbench.a(), sae, SaeOptions.AS_STORED, ready -> open.countDown()));
                return null;
            });
            assertThat(open.await(60, TimeUnit.SECONDS)).isTrue();
            call(() -> {
                workbench
                        .selection()
                        .select(new FeatureRef(workbench.a().sae().get().id(), 3));
                return null;
            });
            assertThat(value(a.logits().weights().valueProperty())).isNotNull();
            assertThat(value(a.tokens().list().valueProperty())).isNotNull();
            assertThat(value(a.tree().tree().problemProperty()).message()).contains("huge needs ");
            call(() -> {
                models.close();
                return null;
            });
        } finally {
            fx.shutdown();
        }
    }

    private <T> T value(ObservableValue<T> shown) throws Exception {
        CountDownLatch there = new CountDownLatch(1);
        call(() -> {
            shown.addListener((property, was, is) -> there.countDown());
            if (shown.getValue() != null) {
                there.countDown();
            }
            return null;
        });
        assertThat(there.await(60, TimeUnit.SECONDS)).isTrue();
        return call(shown::getValue);
    }

    private <T> T call(Callable<T> work) throws Exception {
        return fx.submit(work).get(60, TimeUnit.SECONDS);
    }
}
