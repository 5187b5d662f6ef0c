package loupe.app.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import javafx.animation.AnimationTimer;
import javafx.application.Platform;
import javafx.stage.Stage;
import loupe.app.window.Toolkit;
import loupe.app.window.WorkbenchApp;

/**
 * The real window with something open, for measuring from an event to the frame that shows its answer. A frame counts
 * when its layout is done. One thread, not JavaFX's.
 */
final class MeasuredWindow implements AutoCloseable {
    private static final long PROBE_MILLIS = 2;
    private static final long PATIENCE_NANOS = 120_000_000_000L;

    private final AnimationTimer everyFrame = new AnimationTimer() {
        @Override
        public void handle(long now) {
            Platform.requestNextPulse();
        }
    };
    private final WorkbenchApp app;
    private Runnable frame = () -> {};

    /** Opens the window, on the screen or, where there is none, without one. */
    MeasuredWindow(Bench bench, WindowRun.Prepared prepared) {
        if (Toolkit.screenIsMissing()) {
            bench.report("there is no display, so frames are drawn without one");
            Toolkit.withoutScreen();
        }
        Toolkit.start();
        app = Toolkit.call(() -> {
            WorkbenchApp made =
                    new WorkbenchApp(bench.service(), prepared.session().orElse(null), prepared.cache());
            made.show(new Stage(), () -> {});
            made.view().scene().addPostLayoutPulseListener(() -> frame.run());
            everyFrame.start();
            made.openFirst(prepared.opening());
            return made;
        });
    }

    WorkbenchApp app() {
        return app;
    }

    /** Begins to look for the longest task on the JavaFX thread. */
    Probe probe() {
        return new Probe();
    }

    /** Seconds from an event on the JavaFX thread to the first frame in which something is shown. */
    double eventToFrame(Runnable event, BooleanSupplier shown) {
        AtomicLong shownAt = new AtomicLong();
        long start = Toolkit.call(() -> {
            long now = System.nanoTime();
            event.run();
            frame = () -> {
                if (shownAt.get() == 0 && shown.getAsBoolean()) {
                    shownAt.set(System.nanoTime());
                }
            };
            return now;
        });
        until(() -> shownAt.get() != 0);
        Toolkit.run(() -> frame = () -> {});
        return (shownAt.get() - start) / 1e9;
    }

    /** Waits until something, asked on the JavaFX thread, is so. */
    void until(BooleanSupplier done) {
        until(PATIENCE_NANOS, done);
    }

    static void until(long patience, BooleanSupplier done) {
        long start = System.nanoTime();
        while (!Toolkit.call(done::getAsBoolean)) {
            if (System.nanoTime() - start > patience) {
                throw new IllegalStateException("the window did not come to show what was asked of it");
            }
            pause(1);
        }
    }

    static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        Toolkit.run(() -> {
            everyFrame.stop();
            app.close();
        });
    }

    /**
     * Posts empty tasks to the JavaFX thread and records the longest time until one ran, and the most that the thread
     * worked meanwhile: on a machine that others use too it also waits for a processor.
     */
    static final class Probe implements AutoCloseable {
        private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

        private final AtomicBoolean running = new AtomicBoolean(true);
        private final AtomicLong longest = new AtomicLong();
        private final AtomicLong mostWork = new AtomicLong();
        private final long thread = Toolkit.call(() -> Thread.currentThread().getId());
        private final Thread asking = new Thread(this::ask, "probe");

        private Probe() {
            asking.setDaemon(true);
            asking.start();
        }

        private void ask() {
            while (running.get()) {
                long start = System.nanoTime();
                long worked = THREADS.getThreadCpuTime(thread);
                Toolkit.run(() -> {});
                longest.accumulateAndGet(System.nanoTime() - start, Math::max);
                mostWork.accumulateAndGet(THREADS.getThreadCpuTime(thread) - worked, Math::max);
                pause(PROBE_MILLIS);
            }
        }

        /** Puts down the longest time since the last call. */
        void put(Map<String, Object> figures, String when) {
            figures.put("longest task " + when + ", ms", takeMillis());
            figures.put("longest task " + when + ", ms of processor", mostWork.getAndSet(0) / 1e6);
        }

        /** The longest time since the last call. */
        double takeMillis() {
            return longest.getAndSet(0) / 1e6;
        }

        @Override
        public void close() {
            running.set(false);
            try {
                asking.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
