package loupe.training.lm;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Learns a byte-level BPE vocabulary (Sennrich et al. 2016; bytes as in GPT-2) from weighted pieces of text.
 *
 * <p>Text is first split by GPT-2's pattern; merges never cross a split. Token 0 is {@code <|endoftext|>}, tokens 1 to
 * 256 are the bytes, each later token is one merge. The most frequent pair is merged first; ties go to the smaller left
 * id, then the smaller right id, so that the same text always gives the same vocabulary. Single thread.
 */
public final class BpeTrainer {
    /** The document separator, token 0. */
    public static final String END_OF_TEXT = "<|endoftext|>";

    private static final Pattern SPLIT = Pattern.compile(
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
            Pattern.UNICODE_CHARACTER_CLASS);

    private final Map<String, Long> wordCounts = new LinkedHashMap<>();

    /** Counts a stretch of text {@code weight} times. */
    public void add(String text, long weight) {
        Matcher word = SPLIT.matcher(text);
        while (word.find()) {
            wordCounts.merge(word.group(), weight, Long::sum);
        }
    }

    /**
     * Merges until the vocabulary has {@code size} tokens, or until no pair is left.
     *
     * @throws IllegalArgumentException if {@code size} is below 257, the bytes and the separator
     */
    public Vocabulary train(int size) {
        if (size < 257) {
            throw new IllegalArgumentException("size is " + size + ", the bytes and the separator alone are 257");
        }
        List<String> tokens = new ArrayList<>();
        tokens.add(END_OF_TEXT);
        Map<Character, Integer> idOfByte = new HashMap<>();
        for (char c : ByteAlphabet.inOrder()) {
            idOfByte.put(c, tokens.size());
            tokens.add(String.valueOf(c));
        }
        List<String[]> merges = new ArrayList<>();
        Pairs pairs = new Pairs(words(idOfByte));
        while (tokens.size() < size) {
            Pair best = pairs.mostFrequent();
            if (best == null) {
                break;
            }
            pairs.merge(best, tokens.size());
            merges.add(new String[] {tokens.get(best.left), tokens.get(best.right)});
            tokens.add(tokens.get(best.left) + tokens.get(best.right));
        }
        return new Vocabulary(List.copyOf(tokens), List.copyOf(merges));
    }

    private List<Word> words(Map<Character, Integer> idOfByte) {
        List<Word> words = new ArrayList<>(wordCounts.size());
        wordCounts.forEach((text, count) -> words.add(new Word(
                ByteAlphabet.printable(text)
                        .chars()
                        .map(c -> idOfByte.get((char) c))
                        .toArray(),
                count)));
        return words;
    }

    /** Learned tokens by id, and the merges in the order they apply. */
    public record Vocabulary(List<String> tokens, List<String[]> merges) {
        /** Writes {@code tokenizer.json} and {@code tokenizer_config.json} as Hugging Face's GPT-2 has them. */
        public void write(Path folder, int context) throws IOException {
            ObjectMapper json = new ObjectMapper();
            ObjectNode root = json.createObjectNode()
                    .put("version", "1.0")
                    .putNull("truncation")
                    .putNull("padding");
            root.putArray("added_tokens")
                    .addObject()
                    .put("id", 0)
                    .put("content", END_OF_TEXT)
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", false)
                    .put("special", true);
            root.putNull("normalizer");
            byteLevel(root.putObject("pre_tokenizer"), false);
            byteLevel(root.putObject("post_processor"), true);
            byteLevel(root.putObject("decoder"), true);
            ObjectNode model = root.putObject("model")
                    .put("type", "BPE")
                    .putNull("dropout")
                    .putNull("unk_token")
                    .put("continuing_subword_prefix", "")
                    .put("end_of_word_suffix", "")
                    .put("fuse_unk", false)
                    .put("byte_fallback", false);
            ObjectNode vocabulary = model.putObject("vocab");
            for (int id = 0; id < tokens.size(); id++) {
                vocabulary.put(tokens.get(id), id);
            }
            ArrayNode mergeLines = model.putArray("merges");
            merges.forEach(merge -> mergeLines.add(merge[0] + " " + merge[1]));
            Files.createDirectories(folder);
            json.writeValue(folder.resolve("tokenizer.json").toFile(), root);
            ObjectNode settings = json.createObjectNode()
                    .put("add_prefix_space", false)
                    .put("bos_token", END_OF_TEXT)
                    .put("eos_token", END_OF_TEXT)
                    .put("unk_token", END_OF_TEXT)
                    .put("model_max_length", context)
                    .put("tokenizer_class", "GPT2Tokenizer");
            json.writerWithDefaultPrettyPrinter()
                    .writeValue(folder.resolve("tokenizer_config.json").toFile(), settings);
        }

