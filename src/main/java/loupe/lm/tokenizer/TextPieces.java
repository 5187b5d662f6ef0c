package loupe.lm.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Where long texts are cut before a tokenizer reads them, whose memory is two hundred times as large as what it reads
 * at a time. Between a letter and a space before a letter, and after the end of a line and before a letter, provided
 * that with this tokenizer the tokens of the pieces are those of the whole: its normaliser and pre-tokeniser look at
 * both sides alike whether or not there is more behind the border, and either separate them or leave them to a
 * vocabulary that has no token across it. A tokenizer of which that is not known reads every text whole.
 */
final class TextPieces {
    /** Characters (UTF-16 units) of a piece, where a text can be cut often enough. */
    static final int USUAL = 1 << 16;

    /** Characters of the longest piece: some 800 MB of native memory. */
    static final int MOST = 1 << 22;

    private static final int MOST_ADDED = 1 << 16;
    private static final String GPT2 =
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    /** What may stand near a border: one of each kind of character. */
    private static final String NEAR = "aB1 .\n'\u00E9\u4E2D";

    private static final Border SPACE = new Border(
            Pattern.compile("[A-Za-z][ \u2581\u0120]"),
            List.of("a", "B"),
            List.of(" a", " B"),
            List.of(" ", "\u2581", "\u0120"));

    private static final Border LINE = new Border(
            Pattern.compile("[\n\u010A][A-Za-z]"),
            List.of("a\n", ".\n"),
            List.of("a", "B"),
            List.of("\n", "\u010A", "<0x0A>"));

    /**
     * A kind of border.
     *
     * @param across found in a text with the border inside
     * @param before what may end before it
     * @param after what may begin after it
     * @param spellings of its space or end of line in vocabularies
     */
    private record Border(Pattern across, List<String> before, List<String> after, List<String> spellings) {}

    private final Borders borders;
    private final int usual;

    /**
     * Where a tokenizer's texts may be cut.
     *
     * @param atSpaces between a letter and a space before a letter
     * @param afterLines after the end of a line and before a letter
     */
    record Borders(boolean atSpaces, boolean afterLines) {
        /** Finds them out of a tokenizer.json, whose regular expressions are tried for it. */
        static Borders of(JsonNode file) {
            return new Borders(fit(file, SPACE), fit(file, LINE));
        }
    }

    /** @param usual characters of a piece */
    TextPieces(Borders borders, int usual) {
        this.borders = borders;
        this.usual = usual;
    }

    /** Whether long texts can be cut at all. */
    boolean cut() {
        return borders.atSpaces() || borders.afterLines();
    }

    /**
     * The end of the piece that begins at a place of a text, of which more may follow.
     *
     * @param cuts whether this text may be cut
     * @param whole whether all of the text is there
     * @return empty if that cannot be said before there is more of the text
     * @throws LongStretchException if the piece would be too long
     */
    OptionalInt end(CharSequence text, int from, boolean cuts, boolean whole) {
        int length = text.length();
        // whether a place is a border shows in the character behind it
        if (!whole && length - from < usual + 2) {
            return OptionalInt.empty();
        }
        if (cuts && length - from > usual) {
            for (int place = from + usual; place > from + usual / 2; place--) {
                if (isBorder(text, place)) {
                    return OptionalInt.of(place);
                }
            }
            for (int place = from + usual; place < length && place <= from + MOST; place++) {
                if (isBorder(text, place)) {
                    return OptionalInt.of(place);
                }
            }
        }
        if (length - from > MOST) {
            throw new LongStretchException(MOST);
        }
        return whole ? OptionalInt.of(length) : OptionalInt.empty();
    }

    private boolean isBorder(CharSequence text, int place) {
        if (place < 2 || place + 1 >= text.length()) {
            return false;
        }
        char before = text.charAt(place - 1);
        char after = text.charAt(place);
        return (borders.atSpaces() && isLetter(before) && after == ' ' && isLetter(text.charAt(place + 1)))
                || (borders.afterLines() && before == '\n' && isLetter(after) && isPlain(text.charAt(place - 2)));
    }

    /** Whether a character is certainly no space: what counts as one differs from library to library. */
    private static boolean isPlain(char c) {
        return (c > ' ' && c <= '~') || Character.isLetterOrDigit(c);
    }

    private static boolean isLetter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    private static boolean fit(JsonNode file, Border border) {
        if (!addedFit(file.path("added_tokens"), border)) {
            return false;
        }
        boolean replaced = false;
        for (JsonNode part : parts(file.path("normalizer"), "normalizers")) {
            switch (part.path("type").asText()) {
                case "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Prepend", "BertNormalizer" -> {}
                case "Replace" -> {
                    String text = part.path("pattern").path("String").asText("");
                    if (text.isEmpty()
                            ? !looks(expression(part), border, replaced).isPresent()
                            : border.across().matcher(text).find()) {
                        return false;
                    }
                    replaced |=
                            text.equals(" ") && part.path("content").asText().equals("\u2581");
                }
                default -> {
                    return false;
                }
            }
        }
        boolean separated = false;
        for (JsonNode part : parts(file.path("pre_tokenizer"), "pretokenizers")) {
            Optional<Boolean> separates = separates(part, border, replaced);
            if (separates.isEmpty()) {
                return false;
            }
            separated |= separates.get();
        }
        return separated || vocabularyFits(file.path("model"), border);
    }

