package loupe.state.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import loupe.analysis.effects.Attribution;
import loupe.analysis.effects.EdgeWeights;
import loupe.analysis.effects.FeatureCircuit;
import loupe.analysis.effects.Metric;
import loupe.analysis.effects.PatchSite;
import loupe.analysis.effects.Patching;
import loupe.analysis.effects.StrongestFeatures;
import loupe.base.HookPoint;
import loupe.sae.Activation;
import loupe.sae.SaeConfig;
import loupe.state.Opened;
import loupe.state.pane.PaneStatus;
import loupe.state.window.Side;
import loupe.state.window.UndoOrder;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;

/** Patching and attribution of the prompts, with the tiny model of {@link Opened}: one token a letter. */
class EffectModelsTest {
    private static final PromptPair BOTH = new PromptPair("bad", "bed", "ge", "f");

    private final Opened opened = new Opened();
    private final PromptModel prompt = new PromptModel(opened.workbench, new UndoOrder());
    private final PatchingModel patching = new PatchingModel(opened.workbench, opened.workbench.a(), prompt);
    private final AttributionModel attribution = new AttributionModel(opened.workbench, prompt);

    private Patching asked() {
        return (Patching) opened.newest(Patching.class).query;
    }

    private static String why(PaneStatus status) {
        return status.shown() instanceof PaneStatus.Empty empty ? empty.why() : "";
    }

    /** Denoised figures 1, 2, ... and noised ones 10, 20, ... */
    private static Patching.Answer answer(Map<String, int[]> shapes) {
        Map<Patching.Direction, Map<String, Patching.Grid>> grids = new EnumMap<>(Patching.Direction.class);
        for (Patching.Direction direction : Patching.Direction.values()) {
            Map<String, Patching.Grid> of = new LinkedHashMap<>();
            shapes.forEach((name, shape) -> {
                int size = 1;
                for (int length : shape) {
                    size *= length;
                }
                double[] metric = new double[size];
                for (int i = 0; i < size; i++) {
                    metric[i] = (i + 1) * (direction == Patching.Direction.DENOISING ? 1 : 10);
                }
                of.put(name, new Patching.Grid(shape, metric));
            });
            grids.put(direction, of);
        }
        return new Patching.Answer(100, 0, grids);
    }

    @Test
    void aPaneSaysWhatHasToBeTyped() {
        patching.wanting().set("pane", true);
        attribution.wanting().set("pane", true);
        assertThat(why(patching.status().getValue())).contains("clean and a corrupt prompt");
        prompt.pair().set(BOTH.withCorrupt("beds"));
        assertThat(why(patching.status().getValue())).contains("3 tokens and the corrupt one 4");
        prompt.pair().set(BOTH.withWrongAnswer(""));
        assertThat(why(patching.status().getValue())).contains("an answer and a wrong answer");
        assertThat(opened.count(Patching.class)).isZero();
        patching.metric().set(PromptMetric.DIVERGENCE);
        assertThat(asked().metric()).isEqualTo(Metric.KL);
        assertThat(why(attribution.status().getValue())).contains("Open a checkpoint");
    }

    @Test
    void bothDirectionsArePatchedAtThePlacesThatAreShown() {
        patching.wanting().set("pane", true);
        prompt.pair().set(BOTH);
        assertThat(asked().sites()).containsExactly(PatchSite.RESID_PRE);
        assertThat(asked().directions()).hasSize(2);
        assertThat(asked().metric()).isEqualTo(new Metric(Metric.Kind.LOGIT_DIFFERENCE, 6, 5));
        assertThat(asked().position()).isEqualTo(2);
        opened.newest(Patching.class).answer(answer(Map.of("resid_pre", new int[] {2, 3})));
        PatchMaps maps = patching.maps().orElseThrow();
        assertThat(maps.rows()).containsExactly("0", "1");
        assertThat(maps.columns()).containsExactly("b", "a", "d");
        assertThat(maps.scores().get(0)).containsExactly(0.01, 0.02, 0.03, 0.04, 0.05, 0.06);
        assertThat(maps.scores().get(1)).containsExactly(0.9, 0.8, 0.7, 0.6, 0.5, 0.4);
        assertThat(maps.differences()[5]).isEqualTo(0.06 - 0.4);
        assertThat(maps.position(2)).hasValue(2);
        assertThat(maps.feature(1)).isEmpty();

        patching.places().set(PatchingModel.Places.HEADS);
        assertThat(patching.maps()).isEmpty();
        opened.newest(Patching.class).answer(answer(Map.of("z", new int[] {2, 2})));
        assertThat(patching.maps().orElseThrow().columns()).containsExactly("0", "1");
        assertThat(patching.maps().orElseThrow().position(0)).isEmpty();
    }

