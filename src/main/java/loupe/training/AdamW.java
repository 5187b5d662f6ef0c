package loupe.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import loupe.lm.Scalars;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101; arithmetic as torch.optim.AdamW) on one
 * flat vector of parameters. With gradient g at step t: m = b1 m + (1-b1) g, v = b2 v + (1-b2) g^2, p = p (1 - lr
 * decay) - lr (m / (1-b1^t)) / (sqrt(v / (1-b2^t)) + eps). Device thread only.
 */
public final class AdamW {
    private final double beta1;
    private final double beta2;
    private final double epsilon;
    private final double decay;
    private final NDArray mean;
    private final NDArray square;
    private final NDArray parameters;
    private final NDArray decayed;
    private long steps;

    /**
     * @param decay weight decay per unit of learning rate
     * @param decayedCount how many of the first parameters decay
     */
    public AdamW(
            NDManager manager,
            NDArray parameters,
            long decayedCount,
            double beta1,
            double beta2,
            double epsilon,
            double decay) {
        this.parameters = parameters;
        this.decayed = parameters.get(new NDIndex("0:" + decayedCount));
        this.mean = manager.zeros(parameters.getShape());
        this.square = manager.zeros(parameters.getShape());
        this.beta1 = beta1;
        this.beta2 = beta2;
        this.epsilon = epsilon;
        this.decay = decay;
    }

    /** Moves the parameters by one step. The gradient is overwritten. */
    public void step(NDArray gradient, double learningRate) {
        steps++;
        Scalars.muli(decayed, 1 - learningRate * decay);
        try (NDArray part = Scalars.mul(gradient, 1 - beta1)) {
            Scalars.muli(mean, beta1).addi(part);
        }
        Scalars.muli(gradient.muli(gradient), 1 - beta2);
        Scalars.muli(square, beta2).addi(gradient);
        double bias1 = 1 - Math.pow(beta1, steps);
        double bias2 = 1 - Math.pow(beta2, steps);
        try (NDArray root = square.sqrt();
                NDArray update = Scalars.mul(mean, learningRate / bias1)) {
            Scalars.muli(root, 1 / Math.sqrt(bias2)).addi(epsilon);
            update.divi(root);
            parameters.subi(update);
        }
    }

    public long steps() {
        return steps;
    }

    public NDArray mean() {
        return mean;
    }

    public NDArray square() {
        return square;
    }

    /** Restores a saved state. */
    public void restore(float[] savedMean, float[] savedSquare, long savedSteps) {
        FlatCopies.write(mean, savedMean);
        FlatCopies.write(square, savedSquare);
        steps = savedSteps;
    }
}
