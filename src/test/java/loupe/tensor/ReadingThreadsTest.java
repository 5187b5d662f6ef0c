package loupe.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ReadingThreadsTest {
    @Test
    void everyPieceRunsOnceAndAllHaveEndedAtTheEnd() {
        AtomicIntegerArray runs = new AtomicIntegerArray(1_000);
        List<Runnable> pieces = new ArrayList<>();
        for (int i = 0; i < runs.length(); i++) {
            int piece = i;
            pieces.add(() -> runs.incrementAndGet(piece));
        }
        ReadingThreads.run(pieces);
        for (int i = 0; i < runs.length(); i++) {
            assertThat(runs.get(i)).as("piece %d", i).isEqualTo(1);
        }
        ReadingThreads.run(List.of());
    }

    @Test
    void aThreadKeepsItsScratchAndSharesItWithNoOther() {
        AtomicInteger made = new AtomicInteger();
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        List<Consumer<Thread>> pieces = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            pieces.add(maker -> {
                assertThat(maker).isSameAs(Thread.currentThread());
                threads.add(maker);
            });
        }
        ReadingThreads.run(
                () -> {
                    made.incrementAndGet();
                    return Thread.currentThread();
                },
                pieces);
        assertThat(made.get()).isEqualTo(threads.size());
    }

    /** What was started goes on writing where the caller, if it gave up, would free the memory. */
    @Test
    void theRestDoAllPiecesWhereTheSystemRefusesAThread() {
        AtomicInteger run = new AtomicInteger();
        List<Thread> started = new ArrayList<>();
        assertThatCode(() -> ReadingThreads.run(
                        () -> null,
                        Collections.<Consumer<Object>>nCopies(100, nothing -> run.incrementAndGet()),
                        3,
                        thread -> {
                            if (!started.isEmpty()) {
                                throw new OutOfMemoryError("unable to create native thread");
                            }
                            started.add(thread);
                            thread.start();
                        }))
                .doesNotThrowAnyException();
        assertThat(run.get()).isEqualTo(100);
        assertThat(started).hasSize(1).noneMatch(Thread::isAlive);
    }

    @Test
    void theFirstFailureIsThrownAndTheRestLeftOut() {
        AtomicInteger begun = new AtomicInteger();
        List<Runnable> pieces = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            pieces.add(() -> {
                begun.incrementAndGet();
                throw new IllegalStateException("the drive is gone");
            });
        }
        assertThatThrownBy(() -> ReadingThreads.run(pieces))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the drive is gone");
        assertThat(begun.get()).isBetween(1, 16);
        assertThatThrownBy(() -> ReadingThreads.run(List.of(() -> {
                    throw new OutOfMemoryError("direct buffer");
                })))
                .isInstanceOf(OutOfMemoryError.class);
    }
}
