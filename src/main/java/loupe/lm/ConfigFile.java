package loupe.lm;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import loupe.base.CheckpointException;

/**
 * A config.json, read as transformers reads it: a key may have several names, and what is not there has the default of
 * the family's configuration class.
 */
record ConfigFile(Path path, JsonNode json) {
    /** A positive whole number under the first of these names that is there. */
    int size(int otherwise, String... names) {
        JsonNode node = find(names);
        if (node.isMissingNode()) {
            return otherwise;
        }
        if (!node.canConvertToExactIntegral() || !node.canConvertToInt() || node.intValue() < 1) {
            throw refuse(names[0] + " is " + node, "a positive whole number");
        }
        return node.intValue();
    }

    double number(double otherwise, String... names) {
        JsonNode node = find(names);
        if (!node.isMissingNode() && !node.isNumber()) {
            throw refuse(names[0] + " is " + node, "a number");
        }
        return node.asDouble(otherwise);
    }

    boolean flag(boolean otherwise, String name) {
        JsonNode node = find(name);
        if (!node.isMissingNode() && !node.isBoolean()) {
            throw refuse(name + " is " + node, "true or false");
        }
        return node.asBoolean(otherwise);
    }

    String text(String otherwise, String name) {
        JsonNode node = find(name);
        if (!node.isMissingNode() && !node.isTextual()) {
            throw refuse(name + " is " + node, "a text");
        }
        return node.asText(otherwise);
    }

    CheckpointException refuse(String found, String expected) {
        return new CheckpointException(path, found, expected, "");
    }

    /** Null counts as absent. */
    private JsonNode find(String... names) {
        for (String name : names) {
            if (json.hasNonNull(name)) {
                return json.get(name);
            }
        }
        return json.path("\0");
    }
}
