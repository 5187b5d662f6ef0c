package loupe.lm.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import loupe.format.JsonFiles;

/**
 * The rule for the beginning and the end of texts in the files beside a tokenizer.
 *
 * @param beginnings spellings of the token for it, the first of them that is a token; empty if there is none by
 *     intention
 * @param begins whether texts begin with it, against whatever tokenizer.json does; empty if that decides
 * @param ends spellings of tokens that end a text, if they are tokens
 * @param splitsAsGpt2 whether GPT-2's split completes vocab.json and merges.txt
 */
record TokenizerSettings(List<String> beginnings, Optional<Boolean> begins, Set<String> ends, boolean splitsAsGpt2) {
    private static final List<String> USUAL_BEGINNINGS = List.of("<bos>", "<|begin_of_text|>", "<s>", "<|endoftext|>");
    private static final List<String> USUAL_ENDS = List.of("<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>");
    /**
     * Classes of transformers that make their own rule when they read a tokenizer.json, from {@code add_bos_token},
     * which defaults to true for them; GPT-NeoX's does the same with a default of false.
     */
    private static final Set<String> BEGIN = Set.of(
            "LlamaTokenizer",
            "LlamaTokenizerFast",
            "CodeLlamaTokenizer",
            "CodeLlamaTokenizerFast",
            "GemmaTokenizer",
            "GemmaTokenizerFast");

    private static final Set<String> DO_NOT_BEGIN = Set.of("GPTNeoXTokenizer", "GPTNeoXTokenizerFast");

    /**
     * Reads the settings from tokenizer_config.json and special_tokens_map.json, where they exist.
     *
     * @throws loupe.base.CheckpointException if one of them is not JSON
     */
    static TokenizerSettings read(Path folder) {
        JsonNode config = json(folder.resolve("tokenizer_config.json"));
        JsonNode special = json(folder.resolve("special_tokens_map.json"));
        String type = config.path("tokenizer_class").asText();
        Optional<Boolean> begins = Optional.empty();
        if (BEGIN.contains(type) || DO_NOT_BEGIN.contains(type)) {
            begins = Optional.of(config.path("add_bos_token").asBoolean(BEGIN.contains(type)));
        }
        return new TokenizerSettings(
                beginnings(config.path("bos_token"), special.path("bos_token")),
                begins,
                ends(config.path("eos_token"), special.path("eos_token")),
                !type.startsWith("Qwen2Tokenizer"));
    }

    /** A token is written as a string, or as an object with its content. */
    private static List<String> beginnings(JsonNode... said) {
        List<String> beginnings = new ArrayList<>();
        for (JsonNode token : said) {
            if (token.isNull()) {
                return List.of();
            }
            if (!spelling(token).isEmpty()) {
                beginnings.add(spelling(token));
            }
        }
        return beginnings.isEmpty() ? USUAL_BEGINNINGS : beginnings;
    }

    /** What the files call the end of a text, and what is usually called so. */
    private static Set<String> ends(JsonNode... said) {
        Set<String> ends = new LinkedHashSet<>(USUAL_ENDS);
        for (JsonNode token : said) {
            if (!token.isNull() && !spelling(token).isEmpty()) {
                ends.add(spelling(token));
            }
        }
        return ends;
    }

    private static String spelling(JsonNode token) {
        return token.isObject() ? token.path("content").asText() : token.asText();
    }

    private static JsonNode json(Path file) {
        return Files.isRegularFile(file)
                ? JsonFiles.readSettings(file)
                : com.fasterxml.jackson.databind.node.MissingNode.getInstance();
    }
}
