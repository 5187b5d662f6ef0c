package loupe.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import loupe.analysis.FileContents;
import loupe.analysis.ablation.AblatedExamples;
import loupe.analysis.ablation.AblatedText;
import loupe.analysis.ablation.AblationSummary;
import loupe.analysis.batch.BatchPlan;
import loupe.analysis.compare.FeatureMatching;
import loupe.analysis.compare.ReadingFit;
import loupe.analysis.compare.SaeEvaluation;
import loupe.analysis.dream.Dream;
import loupe.analysis.dream.TextMeasures;
import loupe.analysis.effects.Attribution;
import loupe.analysis.effects.CorpusEffects;
import loupe.analysis.effects.DoseResponse;
import loupe.analysis.effects.DoseTable;
import loupe.analysis.effects.EdgeWeights;
import loupe.analysis.effects.ExampleEffects;
import loupe.analysis.effects.FeatureCircuit;
import loupe.analysis.effects.Generation;
import loupe.analysis.effects.InterventionList;
import loupe.analysis.effects.Patching;
import loupe.analysis.effects.PromptEffects;
import loupe.analysis.effects.StrongestFeatures;
import loupe.analysis.effects.TextPredictions;
import loupe.analysis.effects.TokenEffects;
import loupe.analysis.features.Neighbours;
import loupe.analysis.geometry.LargestCosines;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.GhostBasis;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.MixSweep;
import loupe.analysis.ghost.NullDivergence;
import loupe.analysis.ghost.ScaleSweep;
import loupe.analysis.lens.Enrichment;
import loupe.analysis.lens.KindThresholds;
import loupe.analysis.lens.LogitWeights;
import loupe.analysis.prompts.TextActivations;
import loupe.analysis.prompts.TextFeatures;
import loupe.analysis.tokenbias.BiasResiduals;
import loupe.analysis.tokenbias.EmbeddingGeometry;
import loupe.analysis.tokenbias.FeatureTokens;
import loupe.analysis.tokenbias.LastTokens;
import loupe.analysis.tokenbias.NearestBiases;
import loupe.analysis.tokenbias.RandomNeighbours;
import loupe.analysis.tokenbias.UnigramActivations;
import loupe.analysis.tokenbias.UnigramResiduals;
import loupe.analysis.tokens.TokenColumns;
import loupe.analysis.tokens.TokenRanking;
import loupe.format.Inspection;
import loupe.format.TensorStatistics;
import loupe.index.CoActivations;
import loupe.index.Examples;
import loupe.index.FeatureActivations;
import loupe.index.IndexBuild;
import loupe.index.IndexCache;
import loupe.index.TokenFeatures;
import loupe.labels.FeatureList;
import loupe.labels.LabelFile;
import loupe.lm.tokenizer.Tokenizer;
import loupe.sae.checkpoint.SaeAudit;
import loupe.sae.checkpoint.SaeLook;
import loupe.sae.checkpoint.SaeSaving;
import loupe.search.FeatureRows;
import loupe.search.FeatureSearch;
import loupe.search.FeatureValues;
import loupe.state.checkpoint.CheckpointAudit;
import loupe.state.checkpoint.CheckpointSaving;
import loupe.state.checkpoint.EvaluationModel;
import loupe.state.corpus.AblationModel;
import loupe.state.corpus.CoActivationModel;
import loupe.state.corpus.CorpusStatistics;
import loupe.state.corpus.ExamplesModel;
import loupe.state.corpus.HistogramModel;
import loupe.state.corpus.KeptIndexes;
import loupe.state.corpus.OwnTextModel;
import loupe.state.dream.DreamModel;
import loupe.state.features.BatchModel;
import loupe.state.features.FeatureColumns;
import loupe.state.features.FeatureListsModel;
import loupe.state.features.FeatureNotesModel;
import loupe.state.features.FeatureScatterModel;
import loupe.state.features.FeatureTableModel;
import loupe.state.features.SearchModel;
import loupe.state.ghost.GhostControlsModel;
import loupe.state.ghost.GhostKnobs;
import loupe.state.ghost.ScaleSweepModel;
import loupe.state.map.CosinesModel;
import loupe.state.map.EmbeddingModel;
import loupe.state.map.EnrichmentModel;
import loupe.state.map.KindsModel;
import loupe.state.map.TokenBiasModel;
import loupe.state.nearest.LogitModel;
import loupe.state.nearest.NeighboursModel;
import loupe.state.nearest.TokenListModel;
import loupe.state.text.AblatedTextModel;
import loupe.state.text.AttributionModel;
import loupe.state.text.CircuitModel;
import loupe.state.text.DoseModel;
import loupe.state.text.EffectsModel;
import loupe.state.text.GenerationModel;
import loupe.state.text.InterventionsModel;
import loupe.state.text.PatchingModel;
import loupe.state.text.PredictionsModel;
import loupe.state.text.PromptModel;
import loupe.state.text.TextFeaturesModel;
import loupe.state.tree.TreeModel;
import loupe.ui.corpus.HistogramPane;
import loupe.ui.dream.DreamPane;
import loupe.ui.features.DensityOverview;
import loupe.ui.features.ScatterPane;
import loupe.ui.ghost.ScaleCurves;
import loupe.ui.map.CosinesPane;
import loupe.ui.map.EmbeddingPane;
import loupe.ui.map.EnrichmentPane;
import loupe.ui.map.KindsPane;
import loupe.ui.map.TokenBiasPane;
import loupe.ui.nearest.LogitPane;
import loupe.ui.pane.Pane;
import loupe.ui.text.AblatedTextPane;
import loupe.ui.text.DoseFigures;
import loupe.ui.text.DosePane;
import loupe.ui.text.PatchingPane;
import loupe.ui.tree.TreeFigure;
import loupe.ui.tree.TreePane;
import loupe.ui.window.PaneKind;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/**
 * README's sentence "every pane's computation is also a command", held: each pane and page of the window is listed with
 * the class that computes it and the commands that ask the same class.
 */
