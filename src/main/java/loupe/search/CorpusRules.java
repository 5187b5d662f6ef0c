package loupe.search;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import loupe.analysis.tokenbias.RuleCorpus;
import loupe.analysis.tokenbias.TokenProperty;
import loupe.analysis.tokenbias.TokenRule;
import loupe.analysis.tokenbias.TokenRules;
import loupe.base.Cancellation;
import loupe.base.Refusal;
import loupe.index.ActivationIndex;
import loupe.index.FeatureActivations;
import loupe.sae.SparseFeatures;

/**
 * The rules that explain features of an index, from its texts and activations. Reads the tokens of the whole corpus
 * once; then each feature takes as long as reading its activations.
 */
public final class CorpusRules {
    /** Tokens of a corpus that rules are made from at most: 40 bytes each in memory. */
    static final int MOST_TOKENS = 50_000_000;

    private final ActivationIndex index;
    private final int sae;
    private final TokenRules rules;
    /** For each running number its place among the counted tokens, -1 if it is none. */
    private final int[] places;

    /**
     * @param sae the autoencoder's place in the index
     * @param vocabulary how many ids there are
     * @param text of a token
     * @throws Refusal if the corpus is too large
     */
    public CorpusRules(
            ActivationIndex index, int sae, int vocabulary, IntFunction<String> text, Cancellation cancellation) {
        this.index = index;
        this.sae = sae;
        long all = index.info().places();
        if (all > MOST_TOKENS) {
            throw new Refusal(
                    "The index has " + all + " tokens",
                    "at most " + MOST_TOKENS + " to make rules from",
                    "Build an index of a part of the corpus");
        }
        places = new int[(int) all];
        Arrays.fill(places, -1);
        int[] ids = new int[places.length];
        int[] previous = new int[places.length];
        int[] next = new int[places.length];
        int[] contexts = new int[places.length];
        int[] count = {0};
        int length = index.info().contextLength();
        index.contexts(cancellation, (first, tokens, documents, counts) -> {
            for (int p = 0; p < tokens.length; p++) {
                if (counts.test(p)) {
                    int at = count[0]++;
                    places[first + p] = at;
                    ids[at] = tokens[p];
                    previous[at] = p > 0 && documents[p - 1] == documents[p] ? tokens[p - 1] : RuleCorpus.NONE;
                    next[at] =
                            p + 1 < tokens.length && documents[p + 1] == documents[p] ? tokens[p + 1] : RuleCorpus.NONE;
                    contexts[at] = first / length;
                }
            }
        });
        int n = count[0];
        RuleCorpus corpus = new RuleCorpus(
                Arrays.copyOf(ids, n),
                Arrays.copyOf(previous, n),
                Arrays.copyOf(next, n),
                Arrays.copyOf(contexts, n),
                vocabulary);
        rules = new TokenRules(corpus, TokenProperty.all(vocabulary, text));
    }

    /** The best rule of a feature; empty if it is hardly active. */
    public Optional<TokenRule> best(int feature, TokenRules.Known known) {
        return rules.best(active(feature), known);
    }

    /** One rule of each kind for a feature; none if it is hardly active. */
    public List<TokenRule> all(int feature, TokenRules.Known known) {
        return rules.all(active(feature), known);
    }

    private int[] active(int feature) {
        FeatureActivations activations = index.activations(sae, feature);
        return IntStream.range(0, activations.tokens().length)
                .filter(i -> SparseFeatures.isActive(activations.values()[i]))
                .map(i -> places[activations.tokens()[i]])
                .filter(place -> place >= 0)
                .toArray();
    }
}