        private static void byteLevel(ObjectNode node, boolean trimOffsets) {
            node.put("type", "ByteLevel")
                    .put("add_prefix_space", false)
                    .put("trim_offsets", trimOffsets)
                    .put("use_regex", true);
        }
    }

    private record Pair(int left, int right) {}

    private record Candidate(Pair pair, long count) implements Comparable<Candidate> {
        @Override
        public int compareTo(Candidate other) {
            int byCount = Long.compare(other.count, count);
            int byLeft = byCount != 0 ? byCount : Integer.compare(pair.left, other.pair.left);
            return byLeft != 0 ? byLeft : Integer.compare(pair.right, other.pair.right);
        }
    }

    private static final class Word {
        private int[] ids;
        private final long count;

        Word(int[] ids, long count) {
            this.ids = ids;
            this.count = count;
        }
    }

    /**
     * Pair counts kept up to date while words change; the queue holds outdated candidates, which are dropped when met.
     */
    private static final class Pairs {
        private final List<Word> words;
        private final Map<Pair, Long> counts = new HashMap<>();
        private final Map<Pair, List<Integer>> wordsWith = new HashMap<>();
        private final PriorityQueue<Candidate> queue = new PriorityQueue<>();

        Pairs(List<Word> words) {
            this.words = words;
            for (int w = 0; w < words.size(); w++) {
                Word word = words.get(w);
                for (int i = 0; i + 1 < word.ids.length; i++) {
                    change(new Pair(word.ids[i], word.ids[i + 1]), word.count, w);
                }
            }
            counts.forEach((pair, count) -> queue.add(new Candidate(pair, count)));
        }

        private void change(Pair pair, long by, int word) {
            if (counts.merge(pair, by, Long::sum) == 0) {
                counts.remove(pair);
            }
            if (by > 0) {
                List<Integer> indices = wordsWith.computeIfAbsent(pair, p -> new ArrayList<>());
                if (indices.isEmpty() || indices.get(indices.size() - 1) != word) {
                    indices.add(word);
                }
            }
        }

        @Nullable
        Pair mostFrequent() {
            while (!queue.isEmpty()) {
                Candidate top = queue.poll();
                Long count = counts.get(top.pair);
                if (count != null && count == top.count) {
                    return top.pair;
                }
            }
            return null;
        }

        void merge(Pair pair, int merged) {
            Set<Pair> touched = new LinkedHashSet<>();
            for (int w : Objects.requireNonNull(wordsWith.remove(pair))) {
                Word word = words.get(w);
                int[] after = replace(word.ids, pair, merged);
                if (after.length == word.ids.length) {
                    continue;
                }
                for (int i = 0; i + 1 < word.ids.length; i++) {
                    Pair removed = new Pair(word.ids[i], word.ids[i + 1]);
                    change(removed, -word.count, w);
                    touched.add(removed);
                }
                word.ids = after;
                for (int i = 0; i + 1 < after.length; i++) {
                    Pair added = new Pair(after[i], after[i + 1]);
                    change(added, word.count, w);
                    touched.add(added);
                }
            }
            counts.remove(pair);
            for (Pair changed : touched) {
                Long count = counts.get(changed);
                if (count != null) {
                    queue.add(new Candidate(changed, count));
                }
            }
        }

        private static int[] replace(int[] ids, Pair pair, int merged) {
            int[] after = new int[ids.length];
            int length = 0;
            for (int i = 0; i < ids.length; i++) {
                boolean here = i + 1 < ids.length && ids[i] == pair.left && ids[i + 1] == pair.right;
                after[length++] = here ? merged : ids[i];
                i += here ? 1 : 0;
            }
            return Arrays.copyOf(after, length);
        }
    }
}
