package loupe.state.window;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.beans.property.ReadOnlyDoubleProperty;
import javafx.beans.property.ReadOnlyDoubleWrapper;
import javafx.beans.property.ReadOnlyStringProperty;
import javafx.beans.property.ReadOnlyStringWrapper;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import loupe.base.TimeLeft;

/** All long jobs in one place: title, progress, time left, and a way to stop each. */
public final class Activity {
    private final Executor fx;
    private final LongSupplier nanos;
    private final ObservableList<Job> jobs = FXCollections.observableArrayList();
    private final List<Unfinished> unfinished = new ArrayList<>();
    private final ObservableList<Job> view = FXCollections.unmodifiableObservableList(jobs);

    /** @param nanos a clock that only goes forward, such as {@code System::nanoTime} */
    public Activity(Executor fx, LongSupplier nanos) {
        this.fx = fx;
        this.nanos = nanos;
    }

    /** Jobs that run, oldest first. JavaFX thread only; not to be written. */
    public ObservableList<Job> jobs() {
        return view;
    }

    /**
     * Shows a job until its {@link Job#end}. JavaFX thread only.
     *
     * @param stop asks the work to stop; called at most once
     */
    public Job begin(String title, Runnable stop) {
        Job job = new Job(title, stop);
        jobs.add(job);
        return job;
    }

    /** Something that would be lost if the window closed now. */
    private record Unfinished(String what) {
        @Override
        @SuppressWarnings("ReferenceEquality") // two of the same words are two
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    /**
     * Says that something is under way that would be lost, and not gone on with, if the window closed now. JavaFX
     * thread only.
     *
     * @param what a sentence without its full stop: {@code scores.csv is being written}
     * @return ends that; any thread
     */
    public Runnable unfinished(String what) {
        Unfinished added = new Unfinished(what);
        unfinished.add(added);
        return () -> fx.execute(() -> unfinished.remove(added));
    }

    /** What would be lost if the window closed now, a sentence each. JavaFX thread only. */
    public List<String> unfinished() {
        return unfinished.stream().map(Unfinished::what).toList();
    }

    /** A long job. */
    public final class Job {
        private final String title;
        private final Runnable stop;
        private final TimeLeft pace = new TimeLeft();
        private final ReadOnlyDoubleWrapper fraction = new ReadOnlyDoubleWrapper(this, "fraction", -1);
        private final ReadOnlyStringWrapper detail = new ReadOnlyStringWrapper(this, "detail", "");
        private final ReadOnlyStringWrapper timeLeft = new ReadOnlyStringWrapper(this, "timeLeft", "");
        private final ReadOnlyBooleanWrapper stopping = new ReadOnlyBooleanWrapper(this, "stopping");
        private final AtomicReference<Report> newest = new AtomicReference<>();

        private Job(String title, Runnable stop) {
            this.title = title;
            this.stop = stop;
            pace.after(millis(), 0);
        }

        public String title() {
            return title;
        }

        /** Fraction done, 0 to 1; negative while unknown. */
        public ReadOnlyDoubleProperty fraction() {
            return fraction.getReadOnlyProperty();
        }

        /** What has been done, with its unit: {@code 412,000 / 1,000,000 tokens}. */
        public ReadOnlyStringProperty detail() {
            return detail.getReadOnlyProperty();
        }

        /** The time left in words, such as {@code 3 min left}; empty while unknown. */
        public ReadOnlyStringProperty timeLeft() {
            return timeLeft.getReadOnlyProperty();
        }

        /** Whether the user asked it to stop. */
        public ReadOnlyBooleanProperty stopping() {
            return stopping.getReadOnlyProperty();
        }

        /**
         * Reports progress. Any thread; reports that arrive while one is being delivered to the window replace one
         * another.
         */
        public void report(double done, String what) {
            if (newest.getAndSet(new Report(done, what)) == null) {
                fx.execute(() -> {
                    Report report = newest.getAndSet(null);
                    fraction.set(report.fraction());
                    detail.set(report.detail());
                    timeLeft.set(
                            report.fraction() < 0
                                    ? ""
                                    : pace.after(millis(), report.fraction())
                                            .map(Activity::words)
                                            .orElse(""));
                });
            }
        }

        /** Asks the work to stop. JavaFX thread only. */
        public void stop() {
            if (!stopping.get()) {
                stopping.set(true);
                stop.run();
            }
        }

        /** Takes the job off the list. Any thread. */
        public void end() {
            fx.execute(() -> jobs.remove(this));
        }
    }

    private long millis() {
        return nanos.getAsLong() / 1_000_000;
    }

    private record Report(double fraction, String detail) {}

    /** The duration in words, rounded: seconds under a minute, minutes under an hour and a half, else hours. */
    static String words(Duration left) {
        long seconds = left.toSeconds();
        if (seconds < 60) {
            return Math.max(1, seconds) + " s left";
        }
        return seconds < 5400 ? Math.round(seconds / 60.0) + " min left" : Math.round(seconds / 3600.0) + " h left";
    }
}
