package loupe.lm.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import loupe.RealData;
import loupe.TinyModel;
import loupe.base.CheckpointException;
import loupe.lm.tokenizer.Tokenizer.Beginning;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerFilesTest {
    @TempDir
    Path folder;

    private Tokenizer tiny() throws IOException {
        return TokenizerFiles.read(TinyModel.writeTo(folder)).orElseThrow();
    }

    @Test
    void textBecomesIdsAndTextAgain() throws IOException {
        try (Tokenizer tokenizer = tiny()) {
            Tokens tokens = tokenizer.encode(" the otter and the tin", Beginning.AUTO);
            assertThat(tokenizer.decode(tokens.ids())).isEqualTo(" the otter and the tin");
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < tokens.size(); i++) {
                texts.add(tokenizer.text(tokens.id(i)));
                assertThat(tokens.text().substring(tokens.start(i), tokens.end(i)))
                        .isEqualTo(texts.get(i));
            }
            assertThat(texts).containsExactly(" the", " o", "t", "t", "er", " and", " the", " t", "in");
            assertThat(tokenizer.size()).isEqualTo(TinyModel.VOCABULARY);
        }
    }

    @Test
    void spansAreInUtf16UnitsAlsoAfterAnEmoji() throws IOException {
        try (Tokenizer tokenizer = tiny()) {
            Tokens tokens = tokenizer.encode("\uD83E\uDDA6 in", Beginning.AUTO);
            assertThat(tokens.size()).isEqualTo(5);
            for (int i = 0; i < 4; i++) {
                assertThat(tokens.start(i)).isEqualTo(0);
                assertThat(tokens.end(i)).isEqualTo(2);
            }
            assertThat(tokens.start(4)).isEqualTo(2);
            assertThat(tokens.end(4)).isEqualTo(5);
        }
    }

    @Test
    void theTokenThatEndsATextIsTheOneTheFilesNameOrAUsualOne() throws IOException {
        try (Tokenizer tokenizer = tiny()) {
            assertThat(tokenizer.ends()).containsExactly(0);
        }
        Path named = TinyModel.writeTo(folder.resolve("named"));
        Files.writeString(named.resolve("tokenizer_config.json"), "{\"eos_token\": {\"content\": \"Ġthe\"}}");
        try (Tokenizer tokenizer = TokenizerFiles.read(named).orElseThrow()) {
            int the = tokenizer.encode(" the", Beginning.NO).id(0);
            assertThat(tokenizer.ends()).containsExactlyInAnyOrder(0, the);
        }
    }

    @Test
    void bytesThatAreNoWholeCharacterAreShownAsBytes() throws IOException {
        try (Tokenizer tokenizer = tiny()) {
            Tokens otter = tokenizer.encode("\uD83E\uDDA6", Beginning.AUTO);
            assertThat(tokenizer.text(otter.id(0))).isEqualTo("<0xF0>");
            assertThat(tokenizer.text(tokenizer.encode("\n", Beginning.AUTO).id(0)))
                    .isEqualTo("\n");
            assertThat(tokenizer.text(0)).isEqualTo("<|endoftext|>");
            assertThat(tokenizer.text(300)).isEqualTo("<300>");
        }
        assertThat(TokenSpelling.ofByteLevel("\u0120\u00e2\u013a")).isEqualTo(" <0xE2><0x98>");
        assertThat(TokenSpelling.ofByteLevel("\u00e2\u013a\u0125x")).isEqualTo("\u2603x");
        assertThat(TokenSpelling.ofSentencePiece("\u2581the")).isEqualTo(" the");
        assertThat(TokenSpelling.ofSentencePiece("<0x0A>")).isEqualTo("\n");
    }

    @Test
    void theBeginningOfTextIsAddedOnRequestOnlyForThisFamily() throws IOException {
        try (Tokenizer tokenizer = tiny()) {
            int[] plain = tokenizer.encode("tin", Beginning.AUTO).ids();
            assertThat(tokenizer.encode("tin", Beginning.NO).ids()).isEqualTo(plain);
            int[] begun = tokenizer.encode("tin", Beginning.YES).ids();
            assertThat(begun[0]).isEqualTo(0);
            assertThat(Arrays.copyOfRange(begun, 1, begun.length)).isEqualTo(plain);
            assertThat(tokenizer.encode("tin<|endoftext|>", Beginning.AUTO).id(plain.length))
                    .isEqualTo(0);
        }
    }

    @Test
    void halfASurrogatePairAndEmptyTextAreSurvived() throws IOException {
        try (Tokenizer tokenizer = tiny()) {
            assertThat(tokenizer.decode(
                            tokenizer.encode("a\uD83Eb", Beginning.AUTO).ids()))
                    .isEqualTo("a\uFFFDb");
            assertThat(tokenizer.encode("", Beginning.AUTO).size()).isZero();
        }
    }

    @Test
    void aFolderWithoutTokenizerFilesHasNone() {
        assertThat(TokenizerFiles.read(folder)).isEmpty();
    }

    @Test
    void aSentencePieceFileAloneIsNoTokenizerAndTheSentenceSaysWhatToDo() throws IOException {
        Files.write(folder.resolve("tokenizer.model"), new byte[] {10, 14});
        assertThat(TokenizerFiles.read(folder)).isEmpty();
        assertThat(TokenizerFiles.absence(folder))
                .contains("tokenizer.model cannot be read without it")
                .contains("AutoTokenizer.from_pretrained('.').save_pretrained('.')");
    }

    /** The split of Qwen's tokenizer is in its tokenizer.json only; GPT-2's would give other ids. */
    @Test
    void theOldFilesOfAnotherTokenizerThanGpt2sAreNotReadAsGpt2s() throws IOException {
        Files.writeString(folder.resolve("vocab.json"), "{\"a\":0}");
        Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\n");
        assertThat(TokenizerFiles.read(folder)).isPresent();
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"tokenizer_class\":\"Qwen2Tokenizer\"}");
        assertThat(TokenizerFiles.read(folder)).isEmpty();
        assertThat(TokenizerFiles.absence(folder)).contains("vocab.json cannot be read without it");
    }

    /** What transformers' tokenizer classes do with a tokenizer.json that itself adds nothing. */
    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "LlamaTokenizer, -, true",
                "GemmaTokenizerFast, -, true",
                "LlamaTokenizerFast, false, false",
                "PreTrainedTokenizerFast, -, false",
                "GPTNeoXTokenizerFast, -, false",
                "GPTNeoXTokenizerFast, true, true",
                "GPT2Tokenizer, -, false"
            })
    void textsBeginAsTheFamilyHasIt(String type, Boolean said, boolean begins) throws IOException {
        TinyModel.writeTo(folder);
        Files.writeString(
                folder.resolve("tokenizer_config.json"),
                "{\"bos_token\":{\"content\":\"<|endoftext|>\"},\"tokenizer_class\":\"" + type + "\""
                        + (said == null ? "" : ",\"add_bos_token\":" + said) + "}");
        try (Tokenizer tokenizer = TokenizerFiles.read(folder).orElseThrow()) {
            assertThat(tokenizer.beginsTexts()).isEqualTo(begins);
            assertThat(tokenizer.encode("tin", Beginning.AUTO).ids())
                    .isEqualTo(tokenizer
                            .encode("tin", begins ? Beginning.YES : Beginning.NO)
                            .ids());
            assertThat(tokenizer.beginning()).hasValue(0);
        }
    }

    @Test
    void aTokenizerMayHaveNoBeginningByIntention() throws IOException {
        TinyModel.writeTo(folder);
        Files.writeString(
                folder.resolve("tokenizer_config.json"), "{\"bos_token\":null,\"tokenizer_class\":\"Qwen2Tokenizer\"}");
        try (Tokenizer tokenizer = TokenizerFiles.read(folder).orElseThrow()) {
            assertThat(tokenizer.beginning()).isEmpty();
            assertThat(tokenizer.beginsTexts()).isFalse();
        }
    }

    /** Llama 2's tokenizer puts a space in front of every text; the second half of a prompt must not have one. */
    @Test
    @Tag("real-data")
    void aTextThatGoesOnHasNoSpacePutInFront() throws IOException {
        try (Tokenizer stories = TokenizerFiles.read(RealData.file("real-lm/TinyStories-656K-f32"))
                        .orElseThrow();
                Tokenizer gpt2 = tiny()) {
            assertThat(stories.decode(stories.encode("dog", Beginning.NO).ids()))
                    .isEqualTo("dog");
            assertThat(stories.encode("dog", Beginning.NO).id(0)).isEqualTo(80);
            assertThat(stories.encode("dog", Beginning.AUTO).id(0)).isEqualTo(1);
            assertThat(stories.encodeContinuation("dog").ids()).containsExactly(604);
            assertThat(stories.encodeContinuation("").ids()).isEmpty();
            assertThat(gpt2.encodeContinuation(" the").ids())
                    .isEqualTo(gpt2.encode(" the", Beginning.NO).ids());
        }
    }

    @Test
    void newerFilesSayTheSameOfThatSpaceInAnotherWay() throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), """
                {"version":"1.0","added_tokens":[],"normalizer":null,"pre_tokenizer":{"type":"Metaspace",\
                "replacement":"\u2581","prepend_scheme":"first","split":false},
                "post_processor":null,"decoder":{"type":"Metaspace","replacement":"\u2581","prepend_scheme":"first",\
                "split":false},
                "model":{"type":"BPE","dropout":null,"unk_token":null,"fuse_unk":false,"byte_fallback":false,\
                "vocab":{"\u2581":0,"a":1,"\u2581a":2},"merges":["\u2581 a"]}}""");
        try (Tokenizer tokenizer = TokenizerFiles.read(folder).orElseThrow()) {
            assertThat(tokenizer.encode("a a", Beginning.NO).ids()).containsExactly(2, 2);
            assertThat(tokenizer.encodeContinuation("a a").ids()).containsExactly(1, 2);
        }
    }

    @Test
    void aBrokenFileIsRefusedByName() throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), "{\"model\": {}}");
        assertThatThrownBy(() -> TokenizerFiles.read(folder))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("tokenizer.json");
    }

    @Test
    @Tag("real-data")
    void theKnownAnswersOfGpt2Hold() throws IOException {
        Path files = RealData.file("tokenizers/gpt2");
        Path answers = RealData.file("tokenizers/known-answers/r50k_base_encodings.csv");
        Path old = Files.createDirectory(folder.resolve("old"));
        Files.copy(files.resolve("vocab.json"), old.resolve("vocab.json"));
        Files.copy(files.resolve("merges.txt"), old.resolve("merges.txt"));
        try (Tokenizer whole = TokenizerFiles.read(files).orElseThrow();
                Tokenizer parts = TokenizerFiles.read(old).orElseThrow()) {
            List<List<String>> rows = csv(Files.readString(answers));
            assertThat(rows.get(0)).startsWith("input", "output");
            int checked = 0;
            for (List<String> row : rows.subList(1, rows.size())) {
                int[] expected = Arrays.stream(
                                row.get(1).replaceAll("[\\[\\] ]", "").split(","))
                        .filter(s -> !s.isEmpty())
                        .mapToInt(Integer::parseInt)
                        .toArray();
                assertThat(whole.encode(row.get(0), Beginning.AUTO).ids())
                        .as(row.get(0))
                        .isEqualTo(expected);
                assertThat(parts.encode(row.get(0), Beginning.AUTO).ids())
                        .as(row.get(0))
                        .isEqualTo(expected);
                assertThat(whole.decode(expected)).isEqualTo(row.get(0));
                checked++;
            }
            assertThat(checked).isGreaterThan(100);
            assertThat(whole.size()).isEqualTo(50257);
            assertThat(parts.size()).isEqualTo(50257);
            assertThat(whole.beginning()).hasValue(50256);
        }
    }

    /**
     * NFC first, as this tokenizer has it; every token of a text that is NFC already covers the characters it came
     * from.
     */
    @ParameterizedTest
    @Tag("real-data")
    @ValueSource(strings = {"20B_tokenizer.json", "pythia410m_tokenizer.json"})
    void thePythiaTokenizerGoesThereAndBack(String file) throws IOException {
        Files.copy(RealData.file("tokenizers/pythia-neox/" + file), folder.resolve("tokenizer.json"));
        List<String> texts = new ArrayList<>(List.of(
                "",
                " ",
                "      eight\t\ttabs\r\n\n\n",
                "caf\u00e9 cafe\u0301",
                "\u65e5\u672c\u8a9e \u0627\u0644\u0639 \ud83e\udda6\u200d\ud83c\udffd",
                "x\u0301\u0302\u0303",
                "\u1e9b\u0323 \ufb01",
                "don't WON'T 1234567890 !?...",
                "a\u0000b\u007f\ufeff"));
        try (Stream<String> lines = Files.lines(RealData.file("text/wikitext-2-valid.txt"))) {
            lines.filter(line -> line.length() > 20).limit(400).forEach(texts::add);
        }
        try (Tokenizer tokenizer = TokenizerFiles.read(folder).orElseThrow()) {
            for (String text : texts) {
                String normal = Normalizer.normalize(text, Normalizer.Form.NFC);
                Tokens tokens = tokenizer.encode(text, Beginning.AUTO);
                assertThat(tokenizer.decode(tokens.ids())).isEqualTo(normal);
                assertThat(tokenizer.encode(normal, Beginning.NO).ids()).isEqualTo(tokens.ids());
                int covered = 0;
                Tokens plain = tokenizer.encode(normal, Beginning.NO);
                for (int i = 0; i < plain.size(); i++) {
                    assertThat(plain.start(i)).as("%s, token %d", normal, i).isLessThanOrEqualTo(covered);
                    covered = Math.max(covered, plain.end(i));
                }
                assertThat(covered).as(normal).isEqualTo(normal.length());
            }
            assertThat(tokenizer.encode("<|endoftext|>", Beginning.AUTO).ids()).containsExactly(0);
            assertThat(tokenizer.beginning()).hasValue(0);
        }
    }

    /** Comma-separated values with quoted fields, which may hold line breaks and doubled quotes. */
    private static List<List<String>> csv(String text) {
        List<List<String>> rows = new ArrayList<>();
        List<String> row = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quoted) {
                if (c == '"' && i + 1 < text.length() && text.charAt(i + 1) == '"') {
                    field.append(c);
                    i++;
                } else if (c == '"') {
                    quoted = false;
                } else {
                    field.append(c);
                }
            } else if (c == '"') {
                quoted = true;
            } else if (c == ',' || c == '\n') {
                row.add(field.toString());
                field.setLength(0);
                if (c == '\n') {
                    rows.add(row);
                    row = new ArrayList<>();
                }
            } else if (c != '\r') {
                field.append(c);
            }
        }
        return rows;
    }

    private String refusal() {
        Throwable refused = catchThrowable(() -> TokenizerFiles.read(folder));
        assertThat(refused).isInstanceOf(CheckpointException.class);
        return refused.getMessage().replace(folder.toString(), "DIR");
    }

    @Test
    void mergesThatCannotBeReadAreBlamedThemselves() throws IOException {
        Files.writeString(folder.resolve("vocab.json"), "{\"a\": 0, \"b\": 1, \"ab\": 2}");
        Path merges = folder.resolve("merges.txt");
        Files.write(merges, new byte[] {'#', '\n', (byte) 0xff, ' ', 'b', '\n'});
        assertThat(refusal())
                .isEqualTo("DIR/merges.txt: this is not UTF-8 text; expected two parts of a token a line. "
                        + "Download the file again, or remove it to work with token ids.");
        Files.writeString(merges, "#version: 0.2\na b\nonlyone\n");
        assertThat(refusal())
                .isEqualTo("DIR/merges.txt: line 3 is \"onlyone\"; expected two parts of a token a line. "
                        + "Download the file again, or remove it to work with token ids.");
        Files.writeString(merges, "\ufeff#version: 0.2\na b\n");
        try (Tokenizer tokenizer = TokenizerFiles.read(folder).orElseThrow()) {
            assertThat(tokenizer.encode("ab", Beginning.NO).ids()).containsExactly(2);
        }
    }

    @Test
    void aWebPageInPlaceOfATokenizerIsNotComparedWithWeights() throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), "<!DOCTYPE html><html>404</html>");
        assertThat(refusal())
                .isEqualTo("DIR/tokenizer.json: this is a web page, not the data; expected a JSON file. "
                        + "Download the file itself; the site may want you to log in first.");
    }
}
