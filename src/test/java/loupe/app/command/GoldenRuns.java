package loupe.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import loupe.Golden;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;

/**
 * The recorded command lines of a case, judged as its {@code golden.json} says: every value to |got - want| &lt;= atol
 * + rtol |want|, or exactly, or as a set whatever its order.
 */
public final class GoldenRuns {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private final JsonNode run;

    private GoldenRuns(Path folder, JsonNode run) {
        this.folder = folder;
        this.run = run;
    }

    /** The runs of a case whose name begins with something. */
    public static Stream<GoldenRuns> of(String name) {
        Path folder = Golden.folder(name);
        return StreamSupport.stream(read(folder).get("runs").spliterator(), false)
                .map(run -> new GoldenRuns(folder, run));
    }

    private static JsonNode read(Path folder) {
        try {
            return JSON.readTree(folder.resolve("golden.json").toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Runs the command and compares what it gives.
     *
     * @param leftOut paths that are not compared
     * @param more arguments that are added, such as where files are kept
     */
    public void judge(Path temporary, Set<String> leftOut, String... more) throws IOException {
        Path out = temporary.resolve("out.safetensors");
        Object[] arguments = Stream.concat(
                        StreamSupport.stream(run.get("args").spliterator(), false)
                                .map(argument -> argument.asText()
                                        .replace("{case}", folder.toString())
                                        .replace("{out}", out.toString())),
                        Stream.of(more))
                .toArray();
        CommandRun done = CommandRun.of(arguments);
        assertThat(done.code).as(done.err).isZero();
        JsonNode said = JSON.readTree(done.out);
        for (var wanted : run.path("json").properties()) {
            if (leftOut.contains(wanted.getKey())) {
                continue;
            }
            JsonNode got = at(said, wanted.getKey());
            if (kind(wanted.getValue()).equals("set")) {
                assertThat(got)
                        .as(wanted.getKey())
                        .containsExactlyInAnyOrderElementsOf(wanted.getValue().get("value"));
            } else if (wanted.getValue().path("value").path(0).isTextual()) {
                assertThat(got).as(wanted.getKey()).isEqualTo(wanted.getValue().get("value"));
            } else {
                assertAsRecorded(wanted.getKey(), flat(got), wanted.getValue());
            }
        }
        for (var wanted : run.path("out").properties()) {
            assertAsRecorded(wanted.getKey(), tensor(out, wanted.getKey()), wanted.getValue());
        }
    }

    private static String kind(JsonNode wanted) {
        return wanted.path("kind").asText("close");
    }

    /** The value at a dotted path; {@code *} stands for every element of a list. */
    private static JsonNode at(JsonNode document, String path) {
        int dot = path.indexOf('.');
        String head = dot < 0 ? path : path.substring(0, dot);
        String rest = dot < 0 ? "" : path.substring(dot + 1);
        if (head.isEmpty()) {
            return document;
        }
        if (head.equals("*")) {
            var all = JSON.createArrayNode();
            document.forEach(element -> all.add(at(element, rest)));
            return all;
        }
        JsonNode next = document.isArray() ? document.get(Integer.parseInt(head)) : document.get(head);
        assertThat(next).as("no '" + head + "' in the answer").isNotNull();
        return at(next, rest);
    }

    private List<Double> wanted(JsonNode wanted) throws IOException {
        return wanted.has("tensor")
                ? tensor(
                        folder.resolve("golden.safetensors"),
                        wanted.get("tensor").asText())
                : flat(wanted.get("value"));
    }

    private void assertAsRecorded(String what, List<Double> got, JsonNode wanted) throws IOException {
        if (kind(wanted).equals("exact")) {
            assertThat(got).as(what).isEqualTo(wanted(wanted));
        } else {
            assertClose(what, got, wanted);
        }
    }

    private void assertClose(String what, List<Double> got, JsonNode wanted) throws IOException {
        double atol = wanted.path("atol").asDouble(1e-4);
        double rtol = wanted.path("rtol").asDouble(0);
        List<Double> want = wanted(wanted);
        assertThat(got).as(what).hasSameSizeAs(want);
        for (int i = 0; i < want.size(); i++) {
            double most = atol + rtol * Math.abs(want.get(i));
            if (want.get(i).isNaN()) {
                assertThat(got.get(i)).as("%s %d", what, i).isNaN();
            } else {
                assertThat(Math.abs(got.get(i) - want.get(i)))
                        .as("%s[%d] is %s, recorded %s", what, i, got.get(i), want.get(i))
                        .isLessThanOrEqualTo(most);
            }
        }
    }

    /** An array as it is stored: the truth is F64, of which float32 would leave half the digits. */
    private static List<Double> tensor(Path file, String name) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        byte[] header = new byte[(int) bytes.getLong()];
        bytes.get(header);
        JsonNode entry = JSON.readTree(header).get(name);
        assertThat(entry).as("no array '" + name + "'").isNotNull();
        if (entry.get("dtype").asText().equals("F64")) {
            int from = bytes.position() + entry.at("/data_offsets/0").asInt();
            int end = bytes.position() + entry.at("/data_offsets/1").asInt();
            List<Double> values = new ArrayList<>();
            for (int at = from; at < end; at += Double.BYTES) {
                values.add(bytes.getDouble(at));
            }
            return values;
        }
        try (TensorArchive archive = TensorArchives.open(file)) {
            float[] data = archive.tensor(name).toHost().data();
            List<Double> values = new ArrayList<>();
            for (float value : data) {
                values.add((double) value);
            }
            return values;
        }
    }

    private static List<Double> flat(JsonNode node) {
        if (!node.isArray()) {
            return List.of(
                    node.isNull() ? Double.NaN : node.isBoolean() ? (node.asBoolean() ? 1 : 0) : node.asDouble());
        }
        List<Double> all = new ArrayList<>();
        node.forEach(element -> all.addAll(flat(element)));
        return all;
    }

    @Override
    public String toString() {
        return folder.getFileName() + " " + run.get("id").asText();
    }
}
