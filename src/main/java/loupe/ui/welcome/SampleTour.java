package loupe.ui.welcome;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import loupe.analysis.features.Neighbours;
import loupe.analysis.tokens.TokenList;
import loupe.inference.OpenSae;
import loupe.sae.checkpoint.SaeOptions;
import loupe.state.WorkbenchModels;
import loupe.state.nearest.NeighboursModel;
import loupe.state.window.CheckpointSide;
import loupe.state.window.CorpusFiles;
import loupe.state.window.FeatureRef;
import loupe.state.window.Notices;
import loupe.state.window.Sample;
import loupe.state.window.Workbench;
import loupe.ui.control.NumberTexts;
import loupe.ui.token.TokenText;

/** The steps of the five minutes' tour. They use the commands, panes and models that everybody uses. */
final class SampleTour {
    private static final int NEAREST_SHOWN = 3;
    private static final int SCALE_STEPS = 8;
    private static final String SEARCHED = "red blue";

    private final Workbench workbench;
    private final WorkbenchModels models;
    private final Sample sample;
    private final Consumer<String> run;

    /** @param run runs a command of the window by its name */
    SampleTour(WorkbenchModels models, Sample sample, Consumer<String> run) {
        this.workbench = models.workbench();
        this.models = models;
        this.sample = sample;
        this.run = run;
    }

    List<TourStep> steps() {
        return List.of(
                open(),
                choose(),
                identity(),
                tree(),
                scale(),
                tokens(),
                neighbours(),
                corpus(),
                examples(),
                search(),
                label(),
                compare(),
                export(),
                end());
    }

    private TourStep open() {
        return TourStep.asks(
                        "The sample",
                        () -> isOpen()
                                ? "Open are a small model that writes dictionary definitions, and a sparse autoencoder "
                                        + "that splits the vectors of one of its layers into "
                                        + NumberTexts.count(models.table().size()) + " features."
                                : workbench.model().get() == null
                                        ? "The tour is about the sample, which is being opened."
                                        : "The tour is about the sample. It would take the place of what is open, "
                                                + "which "
                                                + "the start page opens again.",
                        "#summary",
                        () -> {
                            if (workbench.model().get() == null
                                    && !workbench.openingModel().get()) {
                                sample.open(workbench);
                            }
                        },
                        new TourStep.Act("Open the sample", () -> sample.open(workbench)),
                        () -> this::isOpen)
                .thatIsNeeded();
    }

    private boolean isOpen() {
        return sample.isOpen(workbench) && workbench.a().feature().get() != null;
    }

    private TourStep choose() {
        return TourStep.asks(
                "Choose a feature",
                () -> (isAt(Sample.FEATURE) ? "Feature 866 is chosen. " : "")
                        + "Type a number here and press Enter, or click a row. Alt+Down goes to the next one, Alt+Left "
                        + "back. The tour is about feature 866.",
                "#feature-filter",
                () -> show("show-features"),
                new TourStep.Act("Choose 866", this::choose866),
                () -> () -> isAt(Sample.FEATURE));
    }

    private void choose866() {
        FeatureRef chosen = workbench.a().feature().get();
        if (sample.isOpen(workbench) && (chosen == null || chosen.feature() != Sample.FEATURE)) {
            models.table().jumpTo(Sample.FEATURE);
        }
    }

    /** Brings a pane into sight in the view that has all of them. */
    private void show(String command) {
        run.accept("view-features");
        run.accept(command);
    }

    private boolean isAt(int feature) {
        FeatureRef chosen = workbench.a().feature().get();
        return chosen != null && chosen.feature() == feature;
    }

    private TourStep identity() {
        return TourStep.shows(
                "Its identity card",
                () -> "How often the feature is active in the corpus, with the interval that the count allows, "
                        + "its largest "
                        + "activation, and the tokens it promotes. The (i) explains each of these figures "
                        + "with its formula.",
                "#feature-facts",
                this::choose866,
                () -> workbench.a().feature().get() != null);
    }

    private TourStep tree() {
        return TourStep.shows(
                "Its definition",
                () -> "What the model says when it is asked to define the feature; the thicker a branch, the more "
                        + "probable. Click a branch to read its whole sentence, turn the wheel to zoom.",
                "#tree-A",
                () -> {
                    choose866();
                    show("show-tree");
                },
                () -> models.a().tree().tree().getValue() != null);
    }

    private TourStep scale() {
        return TourStep.asks(
                "The ghost's scale",
                () -> "Drag this slider: tree and token list follow. The feature stands in the prompt as a "
                        + "made-up token, "
                        + "the ghost; the scale says how far it stands from the mean of all tokens. The "
                        + "mark below is where "
                        + "real tokens stand, and a double click goes back there.",
                "#ghost-scale",
                () -> show("show-ghost"),
                new TourStep.Act("Make it larger", () -> models.controls().nudgeScale(SCALE_STEPS)),
                () -> {
                    double before = models.controls().scale().get();
                    return () -> models.controls().scale().get() != before;
                });
    }

    private TourStep tokens() {
        return TourStep.shows(
                "The token list",
                () -> "The real tokens nearest to the ghost"
                        + nearest()
                        + ". A right click on any column's heading tells what it is, with the formula.",
                "#token-list-A",
                () -> show("show-tokens"),
                () -> models.a().tokens().list().getValue() != null);
    }

