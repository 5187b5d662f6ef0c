package loupe.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.lm.Input;
import loupe.lm.Processing;
import loupe.sae.checkpoint.SaeOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Opening, asking and closing a whole model and checkpoint; and that arrays are where they were afterwards. */
@Timeout(120)
class OpenAndCloseTest {
    @TempDir
    Path folder;

    private final LocalInferenceService service = new LocalInferenceService(Device.CPU);

    @BeforeEach
    void writeFiles() throws IOException {
        TinyModel.writeTo(folder.resolve("tiny"));
        TinySae.writeTo(folder.resolve("sae"), 1);
        TinySae.writeTo(folder.resolve("other"), 2);
    }

    @AfterEach
    void closeService() {
        service.close();
    }

    @Test
    void aModelAndACheckpointAnswerTogether() {
        OpenModel model = openModel();
        OpenSae sae = openSae("sae");
        assertThat(ask(new FeaturesOf(model.id(), sae.id())))
                .hasSize(5 * TinySae.FEATURES)
                .anyMatch(value -> value > 0);
        assertThat(service.status().residentBytes()).isPositive();
    }

    @Test
    void noQuestionLeavesArraysBehind() {
        OpenModel model = openModel();
        OpenSae sae = openSae("sae");
        ask(new FeaturesOf(model.id(), sae.id()));
        int before = ask(new Owned());
        for (int i = 0; i < 20; i++) {
            ask(new FeaturesOf(model.id(), sae.id()));
            assertThatThrownBy(() -> ask(new Careless(model.id())))
                    .hasRootCauseMessage("a deliberate failure of this test");
        }
        assertThat(ask(new Owned())).isEqualTo(before);
    }

    @Test
    void openingAndClosingFiftyTimesLeavesNothing() {
        ask(new Owned());
        int before = ask(new Owned());
        for (int i = 0; i < 50; i++) {
            OpenModel model = openModel();
            OpenSae sae = openSae("sae");
            ask(new FeaturesOf(model.id(), sae.id()));
            service.close(sae.id()).toCompletableFuture().join();
            service.close(model.id()).toCompletableFuture().join();
        }
        assertThat(ask(new Owned())).isEqualTo(before);
        assertThat(service.status().residentBytes()).isZero();
    }

    @Test
    void closingGivesMemoryOutsideTheHeapBackWithoutWaitingForTheCollector() throws IOException {
        TinySae.writeTo(folder.resolve("large"), 3, 20_000);
        long bytes = 0;
        long before = directBytes();
        for (int i = 0; i < 50; i++) {
            OpenSae sae = openSae("large");
            bytes += service.status().residentBytes();
            service.close(sae.id()).toCompletableFuture().join();
        }
        // the file threads keep a few megabytes to read with
        assertThat(directBytes() - before).isLessThan(bytes / 5);
    }

    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    @Test
    void whatWasOpenedTwiceStaysUntilItIsClosedTwice() {
        OpenSae once = openSae("sae");
        OpenSae again = openSae("sae");
        assertThat(again.id()).isEqualTo(once.id());
        long bytes = service.status().residentBytes();
        service.close(once.id()).toCompletableFuture().join();
        assertThat(service.status().residentBytes()).isEqualTo(bytes);
        service.close(again.id()).toCompletableFuture().join();
        assertThat(service.status().residentBytes()).isZero();
    }

    @Test
    void anotherCheckpointOrAnotherReadingHasAnotherId() {
        SaeId id = openSae("sae").id();
        assertThat(openSae("other").id()).isNotEqualTo(id);
        SaeOptions folded = SaeOptions.AS_STORED.withFold(true);
        assertThat(service.openSae(folder.resolve("sae"), folded)
                        .toCompletableFuture()
                        .join()
                        .id())
                .isNotEqualTo(id);
    }

