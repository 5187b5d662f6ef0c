package loupe.analysis.tokens;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import loupe.analysis.DeviceArrays;
import loupe.analysis.Vectors;
import loupe.analysis.ghost.GhostBasis;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.GhostSource;
import loupe.analysis.ghost.TokenGeometry;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;

/**
 * Everything that a token list needs from the device: the products of all token embeddings with the vectors a ghost is
 * combined from. One answer per feature; {@link TokenRanking} makes a list of it for every position of the sliders.
 *
 * @param components how many principal components the sliders may use
 * @param metric what the lists will be ranked by; the metrics that need no more than the products share one query
 */
public record TokenColumns(ModelId model, GhostSource source, int components, TokenMetric metric)
        implements Query.Single<TokenColumns.Answer> {
    /** Up to this many elements the embedding is multiplied in float64, beyond it in float32, four times faster. */
    private static final long DOUBLE_ELEMENTS = 1 << 26;

    public TokenColumns {
        components = source instanceof GhostSource.Finished ? 0 : components;
        metric = metric == TokenMetric.CSLS || metric == TokenMetric.MAHALANOBIS ? metric : TokenMetric.RATIO;
    }

    /** The columns for these settings and every other position of the sliders with as many components. */
    public TokenColumns(ModelId model, GhostSettings settings, TokenMetric metric) {
        this(model, settings.source(), settings.components(), metric);
    }

    @Override
    public Answer answer(Scope scope) {
        GhostBasis.Answer basis = scope.answer(new GhostBasis(model, source, components));
        TokenGeometry.Answer geometry = scope.answer(new TokenGeometry(model));
        NDArray embedding = scope.embeddings(model).embedding();
        double[][] products = products(scope, embedding, basis.vectors());
        products[0] = geometry.centroidProducts();
        Optional<TokenHubness.Answer> hubness =
                metric == TokenMetric.CSLS ? Optional.of(scope.answer(new TokenHubness(model))) : Optional.empty();
        Optional<Whitened> whitened =
                metric == TokenMetric.MAHALANOBIS ? Optional.of(whitened(scope, embedding, basis)) : Optional.empty();
        return new Answer(
                basis,
                geometry,
                products,
                hubness,
                whitened,
                scope.embeddings(model).tokens());
    }

    /**
     * The columns of several sources, the embedding read once for all of them. Those of each are answered as if it were
     * asked alone.
     */
    static List<Answer> ofAll(
            Scope scope, ModelId model, List<GhostSource> sources, int components, TokenMetric metric) {
        if (metric == TokenMetric.CSLS || metric == TokenMetric.MAHALANOBIS) {
            return sources.stream()
                    .map(source -> new TokenColumns(model, source, components, metric).answer(scope))
                    .toList();
        }
        TokenGeometry.Answer geometry = scope.answer(new TokenGeometry(model));
        List<GhostBasis.Answer> bases = sources.stream()
                .map(source -> new GhostBasis(model, source, components).answer(scope))
                .toList();
        double[][] vectors =
                bases.stream().flatMap(basis -> Stream.of(basis.vectors())).toArray(double[][]::new);
        double[][] products = products(scope, scope.embeddings(model).embedding(), vectors);
        int tokens = scope.embeddings(model).tokens();
        List<Answer> answers = new ArrayList<>();
        int first = 0;
        for (GhostBasis.Answer basis : bases) {
            double[][] own = Arrays.copyOfRange(products, first, first + basis.vectors().length);
            own[0] = geometry.centroidProducts();
            answers.add(new Answer(basis, geometry, own, Optional.empty(), Optional.empty(), tokens));
            first += basis.vectors().length;
        }
        return answers;
    }

    private Whitened whitened(Scope scope, NDArray embedding, GhostBasis.Answer basis) {
        EmbeddingPrecision.Answer precision = scope.answer(new EmbeddingPrecision(model));
        int size = basis.vectors().length;
        double[][] images = new double[size][];
        double[][] gram = new double[size][size];
        for (int i = 0; i < size; i++) {
            images[i] = precision.times(basis.vectors()[i]);
            for (int j = 0; j < size; j++) {
                gram[i][j] = Vectors.dot(images[i], basis.vectors()[j]);
            }
        }
        return new Whitened(products(scope, embedding, images), gram, precision.squares());
    }

    /** The products of every row with each vector, one array per vector. */
    private static double[][] products(Scope scope, NDArray embedding, double[][] vectors) {
        int tokens = (int) embedding.getShape().get(0);
        int dModel = (int) embedding.getShape().get(1);
        int count = vectors.length;
        double[] flat = new double[count * dModel];
        for (int i = 0; i < count; i++) {
            System.arraycopy(vectors[i], 0, flat, i * dModel, dModel);
        }
        DataType type = embedding.size() <= DOUBLE_ELEMENTS ? DataType.FLOAT64 : DataType.FLOAT32;
        NDArray columns = scope.arrays()
                .create(flat, new Shape(count, dModel))
                .toType(type, false)
                .transpose();
        double[][] products = new double[count][tokens];
        DeviceArrays.forEachBlock(scope, embedding, type, (first, rows) -> {
            double[] block = DeviceArrays.doubles(rows.matMul(columns));
            for (int row = 0; row < block.length / count; row++) {
                for (int i = 0; i < count; i++) {
                    products[i][first + row] = block[row * count + i];
                }
            }
        });
        return products;
    }

    @Override
    public long bytes(Answer answer) {
        return 8L
                * answer.geometry().tokens()
                * (answer.products().length + (answer.whitened().isPresent() ? answer.products().length : 0));
    }

    /**
     * For every token, its products with the vectors that ghosts are mixed from.
     *
     * @param products E_t . b for each vector b of the basis, one array of V values per vector; not to be written
     * @param hubness present for {@link TokenMetric#CSLS}
     * @param whitened present for {@link TokenMetric#MAHALANOBIS}
     * @param tokens how many of the V are tokens and may be listed, the first ones
     */
    public record Answer(
            GhostBasis.Answer basis,
            TokenGeometry.Answer geometry,
            double[][] products,
            Optional<TokenHubness.Answer> hubness,
            Optional<Whitened> whitened,
            int tokens) {}

    /**
     * The same under the inverse covariance P.
     *
     * @param products E_t^T P b for each vector b of the basis
     * @param gram b_i^T P b_j
     * @param squares E_t^T P E_t
     */
    public record Whitened(double[][] products, double[][] gram, double[] squares) {}
}
