package loupe.analysis.prompts;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import loupe.analysis.SmallestK;
import loupe.sae.SparseFeatures;

/**
 * The features of a whole text, from their activations at each of its tokens.
 *
 * @param features those active anywhere in it, by number; not to be written
 * @param furthest each one's activation that is furthest from 0; not to be written
 * @param sums each one's activations added up, in double precision; not to be written
 * @param tokens at how many tokens each is active; not to be written
 */
public record TextFeatures(int[] features, float[] furthest, double[] sums, int[] tokens) {
    /** By what the features of a text are ordered. */
    public enum Order {
        /** By the activation furthest from 0. */
        MAXIMUM,
        /** By the sum of all activations, as far as it is from 0. */
        SUM
    }

    /**
     * A feature in a text.
     *
     * @param maximum its activation furthest from 0
     * @param sum of its activations
     * @param tokens at which it is active
     */
    public record InText(int feature, float maximum, double sum, int tokens) {}

    /** The features of a text that was read. */
    public static TextFeatures of(TextActivations.Answer read) {
        SparseFeatures sparse = read.features();
        int[] sorted = sparse.features().clone();
        Arrays.sort(sorted);
        int[] distinct = Arrays.stream(sorted).distinct().toArray();
        float[] furthest = new float[distinct.length];
        double[] sums = new double[distinct.length];
        int[] tokens = new int[distinct.length];
        for (int i = 0; i < sparse.features().length; i++) {
            float value = sparse.values()[i];
            if (!SparseFeatures.isActive(value)) {
                continue;
            }
            int place = Arrays.binarySearch(distinct, sparse.features()[i]);
            sums[place] += value;
            tokens[place]++;
            if (Math.abs(value) > Math.abs(furthest[place])) {
                furthest[place] = value;
            }
        }
        return new TextFeatures(distinct, furthest, sums, tokens);
    }

    /** The first features in an order. */
    public List<InText> top(Order order, int most) {
        SmallestK best = new SmallestK().reset(Math.min(most, features.length));
        for (int i = 0; i < features.length; i++) {
            if (tokens[i] > 0) {
                best.offer(-Math.abs(order == Order.SUM ? sums[i] : furthest[i]), i);
            }
        }
        int found = best.finish();
        List<InText> top = new ArrayList<>();
        for (int rank = 0; rank < found; rank++) {
            top.add(at(best.id(rank)));
        }
        return top;
    }

    /** How many features are active anywhere in the text. */
    public int active() {
        return (int) Arrays.stream(tokens).filter(count -> count > 0).count();
    }

    /** What a feature is in the text; zeros if it is not active. */
    public InText of(int feature) {
        int place = Arrays.binarySearch(features, feature);
        return place < 0 ? new InText(feature, 0, 0, 0) : at(place);
    }

    private InText at(int place) {
        return new InText(features[place], furthest[place], sums[place], tokens[place]);
    }
}
