package loupe.analysis.effects;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import loupe.analysis.SmallestK;

/**
 * The tokens whose log-probability interventions raise and lower most, beside what the logit weights say of them.
 *
 * @param helped the most helped first
 * @param hurt the most hurt first
 * @param correlation Spearman's, between the change of the log-probability and what the logit weights predict, over all
 *     tokens; empty if nothing is predicted
 */
public record MovedTokens(List<Moved> helped, List<Moved> hurt, OptionalDouble correlation) {
    /** Nothing is known. */
    static final MovedTokens NONE = new MovedTokens(List.of(), List.of(), OptionalDouble.empty());

    /**
     * A token.
     *
     * @param logProbability in nats, without interventions
     * @param change of it
     * @param predicted by the logit weights: the change of the residual stream, through the final norm's gain and the
     *     unembedding; NaN if that is not known
     */
    public record Moved(int id, double logProbability, double change, double predicted) {}

    /**
     * Orders all tokens.
     *
     * @param before log-probabilities of all tokens
     * @param change of them
     * @param predicted of them; empty if that is not known
     * @param top how many of either kind
     */
    static MovedTokens of(double[] before, double[] change, double[] predicted, int top) {
        return new MovedTokens(
                moved(before, change, predicted, top, -1),
                moved(before, change, predicted, top, 1),
                predicted.length == 0 ? OptionalDouble.empty() : RankCorrelation.of(change, predicted));
    }

    private static List<Moved> moved(double[] before, double[] change, double[] predicted, int top, int sign) {
        SmallestK first = new SmallestK().reset(Math.min(top, change.length));
        for (int v = 0; v < change.length; v++) {
            if (sign * change[v] < 0) {
                first.offer(sign * change[v], v);
            }
        }
        int found = first.finish();
        List<Moved> moved = new ArrayList<>();
        for (int i = 0; i < found; i++) {
            int id = first.id(i);
            moved.add(new Moved(id, before[id], change[id], predicted.length == 0 ? Double.NaN : predicted[id]));
        }
        return List.copyOf(moved);
    }
}
