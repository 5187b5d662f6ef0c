package loupe.ui.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Set;
import loupe.state.window.Side;
import loupe.ui.SampleTree;
import loupe.ui.style.ColourRoles;
import org.junit.jupiter.api.Test;

class TreeLayoutTest {
    private static TreeLayout layOut(TreeData data, double cutoff, Set<Long> folds) {
        return new TreeLayout(data, cutoff, TreeFolds.closed(folds), text -> 7.0 * text.length());
    }

    @Test
    void theLikeliestSentenceReadsAlongOneRowAndTheOthersStartBelow() {
        SampleTree tree = SampleTree.empty();
        int an = tree.add(0, " an", 0.3);
        int a = tree.add(0, " a", 0.6);
        int bird = tree.add(a, " bird", 0.5);
        TreeLayout layout = layOut(tree, 1e-6, Set.of());
        assertThat(layout.row(a)).isZero();
        assertThat(layout.row(bird)).isZero();
        assertThat(layout.row(an)).isEqualTo(1);
        assertThat(layout.x(bird)).isEqualTo(layout.x(a) + layout.width(a) + TreeLayout.GAP);
        assertThat(layout.x(an)).isEqualTo(layout.x(a));
        assertThat(layout.totalHeight()).isEqualTo(2 * TreeLayout.ROW);
    }

    @Test
    void growthMovesNothingAboveIt() {
        TreeData small = SampleTree.of(60, 3, false);
        TreeData large = SampleTree.of(300, 3, false);
        TreeLayout before = layOut(small, 1e-9, Set.of());
        TreeLayout after = layOut(large, 1e-9, Set.of());
        for (int node = 0; node < 60; node++) {
            assertThat(after.key(node)).isEqualTo(before.key(node));
            assertThat(after.x(node)).isEqualTo(before.x(node));
            assertThat(after.row(node)).isGreaterThanOrEqualTo(before.row(node));
        }
    }

    @Test
    void noTwoWordsOverlap() {
        TreeLayout layout = layOut(SampleTree.of(800, 5, false), 1e-9, Set.of());
        for (int i = 1; i < layout.count(); i++) {
            int before = layout.order(i - 1);
            int node = layout.order(i);
            if (layout.row(node) == layout.row(before)) {
                assertThat(layout.x(node)).isGreaterThan(layout.x(before) + layout.width(before));
            } else {
                assertThat(layout.row(node)).isEqualTo(layout.row(before) + 1);
            }
        }
    }

    @Test
    void aCutoffHidesWhatIsLessLikely() {
        TreeData tree = SampleTree.of(800, 5, false);
        TreeLayout layout = layOut(tree, 0.001, Set.of());
        for (int node = 0; node < tree.size(); node++) {
            assertThat(layout.shown(node)).isEqualTo(tree.cumulative(node) >= 0.001);
        }
    }

    @Test
    void aFoldedBranchHidesItsDescendantsAndCountsThem() {
        SampleTree tree = SampleTree.empty();
        int a = tree.add(0, " a", 0.6);
        int bird = tree.add(a, " bird", 0.5);
        int sings = tree.add(bird, " sings", 0.5);
        int plant = tree.add(a, " plant", 0.2);
        TreeLayout open = layOut(tree, 1e-6, Set.of());
        TreeLayout layout = layOut(tree, 1e-6, Set.of(open.key(a)));
        assertThat(layout.folded(a)).isTrue();
        assertThat(layout.hidden(a)).isEqualTo(3);
        assertThat(layout.shown(bird) || layout.shown(sings) || layout.shown(plant))
                .isFalse();
        assertThat(layout.count()).isEqualTo(2);
    }

    @Test
    void aPointOnAWordFindsItsNode() {
        TreeLayout layout = layOut(SampleTree.of(500, 8, false), 1e-9, Set.of());
        for (int i = 0; i < layout.count(); i++) {
            int node = layout.order(i);
            assertThat(layout.at(layout.x(node) + layout.width(node) / 2, layout.y(node)))
                    .isEqualTo(node);
        }
        assertThat(layout.at(-1000, 5)).isEqualTo(-1);
        assertThat(layout.at(5, layout.totalHeight() + 5)).isEqualTo(-1);
    }