class EveryPaneIsACommandTest {
    private static final String LOUPE = "loupe.";
    /**
     * How far a view model or a command may be from what it asks: one class of its own package, such as its options.
     */
    private static final int STEPS = 1;

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("loupe.app", "loupe.state", "loupe.ui", "loupe.analysis");

    private static final Map<String, List<JavaClass>> BY_OUTER =
            CLASSES.stream().collect(Collectors.groupingBy(each -> outer(each.getName())));

    /**
     * Something the window shows.
     *
     * @param model the view model that asks, or the class of the analysis that it leaves the work to
     * @param computes what both sides ask
     */
    private record Shown(Class<?> model, Set<Class<?>> computes, String... commands) {}

    /** The panes of {@link PaneKind#ALL}, by id. */
    private static final Map<String, List<Shown>> PANES = Map.ofEntries(
            Map.entry(
                    "histogram", List.of(new Shown(HistogramModel.class, Set.of(FeatureActivations.class), "feature"))),
            Map.entry(
                    "features",
                    List.of(new Shown(
                            FeatureTableModel.class, Set.of(FeatureRows.class, FeatureValues.class), "features"))),
            Map.entry("logits", List.of(new Shown(LogitModel.class, Set.of(LogitWeights.class), "logits"))),
            Map.entry(
                    "ghost",
                    List.of(
                            new Shown(GhostControlsModel.class, Set.of(GhostSettings.class), "ghost"),
                            new Shown(ScaleSweepModel.class, Set.of(ScaleSweep.class, MixSweep.class), "scale"))),
            Map.entry(
                    "scatter", List.of(new Shown(FeatureScatterModel.class, Set.of(FeatureValues.class), "features"))),
            Map.entry(
                    "examples",
                    List.of(
                            new Shown(ExamplesModel.class, Set.of(Examples.class), "feature"),
                            new Shown(AblationModel.class, Set.of(AblatedText.class), "text"))),
            Map.entry("text", List.of(new Shown(OwnTextModel.class, Set.of(TextActivations.class), "text"))),
            Map.entry("prompt", List.of(new Shown(PromptModel.class, Set.of(Tokenizer.class), "text"))),
            Map.entry("predictions", List.of(new Shown(PredictionsModel.class, Set.of(TextPredictions.class), "text"))),
            Map.entry(
                    "interventions",
                    List.of(new Shown(InterventionsModel.class, Set.of(InterventionList.class), "effect"))),
            Map.entry(
                    "effects",
                    List.of(new Shown(
                            EffectsModel.class,
                            Set.of(PromptEffects.class, TokenEffects.class, ExampleEffects.class, CorpusEffects.class),
                            "effect"))),
            Map.entry(
                    "ablated-text",
                    List.of(new Shown(
                            AblatedTextModel.class,
                            Set.of(AblatedText.class, AblatedExamples.class, AblationSummary.class),
                            "ablated-text"))),
            Map.entry(
                    "prompt-features",
                    List.of(new Shown(
                            TextFeaturesModel.class, Set.of(TextActivations.class, TextFeatures.class), "text"))),
            Map.entry(
                    "patching",
                    List.of(new Shown(PatchingModel.class, Set.of(Patching.class, StrongestFeatures.class), "patch"))),
            Map.entry(
                    "circuit",
                    List.of(
                            new Shown(CircuitModel.class, Set.of(FeatureCircuit.class), "circuit"),
                            new Shown(CircuitModel.class, Set.of(EdgeWeights.class), "edges"))),
            Map.entry(
                    "attribution", List.of(new Shown(AttributionModel.class, Set.of(Attribution.class), "attribute"))),
            Map.entry(
                    "tree",
                    List.of(new Shown(
                            TreeModel.class,
                            Set.of(DefinitionTree.class, NullDivergence.class, GhostBasis.class),
                            "tree"))),
            Map.entry(
                    "tokens",
                    List.of(new Shown(TokenListModel.class, Set.of(TokenColumns.class, TokenRanking.class), "tokens"))),
            Map.entry("neighbours", List.of(new Shown(NeighboursModel.class, Set.of(Neighbours.class), "neighbours"))),
            Map.entry("corpus", List.of(new Shown(CorpusStatistics.class, Set.of(IndexBuild.class), "index build"))),
            Map.entry(
                    "together",
                    List.of(new Shown(
                            CoActivationModel.class, Set.of(CoActivations.class, TokenFeatures.class), "index query"))),
            Map.entry("generation", List.of(new Shown(GenerationModel.class, Set.of(Generation.class), "steer"))),
            Map.entry("dose", List.of(new Shown(DoseModel.class, Set.of(DoseResponse.class, DoseTable.class), "dose"))),
            Map.entry(
                    "kinds",
                    List.of(
                            new Shown(KindsModel.class, Set.of(FeatureValues.class), "features"),
                            new Shown(KindsModel.class, Set.of(KindThresholds.class), "logit-stats"))),
            Map.entry(
                    "enrichment",
                    List.of(new Shown(
                            EnrichmentModel.class, Set.of(LogitWeights.class, Enrichment.class), "enrichment"))),
            Map.entry(
                    "embedding",
                    List.of(new Shown(
                            EmbeddingModel.class,
                            Set.of(EmbeddingGeometry.class, RandomNeighbours.class),
                            "embeddings"))),
            Map.entry(
                    "token-bias",
                    List.of(new Shown(
                            TokenBiasModel.class,
                            Set.of(
                                    UnigramResiduals.class,
                                    FeatureTokens.class,
                                    UnigramActivations.class,
                                    NearestBiases.class,
                                    BiasResiduals.class,
                                    LastTokens.class),
                            "token-bias"))),
            Map.entry("cosines", List.of(new Shown(CosinesModel.class, Set.of(LargestCosines.class), "geometry"))),
            Map.entry("dream", List.of(new Shown(DreamModel.class, Set.of(Dream.class, TextMeasures.class), "dream"))),
            Map.entry(
                    "lists",
                    List.of(
                            new Shown(FeatureListsModel.class, Set.of(FeatureList.class), "labels list"),
                            new Shown(FeatureListsModel.class, Set.of(TextActivations.class), "text"))));

