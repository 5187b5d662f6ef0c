package loupe.ui.window;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import loupe.index.FeatureStatistics;
import loupe.state.SideModels;
import loupe.state.WorkbenchModels;
import loupe.ui.control.References;
import loupe.ui.corpus.CoActivationPane;
import loupe.ui.corpus.ExamplesPane;
import loupe.ui.corpus.HistogramPane;
import loupe.ui.corpus.TextPane;
import loupe.ui.export.ExportMenu;
import loupe.ui.export.FileSaver;
import loupe.ui.nearest.LogitPane;
import loupe.ui.nearest.NeighboursPane;
import loupe.ui.nearest.TokenListPane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.tree.TreePane;

/** The panes of one side. */
final class SidePanes {
    private final HistogramPane histogram;
    private final LogitPane logits;
    private final ExamplesPane examples;
    private final TextPane text;
    private final TreePane tree;
    private final TokenListPane tokens;
    private final NeighboursPane neighbours;
    private final CoActivationPane together;

    /** @param showText brings the panes of the user's own text to the front */
    SidePanes(WorkbenchModels models, SideModels side, Runnable showText, FileSaver desk) {
        Consumer<Integer> onToken = id -> {
            side.neighbours().among().set(loupe.state.nearest.NeighboursModel.Among.TOKENS);
            side.neighbours().query().set(References.ofToken(id));
            side.together().query().set(References.ofToken(id));
        };
        histogram = new HistogramPane(side.histogram(), side::provenance, desk);
        logits = new LogitPane(side.logits(), models.texts(), onToken, side::provenance, desk);
        examples = new ExamplesPane(
                side.examples(),
                models.texts(),
                onToken,
                example -> {
                    models.text().open(example.ids(), example.focus());
                    showText.run();
                },
                desk);
        tree = new TreePane(side, (side == models.a() ? models.b() : models.a()).tree(), models.texts(), desk);
        tokens = new TokenListPane(side.tokens(), models.texts(), desk);
        IntConsumer onFeature = side.side().isA()
                ? feature -> models.table().jumpTo(feature)
                : feature -> models.compare().pin(OptionalInt.of(feature));
        text = new TextPane(
                side.text(),
                models.texts(),
                onFeature,
                side.promoted()::of,
                feature -> {
                    FeatureStatistics counted =
                            models.statistics().features(side.side()).get();
                    return counted == null || feature >= counted.features() ? Double.NaN : counted.max()[feature];
                },
                desk);
        neighbours = new NeighboursPane(onFeature, side.neighbours(), models.texts(), side.promoted()::of, desk);
        together = new CoActivationPane(onFeature, side.together(), side.promoted()::of, desk);
        side.promoted().moments().addListener((property, was, is) -> {
            if (is != null && is.done() == is.features()) {
                neighbours.describeAgain();
                together.describeAgain();
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

    PaneFrame text() {
        return text.node();
    }

    TextPane textPane() {
        return text;
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

    PaneFrame together() {
        return together.node();
    }

    /** Puts the keyboard into the examples. */
    void focusExamples() {
        examples.focus();
    }

    CoActivationPane togetherPane() {
        return together;
    }

    /** The pane of a name, as the tour gives it. */
    Optional<PaneFrame> named(String pane) {
        return Optional.ofNullable(
                switch (pane) {
                    case "histogram" -> histogram();
                    case "logits" -> logits();
                    case "examples" -> examples();
                    case "text" -> text();
                    case "tree" -> tree();
                    case "tokens" -> tokens();
                    case "neighbours" -> neighbours();
                    case "together" -> together();
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
        return List.of(histogram(), logits(), examples(), text(), tree(), tokens(), neighbours(), together());
    }
}
