package loupe.analysis.ablation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import loupe.Golden;
import loupe.analysis.prompts.ForwardPass;
import loupe.analysis.prompts.TextActivations;
import loupe.base.HookPoint;
import loupe.base.Refusal;
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
 * Against plain readings of each ablated text by itself, in three model families; 1e-5 for batches of another shape.
 */
class AblatedTextTest {
    private static final int LAST = 9;
    private static final List<Integer> TEXT =
            new Random(5).ints(LAST + 1, 0, 90).boxed().toList();

    private static InferenceService service;

    private record Opened(ModelId model, SaeId sae) {
        static Opened of(String family, HookPoint hook) {
            SaeOptions options = SaeOptions.builder().hook(Optional.of(hook)).build();
            return new Opened(
                    service.openModel(Golden.folder(family).resolve("model"), Processing.RAW)
                            .toCompletableFuture()
                            .join()
                            .id(),
                    service.openSae(Golden.folder(family).resolve("sae2"), options)
                            .toCompletableFuture()
                            .join()
                            .id());
        }

        /** The strongest feature at the last token. */
        int strongest() {
            return AblatedTextTest.ask(new TextActivations(model, sae, TEXT))
                    .strongest(LAST, 1)
                    .get(0)
                    .feature();
        }

        AblatedText.Answer ask(int feature, int from, TokenSets sets, Replacement replacement) {
            return AblatedTextTest.ask(new AblatedText(model, sae, feature, TEXT, from, sets, replacement));
        }

        /** The feature at the last token of a text on its own. */
        float atLast(int feature, List<Integer> text) {
            return AblatedTextTest.ask(new TextActivations(model, sae, text))
                    .features()
                    .get(text.size() - 1, feature);
        }
    }

