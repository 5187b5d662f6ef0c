package loupe.state.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ActivityTest {
    private final AtomicLong nanos = new AtomicLong();

    @Test
    void theTimeLeftFollowsFromTheTimeTaken() {
        Activity activity = new Activity(Runnable::run, nanos::get);
        Activity.Job job = activity.begin("indexing", () -> {});
        nanos.set(60_000_000_000L);
        job.report(0.25, "250 / 1,000 tokens");
        assertThat(job.timeLeft().get()).isEqualTo("3 min left");
        assertThat(job.detail().get()).isEqualTo("250 / 1,000 tokens");
        job.end();
        assertThat(activity.jobs()).isEmpty();
    }

    @Test
    void reportsThatComeFasterThanTheWindowReplaceOneAnother() {
        Queue<Runnable> toFx = new ArrayDeque<>();
        Activity activity = new Activity(toFx::add, nanos::get);
        Activity.Job job = activity.begin("indexing", () -> {});
        job.report(0.1, "a");
        job.report(0.2, "b");
        job.report(0.3, "c");
        assertThat(toFx).hasSize(1);
        toFx.remove().run();
        assertThat(job.fraction().get()).isEqualTo(0.3);
        assertThat(job.detail().get()).isEqualTo("c");
    }

    @Test
    void stoppingTwiceStopsOnce() {
        AtomicInteger stops = new AtomicInteger();
        Activity.Job job = new Activity(Runnable::run, nanos::get).begin("indexing", stops::incrementAndGet);
        job.stop();
        job.stop();
        assertThat(stops).hasValue(1);
        assertThat(job.stopping().get()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"0, 1 s left", "59, 59 s left", "60, 1 min left", "5399, 90 min left", "7300, 2 h left"})
    void timesAreRoundedAsPeopleSayThem(int seconds, String words) {
        assertThat(Activity.words(Duration.ofSeconds(seconds))).isEqualTo(words);
    }
}
