package loupe.analysis.tokenbias;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import loupe.analysis.tokenbias.TokenRule.Kind;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TokenRulesTest {
    private static final int VOCABULARY = 60;
    private static final int CONTEXT = 32;
    private static final int TOKENS = 40_000;
    /** Ids 50 and above are Cyrillic. */
    private static final IntFunction<String> TEXT =
            id -> id >= 50 ? " " + (char) (0x430 + id - 50) + "\u0439" : " w" + (char) ('a' + id % 26) + id;

    private static int[] ids;
    private static int[] previous;
    private static RuleCorpus corpus;
    private static TokenRules rules;

    @BeforeAll
    static void makeCorpus() {
        Random random = new Random(4);
        ids = random.ints(TOKENS, 0, VOCABULARY).toArray();
        for (int i = 1; i < TOKENS; i++) {
            ids[i] = ids[i - 1] == 5 && random.nextInt(3) == 0 ? 11 : ids[i];
        }
        previous = new int[TOKENS];
        int[] next = new int[TOKENS];
        int[] contexts = new int[TOKENS];
        for (int i = 0; i < TOKENS; i++) {
            contexts[i] = i / CONTEXT;
            previous[i] = i % CONTEXT == 0 ? RuleCorpus.NONE : ids[i - 1];
            next[i] = i % CONTEXT == CONTEXT - 1 || i == TOKENS - 1 ? RuleCorpus.NONE : ids[i + 1];
        }
        corpus = new RuleCorpus(ids, previous, next, contexts, VOCABULARY);
        rules = new TokenRules(corpus, TokenProperty.all(VOCABULARY, TEXT));
    }

    private static TokenRule best(IntPredicate active) {
        return rules.best(IntStream.range(0, TOKENS).filter(active).toArray(), TokenRules.Known.NOTHING)
                .orElseThrow();
    }

    private static void assertNamed(TokenRule rule, Kind kind, String words) {
        assertThat(rule.kind()).isEqualTo(kind);
        assertThat(rule.words(TEXT)).isEqualTo(words);
        assertThat(rule.score().balanced()).isGreaterThan(0.99);
        assertThat(rule.score().low())
                .isLessThanOrEqualTo(rule.score().balanced())
                .isGreaterThan(0.97);
        assertThat(rule.score().high()).isBetween(rule.score().balanced(), 1.0);
    }

    @Test
    void aFeatureOfOneTokenIsNamed() {
        assertNamed(best(i -> ids[i] == 7), Kind.TOKEN, "current token is \" wh7\"");
    }

    @Test
    void aFeatureOfASetOfTokensIsNamed() {
        Set<Integer> set = Set.of(3, 9, 12);
        TokenRule rule = best(i -> set.contains(ids[i]));
        assertThat(rule.tokens()).containsExactlyInAnyOrderElementsOf(set);
        assertThat(rule.kind()).isEqualTo(Kind.TOKENS);
        assertThat(rule.words(TEXT))
                .startsWith("current token in {")
                .contains("\" wd3\"")
                .endsWith("}");
        assertThat(rule.score().balanced()).isGreaterThan(0.99);
    }

    @Test
    void aFeatureOfABigramIsNamed() {
        assertNamed(
                best(i -> ids[i] == 11 && previous[i] == 5),
                Kind.BIGRAM,
                "previous and current token in {\" wf5\" \" wl11\"}");
    }

    @Test
    void aFeatureOfAScriptIsNamedThoughASetOfTokensSaysTheSame() {
        assertNamed(best(i -> ids[i] >= 50), Kind.TRAIT, "current token: script cyrillic");
    }

    @Test
    void aFeatureOfThePreviousTokenIsNamed() {
        assertNamed(best(i -> previous[i] == 20), Kind.PREVIOUS, "previous token in {\" wu20\"}");
    }

    @Test
    void randomFeaturesHaveNoRule() {
        for (int seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            double density = 0.005 * (1 + seed % 5);
            TokenRule rule = best(i -> random.nextDouble() < density);
            assertThat(rule.score().balanced()).as("seed %d", seed).isLessThan(0.6);
        }
    }

    @Test
    void whatAFeaturePromotesAndItsResidualsAreRulesToo() {
        int[] active = IntStream.range(0, TOKENS)
                .filter(i -> i + 1 < TOKENS && i % CONTEXT != CONTEXT - 1 && ids[i + 1] == 30)
                .toArray();
        assertThat(rules.best(active, new TokenRules.Known(new int[] {30, 31, 32}, null)))
                .hasValueSatisfying(rule -> {
                    assertThat(rule.kind()).isEqualTo(Kind.NEXT);
                    assertThat(rule.tokens()).containsExactly(30);
                    assertThat(rule.score().balanced()).isGreaterThan(0.99);
                });
        float[] cosines = new float[VOCABULARY];
        for (int id = 0; id < VOCABULARY; id++) {
            cosines[id] = id % 3 == 0 ? 0.8f + id * 0.001f : 0.1f;
        }
        int[] third = IntStream.range(0, TOKENS).filter(i -> ids[i] % 3 == 0).toArray();
        List<TokenRule> all = rules.all(third, new TokenRules.Known(new int[0], cosines));
        TokenRule unigram = all.get(all.size() - 1);
        assertThat(unigram.kind()).isEqualTo(Kind.UNIGRAM);
        assertThat(unigram.threshold()).isEqualTo(0.8f);
        assertThat(unigram.score().balanced()).isEqualTo(1);
    }

    @Test
    void aFeatureThatIsHardlyActiveHasNoRule() {
        assertThat(rules.best(new int[0], TokenRules.Known.NOTHING)).isEmpty();
        assertThat(rules.best(new int[] {5}, TokenRules.Known.NOTHING)).isEmpty();
    }

    @Test
    void theBalancedAccuracyAndItsIntervalAreThoseWorkedByHand() {
        RuleScore score = new RuleScore(9, 10, 5, 100);
        assertThat(score.balanced()).isEqualTo((0.9 + 0.95) / 2);
        // Wilson 95 %: 9 of 10 is 0.5958 to 0.9821, 95 of 100 is 0.8882 to 0.9785
        assertThat(score.low())
                .isCloseTo(0.925 - Math.hypot(0.3042, 0.0618) / 2, org.assertj.core.api.Assertions.within(1e-3));
        assertThat(score.high())
                .isCloseTo(0.925 + Math.hypot(0.0821, 0.0285) / 2, org.assertj.core.api.Assertions.within(1e-3));
    }
}
