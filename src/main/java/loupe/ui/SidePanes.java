package loupe.ui;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import loupe.state.SideModels;
import loupe.state.WorkbenchModels;

/** The panes of one side. */
final class SidePanes {
    private final HistogramPane histogram;
    private final LogitPane logits;
    private final ExamplesPane examples;
    private final TreePane tree;
    private final TokenListPane tokens;
    private final NeighboursPane neighbours;

    SidePanes(WorkbenchModels models, SideModels side, ExportDesk desk) {
        Consumer<Integer> onToken = id -> {
            side.neighbours().among().set(loupe.state.NeighboursModel.Among.TOKENS);
            side.neighbours().query().set("token " + id);
        };
        histogram = new HistogramPane(side.histogram(), side::provenance, desk);
        logits = new LogitPane(side.logits(), models.texts(), onToken, side::provenance, desk);
        examples = new ExamplesPane(side.examples(), models.texts(), onToken, desk);
        tree = new TreePane(side, (side == models.a() ? models.b() : models.a()).tree(), models.texts(), desk);
        tokens = new TokenListPane(side.tokens(), models.texts(), desk);
        IntConsumer onFeature = side.side().isA() ? feature -> models.table().jumpTo(feature) : feature -> models.compare().pin(OptionalInt.of(feature));
        neighbours = new NeighboursPane(onFeature, side.neighbours(), models.texts(), side.promoted()::of, desk);
        side.promoted().moments().addListener((property, was, is) -> {
            if (is != null && is.done() == is.features()) {
                neighbours.describeAgain();
            }
        });
    }

    PaneFrame histogram() {
        return histogram.node();
    }

    PaneFrame logits() {
        return logits.node();
    }

    PaneFrame examples() {
        return examples.node();
    }

    PaneFrame tree() {
        return tree.node();
    }

    TreePane treePane() {
        return tree;
    }

    TokenListPane tokenList() {
        return tokens;
    }

    PaneFrame tokens() {
        return tokens.node();
    }

    PaneFrame neighbours() {
        return neighbours.node();
    }

    /** The pane of a name, as the tour gives it. */
    Optional<PaneFrame> named(String pane) {
        return Optional.ofNullable(switch (pane) {
            case "histogram" -> histogram();
            case "logits" -> logits();
            case "examples" -> examples();
            case "tree" -> tree();
            case "tokens" -> tokens();
            case "neighbours" -> neighbours();
            default -> null;
        });
    }

    /** What can be saved as a picture, by its frame. */
    Map<PaneFrame, ExportMenu> pictures() {
        Map<PaneFrame, ExportMenu> menus = new LinkedHashMap<>();
        menus.put(tree(), tree.export());
        menus.put(histogram(), histogram.export());
        menus.put(logits(), logits.export());
        return menus;
    }

    List<PaneFrame> all() {
        return List.of(histogram(), logits(), examples(), tree(), tokens(), neighbours());
    }
}
