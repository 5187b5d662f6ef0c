package loupe.analysis.ablation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import loupe.analysis.WilsonInterval;
import loupe.inference.ModelId;
import loupe.inference.SaeId;
import org.junit.jupiter.api.Test;

/** Numbers worked by hand. */
class AblationSummaryTest {
    private static final int A = 7;
    private static final int B = 8;
    private static final int C = 9;

    private static AblationSummary summary(
            List<List<Integer>> texts, TokenSets sets, Replacement replacement, float[]... values) {
        AblatedExamples question =
                new AblatedExamples(new ModelId("tiny", "m"), new SaeId("a", "1"), 0, texts, 3, sets, replacement);
        List<AblatedText.Answer> answers = new ArrayList<>();
        for (int i = 0; i < values.length; i++) {
            AblatedText text = question.of(i);
            float[] without = Arrays.copyOfRange(values[i], 1, values[i].length);
            answers.add(new AblatedText.Answer(
                    values[i][0], new int[text.ids().size()], sets.of(text.first(), text.end()), without));
        }
        return AblationSummary.of(question, new AblatedExamples.Answer(answers), 200, 0);
    }

    @Test
    void sharesAreMeansOverTheExamplesThatHaveTheDistance() {
        AblationSummary found = summary(
                List.of(List.of(1, A, B, C), List.of(B, C), List.of(A, A, C)),
                TokenSets.singles(),
                Replacement.REMOVED,
                new float[] {4, 1, 4},
                new float[] {2, 1},
                new float[] {0, 0, 0});

        assertThat(found.examples()).as("one has no activation").isEqualTo(2);
        assertThat(found.distances()).extracting(AblationSummary.Part::number).containsExactly(1, 2);
        assertThat(found.distances().get(0).share().mean()).isEqualTo((0 + 0.5) / 2);
        assertThat(found.distances().get(0).share().count()).isEqualTo(2);
        assertThat(found.distances().get(1).share().mean()).isEqualTo(0.75);
        assertThat(found.lengths()).hasSize(1);
        assertThat(found.lengths().get(0).share().mean()).isEqualTo((0.75 + 0.5) / 2);
        assertThat(found.alone())
                .as("half is not more than half")
                .isEqualTo(new AblationSummary.Count(1, 2, WilsonInterval.of(1, 2)));
        assertThat(found.together()).isEmpty();
        assertThat(found.pairs()).isEmpty();
        assertThat(found.tokens())
                .containsExactly(
                        new AblationSummary.OfToken(A, 1, 0.75, 0.75), new AblationSummary.OfToken(B, 2, 0.25, 0.5));
    }

    /** In the first text A or B is needed, in the second both are, in the third neither. */
    @Test
    void pairsTellOneForTheOtherFromBoth() {
        AblationSummary found = summary(
                List.of(List.of(A, B, C), List.of(A, B, C), List.of(A, B, C)),
                TokenSets.pairs(),
                Replacement.REMOVED,
                new float[] {2, 2, 2, 0},
                new float[] {2, 0, 0, 0},
                new float[] {2, 2, 2, 2});

        assertThat(found.alone().count()).isEqualTo(1);
        assertThat(found.together().orElseThrow().count()).isEqualTo(1);
        assertThat(found.pairs()).hasSize(1);
        AblationSummary.OfPair pair = found.pairs().get(0);
        assertThat(pair.far()).isEqualTo(2);
        assertThat(pair.near()).isEqualTo(1);
        assertThat(pair.count()).isEqualTo(3);
        assertThat(pair.share()).isCloseTo(2.0 / 3, within(1e-12));
        assertThat(pair.together()).as("1, -1 and 0").isCloseTo(0, within(1e-12));
    }

    /** The last token, replaced, takes everything, as always; that is not what makes one token enough. */
    @Test
    void theTokenItselfIsNoneOfThoseBeforeIt() {
        AblationSummary found =
                summary(List.of(List.of(A, B, C)), new TokenSets.Spans(2), new Replacement.By(1), new float[] {
                    -2, -2, -2, 0, -1, 0
                });

        assertThat(found.distances().get(0).number()).isZero();
        assertThat(found.distances().get(0).share().mean()).isEqualTo(1);
        assertThat(found.alone().count()).isZero();
        assertThat(found.lengths()).extracting(part -> part.share().mean()).containsExactly(0.0, 0.5);
        assertThat(found.spans())
                .contains(new AblationSummary.OfSpan(2, 1, 1, 1), new AblationSummary.OfSpan(2, 2, 1, 0.5));
    }
}
