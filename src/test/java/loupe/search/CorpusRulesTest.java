package loupe.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import loupe.analysis.tokenbias.RuleScore;
import loupe.analysis.tokenbias.TokenRule;
import loupe.analysis.tokenbias.TokenRules;
import loupe.base.Cancellation;
import loupe.index.ActivationIndex;
import loupe.index.PlantedIndex;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rules of an index whose feature f below 5 is active where the token's id leaves f when divided by 5. */
class CorpusRulesTest {
    private static final int CONTEXT = 16;
    private static final int VOCABULARY = 97;
    private static final int FEATURE = 1;

    @TempDir
    Path folder;

    private int[] ids;

    @Test
    void scoresAreThoseOfAPlainCountOverTheContextsHeldOut() throws Exception {
        Path built = PlantedIndex.build(folder.resolve("index"));
        ids = Arrays.stream(Files.readString(folder.resolve("corpus.txt")).split(" "))
                .mapToInt(Integer::parseInt)
                .toArray();
        try (ActivationIndex index = ActivationIndex.open(built)) {
            CorpusRules rules = new CorpusRules(index, 0, VOCABULARY, id -> " " + id, new Cancellation());
            TokenRules.Known known = new TokenRules.Known(new int[] {1, 2, 6, 11}, null);
            TokenRule best = rules.best(FEATURE, known).orElseThrow();
            assertThat(best.kind()).isEqualTo(TokenRule.Kind.TOKENS);
            assertThat(best.tokens()).isNotEmpty().allMatch(id -> id % 5 == FEATURE);
            List<TokenRule> all = rules.all(FEATURE, known);
            assertThat(all)
                    .extracting(TokenRule::kind)
                    .contains(
                            TokenRule.Kind.TOKEN,
                            TokenRule.Kind.TOKENS,
                            TokenRule.Kind.PREVIOUS,
                            TokenRule.Kind.BIGRAM,
                            TokenRule.Kind.PROMOTED);
            for (TokenRule rule : all) {
                if (rule.kind() != TokenRule.Kind.TRAIT) {
                    assertThat(rule.score()).as(rule.kind().word()).isEqualTo(counted(place -> holds(rule, place)));
                }
            }
            assertThat(rules.best(7, known)).as("never active").isEmpty();
        }
    }

    private boolean holds(TokenRule rule, int place) {
        int before = place % CONTEXT == 0 ? -1 : ids[place - 1];
        int after = place % CONTEXT == CONTEXT - 1 || place == ids.length - 1 ? -1 : ids[place + 1];
        return switch (rule.kind()) {
            case PREVIOUS -> rule.tokens().contains(before);
            case NEXT -> rule.tokens().contains(after);
            case BIGRAM -> {
                boolean found = false;
                for (int i = 0; i < rule.tokens().size(); i += 2) {
                    found |= rule.tokens().get(i) == before && rule.tokens().get(i + 1) == ids[place];
                }
                yield found;
            }
            default -> rule.tokens().contains(ids[place]);
        };
    }

    /** Over the quarter of the contexts whose scrambled numbers begin with two ones. */
    private RuleScore counted(IntPredicate holds) {
        long[] counts = new long[4];
        for (int place = 0; place < ids.length; place++) {
            if ((place / CONTEXT * 0x9E3779B9) >>> 30 == 3) {
                boolean active = ids[place] % 5 == FEATURE;
                counts[active ? 1 : 3]++;
                if (holds.test(place)) {
                    counts[active ? 0 : 2]++;
                }
            }
        }
        return new RuleScore(counts[0], counts[1], counts[2], counts[3]);
    }
}
