package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import loupe.Golden;
import loupe.format.SafetensorsWriter;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Which families recognise the same files, and which of them is asked first. */
class FamilyOrderTest {
    private static final int D = 3;
    private static final int N = 5;

    private static final Map<String, List<String>> OF_GOLDEN_FILES = Map.of(
            "tok", List.of("tokenized"),
            "dl", List.of("dictionary-learning"),
            "openai", List.of("openai"),
            "eleuther", List.of("sparsify"),
            "gemmascope", List.of("gemma-scope"),
            "seed", List.of("neel"));
    /** The ReLU and TopK ones have the four tensors that neel takes by their names. */
    private static final List<List<String>> SAELENS = List.of(List.of("saelens"), List.of("saelens", "neel"));

    @TempDir
    Path folder;

    @TestFactory
    List<DynamicTest> everyRecordedCheckpointIsOfExactlyOneFamilyButForSaeLens() throws IOException {
        Path golden = Golden.root();
        List<DynamicTest> tests = new ArrayList<>();
        try (Stream<Path> cases = Files.list(golden)) {
            for (Path path : cases.sorted().toList()) {
                String prefix = path.getFileName().toString().split("_")[0];
                if (prefix.startsWith("sl")) {
                    tests.add(DynamicTest.dynamicTest(
                            path.getFileName().toString(),
                            () -> assertThat(SAELENS).contains(recognising(path))));
                } else if (OF_GOLDEN_FILES.containsKey(prefix)) {
                    tests.add(DynamicTest.dynamicTest(
                            path.getFileName().toString(),
                            () -> assertThat(recognising(path)).isEqualTo(OF_GOLDEN_FILES.get(prefix))));
                }
            }
        }
        assertThat(tests).hasSizeGreaterThan(45);
        return tests;
    }

    @Test
    void whatThisProgramSavedSaysSoBeforeItsTensorsAreLookedAt() {
        fourTensors().metadata("loupe.sae", "1").write(folder.resolve("any.safetensors"));

        assertThat(recognising(folder)).containsExactly("plain", "neel");
    }

    @Test
    void aThirdAxisTellsMoreThanAConfigurationWithDIn() throws IOException {
        new SafetensorsWriter()
                .add("W_enc", zeros(2, D, N))
                .add("W_dec", zeros(N, 2, D))
                .add("b_enc", zeros(N))
                .add("b_dec", zeros(2, D))
                .write(folder.resolve("cc.safetensors"));
        Files.writeString(folder.resolve("cfg.json"), "{\"d_in\": 3, \"d_sae\": 5}");

        assertThat(recognising(folder)).containsExactly("crosscoder", "saelens");
    }

    @Test
    void aConfigurationOfBatchTopKTellsMoreThanFourTensors() throws IOException {
        fourTensors().write(folder.resolve("sae.pt"));
        Files.writeString(folder.resolve("config.json"), "{\"sae_type\": \"batchtopk\"}");

        assertThat(recognising(folder)).containsExactly("batchtopk", "neel");
    }

    @Test
    void aNameLikeQwenScopesTellsMoreThanFourTensors() {
        new SafetensorsWriter()
                .add("W_enc", zeros(N, D))
                .add("W_dec", zeros(D, N))
                .add("b_enc", zeros(N))
                .add("b_dec", zeros(D))
                .write(folder.resolve("layer3.sae.pt"));

        assertThat(recognising(folder)).containsExactly("qwen-scope", "tokenized");
    }

    private static SafetensorsWriter fourTensors() {
        return new SafetensorsWriter()
                .add("W_enc", zeros(D, N))
                .add("W_dec", zeros(N, D))
                .add("b_enc", zeros(N))
                .add("b_dec", zeros(D));
    }

    private static HostTensor zeros(int... shape) {
        int length = 1;
        for (int axis : shape) {
            length *= axis;
        }
        return new HostTensor(new float[length], shape);
    }

    private static List<String> recognising(Path path) {
        try (CheckpointFiles files = CheckpointFiles.open(path)) {
            return SaeFamilies.FAMILIES.stream()
                    .filter(family -> family.recognises(files))
                    .map(SaeFamily::format)
                    .toList();
        }
    }
}
