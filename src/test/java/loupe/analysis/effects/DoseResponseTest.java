package loupe.analysis.effects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import loupe.Golden;
import loupe.analysis.WilsonInterval;
import loupe.analysis.effects.DoseResponse.Arm;
import loupe.analysis.effects.DoseResponse.Curve;
import loupe.analysis.effects.DoseResponse.Point;
import loupe.analysis.prompts.TextActivations;
import loupe.base.HookPoint;
import loupe.inference.Device;
import loupe.inference.InferenceService;
import loupe.inference.LocalInferenceService;
import loupe.inference.ModelId;
import loupe.inference.Priority;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.lm.Processing;
import loupe.sae.checkpoint.SaeOptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Doses beside what the same interventions give one by one. */
class DoseResponseTest {
    private static final List<Integer> PROMPT = List.of(17, 60, 33, 71, 5, 42);
    private static final List<Integer> SHORTER = List.of(9, 33, 71);

    private static InferenceService service;
    private static ModelId model;
    private static SaeId sae;

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
                .join()
                .id();
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

    private static DoseResponse doses(List<Double> doses, Sampling sampling) {
        return new DoseResponse(model, sae, 3, List.of(PROMPT, SHORTER), doses, 2, Set.of(11, 23), 7, 3, sampling);
    }

    private static List<Point> points(DoseResponse.Answer answer, Arm arm) {
        return answer.curves().stream()
                .filter(curve -> curve.arm() == arm)
                .map(Curve::points)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aDoseOf0IsTheModelAsItIsInEveryArm() {
        DoseResponse.Answer answer = ask(doses(List.of(0.0), new Sampling(1, 0, 1, 0, 5)));

        assertThat(answer.curves()).extracting(Curve::arm).containsExactly(Arm.values());
        assertThat(answer.others()).hasSize(2).doesNotHaveDuplicates().doesNotContain(3);
        for (Curve curve : answer.curves()) {
            Point point = curve.points().get(0);
            assertThat(point.kl()).as(curve.arm().toString()).isCloseTo(0, within(1e-9));
            int directions = curve.arm() == Arm.FEATURE || curve.arm() == Arm.WRONG_SIGN ? 1 : 2;
            assertThat(point.texts()).hasSize(2 * 3 * directions);
            for (int seed = 0; seed < 3; seed++) {
                Generation.Answer plain = ask(new Generation(
                        model, PROMPT, Interventions.NONE, 7, new Sampling(1, 0, 1, 0, 5 + seed), false));
                assertThat(point.texts()).contains(plain.plain().ids());
            }
        }
    }

    /** One dose against {@link InterventionEffects}, {@link Generation} and {@link TextActivations}. */
    @Test
    void figuresAreThoseOfTheSameInterventionsAskedOneByOne() {
        double dose = 2.5;
        DoseResponse.Answer answer = ask(doses(List.of(1.0, dose), Sampling.GREEDY));
        Point point = points(answer, Arm.FEATURE).get(1);

        Interventions pushed = pushed(dose);
        double kl = 0;
        double nats = 0;
        for (List<Integer> prompt : List.of(PROMPT, SHORTER)) {
            kl += ask(new InterventionEffects(model, prompt, List.of(pushed), false))
                            .effects()
                            .get(0)
                            .meanKl()
                    / 2;
            List<Integer> made = ask(new Generation(model, prompt, pushed, 7, Sampling.GREEDY, false))
                    .steered()
                    .ids();
            assertThat(point.texts()).contains(made);
            List<Integer> whole = new ArrayList<>(prompt);
            whole.addAll(made);
            double[] ce =
                    ask(new InterventionEffects(model, whole, List.of(), false)).ceClean();
            for (int i = 0; i < 7; i++) {
                nats += ce[prompt.size() - 1 + i];
            }
        }
        assertThat(point.texts()).hasSize(2);
        assertThat(point.kl()).isCloseTo(kl, within(1e-6));
        assertThat(point.perplexity().orElseThrow()).isCloseTo(Math.exp(nats / 14), within(1e-4));

        Point opposite = points(answer, Arm.WRONG_SIGN).get(1);
        assertThat(opposite.kl())
                .isCloseTo(
                        List.of(PROMPT, SHORTER).stream()
                                .mapToDouble(prompt -> ask(new InterventionEffects(
                                                model, prompt, List.of(pushed(-dose)), false))
                                        .effects()
                                        .get(0)
                                        .meanKl())
                                .average()
                                .orElseThrow(),
                        within(1e-6));
    }

    /** A ReLU feature with a unit decoder row that is read along the same row gains the dose, minus its threshold. */
    @Test
    void theActivationReadBackGrowsWithTheDose() {
        DoseResponse.Answer answer = ask(new DoseResponse(
                model, sae, 3, List.of(PROMPT), DoseResponse.evenly(0, 40, 5), 1, Set.of(11), 0, 1, Sampling.GREEDY));

        List<Point> points = points(answer, Arm.FEATURE);
        float[] read = ask(new TextActivations(model, sae, PROMPT)).of(3);
        double before = 0;
        for (float activation : read) {
            before += activation / read.length;
        }
        assertThat(points.get(0).activation().orElseThrow()).isCloseTo(before, within(1e-5));
        for (int i = 1; i < points.size(); i++) {
            assertThat(points.get(i).activation().orElseThrow())
                    .isGreaterThan(points.get(i - 1).activation().orElseThrow());
            assertThat(points.get(i).kl()).isGreaterThan(points.get(i - 1).kl());
        }
        assertThat(points.get(0).perplexity()).isEmpty();
        assertThat(points.get(0).logProbability().orElseThrow()).isNegative();
    }

    @Test
    void textsAreCountedByWholeWordsAndByTokens() {
        List<List<Integer>> texts = List.of(List.of(1), List.of(2), List.of(3), List.of(4));
        ChosenWords.TextOf read =
                ids -> List.of("a Red car", "reddish", "nothing", "RED!").get(ids.get(0) - 1);

        assertThat(new ChosenWords(List.of("red"), Set.of()).count(texts, read)).isEqualTo(2);
        assertThat(new ChosenWords(List.of(), Set.of(3)).count(texts, read)).isEqualTo(1);
        assertThat(new ChosenWords(List.of("red"), Set.of(3, 4)).count(texts, read))
                .isEqualTo(3);

        Point point = new Point(4, 0.5, OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty(), texts);
        DoseResponse.Answer answer =
                new DoseResponse.Answer(List.of(new Curve(Arm.FEATURE, List.of(point))), List.of(), 1);
        DoseTable.Row row = DoseTable.of(answer, 2, new ChosenWords(List.of("red"), Set.of()), read)
                .rows()
                .get(0);
        WilsonInterval interval = WilsonInterval.of(2, 4);
        assertThat(row.multiple()).isEqualTo(2);
        assertThat(row.share()).isEqualTo(0.5);
        assertThat(row.low()).isEqualTo(interval.low());
        assertThat(row.high()).isEqualTo(interval.high());
        assertThat(row.activation()).isNaN();
        assertThat(DoseTable.of(answer, 2, ChosenWords.NONE, read).rows().get(0).share())
                .isNaN();
    }

    private static Interventions pushed(double dose) {
        return Interventions.of(List.of(new Intervention(
                new Intervention.Target.Feature(sae, 3), new Intervention.Add(dose, false), Positions.ALL)));
    }
}
