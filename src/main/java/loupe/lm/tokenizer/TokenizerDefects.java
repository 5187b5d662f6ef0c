package loupe.lm.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import loupe.base.CheckpointException;

/**
 * Finds what in a tokenizer.json would bring the native library down, keep it busy for ever or let it answer at random,
 * none of which can be caught when it happens: the library trusts its files.
 *
 * @see <a href="https://github.com/huggingface/tokenizers/tree/v0.21.0/tokenizers/src">the readers of that library,
 *     whose names the parts have here</a>
 */
final class TokenizerDefects {
    /** One more than the largest id. Vocabularies in use end below 2^19. */
    private static final int MOST_IDS = 1 << 24;

    /** Times that replacements may lengthen a text. */
    private static final double MOST_GROWTH = 64;

    private static final int MOST_PARTS = 64;
    private static final int MOST_PREFIX = 256;

    private final Path path;

    private TokenizerDefects(Path path) {
        this.path = path;
    }

    /**
     * Refuses a file with such a defect.
     *
     * @throws CheckpointException if it has one
     */
    static void refuse(Path path, JsonNode file) {
        TokenizerDefects check = new TokenizerDefects(path);
        check.ids(file);
        check.model(file.path("model"));
        check.normalizer(check.parts(file.path("normalizer"), "normalizers"));
        check.preTokenizer(check.parts(file.path("pre_tokenizer"), "pretokenizers"));
        check.parts(file.path("post_processor"), "processors").forEach(check::postProcessor);
        check.decoder(check.parts(file.path("decoder"), "decoders"));
    }

    private void ids(JsonNode file) {
        JsonNode vocabulary = file.path("model").path("vocab");
        if (vocabulary.isObject()) {
            vocabulary.properties().forEach(entry -> id(entry.getValue(), "the vocabulary"));
        } else if (vocabulary.size() > MOST_IDS) {
            throw refused("the vocabulary has " + vocabulary.size() + " tokens", "at most " + MOST_IDS);
        }
        file.path("added_tokens").forEach(token -> id(token.path("id"), "added_tokens"));
    }

    private void id(JsonNode id, String place) {
        if (!id.isIntegralNumber() || !id.canConvertToInt() || id.asInt() < 0 || id.asInt() >= MOST_IDS) {
            throw refused(place + " has the id " + brief(id.toString()), "ids from 0 to " + (MOST_IDS - 1));
        }
    }

    private void model(JsonNode model) {
        if (model.path("dropout").asDouble() != 0) {
            throw refused(
                    "the tokenizer drops merges at random (dropout "
                            + brief(model.path("dropout").asText()) + "), so that a text has other ids each time",
                    "a dropout of null",
                    "Set dropout to null in the file");
        }
        String prefix = model.path("continuing_subword_prefix").asText("");
        if (model.path("continuing_subword_prefix").isTextual() && !prefix.isEmpty() && model.has("merges")) {
            for (JsonNode merge : model.path("merges")) {
                String second = merge.isArray()
                        ? merge.path(1).asText()
                        : merge.asText().substring(merge.asText().indexOf(' ') + 1);
                if (!second.startsWith(prefix)) {
                    throw refused(
                            "the merge " + brief(merge.toString()) + " continues a word without " + brief(prefix),
                            "merges that continue words with it");
                }
            }
        }
    }

    private void normalizer(List<JsonNode> parts) {
        double growth = 1;
        for (JsonNode part : parts) {
            switch (type(part)) {
                case "Replace" -> growth *= growth(part);
                case "Prepend" -> prefix(part.path("prepend"));
                case "Precompiled" ->
                    CompiledCharacters.defect(part.path("precompiled_charsmap").asText(""))
                            .ifPresent(defect -> {
                                throw refused("precompiled_charsmap " + defect, "the table that SentencePiece wrote");
                            });
                default -> {}
            }
        }
        if (growth > MOST_GROWTH) {
            throw refused(
                    "the replacements of the normalizer make a text up to " + Math.round(growth) + " times as long",
                    "at most " + Math.round(MOST_GROWTH) + " times");
        }
    }

