package loupe.ui;

import java.util.List;
import java.util.Optional;
import loupe.state.SideModels;
import loupe.state.WorkbenchModels;

/** The panes of one side. */
final class SidePanes {
    private final TreePane tree;
    private final TokenListPane tokens;
    private final NeighboursPane neighbours;

    SidePanes(WorkbenchModels models, SideModels side) {
        tree = new TreePane(side.tree(), models.texts());
        tokens = new TokenListPane(side.tokens(), models.texts());
        boolean isA = side.side().isA();
        neighbours = new NeighboursPane(models.workbench(), side.neighbours(), models.texts(), feature -> isA ? models.table().promoted(feature) : "");
    }

    PaneFrame tree() {
        return tree.node();
    }

    TreePane treePane() {
        return tree;
    }

    PaneFrame tokens() {
        return tokens.node();
    }

    PaneFrame neighbours() {
        return neighbours.node();
    }

    Optional<PaneFrame> named(String pane) {
        return Optional.ofNullable(switch (pane) {
            case "tree" -> tree();
            case "tokens" -> tokens();
            case "neighbours" -> neighbours();
            default -> null;
        });
    }

    List<PaneFrame> all() {
        return List.of(tree(), tokens(), neighbours());
    }
}
