package loupe.lm.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import loupe.TinyModel;
import loupe.base.Problem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ClosedTokenizerTest {
    private static final String TEXT = " the otter and the tin";

    @TempDir
    Path folder;

    private final ExecutorService others = Executors.newFixedThreadPool(3);

    @AfterEach
    void end() {
        others.shutdownNow();
    }

    @Test
    void encodingAfterClosingIsStopped() throws IOException {
        Tokenizer tokenizer = TokenizerFiles.read(TinyModel.writeTo(folder)).orElseThrow();
        tokenizer.close();
        tokenizer.close();
        assertThatThrownBy(() -> tokenizer.encode(TEXT, Tokenizer.Beginning.NO))
                .isInstanceOf(CancellationException.class)
                .satisfies(stopped -> assertThat(Problem.of(stopped).message()).isEqualTo("Stopped"));
        assertThatThrownBy(() -> tokenizer.encodeContinuation(TEXT)).isInstanceOf(CancellationException.class);
        assertThatThrownBy(() -> tokenizer.decode(5)).isInstanceOf(CancellationException.class);
        assertThat(tokenizer.text(0)).isEqualTo("<|endoftext|>");
    }

    @Test
    void closingUnderThoseWhoEncodeStopsThem() throws Exception {
        TinyModel.writeTo(folder);
        for (int round = 0; round < 50; round++) {
            Tokenizer tokenizer = TokenizerFiles.read(folder).orElseThrow();
            CountDownLatch encoding = new CountDownLatch(3);
            List<Future<?>> passes = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                passes.add(others.submit(() -> {
                    Tokens first = tokenizer.encode(TEXT, Tokenizer.Beginning.NO);
                    encoding.countDown();
                    while (true) {
                        assertThat(tokenizer.encode(TEXT, Tokenizer.Beginning.NO))
                                .isEqualTo(first);
                    }
                }));
            }
            encoding.await();
            tokenizer.close();
            for (Future<?> pass : passes) {
                assertThatThrownBy(pass::get)
                        .isInstanceOf(ExecutionException.class)
                        .hasCauseInstanceOf(CancellationException.class);
            }
        }
    }

    @Test
    void whatIsInUseStaysThereUntilTheLastUserEnds() throws Exception {
        HuggingFaceTokenizer library = HuggingFaceTokenizer.newInstance(
                TinyModel.writeTo(folder).resolve("tokenizer.json"), Map.of("addSpecialTokens", "false"));
        NativeTokenizer tokenizer = new NativeTokenizer(folder, library);
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        CompletableFuture<Integer> pass = CompletableFuture.supplyAsync(
                () -> tokenizer.use(held -> {
                    inside.countDown();
                    try {
                        assertThat(closed.await(100, TimeUnit.SECONDS)).isTrue();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    return held.encode(TEXT).getIds().length;
                }),
                others);
        inside.await();
        tokenizer.close(); // does not wait
        assertThatThrownBy(() -> tokenizer.use(held -> 0)).isInstanceOf(CancellationException.class);
        closed.countDown();
        assertThat(pass.get()).isEqualTo(9);
        assertThatThrownBy(() -> library.encode(TEXT))
                .as("given back by its last user")
                .isInstanceOf(IllegalStateException.class);
    }
}
