package loupe.analysis.batch;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A summary of one feature's line of a batch.
 *
 * @param nodes of its tree; -1 without one
 * @param divergence of the tree from its baseline in nats; NaN without a tree
 * @param branch the most likely path of the tree, as text; empty without a tree
 * @param probability of that path; NaN without a tree
 * @param tokens the first tokens of its list, separated by two spaces
 * @param bestScale the proposed scale; NaN without a sweep
 * @param plateauLow smallest scale about as good; NaN without a sweep
 * @param ceCost mean of what ablating it adds to the loss, in nats; NaN if that was not measured
 */
public record BatchRow(
        int feature,
        int nodes,
        double divergence,
        String branch,
        double probability,
        String tokens,
        double bestScale,
        double plateauLow,
        double plateauHigh,
        double ceCost) {
    private static final int BRANCH_TOKENS = 12;
    private static final double LEAST_PROBABILITY = 1e-3;
    private static final int LISTED = 6;

    static BatchRow of(JsonNode line) {
        StringBuilder branch = new StringBuilder();
        JsonNode node = line.path("tree");
        double probability = Double.NaN;
        for (int depth = 0; depth < BRANCH_TOKENS; depth++) {
            JsonNode child = node.path("children").path(0);
            if (child.path("cumulative_prob").asDouble() < LEAST_PROBABILITY) {
                break;
            }
            branch.append(child.path("token").asText());
            probability = child.path("cumulative_prob").asDouble();
            node = child;
        }
        StringBuilder tokens = new StringBuilder();
        for (int i = 0; i < Math.min(LISTED, line.path("tokens").size()); i++) {
            tokens.append(i == 0 ? "" : "  ")
                    .append(line.path("tokens").get(i).path("token").asText().strip());
        }
        JsonNode best = line.path("scale").path("best");
        return new BatchRow(
                line.path("feature").intValue(),
                line.path("nodes").asInt(-1),
                line.path("divergence").asDouble(Double.NaN),
                branch.toString().strip(),
                probability,
                tokens.toString(),
                best.path("scale").asDouble(Double.NaN),
                best.path("plateau").path(0).asDouble(Double.NaN),
                best.path("plateau").path(1).asDouble(Double.NaN),
                line.path("ce_cost").path("mean").asDouble(Double.NaN));
    }
}
