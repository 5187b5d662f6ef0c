package loupe.state.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import loupe.state.Opened;
import loupe.state.WorkbenchModels;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tiny model of {@link Opened}: one token a letter, a context of 16, no token for the beginning of text. */
class PromptModelTest {
    @TempDir
    Path cache;

    private final Opened opened = new Opened();
    private WorkbenchModels models;
    private PromptModel prompt;

    @BeforeEach
    void begin() {
        models = new WorkbenchModels(opened.workbench, cache);
        prompt = models.prompt();
    }

    @Test
    void bothPromptsAndTheAnswersAreReadInTokensOfTheModel() {
        prompt.pair().set(new PromptPair("bad", "bed", "ge", "f"));

        assertThat(prompt.cleanTokens().get().ids()).containsExactly(1, 0, 3);
        assertThat(prompt.cleanTokens().get().texts()).containsExactly("b", "a", "d");
        assertThat(prompt.corruptTokens().get().ids()).containsExactly(1, 4, 3);
        PromptModel.Read read = prompt.reading().getValue();
        assertThat(read.answer().ids()).containsExactly(6, 4);
        assertThat(read.wrongAnswer().ids()).containsExactly(5);
        assertThat(read.isAligned()).isTrue();
        assertThat(read.misalignment()).isEmpty();
    }

    @Test
    void promptsOfDifferentLengthsAreRefusedWithBothNumbersOfTokens() {
        prompt.pair().set(PromptPair.of("bad").withCorrupt("beds"));

        assertThat(prompt.reading().getValue().misalignment().orElseThrow())
                .hasMessageContaining("clean prompt has 3 tokens and the corrupt one 4");
        prompt.pair().set(PromptPair.of("bad"));
        assertThat(prompt.reading().getValue().misalignment()).isEmpty();
    }

    @Test
    void theChosenTokenGoesWithTheEndAndOtherwiseStays() {
        prompt.pair().set(PromptPair.of("bad"));
        assertThat(prompt.position().get()).isEqualTo(2);
        prompt.pair().set(PromptPair.of("badge"));
        assertThat(prompt.position().get()).isEqualTo(4);
        prompt.position().set(1);
        prompt.pair().set(PromptPair.of("badges"));
        assertThat(prompt.position().get()).isEqualTo(1);
        prompt.pair().set(PromptPair.of("b"));
        assertThat(prompt.position().get()).isZero();
        prompt.pair().set(PromptPair.EMPTY);
        assertThat(prompt.position().get()).isEqualTo(-1);
        assertThat(prompt.cleanTokens().get().isEmpty()).isTrue();
    }

    @Test
    void aPromptLongerThanTheContextIsCutAndSaysSo() {
        prompt.pair().set(PromptPair.of("a".repeat(17)));

        assertThat(prompt.cleanTokens().get().size()).isEqualTo(16);
        assertThat(prompt.cleanTokens().get().cut()).isTrue();
    }

    @Test
    void aChangeIsTakenBackAndMadeAgain() {
        PromptPair one = PromptPair.of("bad");
        prompt.pair().set(one);
        assertThat(models.undoOrder().undoable()).contains("change of the prompts");
        models.undoOrder().undo();
        assertThat(prompt.pair().get()).isEqualTo(PromptPair.EMPTY);
        models.undoOrder().redo();
        assertThat(prompt.pair().get()).isEqualTo(one);
        assertThat(prompt.cleanTokens().get().ids()).isEqualTo(List.of(1, 0, 3));
    }

    @Test
    void theSessionKeepsThemButNotAsAChangeToTakeBack() {
        PromptPair typed = new PromptPair("bad", "bed", " x", " y");
        prompt.pair().set(typed);
        Map<String, String> kept = models.remembered();

        Opened other = new Opened();
        WorkbenchModels recalled = new WorkbenchModels(other.workbench, cache);
        recalled.recall(kept);
        assertThat(recalled.prompt().pair().get()).isEqualTo(typed);
        assertThat(recalled.undoOrder().undoable()).isEmpty();
    }
}
