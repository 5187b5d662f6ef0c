package loupe.ui.tree;

import javafx.css.PseudoClass;
import javafx.scene.control.Label;
import javafx.scene.control.Tooltip;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Tooltips;
import loupe.ui.token.TokenText;

/** The line below a tree: the whole sentence of the pointed or selected path and its probability. */
final class TreeSentence extends HBox {
    private static final PseudoClass HINTING = PseudoClass.getPseudoClass("hinting");
    private static final String SHORT_HINT = "Point at a branch to read its sentence";
    private static final String HINT = SHORT_HINT + "; click to keep it, click again to fold it";
    private static final double ROOM_FOR_HINT = 520;

    private final Label sentence = new Label();
    private final Label probability = new Label();

    TreeSentence() {
        getStyleClass().add("tree-sentence");
        sentence.getStyleClass().add("sentence");
        sentence.setMinWidth(0);
        sentence.setMaxWidth(Double.MAX_VALUE);
        probability.getStyleClass().add("probability");
        probability.setMinWidth(USE_PREF_SIZE);
        probability.setTooltip(Tooltips.of(
                "Probability of the whole sentence, and of its last token after the others; with a baseline, "
                        + "that token's probability there "
                        + "after the same ones, and the natural logarithm of how many times likelier it is "
                        + "here (nats)"));
        HBox.setHgrow(sentence, Priority.ALWAYS);
        getChildren().addAll(sentence, probability);
        Tooltip.install(this, Tooltips.of(HINT + ". The wheel zooms, a drag pans, Ctrl+F finds"));
    }

    /** Shows the path that ends in {@code node}; for -1, how to use the tree. */
    void show(TreeLayout layout, int node) {
        TreeData tree = layout.data();
        boolean some = node > 0 && node < tree.size();
        sentence.pseudoClassStateChanged(HINTING, !some);
        if (some && layout.stub(node) > 0) {
            tellStub(layout, node);
        } else if (some) {
            sentence.setText(TokenText.sentence(tree.sentence(node)));
            double baseline = tree.baselineProbability(node);
            probability.setText(NumberTexts.percent(tree.cumulative(node)) + "  (last token "
                    + NumberTexts.percent(tree.probability(node))
                    + (Double.isNaN(baseline)
                            ? ""
                            : ", baseline " + NumberTexts.percent(baseline) + ", log ratio "
                                    + NumberTexts.number(tree.logRatio(node)))
                    + (Double.isNaN(tree.entropy(node))
                            ? ""
                            : ", entropy after it " + NumberTexts.number(tree.entropy(node)) + " nats")
                    + ")");
        } else {
            sentence.setText(tree.size() == 0 ? "" : getWidth() > ROOM_FOR_HINT ? HINT : SHORT_HINT);
            probability.setText("");
        }
    }

    private void tellStub(TreeLayout layout, int node) {
        TreeData tree = layout.data();
        int[] branches = layout.inStub(node);
        double together = 0;
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < branches.length; i++) {
            together += tree.cumulative(branches[i]);
            words.append(i == 0 ? "" : " | ").append(TokenText.sentence(tree.text(branches[i])));
        }
        sentence.setText(TokenText.sentence(tree.sentence(tree.parent(node))) + " \u2026 folded as generic: " + words);
        probability.setText(NumberTexts.percent(together) + " together");
    }

    /** The text for screen readers, after the tree's name. */
    String spoken() {
        return probability.getText().isEmpty()
                ? ""
                : ": " + sentence.getText() + ", probability " + probability.getText();
    }
}
