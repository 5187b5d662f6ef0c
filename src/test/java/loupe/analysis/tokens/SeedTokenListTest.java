package loupe.analysis.tokens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import loupe.analysis.ghost.SeedGolden;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Token lists against the notebook's {@code find_closest_tokens} (golden {@code seed_gpt2}). */
class SeedTokenListTest {
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void theListIsTheRecordedOne(int setting) throws IOException {
        try (SeedGolden golden = new SeedGolden()) {
            JsonNode expected = golden.setting(setting);
            TokenColumns.Answer columns = golden.device.ask(new TokenColumns(golden.model, golden.ghost(setting), TokenMetric.RATIO));
            TokenList list = new TokenRanking().rank(columns,
                    new TokenListSettings(golden.ghost(setting), TokenMetric.RATIO, expected.get("num_exp").asDouble(), 50));
            assertThat(list.size()).isEqualTo(50);
            for (int i = 0; i < list.size(); i++) {
                assertThat(list.tokens()[i]).as("rank %d", i).isEqualTo(expected.get("token_list_ids").get(i).asInt());
                double score = expected.get("token_list_ratios_f64").get(i).asDouble();
                assertThat(list.scores()[i]).isCloseTo(score, within(1e-6 * score));
            }
        }
    }
}
