package loupe.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import loupe.Golden;
import loupe.format.JsonFiles;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** {@code inspect} on every file and folder of recorded weights, with nothing said about them. */
class GoldenInspectTest {
    private static final Map<String, String> FORMATS = Map.of(
            "dl",
            "dictionary-learning",
            "tok",
            "tokenized",
            "sl",
            "saelens",
            "sl2",
            "saelens",
            "sl5",
            "saelens",
            "sleval",
            "saelens",
            "openai",
            "openai",
            "eleuther",
            "sparsify",
            "gemmascope",
            "gemma-scope",
            "seed",
            "neel");
    /** Numbers to compare with, and a model's weights under TransformerLens' own names. */
    private static final List<String> NO_FORMAT = List.of(
            "golden.safetensors", "sparsity.safetensors", "weights_raw.safetensors", "weights_proc.safetensors");

    @TestFactory
    List<DynamicTest> everyFileIsNamedByItsFormat() throws IOException {
        Path golden = Golden.root();
        List<DynamicTest> tests = new ArrayList<>();
        try (Stream<Path> files = Files.walk(golden)) {
            for (Path path :
                    files.filter(file -> isWeights(golden, file)).sorted().toList()) {
                tests.add(DynamicTest.dynamicTest(golden.relativize(path).toString(), () -> {
                    JsonNode said = CommandRun.json("inspect", path, "--no-statistics");
                    assertThat(Optional.ofNullable(said.get("format").textValue()))
                            .isEqualTo(expected(golden, path));
                }));
            }
        }
        assertThat(tests.size()).isGreaterThan(100);
        return tests;
    }

    /** Weight files, and the folders somebody would choose instead. */
    private static boolean isWeights(Path golden, Path path) {
        if (Files.isDirectory(path)) {
            boolean model = Files.exists(path.resolve("config.json"))
                    && path.getFileName().toString().startsWith("model");
            return model || path.getParent().equals(golden) && FORMATS.containsKey(family(golden, path));
        }
        return Stream.of(".safetensors", ".pt", ".bin", ".npz", ".index.json").anyMatch(path.toString()::endsWith);
    }

    private static Optional<String> expected(Path golden, Path path) {
        String name = golden.relativize(path).toString();
        if (NO_FORMAT.stream().anyMatch(name::endsWith)) {
            return Optional.empty();
        }
        String family = family(golden, path);
        if (!family.equals("hf")) {
            return Optional.of(FORMATS.get(family));
        }
        Path folder = Files.isDirectory(path) ? path : path.getParent();
        return Optional.of("huggingface model, "
                + JsonFiles.read(folder.resolve("config.json"))
                        .get("model_type")
                        .textValue());
    }

    private static String family(Path golden, Path path) {
        return golden.relativize(path).getName(0).toString().split("_")[0];
    }
}