    @Test
    void anEvictedCheckpointAnswersAgain() {
        OpenModel model = openModel();
        OpenSae sae = openSae("sae");
        FeaturesOf question = new FeaturesOf(model.id(), sae.id());
        List<Float> answer = ask(question);
        long bytes = service.status().residentBytes();
        ask(new OutOfMemoryOnce());
        assertThat(service.status().residentBytes()).isLessThan(bytes);
        assertThat(ask(question)).isEqualTo(answer);
        assertThat(service.status().residentBytes()).isEqualTo(bytes);
    }

    @Test
    void aQuestionAboutSomethingClosedFails() {
        OpenModel model = openModel();
        OpenSae sae = openSae("sae");
        service.close(sae.id()).toCompletableFuture().join();
        assertThatThrownBy(() -> ask(new FeaturesOf(model.id(), sae.id()))).hasRootCauseMessage("sae is not open");
    }

    @Test
    void aBrokenFileIsRefusedAndLeavesNothing() throws IOException {
        ask(new Owned());
        int before = ask(new Owned());
        Files.writeString(folder.resolve("tiny").resolve("config.json"), "{}");
        assertThatThrownBy(this::openModel).hasCauseInstanceOf(CheckpointException.class);
        Files.writeString(
                folder.resolve("sae").resolve("sae_weights.safetensors"),
                "version https://git-lfs.github.com/spec/v1\n");
        assertThatThrownBy(() -> openSae("sae")).hasCauseInstanceOf(CheckpointException.class);
        assertThat(ask(new Owned())).isEqualTo(before);
    }

    private OpenModel openModel() {
        return service.openModel(folder.resolve("tiny"), Processing.RAW)
                .toCompletableFuture()
                .join();
    }

    private OpenSae openSae(String name) {
        return service.openSae(folder.resolve(name), SaeOptions.AS_STORED)
                .toCompletableFuture()
                .join();
    }

    private <R> R ask(Query<R> query) {
        return service.submit(query, Priority.VISIBLE)
                .answer()
                .toCompletableFuture()
                .join();
    }

    /** Features of five tokens. */
    private record FeaturesOf(ModelId model, SaeId sae) implements Query.Single<List<Float>> {
        @Override
        public List<Float> answer(Scope scope) {
            NDArray[] seen = new NDArray[1];
            HookPoint at = HookPoint.residPre(1);
            scope.model(model)
                    .forward(
                            scope.arrays(),
                            Input.of(1, 2, 3, 4, 5),
                            new loupe.lm.Hook() {
                                @Override
                                public boolean wants(HookPoint point) {
                                    return point.equals(at);
                                }

                                @Override
                                public NDArray at(HookPoint point, NDArray value) {
                                    seen[0] = value;
                                    return value;
                                }
                            },
                            null,
                            loupe.lm.Logits.LAST,
                            scope.cancellation());
            List<Float> features = new java.util.ArrayList<>();
            for (float value : scope.sae(sae).encode(seen[0]).toFloatArray()) {
                features.add(value);
            }
            return features;
        }

        @Override
        public boolean cacheable() {
            return false;
        }
    }

    /** Starts from weights, makes arrays and managers, and throws. */
    private record Careless(ModelId model) implements Query.Single<String> {
        @Override
        public String answer(Scope scope) {
            scope.model(model)
                    .embedding()
                    .transpose()
                    .add(scope.arrays().newSubManager().ones(new Shape(1)));
            throw new IllegalStateException("a deliberate failure of this test");
        }
    }

    private record OutOfMemoryOnce(int[] tries) implements Query.Single<String> {
        OutOfMemoryOnce() {
            this(new int[1]);
        }

        @Override
        public String answer(Scope scope) {
            if (tries[0]++ == 0) {
                throw new ai.djl.engine.EngineException("CUDA out of memory. Tried to allocate 2.00 GiB");
            }
            return "done";
        }
    }

    /** Everything below the service's manager, the asking step's own included. */
    private record Owned() implements Query.Single<Integer> {
        @Override
        public Integer answer(Scope scope) {
            return ManagerPeek.count(scope.arrays().getParentManager());
        }

        @Override
        public boolean cacheable() {
            return false;
        }
    }
}
