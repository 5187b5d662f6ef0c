package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import loupe.base.CheckpointException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Indexes whose files are not as they were written: refused with a sentence, or as if nothing had happened. */
class DamagedIndexTest {
    private static final int FLIPS = Integer.getInteger("loupe.flips", 150);

    @TempDir
    Path temporary;

    private Path folder;

    @BeforeEach
    void build() throws IOException {
        folder = IndexFilesTest.build(temporary, IndexFilesTest.words());
    }

    /** Everything that can be asked, as text. */
    private String answers() {
        StringBuilder said = new StringBuilder();
        try (ActivationIndex index = ActivationIndex.open(folder)) {
            IndexInfo info = index.info();
            said.append(info.model()).append(info.saes()).append(info.sources()).append(info.counted());
            FeatureStatistics statistics = index.statistics(0);
            said.append(Arrays.toString(statistics.count()))
                    .append(Arrays.toString(statistics.mass()))
                    .append(Arrays.toString(statistics.sum()))
                    .append(Arrays.toString(statistics.sumOfSquares()))
                    .append(Arrays.toString(statistics.max()))
                    .append(Arrays.toString(statistics.min()));
            for (int feature = 0; feature < PlantedSource.FEATURES; feature++) {
                FeatureActivations activations = index.activations(0, feature);
                said.append(Arrays.toString(activations.tokens())).append(Arrays.toString(activations.values()));
                for (Example example : index.examples(activations, Examples.top(activations, 20, 1), 5, 5)) {
                    said.append(Arrays.toString(example.ids()))
                            .append(Arrays.toString(example.values()))
                            .append(example.document());
                }
                said.append(
                        Arrays.toString(index.coActivations(activations, 0, 0).both()));
            }
            for (int token = 0; token < info.tokens(); token++) {
                said.append(index.featuresAt(0, token)).append(Arrays.toString(index.upTo(token)));
            }
        }
        return said.toString();
    }

    @Test
    void aSingleFlippedBitIsRefusedOrWithoutEffect() throws IOException {
        String right = answers();
        List<Path> files = new ArrayList<>();
        try (Stream<Path> all = Files.walk(folder)) {
            all.filter(Files::isRegularFile).sorted().forEach(files::add);
        }
        assertThat(files).hasSize(5);
        Random random = new Random(17);
        int refused = 0;
        for (int flip = 0; flip < FLIPS; flip++) {
            Path file = files.get(flip % files.size());
            byte[] whole = Files.readAllBytes(file);
            byte[] flipped = whole.clone();
            int bit = random.nextInt(8 * whole.length);
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, flipped);
            try {
                assertThat(answers()).as("bit %d of %s", bit, file).isEqualTo(right);
            } catch (CheckpointException damaged) {
                refused++;
                assertThat(damaged).hasMessageContaining("Build the index anew");
            }
            Files.write(file, whole);
        }
        assertThat(refused).isGreaterThan(FLIPS * 4 / 5);
        assertThat(answers()).isEqualTo(right);
    }

    @Test
    void anIndexOfBeforeChecksumsOpensWithANoteAndItsDamageIsNeverAnInternalError() throws IOException {
        IndexBeforeChecksums.make(folder);
        String right = answers();
        try (ActivationIndex index = ActivationIndex.open(folder)) {
            assertThat(index.doubt())
                    .hasValueSatisfying(note -> assertThat(note).contains("before there were checksums"));
            index.verify();
        }
        Random random = new Random(18);
        for (String name : List.of("contexts.parquet", "sae-0/by-token.bin", "sae-0/features.parquet")) {
            Path file = folder.resolve(name);
            byte[] whole = Files.readAllBytes(file);
            for (int flip = 0; flip < FLIPS / 5; flip++) {
                byte[] flipped = whole.clone();
                int bit = random.nextInt(8 * whole.length);
                flipped[bit / 8] ^= (byte) (1 << bit % 8);
                Files.write(file, flipped);
                try {
                    answers();
                } catch (CheckpointException damaged) {
                    assertThat(damaged).hasMessageContaining("anew");
                }
            }
            Files.write(file, whole);
        }
        assertThat(answers()).isEqualTo(right);
    }

    @Test
    void filesOfAnotherIndexAreNoticed() throws IOException {
        int[] others = IndexFilesTest.words();
        others[7] = others[7] == 1 ? 2 : 1;
        Path other = IndexFilesTest.build(Files.createDirectory(temporary.resolve("other")), others);
        for (String name : List.of(
                "contexts.parquet", "sae-0/activations.parquet", "sae-0/features.parquet", "sae-0/by-token.bin")) {
            Path whole =
                    Files.copy(folder.resolve(name), temporary.resolve("kept"), StandardCopyOption.REPLACE_EXISTING);
            Files.copy(other.resolve(name), folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            assertThatThrownBy(this::answers).as(name).isInstanceOf(CheckpointException.class);
            assertThatThrownBy(() -> {
                        try (ActivationIndex index = ActivationIndex.open(folder)) {
                            index.verify();
                        }
                    })
                    .as(name)
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining(name.substring(name.indexOf('/') + 1));
            Files.copy(whole, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
        answers();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            saes            | null
            saes            | []
            saes            | [null]
            saes            | [{"folder":"../x","sae":{"name":"a","fingerprint":"f"},"features":8,"hook":"","rows":1}]
            saes            | [{"folder":"sae-0","sae":null,"features":8,"hook":"","rows":1}]
            saes            | [{"folder":"sae-0","sae":{"name":"a","fingerprint":"f"},"features":0,"hook":"","rows":1}]
            model           | null
            sources         | null
            sources         | []
            contextLength   | 0
            contextLength   | 1
            tokens          | 0
            tokens          | -5
            tokens          | 400
            contexts        | 2000000000
            leftOut         | {"beginning":500,"firstPositions":0,"highNorm":0,"ignored":0,"together":500}
            files           | [null]
            files           | [{"name":"../../etc/passwd","bytes":1,"crc32c":"00"}]
            documents       | "sideways"
            version         | 7
            """)
    void aDescriptionThatCannotBeIsRefusedWithASentence(String key, String value) throws IOException {
        IndexBeforeChecksums.make(folder);
        ObjectMapper json = new ObjectMapper();
        ObjectNode described =
                (ObjectNode) json.readTree(folder.resolve("index.json").toFile());
        described.set(key, json.readTree(value));
        json.writeValue(folder.resolve("index.json").toFile(), described);
        assertThatThrownBy(() -> ActivationIndex.open(folder))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("index.json: ")
                .hasMessageContaining("Build the index anew");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"null", "[]", "{}", "3", "''", "{\"version\":1"})
    void somethingElseInPlaceOfTheDescriptionIsRefused(String text) throws IOException {
        Files.writeString(folder.resolve("index.json"), text);
        assertThatThrownBy(() -> ActivationIndex.open(folder))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("index.json: ");
    }
}
