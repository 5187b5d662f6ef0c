package loupe.analysis.tokens;

import java.util.Random;
import loupe.analysis.ghost.GhostSource;
import loupe.analysis.ghost.TokenGeometry;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.tensor.HostTensor;

/**
 * The token list of a random direction under the same settings: a Gaussian vector at unit norm in the place of the
 * feature's direction. What a feature's list has beyond this one is the feature's.
 *
 * @param settings of the feature's list; no finished ghost, which has no direction to be replaced
 * @param seed of the random direction
 */
public record NullTokenList(ModelId model, TokenListSettings settings, long seed) implements Query.Single<TokenList> {
    public NullTokenList {
        if (settings.ghost().source() instanceof GhostSource.Finished) {
            throw new IllegalArgumentException("a finished ghost has no direction that a random one could replace");
        }
    }

    @Override
    public TokenList answer(Scope scope) {
        int dModel = scope.answer(new TokenGeometry(model)).centroid().length;
        TokenListSettings asked = settings.withGhost(settings.ghost().withSource(direction(seed, dModel)));
        return new TokenRanking().rank(scope.answer(new TokenColumns(model, asked.ghost(), settings.metric())), asked);
    }

    /** A Gaussian vector in both roles of a feature's direction. */
    static GhostSource.Directions direction(long seed, int dModel) {
        Random random = new Random(seed);
        float[] direction = new float[dModel];
        for (int i = 0; i < dModel; i++) {
            direction[i] = (float) random.nextGaussian();
        }
        HostTensor vector = new HostTensor(direction, dModel);
        return new GhostSource.Directions(vector, vector);
    }

    @Override
    public long bytes(TokenList answer) {
        return 20L * answer.size();
    }
}
