package loupe.analysis.tokenbias;

import loupe.analysis.WilsonInterval;

/**
 * How often a rule is right about where a feature is active.
 *
 * @param hits active tokens at which the rule holds
 * @param active tokens at which the feature is active
 * @param alarms inactive tokens at which the rule holds
 * @param inactive tokens at which the feature is not active
 */
public record RuleScore(long hits, long active, long alarms, long inactive) {
    /** The share of active tokens at which it holds. */
    public double sensitivity() {
        return active == 0 ? Double.NaN : (double) hits / active;
    }

    /** The share of inactive tokens at which it does not hold. */
    public double specificity() {
        return inactive == 0 ? Double.NaN : (double) (inactive - alarms) / inactive;
    }

    /** The mean of both: 0.5 for a rule that has nothing to do with the feature. */
    public double balanced() {
        return (sensitivity() + specificity()) / 2;
    }

    /** Lower bound of the balanced accuracy at 95 %: the Wilson intervals of both shares, combined as Newcombe does. */
    public double low() {
        double a = sensitivity() - WilsonInterval.of(hits, active).low();
        double b =
                specificity() - WilsonInterval.of(inactive - alarms, inactive).low();
        return balanced() - Math.sqrt(a * a + b * b) / 2;
    }

    /** Upper bound likewise. */
    public double high() {
        double a = WilsonInterval.of(hits, active).high() - sensitivity();
        double b = WilsonInterval.of(inactive - alarms, inactive).high() - specificity();
        return balanced() + Math.sqrt(a * a + b * b) / 2;
    }
}
