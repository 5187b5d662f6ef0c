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
import loupe.analysis.batch.BatchPlan;
import loupe.analysis.compare.FeatureMatching;
import loupe.analysis.compare.ReadingFit;
import loupe.analysis.compare.SaeEvaluation;
import loupe.analysis.features.LogitWeights;
import loupe.analysis.features.Neighbours;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.ScaleSweep;
import loupe.analysis.prompts.AblatedText;
import loupe.analysis.prompts.TextActivations;
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
import loupe.state.features.BatchModel;
import loupe.state.features.CompareModel;
import loupe.state.features.FeatureListsModel;
import loupe.state.features.FeatureNotesModel;
import loupe.state.features.FeatureScatterModel;
import loupe.state.features.FeatureTableModel;
import loupe.state.features.SearchModel;
import loupe.state.ghost.GhostControlsModel;
import loupe.state.ghost.ScaleSweepModel;
import loupe.state.nearest.LogitModel;
import loupe.state.nearest.NeighboursModel;
import loupe.state.nearest.TokenListModel;
import loupe.state.tree.TreeModel;
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
                            new Shown(ScaleSweepModel.class, Set.of(ScaleSweep.class), "scale"))),
            Map.entry(
                    "scatter", List.of(new Shown(FeatureScatterModel.class, Set.of(FeatureValues.class), "features"))),
            Map.entry(
                    "examples",
                    List.of(
                            new Shown(ExamplesModel.class, Set.of(Examples.class), "feature"),
                            new Shown(AblationModel.class, Set.of(AblatedText.class), "text"))),
            Map.entry("text", List.of(new Shown(OwnTextModel.class, Set.of(TextActivations.class), "text"))),
            Map.entry("tree", List.of(new Shown(TreeModel.class, Set.of(DefinitionTree.class), "tree"))),
            Map.entry(
                    "tokens",
                    List.of(new Shown(TokenListModel.class, Set.of(TokenColumns.class, TokenRanking.class), "tokens"))),
            Map.entry("neighbours", List.of(new Shown(NeighboursModel.class, Set.of(Neighbours.class), "neighbours"))),
            Map.entry("corpus", List.of(new Shown(CorpusStatistics.class, Set.of(IndexBuild.class), "index build"))),
            Map.entry(
                    "together",
                    List.of(new Shown(
                            CoActivationModel.class, Set.of(CoActivations.class, TokenFeatures.class), "index query"))),
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
            new Shown(CompareModel.class, Set.of(FeatureMatching.class), "compare"),
            new Shown(KeptIndexes.class, Set.of(IndexCache.class), "cache"),
            new Shown(CheckpointAudit.class, Set.of(SaeAudit.class, ReadingFit.class), "audit"),
            new Shown(EvaluationModel.class, Set.of(SaeEvaluation.class), "evaluate"),
            new Shown(CheckpointSaving.class, Set.of(SaeSaving.class), "save"),
            new Shown(FileContents.class, Set.of(SaeLook.class, Inspection.class, TensorStatistics.class), "inspect"));

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
