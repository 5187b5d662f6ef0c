package loupe.base;

import java.time.Duration;
import java.util.Optional;

/**
 * Estimates the remaining time of a job from its recent progress, so that the earlier speed of a resumed job, or of one
 * whose speed changes, does not count. Not thread-safe.
 */
public final class TimeLeft {
    private static final long WINDOW_MILLIS = 30_000;
    private static final double LEAST_DONE = 0.003;

    private long earlierMillis;
    private double earlierFraction = Double.NaN;
    private long laterMillis;
    private double laterFraction;

    /**
     * Records progress and estimates the time left.
     *
     * @param millis of any clock
     * @param fraction done, 0 to 1; smaller than before when another part begins
     * @return empty while too little is known
     */
    public Optional<Duration> after(long millis, double fraction) {
        if (Double.isNaN(earlierFraction) || fraction < laterFraction) {
            earlierMillis = laterMillis = millis;
            earlierFraction = laterFraction = fraction;
            return Optional.empty();
        }
        double done = fraction - earlierFraction;
        Optional<Duration> left = done < LEAST_DONE || fraction >= 1
                ? Optional.empty()
                : Optional.of(Duration.ofMillis(Math.round((millis - earlierMillis) * (1 - fraction) / done)));
        if (millis - laterMillis >= WINDOW_MILLIS && fraction - laterFraction >= LEAST_DONE) {
            earlierMillis = laterMillis;
            earlierFraction = laterFraction;
            laterMillis = millis;
            laterFraction = fraction;
        }
        return left;
    }
}
