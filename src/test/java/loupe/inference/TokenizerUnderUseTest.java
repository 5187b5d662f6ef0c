package loupe.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import loupe.TinyModel;
import loupe.lm.Processing;
import loupe.lm.tokenizer.Tokenizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A model is closed, or the whole service, while a pass over a corpus tokenises with it. */
@Timeout(120)
class TokenizerUnderUseTest {
    private static final String TEXT = " the otter and the tin";

    @TempDir
    Path folder;

    @Test
    void closingAModelStopsThePassThatTokenisesWithIt() throws Exception {
        TinyModel.writeTo(folder);
        LocalInferenceService service = new LocalInferenceService(Device.CPU);
        for (int round = 0; round < 10; round++) {
            OpenModel model = service.openModel(folder, Processing.RAW)
                    .toCompletableFuture()
                    .get();
            CompletableFuture<Void> pass = startPass(service, model);
            service.close(model.id()).toCompletableFuture().get();
            assertStopped(pass);
        }
        service.close();
    }

    @Test
    void closingEverythingStopsThePassThatTokenises() throws Exception {
        TinyModel.writeTo(folder);
        for (int round = 0; round < 3; round++) {
            LocalInferenceService service = new LocalInferenceService(Device.CPU);
            OpenModel model = service.openModel(folder, Processing.RAW)
                    .toCompletableFuture()
                    .get();
            CompletableFuture<Void> pass = startPass(service, model);
            service.close();
            assertStopped(pass);
        }
    }

    /** Tokenises without an end, in the pool where passes run; has begun when this returns. */
    private static CompletableFuture<Void> startPass(InferenceService service, OpenModel model)
            throws InterruptedException {
        Tokenizer tokenizer = model.tokenizer().orElseThrow();
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<Void> pass = CompletableFuture.runAsync(
                () -> {
                    int tokens = tokenizer.encode(TEXT, Tokenizer.Beginning.NO).size();
                    begun.countDown();
                    while (true) {
                        assertThat(tokenizer
                                        .encode(TEXT, Tokenizer.Beginning.NO)
                                        .size())
                                .isEqualTo(tokens);
                    }
                },
                service.files());
        begun.await();
        return pass;
    }

    private static void assertStopped(CompletableFuture<Void> pass) {
        assertThatThrownBy(pass::get)
                .isInstanceOfAny(ExecutionException.class, CancellationException.class)
                .satisfies(end -> assertThat(end instanceof CancellationException ? end : end.getCause())
                        .isInstanceOf(CancellationException.class));
    }
}
