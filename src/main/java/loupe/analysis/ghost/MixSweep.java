package loupe.analysis.ghost;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import loupe.inference.Query;
import loupe.inference.Scope;

/**
 * Sweeps over scales at several mixes of encoder and decoder direction, one after another, of which the best pair of
 * mix and scale is proposed.
 *
 * @param sweep the sweep of each; its own mix is not used
 * @param mixes shares of the encoder, each 0 to 1; at least one
 */
public record MixSweep(ScaleSweep sweep, List<Double> mixes) implements Query.Stepped<MixSweep.Answer> {
    public MixSweep {
        mixes = List.copyOf(mixes);
        if (mixes.isEmpty()) {
            throw new IllegalArgumentException("mixes is empty, at least one is needed");
        }
        sweep = sweep.withEncoderMix(mixes.get(0));
    }

    @Override
    public Query.Sweep<Answer> begin() {
        return new Growth(this);
    }

    @Override
    public long bytes(Answer answer) {
        return answer.sweeps().stream().mapToLong(sweep::bytes).sum();
    }

    private static final class Growth implements Query.Sweep<Answer> {
        private final MixSweep query;
        private final List<ScaleSweep.Answer> done = new ArrayList<>();
        private Query.Sweep<ScaleSweep.Answer> running;

        Growth(MixSweep query) {
            this.query = query;
            running = next();
        }

        private Query.Sweep<ScaleSweep.Answer> next() {
            return query.sweep.withEncoderMix(query.mixes.get(done.size())).begin();
        }

        @Override
        public boolean step(Scope scope) {
            if (running.step(scope)) {
                return true;
            }
            done.add(running.result());
            if (done.size() == query.mixes.size()) {
                return false;
            }
            running = next();
            return true;
        }

        @Override
        public Answer result() {
            List<ScaleSweep.Answer> all = new ArrayList<>(done);
            if (done.size() < query.mixes.size()) {
                all.add(running.result());
            }
            return new Answer(query, all);
        }

        @Override
        public double fraction() {
            double begun = done.size() < query.mixes.size() ? Math.max(0, running.fraction()) : 0;
            return (done.size() + begun) / query.mixes.size();
        }
    }

    /**
     * The sweeps so far.
     *
     * @param sweeps in the order of the mixes; at least one
     */
    public record Answer(MixSweep query, List<ScaleSweep.Answer> sweeps) {
        public Answer {
            sweeps = List.copyOf(sweeps);
        }

        /** The sweep with the best score; the first of those that are as good. */
        public ScaleSweep.Answer best() {
            return sweeps.stream()
                    .max(Comparator.comparingDouble(
                            sweep -> sweep.best().map(ScaleSweep.Best::score).orElse(Double.NEGATIVE_INFINITY)))
                    .orElseThrow();
        }
    }
}
