package loupe.ui.window;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import loupe.state.window.LayoutFit.Needs;
import loupe.state.window.Side;
import loupe.ui.corpus.CoActivationPane;
import loupe.ui.corpus.CorpusPane;
import loupe.ui.corpus.ExamplesPane;
import loupe.ui.corpus.HistogramPane;
import loupe.ui.corpus.TextPane;
import loupe.ui.dream.DreamPane;
import loupe.ui.features.FeatureTablePane;
import loupe.ui.features.ListsPane;
import loupe.ui.features.ScatterPane;
import loupe.ui.ghost.GhostControls;
import loupe.ui.map.CosinesPane;
import loupe.ui.map.EmbeddingPane;
import loupe.ui.map.EnrichmentPane;
import loupe.ui.map.KindsPane;
import loupe.ui.map.TokenBiasPane;
import loupe.ui.nearest.LogitPane;
import loupe.ui.nearest.NeighboursPane;
import loupe.ui.nearest.TokenListPane;
import loupe.ui.pane.Pane;
import loupe.ui.text.AblatedTextPane;
import loupe.ui.text.AttributionPane;
import loupe.ui.text.CircuitPane;
import loupe.ui.text.DosePane;
import loupe.ui.text.EffectsPane;
import loupe.ui.text.GenerationPane;
import loupe.ui.text.InterventionsPane;
import loupe.ui.text.PatchingPane;
import loupe.ui.text.PredictionsPane;
import loupe.ui.text.PromptPane;
import loupe.ui.text.TextFeaturesPane;
import loupe.ui.tree.TreePane;

/**
 * A kind of pane: its title, the room it needs and how it is created. {@link #ALL} is the only list of them; views,
 * commands, the tour and the tests go through it.
 *
 * @param type the class of such panes
 * @param id its name in layouts, in ids of nodes and in file names
 * @param title of the pane, and of its tab
 * @param brief of the tab where there is no room for the title; no other pane's begins like it
 * @param needs the room below which something in it is cut, and what it makes of more
 * @param ofBoth whether one pane is there for both checkpoints, so that there is no second one
 * @param command brings it to the front from the keyboard; empty for none
 * @param make creates the pane of one side
 */
