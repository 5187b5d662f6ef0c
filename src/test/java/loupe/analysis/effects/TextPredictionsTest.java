package loupe.analysis.effects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import loupe.Golden;
import loupe.analysis.prompts.ForwardPass;
import loupe.analysis.prompts.LogProbabilities;
import loupe.base.HookPoint;
import loupe.inference.Device;
import loupe.inference.InferenceService;
import loupe.inference.LocalInferenceService;
import loupe.inference.ModelId;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.inference.Query;
import loupe.lm.Processing;
import loupe.sae.checkpoint.SaeOptions;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TextPredictionsTest {
    private static final List<Integer> CLEAN = List.of(17, 60, 33, 71, 5, 42);
    private static final List<Integer> CORRUPT = List.of(17, 60, 80, 71, 9, 42);
    private static final int TOP = 4;

    private static InferenceService service;
    private static ModelId model;
    private static OpenSae sae;

    @BeforeAll
    static void start() {
        service = new LocalInferenceService(new Device("cpu"), true);
        Path folder = Golden.folder("att_gpt2");
        model = service.openModel(folder.resolve("model"), Processing.RAW)
                .toCompletableFuture()
                .join()
                .id();
        SaeOptions options =
                SaeOptions.builder().hook(Optional.of(HookPoint.residPost(0))).build();
        sae = service.openSae(folder.resolve("sae2"), options)
                .toCompletableFuture()
                .join();
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    private static <R> R ask(Query<R> query) {
        return service.submit(query, Priority.VISIBLE)
                .answer()
                .toCompletableFuture()
                .join();
    }

    private static ForwardPass.Answer forward(List<Integer> ids) {
        return ask(new ForwardPass(model, ids, Map.of(), Set.of(), false));
    }

    private static TextPredictions.Run plain(List<Integer> ids) {
        return new TextPredictions.Run(ids, Interventions.NONE);
    }

    @Test
    void eachRunOfABatchPredictsAsItsTextAloneDoes() {
        TextPredictions.Answer answer =
                ask(new TextPredictions(model, List.of(plain(CLEAN), plain(CORRUPT)), TOP, List.of(11)));
        int run = 0;
        for (List<Integer> ids : List.of(CLEAN, CORRUPT)) {
            ForwardPass.Answer alone = forward(ids);
            HostTensor logits = alone.logits();
            assertThat(answer.losses()[run]).containsExactly(alone.losses(), within(1e-4));
            assertThat(answer.meanLoss(run)).isCloseTo(alone.loss().getAsDouble(), within(1e-4));
            for (int t = 0; t < ids.size(); t++) {
                TextPredictions.At at = answer.positions().get(t);
                double least = Double.POSITIVE_INFINITY;
                for (int i = 0; i < at.ids().length; i++) {
                    double expected = LogProbabilities.at(logits, t, at.ids()[i]);
                    assertThat(at.logProbabilities()[run][i]).isCloseTo(expected, within(1e-4));
                    least = run == 0 && i < TOP ? Math.min(least, expected) : least;
                }
                double entropy = 0;
                int likelier = 0;
                int beyond = 0;
                for (int id = 0; id < logits.size(-1); id++) {
                    double log = LogProbabilities.at(logits, t, id);
                    entropy -= Math.exp(log) * log;
                    likelier += log > LogProbabilities.at(logits, t, 11) ? 1 : 0;
                    beyond += log > least ? 1 : 0;
                }
                assertThat(at.entropies()[run]).isCloseTo(entropy, within(1e-4));
                assertThat(at.ranks()[run][0]).isEqualTo(likelier + 1);
                assertThat(at.tracked()[run][0]).isCloseTo(LogProbabilities.at(logits, t, 11), within(1e-4));
                assertThat(beyond).as("the first are the likeliest").isLessThan(TOP);
            }
            run++;
        }
    }

    @Test
    void surprisalIsTheLossOfTheTokenBeforeInBits() {
        TextPredictions.Answer answer = ask(new TextPredictions(model, List.of(plain(CLEAN)), TOP, List.of()));
        double[] losses = forward(CLEAN).losses();
        assertThat(answer.surprisal(0, 0)).isNaN();
        assertThat(answer.surprisal(0, 3)).isCloseTo(losses[2] / Math.log(2), within(1e-4));
        assertThat(answer.loss(0, 3)).isCloseTo(losses[3], within(1e-4));
        assertThat(answer.loss(0, CLEAN.size() - 1)).isNaN();
    }

    @Test
    void aRunUnderInterventionsHasTheLossAndDivergenceThatTheirEffectsHave() {
        Interventions done = Interventions.of(List.of(new Intervention(
                new Intervention.Target.Feature(sae.id(), 3), Intervention.Clamp.to(5), Positions.ALL)));
        TextPredictions.Answer answer = ask(new TextPredictions(
                model, List.of(plain(CLEAN), new TextPredictions.Run(CLEAN, done)), TOP, List.of()));
        InterventionEffects.Effect effect = ask(new InterventionEffects(model, CLEAN, List.of(done), false))
                .effects()
                .get(0);
        assertThat(answer.losses()[1]).containsExactly(effect.ce(), within(1e-4));
        assertThat(answer.applied()).containsExactly(0, CLEAN.size());
        for (int t = 0; t < CLEAN.size(); t++) {
            assertThat(answer.positions().get(t).divergences()[0]).isZero();
            assertThat(answer.positions().get(t).divergences()[1]).isCloseTo(effect.kl()[t], within(1e-4));
        }
    }

    @Test
    void textsOfDifferentLengthsAreNoBatch() {
        assertThatThrownBy(() ->
                        new TextPredictions(model, List.of(plain(CLEAN), plain(CLEAN.subList(0, 3))), TOP, List.of()))
                .hasMessageContaining("3 tokens, another 6");
    }
}