    @Test
    void theFeaturesThatContributeMostArePatchedWithTheError() {
        patching.wanting().set("pane", true);
        patching.places().set(PatchingModel.Places.FEATURES);
        prompt.pair().set(BOTH);
        assertThat(why(patching.status().getValue())).contains("Open a checkpoint");
        opened.openA();
        opened.newest(StrongestFeatures.class).answer(List.of(4, 1));
        assertThat(asked().features().orElseThrow().features()).containsExactly(4, 1);
        Map<String, int[]> shapes = new LinkedHashMap<>();
        shapes.put(Patching.FEATURES, new int[] {2, 4});
        shapes.put(Patching.ERROR, new int[] {4});
        opened.newest(Patching.class).answer(answer(shapes));
        PatchMaps maps = patching.maps().orElseThrow();
        assertThat(maps.rows()).containsExactly("#4", "#1", PatchMaps.ERROR);
        assertThat(maps.columns()).containsExactly("b", "a", "d", PatchMaps.ALL);
        assertThat(maps.metrics().get(0)).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4);
        assertThat(maps.feature(1)).hasValue(1);
        assertThat(maps.feature(2)).isEmpty();
        assertThat(maps.position(3)).isEmpty();
    }

    private Attribution attributed(Attribution.Method by) {
        return opened.service.asked.stream()
                .filter(ask -> !ask.cancelled)
                .map(ask -> ask.query)
                .filter(Attribution.class::isInstance)
                .map(Attribution.class::cast)
                .filter(one -> one.method() == by)
                .reduce((first, second) -> second)
                .orElseThrow();
    }

    private void answer(Attribution.Method by, Attribution.Answer answer) {
        opened.service.asked.stream()
                .filter(ask -> !ask.cancelled && ask.query instanceof Attribution one && one.method() == by)
                .reduce((first, second) -> second)
                .orElseThrow()
                .answer(answer);
    }

    private static Attribution.Site site(int layer, float... effects) {
        return new Attribution.Site(
                HookPoint.residPre(layer),
                new HostTensor(effects, 3, 2),
                new double[] {0.5, 0, -4},
                3,
                List.of(new Attribution.Measured(2, OptionalInt.empty(), -4, -3.5)));
    }

    @Test
    void effectsOfAllOpenCheckpointsStandInOneListWithTheGap() {
        attribution.wanting().set("pane", true);
        opened.openA();
        opened.openB();
        prompt.pair().set(BOTH);
        assertThat(attributed(Attribution.Method.GRADIENT).saes()).containsExactly(Opened.A, Opened.B);
        assertThat(attributed(Attribution.Method.GRADIENT).corrupt()).hasValue(List.of(1, 4, 3));
        assertThat(attributed(Attribution.Method.INTEGRATED_GRADIENTS).steps()).isEqualTo(10);
        answer(
                Attribution.Method.GRADIENT,
                new Attribution.Answer(1, 5, List.of(site(0, 0, 2, 0, 0, 3, 0), site(1, 0, 0, 0, 0, 0, 9))));
        List<AttributionModel.Row> rows = attribution.rows();
        assertThat(rows.get(0).side()).isEqualTo(Side.B);
        assertThat(rows.get(0).feature()).hasValue(1);
        assertThat(rows.get(0).position()).isEqualTo(2);
        assertThat(rows.get(0).atp()).isEqualTo(9);
        assertThat(rows.get(0).exact()).isNaN();
        assertThat(rows.get(1).feature()).isEmpty();
        assertThat(rows.get(1).exact()).isEqualTo(-3.5);
        AttributionModel.Sums sums = attribution.sums().get(0);
        assertThat(sums.features()).isEqualTo(5);
        assertThat(sums.gap()).isEqualTo(3 - 5 + 3.5);
        assertThat(sums.total()).isEqualTo(4);
    }

    @Test
    void aCircuitIsOfAllCheckpointsAndEdgesGoToTheChosenFeatureOfTheLater() {
        CircuitModel circuit = new CircuitModel(opened.workbench, prompt, new UndoOrder());
        circuit.wanting().set("pane", true);
        opened.open(
                opened.workbench.a(),
                Opened.A,
                SaeConfig.of("saelens", 8, Opened.FEATURES, new Activation.Relu(), false)
                        .trainedAt("tiny", HookPoint.residPre(1), false));
        opened.open(
                opened.workbench.b(),
                Opened.B,
                SaeConfig.of("saelens", 8, Opened.FEATURES, new Activation.Relu(), false)
                        .trainedAt("tiny", HookPoint.residPre(0), false));
        prompt.pair().set(BOTH);
        FeatureCircuit asked = (FeatureCircuit) opened.newest(FeatureCircuit.class).query;
        assertThat(asked.saes()).containsExactly(Opened.A, Opened.B);
        assertThat(asked.prompts())
                .containsExactly(new FeatureCircuit.Prompt(List.of(1, 0, 3), List.of(1, 4, 3), 6, 5));
        assertThat(circuit.edgesInto()).isEqualTo("Edges into #0 of A at place 2");
        opened.choose(3);
        EdgeWeights weighed = (EdgeWeights) opened.newest(EdgeWeights.class).query;
        assertThat(weighed.from()).isEqualTo(Opened.B);
        assertThat(weighed.nodes()).containsExactly(new EdgeWeights.Node(2, 3));
        opened.newest(EdgeWeights.class)
                .answer(new EdgeWeights.Answer(
                        List.of(1.0), List.of(new HostTensor(new float[] {0, 2, 0, 0, -3, 0}, 3, 2))));
        assertThat(circuit.listedEdges())
                .containsExactly(new CircuitModel.Edge(Side.B, 0, 2, -3), new CircuitModel.Edge(Side.B, 1, 0, 2));
        opened.newest(FeatureCircuit.class)
                .answer(new FeatureCircuit.Answer(
                        List.of(
                                new FeatureCircuit.Nodes(HookPoint.residPre(1), List.of(4), List.of(0.5), true, -0.7),
                                new FeatureCircuit.Nodes(HookPoint.residPre(0), List.of(), List.of(), false, 0)),
                        2,
                        1.5,
                        1,
                        1.2));
        assertThat(circuit.nodes()).extracting(CircuitModel.Node::effect).containsExactly(-0.7, 0.5);
        circuit.threshold().set(0.2);
        circuit.errors().set(FeatureCircuit.Errors.KEEP);
        assertThat(((FeatureCircuit) opened.newest(FeatureCircuit.class).query).threshold())
                .isEqualTo(0.2);
    }

    @Test
    void withoutACorruptPromptFeaturesAreTakenAwayAndADivergenceHasNoGradient() {
        attribution.wanting().set("pane", true);
        opened.openA();
        prompt.pair().set(BOTH.withCorrupt(""));
        assertThat(attributed(Attribution.Method.GRADIENT).corrupt()).isEqualTo(Optional.empty());
        attribution.metric().set(PromptMetric.DIVERGENCE);
        assertThat(why(attribution.status().getValue())).contains("corrupt prompt");
        prompt.pair().set(BOTH);
        assertThat(attributed(Attribution.Method.INTEGRATED_GRADIENTS).metric()).isEqualTo(Metric.KL);
        assertThat(attribution.answer(Attribution.Method.GRADIENT).isPending()).isFalse();
    }
}
