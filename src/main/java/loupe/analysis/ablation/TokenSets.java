package loupe.analysis.ablation;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import loupe.base.Refusal;

/** Which tokens of a text are ablated together. */
public sealed interface TokenSets {
    /** The longest span that may be asked for, in tokens. */
    int LONGEST_SPAN = 100;

    /** How many tokens at most may be ablated: there are half as many pairs as their square. */
    int MOST_TOKENS = 1_000;

    /** More sets than these are refused, since each is a reading of the text. */
    int MOST = 20_000;

    /** Each token by itself. */
    static TokenSets singles() {
        return new Spans(1);
    }

    /** Each token by itself, and each two of them. */
    static TokenSets pairs() {
        return new Pairs();
    }

    /**
     * How many sets there are.
     *
     * @param tokens that may be ablated
     */
    long count(int tokens);

    /**
     * The sets, each of ascending indices.
     *
     * @param first index of the first token that may be ablated
     * @param end index behind the last one
     * @throws Refusal if there are more than {@link #MOST}, or a chosen token may not be ablated
     */
    default List<int[]> of(int first, int end) {
        int tokens = Math.max(0, end - first);
        if (count(tokens) > MOST) {
            throw new Refusal(
                    "There are " + count(tokens) + " sets of " + tokens + " tokens",
                    "at most " + MOST,
                    "Ablate fewer of the tokens before the one that is read");
        }
        return list(first, first + tokens);
    }

    /** As {@link #of}, without a look at how many there are. */
    List<int[]> list(int first, int end);

    /** Two tokens: single tokens first, then pairs by their first and second token. */
    record Pairs() implements TokenSets {
        @Override
        public long count(int tokens) {
            return tokens + (long) tokens * (tokens - 1) / 2;
        }

        @Override
        public List<int[]> list(int first, int end) {
            List<int[]> sets = TokenSets.singles().list(first, end);
            for (int one = first; one < end; one++) {
                for (int other = one + 1; other < end; other++) {
                    sets.add(new int[] {one, other});
                }
            }
            return sets;
        }
    }

    /**
     * Neighbouring tokens, by their number and first token.
     *
     * @param longest tokens in the longest span; each shorter one, down to a single token, is ablated too
     */
    record Spans(int longest) implements TokenSets {
        public Spans {
            if (longest < 1) {
                throw new IllegalArgumentException("longest is " + longest + ", expected at least 1");
            }
        }

        @Override
        public long count(int tokens) {
            long most = Math.min(tokens, longest);
            return most * tokens - most * (most - 1) / 2;
        }

        @Override
        public List<int[]> list(int first, int end) {
            List<int[]> sets = new ArrayList<>();
            for (int length = 1; length <= Math.min(longest, end - first); length++) {
                for (int from = first; from + length <= end; from++) {
                    sets.add(IntStream.range(from, from + length).toArray());
                }
            }
            return sets;
        }
    }

    /**
     * Chosen tokens: each group, and each union of some of them, in the order of the binary numbers that say which are
     * in, so that "A or B ... C" can be told from "A and B".
     *
     * @param groups indices of tokens in the text, 1 to {@link #MOST_GROUPS} groups
     */
    record Groups(List<List<Integer>> groups) implements TokenSets {
        /** With more, there would be too many unions to read. */
        public static final int MOST_GROUPS = 6;

        public Groups {
            groups = groups.stream().map(List::copyOf).toList();
            if (groups.isEmpty()
                    || groups.size() > MOST_GROUPS
                    || groups.stream().anyMatch(List::isEmpty)) {
                throw new IllegalArgumentException(
                        "groups are " + groups + ", expected 1 to " + MOST_GROUPS + ", each with tokens");
            }
        }

        /**
         * The groups of a union.
         *
         * @param set its index among the sets
         */
        public List<Integer> union(int set) {
            return IntStream.range(0, groups.size())
                    .filter(group -> (((set + 1) >> group) & 1) == 1)
                    .boxed()
                    .toList();
        }

        @Override
        public long count(int tokens) {
            return (1L << groups.size()) - 1;
        }

        @Override
        public List<int[]> list(int first, int end) {
            for (int token : groups.stream().flatMap(List::stream).toList()) {
                if (token < first || token >= end) {
                    throw new Refusal(
                            "Token " + token + " of a group cannot be ablated",
                            end > first
                                    ? first + " to " + (end - 1)
                                    : "a token before the one that is read, and there is none",
                            "");
                }
            }
            List<int[]> sets = new ArrayList<>();
            for (int set = 0; set < count(end - first); set++) {
                TreeSet<Integer> tokens = new TreeSet<>();
                union(set).forEach(group -> tokens.addAll(groups.get(group)));
                sets.add(tokens.stream().mapToInt(Integer::intValue).toArray());
            }
            return sets;
        }
    }
}
