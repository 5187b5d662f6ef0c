package loupe.lm.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.stream.IntStream;
import loupe.RealData;
import loupe.base.Cancellation;
import loupe.base.HookPoint;
import loupe.lm.Input;
import loupe.lm.LanguageModel;
import loupe.lm.LanguageModelTest;
import loupe.lm.Logits;
import loupe.lm.Processing;
import loupe.lm.tokenizer.Tokenizer;
import loupe.lm.tokenizer.Tokenizer.Beginning;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A real Llama, 2 layers of 128 dimensions, against a float64 computation by an independent program. Its residual
 * stream has norms up to 350 and its logits go up to 19: losses to 1e-4, logits and residuals to 1e-4 + 1e-5 |x|,
 * greedy text exactly.
 */
class TinyStoriesTest {
    @ParameterizedTest
    @Tag("real-data")
    @ValueSource(strings = {"TinyStories-656K-f32", "TinyStories-656K-bf16"})
    void lossesLogitsAndGreedyTextAreTheRecordedOnes(String name) throws IOException {
        JsonNode recorded;
        try (InputStream in = TinyStoriesTest.class.getResourceAsStream("tinystories-656k.json")) {
            recorded = new ObjectMapper().readTree(in);
        }
        try (NDManager base = NDManager.newBaseManager();
                ModelFolder files = ModelFolder.open(RealData.file("real-lm/" + name))) {
            assertThat(files.warnings()).isEmpty();
            LanguageModel model =
                    files.read(Processing.RAW).on(base.newSubManager()).seal();
            Tokenizer tokenizer = files.tokenizer().orElseThrow();
            assertThat(recorded.path("prompts")).hasSize(3);
            for (JsonNode prompt : recorded.path("prompts")) {
                try (NDManager step = base.newSubManager()) {
                    compare(step, model, tokenizer, prompt);
                }
            }
        }
    }

    private static void compare(NDManager step, LanguageModel model, Tokenizer tokenizer, JsonNode prompt) {
        int[] ids = ints(prompt.path("ids"));
        assertThat(tokenizer
                        .encode(prompt.path("prompt").asText(), Beginning.AUTO)
                        .ids())
                .isEqualTo(ids);
        int last = ids.length - 1;
        LanguageModelTest.Recorder seen = new LanguageModelTest.Recorder();
        NDArray logits = model.forward(step, Input.of(ids), seen, null, Logits.ALL, new Cancellation());
        float[] logProbabilities = logits.logSoftmax(-1).toFloatArray();
        int vocabulary = model.config().vocabularySize();
        for (int t = 0; t < last; t++) {
            assertThat((double) -logProbabilities[t * vocabulary + ids[t + 1]])
                    .isCloseTo(prompt.path("nll").get(t).asDouble(), within(1e-4));
        }
        float[] at = logits.get("0, {}", last).toFloatArray();
        int[] order = IntStream.range(0, vocabulary)
                .boxed()
                .sorted((a, b) -> Float.compare(at[b], at[a]))
                .mapToInt(i -> i)
                .toArray();
        for (int i = 0; i < prompt.path("top_logits_last").size(); i++) {
            JsonNode top = prompt.path("top_logits_last").get(i);
            assertThat(order[i]).isEqualTo(top.get(0).asInt());
            close(at[order[i]], top.get(2).asDouble());
        }
        for (int layer = 0; layer <= model.config().nLayers(); layer++) {
            HookPoint point =
                    layer < model.config().nLayers() ? HookPoint.residPre(layer) : HookPoint.residPost(layer - 1);
            float[] residual = seen.get(point).get("0, {}", last).toFloatArray();
            double square = IntStream.range(0, residual.length)
                    .mapToDouble(i -> (double) residual[i] * residual[i])
                    .sum();
            close(Math.sqrt(square), prompt.path("resid_last_l2").get(layer).asDouble());
            for (int i = 0; i < 6; i++) {
                close(
                        residual[i],
                        prompt.path("resid_last_first6").get(layer).get(i).asDouble());
            }
        }
        int[] greedy = ints(prompt.path("greedy_ids"));
        int[] whole =
                IntStream.concat(Arrays.stream(ids), Arrays.stream(greedy)).toArray();
        NDArray choices = model.forward(step, Input.of(whole)).argMax(-1);
        assertThat(Arrays.copyOfRange(
                        Arrays.stream(choices.toLongArray())
                                .mapToInt(Math::toIntExact)
                                .toArray(),
                        last,
                        whole.length - 1))
                .isEqualTo(greedy);
        assertThat(tokenizer.decode(Arrays.copyOfRange(whole, 1, whole.length)))
                .isEqualTo(prompt.path("prompt").asText()
                        + prompt.path("greedy_text").asText());
    }

    private static void close(double actual, double expected) {
        assertThat(actual).isCloseTo(expected, within(1e-4 + 1e-5 * Math.abs(expected)));
    }

    private static int[] ints(JsonNode list) {
        return IntStream.range(0, list.size()).map(i -> list.get(i).asInt()).toArray();
    }
}
