package loupe.analysis.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import loupe.Golden;
import loupe.analysis.prompts.TokenRows;
import loupe.format.JsonFiles;
import loupe.inference.Device;
import loupe.inference.LocalInferenceService;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.lm.Processing;
import loupe.sae.checkpoint.SaeOptions;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against SAELens 6.18's evals.py on TransformerLens 2.8.1, in float64. Tolerance 1e-4 relative, for our float32. */
class SaeEvaluationTest {
    @ParameterizedTest
    @ValueSource(strings = {"sleval_standard_resid", "sleval_standard_z", "sleval_jumprelu_mlp"})
    void agreesWithSaeLens(String name) {
        Path folder = Golden.folder(name);
        JsonNode golden = JsonFiles.read(folder.resolve("golden.json"));
        SaeEvaluation.Answer answer = evaluate(
                Golden.folder("hf_gpt2_a").resolve("model"),
                folder.resolve("sae"),
                rows(golden.get("tokens")),
                ignored(golden));

        JsonNode loss = golden.get("reconstruction").get("f64");
        assertThat(answer.ceClean())
                .isCloseTo(loss.get("ce_loss_without_sae").asDouble(), relative(loss.get("ce_loss_without_sae")));
        assertThat(answer.ceSae())
                .isCloseTo(loss.get("ce_loss_with_sae").asDouble(), relative(loss.get("ce_loss_with_sae")));
        assertThat(answer.ceZero())
                .isCloseTo(loss.get("ce_loss_with_ablation").asDouble(), relative(loss.get("ce_loss_with_ablation")));
        assertThat(answer.ceRecovered())
                .isCloseTo(loss.get("ce_loss_score").asDouble(), relative(loss.get("ce_loss_score")));
        assertThat(answer.klSae())
                .isCloseTo(loss.get("kl_div_with_sae").asDouble(), relative(loss.get("kl_div_with_sae")));
        assertThat(answer.klZero())
                .isCloseTo(loss.get("kl_div_with_ablation").asDouble(), relative(loss.get("kl_div_with_ablation")));
        assertThat(answer.klRecovered())
                .isCloseTo(loss.get("kl_div_score").asDouble(), relative(loss.get("kl_div_score")));

        JsonNode fit = golden.get("sparsity_variance").get("f64");
        SaeMetrics metrics = answer.metrics();
        assertThat(metrics.l0Positive()).isCloseTo(fit.get("l0").asDouble(), relative(fit.get("l0")));
        assertThat(metrics.l1()).isCloseTo(fit.get("l1").asDouble(), relative(fit.get("l1")));
        if (ignored(golden).isEmpty()) {
            // SAELens divides each vector's squared error by the number of vectors in its batch, here 3 x 24
            assertThat(metrics.mse() / 72).isCloseTo(fit.get("mse").asDouble(), relative(fit.get("mse")));
        }
        assertThat(metrics.cosine()).isCloseTo(fit.get("cossim").asDouble(), relative(fit.get("cossim")));
        assertThat(metrics.normRatio()).isCloseTo(fit.get("l2_ratio").asDouble(), relative(fit.get("l2_ratio")));
        // SAELens averages the ratio over its two batches, we pool: tolerance 2e-3
        assertThat(metrics.relativeReconstructionBias())
                .isCloseTo(fit.get("relative_reconstruction_bias").asDouble(), within(2e-3));
        assertThat(metrics.explainedVarianceSaeLens())
                .isCloseTo(fit.get("explained_variance").asDouble(), relative(fit.get("explained_variance")));
    }

    private static Offset<Double> relative(JsonNode expected) {
        return within(1e-4 * Math.max(1, Math.abs(expected.asDouble())));
    }

    private static SaeEvaluation.Answer evaluate(Path model, Path sae, TokenRows rows, Set<Integer> ignored) {
        try (LocalInferenceService service = new LocalInferenceService(Device.CPU)) {
            OpenModel lm = service.openModel(model, Processing.RAW)
                    .toCompletableFuture()
                    .join();
            OpenSae checkpoint = service.openSae(sae, SaeOptions.AS_STORED)
                    .toCompletableFuture()
                    .join();
            return service.submit(new SaeEvaluation(lm.id(), checkpoint.id(), rows, ignored), Priority.VISIBLE)
                    .answer()
                    .toCompletableFuture()
                    .join();
        }
    }

    private static Set<Integer> ignored(JsonNode golden) {
        Set<Integer> ids = new HashSet<>();
        golden.get("ignore_tokens").forEach(id -> ids.add(id.asInt()));
        return ids;
    }

    /** All prompts of all batches. */
    private static TokenRows rows(JsonNode batches) {
        List<int[]> rows = new ArrayList<>();
        batches.forEach(batch -> batch.forEach(prompt -> {
            int[] ids = new int[prompt.size()];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = prompt.get(i).asInt();
            }
            rows.add(ids);
        }));
        return new TokenRows(rows.toArray(int[][]::new));
    }
}
