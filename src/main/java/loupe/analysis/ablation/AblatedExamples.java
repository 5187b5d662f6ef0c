package loupe.analysis.ablation;

import java.util.ArrayList;
import java.util.List;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import org.jspecify.annotations.Nullable;

/**
 * Ablated texts of many examples, which end where a feature is active.
 *
 * @param texts each from its first token to the one the activation is read at
 * @param within how many tokens of each, counted back from its last, may be ablated
 * @param sets of tokens; no groups, which are places in one text
 */
public record AblatedExamples(
        ModelId model,
        SaeId sae,
        int feature,
        List<List<Integer>> texts,
        int within,
        TokenSets sets,
        Replacement replacement)
        implements Query.Stepped<AblatedExamples.Answer> {
    private static final long BYTES_OF_A_SET = 40;

    public AblatedExamples {
        texts = texts.stream().map(List::copyOf).toList();
        if (within < 1 || texts.stream().anyMatch(List::isEmpty) || sets instanceof TokenSets.Groups) {
            throw new IllegalArgumentException("within is " + within + ", texts are " + texts + ", sets " + sets);
        }
    }

    /**
     * What is known so far.
     *
     * @param texts in the order asked, those that are complete
     */
    public record Answer(List<AblatedText.Answer> texts) {
        public Answer {
            texts = List.copyOf(texts);
        }
    }

    /** The question about one of the texts. */
    public AblatedText of(int text) {
        List<Integer> ids = texts.get(text);
        return new AblatedText(model, sae, feature, ids, Math.max(0, ids.size() - within), sets, replacement);
    }

    @Override
    public Ablations begin() {
        return new Ablations();
    }

    @Override
    public long bytes(Answer answer) {
        return BYTES_OF_A_SET
                * answer.texts().stream().mapToLong(text -> text.sets().size()).sum();
    }

    /** One text after the other. */
    public final class Ablations implements Query.Sweep<Answer> {
        private final List<AblatedText.Answer> done = new ArrayList<>();
        private AblatedText.@Nullable Ablation now;

        private Ablations() {}

        @Override
        public boolean step(Scope scope) {
            if (done.size() == texts.size()) {
                return false;
            }
            if (now == null) {
                now = of(done.size()).begin();
            }
            if (!now.step(scope)) {
                done.add(now.result());
                now = null;
            }
            return done.size() < texts.size();
        }

        @Override
        public Answer result() {
            return new Answer(done);
        }

        @Override
        public double fraction() {
            return texts.isEmpty() ? 1 : (done.size() + (now == null ? 0 : now.fraction())) / texts.size();
        }
    }
}
