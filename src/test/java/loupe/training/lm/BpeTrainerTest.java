package loupe.training.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import loupe.lm.tokenizer.Tokenizer;
import loupe.lm.tokenizer.TokenizerFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BpeTrainerTest {
    @TempDir
    private Path folder;

    /**
     * Sennrich's example, by hand: low x5, lower x2, newest x6, widest x3. Pairs at the start: es 9, st 9, we 8, lo 7,
     * ow 7, ... Ties go to the smaller left id: e before s. Then es+t 9, then lo 7 (l before o, w), then lo+w 7.
     */
    @Test
    void pairsAreMergedByFrequencyThenById() {
        BpeTrainer trainer = new BpeTrainer();
        trainer.add("low", 5);
        trainer.add("lower", 2);
        trainer.add("newest", 6);
        trainer.add("widest", 3);
        List<String> tokens = trainer.train(261).tokens();
        assertThat(tokens.subList(257, 261)).containsExactly("es", "est", "lo", "low");
    }

    /** aaaaa becomes aa aa a; of the two pairs left, each seen once, (aa, a) has the smaller right id. */
    @Test
    void aRunOfEqualLettersIsMergedFromTheLeft() {
        BpeTrainer trainer = new BpeTrainer();
        trainer.add("aaaaa", 1);
        assertThat(trainer.train(300).tokens().subList(257, 259)).containsExactly("aa", "aaa");
    }

    @Test
    void theSeparatorIsTokenZeroAndTheBytesFollow() {
        List<String> tokens = new BpeTrainer().train(257).tokens();
        assertThat(tokens.get(0)).isEqualTo("<|endoftext|>");
        assertThat(tokens.get(1)).isEqualTo("!");
        assertThat(tokens).hasSize(257).contains("\u0120", "\u010A");
    }

    @Test
    void mergesNeverCrossGpt2sSplit() {
        BpeTrainer trainer = new BpeTrainer();
        trainer.add("dog's cat, 12ab \"x\"", 1000);
        assertThat(trainer.train(400)
                        .tokens()
                        .subList(257, trainer.train(400).tokens().size()))
                .containsExactlyInAnyOrder(
                        "do", "dog", "'s", "at", "cat", "\u0120cat", "12", "\u012012", "ab", "\u0120\"");
    }

    @Test
    void fewerTokensThanBytesAreRefused() {
        assertThatThrownBy(() -> new BpeTrainer().train(256))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("256");
    }

    @Test
    void theWrittenTokenizerIsReadAndGivesTextsBack() throws Exception {
        BpeTrainer trainer = new BpeTrainer();
        trainer.add("low lower lowest newest widest \u00e4hnlich \ud83e\udda6", 10);
        BpeTrainer.Vocabulary vocabulary = trainer.train(290);
        vocabulary.write(folder, 128);
        try (Tokenizer tokenizer = TokenizerFiles.read(folder).orElseThrow()) {
            assertThat(tokenizer.size()).isEqualTo(vocabulary.tokens().size());
            assertThat(tokenizer.encode("low", Tokenizer.Beginning.NO).ids())
                    .containsExactly(vocabulary.tokens().indexOf("low"));
            assertThat(tokenizer
                            .encode("<|endoftext|>low", Tokenizer.Beginning.NO)
                            .ids())
                    .containsExactly(0, vocabulary.tokens().indexOf("low"));
            for (String text : List.of(
                    "lower \u00e4hnlich \ud83e\udda6", "  spaces\n\tand tabs  ", "never seen: \u65e5\u672c\u8a9e")) {
                assertThat(tokenizer.decode(
                                tokenizer.encode(text, Tokenizer.Beginning.NO).ids()))
                        .isEqualTo(text);
            }
        }
    }
}
