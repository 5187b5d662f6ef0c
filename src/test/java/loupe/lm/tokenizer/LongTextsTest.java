package loupe.lm.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import loupe.TinyModel;
import loupe.base.Refusal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Texts read in pieces give the ids and the spans of the whole, with every kind of tokenizer. */
@Timeout(120)
class LongTextsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int PIECE = 12;
    private static final String LLAMA3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    @TempDir
    Path folder;

    /** A tokenizer.json by the name of what is special about it. */
    private ObjectNode file(String kind) throws IOException {
        ObjectNode file = (ObjectNode) JSON.readTree(
                TinyModel.writeTo(folder).resolve("tokenizer.json").toFile());
        switch (kind) {
            case "GPT-2" -> {}
            case "GPT-2 with a prefix" -> ((ObjectNode) file.get("pre_tokenizer")).put("add_prefix_space", true);
            case "Llama 3" ->
                file.set(
                        "pre_tokenizer",
                        JSON.readTree(("{'type':'Sequence','pretokenizers':[{'type':'Split',"
                                        + "'pattern':{'Regex':"
                                        + JSON.writeValueAsString(LLAMA3).replace("'", "\\u0027")
                                        + "},'behavior':'Isolated','invert':false},{'type':'ByteLevel',"
                                        + "'add_prefix_space':false,"
                                        + "'trim_offsets':false,'use_regex':false}]}")
                                .replace('\'', '"')));
            case "NeoX" -> {
                // a no-break space and the end of a line are one token
                file.putObject("normalizer").put("type", "NFC");
                ObjectNode model = (ObjectNode) file.get("model");
                ObjectNode vocabulary = (ObjectNode) model.get("vocab");
                for (String token : List.of("\u00C2", "\u0142", "\u010A", "\u0142\u010A")) {
                    if (!vocabulary.has(token)) {
                        vocabulary.put(token, vocabulary.size());
                    }
                }
                model.withArray("merges").add("\u0142 \u010A");
            }
            case "no pre-tokeniser" -> ((ObjectNode) file.get("pre_tokenizer")).put("use_regex", false);
            case "looks behind" ->
                file.set(
                        "pre_tokenizer",
                        JSON.readTree("{\"type\":\"Sequence\",\"pretokenizers\":"
                                + "[{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(?<=e )t|[^t]+|t\"},"
                                + "\"behavior\":\"Isolated\","
                                + "\"invert\":false},{\"type\":\"ByteLevel\",\"add_prefix_space\":false,"
                                + "\"trim_offsets\":false,"
                                + "\"use_regex\":false}]}"));
            default -> sentencePiece(file, kind);
        }
        return file;
    }

    /** Spaces are U+2581, and words are merged as far as they are in the vocabulary. */
    private void sentencePiece(ObjectNode file, String kind) throws IOException {
        ObjectNode model = JSON.createObjectNode()
                .put("type", "BPE")
                .put("unk_token", "<unk>")
                .put("fuse_unk", true);
        ObjectNode vocabulary = model.putObject("vocab");
        for (String token : List.of(
                "<unk>",
                "<|endoftext|>",
                "\u2581",
                "t",
                "h",
                "e",
                "o",
                "r",
                "\n",
                ".",
                "th",
                "the",
                "er",
                "\u2581t",
                "\u2581the",
                "\u2581\u2581",
                "\n\n")) {
            vocabulary.put(token, vocabulary.size());
        }
        for (String merge : List.of("t h", "th e", "\u2581 the", "\u2581 t", "e r", "\u2581 \u2581", "\n \n")) {
            model.withArray("merges").add(merge);
        }
        if (kind.endsWith("across spaces")) {
            vocabulary.put("e\u2581", vocabulary.size());
            model.withArray("merges").insert(0, "e \u2581");
        }
        file.set("model", model);
        file.putNull("pre_tokenizer");
        file.putNull("post_processor");
        file.putArray("added_tokens")
                .addObject()
                .put("id", 1)
                .put("content", "<|endoftext|>")
                .put("special", true)
                .put("single_word", false)
                .put("lstrip", false)
                .put("rstrip", false)
                .put("normalized", false);
        String replace = "{'type':'Replace','pattern':{'String':' '},'content':'\u2581'}";
        if (kind.startsWith("Metaspace")) {
            file.putNull("normalizer");
            String metaspace = "{\"type\":\"Metaspace\",\"replacement\":\"\u2581\",\"prepend_scheme\":\"always\","
                    + "\"split\":true}";
            file.set(
                    "pre_tokenizer",
                    JSON.readTree(
                            kind.equals("Metaspace of words")
                                    ? "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"WhitespaceSplit\"},"
                                            + metaspace + "]}"
                                    : metaspace));
        } else if (kind.startsWith("Gemma")) {
            file.set("normalizer", JSON.readTree(replace.replace('\'', '"')));
            file.set(
                    "pre_tokenizer",
                    JSON.readTree("{\"type\":\"Split\",\"pattern\":{\"String\":\" \"},"
                            + "\"behavior\":\"MergedWithPrevious\",\"invert\":false}"));
            if (kind.equals("Gemma 3")) {
                for (int i = 0; i < 6_400; i++) {
                    file.withArray("added_tokens")
                            .addObject()
                            .put("id", 2 + i)
                            .put("content", "<unused" + i + ">")
                            .put("special", true)
                            .put("single_word", false)
                            .put("lstrip", false)
                            .put("rstrip", false)
                            .put("normalized", false);
                }
            }
        } else {
            file.set(
                    "normalizer",
                    JSON.readTree(("{'type':'Sequence','normalizers':[{'type':'Prepend','prepend':'\u2581'}," + replace
                                    + "]}")
                            .replace('\'', '"')));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GPT-2, true",
        "GPT-2 with a prefix, true",
        "Llama 3, true",
        "NeoX, true",
        "no pre-tokeniser, true",
        "looks behind, false",
        "Llama, true",
        "Gemma, true",
        "Gemma 3, true",
        "Metaspace, true",
        "Metaspace of words, true",
        "Llama with merges across spaces, false"
    })
    void piecesGiveTheIdsOfTheWhole(String kind, boolean cut) throws IOException {
        ObjectNode file = file(kind);
        Files.write(folder.resolve("tokenizer.json"), JSON.writeValueAsBytes(file));
        String words = "the other er the ter the other the re the ".repeat(4);
        assertThat(new TextPieces(TextPieces.Borders.of(file), PIECE)
                                .end(words, 0, true, true)
                                .getAsInt()
                        < words.length())
                .as("cut at spaces")
                .isEqualTo(cut);
        List<String> parts = List.of(
                "the",
                "other",
                "t",
                "er",
                " ",
                " ",
                " ",
                "  ",
                "\n",
                "\n\n",
                ".",
                "1",
                "'s",
                "'",
                "\u00E9",
                "\u4E2D",
                "\uD83E\uDDA6",
                "<|endoftext|>",
                "\t",
                "\u00A0\n",
                "\u0085",
                "\u202F",
                "\uFEFF",
                "e\u0301",
                "\r\n",
                ", ",
                "THE");
        Random random = new Random(20261201);
        try (Tokenizer whole = TokenizerFiles.read(folder, 1 << 20, EncoderProcess.Limits.USUAL)
                        .orElseThrow();
                Tokenizer inPieces = TokenizerFiles.read(folder, PIECE, EncoderProcess.Limits.USUAL)
                        .orElseThrow()) {
            TextReading reading = inPieces.reading();
            for (int i = 0; i < 1_500; i++) {
                StringBuilder text = new StringBuilder();
                // every other text of words and spaces alone, so that there are many places to cut
                int kinds = i % 2 == 0 ? 6 : parts.size();
                for (int j = random.nextInt(30); j >= 0; j--) {
                    text.append(parts.get(random.nextInt(kinds)));
                }
                Tokens expected = whole.encode(text.toString(), Tokenizer.Beginning.NO);
                Tokens found = inPieces.encode(text.toString(), Tokenizer.Beginning.NO);
                assertThat(found).as(text.toString()).isEqualTo(expected);
                for (int token = 0; token < found.size(); token++) {
                    assertThat(found.start(token)).isEqualTo(expected.start(token));
                    assertThat(found.end(token)).isEqualTo(expected.end(token));
                }
                assertThat(ids(reading, text.toString(), random)).isEqualTo(expected.ids());
                assertThat(inPieces.encodeContinuation(text.toString()))
                        .isEqualTo(whole.encodeContinuation(text.toString()));
            }
        }
    }

    /** The ids of a text that comes in parts of any length, which may end between the halves of a character. */
    private static int[] ids(TextReading reading, String text, Random random) {
        IntStream.Builder found = IntStream.builder();
        Predicate<int[]> all = ids -> {
            Arrays.stream(ids).forEach(found);
            return true;
        };
        for (int from = 0, end; from < text.length(); from = end) {
            end = Math.min(text.length(), from + 1 + random.nextInt(9));
            assertThat(reading.add(text.substring(from, end), all)).isTrue();
        }
        assertThat(reading.end(all)).isTrue();
        return found.build().toArray();
    }

    @Test
    void theIdsOfALongTextComeWhileItIsRead() throws IOException {
        TinyModel.writeTo(folder);
        String document = "the otter and the tin ".repeat(10_000);
        List<int[]> found = new ArrayList<>();
        try (Tokenizer tokenizer = TokenizerFiles.read(folder).orElseThrow()) {
            TextReading reading = tokenizer.reading();
            assertThat(reading.add(document, ids -> {
                        found.add(ids);
                        return found.size() < 2;
                    }))
                    .as("more than two pieces are wanted")
                    .isFalse();
            assertThat(found).hasSize(2);
            assertThat(found.get(0).length).isLessThan(TextPieces.USUAL);
            assertThat(found.get(0))
                    .startsWith(tokenizer
                            .encode("the otter and the", Tokenizer.Beginning.NO)
                            .ids());
        }
    }

    @Test
    void whatWasLeftOfATextThatWasGivenUpIsNotInTheNext() throws IOException {
        TinyModel.writeTo(folder);
        try (Tokenizer tokenizer = TokenizerFiles.read(folder).orElseThrow()) {
            TextReading reading = tokenizer.reading();
            String word = "the otter";
            reading.add(word, ids -> false);
            assertThat(reading.end(ids -> false)).isFalse();
            List<int[]> found = new ArrayList<>();
            reading.add(word, found::add);
            reading.end(found::add);
            assertThat(found)
                    .containsExactly(
                            tokenizer.encode(word, Tokenizer.Beginning.NO).ids());
        }
    }

    @Test
    void aStretchThatCannotBeCutIsRefusedBeforeItIsRead() throws IOException {
        TinyModel.writeTo(folder);
        String spaces = "a" + " ".repeat(12_000_000) + "b";
        try (Tokenizer tokenizer = TokenizerFiles.read(folder).orElseThrow()) {
            assertThatThrownBy(() -> tokenizer.reading().add(spaces, ids -> true))
                    .isInstanceOf(LongStretchException.class)
                    .hasMessageContaining("more than 4194304 characters in a row");
            assertThatThrownBy(() -> tokenizer.encode(spaces, Tokenizer.Beginning.NO))
                    .isInstanceOf(Refusal.class);
        }
    }
}
