package loupe.lm.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Tells the tokenizers that may run within this process: byte pairs, put together of parts of which each takes time and
 * memory in proportion to the text, with regular expressions of published models only. Nothing is assumed of what is
 * not named here; a file with any of that runs in a process of its own.
 */
final class HarmlessTokenizer {
    private static final int MOST_PARTS = 16;
    private static final int MOST_ADDED = 1 << 16;
    /** A token that takes the spaces around it along makes the library read the text anew each time it is found. */
    private static final int LEAST_STRIPPING = 3;
    /** Characters of the longest token; those in use end at 256. */
    private static final int MOST_SPELLING = 1 << 10;

    /**
     * The regular expressions of GPT-4 and Llama 3; Qwen 2 and OLMo 2; GPT-4o, Phi-4-mini and Llama 4; Mistral;
     * DeepSeek's four and the two of its third version; BLOOM; Falcon; and runs of spaces. None looks at a character
     * more often than a few times for each of the runs of like characters that it is in.
     */
    static final Set<String> EXPRESSIONS = Set.of(
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                    + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                    + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
            "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
                    + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+"
                    + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}"
                    + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
            "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
                    + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*"
                    + "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
            "[\r\n]",
            "\\s?\\p{L}+",
            "\\s?\\p{P}+",
            "[一-龥ࠀ-一가-퟿]+",
            "\\p{N}{1,3}",
            "[一-龥\u3040-ゟ゠-ヿ]+",
            " ?[^(\\s|[.,!?…。，、।۔،])]+",
            "[0-9][0-9][0-9]",
            " {2,}",
            "\\s+");

    /** A part of which nothing but its type and plain settings matters. */
    private static boolean any(JsonNode part) {
        return true;
    }

    private static final Map<String, Predicate<JsonNode>> NORMALIZERS = Map.of(
            "NFC", HarmlessTokenizer::any,
            "NFD", HarmlessTokenizer::any,
            "NFKC", HarmlessTokenizer::any,
            "NFKD", HarmlessTokenizer::any,
            "Lowercase", HarmlessTokenizer::any,
            "Prepend", part -> !part.path("prepend").asText("").isEmpty(),
            "Replace", HarmlessTokenizer::replaces);

    private static final Map<String, Predicate<JsonNode>> PRE_TOKENIZERS = Map.of(
            "ByteLevel",
            HarmlessTokenizer::any,
            "Metaspace",
            HarmlessTokenizer::any,
            "Digits",
            HarmlessTokenizer::any,
            "Punctuation",
            HarmlessTokenizer::any,
            "Whitespace",
            HarmlessTokenizer::any,
            "WhitespaceSplit",
            HarmlessTokenizer::any,
            "Split",
            part -> pattern(part.path("pattern")));

    private static final Map<String, Predicate<JsonNode>> POST_PROCESSORS =
            Map.of("ByteLevel", HarmlessTokenizer::any, "TemplateProcessing", HarmlessTokenizer::addsLittle);

    private static final Map<String, Predicate<JsonNode>> DECODERS = Map.of(
            "ByteLevel",
            HarmlessTokenizer::any,
            "Metaspace",
            HarmlessTokenizer::any,
            "ByteFallback",
            HarmlessTokenizer::any,
            "Fuse",
            HarmlessTokenizer::any,
            "Strip",
            HarmlessTokenizer::any,
            "Replace",
            HarmlessTokenizer::replaces);

    private HarmlessTokenizer() {}

    /** Whether a tokenizer.json that {@link TokenizerDefects} has let pass may run within this process. */
    static boolean is(JsonNode file) {
        return absent(file.path("truncation"))
                && absent(file.path("padding"))
                && added(file.path("added_tokens"))
                && parts(file.path("normalizer"), "normalizers", NORMALIZERS)
                && parts(file.path("pre_tokenizer"), "pretokenizers", PRE_TOKENIZERS)
                && parts(file.path("post_processor"), "processors", POST_PROCESSORS)
                && templates(file.path("post_processor")) <= 1
                && parts(file.path("decoder"), "decoders", DECODERS)
                && bytePairs(file.path("model"));
    }

    private static boolean absent(JsonNode value) {
        return value.isNull() || value.isMissingNode();
    }

    private static boolean added(JsonNode tokens) {
        if ((!absent(tokens) && !tokens.isArray()) || tokens.size() > MOST_ADDED) {
            return false;
        }
        for (JsonNode token : tokens) {
            String content = token.path("content").asText("");
            boolean strips =
                    token.path("lstrip").asBoolean() || token.path("rstrip").asBoolean();
            if (content.length() < (strips ? LEAST_STRIPPING : 1) || content.length() > MOST_SPELLING) {
                return false;
            }
        }
        return true;
    }

    /** A part of a known type, a sequence of such, or none. */
    private static boolean parts(JsonNode step, String sequence, Map<String, Predicate<JsonNode>> known) {
        if (absent(step)) {
            return true;
        }
        if (!step.path("type").asText().equals("Sequence")) {
            return part(step, known);
        }
        JsonNode parts = step.path(sequence);
        if (!parts.isArray() || parts.size() > MOST_PARTS) {
            return false;
        }
        for (JsonNode part : parts) {
            if (!part(part, known)) {
                return false;
            }
        }
        return true;
    }

    private static boolean part(JsonNode part, Map<String, Predicate<JsonNode>> known) {
        return known.getOrDefault(part.path("type").asText(), other -> false).test(part);
    }

    /** A text, or an expression of a published model. */
    private static boolean pattern(JsonNode pattern) {
        return pattern.has("Regex")
                ? EXPRESSIONS.contains(pattern.path("Regex").asText())
                : !pattern.path("String").asText("").isEmpty();
    }

    /** Does not lengthen a text. */
    private static boolean replaces(JsonNode part) {
        JsonNode pattern = part.path("pattern");
        int shortest = pattern.has("Regex") ? 1 : length(pattern.path("String"));
        return pattern(pattern) && length(part.path("content")) <= shortest;
    }

    private static int length(JsonNode text) {
        return text.asText("").codePointCount(0, text.asText("").length());
    }

    /** A second template is not implemented for what some first ones leave. */
    private static int templates(JsonNode step) {
        int templates = 0;
        for (JsonNode part : step.path("processors")) {
            templates += part.path("type").asText().equals("TemplateProcessing") ? 1 : 0;
        }
        return templates;
    }

    /** Takes the text once and puts few tokens around it. */
    private static boolean addsLittle(JsonNode part) {
        int texts = 0;
        for (JsonNode piece : part.path("single")) {
            texts += piece.has("Sequence") ? 1 : 0;
        }
        for (JsonNode special : part.path("special_tokens")) {
            if (special.path("ids").size() > MOST_PARTS) {
                return false;
            }
        }
        return part.path("single").isArray() && part.path("single").size() <= MOST_PARTS && texts <= 1;
    }

    private static boolean bytePairs(JsonNode model) {
        if (!model.path("type").asText("BPE").equals("BPE")
                || !model.path("vocab").isObject()
                || !model.path("merges").isArray()
                || !model.path("continuing_subword_prefix").asText("").isEmpty()
                || !model.path("end_of_word_suffix").asText("").isEmpty()) {
            return false;
        }
        for (var token : model.path("vocab").properties()) {
            if (token.getKey().length() > MOST_SPELLING) {
                return false;
            }
        }
        return true;
    }
}