    @BeforeAll
    static void start() {
        service = new LocalInferenceService(Device.CPU);
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

    private static Opened open(String family) {
        return Opened.of(family, HookPoint.residPost(0));
    }

    /** Each set of an answer beside the text that is read plainly. */
    private static void assertExact(Opened opened, int feature, AblatedText.Answer answer, boolean removed) {
        assertThat(answer.activation()).isCloseTo(opened.atLast(feature, TEXT), within(1e-5f));
        for (int set = 0; set < answer.sets().size(); set++) {
            List<Integer> text = new ArrayList<>(TEXT);
            int[] tokens = answer.sets().get(set);
            for (int i = tokens.length - 1; i >= 0; i--) {
                if (removed) {
                    text.remove(tokens[i]);
                } else {
                    text.set(tokens[i], answer.put()[tokens[i]]);
                }
            }
            assertThat(answer.without()[set])
                    .as("feature %d without %s", feature, Arrays.toString(tokens))
                    .isCloseTo(opened.atLast(feature, text), within(1e-5f));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"att_gpt2", "att_gemma2", "att_neox"})
    void everySetIsWhatAPlainReadingOfTheTextWithoutItGives(String family) {
        Opened opened = open(family);
        int feature = opened.strongest();
        TokenSets groups = new TokenSets.Groups(List.of(List.of(2, 3), List.of(8), List.of(5)));
        for (TokenSets sets : List.of(TokenSets.pairs(), new TokenSets.Spans(4), groups)) {
            AblatedText.Answer removed = opened.ask(feature, 0, sets, Replacement.REMOVED);
            assertThat(removed.put()).containsOnly(-1);
            assertExact(opened, feature, removed, true);
            AblatedText.Answer by = opened.ask(feature, 1, sets, new Replacement.By(7));
            assertThat(by.put()[4]).isEqualTo(7);
            assertExact(opened, feature, by, false);
            AblatedText.Answer own = opened.ask(feature, 0, sets, Replacement.NEXT_BEST);
            assertExact(opened, feature, own, false);
            assertThat(removed.known()).isEqualTo(removed.sets().size());
        }
        AblatedText.Answer pairs = opened.ask(feature, 0, TokenSets.pairs(), Replacement.REMOVED);
        assertThat(pairs.sets()).hasSize(9 + 36);
        assertThat(IntStream.range(0, 45).anyMatch(set -> Math.abs(pairs.lost(set)) > 1e-2))
                .as("some set matters")
                .isTrue();
    }

    @Test
    void whereNothingAttendsBeforeThePlaceThatIsReadPairsAreReadToo() {
        Opened opened = Opened.of("att_gpt2", HookPoint.residPre(0));
        int feature = opened.strongest();
        assertExact(opened, feature, opened.ask(feature, 0, TokenSets.pairs(), Replacement.REMOVED), true);
        assertExact(opened, feature, opened.ask(feature, 0, TokenSets.pairs(), new Replacement.By(3)), false);
    }

    @Test
    void manyBlocksOfALongerTextGiveTheSamePairs() {
        Opened opened = open("att_neox");
        List<Integer> text = new Random(8).ints(60, 0, 90).boxed().toList();
        AblatedText.Answer answer =
                ask(new AblatedText(opened.model, opened.sae, 1, text, 3, TokenSets.pairs(), Replacement.REMOVED));
        assertThat(answer.sets()).hasSize(56 + 56 * 55 / 2);
        for (int set = 0; set < answer.sets().size(); set += 97) {
            int[] tokens = answer.sets().get(set);
            assertThat(answer.without()[set])
                    .isCloseTo(opened.atLast(1, AblatedText.without(text, tokens, none(60))), within(1e-5f));
        }
    }

    private static int[] none(int tokens) {
        int[] put = new int[tokens];
        Arrays.fill(put, -1);
        return put;
    }

    @Test
    void theNextBestTokenIsTheModelsLikeliestOneButTheTextsOwn() {
        Opened opened = open("att_gpt2");
        HostTensor logits = ask(new ForwardPass(opened.model, TEXT, Map.of(), Set.of(), false))
                .logits();
        AblatedText.Answer answer = opened.ask(0, 0, TokenSets.singles(), Replacement.NEXT_BEST);
        assertThat(answer.put()[0]).as("the first token stays").isNegative();
        assertThat(answer.single(0)).isEmpty();
        for (int place = 1; place <= LAST; place++) {
            float[] row = logits.row(place - 1);
            int own = TEXT.get(place);
            int best = IntStream.range(0, row.length)
                    .filter(id -> id != own)
                    .boxed()
                    .max((a, b) -> Float.compare(row[a], row[b]))
                    .orElseThrow();
            assertThat(answer.put()[place]).as("place %d", place).isEqualTo(best);
            assertThat(answer.single(place)).hasValue(place - 1);
        }
    }

    @Test
    void replacingATokenByItselfChangesNothing() {
        AblatedText.Answer answer = open("att_gpt2").ask(2, 1, TokenSets.singles(), new Replacement.By(TEXT.get(4)));
        assertThat(answer.lost(answer.single(4).orElseThrow())).isCloseTo(0, within(1e-5f));
    }

    @Test
    void aTextOfOneTokenHasNothingToRemove() {
        Opened opened = open("att_gpt2");
        for (Replacement replacement : List.of(Replacement.REMOVED, Replacement.NEXT_BEST)) {
            AblatedText.Answer answer =
                    ask(new AblatedText(opened.model, opened.sae, 0, List.of(3), 0, TokenSets.pairs(), replacement));
            assertThat(answer.activation()).isCloseTo(opened.atLast(0, List.of(3)), within(1e-5f));
            assertThat(answer.sets()).isEmpty();
        }
    }

    @Test
    void aPlaceOutsideTheTextIsRefused() {
        assertThatThrownBy(() -> open("att_gpt2").ask(0, 10, TokenSets.singles(), Replacement.REMOVED))
                .hasStackTraceContaining("from is 10")
                .hasStackTraceContaining("10 tokens");
    }

    @Test
    void tooManySetsAndGroupsOutsideAreRefused() {
        assertThatThrownBy(() -> TokenSets.pairs().of(0, 201))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("20301 sets")
                .hasMessageContaining("20000");
        assertThat(TokenSets.pairs().of(0, 199)).hasSize(19_900);
        assertThatThrownBy(() -> new TokenSets.Groups(List.of(List.of(2), List.of(9))).of(1, 9))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("Token 9")
                .hasMessageContaining("1 to 8");
    }

    /** -5 becomes -1: four of five are lost; another one makes it -6. */
    @Test
    void whatIsLostOfANegativeActivationIsHowMuchNearerToZeroItComes() {
        AblatedText.Answer answer =
                new AblatedText.Answer(-5, new int[4], TokenSets.pairs().of(0, 2), new float[] {-1, -6, 2});
        assertThat(answer.lost(0)).isEqualTo(4);
        assertThat(answer.lost(1)).isEqualTo(-1);
        assertThat(answer.share(2)).isEqualTo(7.0 / 5);
        assertThat(answer.together(2)).isEqualTo(7 - 4 + 1);
    }

    /** A or B: each alone takes nothing, both take all. A and B: each alone takes all. */
    @Test
    void oneForTheOtherIsAboveZeroAndBothNeededBelow() {
        List<int[]> sets = TokenSets.pairs().of(0, 2);
        assertThat(new AblatedText.Answer(2, new int[3], sets, new float[] {2, 2, 0}).together(2))
                .isEqualTo(2);
        assertThat(new AblatedText.Answer(2, new int[3], sets, new float[] {0, 0, 0}).together(2))
                .isEqualTo(-2);
        assertThat(new AblatedText.Answer(2, new int[3], sets, new float[] {1.5f, 1, 0.5f}).together(2))
                .isZero();
    }
}
