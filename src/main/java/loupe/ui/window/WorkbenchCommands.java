package loupe.ui.window;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import javafx.stage.WindowEvent;
import loupe.analysis.effects.InterventionLine;
import loupe.base.VisibleText;
import loupe.sae.checkpoint.SaeSaving;
import loupe.state.WorkbenchModels;
import loupe.state.corpus.KeptIndexes;
import loupe.state.window.CheckpointSide;
import loupe.state.window.FeatureRef;
import loupe.state.window.PaneLayout;
import loupe.state.window.ViewLayouts;
import loupe.state.window.Workbench;
import loupe.ui.checkpoint.CheckpointPage;
import loupe.ui.checkpoint.EvaluationPage;
import loupe.ui.checkpoint.InspectPage;
import loupe.ui.corpus.CachePage;
import loupe.ui.corpus.CorpusPane;
import loupe.ui.corpus.HistogramPane;
import loupe.ui.export.ExportFormat;
import loupe.ui.features.BatchPage;
import loupe.ui.text.InterventionsPane;

/** The window's commands and their actions. */
final class WorkbenchCommands {
    private static final String FILES = "Files";
    private static final String CHECKPOINTS = "Checkpoints";
    private static final String CORPUS = "Corpus";
    private static final String FEATURES = "Features";
    private static final String GHOST = "Ghost";
    private static final String VIEWS = "Views and panes";
    private static final String WINDOW = "Window";
    private static final int MOST_OF_A_TITLE = 60;
    private static final Map<PaneLayout.Zone, String> EDGES = new EnumMap<>(Map.of(
            PaneLayout.Zone.LEFT, "left",
            PaneLayout.Zone.RIGHT, "right",
            PaneLayout.Zone.ABOVE, "top",
            PaneLayout.Zone.BELOW, "bottom"));

    private final WorkbenchView view;
    private final WorkbenchModels models;
    private final FileOpening opening;

    @SuppressWarnings("NullAway.Init") // added with the others
    private Command palette;

    WorkbenchCommands(WorkbenchView view, WorkbenchModels models, FileOpening opening) {
        this.view = view;
        this.models = models;
        this.opening = opening;
    }

