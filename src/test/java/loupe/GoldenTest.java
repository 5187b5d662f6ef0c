package loupe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GoldenTest {
    @TempDir
    Path parent;

    @Test
    void aCaseThatIsNotThereIsAFailure() {
        assertThatThrownBy(() -> Golden.folder("hf_gpt9"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("hf_gpt9");
    }

    @Test
    void everyFamilyOfTheReadmeIsThere() throws IOException {
        Map<String, Long> families;
        try (Stream<Path> cases = Files.list(Golden.root())) {
            families = cases.filter(Files::isDirectory)
                    .map(folder -> folder.getFileName().toString().split("_")[0])
                    .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
        }
        assertThat(families)
                .containsExactlyInAnyOrderEntriesOf(Map.ofEntries(
                        Map.entry("hf", 11L),
                        Map.entry("tl", 6L),
                        Map.entry("dl", 7L),
                        Map.entry("sl", 25L),
                        Map.entry("sl5", 7L),
                        Map.entry("sl2", 2L),
                        Map.entry("sleval", 3L),
                        Map.entry("openai", 3L),
                        Map.entry("eleuther", 4L),
                        Map.entry("gemmascope", 3L),
                        Map.entry("tok", 4L),
                        Map.entry("seed", 2L)));
    }

    @Test
    void processesThatUnpackAtTheSameTimeGetOneWholeFolder() throws IOException {
        List<CompletableFuture<Path>> unpacking = IntStream.range(0, 3)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> Golden.unpack(parent)))
                .toList();
        assertThat(unpacking.stream().map(CompletableFuture::join).distinct()).hasSize(1);
        try (Stream<Path> left = Files.list(parent)) {
            assertThat(left).hasSize(1);
        }
    }

    @Test
    void whatAStoppedProcessLeftIsNotTakenForTheCases() throws IOException {
        Path left = Files.createDirectories(parent.resolve("unpacking1"));
        Files.writeString(left.resolve("sensitivity.json"), "{");
        assertThat(Golden.unpack(parent)).isNotEqualTo(left).isDirectoryContaining("glob:**hf_gpt2_a");
    }

    @Test
    void aFileThatWasAlteredOrLostOrAddedIsNamed() throws IOException {
        Path folder = Golden.unpack(parent);
        Path file = folder.resolve("hf_gpt2_a").resolve("golden.json");
        byte[] before = Files.readAllBytes(file);
        Files.writeString(file, "{}");
        assertThatThrownBy(() -> Golden.unpack(parent)).hasMessageContaining("hf_gpt2_a/golden.json differs");
        Files.delete(file);
        assertThatThrownBy(() -> Golden.unpack(parent)).hasMessageContaining("hf_gpt2_a/golden.json is missing");
        Files.write(file, before);
        Files.writeString(folder.resolve("notes"), "");
        assertThatThrownBy(() -> Golden.unpack(parent)).hasMessageContaining("notes is extra");
        Files.delete(folder.resolve("notes"));
        assertThat(Golden.unpack(parent)).isEqualTo(folder);
    }
}
