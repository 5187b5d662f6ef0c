package loupe.training.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import loupe.training.lm.BigramModel;
import org.junit.jupiter.api.Test;

class DefinitionMeasuresTest {
    /** Counted by hand on "1 2 1" between separators 0: bigrams 01, 12, 21, 10; four tokens, vocabulary of 5. */
    @Test
    void theBigramModelInterpolatesAndLeavesNothingImpossible() {
        BigramModel model = new BigramModel(5);
        model.count(new int[] {1, 2, 1});
        assertThat(model.loss(1, 2)).isCloseTo(-Math.log(0.9 * 0.5 + 0.1 * 2 / 9.0), within(1e-12));
        assertThat(model.loss(2, 0)).isCloseTo(-Math.log(0.1 * 2 / 9.0), within(1e-12));
        assertThat(model.loss(1, 4)).isCloseTo(-Math.log(0.1 * 1 / 9.0), within(1e-12));
        assertThat(model.loss(3, 1)).isCloseTo(-Math.log(3 / 9.0), within(1e-12));
    }

    @Test
    void contentWordsAreLowerCaseAndWithoutArticlesAndPrepositions() {
        assertThat(ContentWords.of("(Sports) The act of moving from one place to an-other, e.g. by a person's foot"))
                .containsExactly("sports", "act", "moving", "place", "person", "foot");
    }
}
