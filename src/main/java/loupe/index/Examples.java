package loupe.index;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import loupe.analysis.SmallestK;
import loupe.sae.SparseFeatures;

/**
 * Chooses which activating tokens of a feature to show. All choices are by the activation's absolute value,
 * deterministic, and leave out a second token of the same stretch of text. Definitions:
 * {@code src/site/markdown/methods.md}, section 5.
 */
public final class Examples {
    /** So many times the examples wanted are sorted at first; texts that lie close together leave some out. */
    private static final int SORTED_AT_FIRST = 16;

    private static final int MORE = 8;

    private Examples() {}

    /**
     * Indices into {@code activations} of the {@code count} strongest, at most one in any {@code apart} neighbouring
     * tokens.
     */
    public static int[] top(FeatureActivations activations, int count, int apart) {
        int all = activations.values().length;
        for (long sorted = (long) SORTED_AT_FIRST * count; sorted < all; sorted *= MORE) {
            int[] chosen = spread(activations, strongest(activations, (int) sorted), count, apart);
            if (chosen.length == count) {
                return chosen; // the weaker ones come after these
            }
        }
        return spread(activations, byValue(activations), count, apart);
    }

    /** The first indices of {@link #byValue}, of which a feature may have a hundred thousand. */
    private static int[] strongest(FeatureActivations activations, int most) {
        float[] values = activations.values();
        SmallestK strongest = new SmallestK().reset(most);
        for (int i = 0; i < values.length; i++) {
            if (SparseFeatures.isActive(values[i])) {
                strongest.offer(-Float.floatToIntBits(Math.abs(values[i])), i);
            }
        }
        int size = strongest.finish();
        return IntStream.range(0, size).map(strongest::id).toArray();
    }

    /**
     * For each of {@code intervals} equal intervals of strength from 0 to the largest, up to {@code count} tokens drawn
     * at random inside it (the "quantile" examples of sae_vis, whose boundaries are linear in value). Highest interval
     * first.
     */
    public static List<int[]> intervals(
            FeatureActivations activations, int intervals, int count, int apart, long seed) {
        Random random = new Random(seed);
        float max = activations.strongest();
        List<int[]> chosen = new ArrayList<>();
        for (int i = intervals - 1; i >= 0; i--) {
            float low = max * i / intervals;
            float high = i == intervals - 1 ? Float.POSITIVE_INFINITY : max * (i + 1) / intervals;
            chosen.add(spread(activations, shuffled(inside(activations, low, high), random), count, apart));
        }
        return chosen;
    }

    /**
     * Up to {@code count} tokens sampled uniformly over strength: a bin of it is drawn, then a token inside it, so that
     * rare large activations are as likely as common small ones. In the order in which they are drawn, so that fewer
     * are the beginning of more.
     */
    public static int[] uniformAsDrawn(FeatureActivations activations, int count, int bins, int apart, long seed) {
        Random random = new Random(seed);
        float max = activations.strongest();
        List<int[]> binned = new ArrayList<>();
        for (int i = 0; i < bins; i++) {
            binned.add(shuffled(
                    inside(activations, max * i / bins, i == bins - 1 ? Float.POSITIVE_INFINITY : max * (i + 1) / bins),
                    random));
        }
        return spread(activations, inTurn(binned, random), count, apart);
    }

    /**
     * Up to {@code count} of the tokens at which the feature is active, each as likely as every other, in the order in
     * which they are drawn.
     */
    public static int[] random(FeatureActivations activations, int count, int apart, long seed) {
        return spread(
                activations, shuffled(inside(activations, 0, Float.POSITIVE_INFINITY), new Random(seed)), count, apart);
    }

    /** Keeps the first of all examples that show the same tokens around the same focus. */
    public static List<Example> distinct(List<Example> examples) {
        Set<List<Integer>> seen = new HashSet<>();
        return examples.stream()
                .filter(example -> {
                    List<Integer> shown = new ArrayList<>(example.ids().length + 1);
                    shown.add(example.focus());
                    Arrays.stream(example.ids()).forEach(shown::add);
                    return seen.add(shown);
                })
                .toList();
    }

