package loupe.analysis.features;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import loupe.analysis.DeviceArrays;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;

/** For every feature the norms of its two directions and the cosine between them: columns of the feature table. */
public record DirectionNorms(SaeId sae) implements Query.Single<DirectionNorms.Answer> {
    @Override
    public Answer answer(Scope scope) {
        NDArray encoder = new NeighbourSpace.Encoder(sae).rows(scope);
        NDArray decoder = new NeighbourSpace.Decoder(sae).rows(scope);
        int features = (int) decoder.getShape().get(0);
        float[] encoderNorms = norms(scope, encoder);
        float[] decoderNorms = norms(scope, decoder);
        float[] cosines = new float[features];
        boolean comparable = encoder.getShape().get(1) == decoder.getShape().get(1);
        DeviceArrays.forEachBlock(scope, decoder, DataType.FLOAT32, (first, rows) -> {
            NDArray same = DeviceArrays.rows(
                    rows.getManager(), encoder, first, first + rows.getShape().get(0));
            float[] products = comparable ? DeviceArrays.floats(rows.mul(same).sum(new int[] {1})) : new float[0];
            for (int i = 0; i < rows.getShape().get(0); i++) {
                double scale = (double) encoderNorms[first + i] * decoderNorms[first + i];
                cosines[first + i] = !comparable ? Float.NaN : scale == 0 ? 0 : (float) (products[i] / scale);
            }
        });
        return new Answer(encoderNorms, decoderNorms, cosines);
    }

    private static float[] norms(Scope scope, NDArray matrix) {
        float[] norms = new float[(int) matrix.getShape().get(0)];
        DeviceArrays.forEachBlock(scope, matrix, DataType.FLOAT32, (first, rows) -> {
            float[] block = DeviceArrays.floats(rows.square().sum(new int[] {1}).sqrt());
            System.arraycopy(block, 0, norms, first, block.length);
        });
        return norms;
    }

    @Override
    public long bytes(Answer answer) {
        return 12L * answer.cosines().length;
    }

    /**
     * One entry per feature; the arrays are not to be written.
     *
     * @param encoder |W_enc[:, i]|
     * @param decoder |W_dec[i]|
     * @param cosines between the two; NaN for a transcoder whose input and output differ in width
     */
    public record Answer(float[] encoder, float[] decoder, float[] cosines) {}
}