    /** What is no pane: the header, the search and pages over the window. */
    private static final List<Shown> PAGES = List.of(
            new Shown(SearchModel.class, Set.of(FeatureSearch.class), "search"),
            new Shown(FeatureNotesModel.class, Set.of(LabelFile.class), "labels set"),
            new Shown(BatchModel.class, Set.of(BatchPlan.class), "batch"),
            new Shown(FeatureColumns.class, Set.of(FeatureMatching.class), "compare"),
            new Shown(KeptIndexes.class, Set.of(IndexCache.class), "cache"),
            new Shown(CheckpointAudit.class, Set.of(SaeAudit.class, ReadingFit.class), "audit"),
            new Shown(EvaluationModel.class, Set.of(SaeEvaluation.class), "evaluate"),
            new Shown(CheckpointSaving.class, Set.of(SaeSaving.class), "save"),
            new Shown(FileContents.class, Set.of(SaeLook.class, Inspection.class, TensorStatistics.class), "inspect"));

    /** Commands that no pane and no page asks the same as, and why there is none. */
    private static final Map<String, String> NO_PANE = Map.ofEntries(
            Map.entry("forward", "writes arrays for other programs"),
            Map.entry("rules", "has no column in the table of features yet"),
            Map.entry("encode", "reads arrays of other programs"),
            Map.entry("index info", "the page of the corpus and that of kept indexes say it of each index"),
            Map.entry("index merge", "brings passes of several machines together"),
            Map.entry("index verify", "opening an index verifies it"),
            Map.entry("cache list", "cache by itself, which the page of kept indexes shows"),
            Map.entry("cache clear", "a button of the page of kept indexes"),
            Map.entry("labels import", "labels of other programs are read by scripts"),
            Map.entry("labels export", "the tables of features and lists are saved as CSV"),
            Map.entry("ablate", "effect measures it as the panes do; this one has the recorded runs' options"),
            Map.entry("sessions", "sessions are the window's own"),
            Map.entry("bench", "measures the machine"),
            Map.entry("tour", "takes pictures of the window"),
            Map.entry("train-sample", "makes the sample"),
            Map.entry("doctor", "is for when the window does not open"));

