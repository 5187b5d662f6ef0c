package loupe.analysis.ghost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TreeDiffTest {
    @TempDir
    Path folder;

    private TreeOutline tree(String json) throws IOException {
        return TreeOutline.read(Files.writeString(folder.resolve("tree.json"), json));
    }

    /** Without "b", with "c", and with another token behind "a". */
    private TreeOutline other(boolean ids) throws IOException {
        String id = ids ? "\"token_id\": %d, " : "";
        return tree(("""
                {"cumulative_prob": 1, "children": [
                  {%s"token": "a", "cumulative_prob": 0.6, "children": [
                    {%s"token": " cat", "cumulative_prob": 0.3, "children": []},
                    {%s"token": " bird", "cumulative_prob": 0.2, "children": [{%s"token": " sings", \
                "cumulative_prob": 0.1, "children": []}]}]},
                  {%s"token": "c", "cumulative_prob": 0.2, "children": [{%s"token": "d", "cumulative_prob": 0.2, \
                "children": []}]}]}
                """)
                .formatted(
                        format(id, 5), format(id, 11), format(id, 7), format(id, 12), format(id, 13), format(id, 14)));
    }

    private static String format(String id, int value) {
        return id.isEmpty() ? "" : String.format(id, value);
    }

    private static List<String> said(TreeDiff diff) {
        List<String> said = new ArrayList<>();
        for (int i = 1; i < diff.size(); i++) {
            StringBuilder path = new StringBuilder();
            for (int at = i; at > 0; at = diff.node(at).parent()) {
                path.insert(0, diff.node(at).text());
                assertThat(diff.node(at).parent()).isLessThan(at);
                assertThat(diff.node(at).cumulative())
                        .isLessThanOrEqualTo(diff.node(diff.node(at).parent()).cumulative());
            }
            said.add(path + " " + diff.node(i).part());
        }
        return said;
    }

    @Test
    void sharedBranchesAreOneAndTheRestSaysWhoseItIs() throws IOException {
        TreeDiff diff = new TreeDiff(tree(TreeOutlineTest.NOTEBOOK), other(true));
        assertThat(said(diff))
                .containsExactlyInAnyOrder(
                        "a BOTH",
                        "a bird BOTH",
                        "a\n ONLY_A",
                        "b ONLY_A",
                        "a cat ONLY_B",
                        "a bird sings ONLY_B",
                        "c ONLY_B",
                        "cd ONLY_B");
        assertThat(diff.count(TreeDiff.Part.BOTH)).isEqualTo(2);
        assertThat(diff.count(TreeDiff.Part.ONLY_A)).isEqualTo(2);
        assertThat(diff.count(TreeDiff.Part.ONLY_B)).isEqualTo(4);
        assertThat(diff.node(1).a()).isEqualTo(0.5);
        assertThat(diff.node(1).b()).isEqualTo(0.6);
        // "a" has 0.5 here and 0.6 there, nothing else is shared
        assertThat(diff.overlap()).isCloseTo(0.5, within(1e-12));
    }

    @Test
    void withoutIdsTokensAreComparedByTheirTexts() throws IOException {
        assertThat(said(new TreeDiff(tree(TreeOutlineTest.NOTEBOOK), other(false))))
                .containsExactlyInAnyOrderElementsOf(said(new TreeDiff(tree(TreeOutlineTest.NOTEBOOK), other(true))));
    }

    @Test
    void aTreeSharesEverythingWithItselfAndExchangingTheTreesExchangesTheParts() throws IOException {
        TreeOutline a = tree(TreeOutlineTest.NOTEBOOK);
        TreeOutline b = other(true);
        TreeDiff same = new TreeDiff(a, a);
        assertThat(same.count(TreeDiff.Part.BOTH)).isEqualTo(a.size() - 1).isEqualTo(same.size() - 1);
        assertThat(same.overlap()).isCloseTo(0.75, within(1e-12));
        List<String> exchanged = said(new TreeDiff(b, a)).stream()
                .map(line ->
                        line.endsWith("ONLY_A") ? line.replace("ONLY_A", "ONLY_B") : line.replace("ONLY_B", "ONLY_A"))
                .toList();
        assertThat(exchanged).containsExactlyInAnyOrderElementsOf(said(new TreeDiff(a, b)));
    }
}
