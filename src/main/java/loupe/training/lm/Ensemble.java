package loupe.training.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import loupe.training.FlatCopies;

/**
 * An ensemble of models: the mean of their probabilities. Models trained separately make different errors, so that the
 * mean predicts unseen text better than each of them does. Device thread only.
 */
public final class Ensemble {
    private final NDManager manager;
    private final List<Gpt> models;

    /** @param models of one vocabulary and context */
    public Ensemble(NDManager manager, List<Gpt> models) {
        this.manager = manager;
        this.models = List.copyOf(models);
    }

    /**
     * Next tokens drawn from the ensemble's distribution at every place of a batch. The draws of a place are spread: of
     * S draws one comes from each 1/S of the probability, so that they stand for the distribution better than as many
     * independent ones, and as exactly on average.
     *
     * @param rows contexts of the batch
     * @param draws S
     * @return (N, S) flattened, N the places
     */
    public long[] draw(TrainingContexts.Batch batch, int rows, int draws, SplittableRandom random) {
        int vocabulary = models.get(0).config().vocabularySize();
        float[] probabilities;
        try (NDManager step = manager.newSubManager()) {
            NDArray inputs = step.create(batch.inputs(), new Shape(rows, batch.inputs().length / rows));
            NDArray places = step.create(batch.places());
            NDArray sum = null;
            for (Gpt model : models) {
                model.parameters().flat().lend(step);
                NDArray hidden = model.hidden(inputs, UnaryOperator.identity()).get(new NDIndex("{}", places));
                NDArray own = model.logits(hidden).softmax(-1);
                sum = sum == null ? own : sum.addi(own);
            }
            probabilities = FlatCopies.read(Objects.requireNonNull(sum));
        }
        long[] drawn = new long[batch.places().length * draws];
        for (int place = 0; place < batch.places().length; place++) {
            drawSpread(probabilities, place * vocabulary, vocabulary, draws, random, drawn, place * draws);
        }
        return drawn;
    }

    private static void drawSpread(
            float[] weights, int from, int count, int draws, SplittableRandom random, long[] drawn, int to) {
        double total = 0;
        for (int i = 0; i < count; i++) {
            total += weights[from + i];
        }
        int token = 0;
        double passed = weights[from];
        for (int draw = 0; draw < draws; draw++) {
            double wanted = total * (draw + random.nextDouble()) / draws;
            while (passed <= wanted && token < count - 1) {
                token++;
                passed += weights[from + token];
            }
            drawn[to + draw] = token;
        }
    }
}
