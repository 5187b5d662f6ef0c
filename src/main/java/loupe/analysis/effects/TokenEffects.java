package loupe.analysis.effects;

import java.util.Arrays;
import java.util.List;
import loupe.analysis.prompts.LogProbabilities;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.tensor.HostTensor;

/**
 * Which next tokens interventions help and hurt most at one token of a text.
 *
 * @param ids the text
 * @param position of the token whose predictions are compared
 * @param top how many tokens of either kind
 */
public record TokenEffects(ModelId model, List<Integer> ids, Interventions done, int position, int top)
        implements Query.Single<MovedTokens> {
    public TokenEffects {
        ids = List.copyOf(ids);
        if (position < 0 || position >= ids.size()) {
            throw new IllegalArgumentException("position is " + position + ", the text has " + ids.size() + " tokens");
        }
    }

    @Override
    public MovedTokens answer(Scope scope) {
        PairedRun run = PairedRun.kept(scope, model, ids, done);
        int tokens = run.lm().tokens();
        double[] before = logProbabilities(run.logits(false, 0, position, position + 1), 0, tokens);
        double[] change = logProbabilities(run.logits(true, 0, position, position + 1), 0, tokens);
        Arrays.setAll(change, v -> Runs.number(change[v]) - before[v]);
        double[] predicted = run.predicted(0, position)
                .map(weights -> doubles(weights, tokens))
                .orElse(new double[0]);
        return MovedTokens.of(before, change, predicted, top);
    }

    /** Of the first tokens of a row of logits. */
    static double[] logProbabilities(HostTensor logits, int row, int tokens) {
        int width = logits.size(-1);
        double norm = LogProbabilities.logSumExp(logits.data(), row * width, width);
        double[] all = new double[tokens];
        Arrays.setAll(all, v -> logits.data()[row * width + v] - norm);
        return all;
    }

    static double[] doubles(float[] values, int count) {
        double[] wide = new double[count];
        Arrays.setAll(wide, i -> values[i]);
        return wide;
    }

    @Override
    public long bytes(MovedTokens answer) {
        return 64 + 48L * (answer.helped().size() + answer.hurt().size());
    }
}
