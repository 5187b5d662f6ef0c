package loupe.ui.tree;

import java.util.Set;
import java.util.function.IntFunction;
import loupe.analysis.ghost.DefinitionTree;
import loupe.state.window.Side;
import loupe.ui.export.Csv;
import loupe.ui.export.Exportable;
import loupe.ui.export.Picture;
import loupe.ui.style.TextWidths;
import loupe.ui.token.TokenText;

/** A whole tree, drawn and listed as the pane exports it, without a pane. */
public final class TreeFigure implements Exportable {
    private final TreeLayout layout;

    /**
     * Lays a tree out with nothing folded.
     *
     * @param texts of tokens, by id
     * @param family of the font in which the texts are measured
     */
    public TreeFigure(DefinitionTree.Answer tree, IntFunction<String> texts, String family) {
        TextWidths widths = TextWidths.shared(family);
        layout = new TreeLayout(
                new GrownTree(tree, texts),
                tree.query().limits().cutoff(),
                TreeFolds.NONE,
                text -> TokenText.width(text, widths));
    }

    @Override
    public String exportName() {
        return "definition-tree";
    }

    @Override
    public Picture picture() {
        return TreePicture.whole(layout, Side.A, Set.of());
    }

    @Override
    public Csv csv() {
        return TreeTable.csv(layout);
    }
}