    /** Neither has an added token the border inside, nor does one take the space beside it along. */
    private static boolean addedFit(JsonNode added, Border border) {
        if (added.size() > MOST_ADDED) {
            return false;
        }
        for (JsonNode token : added) {
            String content = token.path("content").asText();
            boolean strips =
                    token.path("lstrip").asBoolean() || token.path("rstrip").asBoolean();
            if (border.across().matcher(content).find()
                    || content.isEmpty()
                    || (strips && (isLetter(content.charAt(0)) || isLetter(content.charAt(content.length() - 1))))) {
                return false;
            }
        }
        return true;
    }

    /** Whether a pre-tokeniser separates what is before and after the border; empty if it may see the cut. */
    private static Optional<Boolean> separates(JsonNode part, Border border, boolean replaced) {
        return switch (part.path("type").asText()) {
            case "ByteLevel" ->
                part.path("use_regex").asBoolean(true) ? looks(GPT2, border, replaced) : Optional.of(false);
            case "Split" -> {
                Optional<Boolean> looks = looks(expression(part), border, replaced);
                boolean merges = part.path("behavior").asText().startsWith("MergedWith");
                // what it separates it also merges, and with which side is not asked here
                yield merges
                                && looks.isPresent()
                                && !(replaced && expression(part).equals("\\Q \\E"))
                        ? Optional.empty()
                        : looks;
            }
            case "Digits", "Punctuation" -> Optional.of(false);
            case "Whitespace", "WhitespaceSplit", "BertPreTokenizer" -> Optional.of(true);
            case "Metaspace" ->
                Optional.of(border.equals(SPACE) && part.path("split").asBoolean(true));
            default -> Optional.empty();
        };
    }

    private static String expression(JsonNode part) {
        JsonNode pattern = part.path("pattern");
        return pattern.has("Regex")
                ? pattern.path("Regex").asText()
                : Pattern.quote(pattern.path("String").asText());
    }

    /**
     * Whether an expression finds an edge at the border in all surroundings; empty if in some it finds other things in
     * the whole than in the two parts.
     */
    private static Optional<Boolean> looks(String expression, Border border, boolean replaced) {
        Pattern pattern;
        try {
            pattern = Pattern.compile(expression);
        } catch (PatternSyntaxException | StackOverflowError e) {
            return Optional.empty();
        }
        boolean separates = true;
        for (String start : surroundings(2)) {
            for (String end : surroundings(1)) {
                for (String before : border.before()) {
                    for (String after : border.after()) {
                        String left = spelt(start + before, replaced);
                        String right = spelt(after + end, replaced);
                        List<Integer> edges = edges(pattern, left, 0);
                        edges.addAll(edges(pattern, right, left.length()));
                        if (!edges.equals(edges(pattern, left + right, 0))) {
                            return Optional.empty();
                        }
                        separates &= edges.contains(left.length());
                    }
                }
            }
        }
        return Optional.of(separates);
    }

    private static String spelt(String text, boolean replaced) {
        return replaced ? text.replace(' ', '\u2581') : text;
    }

    /** All texts of up to so many characters. */
    private static List<String> surroundings(int length) {
        List<String> texts = new ArrayList<>(List.of(""));
        if (length > 0) {
            for (String shorter : surroundings(length - 1)) {
                NEAR.chars().forEach(next -> texts.add(shorter + (char) next));
            }
        }
        return texts;
    }

    /** Where each match begins and ends. */
    private static List<Integer> edges(Pattern pattern, String text, int from) {
        List<Integer> edges = new ArrayList<>();
        Matcher matcher = pattern.matcher(text);
        while (matcher.find()) {
            edges.add(from + matcher.start());
            edges.add(from + matcher.end());
        }
        return edges;
    }

    /** Whether merges, or the most likely tokens, cannot reach across the border, and its space is no unknown token. */
    private static boolean vocabularyFits(JsonNode model, Border border) {
        String type = model.path("type").asText("BPE");
        if (!type.equals("BPE") && !type.equals("Unigram")) {
            return false;
        }
        boolean known = false;
        JsonNode vocabulary = model.path("vocab");
        List<String> spellings = new ArrayList<>();
        if (vocabulary.isObject()) {
            vocabulary.fieldNames().forEachRemaining(spellings::add);
        } else {
            vocabulary.forEach(entry -> spellings.add(entry.path(0).asText()));
        }
        for (String spelling : spellings) {
            if (border.across().matcher(spelling).find()) {
                return false;
            }
            known |= border.spellings().contains(spelling);
        }
        return known;
    }

    private static List<JsonNode> parts(JsonNode step, String sequence) {
        List<JsonNode> parts = new ArrayList<>();
        if (step.has(sequence)) {
            step.path(sequence).forEach(part -> parts.addAll(parts(part, sequence)));
        } else if (step.isObject()) {
            parts.add(step);
        }
        return parts;
    }
}