    /** How much longer a replacement makes a text at most, in characters. */
    private double growth(JsonNode replace) {
        JsonNode pattern = replace.path("pattern");
        double content = length(replace.path("content").asText(""));
        pattern(pattern);
        double shortest = pattern.has("String") ? length(pattern.path("String").asText()) : 1;
        return Math.max(1, content / Math.max(1, shortest));
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    private void prefix(JsonNode prepend) {
        if (prepend.asText("").length() > MOST_PREFIX) {
            throw refused(
                    "the normalizer puts " + prepend.asText().length() + " characters in front of every text",
                    "at most " + MOST_PREFIX);
        }
    }

    private void pattern(JsonNode pattern) {
        if (pattern.has("String") && pattern.path("String").asText().isEmpty()) {
            throw refused("a part of the tokenizer looks for an empty text", "a text of a character or more");
        }
    }

    private void preTokenizer(List<JsonNode> parts) {
        for (JsonNode part : parts) {
            switch (type(part)) {
                case "Split" -> pattern(part.path("pattern"));
                case "FixedLength" -> {
                    if (part.path("length").asLong() < 1) {
                        throw refused(
                                "the text is split into pieces of "
                                        + brief(part.path("length").asText()) + " characters",
                                "1 or more");
                    }
                }
                default -> {}
            }
        }
    }

    private void postProcessor(JsonNode part) {
        switch (type(part)) {
            case "TemplateProcessing" -> template(part);
            case "BertProcessing", "RobertaProcessing" -> {
                id(part.path("sep").path(1), "sep of the post_processor");
                id(part.path("cls").path(1), "cls of the post_processor");
            }
            default -> {}
        }
    }

    private void template(JsonNode part) {
        Set<String> known = new HashSet<>();
        for (var entry : part.path("special_tokens").properties()) {
            known.add(entry.getKey());
            JsonNode ids = entry.getValue().path("ids");
            JsonNode tokens = entry.getValue().path("tokens");
            if (ids.isEmpty() || ids.size() != tokens.size()) {
                throw refused(
                        "the post_processor's special token " + brief(entry.getKey()) + " has " + ids.size()
                                + " ids and " + tokens.size() + " tokens",
                        "as many ids as tokens, and one or more");
            }
            ids.forEach(id -> id(id, "the post_processor's " + brief(entry.getKey())));
        }
        for (String template : List.of("single", "pair")) {
            for (JsonNode piece : part.path(template)) {
                String special = piece.path("SpecialToken").path("id").asText("");
                if (piece.has("SpecialToken") && !known.contains(special)) {
                    throw refused(
                            "the post_processor adds " + brief(special) + ", which is not in its special_tokens",
                            "special_tokens with every token of single and pair");
                }
                if (template.equals("single")
                        && piece.has("Sequence")
                        && !piece.path("Sequence").path("id").asText().equals("A")) {
                    throw refused(
                            "the post_processor's single has the sequence "
                                    + brief(piece.path("Sequence").path("id").asText()),
                            "sequence A alone");
                }
            }
        }
    }

    private void decoder(List<JsonNode> parts) {
        double growth = 1;
        for (JsonNode part : parts) {
            if (type(part).equals("Replace")) {
                growth *= growth(part);
            }
            if (type(part).equals("Strip") && part.path("stop").asLong() != 0) {
                throw refused("the decoder strips the ends of tokens", "a stop of 0");
            }
        }
        if (growth > MOST_GROWTH) {
            throw refused(
                    "the replacements of the decoder make a text up to " + Math.round(growth) + " times as long",
                    "at most " + Math.round(MOST_GROWTH) + " times");
        }
    }

    /** A part, or the parts of a sequence and of sequences within it, in order. */
    private List<JsonNode> parts(JsonNode step, String sequence) {
        return flat(step, sequence, new ArrayList<>());
    }

    private List<JsonNode> flat(JsonNode part, String sequence, List<JsonNode> into) {
        if (into.size() > MOST_PARTS) {
            throw refused("one of its steps has more than " + MOST_PARTS + " parts", "at most " + MOST_PARTS);
        }
        if (part.has(sequence)) {
            part.path(sequence).forEach(each -> flat(each, sequence, into));
        } else if (part.isObject()) {
            into.add(part);
        }
        return into;
    }

    private static String type(JsonNode part) {
        return part.path("type").asText("");
    }

    private static String brief(String value) {
        return value.length() <= 40 ? value : value.substring(0, 40) + "...";
    }

    private CheckpointException refused(String found, String expected) {
        return refused(found, expected, "Download the file again");
    }

    private CheckpointException refused(String found, String expected, String advice) {
        return new CheckpointException(path, found, expected, advice);
    }
}