    /**
     * Silent tokens, one of each group in turn.
     *
     * @param groups running numbers of tokens
     * @return those at which the feature is not active; groups in their order, inside a group at random
     */
    static int[] inTurn(List<int[]> groups, FeatureActivations activations, Random random) {
        List<int[]> silent = groups.stream()
                .map(group -> shuffled(
                        Arrays.stream(group)
                                .filter(token -> !SparseFeatures.isActive(activations.at(token)))
                                .toArray(),
                        random))
                .toList();
        IntStream.Builder order = IntStream.builder();
        int longest = silent.stream().mapToInt(group -> group.length).max().orElse(0);
        for (int round = 0; round < longest; round++) {
            for (int[] group : silent) {
                if (round < group.length) {
                    order.add(group[round]);
                }
            }
        }
        return order.build().toArray();
    }

    /** One of each bin in a random order of the bins, then a second of each that has one, and so on. */
    private static int[] inTurn(List<int[]> bins, Random random) {
        List<int[]> left = new ArrayList<>(bins);
        left.removeIf(bin -> bin.length == 0);
        IntStream.Builder order = IntStream.builder();
        for (int round = 0; !left.isEmpty(); round++) {
            List<int[]> drawn = new ArrayList<>(left);
            java.util.Collections.shuffle(drawn, random);
            int turn = round;
            drawn.forEach(bin -> order.add(bin[turn]));
            left.removeIf(bin -> bin.length <= turn + 1);
        }
        return order.build().toArray();
    }

    /**
     * Up to {@code count} tokens with values in [low, high], strongest first: what a brush in the histogram asks for.
     */
    public static int[] between(FeatureActivations activations, double low, double high, int count, int apart) {
        int[] order = Arrays.stream(byValue(activations))
                .filter(i -> activations.values()[i] >= low && activations.values()[i] <= high)
                .toArray();
        return spread(activations, order, count, apart);
    }

    /**
     * Indices of the values by how far they are from 0, strongest first, ties by index: sorted as numbers that begin
     * with the bits of the absolute value, which order floats that are not negative.
     */
    private static int[] byValue(FeatureActivations activations) {
        float[] values = activations.values();
        return IntStream.range(0, values.length)
                .filter(i -> SparseFeatures.isActive(values[i]))
                .mapToLong(i -> (long) (Integer.MAX_VALUE - Float.floatToIntBits(Math.abs(values[i]))) << 32 | i)
                .sorted()
                .mapToInt(key -> (int) key)
                .toArray();
    }

    /** How many tokens have an activation with an absolute value in (low, high]. */
    public static int countInside(FeatureActivations activations, float low, float high) {
        return inside(activations, low, high).length;
    }

    /** Values with an absolute value in (low, high], as indices. */
    private static int[] inside(FeatureActivations activations, float low, float high) {
        float[] values = activations.values();
        return IntStream.range(0, values.length)
                .filter(i -> Math.abs(values[i]) > low && Math.abs(values[i]) <= high)
                .toArray();
    }

    private static int[] shuffled(int[] indices, Random random) {
        int[] mixed = indices.clone();
        for (int i = mixed.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int kept = mixed[i];
            mixed[i] = mixed[j];
            mixed[j] = kept;
        }
        return mixed;
    }

    /** The first {@code count} of {@code order} that keep {@code apart} tokens between one another. */
    private static int[] spread(FeatureActivations activations, int[] order, int count, int apart) {
        List<Integer> chosen = new ArrayList<>();
        java.util.TreeSet<Integer> taken = new java.util.TreeSet<>();
        for (int i : order) {
            if (chosen.size() == count) {
                break;
            }
            int token = activations.tokens()[i];
            Integer nearest = taken.ceiling(token - apart + 1);
            if (nearest == null || nearest >= token + apart) {
                taken.add(token);
                chosen.add(i);
            }
        }
        return chosen.stream().mapToInt(i -> i).toArray();
    }
}
