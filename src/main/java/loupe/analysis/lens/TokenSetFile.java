package loupe.analysis.lens;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import loupe.base.CheckpointException;
import loupe.format.JsonFiles;

/** A file of one's own sets of tokens: a JSON object of lists, each of ids or of words, by the name of the set. */
public final class TokenSetFile {
    private static final long MOST_BYTES = 64L << 20;

    private TokenSetFile() {}

    /**
     * Reads the sets in the order of the file.
     *
     * @param tokens how many ids there are
     * @param texts of tokens by id; empty if words cannot be found
     * @throws CheckpointException if the file is something else, or names what is no token
     */
    public static List<TokenSet> read(Path file, int tokens, Optional<IntFunction<String>> texts) {
        JsonNode root = JsonFiles.read(file, MOST_BYTES);
        List<TokenSet> sets = new ArrayList<>();
        Map<String, List<Integer>> words = new HashMap<>();
        for (Map.Entry<String, JsonNode> entry : root.properties()) {
            JsonNode members = entry.getValue();
            if (!members.isArray() || members.isEmpty()) {
                throw refusal(file, "set '" + entry.getKey() + "' is not a list of tokens");
            }
            IntStream.Builder ids = IntStream.builder();
            for (JsonNode member : members) {
                if (member.isTextual()) {
                    if (words.isEmpty()) {
                        words.putAll(byWord(file, tokens, texts));
                    }
                    List<Integer> found = words.get(member.textValue());
                    if (found == null) {
                        throw refusal(file, "'" + member.textValue() + "' of set '" + entry.getKey() + "' is no token");
                    }
                    found.forEach(ids::add);
                } else if (member.canConvertToInt()
                        && member.isIntegralNumber()
                        && member.intValue() >= 0
                        && member.intValue() < tokens) {
                    ids.add(member.intValue());
                } else {
                    throw refusal(
                            file, "set '" + entry.getKey() + "' has " + member + ", ids are 0 to " + (tokens - 1));
                }
            }
            sets.add(new TokenSet(entry.getKey(), ids.build().toArray()));
        }
        if (sets.isEmpty()) {
            throw refusal(file, "there is no set");
        }
        return List.copyOf(sets);
    }

    /** The tokens of each word: as it is, and with a space before it. */
    private static Map<String, List<Integer>> byWord(Path file, int tokens, Optional<IntFunction<String>> texts) {
        IntFunction<String> text =
                texts.orElseThrow(() -> refusal(file, "there are words, but no model's tokenizer to find them with"));
        Map<String, List<Integer>> words = new HashMap<>();
        for (int token = 0; token < tokens; token++) {
            String own = text.apply(token);
            words.computeIfAbsent(own, word -> new ArrayList<>()).add(token);
            if (own.length() > 1 && own.startsWith(" ")) {
                words.computeIfAbsent(own.substring(1), word -> new ArrayList<>())
                        .add(token);
            }
        }
        return words;
    }

    private static CheckpointException refusal(Path file, String found) {
        return new CheckpointException(
                file, found, "{\"name\": [ids or words], ...}", "Correct the file of sets of tokens");
    }
}
