package loupe.analysis.ghost;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import loupe.lm.Ghost;
import org.jspecify.annotations.Nullable;

/**
 * One ghost on its way through a tree: its prompt, and the keys and values of the prompt's tokens and of each node that
 * still has descendants to come. They lie on the host between steps, since a step's arrays end with it: per token 2
 * nLayers nKeyValueHeads dHead floats, by layer first keys, then values, each head by head. Device thread only.
 */
final class GhostLane {
    private final int[] prompt;
    private final List<Ghost> ghosts;
    private final @Nullable Steered steered;
    private float[][] promptKeyValues = new float[0][];
    private final Map<Integer, float[]> nodeKeyValues = new HashMap<>();

    /**
     * What is done with the residual stream entering a layer, at every position of a node and at those of the prompt
     * from {@code from} on.
     *
     * @param direction of unit norm, or zero
     */
    record Steered(int layer, int from, float[] direction, TreeSteering.Kind kind, float coefficient) {}

    /**
     * @param ghosts of row 0
     * @param steered null for none
     */
    GhostLane(int[] prompt, List<Ghost> ghosts, @Nullable Steered steered) {
        this.prompt = prompt;
        this.ghosts = List.copyOf(ghosts);
        this.steered = steered;
    }

    int[] prompt() {
        return prompt;
    }

    List<Ghost> ghosts() {
        return ghosts;
    }

    /** Null for none. */
    @Nullable
    Steered steered() {
        return steered;
    }

    /** One array per token of the prompt, once it has been run. */
    float[][] promptKeyValues() {
        return promptKeyValues;
    }

    void keepPrompt(float[][] keyValues) {
        promptKeyValues = keyValues;
    }

    boolean hasKeyValues(int node) {
        return nodeKeyValues.containsKey(node);
    }

    float[] keyValues(int node) {
        return Objects.requireNonNull(nodeKeyValues.get(node));
    }

    /** Keeps a node's keys and values for its descendants. */
    void keep(int node, float[] keyValues) {
        nodeKeyValues.put(node, keyValues);
    }

    /** How many nodes have keys and values here. */
    int kept() {
        return nodeKeyValues.size();
    }

    /** Forgets a node that has no descendants to come. */
    void drop(int node) {
        nodeKeyValues.remove(node);
    }
}