    void addTo(Commands commands) {
        Workbench workbench = models.workbench();
        BooleanSupplier hasModel = () -> workbench.model().get() != null;
        BooleanSupplier hasA = () -> workbench.a().sae().get() != null;
        BooleanSupplier hasB = () -> workbench.b().sae().get() != null;
        palette = commands.add("palette", "Find a command", WINDOW, "Shortcut+K", view::showPalette);
        commands.add(
                "open-model",
                "Open a model...",
                FILES,
                "Shortcut+O",
                () -> opening.chooseModel(view.scene().getWindow()));
        commands.add(
                "open-model-file",
                "Open a model file...",
                FILES,
                "",
                () -> opening.chooseModelFile(view.scene().getWindow()));
        view.sample()
                .ifPresent(sample ->
                        commands.add("open-sample", "Open the sample", FILES, "", () -> sample.open(workbench)));
        commands.part();
        commands.add(
                "open-checkpoint",
                "Open a checkpoint file...",
                FILES,
                "Shortcut+Shift+O",
                () -> opening.chooseCheckpointFile(view.scene().getWindow(), workbench.a()));
        commands.add(
                "open-checkpoint-folder",
                "Open a checkpoint folder...",
                FILES,
                "",
                () -> opening.chooseCheckpointFolder(view.scene().getWindow(), workbench.a()));
        commands.part();
        commands.add("inspect", "Inspect a file before opening it...", FILES, "", this::inspectFile);
        commands.add(
                "inspect-folder",
                "Inspect a folder before opening it...",
                FILES,
                "",
                () -> opening.chooseAnyFolder(view.scene().getWindow()).ifPresent(this::inspect));
        commands.part();
        commands.add(
                "export",
                "Save the focused chart or tree as PNG...",
                FILES,
                "Shortcut+E",
                hasA,
                () -> view.exportFocused(ExportFormat.PNG_2X));
        commands.add(
                "export-svg",
                "Save the focused chart or tree as SVG...",
                FILES,
                "Shortcut+Shift+E",
                hasA,
                () -> view.exportFocused(ExportFormat.SVG));
        commands.part();
        commands.add(
                "sessions",
                "Sessions: keep this one under a name, open, rename, delete...",
                FILES,
                "Shortcut+Shift+K",
                models.sessions()::isAvailable,
                view::showSessions);
        commands.add("close-model", "Close the model", FILES, "", hasModel, workbench::closeModel);
        commands.add(
                "compare",
                "Compare with a checkpoint file...",
                CHECKPOINTS,
                "Shortcut+Shift+B",
                hasA,
                () -> opening.chooseCheckpointFile(view.scene().getWindow(), workbench.b()));
        commands.add(
                "compare-folder",
                "Compare with a checkpoint folder...",
                CHECKPOINTS,
                "",
                hasA,
                () -> opening.chooseCheckpointFolder(view.scene().getWindow(), workbench.b()));
        commands.add(
                "close-compare",
                "Close checkpoint B",
                CHECKPOINTS,
                "",
                hasB,
                () -> workbench.closeCheckpoint(workbench.b()));
        commands.part();
        commands.add(
                "audit-a",
                "Checkpoint A details...",
                CHECKPOINTS,
                "Shortcut+I",
                hasA,
                () -> showReading(workbench.a()));
        commands.add("audit-b", "Checkpoint B details...", CHECKPOINTS, "", hasB, () -> showReading(workbench.b()));
        commands.add(
                "evaluate", "Evaluate the checkpoints on the corpus...", CHECKPOINTS, "", hasA, this::showEvaluation);
        commands.part();
        for (SaeSaving.Form form : SaeSaving.Form.values()) {
            commands.add(
                    "save-a-" + form.name().toLowerCase(Locale.ROOT),
                    "Save checkpoint A as " + form.label() + "...",
                    CHECKPOINTS,
                    "",
                    hasA,
                    () -> saveCheckpoint(workbench.a(), form));
            commands.add(
                    "save-b-" + form.name().toLowerCase(Locale.ROOT),
                    "Save checkpoint B as " + form.label() + "...",
                    CHECKPOINTS,
                    "",
                    hasB,
                    () -> saveCheckpoint(workbench.b(), form));
        }
        commands.add(
                "corpus",
                "Choose a corpus to count activations over...",
                CORPUS,
                "",
                hasModel,
                () -> opening.chooseCorpus(view.scene().getWindow()));
        commands.add(
                "corpus-folder",
                "Choose a folder of texts to count activations over...",
                CORPUS,
                "",
                hasModel,
                () -> opening.chooseCorpusFolder(view.scene().getWindow()));
        commands.add(
                "corpus-details",
                "Corpus: text, limit, documents, masks; count, pause, count anew...",
                CORPUS,
                "",
                hasModel,
                this::showCorpus);
        commands.part();
        commands.add(
                "open-index",
                "Open an index of activations...",
                CORPUS,
                "",
                () -> opening.chooseIndex(view.scene().getWindow()));
        commands.add("cache", "Indexes kept on disk: list, delete...", CORPUS, "", this::showKept);

        commands.add(
                "filter",
                "Filter features or go to one by number",
                FEATURES,
                "Shortcut+L",
                hasA,
                view.area()::focusFilter);
        commands.add(
                "batch",
                "Batch: trees and token lists for the filtered features...",
                FEATURES,
                "Shortcut+Shift+M",
                hasA,
                this::showBatch);
        commands.add("back", "Back to the previous feature", FEATURES, "Alt+Left", workbench.selection()::back);
        commands.add("forward", "Forward to the next feature", FEATURES, "Alt+Right", workbench.selection()::forward);
        commands.add(
                "next",
                "Next feature of the table",
                FEATURES,
                "Alt+Down",
                hasA,
                () -> models.table().step(1));
        commands.add(
                "previous",
                "Previous feature of the table",
                FEATURES,
                "Alt+Up",
                hasA,
                () -> models.table().step(-1));

        commands.add("label", "Label the feature", FEATURES, "F2", hasA, view::editLabel);
        commands.add("star", "Star the feature, or take its star away", FEATURES, "Shortcut+D", hasA, this::star);
        commands.add(
                "list",
                "Add the feature to the chosen list, or take it out",
                FEATURES,
                "Shortcut+Shift+J",
                () -> models.lists().chosen().get() != null,
                models.lists()::addOrRemove);

        for (PaneKind kind : PaneKind.ALL) {
            kind.command()
                    .ifPresent(show -> commands.add(
                            show.name(),
                            show.title(),
                            FEATURES,
                            show.key(),
                            hasA,
                            () -> view.area().show(kind, show.leaves())));
        }
        commands.add(
                "this-feature",
                "Show the feature's own charts",
                FEATURES,
                "Shortcut+Shift+G",
                hasA,
                () -> view.area().show(PaneKind.of(HistogramPane.class), false));

        commands.add(
                "scale-down",
                "Scale a little smaller",
                GHOST,
                "Open_Bracket",
                () -> models.controls().nudgeScale(-1));
        commands.add(
                "scale-up",
                "Scale a little larger",
                GHOST,
                "Close_Bracket",
                () -> models.controls().nudgeScale(1));
        commands.add(
                "undo",
                "Undo the last change of filters, columns, sorting, pins, ghost, steering, layout or labels",
                () -> title("Undo", models.undoOrder().undoable()),
                WINDOW,
                "Shortcut+Z",
                () -> models.undoOrder().undoable().isPresent(),
                () -> models.undoOrder().undo());
        commands.add(
                "redo",
                "Redo what was undone",
                () -> title("Redo", models.undoOrder().redoable()),
                WINDOW,
                "Shortcut+Shift+Z",
                () -> models.undoOrder().redoable().isPresent(),
                () -> models.undoOrder().redo());
        commands.add("reset-ghost", "Reset the ghost controls", GHOST, "", models.controls()::reset);
        commands.add(
                "filter-tokens", "Filter the token list", GHOST, "Shortcut+Shift+F", hasA, view.area()::filterTokens);
        commands.add("token-sides", "Toggle token lists of encoder and decoder side by side", GHOST, "", hasA, () -> {
            boolean both = !models.a().tokens().sides().get();
            models.a().tokens().sides().set(both);
            models.b().tokens().sides().set(both);
        });
        commands.add(
                "steer",
                "Steer by the feature while its tree grows",
                GHOST,
                "Shortcut+Shift+S",
                hasA,
                view.area()::steer);
        commands.add(
                "ablate",
                "Ablate the feature wherever the model reads a text",
                GHOST,
                "",
                () -> models.a().side().feature().get() != null,
                () -> {
                    models.interventions()
                            .add(
                                    InterventionLine.Kind.ABLATE,
                                    List.of(models.a().side().feature().get().feature()));
                    showInterventions();
                });
        commands.add("find", "Find in the definition tree", GHOST, "Shortcut+F", view.area()::findInTree);

        addViews(commands);

        commands.add("maximise", "Maximise or restore the focused pane", WINDOW, "F11", view::maximiseFocused);
        commands.add("menu", "Open the menu", WINDOW, "F10", view::showMenu);
        commands.add(
                "theme",
                "Switch between light, dark and high contrast",
                WINDOW,
                "Shortcut+Shift+L",
                () -> models.look().set(models.look().get().next()));
        commands.add(
                "larger",
                "Larger text",
                WINDOW,
                "Shortcut+Equals",
                () -> models.fontSize().set(Math.min(24, models.fontSize().get() + 1)));
        commands.add(
                "smaller",
                "Smaller text",
                WINDOW,
                "Shortcut+Minus",
                () -> models.fontSize().set(Math.max(10, models.fontSize().get() - 1)));
        commands.add("help", "Help: what the words mean, and all keys", WINDOW, "F1", view::showHelp);
        commands.add("start", "Start page: recent files and the sample", WINDOW, "", view::showStart);
        view.sample()
                .ifPresent(sample ->
                        commands.add("guided-tour", "Five minutes' tour of the sample", WINDOW, "", view::startTour));
        commands.add("help-pane", "Help: what the focused pane shows", WINDOW, "Shortcut+F1", view::showHelpOfFocused);
        commands.add("shortcuts", "Keyboard and mouse", WINDOW, "Shift+F1", view::showShortcuts);
        commands.add(
                "quit",
                "Quit",
                WINDOW,
                "Shortcut+Q",
                () -> view.scene()
                        .getWindow()
                        .fireEvent(new WindowEvent(view.scene().getWindow(), WindowEvent.WINDOW_CLOSE_REQUEST)));
        addOtherNames(commands);
    }