    private String nearest() {
        TokenList list = models.a().tokens().list().getValue();
        return list == null
                ? ""
                : ", now "
                        + Arrays.stream(list.tokens())
                                .limit(NEAREST_SHOWN)
                                .mapToObj(token -> TokenText.sentence(
                                                models.texts().of(token))
                                        .strip())
                                .collect(Collectors.joining(", "));
    }

    private TourStep neighbours() {
        return TourStep.asks(
                "Its neighbours",
                () -> "Features whose directions have the largest cosine with this one. Click one, or press Enter on "
                        + "it, to go there; Alt+Left comes back.",
                "#neighbours-A",
                () -> {
                    choose866();
                    models.a().neighbours().among().set(NeighboursModel.Among.FEATURES);
                    show("show-neighbours");
                },
                new TourStep.Act("Go to the nearest", this::goToNearest),
                () -> () -> !isAt(Sample.FEATURE));
    }

    private void goToNearest() {
        Neighbours.Answer nearest = models.a().neighbours().neighbours().getValue();
        if (nearest != null && nearest.ids().length > 0 && isAt(Sample.FEATURE)) {
            models.table().jumpTo(nearest.ids()[0]);
        }
    }

    private TourStep corpus() {
        return TourStep.asks(
                "The corpus",
                () -> corpusNow()
                        + " Click here to choose a text of your own, or drop one on the window: activations are "
                        + "counted in the background and kept, so that the same corpus opens at once the next time.",
                "#corpus-chip",
                () -> {
                    choose866();
                    run.accept("view-features");
                },
                new TourStep.Act("Show the corpus", () -> run.accept("corpus-details")),
                () -> this::isCounted);
    }

    private boolean isCounted() {
        return models.statistics().index(workbench.a()).get() != null;
    }

    private String corpusNow() {
        CorpusFiles text = models.statistics().corpus().get();
        return text == null
                ? "No corpus is chosen."
                : text.name()
                        + (isCounted()
                                ? " has been counted."
                                : " is being counted; the bar at the bottom tells how far.");
    }

    private TourStep examples() {
        return TourStep.shows(
                "Examples",
                () -> isCounted()
                        ? "The texts where the feature is strongest, each token coloured by its activation. "
                                + "Intervals and "
                                + "Random show what it does when it is weak, Near misses where it is silent."
                        : "The texts where the feature is strongest appear here as soon as the corpus has been "
                                + "counted.",
                "#examples-A",
                () -> {
                    choose866();
                    show("examples");
                },
                () -> models.a().examples().examples().getValue() != null);
    }

    private TourStep search() {
        return TourStep.asks(
                "Find features by words",
                () -> "Which features are about colours? Type red blue into the filter: labels, promoted tokens, "
                        + "and the texts "
                        + "where features are active are searched, and a column says where the words were "
                        + "found. The cross "
                        + "clears the field.",
                "#feature-table",
                () -> show("show-features"),
                new TourStep.Act(
                        "Search for " + SEARCHED, () -> models.table().filter().set(SEARCHED)),
                () -> () -> models.table().filter().get().strip().startsWith(SEARCHED));
    }

    private TourStep label() {
        return TourStep.asks(
                "Write down what you think",
                () -> "Press F2 and type what the feature means to you, such as colours, then Enter. Labels, "
                        + "tags, stars and "
                        + "notes are kept in one open file, and the search finds them; Ctrl+Z takes one back.",
                ".feature-label",
                () -> {
                    models.table().filter().set("");
                    choose866();
                },
                new TourStep.Act("Begin a label", () -> run.accept("label")),
                () -> this::isLabelled);
    }

    private boolean isLabelled() {
        FeatureRef chosen = workbench.a().feature().get();
        return chosen != null
                && !models.notes()
                        .of(workbench.a(), chosen.feature())
                        .ownLabel()
                        .isEmpty();
    }

    private TourStep compare() {
        CheckpointSide b = workbench.b();
        return TourStep.asks(
                "Compare",
                () -> isCompared()
                        ? "Every pane now stands there twice, A and B, on the same axes, and B follows with the "
                                + "feature that "
                                + "matches best. The menu's Close checkpoint B ends it."
                        : "This opens a second checkpoint beside the first: the same training, stopped early.",
                "#compare",
                () -> {},
                new TourStep.Act(
                        "Compare with " + sample.earlyCheckpoint().getFileName(),
                        () -> workbench.openCheckpoint(b, sample.earlyCheckpoint(), SaeOptions.AS_STORED)),
                () -> this::isCompared);
    }

    private boolean isCompared() {
        OpenSae b = workbench.b().sae().get();
        return b != null && Sample.same(b.path(), sample.earlyCheckpoint());
    }

    private TourStep export() {
        return TourStep.asks(
                "Take a picture with you",
                () -> "The menu of a chart's pane, the three dots, saves it as a picture for papers, and its "
                        + "numbers as CSV. Ctrl+E saves the focused chart.",
                "#tree-A",
                () -> show("show-tree"),
                new TourStep.Act("Save the tree...", () -> run.accept("export")),
                () -> {
                    List<Notices.Notice> before =
                            List.copyOf(workbench.notices().all());
                    return () -> workbench.notices().all().stream()
                            .anyMatch(notice -> notice.text().startsWith("Saved ") && !before.contains(notice));
                });
    }

    private TourStep end() {
        return TourStep.shows(
                "That was the tour",
                () -> "F1 explains every word and figure, Ctrl+K finds every command, and the start page in the "
                        + "menu opens "
                        + "models and checkpoints of your own.",
                "#menu",
                () -> {},
                () -> true);
    }
}
