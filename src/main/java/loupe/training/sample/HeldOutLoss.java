package loupe.training.sample;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import loupe.training.lm.BigramModel;
import loupe.training.lm.Gpt;

/**
 * How well a model predicts definitions it has never seen, beside the bigram model on the same tokens.
 *
 * @param model mean loss in nats per definition token, the text between the quotation marks
 * @param bigram the bigram model's mean loss on the same tokens
 * @param tokens how many tokens the means are over
 */
record HeldOutLoss(double model, double bigram, long tokens) {
    private static final int ROWS = 32;

    /**
     * Each sentence stands alone at the start of a context.
     *
     * @param sentences cut off where the context ends
     */
    static HeldOutLoss measure(NDManager manager, Gpt gpt, BigramModel bigram, List<TrainingText.Sentence> sentences) {
        List<TrainingText.Sentence> byLength = sentences.stream()
                .sorted(Comparator.comparingInt(s -> s.tokens().length))
                .toList();
        double loss = 0;
        double bigramLoss = 0;
        long counted = 0;
        for (int from = 0; from < byLength.size(); from += ROWS) {
            List<TrainingText.Sentence> batch = byLength.subList(from, Math.min(from + ROWS, byLength.size()));
            int length =
                    Math.min(gpt.config().context(), batch.get(batch.size() - 1).tokens().length - 1);
            long[] inputs = new long[batch.size() * length];
            long[] places = new long[inputs.length];
            long[] targets = new long[inputs.length];
            int count = 0;
            for (int row = 0; row < batch.size(); row++) {
                TrainingText.Sentence sentence = batch.get(row);
                for (int t = 0; t < Math.min(length, sentence.tokens().length - 1); t++) {
                    int at = row * length + t;
                    inputs[at] = sentence.tokens()[t];
                    if (t + 1 >= sentence.start() && t + 1 < sentence.end()) {
                        places[count] = at;
                        targets[count++] = sentence.tokens()[t + 1];
                        bigramLoss += bigram.loss(sentence.tokens()[t], sentence.tokens()[t + 1]);
                    }
                }
            }
            counted += count;
            try (NDManager step = manager.newSubManager()) {
                gpt.parameters().flat().lend(step);
                Shape shape = new Shape(batch.size(), length);
                loss += gpt.losses(
                                step.create(inputs, shape),
                                step.create(Arrays.copyOf(places, count)),
                                step.create(Arrays.copyOf(targets, count)))
                        .sum()
                        .getFloat();
            }
        }
        return new HeldOutLoss(loss / counted, bigramLoss / counted, counted);
    }
}
