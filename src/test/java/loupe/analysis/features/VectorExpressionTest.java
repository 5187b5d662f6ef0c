package loupe.analysis.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import loupe.base.Refusal;
import loupe.inference.ModelId;
import loupe.inference.SaeId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VectorExpressionTest {
    private static final ModelId MODEL = new ModelId("model", "m");
    private static final SaeId SAE = new SaeId("sae", "s");
    private static final VectorExpression WORDS = new VectorExpression(
            Optional.of(MODEL), 50, Optional.of(SAE), 20, text -> text.equals("red") ? List.of(4) : List.of(5, 6));

    @Test
    void theWindowsWordsAndTheCommandsAreTheSame() {
        NeighbourQuery feature = new NeighbourQuery.Feature(SAE, 17);
        assertThat(WORDS.read("#17")).contains(feature);
        assertThat(WORDS.read(" feature:17 ")).contains(feature);
        assertThat(WORDS.read("token 42")).contains(new NeighbourQuery.Token(MODEL, 42));
        assertThat(WORDS.read("token:42")).contains(new NeighbourQuery.Token(MODEL, 42));
        assertThat(WORDS.read("bias:42")).contains(new NeighbourQuery.Bias(SAE, 42));
        assertThat(WORDS.read("random:3")).contains(new NeighbourQuery.RandomVector(3));
        assertThat(WORDS.read("\"red\"")).contains(new NeighbourQuery.Token(MODEL, 4));
        assertThat(WORDS.read("\"blue red\"")).contains(new NeighbourQuery.Text(MODEL, List.of(5, 6)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"#1-#2", "#1 - #2", "+ #1 - 1*#2", "1.0 * #1-#2"})
    void spacesAndFactorsOfOneDoNotMatter(String typed) {
        assertThat(WORDS.read(typed))
                .contains(new NeighbourQuery.Sum(List.of(
                        new NeighbourQuery.Term(1, new NeighbourQuery.Feature(SAE, 1)),
                        new NeighbourQuery.Term(-1, new NeighbourQuery.Feature(SAE, 2)))));
    }

    @Test
    void oneVectorWithAFactorIsASumOfOne() {
        assertThat(WORDS.read("- #1"))
                .contains(new NeighbourQuery.Sum(
                        List.of(new NeighbourQuery.Term(-1, new NeighbourQuery.Feature(SAE, 1)))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"red", "black - white", "token", "#", "#red", "a token 42", "", "5 * 3", "token four"})
    void everythingElseIsAText(String typed) {
        assertThat(WORDS.read(typed)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"#1 - white", "#1 +", "#1 * 2", "white - #1", "#1 - #2 - x", "2 * #1 / #3"})
    void aSumThatCannotBeReadIsNoText(String typed) {
        assertThatThrownBy(() -> WORDS.read(typed)).isInstanceOf(Refusal.class).hasMessageContaining("sum");
    }

    @Test
    void whatDoesNotExistIsRefused() {
        assertThatThrownBy(() -> WORDS.read("#1 + #20"))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("no feature 20: the last one is 19");
        assertThatThrownBy(() -> WORDS.read("token 50")).hasMessageContaining("no token 50");
        VectorExpression nothing = new VectorExpression(Optional.empty(), 0, Optional.empty(), 0, text -> List.of());
        assertThatThrownBy(() -> nothing.read("#1")).hasMessageContaining("No checkpoint is open");
        assertThatThrownBy(() -> nothing.read("token 1")).hasMessageContaining("No model is open");
    }
}
