package loupe.analysis.tokenbias;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import loupe.analysis.DeviceArrays;
import loupe.analysis.features.NeighbourSpace;
import loupe.base.Refusal;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;

/**
 * How like each token's bias B_t is to its unigram residual r_t, as the model computes it: their cosine, and B_t . r_t
 * / |r_t|^2, which is 1 where the bias has all of the residual.
 */
public record BiasResiduals(SaeId sae, UnigramTable residuals) implements Query.Single<BiasResiduals.Answer> {
    @Override
    public Answer answer(Scope scope) {
        NDArray biases = new NeighbourSpace.Biases(sae).rows(scope);
        requireSameShape(biases, residuals);
        float[] cosines = new float[residuals.tokens()];
        float[] shares = new float[cosines.length];
        residuals.forEachBlock(scope, DeviceArrays.blockRows(residuals.width()), (first, rows) -> {
            NDArray r = rows.toType(DataType.FLOAT64, false);
            NDArray b = DeviceArrays.rows(
                            rows.getManager(),
                            biases,
                            first,
                            first + rows.getShape().get(0))
                    .toType(DataType.FLOAT64, false);
            double[] products = DeviceArrays.doubles(b.mul(r).sum(new int[] {1}));
            double[] ofBias = DeviceArrays.doubles(b.square().sum(new int[] {1}));
            double[] ofResidual = DeviceArrays.doubles(r.square().sum(new int[] {1}));
            for (int i = 0; i < products.length; i++) {
                double scale = Math.sqrt(ofBias[i] * ofResidual[i]);
                cosines[first + i] = scale == 0 ? 0 : (float) (products[i] / scale);
                shares[first + i] = ofResidual[i] == 0 ? 0 : (float) (products[i] / ofResidual[i]);
            }
        });
        return new Answer(cosines, shares);
    }

    /** @throws Refusal if there is not a residual of the same width for each bias */
    static void requireSameShape(NDArray biases, UnigramTable residuals) {
        if (biases.getShape().get(0) != residuals.tokens() || biases.getShape().get(1) != residuals.width()) {
            throw new Refusal(
                    "The biases are " + biases.getShape().get(0) + " of "
                            + biases.getShape().get(1) + " numbers, the unigram residuals " + residuals.tokens()
                            + " of " + residuals.width(),
                    "one of each for every token",
                    "Choose the hook point that the checkpoint writes to, and the model it was made for");
        }
    }

    @Override
    public long bytes(Answer answer) {
        return 8L * answer.cosines().length;
    }

    /**
     * One entry per token; the arrays are not to be written.
     *
     * @param cosines of bias and residual; 0 where one of them is
     * @param shares lookup_sim, the bias's part along the residual in units of it
     */
    public record Answer(float[] cosines, float[] shares) {}
}
