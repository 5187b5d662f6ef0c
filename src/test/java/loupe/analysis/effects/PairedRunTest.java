package loupe.analysis.effects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import loupe.Golden;
import loupe.analysis.effects.Intervention.Add;
import loupe.analysis.effects.Intervention.Scale;
import loupe.analysis.effects.Intervention.Target;
import loupe.analysis.lens.LogitProjection;
import loupe.analysis.lens.LogitWeights;
import loupe.analysis.prompts.TextActivations;
import loupe.analysis.prompts.TokenRows;
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
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Effects on a text and over many texts: with each other, with {@link InterventionEffects}, and where there are none.
 */
class PairedRunTest {
    private static final List<Integer> TEXT = List.of(17, 60, 33, 71, 5, 42);
    private static InferenceService service;

    @BeforeAll
    static void start() {
        service = new LocalInferenceService(new Device("cpu"), true);
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

    /** A model with the autoencoder on the residual stream behind its first block. */
    private record Opened(ModelId model, SaeId sae, int width) {
        static Opened of(String name) {
            return of(name, HookPoint.residPost(0));
        }

        static Opened of(String name, HookPoint hook) {
            Path folder = Golden.folder(name);
            SaeOptions options = SaeOptions.builder().hook(Optional.of(hook)).build();
            var sae = service.openSae(folder.resolve("sae2"), options)
                    .toCompletableFuture()
                    .join();
            return new Opened(
                    service.openModel(folder.resolve("model"), Processing.RAW)
                            .toCompletableFuture()
                            .join()
                            .id(),
                    sae.id(),
                    sae.config().dSae());
        }

        Interventions ablating(int feature) {
            return one(new Target.Feature(sae, feature), new Scale(0));
        }

        float[] activations(int feature) {
            return ask(new TextActivations(model, sae, TEXT)).of(feature);
        }
    }

    private static Interventions one(Target target, Intervention.Action action) {
        return Interventions.of(List.of(new Intervention(target, action, Positions.ALL)));
    }

    private static int strongest(Opened opened, int token) {
        return ask(new TextActivations(opened.model, opened.sae, TEXT))
                .strongest(token, 1)
                .get(0)
                .feature();
    }

    private static int silent(Opened opened) {
        for (int feature = 0; feature < opened.width; feature++) {
            boolean isSilent = true;
            for (float activation : opened.activations(feature)) {
                isSilent &= activation == 0;
            }
            if (isSilent) {
                return feature;
            }
        }
        throw new AssertionError("every feature is active");
    }

    @ParameterizedTest
    @ValueSource(strings = {"att_gpt2", "att_gemma2", "att_neox"})
    void ablatingAFeatureThatIsSilentChangesNothingToTheLastBit(String name) {
        Opened opened = Opened.of(name);
        Interventions silent = opened.ablating(silent(opened));
        PromptEffects.Answer answer = ask(new PromptEffects(opened.model, TEXT, silent));
        assertThat(answer.ceWith()).isEqualTo(answer.ce());
        assertThat(answer.kl()).containsOnly(0);
        assertThat(answer.nextWith()).isEqualTo(answer.next());
        assertThat(answer.applied()).isEqualTo(TEXT.size());
        MovedTokens moved = ask(new TokenEffects(opened.model, TEXT, silent, 3, 5));
        assertThat(moved.helped()).isEmpty();
        assertThat(moved.hurt()).isEmpty();
        assertThat(moved.correlation()).isEmpty();
        ExampleEffects.Answer over = ask(new ExampleEffects(
                opened.model,
                List.of(
                        new ExampleEffects.Text(TEXT.subList(0, 4), OptionalInt.of(5)),
                        new ExampleEffects.Text(TEXT, OptionalInt.empty())),
                silent,
                5));
        assertThat(over.deltaCe()).containsExactly(0, Double.NaN);
        assertThat(over.kl()).containsOnly(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"att_gpt2", "att_gemma2", "att_neox"})
    void aTextIsMeasuredAlikeByEveryQuestion(String name) {
        Opened opened = Opened.of(name);
        Interventions done = new Interventions(
                List.of(
                        new Intervention(
                                new Target.Feature(opened.sae, strongest(opened, 3)), new Scale(0), Positions.ALL),
                        new Intervention(
                                new Target.FeatureElsewhere(opened.sae, 1, HookPoint.residPre(1)),
                                new Add(0.75, true),
                                Positions.from(2))),
                Set.of(opened.sae));
        PromptEffects.Answer answer = ask(new PromptEffects(opened.model, TEXT, done));
        InterventionEffects.Answer other = ask(new InterventionEffects(opened.model, TEXT, List.of(done), false));
        InterventionEffects.Effect effect = other.effects().get(0);
        assertThat(answer.ce()).containsExactly(other.ceClean(), within(2e-6));
        assertThat(answer.ceWith()).containsExactly(effect.ce(), within(2e-5));
        assertThat(answer.kl()).containsExactly(effect.kl(), within(2e-5));
        assertThat(answer.meanKl()).isGreaterThan(1e-4);
        assertThat(answer.applied()).isEqualTo(effect.applied());

        List<ExampleEffects.Text> texts = new ArrayList<>();
        for (int end : new int[] {6, 2, 4, 1}) {
            texts.add(new ExampleEffects.Text(
                    TEXT.subList(0, end), end < TEXT.size() ? OptionalInt.of(TEXT.get(end)) : OptionalInt.empty()));
        }
        ExampleEffects.Answer over = ask(new ExampleEffects(opened.model, texts, done, 4));
        for (int i = 0; i < texts.size(); i++) {
            int last = texts.get(i).ids().size() - 1;
            assertThat(over.kl()[i]).isCloseTo(answer.kl()[last], within(2e-5));
            assertThat(over.deltaCe()[i]).isCloseTo(last < 5 ? answer.deltaCe(last) : Double.NaN, within(2e-5));
        }
        MovedTokens alone = ask(new TokenEffects(opened.model, TEXT, done, 1, 4));
        MovedTokens ofOne = ask(new ExampleEffects(opened.model, texts.subList(1, 2), done, 4))
                .moved();
        for (int i = 0; i < 4; i++) {
            assertThat(ofOne.helped().get(i).id())
                    .isEqualTo(alone.helped().get(i).id());
            assertThat(ofOne.hurt().get(i).change())
                    .isCloseTo(alone.hurt().get(i).change(), within(1e-5));
            assertThat(alone.helped().get(i).change()).isPositive();
            assertThat(alone.hurt().get(i).change()).isNegative();
        }
    }

    @Test
    void theLogitWeightsPredictTheChangeOfTheActivationTimesThem() {
        Opened opened = Opened.of("att_gpt2");
        int feature = strongest(opened, 3);
        float activation = opened.activations(feature)[3];
        float[] weights = ask(new LogitWeights(opened.model, opened.sae, feature, LogitProjection.DEFAULT, 0))
                .weights();
        MovedTokens moved = ask(new TokenEffects(opened.model, TEXT, opened.ablating(feature), 3, 1_000));
        assertThat(moved.helped().size() + moved.hurt().size()).isEqualTo(weights.length);
        for (List<MovedTokens.Moved> list : List.of(moved.helped(), moved.hurt())) {
            for (MovedTokens.Moved token : list) {
                assertThat(token.predicted()).isCloseTo(-activation * weights[token.id()], within(1e-4));
            }
        }
        assertThat(moved.correlation().getAsDouble()).isBetween(-1.0, 1.0);
    }

    @Test
    void whatIsChangedInsideAHeadIsNotPredicted() {
        Opened opened = Opened.of("att_gpt2");
        HookPoint inside = new HookPoint(HookPoint.Site.Z, 0);
        float[] vector = new float[24];
        Arrays.fill(vector, 0.5f);
        Interventions done =
                one(new Target.Direction(inside, new HostTensor(vector, vector.length)), new Add(1, false));
        MovedTokens moved = ask(new TokenEffects(opened.model, TEXT, done, 3, 2));
        assertThat(moved.helped().get(0).predicted()).isNaN();
        assertThat(moved.correlation()).isEmpty();
    }

    /** Behind the last layer norm, what is added to its output is added to the logits through the unembedding. */
    @Test
    void whatIsDoneBehindTheLastBlockCounts() {
        Opened opened = Opened.of("att_gpt2");
        HookPoint last = HookPoint.of(HookPoint.Site.LN_FINAL_NORMALIZED);
        Interventions done = one(new Target.FeatureElsewhere(opened.sae, 2, last), new Add(1, true));
        PromptEffects.Answer answer = ask(new PromptEffects(opened.model, TEXT, done));
        InterventionEffects.Effect effect = ask(new InterventionEffects(opened.model, TEXT, List.of(done), false))
                .effects()
                .get(0);
        assertThat(answer.kl()).containsExactly(effect.kl(), within(1e-5));
        assertThat(answer.meanKl()).isGreaterThan(1e-4);
    }

    /** Two texts of different lengths, which are padded, and a third that is cut at a border into these two. */
    @ParameterizedTest
    @ValueSource(strings = {"att_gpt2", "att_gemma2", "att_neox"})
    void overACorpusEffectsAreTheMeanOfThoseOnItsTexts(String name) {
        Opened opened = Opened.of(name);
        List<Integer> other = List.of(4, 19, 80);
        int feature = strongest(opened, 2);
        Interventions done = Interventions.of(List.of(
                new Intervention(new Target.Feature(opened.sae, feature), new Scale(0), Positions.from(1)),
                new Intervention(
                        new Target.Feature(opened.sae, 1), Intervention.Clamp.to(3), Positions.listed(List.of(2)))));
        List<CorpusEffects.Watched> watched =
                List.of(new CorpusEffects.Watched(opened.sae, feature), new CorpusEffects.Watched(opened.sae, 1));
        double ce = 0;
        double added = 0;
        double kl = 0;
        double activation = 0;
        for (List<Integer> text : List.of(TEXT, other)) {
            PromptEffects.Answer on = ask(new PromptEffects(opened.model, text, done));
            ce += Arrays.stream(on.ce()).sum();
            added += Arrays.stream(on.ceWith()).sum() - Arrays.stream(on.ce()).sum();
            kl += Arrays.stream(on.kl()).sum();
            for (float one :
                    ask(new TextActivations(opened.model, opened.sae, text)).of(feature)) {
                activation += one;
            }
        }
        int[][] rows = {Runs.array(TEXT), Runs.array(other)};
        int[] packed = {17, 60, 33, 71, 5, 42, 4, 19, 80};
        int[] documents = {0, 0, 0, 0, 0, 0, 1, 1, 1};
        for (TokenRows contexts :
                List.of(new TokenRows(rows), TokenRows.cutAtBorders(new int[][] {packed}, new int[][] {documents}))) {
            CorpusEffects.Answer found =
                    ask(new CorpusEffects(opened.model, contexts, done, Set.of(), watched, 100, 0));
            assertThat(found.tokens()).isEqualTo(9);
            assertThat(found.ce()).isCloseTo(ce / 7, within(1e-4));
            assertThat(found.deltaCe().mean()).isCloseTo(added / 7, within(1e-4));
            assertThat(found.kl().mean()).isCloseTo(kl / 9, within(1e-4));
            assertThat(found.watched().get(0).mean()).isCloseTo(activation / 9, within(1e-4));
            assertThat(found.applied()).isEqualTo(7);
        }
        CorpusEffects.Answer found =
                ask(new CorpusEffects(opened.model, new TokenRows(rows), done, Set.of(80), watched, 100, 0));
        assertThat(found.tokens()).isEqualTo(8);
        assertThat(found.deltaCe().count()).isEqualTo(2);
        assertThat(found.deltaCe().low()).isLessThan(found.deltaCe().high());
    }

    @Test
    void nothingDoneOverACorpusChangesNothing() {
        Opened opened = Opened.of("att_gpt2");
        CorpusEffects.Answer found = ask(new CorpusEffects(
                opened.model,
                new TokenRows(new int[][] {Runs.array(TEXT)}),
                Interventions.NONE,
                Set.of(),
                List.of(new CorpusEffects.Watched(opened.sae, strongest(opened, 2))),
                10,
                0));
        assertThat(found.deltaCe().mean()).isZero();
        assertThat(found.kl().mean()).isZero();
        assertThat(found.watched().get(0).change().mean()).isZero();
        assertThat(found.watched().get(0).mean()).isPositive();
    }
}
