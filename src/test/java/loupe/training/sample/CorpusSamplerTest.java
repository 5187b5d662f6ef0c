package loupe.training.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.base.Cancellation;
import loupe.lm.Input;
import loupe.lm.LanguageModel;
import loupe.lm.ModelConfig;
import loupe.training.FlatCopies;
import loupe.training.lm.GptParameters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CorpusSamplerTest {
    private static final ModelConfig CONFIG = new ModelConfig(
            "gpt2",
            6,
            12,
            16,
            2,
            2,
            2,
            8,
            64,
            1e-5,
            ModelConfig.MlpActivation.GELU,
            Collections.nCopies(2, 1 / Math.sqrt(8)),
            ModelConfig.Wiring.GPT2);

    private final NDManager manager = NDManager.newBaseManager();
    private LanguageModel model;

    /** Random parameters, large enough that the next token depends clearly on those before it. */
    @BeforeEach
    void makeModel() {
        GptParameters parameters = new GptParameters(manager, CONFIG);
        parameters.initialise(3, 2);
        NDManager owner = manager.newSubManager();
        Map<String, NDArray> weights = new LinkedHashMap<>();
        parameters.export().forEach((name, tensor) -> {
            float[] scaled = tensor.data().clone();
            for (int i = 0; i < scaled.length && tensor.rank() == 2; i++) {
                scaled[i] *= 20;
            }
            weights.put(
                    name,
                    owner.create(
                            scaled,
                            new Shape(
                                    Arrays.stream(tensor.shape()).asLongStream().toArray())));
        });
        model = new LanguageModel(CONFIG, owner, weights);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    @Test
    void theSameSeedWritesTheSame() {
        List<int[]> once = new CorpusSampler(manager, model, 9).sentences(500, 0, new Cancellation());
        List<int[]> again = new CorpusSampler(manager, model, 9).sentences(500, 0, new Cancellation());
        assertThat(once).usingRecursiveComparison().isEqualTo(again);
        assertThat(once.stream().mapToInt(sentence -> sentence.length + 1).sum())
                .isGreaterThanOrEqualTo(500);
        assertThat(once)
                .allMatch(sentence ->
                        sentence.length > 0 && Arrays.stream(sentence).noneMatch(token -> token == 0));
    }

    /**
     * Among contexts that begin alike, next tokens come as often as the model says, whose probabilities are computed
     * here without a cache. 128 rows a batch, 20 batches; tolerance 4 standard errors.
     */
    @Test
    void tokensComeAsOftenAsTheModelSays() {
        CorpusSampler sampler = new CorpusSampler(manager, model, 4);
        int prefix = 4;
        Map<List<Integer>, int[]> counts = new LinkedHashMap<>();
        for (int batch = 0; batch < 20; batch++) {
            for (int[] context : sampler.contexts(0, new Cancellation())) {
                List<Integer> start = Arrays.stream(context, 0, prefix).boxed().toList();
                counts.computeIfAbsent(start, s -> new int[CONFIG.vocabularySize()])[context[prefix]]++;
            }
        }
        List<Integer> commonest = counts.entrySet().stream()
                .max((a, b) -> Integer.compare(
                        Arrays.stream(a.getValue()).sum(),
                        Arrays.stream(b.getValue()).sum()))
                .orElseThrow()
                .getKey();
        int[] seen = counts.get(commonest);
        int total = Arrays.stream(seen).sum();
        assertThat(total).isGreaterThan(50);
        try (NDManager step = manager.newSubManager()) {
            float[] said = FlatCopies.read(model.forward(
                            step,
                            Input.of(commonest.stream()
                                    .mapToInt(Integer::intValue)
                                    .toArray()))
                    .softmax(-1));
            for (int token = 0; token < CONFIG.vocabularySize(); token++) {
                double p = said[(prefix - 1) * CONFIG.vocabularySize() + token];
                assertThat(seen[token] / (double) total)
                        .isCloseTo(p, within(4 * Math.sqrt(p * (1 - p) / total) + 1e-3));
            }
        }
    }
}
