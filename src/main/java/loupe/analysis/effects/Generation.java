package loupe.analysis.effects;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.tensor.HostTensor;

/**
 * Text that a model generates after a prompt, as it is and under interventions, side by side: both texts are rows of
 * one batch, so that two cost little more than one. Both draw from the same random numbers.
 *
 * @param ids the prompt, T tokens
 * @param tokens how many are generated
 * @param keepsLogits whether the logits at the prompt's positions are wanted
 */
public record Generation(
        ModelId model,
        List<Integer> ids,
        Interventions interventions,
        int tokens,
        Sampling sampling,
        boolean keepsLogits)
        implements Query.Stepped<Generation.Answer> {
    public Generation {
        ids = List.copyOf(ids);
        if (ids.isEmpty() || tokens < 0) {
            throw new IllegalArgumentException("ids are " + ids + ", tokens " + tokens);
        }
    }

    /**
     * Both texts so far.
     *
     * @param applied tokens of the prompt and of the text at which something was done, once for each place
     */
    public record Answer(Text plain, Text steered, long applied) {}

    /**
     * A generated text.
     *
     * @param logProbabilities of its tokens, in nats, as the model (under the interventions) gives them before any
     *     penalty or temperature
     * @param promptLogits (T, V); empty if they were not asked for, or nothing is done yet
     */
    public record Text(List<Integer> ids, List<Double> logProbabilities, Optional<HostTensor> promptLogits) {}

    @Override
    public Run begin() {
        return new Run();
    }

    /** The prompt's pass, then a few tokens a step. */
    public final class Run implements Query.Sweep<Answer> {
        private final Continuations texts;
        private final int last;

        private Run() {
            List<Interventions> rows =
                    interventions.isEmpty() ? List.of(Interventions.NONE) : List.of(Interventions.NONE, interventions);
            last = rows.size() - 1;
            texts = new Continuations(
                    model, ids, rows, Collections.nCopies(rows.size(), sampling.seed()), tokens, sampling, keepsLogits);
        }

        @Override
        public boolean step(Scope scope) {
            return texts.step(scope);
        }

        @Override
        public Answer result() {
            List<Text> so = texts.texts();
            return new Answer(so.get(0), so.get(last), texts.applied(last));
        }

        @Override
        public double fraction() {
            return texts.fraction();
        }
    }

    /** False: logits of a long prompt take hundreds of megabytes. */
    @Override
    public boolean cacheable() {
        return !keepsLogits;
    }
}
