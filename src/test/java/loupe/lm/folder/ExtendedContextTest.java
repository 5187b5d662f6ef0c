package loupe.lm.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import loupe.Trial;
import loupe.base.CheckpointException;
import loupe.lm.Rotary;
import org.junit.jupiter.api.Test;

/** Rotary frequencies of models whose context was extended, by hand as transformers 5 computes them. */
class ExtendedContextTest {
    private static Rotary read(String json, int dHead) throws IOException {
        ObjectNode node = (ObjectNode) new ObjectMapper().readTree(json);
        return RotarySettings.read(new ConfigFile(Path.of("config.json"), node), "full_attention", dHead, 10000, 1);
    }

    private static void assertFrequencies(List<Double> found, double... expected) {
        assertThat(found).hasSize(expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertThat(found.get(i)).as("pair " + i).isCloseTo(expected[i], within(1e-12 + 1e-9 * expected[i]));
        }
    }

    /**
     * Eight dimensions, base 10^4, frequencies 1, .1, .01, .001. The pair that turns b times in c positions has the
     * index 8 ln(c / 2 pi b) / (2 ln 10^4). c = 1000, b = 32: .696, down to 0. b = 1: 2.2017, up to 3. So pair i is
     * slowed down fourfold to the share i / 3: 1, .1 (2/3 + 1/12), .01 (1/3 + 1/6), .001 / 4.
     */
    @Test
    void yarnSlowsDownThePairsThatTurnLeast() throws IOException {
        Rotary rotary = read(
                "{\"rope_theta\": 10000, \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4,"
                        + " \"original_max_position_embeddings\": 1000}, \"max_position_embeddings\": 4000}",
                8);
        assertFrequencies(rotary.frequencies(), 1, 0.075, 0.005, 0.00025);
        assertThat(rotary.factor()).isCloseTo(0.1 * Math.log(4) + 1, within(1e-12));
    }

    /** Without rounding the shares are (i - .6963...) / (2.2016... - .6963...), cut to [0, 1]. */
    @Test
    void yarnMayLeaveItsBordersUnrounded() throws IOException {
        Rotary rotary = read(
                "{\"rope_parameters\": {\"rope_type\": \"yarn\", \"rope_theta\": 10000, \"factor\": 4, "
                        + "\"truncate\": false,"
                        + " \"original_max_position_embeddings\": 1000}, \"max_position_embeddings\": 4000}",
                8);
        double low = 4 * Math.log(1000 / (64 * Math.PI)) / Math.log(10000);
        double high = 4 * Math.log(1000 / (2 * Math.PI)) / Math.log(10000);
        double one = (1 - low) / (high - low);
        double two = (2 - low) / (high - low);
        assertFrequencies(rotary.frequencies(), 1, 0.1 * (1 - one + one / 4), 0.01 * (1 - two + two / 4), 0.001 / 4);
    }

    /** The factor is stated; or (.1 m ln f + 1) / (.1 a ln f + 1); or follows from the contexts. */
    @Test
    void yarnsFactorOnScoresFollowsFromItsSettings() throws IOException {
        String start = "{\"max_position_embeddings\": 8000, \"rope_scaling\": {\"type\": \"yarn\","
                + " \"original_max_position_embeddings\": 1000, ";
        assertThat(read(start + "\"factor\": 4, \"attention_factor\": 1.25}}", 8)
                        .factor())
                .isEqualTo(1.25);
        assertThat(read(start + "\"factor\": 4, \"mscale\": 0.7, \"mscale_all_dim\": 2}}", 8)
                        .factor())
                .isCloseTo((0.07 * Math.log(4) + 1) / (0.2 * Math.log(4) + 1), within(1e-12));
        assertThat(read(start + "\"factor\": 4, \"mscale\": 0.7}}", 8).factor())
                .isCloseTo(0.1 * Math.log(4) + 1, within(1e-12));
        assertThat(read(start + "\"factor\": null}}", 8).factor()).isCloseTo(0.1 * Math.log(8) + 1, within(1e-12));
        assertThat(read(start + "\"factor\": 0.5}}", 8).factor()).isEqualTo(1);
    }

