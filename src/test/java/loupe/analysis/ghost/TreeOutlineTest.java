package loupe.analysis.ghost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import loupe.base.CheckpointException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TreeOutlineTest {
    /** In the notebook's shape: "a" (0.5) with " bird" (0.4) and "\n" (0.1) behind it, then "b" (0.25). */
    static final String NOTEBOOK = """
            {"token_id": null, "token": "", "cumulative_prob": 1.0, "children": [
              {"token_id": 5, "token": "a", "cumulative_prob": 0.5, "children": [
                {"token_id": 7, "token": " bird", "cumulative_prob": 0.4, "children": []},
                {"token_id": 9, "token": "\\n", "cumulative_prob": 0.1, "children": []}]},
              {"token_id": 6, "token": "b", "cumulative_prob": 0.25, "children": []}]}
            """;

    @TempDir
    Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("tree.json"), text);
    }

    @Test
    void aTreeOfTheNotebookIsReadWithItsProbabilities() throws IOException {
        TreeOutline tree = TreeOutline.read(file(NOTEBOOK));
        assertThat(tree.size()).isEqualTo(5);
        assertThat(tree.node(1)).isEqualTo(new TreeOutline.Node(0, 5, "a", 0.5, 0.5, Double.NaN, Double.NaN));
        assertThat(tree.node(2)).isEqualTo(new TreeOutline.Node(0, 6, "b", 0.25, 0.25, Double.NaN, Double.NaN));
        assertThat(tree.node(3)).isEqualTo(new TreeOutline.Node(1, 7, " bird", 0.8, 0.4, Double.NaN, Double.NaN));
        assertThat(tree.node(4).probability()).isCloseTo(0.2, within(1e-12));
    }

    @Test
    void theGptJNotebooksShapeAndTheTreeCommandsDocumentAreReadToo() throws IOException {
        TreeOutline gptJ = TreeOutline.read(file("""
                {"tree JSON": {"level": 0, "token": "", "cumulative_prob": 1, "children": [{"level": 1, "token": \
                "x", "cumulative_prob": 0.5, "children": []}]}}"""));
        assertThat(gptJ.node(1)).isEqualTo(new TreeOutline.Node(0, -1, "x", 0.5, 0.5, Double.NaN, Double.NaN));
        TreeOutline command = TreeOutline.read(file("{\"settings\": {}, \"tree\": " + NOTEBOOK + "}"));
        assertThat(command.size()).isEqualTo(5);
    }

    @Test
    void whatIsWrittenIsReadBack() throws IOException {
        TreeOutline tree = TreeOutline.read(file(NOTEBOOK));
        TreeOutline again = TreeOutline.read(file(tree.jsonText()));
        assertThat(again.size()).isEqualTo(tree.size());
        for (int i = 0; i < tree.size(); i++) {
            assertThat(again.node(i)).isEqualTo(tree.node(i));
        }
        assertThat(again.jsonText()).isEqualTo(tree.jsonText());
    }

    @Test
    void asTextEveryLevelIsIndentedAndLineBreaksAreVisible() throws IOException {
        TreeOutline tree = TreeOutline.read(file(NOTEBOOK));
        assertThat(tree.indented()).isEqualTo("a  0.5000\n   bird  0.4000\n  \\n  0.1000\nb  0.2500\n");
        assertThat(tree.markdown("feature 3"))
                .isEqualTo(
                        "# Definition tree\n\nfeature 3\n\n- `a` 0.5000\n  - ` bird` 0.4000\n  - `\\n` 0.1000\n- `b` "
                                + "0.2500\n");
    }

    @Test
    void trimmingLeavesTheLikelyBranches() throws IOException {
        TreeOutline tree = TreeOutline.read(file(NOTEBOOK)).trimmed(0.3);
        assertThat(tree.size()).isEqualTo(3);
        assertThat(tree.node(2).text()).isEqualTo(" bird");
        assertThat(tree.node(2).parent()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[] | no list \"children\"",
                "{\"children\": [{\"token\": \"a\", \"children\": []}]} | \"cumulative_prob\" is missing",
                "{\"children\": [{\"token\": \"a\", \"cumulative_prob\": 2, \"children\": []}]} | \"cumulative_prob\" "
                        + "is 2",
                "{\"children\": [{\"cumulative_prob\": 0.5, \"children\": []}]} | neither a \"token\" nor",
                "{\"children\": [{\"token\": \"a\", \"cumulative_prob\": 0.5}]} | a node has no list \"children\""
            })
    void whatIsNoTreeIsRefusedInWords(String text, String words) throws IOException {
        Path file = file(text);
        assertThatThrownBy(() -> TreeOutline.read(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("tree.json")
                .hasMessageContaining(words);
    }
}
