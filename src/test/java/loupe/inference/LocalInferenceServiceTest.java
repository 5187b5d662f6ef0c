package loupe.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import loupe.base.OutOfDeviceMemoryException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class LocalInferenceServiceTest {
    private final LocalInferenceService service = new LocalInferenceService(Device.CPU);

    @AfterEach
    void closeService() {
        service.close();
    }

    @Test
    void aStepsArraysAreGoneWhenItReturns() {
        Query.Single<NDArray> leak = scope -> scope.arrays().ones(new Shape(3));
        NDArray array = ask(leak);
        assertThatThrownBy(array::toFloatArray).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aStepsArraysAreGoneWhenItThrows() {
        NDArray[] made = new NDArray[1];
        Query.Single<String> fails = scope -> {
            made[0] = scope.arrays().ones(new Shape(3));
            throw new IllegalStateException("a deliberate failure of this test");
        };
        assertThatThrownBy(() -> ask(fails)).hasRootCauseMessage("a deliberate failure of this test");
        assertThatThrownBy(made[0]::toFloatArray).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aStepThatRunsOutOfMemoryIsTriedOnceMore() {
        AtomicInteger tries = new AtomicInteger();
        Query.Single<String> query = scope -> {
            if (tries.incrementAndGet() == 1) {
                throw new EngineException("CUDA out of memory. Tried to allocate 2.00 GiB");
            }
            return "answered";
        };
        assertThat(ask(query)).isEqualTo("answered");
        assertThat(tries).hasValue(2);
    }

    @Test
    void aStepThatRunsOutOfMemoryTwiceFailsWithWhatTheEngineSaid() {
        AtomicInteger tries = new AtomicInteger();
        Query.Single<String> query = scope -> {
            tries.incrementAndGet();
            throw new EngineException("CUDA out of memory. Tried to allocate 2.00 GiB\nat native code");
        };
        assertThatThrownBy(() -> ask(query))
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOf(OutOfDeviceMemoryException.class)
                .hasMessageContaining("The device (CPU) has too little memory for this; it holds nothing else")
                .hasMessageContaining("Tried to allocate 2.00 GiB")
                .hasMessageNotContaining("native code");
        assertThat(tries).hasValue(2);
        assertThat(ask((Query.Single<String>) scope -> "alive")).isEqualTo("alive");
    }

    @Test
    void aClosedModelIsRefusedByName() {
        Query.Single<String> query =
                scope -> scope.model(new ModelId("glossary", "0")).toString();
        assertThatThrownBy(() -> ask(query)).hasRootCauseMessage("glossary is not open");
    }

    @Test
    void statusSaysWhereItRuns() {
        assertThat(service.status().device()).isEqualTo("cpu");
        ask((Query.Single<String>) scope -> "the engine is loaded now");
        assertThat(service.status())
                .isEqualTo(
                        new InferenceService.Status("CPU", 0, service.status().running(), 0));
    }

    @Test
    void hostOnlyWorkAndFilesHaveNamedThreadsOfTheirOwn() {
        CompletableFuture<String> compute =
                CompletableFuture.supplyAsync(() -> Thread.currentThread().getName(), service.compute());
        CompletableFuture<String> files =
                CompletableFuture.supplyAsync(() -> Thread.currentThread().getName(), service.files());
        assertThat(compute.join()).isEqualTo("compute-1");
        assertThat(files.join()).isEqualTo("files-1");
    }

    @Test
    void aDeviceThatIsNotThereIsRefusedInWords() {
        try (LocalInferenceService onGpu = new LocalInferenceService(new Device("cuda:99"))) {
            assertThatThrownBy(() -> onGpu.submit((Query.Single<String>) scope -> "never", Priority.VISIBLE)
                            .answer()
                            .toCompletableFuture()
                            .join())
                    .hasRootCauseInstanceOf(DeviceMissingException.class)
                    .hasMessageContaining("cuda:99");
        }
    }

    private <R> R ask(Query<R> query) {
        return service.submit(query, Priority.VISIBLE)
                .answer()
                .toCompletableFuture()
                .join();
    }
}
