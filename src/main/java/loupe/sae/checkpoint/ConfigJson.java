package loupe.sae.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import loupe.base.CheckpointException;
import loupe.format.JsonFiles;
import loupe.format.YamlFiles;

/**
 * A configuration, in a file beside the weights, in JSON or YAML, or among them. A key that is absent or null is empty;
 * one of another type than asked for is refused. Notes which keys have been asked for.
 */
final class ConfigJson {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Path path;
    private final Map<String, Object> values;
    private final Set<String> asked = new HashSet<>();
    private final Map<String, ConfigJson> objects = new HashMap<>();

    /**
     * @param path the file
     * @param values its top-level object
     */
    ConfigJson(Path path, Map<String, Object> values) {
        this.path = path;
        this.values = values;
    }

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

    /** A configuration kept as a text, as the metadata of safetensors do; empty if it is none. */
    static Optional<ConfigJson> parse(Path path, String text) {
        try {
            return Optional.of(
                    new ConfigJson(path, MAPPER.readValue(text, new TypeReference<Map<String, Object>>() {})));
        } catch (JsonProcessingException noObject) {
            return Optional.empty();
        }
    }

    Path path() {
        return path;
    }

    /** All of it. Looking into this does not count as asking for a key. */
    Map<String, Object> values() {
        return values;
    }

    /** Whether there is such a key, which does not count as asking for it. */
    boolean has(String key) {
        return values.get(key) != null;
    }

    /** Notes that these keys change nothing of what this checkpoint computes, so that nobody has to ask for them. */
    void withoutEffect(String... keys) {
        asked.addAll(List.of(keys));
    }

    /** Whether a key has been asked for. */
    boolean isAsked(String key) {
        return asked.contains(key);
    }

    /** This and the objects in it that have been asked for. */
    Stream<ConfigJson> parts() {
        return Stream.concat(Stream.of(this), objects.values().stream().flatMap(ConfigJson::parts));
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

    /** The object under a key, the same one each time; an empty one if there is none. */
    @SuppressWarnings("unchecked")
    ConfigJson object(String key) {
        Map<String, Object> object = value(key, Map.class, "an object").orElse(Map.of());
        return objects.computeIfAbsent(key, k -> new ConfigJson(path, object));
    }

    private <T> Optional<T> value(String key, Class<T> type, String kind) {
        asked.add(key);
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
