package loupe.analysis.dream;

import java.util.ArrayList;
import java.util.List;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;

/**
 * Texts measured as a search measures those that it tries: what they give at their last token, and how likely they are.
 *
 * @param texts of any length each
 */
public record TextMeasures(ModelId model, DreamTarget target, List<Text> texts)
        implements Query.Stepped<List<TextMeasures.Measured>> {
    /** Tokens run in one step, or one text. */
    private static final int STEP_TOKENS = 256;

    public TextMeasures {
        texts = List.copyOf(texts);
    }

    /**
     * A text.
     *
     * @param before tokens in front of it, whose likelihood does not count
     */
    public record Text(List<Integer> before, List<Integer> ids) {
        public Text {
            before = List.copyOf(before);
            ids = List.copyOf(ids);
            if (ids.isEmpty()) {
                throw new IllegalArgumentException("a text is empty, at least one token is needed");
            }
        }
    }

    /**
     * What a text gives.
     *
     * @param activations of the feature at each token of the text, without those before it
     */
    public record Measured(DreamText text, List<Float> activations) {}

    @Override
    public Sweep begin() {
        return new Sweep();
    }

    /** One text after the other. */
    public final class Sweep implements Query.Sweep<List<Measured>> {
        private final List<Measured> done = new ArrayList<>();

        private Sweep() {}

        @Override
        public boolean step(Scope scope) {
            int tokens = 0;
            while (done.size() < texts.size() && tokens < STEP_TOKENS) {
                Text text = texts.get(done.size());
                int[] row = Ids.row(text.before(), text.ids());
                DreamPass pass =
                        new DreamPass(scope, model, target, text.before().size());
                DreamText measured = pass.texts(new int[][] {row}).get(0);
                float[] everywhere = pass.activations(row);
                List<Float> activations = new ArrayList<>();
                for (int t = text.before().size(); t < row.length; t++) {
                    activations.add(everywhere[t]);
                }
                done.add(new Measured(measured, List.copyOf(activations)));
                tokens += row.length;
            }
            return done.size() < texts.size();
        }

        @Override
        public List<Measured> result() {
            return List.copyOf(done);
        }

        @Override
        public double fraction() {
            return texts.isEmpty() ? 1 : (double) done.size() / texts.size();
        }
    }

    @Override
    public long bytes(List<Measured> answer) {
        return answer.stream()
                .mapToLong(one -> 100 + 40L * one.text().ids().size())
                .sum();
    }
}
