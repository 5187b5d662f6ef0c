package loupe.analysis.tokens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import loupe.TinyModel;
import loupe.analysis.TestDevice;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.TokenGeometry;
import loupe.base.Cancellation;
import loupe.inference.ModelId;
import loupe.inference.SaeId;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TokenFilterTest {
    private static final List<String> TEXTS = List.of(
            " robin",
            "Robin",
            " caf\u00e9",
            " \u0434\u043e\u043c",
            "\u9ce5",
            "\u9ce5\u304c",
            " 12",
            "ing",
            "a\u03b1",
            "<0xE2>",
            "<|endoftext|>",
            " don't",
            "<unused7>",
            "<13>",
            "",
            " ");

    private static TokenTraits traits(double... trained) {
        double[] norms = new double[TEXTS.size()];
        java.util.Arrays.fill(norms, 2);
        double[] distances = norms.clone();
        for (int i = 0; i < trained.length; i++) {
            distances[i] = 2 * trained[i];
        }
        return TokenTraits.of(
                TEXTS.size(),
                TEXTS::get,
                TokenGeometry.Answer.of(new double[] {1}, norms, new double[TEXTS.size()], distances),
                new Cancellation());
    }

    private static List<String> passing(TokenFilter filter) {
        return passing(traits(), filter);
    }

    private static List<String> passing(TokenTraits traits, TokenFilter filter) {
        TokenMask mask = traits.mask(filter, new Cancellation());
        List<Integer> kept =
                IntStream.range(0, TEXTS.size()).filter(mask::keeps).boxed().toList();
        assertThat(mask.count()).isEqualTo(kept.size());
        assertThat(mask.keeps(100_000)).isFalse();
        return kept.stream().map(TEXTS::get).toList();
    }

    @ParameterizedTest
    @CsvSource({
        "0, LATIN",
        "2, LATIN",
        "3, CYRILLIC",
        "4, HAN",
        "5, KANA",
        "6, NONE",
        "8, MIXED",
        "9, NONE",
        "10, NONE",
        "12, NONE",
        "13, NONE",
        "14, NONE"
    })
    void aTokenHasTheScriptOfItsLetters(int token, TokenScript script) {
        assertThat(traits().script(token)).as(TEXTS.get(token)).isEqualTo(script);
    }

    @Test
    void everyPartOfAFilterAsksWhatItSays() {
        TokenFilter none = TokenFilter.NONE;
        assertThat(passing(none.withScripts(Set.of(TokenScript.CYRILLIC, TokenScript.HAN))))
                .containsExactly(" \u0434\u043e\u043c", "\u9ce5");
        assertThat(passing(none.withSpace(TokenFilter.Space.LEADING)))
                .containsExactly(" robin", " caf\u00e9", " \u0434\u043e\u043c", " 12", " don't", " ");
        assertThat(passing(none.withSpace(TokenFilter.Space.WITHOUT).withScripts(Set.of(TokenScript.LATIN))))
                .containsExactly("Robin", "ing");
        assertThat(passing(none.withLettersOnly(true).withLength(4, 5)))
                .containsExactly(" robin", "Robin", " caf\u00e9");
        assertThat(passing(none.withText("ROBIN", false))).containsExactly(" robin", "Robin");
        assertThat(passing(none.withText("^ [a-z]+$|ing", true))).containsExactly(" robin", "ing");
        assertThat(traits().mask(none, new Cancellation())).isSameAs(TokenMask.ALL);
    }

    @Test
    void idsWithoutTextAndEmbeddingsNearTheCentroidAreUntrained() {
        TokenTraits traits = traits(0.49, 0.51, 1.7);
        assertThat(traits.trained(0)).isCloseTo(0.49, within(1e-6));
        List<String> trained = passing(traits, TokenFilter.NONE.withTrained(0.5));
        assertThat(trained)
                .doesNotContain(" robin", "<unused7>", "<13>")
                .contains("Robin", " caf\u00e9", "<0xE2>", "<|endoftext|>");
        assertThat(trained).hasSize(TEXTS.size() - 3);
    }

    @Test
    void senselessFiltersAreRefusedInWords() {
        assertThatThrownBy(() -> TokenFilter.NONE.withText("a(b", true))
                .hasMessageContaining("Invalid regular expression: a(b");
        assertThatThrownBy(() -> TokenFilter.NONE.withLength(4, 3)).hasMessageContaining("from 4 to 3");
        assertThat(TokenFilter.NONE.withText("", true)).isEqualTo(TokenFilter.NONE);
    }

    @ParameterizedTest
    @EnumSource(TokenMetric.class)
    void aFilteredListIsTheWholeListWithoutTheOthersInEveryMetric(TokenMetric metric) {
        try (TestDevice device = new TestDevice()) {
            Model model = Model.on(device);
            GhostSettings ghost = GhostSettings.encoder(model.sae, 1).withScale(2);
            TokenColumns.Answer columns = device.ask(new TokenColumns(model.id, ghost, metric));
            TokenListSettings all = new TokenListSettings(ghost, metric, 1.4, Model.VOCABULARY);
            TokenList whole = new TokenRanking().rank(columns, all);
            TokenMask third = TokenMask.of(Model.VOCABULARY, token -> token % 3 == 1);
            TokenList filtered =
                    new TokenRanking().rank(columns, all.withMask(third).withTop(25));
            int at = 0;
            for (int i = 0; i < whole.size() && at < filtered.size(); i++) {
                if (whole.tokens()[i] % 3 == 1) {
                    assertThat(filtered.tokens()[at]).isEqualTo(whole.tokens()[i]);
                    assertThat(filtered.scores()[at]).isEqualTo(whole.scores()[i]);
                    assertThat(filtered.cosines()[at]).isEqualTo(whole.cosines()[i]);
                    at++;
                }
            }
            assertThat(at).isEqualTo(25);
            assertThat(new TokenRanking()
                            .rank(columns, all.withMask(TokenMask.of(Model.VOCABULARY, token -> token == 7)))
                            .tokens())
                    .containsExactly(7);
            assertThat(new TokenRanking()
                            .rank(columns, all.withMask(TokenMask.of(Model.VOCABULARY, token -> false)))
                            .tokens())
                    .isEmpty();
            assertThat(device.ask(new NullTokenList(
                                    model.id, all.withMask(third).withTop(25), 3))
                            .tokens())
                    .hasSize(25)
                    .matches(ids -> IntStream.of(ids).allMatch(token -> token % 3 == 1));
        }
    }

    @Test
    void bothSidesAreTheTwoListsAndSayWhereTheirTokensStandInTheOther() {
        try (TestDevice device = new TestDevice()) {
            Model model = Model.on(device);
            GhostSettings ghost =
                    GhostSettings.encoder(model.sae, 2).withScale(2).withEncoderMix(0.3);
            TokenColumns.Answer columns = device.ask(new TokenColumns(model.id, ghost, TokenMetric.RATIO));
            TokenListSettings settings = new TokenListSettings(ghost, TokenMetric.RATIO, 1.4, 20);
            TokenSides both = TokenSides.of(new TokenRanking(), columns, settings);
            TokenList encoder = new TokenRanking()
                    .rank(columns, settings.withGhost(ghost.withEncoderMix(1)).withTop(Model.VOCABULARY));
            TokenList decoder = new TokenRanking()
                    .rank(columns, settings.withGhost(ghost.withEncoderMix(0)).withTop(Model.VOCABULARY));
            assertThat(both.deepest()).isEqualTo(Model.VOCABULARY);
            for (int i = 0; i < 20; i++) {
                assertThat(both.encoder().tokens()[i]).isEqualTo(encoder.tokens()[i]);
                assertThat(both.decoder().tokens()[i]).isEqualTo(decoder.tokens()[i]);
                assertThat(decoder.tokens()[both.encoderInDecoder()[i] - 1]).isEqualTo(encoder.tokens()[i]);
                assertThat(encoder.tokens()[both.decoderInEncoder()[i] - 1]).isEqualTo(decoder.tokens()[i]);
            }
            assertThat(both.shared()).isEqualTo((int) IntStream.of(both.decoderInEncoder())
                    .filter(rank -> rank <= 20)
                    .count());
        }
    }

    private record Model(ModelId id, SaeId sae) {
        static final int VOCABULARY = 260;

        static Model on(TestDevice device) {
            ModelConfig config = ModelConfig.gpt2(VOCABULARY, 8, 12, 1, 2);
            return new Model(
                    device.model("filtered", config, TinyModel.weights(config, 4)),
                    device.sae("sae", gaussian(12, 5, 1), gaussian(5, 12, 2)));
        }

        private static HostTensor gaussian(int rows, int columns, long seed) {
            Random random = new Random(seed);
            float[] data = new float[rows * columns];
            for (int i = 0; i < data.length; i++) {
                data[i] = (float) random.nextGaussian();
            }
            return new HostTensor(data, rows, columns);
        }
    }
}
