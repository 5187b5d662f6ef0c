package loupe.sae.checkpoint;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import loupe.base.CheckpointException;
import loupe.format.JsonFiles;
import loupe.format.YamlFiles;

/**
 * A configuration file beside the weights, in JSON or YAML. A key that is absent or null is empty; one of another type
 * than asked for is refused.
 *
 * @param path the file
 * @param values its top-level object
 */
record ConfigJson(Path path, Map<String, Object> values) {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /**
     * Reads a file as YAML if its name says so, else as JSON.
     *
     * @throws CheckpointException if the file is not one strict JSON object, or plain YAML mapping
     */
    static ConfigJson read(Path path) {
        if (path.toString().endsWith(".yaml")) {
            return new ConfigJson(path, YamlFiles.readMapping(path));
        }
        return new ConfigJson(
                path, MAPPER.convertValue(JsonFiles.readSettings(path), new TypeReference<Map<String, Object>>() {}));
    }

    boolean has(String key) {
        return values.get(key) != null;
    }

    Optional<String> text(String key) {
        return value(key, String.class, "a text");
    }

    /** The text of the first of these keys that there is. */
    Optional<String> text(String key, String otherKey) {
        return text(key).or(() -> text(otherKey));
    }

    Optional<Boolean> flag(String key) {
        return value(key, Boolean.class, "true or false");
    }

    OptionalInt integer(String key) {
        Optional<Number> number = value(key, Number.class, "a whole number");
        if (number.isEmpty()) {
            return OptionalInt.empty();
        }
        double value = number.get().doubleValue();
        if (value != Math.rint(value) || Math.abs(value) > Integer.MAX_VALUE) {
            throw wrong(key, "a whole number");
        }
        return OptionalInt.of((int) value);
    }

    OptionalDouble number(String key) {
        Optional<Number> number = value(key, Number.class, "a number");
        if (number.isPresent() && !Double.isFinite(number.get().doubleValue())) {
            throw wrong(key, "a finite number");
        }
        return number.map(n -> OptionalDouble.of(n.doubleValue())).orElse(OptionalDouble.empty());
    }

    /** The object under a key; an empty one if there is none. */
    @SuppressWarnings("unchecked")
    ConfigJson object(String key) {
        return new ConfigJson(path, value(key, Map.class, "an object").orElse(Map.of()));
    }

    private <T> Optional<T> value(String key, Class<T> type, String kind) {
        Object value = values.get(key);
        if (value != null && !type.isInstance(value)) {
            throw wrong(key, kind);
        }
        return Optional.ofNullable(type.cast(value));
    }

    private CheckpointException wrong(String key, String kind) {
        return new CheckpointException(path, key + " is " + values.get(key), kind, "");
    }
}
