package loupe.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.Map;
import java.util.Random;
import loupe.TinyModel;
import loupe.tensor.HeldMemory;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;

class LanguageModelGradientTest {
    private static final int[] IDS = {5, 260, 17, 299, 0, 44, 17};
    /** Of the double-precision differences; their own error is about the square of it. */
    private static final double STEP = 1e-4;

    /**
     * Entries drawn at random from every parameter, to 1e-5 + 1e-3 of the gradient, which is about 0.1; whatever the
     * collector frees after the forward pass.
     */
    @Test
    void gradientsOfTheLossEqualFiniteDifferences() {
        Random random = new Random(3);
        Map<String, HostTensor> weights = TinyModel.weights();
        try (NDManager base = NDManager.newBaseManager()) {
            LanguageModel model = TinyModel.on(base);
            model.parameters().values().forEach(parameter -> parameter.setRequiresGradient(true));
            try (NDManager step = base.newSubManager();
                    GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                NDArray logProbabilities = model.forward(step, Input.of(IDS)).logSoftmax(-1);
                int n = IDS.length - 1;
                long[] next = new long[n];
                for (int t = 0; t < n; t++) {
                    next[t] = IDS[t + 1];
                }
                NDArray loss = logProbabilities
                        .get(":, :{}", n)
                        .reshape(n, TinyModel.VOCABULARY)
                        .gather(step.create(next, new Shape(n, 1)), 1)
                        .mean()
                        .neg();
                assertThat((double) loss.getFloat()).isCloseTo(loss(weights), within(1e-5));
                HeldMemory.freeGarbage();
                collector.backward(loss);
            }
            weights.forEach((name, tensor) -> {
                float[] gradient = model.parameters().get(name).getGradient().toFloatArray();
                for (int draw = 0; draw < 6; draw++) {
                    // rows and positions that the text does not use have no gradient through the input, so look where
                    // it does
                    int row = name.endsWith("wte.weight")
                            ? IDS[draw]
                            : name.endsWith("wpe.weight") ? draw : random.nextInt(tensor.rows());
                    int i = row * tensor.size(-1) + random.nextInt(tensor.size(-1));
                    float kept = tensor.data()[i];
                    tensor.data()[i] = (float) (kept + STEP);
                    double up = loss(weights);
                    double moved = tensor.data()[i];
                    tensor.data()[i] = (float) (kept - STEP);
                    double difference = (up - loss(weights)) / (moved - tensor.data()[i]);
                    tensor.data()[i] = kept;
                    assertThat((double) gradient[i])
                            .as(name + " " + i)
                            .isCloseTo(difference, within(1e-5 + 1e-3 * Math.abs(difference)));
                }
            });
        }
    }

    private static double loss(Map<String, HostTensor> weights) {
        double[][] logits = new PlainGpt2(TinyModel.CONFIG, weights).logits(IDS);
        double sum = 0;
        for (int t = 0; t + 1 < IDS.length; t++) {
            double total = 0;
            for (double logit : logits[t]) {
                total += Math.exp(logit);
            }
            sum += Math.log(total) - logits[t][IDS[t + 1]];
        }
        return sum / (IDS.length - 1);
    }
}
