package loupe.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import loupe.base.HookPoint.Site;
import loupe.lm.ModelConfig.MlpActivation;
import org.jspecify.annotations.Nullable;

/**
 * The multilayer perceptron of a block: act(x W_in + b_in) W_out + b_out, or, gated, (act(x W_gate + b_gate) * (x W_in
 * + b_in)) W_out + b_out.
 *
 * @param gate (dModel, dMlp); null if there is no gate
 * @param gateBias (dMlp); null if there is none
 * @param in (dModel, dMlp)
 * @param inBias (dMlp); null if there is none
 * @param out (dMlp, dModel)
 * @param outBias (dModel); null if there is none
 */
record Mlp(
        int layer,
        MlpActivation activation,
        @Nullable NDArray gate,
        @Nullable NDArray gateBias,
        NDArray in,
        @Nullable NDArray inBias,
        NDArray out,
        @Nullable NDArray outBias) {
    /** sqrt(2/pi) * 2, twice the factor inside the tanh of gelu_new. */
    private static final double TWICE_ROOT_2_OVER_PI = 2 * Math.sqrt(2 / Math.PI);

    /** @param x (B, T, dModel), normalised */
    NDArray apply(Pass pass, NDArray x) {
        NDArray straight = affine(x, in, inBias);
        NDArray post;
        if (gate == null) {
            post = activate(pass.show(Site.MLP_PRE, layer, straight));
        } else {
            NDArray open = activate(pass.show(Site.MLP_PRE, layer, affine(x, gate, gateBias)));
            post = open.mul(pass.show(Site.MLP_PRE_LINEAR, layer, straight));
        }
        return affine(pass.show(Site.MLP_POST, layer, post), out, outBias);
    }

    /** x W + b; the bias is added in place, which leaves no second copy and does not disturb gradients. */
    static NDArray affine(NDArray x, NDArray weight, @Nullable NDArray bias) {
        NDArray product = FewRows.times(x, weight);
        return bias == null ? product : product.addi(bias);
    }

    private NDArray activate(NDArray x) {
        return switch (activation) {
            case GELU -> Activation.gelu(x);
            case GELU_NEW -> geluNew(x);
            case SILU -> x.mul(Activation.sigmoid(x));
            case RELU -> Activation.relu(x);
        };
    }

    /**
     * x/2 (1 + tanh(u)) = x sigmoid(2u) with u = sqrt(2/pi) (x + 0.044715 x^3): one transcendental and few passes over
     * memory.
     */
    private static NDArray geluNew(NDArray x) {
        NDArray twiceU = Scalars.muli(x.square(), 0.044715 * TWICE_ROOT_2_OVER_PI)
                .addi(TWICE_ROOT_2_OVER_PI)
                .mul(x);
        return x.mul(Activation.sigmoid(twiceU));
    }
}