    @Test
    void branchesThatTheBaselineSaysTooAreFoldedIntoOneStubPerNode() {
        SampleTree tree = SampleTree.withBaseline();
        int a = tree.add(0, " a", 0.6);
        int person = tree.add(a, " person", 0.4);
        int who = tree.add(person, " who", 0.9);
        int bird = tree.add(a, " bird", 0.3);
        int group = tree.add(a, " group", 0.2);
        TreeLayout layout =
                new TreeLayout(tree, 1e-6, new TreeFolds(Set.of(), 0.1, Set.of()), text -> 7.0 * text.length());
        assertThat(layout.pathRatio(who)).isCloseTo((float) Math.log(0.5), within(1e-6f));
        assertThat(layout.generic(person) && layout.generic(who) && layout.generic(group))
                .isTrue();
        assertThat(layout.generic(a) || layout.generic(bird))
                .as("a sentence through them is particular")
                .isFalse();
        assertThat(layout.firstChild(a)).as("what is particular comes first").isEqualTo(bird);
        assertThat(layout.nextSibling(bird))
                .as("the stub stands for the likeliest")
                .isEqualTo(person);
        assertThat(layout.stub(person)).isEqualTo(2);
        assertThat(layout.inStub(person)).containsExactly(person, group);
        assertThat(layout.hidden(person)).isEqualTo(3);
        assertThat(layout.stubLabel(person)).isEqualTo("+3 generic");
        assertThat(layout.genericHidden()).isEqualTo(3);
        assertThat(layout.shown(who) || layout.shown(group)).isFalse();
        assertThat(TreeSearch.matches(layout, "who")).containsExactly(who);
        assertThat(TreeTable.csv(layout).text(false).lines()).hasSize(4);

        TreeLayout opened = new TreeLayout(
                tree, 1e-6, new TreeFolds(Set.of(), 0.1, Set.of(layout.key(a))), text -> 7.0 * text.length());
        assertThat(opened.genericHidden()).isZero();
        assertThat(opened.count()).isEqualTo(tree.size());
        assertThat(layOut(tree, 1e-6, Set.of()).genericHidden()).isZero();
    }

    @Test
    void withoutABaselineNothingIsGeneric() {
        TreeLayout layout = new TreeLayout(
                SampleTree.of(400, 5, false), 1e-9, new TreeFolds(Set.of(), 5, Set.of()), text -> 7.0 * text.length());
        assertThat(layout.genericHidden()).isZero();
        assertThat(layout.count()).isEqualTo(400);
    }

    @Test
    void searchFindsWordsThatSpanTokensAndThoseFoldedAway() {
        SampleTree tree = SampleTree.empty();
        int a = tree.add(0, " a", 0.6);
        int song = tree.add(a, " song", 0.5);
        int bird = tree.add(song, "bird", 0.5);
        int dog = tree.add(a, " dog", 0.1);
        TreeLayout open = layOut(tree, 1e-6, Set.of());
        assertThat(TreeSearch.matches(open, "A SONGB")).containsExactly(bird);
        assertThat(TreeSearch.matches(open, "dog")).containsExactly(dog);
        assertThat(TreeSearch.matches(open, "  ")).isEmpty();
        assertThat(TreeSearch.matches(layOut(tree, 1e-6, Set.of(open.key(a))), "bird"))
                .containsExactly(bird);
    }

    /** Hand-worked: ((log10 0.01 - log10 0.0001) / 4)^2.5 = 0.5^2.5 = 0.17678, of the way from 1 to 11 pixels. */
    @Test
    void aBranchIsAsThickAsTheFormulaSays() {
        SampleTree tree = SampleTree.empty();
        int certain = tree.add(0, " x", 1);
        int middle = tree.add(0, " y", 0.01);
        int least = tree.add(0, " z", 0.0001);
        ColourRoles grey = new ColourRoles(
                null, null, null, null, null, null, null, null, null, null, null, null, null, null, null);
        TreePainter painter = new TreePainter(layOut(tree, 0.0001, Set.of()), grey, Side.A);
        assertThat(painter.thickness(certain)).isCloseTo(11, within(1e-9));
        assertThat(painter.thickness(middle)).isCloseTo(2.7678, within(1e-4));
        assertThat(painter.thickness(least)).isCloseTo(1, within(1e-9));
    }
}
