package loupe.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import loupe.HugeModel;
import loupe.TinyModel;
import loupe.base.OutOfDeviceMemoryException;
import loupe.lm.Input;
import loupe.lm.Processing;
import loupe.tensor.HeldMemory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A model that is opened without its layers, and the question that has them read. */
@Timeout(120)
class LayersOnDemandTest {
    @TempDir
    Path folder;

    private final LocalInferenceService service = new LocalInferenceService(Device.CPU);

    @BeforeEach
    void writeModel() throws IOException {
        TinyModel.writeTo(folder.resolve("tiny"));
    }

    @AfterEach
    void closeService() {
        service.close();
    }

    @Test
    void onlyTheEmbeddingsAreReadUntilAQuestionNeedsTheLayers() {
        OpenModel model = await(service.openEmbeddings(folder.resolve("tiny")));
        float[] row = ask(new EmbeddingOf(model.id()));
        long embeddings = service.status().residentBytes();
        float[] logits = ask(new LogitsOf(model.id()));
        assertThat(service.status().residentBytes()).isGreaterThan(embeddings);
        assertThat(embeddings).isEqualTo(4L * (TinyModel.VOCABULARY * 8 + 2 * 8));
        assertThat(service.layers(model.id()).toCompletableFuture().join()).isEmpty();

        OpenModel whole = await(service.openModel(folder.resolve("tiny"), Processing.RAW));
        assertThat(whole.id()).isEqualTo(model.id());
        await(service.close(model.id()));
        await(service.close(model.id()));
        assertThat(service.status().residentBytes()).isZero();

        OpenModel again = await(service.openModel(folder.resolve("tiny"), Processing.RAW));
        assertThat(ask(new LogitsOf(again.id()))).containsExactly(logits);
        assertThat(ask(new EmbeddingOf(again.id()))).containsExactly(row);
    }

    @Test
    void aModelThatFitsNowhereAnswersWhatItsEmbeddingsSay() throws IOException {
        OpenModel model = await(service.openEmbeddings(HugeModel.writeTo(folder.resolve("huge"))));
        long held = HeldMemory.bytes();
        assertThat(ask(new EmbeddingOf(model.id()))).hasSize(HugeModel.D);
        assertThat(HeldMemory.bytes() - held).isLessThan(1 << 20);
        assertThatThrownBy(() -> ask(new LogitsOf(model.id())))
                .hasCauseInstanceOf(OutOfDeviceMemoryException.class)
                .hasMessageContaining("huge needs ");
        assertThat(ask(new EmbeddingOf(model.id()))).hasSize(HugeModel.D);
    }

    @Test
    void layersThatCannotBeReadFailTheQuestionThatNeedsThemAndNoOther() throws IOException {
        Path tiny = folder.resolve("tiny");
        OpenModel model = await(service.openEmbeddings(tiny));
        try (RandomAccessFile file =
                new RandomAccessFile(tiny.resolve("model.safetensors").toFile(), "rw")) {
            file.setLength(file.length() / 2);
        }
        assertThatThrownBy(() -> ask(new LogitsOf(model.id()))).hasMessageContaining("model.safetensors");
        assertThat(ask(new EmbeddingOf(model.id()))).hasSize(8);
    }

    @Test
    void aModelClosedWhileItsLayersAreReadFailsTheQuestionAndKeepsNothing() {
        OpenModel model = await(service.openEmbeddings(folder.resolve("tiny")));
        CountDownLatch busy = new CountDownLatch(1);
        occupyReading(busy);
        Pending<float[]> asked = service.submit(new LogitsOf(model.id()), Priority.VISIBLE);
        ask(new EmbeddingOf(model.id())); // so that the other question has been postponed
        await(service.close(model.id()));
        busy.countDown();
        assertThatThrownBy(() -> asked.answer().toCompletableFuture().join()).hasMessageContaining("is not open");
        assertThat(service.status().residentBytes()).isZero();
        assertThat(service.status().waiting()).isZero();
    }

    @Test
    void othersAreAnsweredWhileTheLayersAreRead() throws Exception {
        OpenModel model = await(service.openEmbeddings(folder.resolve("tiny")));
        CountDownLatch busy = new CountDownLatch(1);
        occupyReading(busy);
        CompletableFuture<float[]> asked = service.submit(new LogitsOf(model.id()), Priority.INTERACTIVE)
                .answer()
                .toCompletableFuture();
        assertThat(ask(new EmbeddingOf(model.id()))).hasSize(8);
        assertThat(asked).isNotDone();
        assertThat(service.status().waiting()).isEqualTo(1);
        busy.countDown();
        assertThat(asked.get(60, TimeUnit.SECONDS)).hasSize(TinyModel.VOCABULARY);
    }

    @Test
    void aQuestionThatIsGivenUpWhileItWaitsIsForgotten() {
        OpenModel model = await(service.openEmbeddings(folder.resolve("tiny")));
        CountDownLatch busy = new CountDownLatch(1);
        occupyReading(busy);
        Pending<float[]> asked = service.submit(new LogitsOf(model.id()), Priority.VISIBLE);
        ask(new EmbeddingOf(model.id()));
        asked.cancel();
        assertThat(service.status().waiting()).isZero();
        busy.countDown();
    }

    /** As when counting a corpus and estimating what that takes begin together with a window. */
    @Test
    void layersAreReadWhileEveryThreadForFilesWaitsForAnAnswerThatNeedsThem() throws Exception {
        OpenModel model = await(service.openEmbeddings(folder.resolve("tiny")));
        CompletableFuture<?>[] waiting = new CompletableFuture<?>[2];
        for (int thread = 0; thread < waiting.length; thread++) {
            waiting[thread] = CompletableFuture.runAsync(() -> ask(new LogitsOf(model.id())), service.files());
        }
        CompletableFuture.allOf(waiting).get(10, TimeUnit.SECONDS);
    }

    private void occupyReading(CountDownLatch until) {
        service.layerReading().execute(() -> {
            try {
                until.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private static <T> T await(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }

    private <R> R ask(Query<R> query) {
        return service.submit(query, Priority.VISIBLE)
                .answer()
                .toCompletableFuture()
                .join();
    }

    private record EmbeddingOf(ModelId model) implements Query.Single<float[]> {
        @Override
        public float[] answer(Scope scope) {
            return scope.embeddings(model).embedding().get(3).toFloatArray();
        }

        @Override
        public boolean cacheable() {
            return false;
        }
    }

    private record LogitsOf(ModelId model) implements Query.Single<float[]> {
        @Override
        public float[] answer(Scope scope) {
            return scope.model(model)
                    .forward(scope.arrays(), Input.of(new int[][] {{5, 7}}))
                    .get(0)
                    .get(1)
                    .toFloatArray();
        }

        @Override
        public boolean cacheable() {
            return false;
        }
    }
}
