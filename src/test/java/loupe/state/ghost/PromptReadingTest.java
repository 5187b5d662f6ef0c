package loupe.state.ghost;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import loupe.inference.OpenModel;
import loupe.lm.tokenizer.Tokenizer;
import loupe.lm.tokenizer.Tokenizer.Beginning;
import loupe.lm.tokenizer.Tokens;
import loupe.state.Opened;
import org.junit.jupiter.api.Test;

class PromptReadingTest {
    private final Opened opened = new Opened();
    private final GhostControlsModel controls = new GhostControlsModel(opened.workbench);
    private final OpenModel model = withBeginning(opened.workbench.model().get());

    /** The same model with a tokenizer whose texts can begin with token 26. */
    private static OpenModel withBeginning(OpenModel plain) {
        Tokenizer letters = plain.tokenizer().orElseThrow();
        Tokenizer tokenizer = new Tokenizer() {
            @Override
            public int size() {
                return letters.size();
            }

            @Override
            public Tokens encode(String text, Beginning beginning) {
                IntStream ids = Arrays.stream(letters.encode(text, Beginning.NO).ids());
                return Tokens.of(
                        (beginning == Beginning.YES ? IntStream.concat(IntStream.of(26), ids) : ids).toArray());
            }

            @Override
            public String decode(int... ids) {
                return letters.decode(ids);
            }

            @Override
            public String text(int id) {
                return letters.text(id);
            }

            @Override
            public OptionalInt beginning() {
                return OptionalInt.of(26);
            }

            @Override
            public void close() {}
        };
        return new OpenModel(plain.id(), plain.folder(), plain.config(), Optional.of(tokenizer), List.of());
    }

    private PromptReading read(String text, Beginning beginning) {
        controls.prompt().set(text);
        controls.beginning().set(beginning);
        return PromptReading.of(model, controls.values().get());
    }

    @Test
    void theBeginningOfTextComesBeforeThePromptWhenItIsAskedFor() {
        PromptReading without = read("a{ghost}b", Beginning.NO);
        PromptReading with = read("a{ghost}b", Beginning.YES);
        assertThat(with.tokens().ids())
                .hasSize(without.tokens().ids().size() + 1)
                .startsWith(26);
        assertThat(with.tokens().ids().subList(1, with.tokens().ids().size()))
                .isEqualTo(without.tokens().ids());
        assertThat(with.tokens().ghostPositions())
                .containsExactly(without.tokens().ghostPositions().get(0) + 1);
    }

    @Test
    void anotherBeginningIsAnotherReading() {
        PromptReading automatic = read("a{ghost}b", Beginning.AUTO);
        assertThat(automatic.isOf(model, controls.values().get())).isTrue();
        controls.beginning().set(Beginning.YES);
        assertThat(automatic.isOf(model, controls.values().get())).isFalse();
    }

    @Test
    void aModelWithoutSuchATokenSaysSo() {
        controls.beginning().set(Beginning.YES);
        PromptReading refused = PromptReading.of(
                opened.workbench.model().get(), controls.values().get());
        assertThat(refused.tokens()).isNull();
        assertThat(refused.problem().message()).contains("no token for the beginning of text");
    }

    @Test
    void theChoiceIsUndoneAndRememberedWithTheOtherControls() {
        GhostValues before = controls.values().get();
        controls.beginning().set(Beginning.NO);
        assertThat(controls.remembered()).containsEntry("ghost.beginning", "NO");
        controls.restore(before);
        assertThat(controls.beginning().get()).isEqualTo(Beginning.AUTO);
    }
}