    /** Words of other programs, and of people, for commands that are called something else here. */
    private void addOtherNames(Commands commands) {
        view.sample().ifPresent(sample -> commands.alsoCall("guided-tour", "tutorial introduction first steps demo"));
        commands.alsoCall("help", "glossary documentation formulas manual");
        commands.alsoCall("shortcuts", "keys hotkeys");
        commands.alsoCall("theme", "theme colours colors night mode appearance");
        commands.alsoCall("larger", "font size zoom in");
        commands.alsoCall("smaller", "font size zoom out");
        commands.alsoCall("label", "rename name tag note annotate");
        commands.alsoCall("star", "favourite favorite bookmark");
        commands.alsoCall("filter", "search find feature");
        commands.alsoCall("corpus", "text dataset data tokens");
        commands.alsoCall("corpus-details", "mask context bos");
        commands.alsoCall("export", "picture image screenshot");
        commands.alsoCall("export-svg", "picture image vector");
        commands.alsoCall("compare", "second checkpoint b side by side diff");
        commands.alsoCall("open-checkpoint", "sae autoencoder transcoder");
        commands.alsoCall("open-checkpoint-folder", "sae autoencoder transcoder");
        commands.alsoCall("quit", "exit close the window");
    }

    private void addViews(Commands commands) {
        ViewLayouts layouts = view.area().layouts();
        for (ViewKind kind : ViewKind.ALL) {
            commands.add(
                    "view-" + kind.id(),
                    "Go to the view " + kind.title(),
                    VIEWS,
                    "Shortcut+" + (1 + ViewKind.ALL.indexOf(kind)),
                    () -> layouts.show(kind.id()));
        }
        for (PaneKind kind : PaneKind.ALL) {
            commands.add(
                    "show-" + kind.id(),
                    "Show the pane " + kind.title(),
                    VIEWS,
                    "",
                    () -> view.area().showHere(kind));
            commands.add(
                    "hide-" + kind.id(),
                    "Hide the pane " + kind.title(),
                    VIEWS,
                    "",
                    () -> layouts.layout().get().holds(kind.id())
                            && layouts.layout().get().panes().count() > 1,
                    () -> layouts.hide(kind.id()));
        }
        for (PaneLayout.Zone edge : EDGES.keySet()) {
            String where = EDGES.get(edge);
            commands.add(
                    "move-" + where,
                    "Move the focused pane to the " + where + " of the view",
                    VIEWS,
                    "",
                    () -> view.focusedKind().isPresent(),
                    () -> view.focusedKind().ifPresent(kind -> view.area().moveToEdge(kind, edge)));
        }
        commands.add("next-pane", "Go to the next pane", VIEWS, "F6", () -> view.focusNextPane(1));
        commands.add("previous-pane", "Go to the previous pane", VIEWS, "Shift+F6", () -> view.focusNextPane(-1));
        commands.add("tear-off", "Tear the focused pane off, or bring it back", VIEWS, "", view::tearOffFocused);
        commands.add("keep-layout", "Keep this layout under a name...", VIEWS, "", view::nameLayout);
        commands.add(
                "reset-layout", "Reset the layout of this view", VIEWS, "", () -> !layouts.isInitial(), layouts::reset);
    }

