package loupe.analysis.dream;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A text and what it gives at its last token.
 *
 * @param ids its tokens, without what stands before it
 * @param target what is made large: the feature's pre-activation, less that of the other feature where that is positive
 * @param activation of the feature
 * @param other activation of the feature that is to stay silent; 0 if there is none
 * @param crossEntropy in nats, the mean over the tokens that have one before them; NaN if none has
 */
public record DreamText(List<Integer> ids, double target, double activation, double other, double crossEntropy) {
    public DreamText {
        ids = List.copyOf(ids);
    }

    /** The activation, less that of the feature that is to stay silent. */
    public double difference() {
        return activation - other;
    }

    /** What slots are compared by, the least being the best. */
    double loss(double penalty) {
        return penalty * crossEntropy - target;
    }

    /**
     * The texts that no other beats in both: those for which every other of at most their cross-entropy has a smaller
     * {@link #difference}. Of equal ones the first stays.
     *
     * @return from the least cross-entropy, and the least difference, to the largest of both
     */
    public static List<DreamText> front(List<DreamText> texts) {
        List<DreamText> sorted = new ArrayList<>(texts);
        sorted.sort(Comparator.comparingDouble(DreamText::crossEntropy)
                .thenComparing(Comparator.comparingDouble(DreamText::difference).reversed()));
        List<DreamText> front = new ArrayList<>();
        for (DreamText text : sorted) {
            if (front.isEmpty()
                    || text.difference() > front.get(front.size() - 1).difference()) {
                front.add(text);
            }
        }
        return List.copyOf(front);
    }

    /**
     * Those of a front that are the best for some penalty X >= 0, which is, make difference - X crossEntropy largest:
     * the corners of its upper convex hull, in the same order.
     *
     * @param front as {@link #front} gives it
     */
    public static List<DreamText> bestForSomePenalty(List<DreamText> front) {
        List<DreamText> hull = new ArrayList<>();
        for (DreamText text : front) {
            while (hull.size() > 1 && !turnsDown(hull.get(hull.size() - 2), hull.get(hull.size() - 1), text)) {
                hull.remove(hull.size() - 1);
            }
            hull.add(text);
        }
        return List.copyOf(hull);
    }

    /** Whether the middle one lies above the line between the others. */
    private static boolean turnsDown(DreamText first, DreamText middle, DreamText last) {
        return (middle.difference() - first.difference()) * (last.crossEntropy() - first.crossEntropy())
                > (last.difference() - first.difference()) * (middle.crossEntropy() - first.crossEntropy());
    }
}
