package loupe.analysis.ghost;

import java.util.ArrayList;
import java.util.List;
import loupe.analysis.Fit;
import loupe.analysis.Vectors;
import loupe.base.Refusal;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.sae.SparseAutoencoder;
import loupe.tensor.HostTensor;

/**
 * The vectors that every ghost of one source is a combination of: the centroid, the unit encoder and decoder direction
 * and the first principal components; of a finished ghost, the centroid and the ghost. Given the answer, the ghost for
 * any setting of the sliders is computed on the host.
 *
 * @param components how many principal components, 0 or more
 */
public record GhostBasis(ModelId model, GhostSource source, int components) implements Query.Single<GhostBasis.Answer> {
    public GhostBasis {
        if (components < 0) {
            throw new IllegalArgumentException("components is " + components);
        }
        components = source instanceof GhostSource.Finished ? 0 : components;
    }

    /** The basis that {@code settings} need. */
    public GhostBasis(ModelId model, GhostSettings settings) {
        this(model, settings.source(), settings.components());
    }

    @Override
    public Answer answer(Scope scope) {
        List<double[]> vectors = new ArrayList<>();
        vectors.add(scope.answer(new TokenGeometry(model)).centroid());
        if (source instanceof GhostSource.Feature feature) {
            SparseAutoencoder sae = scope.sae(feature.sae());
            if (feature.index() < 0 || feature.index() >= sae.config().dSae()) {
                throw new Refusal(
                        "There is no feature " + feature.index(),
                        "0 to " + (sae.config().dSae() - 1),
                        "Choose a feature of the checkpoint");
            }
            new Fit(scope.embeddings(model).config(), sae.config())
                    .misfitOfGhost()
                    .ifPresent(misfit -> {
                        throw misfit.refusal(feature.sae().name(), model.name());
                    });
            vectors.add(Vectors.unit(widen(sae.encoderDirection(feature.index()))));
            vectors.add(Vectors.unit(widen(sae.decoderDirection(feature.index()))));
        } else if (source instanceof GhostSource.Directions directions) {
            vectors.add(Vectors.unit(Vectors.doubles(directions.encoder())));
            vectors.add(Vectors.unit(Vectors.doubles(directions.decoder())));
        } else if (source instanceof GhostSource.Finished finished) {
            vectors.add(Vectors.doubles(finished.vector()));
        }
        vectors.forEach(vector -> Vectors.requireFinite("The direction of the ghost", vector));
        int dModel = vectors.get(0).length;
        for (double[] vector : vectors) {
            if (vector.length != dModel) {
                throw new Refusal(
                        "The vector has " + vector.length + " dimensions",
                        dModel + ", as the embedding of " + model.name(),
                        "Choose a vector made for this model");
            }
        }
        if (components > 0) {
            vectors.addAll(List.of(
                    scope.answer(new PrincipalComponents(model, components)).directions()));
        }
        return Answer.of(source, components, vectors.toArray(double[][]::new));
    }

    private static double[] widen(float[] values) {
        return Vectors.doubles(new HostTensor(values, values.length));
    }

    @Override
    public long bytes(Answer answer) {
        return 8L * answer.vectors().length * answer.vectors()[0].length;
    }

    /** a^T G a. */
    public static double quadratic(double[][] gram, double[] a) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a.length; j++) {
                sum += a[i] * a[j] * gram[i][j];
            }
        }
        return sum;
    }

    /**
     * The vectors that a feature's ghosts are mixed from.
     *
     * @param vectors centroid, encoder, decoder, components; or centroid, finished ghost; each of dModel values, not to
     *     be written
     * @param gram their inner products
     */
    public record Answer(GhostSource source, int components, double[][] vectors, double[][] gram) {
        private static final int ENCODER = 1;
        private static final int DECODER = 2;
        private static final int FIRST_COMPONENT = 3;

        static Answer of(GhostSource source, int components, double[][] vectors) {
            double[][] gram = new double[vectors.length][vectors.length];
            for (int i = 0; i < vectors.length; i++) {
                for (int j = 0; j < vectors.length; j++) {
                    gram[i][j] = Vectors.dot(vectors[i], vectors[j]);
                }
            }
            return new Answer(source, components, vectors, gram);
        }

        /**
         * The ghost as a combination of {@link #vectors}.
         *
         * @throws IllegalArgumentException if the settings are of another source or need more components
         */
        public double[] coefficients(GhostSettings settings) {
            if (!source.equals(settings.source())) {
                throw new IllegalArgumentException("source is " + settings.source() + ", the basis is of " + source);
            }
            if (settings.components() > components) {
                throw new IllegalArgumentException(
                        "pcaWeights are " + settings.pcaWeights() + ", the basis has " + components + " components");
            }
            double[] coefficients = direction(settings);
            if (source instanceof GhostSource.Finished) {
                return coefficients;
            }
            for (int i = 0; i < coefficients.length; i++) {
                coefficients[i] *= settings.scale();
            }
            coefficients[0] = settings.centroid() ? 1 : 0;
            return coefficients;
        }

        /** u of {@link GhostSettings} as a combination. */
        private double[] direction(GhostSettings settings) {
            double[] u = new double[vectors.length];
            if (source instanceof GhostSource.Finished) {
                u[1] = 1;
                return u;
            }
            double a = settings.encoderMix();
            double rest = 1
                    - settings.pcaWeights().stream()
                            .mapToDouble(Double::doubleValue)
                            .sum();
            u[ENCODER] = a * rest;
            u[DECODER] = (1 - a) * rest;
            for (int j = 0; j < settings.components(); j++) {
                u[FIRST_COMPONENT + j] =
                        settings.pcaWeights().get(j) * settings.pcaSign().factor();
            }
            return u;
        }

        /**
         * The unit decoder direction.
         *
         * @throws IllegalStateException of a finished ghost, which has none
         */
        public double[] decoder() {
            if (source instanceof GhostSource.Finished) {
                throw new IllegalStateException("a finished ghost has no decoder direction");
            }
            return vectors[DECODER];
        }

        /** The ghost itself. */
        public GhostVector vector(GhostSettings settings) {
            double[] ghost = combine(coefficients(settings));
            double[] direction = combine(direction(settings));
            return new GhostVector(
                    Vectors.tensor(ghost),
                    Vectors.tensor(vectors[0]),
                    Vectors.tensor(source instanceof GhostSource.Finished ? Vectors.unit(direction) : direction));
        }

        private double[] combine(double[] coefficients) {
            double[] sum = new double[vectors[0].length];
            for (int i = 0; i < coefficients.length; i++) {
                Vectors.addScaled(sum, coefficients[i], vectors[i]);
            }
            return sum;
        }
    }
}
