package loupe.app.window;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.logging.Logger;
import java.util.stream.Stream;
import javafx.application.Platform;
import loupe.base.Refusal;
import loupe.inference.Pending;

/** Starts JavaFX, on the screen or without one, and runs work on its thread. */
public final class Toolkit {
    /** System properties that make JavaFX draw without a screen. */
    public static final Map<String, String> WITHOUT_SCREEN = Map.of(
            "glass.platform",
            "Monocle",
            "monocle.platform",
            "Headless",
            "prism.order",
            "sw",
            "java.awt.headless",
            "true");

    /**
     * JavaFX caches an image of each region with several fills and stretches it to the region's size. Without a
     * graphics card that takes most of a frame's time; filling rectangles takes hardly any.
     */
    private static final String REGION_CACHING_OFF = "prism.disableRegionCaching";

    /** JavaFX says at every start that it stands on the class path, which is how this program is put together. */
    private static final String ON_CLASS_PATH = "Unsupported JavaFX configuration: classes were loaded from";

    private static final Logger JAVAFX = Logger.getLogger("javafx");

    private static final AtomicBoolean STARTED = new AtomicBoolean();

    private Toolkit() {}

    /** Chooses drawing without a screen; has an effect only before {@link #start}. */
    public static void withoutScreen() {
        WITHOUT_SCREEN.forEach(System::setProperty);
    }

    /** Whether there is no screen for windows. */
    public static boolean screenIsMissing() {
        return System.getProperty("os.name").startsWith("Linux")
                && Stream.of("DISPLAY", "WAYLAND_DISPLAY")
                        .map(System::getenv)
                        .allMatch(value -> value == null || value.isEmpty());
    }

    /**
     * Starts the toolkit once and waits until it runs.
     *
     * @throws Refusal if it is to draw on a screen, and there is none
     */
    public static void start() {
        if (!STARTED.compareAndSet(false, true)) {
            return;
        }
        if (System.getProperty(REGION_CACHING_OFF) == null) {
            System.setProperty(REGION_CACHING_OFF, "true");
        }
        JAVAFX.setFilter(said -> !said.getMessage().startsWith(ON_CLASS_PATH));
        CompletableFuture<Void> running = new CompletableFuture<>();
        try {
            Platform.startup(() -> running.complete(null));
        } catch (IllegalStateException already) {
            running.complete(null);
        } catch (UnsupportedOperationException noScreen) {
            throw new Refusal(
                    "The workbench cannot open its window here (" + noScreen.getMessage() + ")",
                    "a desktop",
                    "Start it on one, or take pictures of it with the command tour");
        }
        running.join();
        Platform.setImplicitExit(false);
    }

    /** Runs work on the JavaFX thread and waits for its result. */
    public static <T> T call(Supplier<T> work) {
        CompletableFuture<T> done = new CompletableFuture<>();
        Platform.runLater(() -> {
            try {
                done.complete(work.get());
            } catch (Throwable failure) {
                done.completeExceptionally(failure);
            }
        });
        return Pending.await(done);
    }

    public static void run(Runnable work) {
        call(() -> {
            work.run();
            return null;
        });
    }
}