    /** The knob that does what an option of trees, token lists and scales does, or where else the window has it. */
    private static final Map<String, Object> OPTIONS = Map.ofEntries(
            Map.entry("--weights", GhostKnobs.ENCODER_MIX),
            Map.entry("--encoder-mix", GhostKnobs.ENCODER_MIX),
            Map.entry("--mixes", GhostKnobs.TRIED_MIXES),
            Map.entry("--scale", GhostKnobs.SCALE),
            Map.entry("--pca", GhostKnobs.PCA),
            Map.entry("--no-centroid", GhostKnobs.CENTROID),
            Map.entry("--exponent", GhostKnobs.EXPONENT),
            Map.entry("--metric", GhostKnobs.METRIC),
            Map.entry("--prompt", GhostKnobs.PROMPT),
            Map.entry("--bos", GhostKnobs.BEGINNING),
            Map.entry("--prompt-ids", GhostKnobs.PROMPT_IDS),
            Map.entry("--ghost-position", GhostKnobs.PROMPT_IDS),
            Map.entry("--verbaliser", GhostKnobs.VERBALISER),
            Map.entry("--mask-id", GhostKnobs.MASK_ID),
            Map.entry("--top-k", GhostKnobs.TOP_K),
            Map.entry("--cutoff", GhostKnobs.CUTOFF),
            Map.entry("--max-depth", GhostKnobs.DEPTH),
            Map.entry("--past-end", GhostKnobs.PAST_END),
            Map.entry("--null-draws", GhostKnobs.NULL_DRAWS),
            Map.entry("--steer", GhostKnobs.STEERING),
            Map.entry("--clamp", GhostKnobs.STEERING),
            Map.entry("--do", "the pane Interventions, and the switch beside the tree's steering"),
            Map.entry("--error", "the pane Interventions"),
            Map.entry("--index", "the corpus in view, of which multiples of a maximum are"),
            Map.entry("--indexed-as", "the corpus in view"),
            Map.entry("--script", GhostKnobs.FILTER),
            Map.entry("--leading-space", GhostKnobs.FILTER),
            Map.entry("--letters-only", GhostKnobs.FILTER),
            Map.entry("--min-length", GhostKnobs.FILTER),
            Map.entry("--max-length", GhostKnobs.FILTER),
            Map.entry("--trained", GhostKnobs.FILTER),
            Map.entry("--contains", GhostKnobs.FILTER),
            Map.entry("--matching", GhostKnobs.FILTER),
            Map.entry("--baseline", "the tree's menu, and for scales the random directions that suit all"),
            Map.entry("--against", "the tree's menu"),
            Map.entry("--out", "the tree's menu"),
            Map.entry("--sides", "the token list's menu"),
            Map.entry("--stability", "the token list's menu"),
            Map.entry("--null", "the token list's menu, with one seed"),
            Map.entry("--draws", "the token list's menu, with 1,000"),
            Map.entry("--max-nodes", "the window's trees have 100,000 at most and are drawn down to the cutoff"),
            Map.entry("--scales", "the sweep widens until the score turns"),
            Map.entry("--nodes", "the sweep's small trees have the usual size"),
            Map.entry("--entropy-weight", "the score has the usual weight"),
            Map.entry("--pca-sign", "a slider's weight may be negative, which is the same"),
            Map.entry("--vector", "neighbours only: no tree and no list of tokens of a vector from a file yet"),
            Map.entry("--vectors", "a file of such matrices opens as a checkpoint, which names its tensors"));

