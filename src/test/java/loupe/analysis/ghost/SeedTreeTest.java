package loupe.analysis.ghost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import loupe.analysis.Vectors;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Trees and ghosts against the notebook's own functions, run on a small random GPT-2 and a small random Gemma. */
class SeedTreeTest {
    private SeedGolden golden;

    private void open(String name) throws IOException {
        golden = new SeedGolden(name);
    }

    @AfterEach
    void close() {
        if (golden != null) {
            golden.close();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "seed_gpt2, 0",
        "seed_gpt2, 1",
        "seed_gpt2, 2",
        "seed_gpt2, 3",
        "seed_gemma, 0",
        "seed_gemma, 1",
        "seed_gemma, 2",
        "seed_gemma, 3"
    })
    void theGhostIsTheRecordedOne(String name, int setting) throws IOException {
        open(name);
        GhostVector vector = golden.device
                .ask(new GhostBasis(golden.model, golden.ghost(setting)))
                .vector(golden.ghost(setting));
        assertThat(vector.ghost().data())
                .containsExactly(golden.array("setting" + setting + ".feature_vector.f64"), within(2e-6f));
        assertThat(vector.centroid().data())
                .containsExactly(golden.array("setting" + setting + ".token_centroid.f64"), within(1e-6f));
    }

    @ParameterizedTest
    @ValueSource(strings = {"seed_gpt2", "seed_gemma"})
    void theFirstPrincipalComponentIsTheRecordedOne(String name) throws IOException {
        open(name);
        double[] direction =
                golden.device.ask(new PrincipalComponents(golden.model, 1)).directions()[0];
        assertThat(Vectors.tensor(direction).data())
                .containsExactly(golden.array("PCA1_direction_v_based.f64"), within(1e-6f));
    }

    @ParameterizedTest
    @CsvSource({
        "seed_gpt2, 0",
        "seed_gpt2, 1",
        "seed_gpt2, 2",
        "seed_gpt2, 3",
        "seed_gemma, 0",
        "seed_gemma, 1",
        "seed_gemma, 2",
        "seed_gemma, 3"
    })
    void everyNodeOfTheTreeIsTheRecordedOne(String name, int setting) throws IOException {
        open(name);
        DefinitionTree.Answer tree = golden.device.ask(golden.tree(setting));
        assertThat(tree.isComplete()).isTrue();
        int nodes = compare(tree, 0, golden.setting(setting).get("tree"), "cumulative_prob_f64", 2e-5);
        assertThat(nodes).isEqualTo(tree.size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"seed_gpt2", "seed_gemma"})
    void aFinishedGhostGrowsTheTreeOfTheModelWhoseEmbeddingWasOverwritten(String name) throws IOException {
        open(name);
        JsonNode sequence = golden.json.get("sequence_without_restore");
        int setting = sequence.get("second").asInt();
        HostTensor ghost = new HostTensor(golden.array("sequence_without_restore.feature_vector.f32"), 48);
        DefinitionTree.Answer tree = golden.device.ask(new DefinitionTree(
                golden.model, GhostSettings.finished(ghost), golden.prompt(), golden.limits(setting)));
        assertThat(compare(tree, 0, sequence.get("second_tree"), "cumulative_prob", 4e-5))
                .isEqualTo(tree.size());
    }

    /**
     * @param tolerance relative
     * @return nodes compared
     */
    private static int compare(DefinitionTree.Answer tree, int node, JsonNode expected, String key, double tolerance) {
        double cumulative = expected.get(key).asDouble();
        assertThat(tree.cumulative(node)).as("node %d", node).isCloseTo(cumulative, within(tolerance * cumulative));
        assertThat(TreeShape.childCount(tree, node))
                .as("children of node %d", node)
                .isEqualTo(expected.get("children").size());
        int compared = 1;
        for (int i = 0; i < TreeShape.childCount(tree, node); i++) {
            JsonNode child = expected.get("children").get(i);
            assertThat(tree.token(TreeShape.firstChild(tree, node) + i))
                    .isEqualTo(child.get("token_id").asInt());
            compared += compare(tree, TreeShape.firstChild(tree, node) + i, child, key, tolerance);
        }
        return compared;
    }
}