public record PaneKind(
        Class<? extends Pane> type,
        String id,
        String title,
        String brief,
        Needs needs,
        boolean ofBoth,
        Optional<ShowCommand> command,
        Function<SideLinks, Pane> make) {
    /** Every kind of pane, in the order in which menus list them. */
    public static final List<PaneKind> ALL = List.of(
            of(
                            FeatureTablePane.class,
                            "features",
                            "Features",
                            links -> new FeatureTablePane(
                                    links.models().workbench(),
                                    links.models().table(),
                                    links.side()::allCountedProvenance,
                                    links.checkpointDesk()))
                    .needing(new Needs(280, 170, 0.9, 1))
                    .ofBothSides(),
            of(
                            HistogramPane.class,
                            "histogram",
                            "Activations",
                            links -> new HistogramPane(
                                    links.side().histogram(), links.side()::countedProvenance, links.featureDesk()))
                    .needing(new Needs(220, 130, 1, 0.6)),
            of(
                            LogitPane.class,
                            "logits",
                            "Logit weights",
                            links -> new LogitPane(
                                    links.side().logits(),
                                    links.texts(),
                                    links::askOfToken,
                                    links.side()::provenance,
                                    links.checkpointDesk()))
                    .shortly("Logits")
                    .needing(new Needs(220, 130, 1, 0.6)),
            of(
                            ScatterPane.class,
                            "scatter",
                            "All features",
                            links -> new ScatterPane(links.models(), links.checkpointDesk()))
                    .shortly("All")
                    .needing(new Needs(300, 130, 1, 0.6))
                    .ofBothSides()
                    .shownBy("all-features", "Plot two numbers of all features", "Shortcut+G"),
            of(
                            ExamplesPane.class,
                            "examples",
                            "Examples",
                            links -> new ExamplesPane(
                                    links.side().examples(),
                                    links.texts(),
                                    links.sought(),
                                    links::askOfToken,
                                    links::openAsText,
                                    links.featureDesk()))
                    .needing(new Needs(220, 120, 1, 1))
                    .shownBy("examples", "Show the examples", "Shortcut+Shift+T"),
            of(
                            TextPane.class,
                            "text",
                            "Your text",
                            links -> new TextPane(
                                    links.side().text(),
                                    links.texts(),
                                    links::chooseFeature,
                                    links::describe,
                                    links::strongest,
                                    links.featureDesk()))
                    .shortly("Text")
                    .needing(new Needs(220, 120, 1, 1))
                    .shownBy("text", "Read a text of your own", "Shortcut+T"),
            of(
                            TreePane.class,
                            "tree",
                            "Definition tree",
                            links -> new TreePane(
                                    links.side(),
                                    links.otherSide().tree(),
                                    links.texts(),
                                    links::goToToken,
                                    links.featureDesk()))
                    .shortly("Tree")
                    .needing(new Needs(220, 150, 1, 1.4)),
            of(
                            GhostControls.class,
                            "ghost",
                            "Ghost",
                            links -> new GhostControls(
                                    links.models().controls(),
                                    links.models().scales(),
                                    links.side()::ghostProvenance,
                                    links.featureDesk()))
                    .needing(new Needs(330, 150, 0.2, 0))
                    .ofBothSides(),
            of(
                            TokenListPane.class,
                            "tokens",
                            "Token list",
                            links -> new TokenListPane(links.side().tokens(), links.texts(), links.featureDesk()))
                    .shortly("Tokens")
                    .needing(new Needs(186, 150, 0.3, 1)),
            of(
                            NeighboursPane.class,
                            "neighbours",
                            "Neighbours",
                            links -> new NeighboursPane(
                                    links::chooseFeature,
                                    links.side().neighbours(),
                                    links.texts(),
                                    links::describe,
                                    links.featureDesk()))
                    .needing(new Needs(196, 150, 0.5, 1)),
            of(CorpusPane.class, "corpus", "Corpus", links -> new CorpusPane(links.models(), links.corpus()))
                    .needing(new Needs(330, 200, 0.4, 1))
                    .ofBothSides(),
            of(
                            CoActivationPane.class,
                            "together",
                            "Active together",
                            links -> new CoActivationPane(
                                    links::chooseFeature,
                                    links.side().together(),
                                    links::describe,
                                    links.featureDesk()))
                    .shortly("Together")
                    .needing(new Needs(220, 150, 0.5, 1))
                    .shownOrLeftBy("together", "Show features active together, or go back", "Shortcut+Shift+A"),
            of(
                            ListsPane.class,
                            "lists",
                            "Lists",
                            links -> new ListsPane(
                                    links.models().lists(),
                                    links.models().a().side(),
                                    links.texts(),
                                    links::chooseFeature,
                                    links::describe,
                                    links.desk()))
                    .needing(new Needs(220, 150, 0.5, 1))
                    .ofBothSides()
                    .shownOrLeftBy("lists", "Show the lists of features, or go back", "Shortcut+J"),
            of(
                            PromptPane.class,
                            "prompt",
                            "Prompts",
                            links -> new PromptPane(
                                    links.models().predictions(),
                                    links.models().a().textFeatures(),
                                    links.models().b().textFeatures(),
                                    links.checkpointDesk()))
                    .needing(new Needs(330, 190, 1, 1))
                    .ofBothSides(),
            of(
                            PredictionsPane.class,
                            "predictions",
                            "Predictions",
                            links -> new PredictionsPane(
                                    links.models().predictions(), links.texts(), links.checkpointDesk()))
                    .needing(new Needs(220, 190, 0.5, 1))
                    .ofBothSides(),
            of(
                            TextFeaturesPane.class,
                            "prompt-features",
                            "Features in the prompts",
                            links -> new TextFeaturesPane(
                                    links.side().textFeatures(),
                                    links.texts(),
                                    links::chooseFeature,
                                    links::describe,
                                    links::strongest,
                                    links.featureDesk()))
                    .shortly("In prompts")
                    .needing(new Needs(240, 150, 1, 1)),
            of(
                            DreamPane.class,
                            "dream",
                            "Dreaming",
                            links -> new DreamPane(
                                    links.models().dream(),
                                    links.texts(),
                                    links.side()::allProvenance,
                                    links.featureDesk()))
                    .needing(new Needs(330, 240, 1, 1))
                    .ofBothSides()
                    .shownBy("dream", "Find text that makes the feature most active", "Shortcut+Shift+D"),
            of(
                            InterventionsPane.class,
                            "interventions",
                            "Interventions",
                            links -> new InterventionsPane(links.models().interventions(), links::describe))
                    .needing(new Needs(300, 200, 0.5, 1))
                    .ofBothSides(),
            of(
                            GenerationPane.class,
                            "generation",
                            "Generation",
                            links -> new GenerationPane(links.models().generation(), links.texts()))
                    .needing(new Needs(330, 200, 1, 1))
                    .ofBothSides(),
            of(
                            DosePane.class,
                            "dose",
                            "Doses",
                            links ->
                                    new DosePane(links.models().doses(), links.side()::provenance, links.featureDesk()))
                    .needing(new Needs(330, 240, 1, 1))
                    .ofBothSides(),
            of(
                            EffectsPane.class,
                            "effects",
                            "Effects",
                            links -> new EffectsPane(links.models().effects(), links.texts(), links.featureDesk()))
                    .needing(new Needs(330, 220, 0.7, 1))
                    .ofBothSides(),
            of(
                            AblatedTextPane.class,
                            "ablated-text",
                            "Ablated text",
                            links -> new AblatedTextPane(
                                    links.models().ablatedText(),
                                    links.texts(),
                                    links.side()::provenance,
                                    links.featureDesk()))
                    .needing(new Needs(330, 240, 1, 1))
                    .ofBothSides(),
            of(
                            PatchingPane.class,
                            "patching",
                            "Patching",
                            links -> new PatchingPane(
                                    links.models().patching(),
                                    links::chooseFeature,
                                    links.side()::allProvenance,
                                    links.checkpointDesk()))
                    .needing(new Needs(330, 190, 1, 1))
                    .ofBothSides()
                    .shownBy("patching", "Patch the run of one prompt with the other's", "Shortcut+P"),
            of(
                            AttributionPane.class,
                            "attribution",
                            "Attribution",
                            links -> new AttributionPane(
                                    links.models().attribution(), links::chooseFeature, links.checkpointDesk()))
                    .needing(new Needs(330, 190, 1, 1))
                    .ofBothSides()
                    .shownBy("attribution", "Show what drives the prediction", "Shortcut+Shift+P"),
            of(
                            CircuitPane.class,
                            "circuit",
                            "Circuit",
                            links -> new CircuitPane(
                                    links.models().circuit(), links::chooseFeature, links.checkpointDesk()))
                    .needing(new Needs(330, 190, 1, 1))
                    .ofBothSides()
                    .shownBy("circuit", "Find a circuit and its edges", "Shortcut+Shift+C"),
            of(
                            CosinesPane.class,
                            "cosines",
                            "Cosines",
                            links -> new CosinesPane(
                                    links.models().cosines(),
                                    links::chooseFeature,
                                    links::goToToken,
                                    links.texts(),
                                    links::describe,
                                    links.side()::allProvenance,
                                    links.checkpointDesk()))
                    .needing(new Needs(330, 260, 1, 1))
                    .ofBothSides(),
            of(KindsPane.class, "kinds", "Kinds", links -> new KindsPane(links.models(), links.checkpointDesk()))
                    .needing(new Needs(330, 200, 1, 1))
                    .ofBothSides(),
            of(
                            EnrichmentPane.class,
                            "enrichment",
                            "Enrichment",
                            links -> new EnrichmentPane(
                                    links.models().enrichment(), links.side()::provenance, links.featureDesk()))
                    .needing(new Needs(330, 200, 1, 1))
                    .ofBothSides(),
            of(
                            EmbeddingPane.class,
                            "embedding",
                            "Embedding",
                            links -> new EmbeddingPane(
                                    links.models().embedding(), links.texts(), links.checkpointDesk()))
                    .needing(new Needs(330, 260, 1, 1))
                    .ofBothSides(),
            of(
                            TokenBiasPane.class,
                            "token-bias",
                            "Token biases",
                            links -> new TokenBiasPane(
                                    links.models().tokenBias(),
                                    links.texts(),
                                    links.side()::allProvenance,
                                    links.checkpointDesk()))
                    .shortly("Biases")
                    .needing(new Needs(330, 260, 1, 1))
                    .ofBothSides());

    /**
     * A command that brings a pane to the front.
     *
     * @param key such as {@code Shortcut+T}
     * @param leaves whether it brings back the previous tab if the pane is in front already
     */
    record ShowCommand(String name, String title, String key, boolean leaves) {}

    /** A kind with a pane for each side. */
    static <P extends Pane> PaneKind of(Class<P> type, String id, String title, Function<SideLinks, P> make) {
        return new PaneKind(type, id, title, title, new Needs(200, 120, 1, 1), false, Optional.empty(), make::apply);
    }

    /**
     * The kind of a class of panes.
     *
     * @throws IllegalArgumentException if the window has no such panes
     */
    static PaneKind of(Class<? extends Pane> type) {
        return ALL.stream()
                .filter(kind -> kind.type == type)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("the window has no " + type.getSimpleName()));
    }

    /** The name of the pane of a side, in ids of nodes. */
    String key(Side side) {
        return id + "-" + side;
    }

    /** The kind of a pane and its side, by its {@link #key}. */
    static Key ofKey(String key) {
        int end = key.lastIndexOf('-');
        String id = key.substring(0, end);
        return new Key(of(id), Side.valueOf(key.substring(end + 1)));
    }

    /** A pane: its kind and its side. */
    record Key(PaneKind kind, Side side) {}

    /**
     * The kind of an id.
     *
     * @throws IllegalArgumentException if there is none
     */
    static PaneKind of(String id) {
        return ALL.stream()
                .filter(kind -> kind.id.equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no pane " + id));
    }

    private PaneKind needing(Needs room) {
        return new PaneKind(type, id, title, brief, room, ofBoth, command, make);
    }

    private PaneKind shortly(String newBrief) {
        return new PaneKind(type, id, title, newBrief, needs, ofBoth, command, make);
    }

    private PaneKind shownBy(String name, String words, String key) {
        return with(new ShowCommand(name, words, key, false));
    }

    private PaneKind shownOrLeftBy(String name, String words, String key) {
        return with(new ShowCommand(name, words, key, true));
    }

    private PaneKind with(ShowCommand newCommand) {
        return new PaneKind(type, id, title, brief, needs, ofBoth, Optional.of(newCommand), make);
    }

    private PaneKind ofBothSides() {
        return new PaneKind(type, id, title, brief, needs, true, command, make);
    }

    /** Its id; the rest is in {@link #ALL}. */
    @Override
    public String toString() {
        return id;
    }
}
