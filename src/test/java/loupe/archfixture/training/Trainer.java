package loupe.archfixture.training;

import ai.djl.ndarray.NDArray;

/** Multiplies by a number that the gradient needs. */
public class Trainer {
    NDArray halve(NDArray x) {
        return x.mul(0.5);
    }
}
