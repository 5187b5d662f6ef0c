package loupe.lm.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import loupe.Golden;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.lm.Input;
import loupe.lm.LanguageModel;
import loupe.lm.Processing;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * One configuration value set wrong must be seen. {@code sensitivity.json} says by how much transformers' logits moved;
 * where that is above the goldens' tolerance, ours must fail the golden, and by as much.
 */
class SensitivityTest {
    private static final double TOLERANCE = 1e-4;
    private static final double LONG_TOLERANCE = 5e-4;
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    @TestFactory
    List<DynamicTest> aWrongValueFailsTheGolden() throws IOException {
        Path golden = Golden.root().resolve("sensitivity.json");
        List<DynamicTest> tests = new ArrayList<>();
        JSON.readTree(golden.toFile())
                .properties()
                .forEach(model -> model.getValue().properties().forEach(change -> {
                    if (change.getValue().asDouble() > TOLERANCE) {
                        tests.add(DynamicTest.dynamicTest(
                                model.getKey() + " with " + change.getKey(),
                                () -> check(
                                        golden.resolveSibling(model.getKey()),
                                        change.getKey(),
                                        change.getValue().asDouble())));
                    } else {
                        System.out.println("does not count, moves logits by " + change.getValue() + ": "
                                + model.getKey() + " with " + change.getKey());
                    }
                }));
        assertThat(tests).hasSizeGreaterThan(25);
        return tests;
    }

    private void check(Path golden, String change, double recorded) throws IOException {
        Path wrong = folder.resolve(golden.getFileName() + "-" + change.replaceAll("[^a-zA-Z0-9_]", "-"));
        Files.createDirectory(wrong);
        Files.copy(golden.resolve("model/model.safetensors"), wrong.resolve("model.safetensors"));
        ObjectNode config =
                (ObjectNode) JSON.readTree(golden.resolve("model/config.json").toFile());
        String key = change.substring(0, change.indexOf('='));
        assertThat(config.has(key)).as(key).isTrue();
        config.set(key, value(change.substring(key.length() + 1)));
        JSON.writeValue(wrong.resolve("config.json").toFile(), config);
        double moved = 0;
        boolean fails = false;
        JsonNode sequences =
                JSON.readTree(golden.resolve("golden.json").toFile()).path("sequences");
        try (TensorArchive numbers = TensorArchives.open(golden.resolve("golden.safetensors"));
                NDManager base = NDManager.newBaseManager();
                ModelFolder files = ModelFolder.open(wrong)) {
            LanguageModel model =
                    files.read(Processing.RAW).on(base.newSubManager()).seal();
            for (String sequence : List.of("len1", "len7", "len24", "long")) {
                int[] ids = IntStream.range(0, sequences.path(sequence).size())
                        .map(i -> sequences.path(sequence).get(i).asInt())
                        .toArray();
                boolean isLong = sequence.equals("long");
                NDArray logits = model.forward(base, Input.of(ids));
                double difference = difference(
                        isLong ? logits.get(":, {}:", ids.length - 1) : logits,
                        numbers.tensor(sequence + (isLong ? ".logits_last.f64" : ".logits.f64"))
                                .toHost()
                                .data());
                fails |= difference > (isLong ? LONG_TOLERANCE : TOLERANCE);
                moved = sequence.equals("len24") ? difference : moved;
            }
        }
        assertThat(fails).as("the golden fails with %s", change).isTrue();
        assertThat(moved).as("how far logits of len24 move").isCloseTo(recorded, within(2e-4 + 0.02 * recorded));
    }

    private static JsonNode value(String text) throws IOException {
        return switch (text) {
            case "None" -> JSON.nullNode();
            case "True" -> JSON.getNodeFactory().booleanNode(true);
            case "False" -> JSON.getNodeFactory().booleanNode(false);
            case "all global" -> JSON.readTree("[[[\"global\"], 3]]");
            default ->
                text.matches("[0-9.e-]+")
                        ? JSON.readTree(text)
                        : JSON.getNodeFactory().textNode(text);
        };
    }

    private static double difference(NDArray actual, float[] expected) {
        float[] values = actual.toFloatArray();
        double largest = 0;
        for (int i = 0; i < values.length; i++) {
            largest = Math.max(largest, Math.abs(values[i] - expected[i]));
        }
        return largest;
    }
}
