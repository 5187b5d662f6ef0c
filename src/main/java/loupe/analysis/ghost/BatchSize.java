package loupe.analysis.ghost;

import loupe.inference.Scope;

/**
 * Chooses the number of rows of a growing tree's next step: few at first so that branches appear early, then as many as
 * fit the target duration of a step. Steps are long only while no other query waits. Long steps pay off, because below
 * some dozens of rows most of the time goes into reading the weights. Device thread only.
 */
final class BatchSize {
    private static final int FIRST = 8;
    private static final int FEWEST_LATER = 16;
    private static final int MOST = 256;
    private static final double LARGEST_GROWTH = 4;
    private static final double SHORT_STEP_MILLIS = 50;
    private static final double LONG_STEP_MILLIS = 700;

    private int next = FIRST;

    int next() {
        return next;
    }

    /**
     * Runs a step and adjusts the size by its duration.
     *
     * @param ran its rows
     */
    void measure(Scope scope, int ran, Runnable step) {
        long start = System.nanoTime();
        step.run();
        learn(ran, (System.nanoTime() - start) / 1e6, scope.othersWait());
    }

    void learn(int ran, double millis, boolean othersWait) {
        int fitting =
                (int) (ran * Math.min(LARGEST_GROWTH, (othersWait ? SHORT_STEP_MILLIS : LONG_STEP_MILLIS) / millis));
        // a step may have been small because there was no more to expand
        int wanted = ran <= next / 2 && fitting >= ran ? Math.max(next, fitting) : fitting;
        next = Math.max(FEWEST_LATER, Math.min(MOST, wanted));
    }
}
