package loupe.analysis.ghost;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import loupe.base.CheckpointException;
import loupe.format.JsonFiles;
import org.jspecify.annotations.Nullable;

/**
 * The output form of a definition tree: nodes with the texts of their tokens, without the query. Node 0 is the root,
 * parents come before their children, and the children of a node follow each other. Written as JSON in the shape of the
 * notebook of mwatkins (with further keys), as indented text and as Markdown; read from that JSON, from the GPT-J
 * notebook's ({@code {"tree JSON": {...}}}), and from what the {@code tree} command prints. Immutable; any thread.
 */
public final class TreeOutline {
    private final List<Node> nodes;

    /**
     * One node.
     *
     * @param parent number of the parent; -1 for the root
     * @param token id; -1 for the root and where a file has none
     * @param text of the token; empty for the root
     * @param probability after the ancestors; 1 for the root
     * @param cumulative product of the probabilities down to here
     * @param baseline the probability under a baseline; NaN without one
     * @param entropy of the next token in nats; NaN where the tree was not grown on
     */
    public record Node(
            int parent,
            int token,
            String text,
            double probability,
            double cumulative,
            double baseline,
            double entropy) {}

    private TreeOutline(List<Node> nodes) {
        this.nodes = List.copyOf(nodes);
    }

    /**
     * The outline of a tree that was grown.
     *
     * @param texts of tokens by id
     */
    public static TreeOutline of(DefinitionTree.Answer tree, IntFunction<String> texts) {
        List<Node> nodes = new ArrayList<>(tree.size());
        for (int node = 0; node < tree.size(); node++) {
            nodes.add(new Node(
                    tree.parent(node),
                    tree.token(node),
                    node == 0 ? "" : texts.apply(tree.token(node)),
                    tree.probability(node),
                    tree.cumulative(node),
                    tree.baselineProbability(node),
                    tree.entropy(node)));
        }
        return new TreeOutline(nodes);
    }

    /**
     * Reads a tree from a JSON file.
     *
     * @throws CheckpointException if the file is no tree in one of the shapes known
     */
    public static TreeOutline read(Path file) {
        JsonNode document = JsonFiles.readOwn(file);
        JsonNode root = document.has("tree JSON")
                ? document.get("tree JSON")
                : document.has("tree") ? document.get("tree") : document;
        List<Node> nodes = new ArrayList<>();
        List<JsonNode> sources = new ArrayList<>();
        nodes.add(new Node(-1, -1, "", 1, 1, Double.NaN, root.path("entropy").asDouble(Double.NaN)));
        sources.add(root);
        for (int at = 0; at < sources.size(); at++) {
            JsonNode children = sources.get(at).path("children");
            if (!children.isArray()) {
                throw refuse(
                        file, at == 0 ? "the document has no list \"children\"" : "a node has no list \"children\"");
            }
            for (JsonNode child : children) {
                nodes.add(node(file, child, at, nodes.get(at).cumulative));
                sources.add(child);
            }
        }
        return new TreeOutline(nodes);
    }

    private static Node node(Path file, JsonNode child, int parent, double above) {
        JsonNode cumulative = child.path("cumulative_prob");
        if (!cumulative.isNumber() || !(cumulative.asDouble() >= 0 && cumulative.asDouble() <= 1)) {
            throw refuse(
                    file, "a node's \"cumulative_prob\" is " + (cumulative.isMissingNode() ? "missing" : cumulative));
        }
        JsonNode id = child.path("token_id");
        int token = id.isInt() && id.intValue() >= 0 ? id.intValue() : -1;
        if (token < 0 && !child.path("token").isTextual()) {
            throw refuse(file, "a node has neither a \"token\" nor a \"token_id\"");
        }
        // a product of rounded probabilities may come out a little above its parent's
        double product = Math.min(above, cumulative.asDouble());
        return new Node(
                parent,
                token,
                child.path("token").asText("<" + token + ">"),
                above == 0 ? 0 : product / above,
                product,
                child.path("baseline_prob").asDouble(Double.NaN),
                child.path("entropy").asDouble(Double.NaN));
    }

    private static CheckpointException refuse(Path file, String found) {
        return new CheckpointException(
                file,
                found,
                "a definition tree: nodes of token_id, token, cumulative_prob and children",
                "Choose a tree saved as JSON by this workbench or by the definition-tree notebooks");
    }

    public int size() {
        return nodes.size();
    }

    public Node node(int index) {
        return nodes.get(index);
    }

