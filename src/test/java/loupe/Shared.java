package loupe;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;

/**
 * The folder of real models, named by the system property {@code loupe.shared}. A test that asks for something of it is
 * skipped with a printed reason where it is missing, and counted: {@code not run: N} is the last line.
 */
public final class Shared {
    private static final AtomicInteger NOT_RUN = new AtomicInteger();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            if (NOT_RUN.get() > 0) {
                System.out.println("not run: " + NOT_RUN.get());
            }
        }));
    }

    private Shared() {}

    /** A file or folder of the data, for example {@code real-lm/gpt-nano-sort}; skips the test if it is not there. */
    public static Path data(String name) {
        return find("data/" + name);
    }

    private static Optional<Path> root() {
        String folder = System.getProperty("loupe.shared", "");
        return folder.isEmpty()
                ? Optional.empty()
                : Optional.of(Path.of(folder)).filter(Files::isDirectory);
    }

    private static Path find(String name) {
        Optional<Path> found = root().map(folder -> folder.resolve(name)).filter(Files::exists);
        if (found.isEmpty()) {
            NOT_RUN.incrementAndGet();
            String reason = "not run, because loupe.shared has no " + name;
            System.out.println(reason);
            Assumptions.abort(reason);
        }
        return found.get();
    }
}
