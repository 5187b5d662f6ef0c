package loupe.analysis.ghost;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import loupe.lm.Ghost;
import org.jspecify.annotations.Nullable;

/**
 * The prompt of one ghost in a tree, and the keys and values of the prompt's tokens and of each node that may still get
 * descendants. They are kept on the host, since a step's arrays are closed with it: per token 2 nLayers nKeyValueHeads
 * dHead floats, by layer first keys, then values, each head by head. Device thread only.
 */
final class GhostLane {
    private final int[] prompt;
    private final List<Ghost> ghosts;
    private final @Nullable Steered steered;
    private float[][] promptKeyValues = new float[0][];
    private final Map<Integer, float[]> nodeKeyValues = new HashMap<>();

    /**
     * Steering of the residual stream entering a layer, at every position of a node and at those of the prompt from
     * {@code from} on.
     *
     * @param direction of unit norm, or zero
     */
    record Steered(int layer, int from, float[] direction, TreeSteering.Kind kind, float coefficient) {}

    /**
     * @param ghosts of row 0
     * @param steered null for no steering
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

    /** The steering of this lane; null for none. */
    @Nullable
    Steered steered() {
        return steered;
    }

    /** Keys and values of the prompt, one array per token, once it has been run. */
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

    /** Number of nodes whose keys and values are kept. */
    int kept() {
        return nodeKeyValues.size();
    }

    /** Drops the keys and values of a node that gets no more descendants. */
    void drop(int node) {
        nodeKeyValues.remove(node);
    }
}
