package loupe.lm.folder;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.base.NumberRange;

/**
 * A config.json, read as transformers reads it: a key may have several names, and a missing one has the default of the
 * family's configuration class.
 */
record ConfigFile(Path path, JsonNode json) {
    private static final int LARGEST_SIZE = 1 << 26;

    /**
     * A positive whole number under the first of these names that is there; larger ones than any model has are refused.
     */
    int size(int otherwise, String... names) {
        return size(otherwise, LARGEST_SIZE, names);
    }

    private int size(int otherwise, int most, String... names) {
        JsonNode node = find(names);
        if (node.isMissingNode()) {
            return otherwise;
        }
        if (!node.canConvertToExactIntegral() || !node.canConvertToInt() || node.intValue() < 1) {
            throw refuse(named(names) + " is " + shown(node), "a positive whole number");
        }
        if (node.intValue() > most) {
            throw refuse(named(names) + " is " + node, "at most " + most);
        }
        return node.intValue();
    }

    /** The number of layers, under the first of these names that is there. */
    int layers(int otherwise, String... names) {
        return size(otherwise, HookPoint.MOST_LAYERS, names);
    }

    /** A positive whole number, or none for null; a missing key has the default. */
    OptionalInt sizeOrNull(OptionalInt otherwise, String name) {
        if (!json.has(name)) {
            return otherwise;
        }
        return json.get(name).isNull() ? OptionalInt.empty() : OptionalInt.of(size(0, name));
    }

    /** A positive number, or none for null; a missing key has the default. */
    OptionalDouble limitOrNull(OptionalDouble otherwise, String name) {
        if (!json.has(name)) {
            return otherwise;
        }
        return json.get(name).isNull() ? OptionalDouble.empty() : OptionalDouble.of(positive(0, name));
    }

    double number(double otherwise, String... names) {
        JsonNode node = find(names);
        if (!node.isMissingNode() && (!node.isNumber() || !Double.isFinite(node.doubleValue()))) {
            throw refuse(named(names) + " is " + shown(node), "a finite number");
        }
        if (!NumberRange.COMPUTABLE.contains(node.asDouble(otherwise))) {
            throw refuse(named(names) + " is " + shown(node), NumberRange.COMPUTABLE.expected());
        }
        return node.asDouble(otherwise);
    }

    double positive(double otherwise, String... names) {
        double value = number(otherwise, names);
        if (!(value >= Float.MIN_NORMAL)) { // a smaller one is 0 where models compute
            throw refuse(named(names) + " is " + value, "a positive number");
        }
        return value;
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

    /** The names in a list; empty if there is no such list. */
    List<String> texts(String name) {
        List<String> texts = new ArrayList<>();
        JsonNode list = find(name);
        if (!list.isMissingNode() && !list.isArray()) {
            throw refuse(name + " is " + list, "a list");
        }
        list.forEach(entry -> texts.add(entry.asText()));
        return texts;
    }

    /** The positive numbers in a list; empty if there is no such list. */
    List<Double> positives(String name) {
        List<Double> numbers = new ArrayList<>();
        JsonNode list = find(name);
        if (!list.isMissingNode() && !list.isArray()) {
            throw refuse(name + " is " + list, "a list");
        }
        list.forEach(entry -> {
            if (!entry.isNumber() || !(entry.doubleValue() > 0 && entry.doubleValue() <= NumberRange.LARGEST)) {
                throw refuse(name + " has the entry " + entry, "positive numbers");
            }
            numbers.add(entry.doubleValue());
        });
        return numbers;
    }

    /** The object under this name, read in the same way; empty if there is none. */
    Optional<ConfigFile> within(String name) {
        JsonNode node = find(name);
        if (!node.isMissingNode() && !node.isObject()) {
            throw refuse(name + " is " + node, "an object");
        }
        return node.isMissingNode() ? Optional.empty() : Optional.of(new ConfigFile(path, node));
    }

    private static String shown(JsonNode node) {
        return node.isNumber() ? node.asText() : node.toString();
    }

    CheckpointException refuse(String found, String expected) {
        return new CheckpointException(path, found, expected, "");
    }

    /** The first of these names that is there; the first of all if none is. */
    private String named(String... names) {
        return Arrays.stream(names).filter(json::hasNonNull).findFirst().orElse(names[0]);
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