    /** What draws a picture that can be saved, and the kind of {@code chart} that draws the same. */
    private static final Map<Class<?>, String> CHARTS = Map.ofEntries(
            Map.entry(HistogramPane.class, "chart histogram"),
            Map.entry(DensityOverview.class, "chart density"),
            Map.entry(LogitPane.class, "chart logits"),
            Map.entry(ScatterPane.class, "chart scatter"),
            Map.entry(CosinesPane.class, "chart cosines"),
            Map.entry(KindsPane.class, "chart kinds"),
            Map.entry(EnrichmentPane.class, "chart enrichment"),
            Map.entry(EmbeddingPane.class, "chart embedding"),
            Map.entry(TokenBiasPane.class, "chart token-bias"),
            Map.entry(DreamPane.class, "chart dream"),
            Map.entry(TreePane.class, "chart tree"),
            Map.entry(ScaleCurves.class, "chart scale"),
            Map.entry(DosePane.class, "chart dose"),
            Map.entry(PatchingPane.class, "chart patching"),
            Map.entry(AblatedTextPane.class, "chart ablated-text"));

    /** What stands for a pane where the command draws without one. */
    private static final Map<Class<?>, Class<?>> DRAWN_BY =
            Map.of(TreePane.class, TreeFigure.class, DosePane.class, DoseFigures.class);

    @Test
    void everyCommandHasItsPlaceInTheWindowOrAReasonWhyNot() {
        Set<String> shown =
                all().flatMap(each -> Arrays.stream(each.commands())).collect(Collectors.toSet());
        shown.addAll(CHARTS.values());
        Set<String> without = new TreeSet<>(commands().keySet());
        without.removeAll(shown);
        without.removeAll(NO_PANE.keySet());
        without.removeIf(name -> commands().keySet().stream().anyMatch(other -> other.startsWith(name + " ")));
        without.removeIf(name -> NO_PANE.containsKey(name.split(" ")[0]));
        assertThat(without)
                .as("a new command needs its pane above, or a reason here")
                .isEmpty();
        assertThat(NO_PANE.keySet()).as("has a pane after all").doesNotContainAnyElementsOf(shown);
    }

    @Test
    void everyPictureThatCanBeSavedIsAKindOfChart() {
        Set<String> pictures = CLASSES.stream()
                .filter(each -> each.getPackageName().startsWith("loupe.ui"))
                .filter(each -> each.isAssignableTo(Pane.class) && !each.isInterface())
                .filter(each -> each.tryGetMethod("picture").isPresent())
                .map(JavaClass::getSimpleName)
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(CHARTS.keySet().stream().map(Class::getSimpleName).toList())
                .as("a pane with a picture needs its kind of chart")
                .containsAll(pictures);
        Map<String, Class<?>> commands = commands();
        CHARTS.forEach((pane, name) -> assertThat(commands)
                .as(name)
                .hasEntrySatisfying(
                        name,
                        command -> assertThat(reach(command))
                                .as(name + " draws what " + pane.getSimpleName() + " draws")
                                .contains(DRAWN_BY.getOrDefault(pane, pane).getName())));
    }

    @Test
    void everyPaneOfTheWindowIsListed() {
        assertThat(PANES.keySet())
                .as("a new pane needs its command here")
                .isEqualTo(PaneKind.ALL.stream().map(PaneKind::id).collect(Collectors.toSet()));
    }