    /** The same tree without the nodes of a smaller cumulative probability. */
    public TreeOutline trimmed(double cutoff) {
        int[] number = new int[size()];
        List<Node> rest = new ArrayList<>();
        for (int i = 0; i < size(); i++) {
            Node node = nodes.get(i);
            number[i] = -1;
            if (i == 0 || (node.cumulative >= cutoff && number[node.parent] >= 0)) {
                number[i] = rest.size();
                rest.add(
                        i == 0
                                ? node
                                : new Node(
                                        number[node.parent],
                                        node.token,
                                        node.text,
                                        node.probability,
                                        node.cumulative,
                                        node.baseline,
                                        node.entropy));
            }
        }
        return new TreeOutline(rest);
    }

    /**
     * A node with what comes after it, as JSON has it.
     *
     * @param tokenId null for the root and where a file had none
     * @param cumulativeProb product of the probabilities down to here
     * @param probability after the ancestors
     * @param baselineProb the probability under the baseline, NaN where there is none; null in a tree without baseline
     * @param logRatio log of probability / baselineProb in nats
     * @param entropy of the next token in nats; left out where the tree was not grown on
     */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Branch(
            @Nullable Integer tokenId,
            String token,
            double cumulativeProb,
            double probability,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            Double baselineProb,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            Double logRatio,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            Double entropy,

            List<Branch> children) {}

    /** The root with all that comes after it. */
    public Branch root() {
        boolean compared = nodes.stream().anyMatch(node -> !Double.isNaN(node.baseline));
        List<List<Branch>> children = new ArrayList<>();
        nodes.forEach(node -> children.add(new ArrayList<>()));
        for (int i = size() - 1; i > 0; i--) {
            Node node = nodes.get(i);
            children.get(node.parent).add(0, branch(node, compared, children.get(i)));
        }
        return branch(nodes.get(0), compared, children.get(0));
    }

    private static Branch branch(Node node, boolean compared, List<Branch> children) {
        return new Branch(
                node.token < 0 ? null : node.token,
                node.text,
                node.cumulative,
                node.probability,
                compared ? node.baseline : null,
                compared ? Math.log(node.probability / node.baseline) : null,
                Double.isNaN(node.entropy) ? null : node.entropy,
                children);
    }

    /** The text of the JSON, indented. */
    public String jsonText() {
        return JsonFiles.text(root()) + "\n";
    }

    /** One line per node, two spaces for each level: the token, then its cumulative probability. */
    public String indented() {
        StringBuilder out = new StringBuilder();
        for (int index : inReadingOrder()) {
            out.append("  ".repeat(depth(index) - 1))
                    .append(visible(nodes.get(index).text))
                    .append("  ")
                    .append(digits(nodes.get(index).cumulative))
                    .append('\n');
        }
        return out.toString();
    }

    /**
     * A nested list under a heading.
     *
     * @param caption where the tree comes from; empty for none
     */
    public String markdown(String caption) {
        StringBuilder out = new StringBuilder("# Definition tree\n\n");
        if (!caption.isBlank()) {
            out.append(caption.strip()).append("\n\n");
        }
        for (int index : inReadingOrder()) {
            Node node = nodes.get(index);
            String text = visible(node.text).replace("`", "\u02cb");
            out.append("  ".repeat(depth(index) - 1))
                    .append("- `")
                    .append(text.isEmpty() ? " " : text)
                    .append("` ")
                    .append(digits(node.cumulative));
            if (!Double.isNaN(node.baseline)) {
                out.append(String.format(Locale.ROOT, " (%.3g x the baseline)", node.probability / node.baseline));
            }
            out.append('\n');
        }
        return out.toString();
    }

    private static String visible(String text) {
        return text.replace("\\", "\\\\")
                .replace("\n", "\\n")
                .replace("\r", "\\r")
                .replace("\t", "\\t");
    }

    private static String digits(double probability) {
        return String.format(Locale.ROOT, "%.4g", probability);
    }

    /** Numbers of the children of each node. */
    List<List<Integer>> children() {
        List<List<Integer>> children = new ArrayList<>();
        for (int i = 0; i < size(); i++) {
            children.add(new ArrayList<>());
            if (i > 0) {
                children.get(nodes.get(i).parent).add(i);
            }
        }
        return children;
    }

    /** Numbers of all nodes but the root, each followed by what comes after it. */
    private List<Integer> inReadingOrder() {
        List<List<Integer>> children = children();
        List<Integer> order = new ArrayList<>();
        ArrayDeque<Integer> stack = new ArrayDeque<>(List.of(0));
        while (!stack.isEmpty()) {
            int at = stack.pop();
            if (at > 0) {
                order.add(at);
            }
            for (int i = children.get(at).size() - 1; i >= 0; i--) {
                stack.push(children.get(at).get(i));
            }
        }
        return order;
    }

    private int depth(int index) {
        int depth = 0;
        for (int at = index; at > 0; at = nodes.get(at).parent) {
            depth++;
        }
        return depth;
    }
}