    /** beta_fast 4 and beta_slow 2: indices 4 ln(1000 / 8 pi) / ln 10^4 = 1.5996 and 1.9006, so 1 and 2. */
    @Test
    void yarnsBordersAreSettings() throws IOException {
        Rotary rotary = read(
                "{\"rope_theta\": 10000, \"original_max_position_embeddings\": 1000, \"max_position_embeddings\": 4000,"
                        + " \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 10, \"beta_fast\": 4,"
                        + " \"beta_slow\": 2}}",
                8);
        assertFrequencies(rotary.frequencies(), 1, 0.1, 0.001, 0.0001);
    }

    /** As DeepSeek-R1-0528-Qwen3-8B ships it: transformers does not know {@code attn_factor}. */
    @Test
    void aQwenWithYarnOpens() {
        try (ModelFolder files = ModelFolder.open(Trial.folder("qwen3-yarn"))) {
            Rotary rotary = files.config().attention().get(0).rotary().orElseThrow();
            // base 10^6, 16 dimensions: 16 ln(32768 / 64 pi) / (2 ln 10^6) = 2.95 and 4.96, so 2 and 5
            double[] slowed = {0, 0, 0, 1 / 3.0, 2 / 3.0, 1, 1, 1};
            double[] expected = new double[8];
            for (int i = 0; i < 8; i++) {
                expected[i] = Math.pow(1e6, -i / 8.0) * (1 - slowed[i] + slowed[i] / 4);
            }
            assertFrequencies(rotary.frequencies(), expected);
            assertThat(rotary.factor()).isCloseTo(0.1 * Math.log(4) + 1, within(1e-12));
            assertThat(files.warnings()).anyMatch(warning -> warning.startsWith("attn_factor of the rotary settings"));
        }
    }

    @Test
    void longRopeHasOtherFrequenciesBeyondTheOriginalContext() throws IOException {
        for (String name : List.of("longrope", "su", "yarn")) {
            Rotary rotary = read(
                    "{\"rope_theta\": 100, \"original_max_position_embeddings\": 16, \"max_position_embeddings\": 64,"
                            + " \"rope_scaling\": {\"type\": \"" + name
                            + "\", \"short_factor\": [1, 2], \"long_factor\": [4, 5]}}",
                    4);
            assertFrequencies(rotary.frequencies(), 1, 0.05);
            assertThat(rotary.beyond().orElseThrow().context()).isEqualTo(16);
            assertFrequencies(rotary.beyond().orElseThrow().frequencies(), 0.25, 0.02);
            // factor 64 / 16: sqrt(1 + ln 4 / ln 16) = sqrt(1.5)
            assertThat(rotary.factor()).isCloseTo(Math.sqrt(1.5), within(1e-12));
        }
    }

    @Test
    void aLongRopeOfAnotherWidthIsRefused() {
        assertThatThrownBy(() -> read(
                        "{\"max_position_embeddings\": 64, \"rope_scaling\": {\"type\": \"longrope\","
                                + " \"short_factor\": [1, 2, 3], \"long_factor\": [4, 5]}}",
                        4))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("short_factor has 3 numbers; expected 2, one for each pair");
    }

    @Test
    void twoScalingsThatDifferAreRefused() throws IOException {
        String parameters = "\"rope_parameters\": {\"rope_theta\": 10000, \"rope_type\": \"linear\", \"factor\": 2}";
        assertThatThrownBy(
                        () -> read("{" + parameters + ", \"rope_scaling\": {\"type\": \"linear\", \"factor\": 8}}", 4))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("rope_scaling and rope_parameters say different things")
                .hasMessageContaining("Take one of them out");
        assertThatThrownBy(() -> read(
                        "{\"rope_parameters\": {\"rope_theta\": 10000},"
                                + " \"rope_scaling\": {\"type\": \"linear\", \"factor\": 8}}",
                        4))
                .hasMessageContaining("say different things");
        assertFrequencies(
                read("{" + parameters + ", \"rope_scaling\": {\"type\": \"linear\", \"factor\": 2}}", 4)
                        .frequencies(),
                0.5,
                0.005);
    }
}
