package loupe.analysis.ghost;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import loupe.analysis.effects.Interventions;
import loupe.inference.ModelId;
import loupe.lm.Ghost;

/**
 * The prompt of one ghost in a tree, and the keys and values of the prompt's tokens and of each node that may still get
 * descendants. They are kept on the host, since a step's arrays are closed with it: per token 2 nLayers nKeyValueHeads
 * dHead floats, by layer first keys, then values, each head by head. Device thread only.
 */
final class GhostLane {
    private final ModelId model;
    private final int[] prompt;
    private final List<Ghost> ghosts;
    private final Interventions done;
    private float[][] promptKeyValues = new float[0][];
    private final Map<Integer, float[]> nodeKeyValues = new HashMap<>();

    /**
     * @param ghosts of row 0
     * @param done to the model while it reads this lane; nodes count as generated
     */
    GhostLane(ModelId model, int[] prompt, List<Ghost> ghosts, Interventions done) {
        this.model = model;
        this.prompt = prompt;
        this.ghosts = List.copyOf(ghosts);
        this.done = done;
    }

    /** The model that reads this lane. */
    ModelId model() {
        return model;
    }

    int[] prompt() {
        return prompt;
    }

    List<Ghost> ghosts() {
        return ghosts;
    }

    /** What is done to the model while it reads this lane. */
    Interventions done() {
        return done;
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
