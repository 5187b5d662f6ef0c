package loupe.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class ThreadsTest {
    /** Field 19 of a thread's {@code stat}, counted from 1, its niceness; the second field ends with a parenthesis. */
    private static int niceness() {
        try {
            String stat = Files.readString(Path.of("/proc/thread-self/stat"));
            return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[16]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aServiceThreadAndWhatItStartsGiveWay() throws Exception {
        CompletableFuture<Integer> own = new CompletableFuture<>();
        CompletableFuture<Integer> child = new CompletableFuture<>();
        Threads.named("device", () -> {
                    own.complete(niceness());
                    new Thread(() -> child.complete(niceness())).start();
                })
                .start();
        assertThat(own.get(100, TimeUnit.SECONDS)).isGreaterThanOrEqualTo(5);
        assertThat(child.get(100, TimeUnit.SECONDS)).isGreaterThanOrEqualTo(5);
    }
}
