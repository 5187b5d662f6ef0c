package loupe.state.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import loupe.TinyModel;
import loupe.lm.tokenizer.Tokenizer;
import loupe.lm.tokenizer.TokenizerFiles;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a byte-level tokenizer, whose tokens are parts of characters here. */
class PromptTokensTest {
    private static final int CONTEXT = 64;
    /** A bird of two UTF-16 units, a combining accent, right-to-left letters, a line break and an ideograph. */
    private static final String TEXT = "The \ud83d\udc26 sang e\u0301\n\u0634\u0643 \u9ce5.";

    @TempDir
    static Path folder;

    private static Tokenizer tokenizer;

    @BeforeAll
    static void open() throws IOException {
        tokenizer = TokenizerFiles.read(TinyModel.writeTo(folder)).orElseThrow();
    }

    @AfterAll
    static void close() {
        tokenizer.close();
    }

    @Test
    void spansCoverTheTextAndCutNoCharacterInTwo() {
        PromptTokens tokens = PromptTokens.of(tokenizer, TEXT, Tokenizer.Beginning.NO, CONTEXT);
        BitSet covered = new BitSet();
        for (int i = 0; i < tokens.size(); i++) {
            int start = tokens.starts().get(i);
            int end = tokens.ends().get(i);
            assertThat(start).as("token " + i).isBetween(0, end - 1);
            assertThat(Character.isLowSurrogate(TEXT.charAt(start))).isFalse();
            assertThat(Character.isHighSurrogate(TEXT.charAt(end - 1))).isFalse();
            covered.set(start, end);
        }
        assertThat(covered.cardinality()).isEqualTo(TEXT.length());
        assertThat(tokenizer.decode(
                        tokens.ids().stream().mapToInt(Integer::intValue).toArray()))
                .isEqualTo(TEXT);
        assertThat(tokens.cut()).isFalse();
    }

    @Test
    void aTextCutAtTheContextHasTheFirstTokensOfTheWholeOne() {
        PromptTokens whole = PromptTokens.of(tokenizer, TEXT, Tokenizer.Beginning.NO, CONTEXT);
        PromptTokens cut = PromptTokens.of(tokenizer, TEXT, Tokenizer.Beginning.NO, 5);
        assertThat(cut.cut()).isTrue();
        assertThat(cut.ids()).isEqualTo(whole.ids().subList(0, 5));
        assertThat(cut.ends()).isEqualTo(whole.ends().subList(0, 5));
    }

    @Test
    void theTokenForTheBeginningIsOfNoPartOfTheText() {
        PromptTokens tokens = PromptTokens.of(tokenizer, "The bird", Tokenizer.Beginning.YES, CONTEXT);
        assertThat(tokens.begins()).isTrue();
        assertThat(tokens.ends().get(0)).isEqualTo(tokens.starts().get(0));
        assertThat(PromptTokens.of(tokenizer, "The bird", Tokenizer.Beginning.NO, CONTEXT)
                        .ids())
                .isEqualTo(tokens.ids().subList(1, tokens.size()));
    }

    @Test
    void anAnswerIsReadAsItStandsAfterThePrompt() {
        assertThat(PromptTokens.ofContinuation(tokenizer, " bird", CONTEXT).texts())
                .first()
                .asString()
                .startsWith(" ");
        assertThat(PromptTokens.ofContinuation(tokenizer, "", CONTEXT)).isEqualTo(PromptTokens.NONE);
    }
}