    @Test
    void everyPageOfTheWindowIsListed() {
        Set<String> pages = CLASSES.stream()
                .filter(each -> each.getPackageName().startsWith("loupe.ui"))
                .filter(each -> each.getSimpleName().endsWith("Page"))
                .filter(each -> reach(each.reflect()).stream().anyMatch(EveryPaneIsACommandTest::isModel))
                .map(JavaClass::getSimpleName)
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(pages)
                .as("a new page that shows a view model needs its model among PAGES, and its name here")
                .containsExactly(
                        "BatchPage", "CachePage", "CheckpointPage", "CorpusPage", "EvaluationPage", "InspectPage");
    }

    @Test
    void everyOptionOfAGhostHasItsPlaceInTheWindowOrAReasonWhyNot() {
        Set<String> common = options("logits");
        common.remove("--bos");
        Set<String> asked = new TreeSet<>();
        Stream.of("tree", "tokens", "scale").forEach(name -> asked.addAll(options(name)));
        asked.removeAll(common);
        assertThat(OPTIONS.keySet())
                .as("a new option needs its knob here, or a reason")
                .containsExactlyInAnyOrderElementsOf(asked);
        Set<Object> elsewhere = Set.of(GhostKnobs.FOLD_UNDER); // only hides what is drawn
        assertThat(OPTIONS.values())
                .as("a new knob needs its option")
                .containsAll(GhostKnobs.ALL.stream()
                        .filter(knob -> !elsewhere.contains(knob))
                        .toList());
    }

    private static Set<String> options(String command) {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
        return Main.commandLine(nowhere, nowhere)
                .line()
                .getSubcommands()
                .get(command)
                .getCommandSpec()
                .options()
                .stream()
                .map(CommandLine.Model.OptionSpec::longestName)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean isModel(String name) {
        return name.startsWith("loupe.state.") && !name.startsWith("loupe.state.window.");
    }

    private static Stream<Shown> all() {
        return Stream.concat(PANES.values().stream().flatMap(List::stream), PAGES.stream());
    }

    @Test
    void paneAndCommandAskTheSameClass() {
        Map<String, Class<?>> commands = commands();
        assertThat(all().flatMap(shown -> Arrays.stream(shown.commands())
                                .flatMap(name -> Stream.concat(
                                        missing("no command " + name, commands.containsKey(name)),
                                        shown.computes().stream()
                                                .flatMap(what -> missing(
                                                        shown.model().getSimpleName() + " and " + name + " on "
                                                                + what.getSimpleName(),
                                                        commands.containsKey(name)
                                                                && reach(shown.model())
                                                                        .contains(what.getName())
                                                                && reach(commands.get(name))
                                                                        .contains(what.getName()))))))
                        .toList())
                .as("do not agree")
                .isEmpty();
    }

    private static Stream<String> missing(String what, boolean there) {
        return there ? Stream.empty() : Stream.of(what);
    }

    /** The commands without those that only hold others, by their words. */
    private static Map<String, Class<?>> commands() {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
        Map<String, Class<?>> found = new TreeMap<>();
        Deque<CommandLine> waiting = new ArrayDeque<>(
                Main.commandLine(nowhere, nowhere).line().getSubcommands().values());
        while (!waiting.isEmpty()) {
            CommandLine next = waiting.remove();
            String words = next.getCommandSpec().qualifiedName();
            found.put(
                    words.substring(words.indexOf(' ') + 1),
                    next.getCommandSpec().userObject().getClass());
            waiting.addAll(next.getSubcommands().values());
        }
        return found;
    }

    /** The names of the classes of this program that a class knows, itself or by those of its own package. */
    private static Set<String> reach(Class<?> from) {
        Set<String> known = new HashSet<>();
        Set<String> front = Set.of(outer(from.getName()));
        for (int step = 0; step <= STEPS; step++) {
            Set<String> next = new HashSet<>();
            for (String each : front) {
                for (JavaClass part : BY_OUTER.getOrDefault(each, List.of())) {
                    part.getDirectDependenciesFromSelf().forEach(dependency -> {
                        JavaClass target = dependency.getTargetClass();
                        String name = outer(target.getName());
                        if (name.startsWith(LOUPE)
                                && known.add(name)
                                && target.getPackageName().equals(from.getPackageName())) {
                            next.add(name);
                        }
                    });
                }
            }
            front = next;
        }
        return known;
    }

    private static String outer(String name) {
        int inner = name.indexOf('$');
        return inner < 0 ? name : name.substring(0, inner);
    }
}
