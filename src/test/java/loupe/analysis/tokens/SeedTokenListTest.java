package loupe.analysis.tokens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import loupe.analysis.ghost.SeedGolden;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Token lists against the notebook's {@code find_closest_tokens} (goldens {@code seed_gpt2}, {@code seed_gemma}). */
class SeedTokenListTest {
    @ParameterizedTest
    @CsvSource({
        "seed_gpt2, 0",
        "seed_gpt2, 1",
        "seed_gpt2, 2",
        "seed_gpt2, 3",
        "seed_gemma, 0",
        "seed_gemma, 1",
        "seed_gemma, 2",
        "seed_gemma, 3"
    })
    void theListIsTheRecordedOne(String name, int setting) throws IOException {
        try (SeedGolden golden = new SeedGolden(name)) {
            JsonNode expected = golden.setting(setting);
            TokenColumns.Answer columns =
                    golden.device.ask(new TokenColumns(golden.model, golden.ghost(setting), TokenMetric.RATIO));
            TokenList list = new TokenRanking()
                    .rank(
                            columns,
                            new TokenListSettings(
                                    golden.ghost(setting),
                                    TokenMetric.RATIO,
                                    expected.get("num_exp").asDouble(),
                                    50));
            assertThat(list.size()).isEqualTo(50);
            for (int i = 0; i < list.size(); i++) {
                assertThat(list.tokens()[i])
                        .as("rank %d", i)
                        .isEqualTo(expected.get("token_list_ids").get(i).asInt());
                double score = expected.get("token_list_ratios_f64").get(i).asDouble();
                assertThat(list.scores()[i]).isCloseTo(score, within(1e-6 * score));
            }
        }
    }
}
