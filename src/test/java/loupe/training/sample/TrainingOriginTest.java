package loupe.training.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Parts of a training are used for the definitions and settings they were made from, and for no others. */
class TrainingOriginTest {
    private static final SampleBuilder.Sizes SIZES = new SampleBuilder.Sizes(300, 48, 16, 2, 2, 8, 4);
    private static final SampleBuilder.Plan PLAN = new SampleBuilder.Plan(60_000, 4_000, 1_500, 5);
    private static final SampleBuilder.Plan LONGER = new SampleBuilder.Plan(70_000, 4_000, 1_500, 5);

    @TempDir
    private Path folder;

    private Path animals;
    private Path plants;

    @BeforeEach
    void writeDefinitions() throws IOException {
        animals = definitions("animals.tsv", "animal", 300);
        plants = definitions("plants.tsv", "plant", 300);
    }

    @Test
    void unfinishedPartsOfOtherDefinitionsAreRefused() throws IOException {
        Path work = Files.createDirectories(folder.resolve("work"));
        TrainingOrigin.ofUnfinished(animals, PLAN, SIZES).bind(work, "tokenizer");

        assertThatThrownBy(() -> builder(plants, PLAN).build())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("work: its parts were made from other inputs (definitions was ")
                .hasMessageContaining("Choose another folder");
        assertThat(work.resolve("tokenizer")).doesNotExist();
    }

    @Test
    void finishedPartsOfOtherSettingsAreRefused() throws IOException {
        Path out = Files.createDirectories(folder.resolve("out"));
        TrainingOrigin.ofUnfinished(animals, PLAN, SIZES).ofFinished(PLAN).bind(out, "glossary");

        assertThatThrownBy(() -> builder(animals, LONGER).build())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("(tokens was 60000); expected tokens 70000");
    }

    @Test
    void partsOfUnknownOriginAreRefused() throws IOException {
        Files.createDirectories(folder.resolve("work/tokenizer"));

        assertThatThrownBy(() -> builder(animals, PLAN).build())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("nothing says what its parts were made from");
    }

    @Test
    void theSameInputsGoOn() throws IOException {
        TrainingOrigin.ofUnfinished(animals, PLAN, SIZES).bind(folder, "tokenizer");
        Files.createDirectories(folder.resolve("tokenizer"));

        TrainingOrigin.ofUnfinished(animals, PLAN, SIZES).bind(folder, "tokenizer");
        TrainingOrigin.ofUnfinished(animals, PLAN, SIZES).bind(folder, "tokenizer");
    }

    @Test
    void theUsualFolderIsOneForTheseDefinitionsAndSettings() throws IOException {
        Path first = SampleBuilder.workFolder(folder, animals, PLAN);

        assertThat(first).isEqualTo(SampleBuilder.workFolder(folder, animals, PLAN));
        assertThat(first.getParent()).isEqualTo(folder);
        assertThat(first).isNotEqualTo(SampleBuilder.workFolder(folder, plants, PLAN));
        assertThat(first).isNotEqualTo(SampleBuilder.workFolder(folder, animals, LONGER));
    }

    @Test
    void tooFewDefinitionsAreRefusedBeforeAnythingIsWritten() throws IOException {
        Path few = definitions("few.tsv", "cat", 2);

        assertThatThrownBy(() -> builder(few, PLAN, new SampleBuilder.Sizes(8192, 48, 16, 2, 2, 8, 4))
                        .build())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("its 2 definitions have words for ")
                .hasMessageContaining("expected words for 8192");
        try (Stream<Path> written = Files.list(folder)) {
            assertThat(written).containsExactlyInAnyOrder(animals, plants, few);
        }
    }

    private SampleBuilder builder(Path definitions, SampleBuilder.Plan plan) throws IOException {
        return builder(definitions, plan, SIZES);
    }

    private SampleBuilder builder(Path definitions, SampleBuilder.Plan plan, SampleBuilder.Sizes sizes)
            throws IOException {
        Cancellation stopped = new Cancellation();
        stopped.cancel();
        return new SampleBuilder(
                definitions,
                folder.resolve("out"),
                folder.resolve("work"),
                plan,
                sizes,
                (part, fraction, detail) -> {},
                stopped);
    }

    private Path definitions(String name, String word, int count) throws IOException {
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < count; i++) {
            rows.append(word + i + "\tn\ta thing of kind " + i + "\tthe " + word + i + " is here\n");
        }
        return Files.writeString(folder.resolve(name), rows);
    }
}
