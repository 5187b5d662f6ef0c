package loupe.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Files of JSON lines, in any order, whose numbers may differ by as much as the size of a batch makes of them. */
final class Lines {
    private static final double TOLERANCE = 1e-3;

    private Lines() {}

    /** Whether both have the same features, each once, with the same answers. */
    static boolean alike(List<String> expected, List<String> found) throws IOException {
        Map<Integer, JsonNode> left = byFeature(expected);
        Map<Integer, JsonNode> right = byFeature(found);
        return expected.size() == found.size()
                && left.keySet().equals(right.keySet())
                && left.entrySet().stream().allMatch(line -> alike(line.getValue(), right.get(line.getKey())));
    }

    private static Map<Integer, JsonNode> byFeature(List<String> lines) throws IOException {
        Map<Integer, JsonNode> documents = new TreeMap<>();
        for (String line : lines) {
            JsonNode document = new ObjectMapper().readTree(line);
            documents.put(document.path("feature").asInt(-1), document);
        }
        return documents;
    }

    /** Whether both are the same, but for the last digits of numbers. */
    static boolean alike(JsonNode left, JsonNode right) {
        if (left.isNumber() && right.isNumber()) {
            double l = left.asDouble();
            return Math.abs(l - right.asDouble()) <= TOLERANCE * (1e-6 + Math.abs(l));
        }
        if (left.getNodeType() != right.getNodeType() || left.size() != right.size()) {
            return false;
        }
        if (left.isValueNode()) {
            return left.equals(right);
        }
        if (left.isArray()) {
            Iterator<JsonNode> other = right.iterator();
            for (JsonNode element : left) {
                if (!alike(element, other.next())) {
                    return false;
                }
            }
            return true;
        }
        for (Map.Entry<String, JsonNode> field : left.properties()) {
            if (!right.has(field.getKey()) || !alike(field.getValue(), right.get(field.getKey()))) {
                return false;
            }
        }
        return true;
    }
}
