package loupe.format;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.base.CheckpointException;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * YAML files of settings. Reading trusts nothing: UTF-8, one document, no duplicate keys, no tags that would make
 * objects, bounded size, depth and number of aliases.
 */
public final class YamlFiles {
    /** Far more than any file of settings has. */
    private static final int MAX_BYTES = 1 << 20;

    /** Each may double what comes before it. */
    private static final int MAX_ALIASES = 10;

    private static final int MAX_DEPTH = 50;
    private static final String ADVICE = "Download or export the file again";

    private YamlFiles() {}

    /**
     * Reads a file that holds one mapping: maps with keys as text, lists, texts, numbers, booleans and nulls.
     *
     * @throws CheckpointException with the line, if it does not, or is not such YAML
     */
    public static Map<String, Object> readMapping(Path path) {
        String text = text(path);
        LoadSettings settings = LoadSettings.builder()
                .setAllowDuplicateKeys(false)
                .setMaxAliasesForCollections(MAX_ALIASES)
                .setCodePointLimit(MAX_BYTES)
                .build();
        try {
            requireTree(path, settings, text);
            if (new Load(settings).loadFromString(text) instanceof Map<?, ?> mapping) {
                return named(mapping);
            }
        } catch (YamlEngineException e) {
            throw new CheckpointException(path, "the YAML text " + reason(e), "plain settings", ADVICE, e);
        }
        throw new CheckpointException(
                path, "the YAML text is not a mapping", "lines of name: value", "Check that it is the right file");
    }

    private static String text(Path path) {
        try (PositionalFile file = PositionalFile.open(path)) {
            if (file.size() > MAX_BYTES) {
                throw file.refuse(
                        "the YAML file has " + file.size() + " bytes",
                        "at most " + MAX_BYTES,
                        "Check that it is the right file");
            }
            ByteBuffer bytes = file.read(0, (int) file.size());
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            throw new CheckpointException(path, "the YAML text has invalid UTF-8", "UTF-8 text", ADVICE, e);
        }
    }

    /**
     * Walks the text's events, which needs no stack, before it is made into values, which takes a call for each level
     * and goes round for ever where a list holds itself.
     */
    private static void requireTree(Path path, LoadSettings settings, String text) {
        Deque<Optional<Anchor>> open = new ArrayDeque<>();
        for (Event event : new Parse(settings).parseString(text)) {
            if (event instanceof CollectionStartEvent start) {
                open.push(start.getAnchor());
            } else if (event instanceof CollectionEndEvent) {
                open.pop();
            } else if (event instanceof AliasEvent alias && open.contains(Optional.of(alias.getAlias()))) {
                throw new CheckpointException(path, "the YAML text holds a list or mapping within itself", "", ADVICE);
            }
            if (open.size() > MAX_DEPTH) {
                throw new CheckpointException(
                        path, "the YAML text is nested too deeply", "at most " + MAX_DEPTH + " levels", ADVICE);
            }
        }
    }

    private static String reason(YamlEngineException e) {
        if (e instanceof MarkedYamlEngineException marked
                && marked.getProblemMark().isPresent()) {
            return "cannot be read: " + marked.getProblem() + " at line "
                    + (marked.getProblemMark().get().getLine() + 1);
        }
        String message = String.valueOf(e.getMessage());
        return "cannot be read: " + message.lines().findFirst().orElse("");
    }

    private static Map<String, Object> named(Map<?, ?> mapping) {
        Map<String, Object> named = new LinkedHashMap<>();
        mapping.forEach((key, value) -> named.put(String.valueOf(key), plain(value)));
        return named;
    }

    private static @Nullable Object plain(@Nullable Object value) {
        if (value instanceof Map<?, ?> mapping) {
            return named(mapping);
        }
        if (value instanceof Iterable<?> items) {
            List<@Nullable Object> list = new ArrayList<>();
            items.forEach(item -> list.add(plain(item)));
            return list;
        }
        return value;
    }
}
