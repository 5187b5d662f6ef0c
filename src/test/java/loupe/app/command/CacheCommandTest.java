package loupe.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import loupe.index.PlantedIndex;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheCommandTest {
    @TempDir
    Path cache;

    @BeforeEach
    void keepsTwo() {
        PlantedIndex.build(cache.resolve("one"));
        PlantedIndex.build(cache.resolve("two"));
    }

    private JsonNode list() {
        return CommandRun.json("cache", "list", "--cache", cache);
    }

    @Test
    void whatIsKeptIsListed() throws IOException {
        Files.delete(cache.resolve("two/sae-0/by-token.bin"));
        JsonNode listed = list();
        assertThat(listed.get("folder").asText()).isEqualTo(cache.toString());
        assertThat(listed.at("/indexes")).hasSize(2);
        long bytes = 0;
        for (JsonNode row : listed.at("/indexes")) {
            bytes += row.get("bytes").asLong();
            assertThat(row.get("model").asText()).isEqualTo("model");
            assertThat(row.at("/saes/0").asText()).isEqualTo("planted");
            assertThat(row.at("/corpus/0").asText()).isEqualTo("corpus.txt");
            assertThat(row.get("tokens").asLong()).isEqualTo(600);
            assertThat(row.get("in_use").asBoolean()).isFalse();
            assertThat(row.get("state").asText())
                    .isEqualTo(row.get("name").asText().equals("two") ? "damaged" : "complete");
            assertThat(row.has("defect")).isEqualTo(row.get("name").asText().equals("two"));
        }
        assertThat(listed.get("bytes").asLong()).isEqualTo(bytes).isPositive();
        assertThat(CommandRun.of("cache", "list", "--cache", cache).out)
                .contains("one")
                .contains("corpus.txt");
    }

    @Test
    void chosenOnesOldOnesOrAllAreDeleted() throws IOException {
        assertThat(CommandRun.json("cache", "clear", "--older-than", 1, "--cache", cache)
                        .get("deleted"))
                .isEmpty();
        JsonNode one = CommandRun.json("cache", "clear", "one", "--cache", cache);
        assertThat(one.at("/deleted/0").asText()).isEqualTo("one");
        assertThat(one.get("bytes").asLong()).isPositive();
        assertThat(cache.resolve("one")).doesNotExist();
        assertThat(list().at("/indexes/0/name").asText()).isEqualTo("two");
        Path cosines = Files.createDirectories(cache.resolve("cosines")).resolve("a.safetensors");
        Files.write(cosines, new byte[9]);
        CommandRun.json("cache", "clear", "--all", "--cache", cache);
        assertThat(list().at("/indexes")).isEmpty();
        assertThat(list().at("/cosines_bytes").asLong()).isEqualTo(9);
        assertThat(CommandRun.json("cache", "clear", "--cosines", "--cache", cache)
                        .get("bytes")
                        .asLong())
                .isEqualTo(9);
        assertThat(cosines).doesNotExist();
    }

    @Test
    void nothingIsDeletedThatWasNotNamedRightly() {
        assertThat(CommandRun.of("cache", "clear", "--cache", cache))
                .satisfies(run -> assertThat(run.code).isEqualTo(2))
                .satisfies(run -> assertThat(run.err).contains("needs names, --all or --older-than"));
        assertThat(CommandRun.of("cache", "clear", "one", "three", "--cache", cache).err)
                .contains("there is no index three");
        assertThat(CommandRun.of("cache", "clear", "one", "--all", "--cache", cache).code)
                .isEqualTo(2);
        assertThat(list().at("/indexes")).hasSize(2);
    }
}
