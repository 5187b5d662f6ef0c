package loupe.analysis.ghost;

import loupe.base.Refusal;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;

/**
 * The first principal components of the centred token embeddings. Needs {@link EmbeddingCovariance}, which takes long
 * for a large model; run that query in the background first.
 *
 * @param count how many, at most dModel
 */
public record PrincipalComponents(ModelId model, int count) implements Query.Single<PrincipalComponents.Answer> {
    public PrincipalComponents {
        if (count < 0) {
            throw new IllegalArgumentException("count is " + count);
        }
    }

    @Override
    public Answer answer(Scope scope) {
        EmbeddingCovariance.Answer covariance = scope.answer(new EmbeddingCovariance(model));
        if (count > covariance.dModel()) {
            throw new Refusal(
                    "There are weights for " + count + " principal components",
                    "at most " + covariance.dModel() + ", the dimensions of the embedding",
                    "Give fewer");
        }
        LeadingEigenvectors leading =
                LeadingEigenvectors.of(covariance.sums(), covariance.dModel(), count, scope.cancellation());
        double[] variances = new double[count];
        for (int i = 0; i < count; i++) {
            makePositive(leading.vectors()[i]);
            variances[i] = leading.values()[i] / covariance.tokens();
        }
        return new Answer(leading.vectors(), variances, covariance.totalVariance());
    }

    @Override
    public long bytes(Answer answer) {
        return 64
                + answer.directions().length
                        * 8L
                        * (answer.directions().length == 0 ? 0 : answer.directions()[0].length);
    }

    /** Turns a component so that its coordinate of largest magnitude is positive. */
    static void makePositive(double[] direction) {
        int largest = 0;
        for (int i = 1; i < direction.length; i++) {
            if (Math.abs(direction[i]) > Math.abs(direction[largest])) {
                largest = i;
            }
        }
        if (direction[largest] < 0) {
            for (int i = 0; i < direction.length; i++) {
                direction[i] = -direction[i];
            }
        }
    }

    /**
     * The principal components of the token embeddings.
     *
     * @param directions unit vectors of {@link PcaSign#POSITIVE}, the one of largest variance first; not to be written
     * @param variances variance along each, divided by the number of tokens
     * @param totalVariance over all coordinates
     */
    public record Answer(double[][] directions, double[] variances, double totalVariance) {}
}
