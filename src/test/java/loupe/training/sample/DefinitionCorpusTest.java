package loupe.training.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import loupe.base.CheckpointException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DefinitionCorpusTest {
    @TempDir
    private Path folder;

    /** Synonyms share a text, and texts differ in case and punctuation only: the shapes in which a text could leak. */
    @Test
    void aDefinitionTextIsNeverOnBothSides() {
        List<Definition> rows = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            String text = "the meaning of number " + i / 2;
            rows.add(new Definition(
                    "word" + i, "n", i % 2 == 0 ? text : text.toUpperCase(java.util.Locale.ROOT) + ".", List.of()));
        }
        DefinitionCorpus corpus = DefinitionCorpus.split(rows);
        Set<String> shown = corpus.training().stream()
                .map(row -> row.text().toLowerCase(java.util.Locale.ROOT).replace(".", ""))
                .collect(Collectors.toSet());
        assertThat(corpus.heldOut())
                .isNotEmpty()
                .noneMatch(row -> shown.contains(
                        row.text().toLowerCase(java.util.Locale.ROOT).replace(".", "")));
        assertThat(corpus.training().size() + corpus.heldOut().size()).isEqualTo(rows.size());
        assertThat(corpus.heldOut().size() / (double) rows.size()).isCloseTo(0.02, within(0.005));
    }

    @Test
    void theSideOfATextDoesNotDependOnTheOthers() {
        List<Definition> rows = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            rows.add(new Definition("word", "n", "text " + i, List.of()));
        }
        List<Definition> heldOut = DefinitionCorpus.split(rows).heldOut();
        assertThat(DefinitionCorpus.split(heldOut).heldOut()).isEqualTo(heldOut);
    }

    @Test
    void rowsAreReadWithTheirExamplesAndOnceEach() throws Exception {
        Path file = folder.resolve("definitions.tsv");
        Files.writeString(
                file,
                "able\ta\thaving the skill\table to swim | able to fly\nable\ta\thaving the skill\table to swim | "
                        + "able to fly\notter\tn\ta mammal\t\n");
        DefinitionCorpus corpus = DefinitionCorpus.read(file);
        List<Definition> all = new ArrayList<>(corpus.training());
        all.addAll(corpus.heldOut());
        assertThat(all)
                .containsExactlyInAnyOrder(
                        new Definition("able", "a", "having the skill", List.of("able to swim", "able to fly")),
                        new Definition("otter", "n", "a mammal", List.of()));
    }

    @Test
    void aLineWithoutFourColumnsIsRefusedByItsNumber() throws Exception {
        Path file = folder.resolve("definitions.tsv");
        Files.writeString(file, "able\ta\tskilled\t\nbroken\tline\n");
        assertThatThrownBy(() -> DefinitionCorpus.read(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("line 2 has 2 columns");
    }

    @Test
    void aByteOrderMarkIsNotOfTheFirstWord() throws Exception {
        Path file = Files.writeString(folder.resolve("marked.tsv"), "\ufeffcat\tn\ta small animal\t\n");
        DefinitionCorpus corpus = DefinitionCorpus.read(file);
        assertThat(List.of(corpus.training(), corpus.heldOut()).stream()
                        .flatMap(List::stream)
                        .map(Definition::lemma))
                .containsExactly("cat");
    }
}