    private static String title(String verb, Optional<String> what) {
        return what.map(changed -> verb + " " + VisibleText.line(VisibleText.shortened(changed, MOST_OF_A_TITLE)))
                .orElse(verb);
    }

    private void star() {
        CheckpointSide a = models.workbench().a();
        FeatureRef feature = a.feature().get();
        if (feature != null) {
            models.notes()
                    .star(
                            a,
                            feature.feature(),
                            !models.notes().of(a, feature.feature()).star());
        }
    }

    /** The command that opens the command palette. */
    Command palette() {
        return palette;
    }

    void showPalette() {
        view.showPalette();
    }

    void showHelp() {
        view.showHelp();
    }

    /** Asks for a file and shows what it holds. */
    void inspectFile() {
        opening.chooseAnyFile(view.scene().getWindow()).ifPresent(this::inspect);
    }

    /** Opens the page about the contents of a file or folder. */
    void inspect(Path path) {
        Runnable leave = () -> {
            models.inspection().stop();
            view.uncover();
        };
        models.inspection().inspect(path);
        view.cover(new InspectPage(models.inspection(), one -> opening.open(List.of(one)), leave).node(), leave);
    }

    private void showBatch() {
        view.cover(
                new BatchPage(models.batch(), models.table(), view.desk(), models.table()::jumpTo, view::uncover)
                        .node(),
                view::uncover);
    }

    /** Brings the form of the corpus to the front. */
    void showCorpus() {
        view.area().show(PaneKind.of(CorpusPane.class), false);
    }

    void showInterventions() {
        view.area().show(PaneKind.of(InterventionsPane.class), false);
    }

    /** Opens the list of the indexes that are kept. */
    private void showKept() {
        view.cover(
                new CachePage(
                                new KeptIndexes(models.workbench(), models.statistics()),
                                models.statistics(),
                                view::uncover)
                        .node(),
                view::uncover);
    }

    /** Opens the page about how faithful the checkpoints are to the model. */
    private void showEvaluation() {
        Workbench workbench = models.workbench();
        view.cover(
                new EvaluationPage(
                                List.of(models.evaluation(workbench.a()), models.evaluation(workbench.b())),
                                view.desk(),
                                view::uncover)
                        .node(),
                view::uncover);
    }

    /** Opens the page about how the checkpoint of a side is read. */
    void showReading(CheckpointSide side) {
        view.cover(new CheckpointPage(models.audit(side), view::uncover).node(), view::uncover);
    }

    /** Asks where, and saves a checkpoint in the background. */
    void saveCheckpoint(CheckpointSide side, SaeSaving.Form form) {
        view.desk()
                .choose(models.saving().suggestedName(side, form), form.label())
                .ifPresent(target -> models.saving().save(side, form, target));
    }
}
