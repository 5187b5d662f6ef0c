package loupe.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TimeLeftTest {
    private final TimeLeft timeLeft = new TimeLeft();

    @Test
    void nothingIsSaidBeforeThereIsProgress() {
        assertThat(timeLeft.after(0, 0)).isEmpty();
        assertThat(timeLeft.after(5_000, 0.001)).isEmpty();
    }

    @Test
    void aSteadyPaceGoesOn() {
        timeLeft.after(0, 0);
        assertThat(timeLeft.after(60_000, 0.25)).contains(Duration.ofMinutes(3));
    }

    @Test
    void whatAnEarlierRunDidDoesNotCount() {
        timeLeft.after(0, 0.5);
        assertThat(timeLeft.after(60_000, 0.6)).contains(Duration.ofMinutes(4));
    }

    @Test
    void aChangeOfSpeedShows() {
        timeLeft.after(0, 0);
        timeLeft.after(40_000, 0.4);
        timeLeft.after(80_000, 0.41);
        assertThat(timeLeft.after(120_000, 0.42)).contains(Duration.ofMillis(Math.round(80_000 * 0.58 / 0.02)));
    }

    @Test
    void anotherPartBeginsAfresh() {
        timeLeft.after(0, 0);
        timeLeft.after(60_000, 1);
        assertThat(timeLeft.after(61_000, 0)).isEmpty();
        assertThat(timeLeft.after(71_000, 0.5)).contains(Duration.ofSeconds(10));
    }
}
