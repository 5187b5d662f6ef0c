package loupe.analysis.dream;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import loupe.base.AsideFile;
import loupe.base.CheckpointException;
import loupe.format.JsonFiles;
import loupe.format.JsonLines;

/** A search in a file: its settings and how far it has come. Written whole or not at all. */
public final class DreamFile {
    private static final String OF = "of";
    private static final String SETTINGS = "settings";
    private static final String STATE = "state";

    private DreamFile() {}

    /**
     * Writes a file, in place of one that is there.
     *
     * @throws UncheckedIOException if it cannot be written; what was there stays
     */
    public static void write(Path file, Dream dream, DreamState state) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put(
                OF, dream.model().name() + ", " + dream.target().feature().sae().name());
        document.put(SETTINGS, settings(dream));
        document.put(STATE, values(state));
        try {
            AsideFile.replace(file, aside -> Files.writeString(aside, JsonFiles.text(document)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Reads how far a search had come.
     *
     * @param dream the search that is to go on; how many iterations it is to have need not be as before
     * @throws CheckpointException if the file is of a search with other settings, or is none
     */
    public static DreamState read(Path file, Dream dream) {
        JsonNode document = JsonFiles.readOwn(file);
        Map<String, Object> wanted = settings(dream);
        JsonNode now = JsonLines.asRead(wanted);
        JsonNode before = document.path(SETTINGS);
        for (String name : wanted.keySet()) {
            if (!before.has(name)) {
                throw damaged(file, "no setting " + name);
            }
            if (!before.path(name).equals(now.path(name))) {
                throw new CheckpointException(
                        file,
                        name.replace('_', ' ') + " " + before.path(name),
                        now.path(name).toString(),
                        "Go on with the settings it began with");
            }
        }
        return state(new Reader(file, dream.settings().slots(), dream.settings().length()), document.path(STATE));
    }

    /**
     * What a file has of a search, without going on with it.
     *
     * @param of the names of model and checkpoint
     * @param apart whether another feature is to stay silent
     */
    public record Kept(String of, int feature, boolean apart, long seed, DreamState state) {}

    /**
     * Reads what a file has of a search.
     *
     * @throws CheckpointException if it is no such file
     */
    public static Kept read(Path file) {
        JsonNode document = JsonFiles.readOwn(file);
        JsonNode settings = document.path(SETTINGS);
        Reader any = new Reader(file, 0, 0);
        Reader reader = new Reader(
                file,
                any.whole(settings, "slots").intValue(),
                any.whole(settings, "length").intValue());
        any.require(document.path(OF).isTextual() && settings.path("seed").canConvertToLong(), "settings");
        return new Kept(
                document.path(OF).textValue(),
                reader.whole(settings, "feature").intValue(),
                settings.path("without_feature").intValue() >= 0,
                settings.path("seed").longValue(),
                state(reader, document.path(STATE)));
    }

    /** What makes a search what it is, but for the number of its iterations. */
    private static Map<String, Object> settings(Dream dream) {
        DreamSettings settings = dream.settings();
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("model", dream.model().fingerprint());
        values.put("checkpoint", dream.target().feature().sae().fingerprint());
        values.put("feature", dream.target().feature().index());
        values.put(
                "without_checkpoint",
                dream.target().without().map(other -> other.sae().fingerprint()).orElse(""));
        values.put(
                "without_feature",
                dream.target().without().map(DreamTarget.Feature::index).orElse(-1));
        values.put("before", dream.before());
        values.put("length", settings.length());
        values.put("slots", settings.slots());
        values.put("children", settings.children());
        values.put("candidates", settings.candidates());
        values.put("least_penalty", settings.leastPenalty());
        values.put("most_penalty", settings.mostPenalty());
        values.put("restart_every", settings.restartEvery());
        values.put("seed", settings.seed());
        values.put("any_tokens", dream.retokenised().isEmpty());
        values.put("banned", new TreeSet<>(dream.banned()));
        return values;
    }

    private static Map<String, Object> values(DreamState state) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("iteration", state.iteration());
        values.put("slots", texts(state.slots()));
        values.put("front", texts(state.front()));
        values.put("random", texts(state.random()));
        values.put("strongest_silent", texts(state.strongestSilent().stream().toList()));
        values.put("tried", state.tried());
        values.put("refused", state.refused());
        values.put("failures", new TreeMap<>(state.failures()));
        return values;
    }

    private static List<Map<String, Object>> texts(List<DreamText> texts) {
        return texts.stream()
                .map(text -> {
                    Map<String, Object> values = new LinkedHashMap<>();
                    values.put("ids", text.ids());
                    values.put("target", text.target());
                    values.put("activation", text.activation());
                    values.put("other", text.other());
                    values.put("cross_entropy", text.crossEntropy());
                    return values;
                })
                .toList();
    }

    private static DreamState state(Reader reader, JsonNode state) {
        List<DreamText> silent = reader.texts(state, "strongest_silent");
        Map<Integer, Integer> failures = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : state.path("failures").properties()) {
            reader.require(
                    entry.getKey().matches("\\d{1,9}") && entry.getValue().isInt(), "failures");
            failures.put(Integer.valueOf(entry.getKey()), entry.getValue().intValue());
        }
        DreamState read = new DreamState(
                reader.whole(state, "iteration").intValue(),
                reader.texts(state, "slots"),
                reader.texts(state, "front"),
                reader.texts(state, "random"),
                silent.isEmpty() ? Optional.empty() : Optional.of(silent.get(0)),
                reader.whole(state, "tried").longValue(),
                reader.whole(state, "refused").longValue(),
                failures);
        reader.require(read.slots().size() == reader.slots, "slots");
        return read;
    }

    private static CheckpointException damaged(Path file, String found) {
        return new CheckpointException(file, found, "a file that dream has written", "Choose another file");
    }

    /** Reads parts of a state, or refuses them. */
    private record Reader(Path file, int slots, int length) {
        void require(boolean holds, String name) {
            if (!holds) {
                throw damaged(file, name.replace('_', ' ') + " cannot be read");
            }
        }

        JsonNode whole(JsonNode of, String name) {
            return check(
                    of.path(name),
                    name,
                    node -> node.canConvertToLong() && node.isIntegralNumber() && node.longValue() >= 0);
        }

        double real(JsonNode of, String name) {
            return check(of.path(name), name, node -> node.isNumber() && Double.isFinite(node.doubleValue()))
                    .doubleValue();
        }

        List<DreamText> texts(JsonNode of, String name) {
            List<DreamText> texts = new ArrayList<>();
            for (JsonNode text : check(of.path(name), name, JsonNode::isArray)) {
                List<Integer> ids = new ArrayList<>();
                for (JsonNode id : text.path("ids")) {
                    ids.add(check(id, name, node -> node.isInt() && node.intValue() >= 0)
                            .intValue());
                }
                require(ids.size() == length, name);
                texts.add(new DreamText(
                        ids,
                        real(text, "target"),
                        real(text, "activation"),
                        real(text, "other"),
                        real(text, "cross_entropy")));
            }
            return texts;
        }

        private JsonNode check(JsonNode node, String name, Predicate<JsonNode> holds) {
            require(holds.test(node), name);
            return node;
        }
    }
}
