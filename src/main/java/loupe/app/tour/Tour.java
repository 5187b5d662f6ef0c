package loupe.app.tour;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import javafx.stage.Stage;
import loupe.analysis.batch.BatchPlan;
import loupe.analysis.dream.TextMeasures;
import loupe.analysis.effects.InterventionList;
import loupe.analysis.ghost.TreeBaseline;
import loupe.analysis.tokens.TokenFilter;
import loupe.analysis.tokens.TokenList;
import loupe.analysis.tokens.TokenMask;
import loupe.analysis.tokens.TokenScript;
import loupe.app.bench.ManyFeatures;
import loupe.app.cli.CommandContext;
import loupe.app.tour.TourCommand.LeftOut;
import loupe.app.window.Opening;
import loupe.app.window.Toolkit;
import loupe.app.window.UserFolders;
import loupe.app.window.WorkbenchApp;
import loupe.base.Problem;
import loupe.base.Refusal;
import loupe.sae.checkpoint.SaeOptions;
import loupe.search.FeatureColumn;
import loupe.state.WorkbenchModels;
import loupe.state.ghost.GhostKnobs;
import loupe.state.ghost.SteeringValues;
import loupe.state.map.CosineView;
import loupe.state.nearest.LogitSplit;
import loupe.state.nearest.LogitView;
import loupe.state.text.AblatedTextModel;
import loupe.state.text.DoseModel;
import loupe.state.text.EffectsModel;
import loupe.state.text.PatchingModel;
import loupe.state.text.PromptColouring;
import loupe.state.text.PromptPair;
import loupe.state.window.CheckpointSide;
import loupe.state.window.Sample;
import loupe.state.window.SessionFile;
import loupe.state.window.Workbench;
import loupe.ui.map.TokenBiasPane;
import loupe.ui.text.AblatedTextPane;
import loupe.ui.text.AttributionPane;
import loupe.ui.text.CircuitPane;
import loupe.ui.text.DosePane;
import loupe.ui.text.EffectsPane;
import loupe.ui.text.GenerationPane;
import loupe.ui.text.InterventionsPane;
import loupe.ui.text.PatchingPane;
import loupe.ui.tree.TreePane;
import loupe.ui.window.PaneKind;
import loupe.ui.window.ViewKind;
import org.jspecify.annotations.Nullable;

/**
 * Goes through the workbench's panes and states and takes a picture of each in all looks. What a model, a checkpoint or
 * a corpus does not have to show is left out, and so is what does not fill within a time; both are named. One thread,
 * not JavaFX's.
 */
final class Tour {
    private static final double WIDTH_PIXELS = 1280;
    private static final double HEIGHT_PIXELS = 800;
    private static final double SMALL_WIDTH_PIXELS = 1024;
    private static final double SMALL_HEIGHT_PIXELS = 700;
    private static final double RAREST = 0.0003;
    private static final double COMMONEST = 0.005;
    private static final int BATCHED = 24;
    private static final int EVALUATED = 5_000;
    private static final int BATCH_NODES = 60;
    /** Iterations of the search for text. */
    private static final int DREAMT = 12;

    private static final long COUNTING_MILLIS = 1_800_000;
    private static final long COMPARING_MILLIS = 20_000;
    private static final String FIRST_VIEW = "view-features";
    private static final PromptPair PROMPTS =
            new PromptPair("A small brown bird that", "A small brown fish that", " is", " was");
    /** Place of the token of the prompts at which the sample's feature is active. */
    private static final int COLOURED = 2;

    private static final String INTERVENTIONS = "add 866 40\nablate 12\nclamp-max 3 1 from 2";
    private final CommandContext context;
    private Route route;
    private final Path out;
    private final @Nullable Path kept;
    private final String only;

    @SuppressWarnings("NullAway.Init") // made when the tour begins
    private Camera camera;

    @SuppressWarnings("NullAway.Init") // made when the tour begins
    private WorkbenchApp app;

    @SuppressWarnings("NullAway.Init") // made when the tour begins
    private Stage stage;

    @SuppressWarnings("NullAway.Init") // made when the tour begins
    private Path cache;

    /**
     * What is shown.
     *
     * @param saes none, for the first ones beside the model; one; or two to compare, each with how it is read
     * @param features of a checkpoint that is made and shown instead; empty for none
     * @param corpus counted over; empty for the sample's
     */
    record Route(Path model, Map<Path, SaeOptions> saes, OptionalInt features, Optional<Path> corpus) {
        /** The same with what has been made. */
        Route with(ManyFeatures made, Optional<Path> text) {
            return new Route(model, Map.of(made.checkpoint(), SaeOptions.AS_STORED), features, text);
        }
    }

    /**
     * @param cache where passes over a corpus are kept; null for a folder that is gone afterwards
     * @param only part of the names of the pictures wanted; empty for all
     */
    Tour(CommandContext context, Route route, Path out, @Nullable Path cache, String only) {
        this.kept = cache;
        this.only = only;
        this.context = context;
        this.route = route;
        this.out = out;
    }

    /** The names of the pictures taken, in order. */
    List<String> pictures() {
        return camera.pictures();
    }

    /** The pictures that could not be taken, in order. */
    List<LeftOut> leftOut() {
        return camera.leftOut();
    }

    /** Takes all pictures. */
    void run() throws IOException {
        cache = kept == null ? Files.createTempDirectory("loupe-tour") : kept;
        try {
            SessionFile session = route.features().isPresent() ? make() : null;
            Toolkit.run(() -> {
                app = new WorkbenchApp(context.service(), session, cache);
                stage = new Stage();
                app.show(stage, () -> {});
                resize(WIDTH_PIXELS, HEIGHT_PIXELS);
            });
            camera = new Camera(context, app, out, only, this::isQuiet, this::lack);
            visit();
        } finally {
            Toolkit.run(() -> {
                if (app != null) {
                    app.close();
                }
            });
            if (kept == null) {
                delete(cache);
            }
        }
    }

    /** Makes the checkpoint of many features, and a corpus short enough for it unless one is given. */
    private SessionFile make() throws IOException {
        context.progress()
                .printLine("making a checkpoint of " + route.features().getAsInt() + " features");
        ManyFeatures made = ManyFeatures.in(
                cache, context.service(), route.model(), route.features().getAsInt());
        Path beside = route.model().toAbsolutePath().normalize().resolveSibling("corpus.txt");
        boolean shortened = route.corpus().isEmpty() && Files.isRegularFile(beside);
        route = route.with(made, shortened ? Optional.of(ManyFeatures.beginning(beside, cache)) : route.corpus());
        return made.session();
    }

    /** Writes down what a person might about the features around the chosen one; nothing of it is kept. */
    private void writeDown() {
        CheckpointSide a = workbench().a();
        int feature = a.feature().get() == null ? 0 : a.feature().get().feature();
        int features = models().table().size();
        models().notes().label(a, feature, "Colours, of clothes above all");
        models().notes().note(a, feature, "Fires on the noun after the colour too; compare with its neighbour");
        models().notes().tag(a, feature, "colour", true);
        models().notes().tag(a, feature, "to check", true);
        models().notes().star(a, feature, true);
        models().lists().add("Colours");
        for (int next : new int[] {feature, (feature + 1) % features, (feature + 7) % features}) {
            models().lists().addMember(next);
        }
        models().lists().text().text().set("Red, blue or a dark green colour; a brownish yellow.");
        models().lists().keepText();
    }

    private void visit() {
        camera.settle(() -> true);
        camera.take("empty");
        Toolkit.run(() -> app.openFirst(
                new Opening(route.model(), List.of(), route.corpus().stream().toList())));
        camera.until(
                "the model to open",
                COUNTING_MILLIS,
                () -> workbench().model().get() != null
                        || workbench().modelProblem().get() != null);
        Problem refused = workbench().modelProblem().get();
        if (refused != null) {
            throw new Refusal(refused.message());
        }
        camera.settle(() -> true);
        List<Path> shown = checkpoints();
        if (!shown.isEmpty()) {
            open(workbench().a(), shown.get(0));
            camera.take("counting");
            camera.until(
                    "activations to be counted",
                    COUNTING_MILLIS,
                    () -> !models().statistics().counting(workbench().a()).get());
            camera.until(
                    "the feature table to fill",
                    Camera.PICTURE_MILLIS,
                    () -> !models().table().filling().get());
            if (lack(Camera.Need.COUNTS).isEmpty()) {
                chooseTypicalFeature();
            }
        }
        camera.settle();
        camera.both("workbench");
        camera.one(
                Camera.Need.COUNTS,
                "histogram-brushed",
                () -> {
                    double upper = models().a()
                            .histogram()
                            .activations()
                            .range()
                            .upper()
                            .get();
                    models().a().histogram().mark(upper * 0.4, upper * 0.7);
                },
                () -> models().a().histogram().unmark());
        camera.one(
                Camera.Need.COUNTS,
                "examples-intervals",
                () -> models().a().examples().choice().set(loupe.state.corpus.ExamplesModel.Choice.INTERVALS),
                () -> models().a().examples().choice().set(loupe.state.corpus.ExamplesModel.Choice.TOP));
        camera.one(
                Camera.Need.COUNTS,
                "examples-near-misses",
                () -> models().a().examples().choice().set(loupe.state.corpus.ExamplesModel.Choice.NEAR_MISSES),
                () -> models().a().examples().choice().set(loupe.state.corpus.ExamplesModel.Choice.TOP));
        camera.one(
                Camera.Need.EXAMPLE,
                "example-ablated",
                () -> models().a()
                        .examples()
                        .ablate(
                                models().a()
                                        .examples()
                                        .examples()
                                        .getValue()
                                        .get(0)
                                        .examples()
                                        .get(0),
                                loupe.state.corpus.AblationModel.How.REMOVED),
                () -> models().a().examples().ablation().close());
        camera.one(
                Camera.Need.COUNTS,
                "histogram-cumulative",
                () -> {
                    models().histogram().cumulative().set(true);
                    models().histogram().logarithmicValues().set(true);
                    models().histogram().bins().set(100);
                },
                () -> {
                    models().histogram().cumulative().set(false);
                    models().histogram().logarithmicValues().set(false);
                    models().histogram().bins().set(50);
                });
        camera.both(Camera.Need.COUNTS, "all-features", () -> app.view().run("all-features"), () -> {});
        camera.both(
                Camera.Need.COUNTS,
                "all-features-marked",
                () -> models().table().filter().set("density>=1e-3 density<=2e-2 max>=4 max<=7"),
                () -> {
                    models().table().filter().set("");
                    app.view().run("this-feature");
                });
        camera.one("text-empty", () -> app.view().run("text"), () -> {});
        camera.both(
                Camera.Need.EXAMPLE,
                "text",
                () -> {
                    loupe.index.Example example = models().a()
                            .examples()
                            .examples()
                            .getValue()
                            .get(0)
                            .examples()
                            .get(0);
                    models().text().open(example.ids(), example.focus());
                },
                () -> app.view().run("examples"));
        camera.both(
                "logit-histogram",
                () -> {
                    models().a().logits().split().set(LogitSplit.LEADING_SPACE);
                    models().a().logits().view().set(LogitView.HISTOGRAM);
                },
                () -> models().a().logits().view().set(LogitView.BARS));
        camera.both(Camera.Need.COUNTS, "together", () -> app.view().run("together"), () -> {});
        camera.one(
                Camera.Need.EXAMPLE,
                "together-at-token",
                () -> {
                    loupe.index.Example example = models().a()
                            .examples()
                            .examples()
                            .getValue()
                            .get(0)
                            .examples()
                            .get(0);
                    models().a().together().query().set("token " + example.ids()[example.focus()]);
                    models().a().together().with().set(loupe.state.corpus.CoActivationModel.With.TOKEN);
                },
                () -> {
                    models().a().together().with().set(loupe.state.corpus.CoActivationModel.With.FEATURE);
                    app.view().run("together");
                });
        camera.one(
                "decoder-ghost",
                () -> models().controls().encoderMix().set(0),
                () -> models().controls().encoderMix().set(1));
        camera.one(
                "neighbours-of-tokens",
                () -> models().a().neighbours().among().set(loupe.state.nearest.NeighboursModel.Among.TOKENS),
                () -> models().a().neighbours().among().set(loupe.state.nearest.NeighboursModel.Among.FEATURES));
        camera.one(
                Camera.Need.COUNTS,
                "table-filtered",
                () -> {
                    models().table().sortedBy().set(FeatureColumn.SKEWNESS);
                    models().table().descending().set(true);
                    models().table().filter().set("skew>0");
                },
                () -> {
                    models().table().filter().set("");
                    models().table().sortedBy().set(FeatureColumn.NUMBER);
                    models().table().descending().set(false);
                });
        camera.both("labels", this::writeDown, () -> {});
        camera.both(
                "labels-searched",
                () -> {
                    writeDown();
                    models().table().filter().set("colour");
                },
                () -> models().table().filter().set(""));
        camera.both(
                "lists",
                () -> {
                    writeDown();
                    app.view().run("lists");
                },
                () -> app.view().run("lists"));
        camera.one(
                "components",
                () -> {
                    models().controls().components().set(3);
                    models().controls().pca(0).set(0.1);
                    models().controls().pca(2).set(0.05);
                },
                () -> models().controls().components().set(1));
        Toolkit.run(() -> models().controls().pca(0).set(0));
        camera.both(
                "tokens-filtered",
                () -> models().controls()
                        .filter()
                        .set(TokenFilter.NONE
                                .withScripts(Set.of(TokenScript.LATIN))
                                .withLettersOnly(true)
                                .withLength(3, 12)),
                () -> models().controls().filter().set(TokenFilter.NONE));
        camera.both(
                "token-sides",
                () -> models().a().tokens().sides().set(true),
                () -> models().a().tokens().sides().set(false));
        camera.both(
                "scale-sweep",
                () -> models().scales().open().set(true),
                () -> models().scales().open().set(false));
        camera.both(
                "tree-generic-folded",
                () -> {
                    models().a().tree().baseline().set(TreeBaseline.random(4));
                    models().controls().foldUnder().set(1);
                    app.view().maximise(TreePane.class, true);
                },
                () -> {
                    app.view().maximise(TreePane.class, false);
                    models().controls().foldUnder().set(GhostKnobs.FOLDS_NOTHING);
                    models().a().tree().baseline().set(TreeBaseline.NONE);
                });
        camera.both(
                "tree-steered",
                () -> {
                    models().controls().steering().set(SteeringValues.NONE.withCoefficient(2));
                    models().a().comparison().followClean();
                    app.view().maximise(TreePane.class, true);
                },
                () -> {
                    app.view().maximise(TreePane.class, false);
                    models().a().comparison().stop();
                    models().controls().steering().set(SteeringValues.NONE);
                });
        camera.both(
                "tree-compared",
                () -> {
                    models().a().comparison().keep("encoder");
                    models().controls().encoderMix().set(0);
                    app.view().maximise(TreePane.class, true);
                },
                () -> {
                    app.view().maximise(TreePane.class, false);
                    models().controls().encoderMix().set(1);
                    models().a().comparison().stop();
                });
        prompts();
        dream();
        cosines();
        tokenBiases();
        ablatedText();
        effects();
        PaneKind.ALL.forEach(kind -> pane("pane-", kind));
        Toolkit.run(() -> app.view().run(FIRST_VIEW));
        camera.both("reading", () -> app.view().run("audit-a"), app.view()::dismiss);
        camera.both("corpus", () -> app.view().run("corpus-details"), app.view()::dismiss);
        camera.both("kept-indexes", () -> app.view().run("cache"), app.view()::dismiss);
        evaluation();
        batch();
        camera.both("palette", () -> app.view().run("palette"), app.view()::dismiss);
        camera.both("help", () -> app.view().run("help"), app.view()::dismiss);
        camera.both("shortcuts", () -> app.view().run("shortcuts"), app.view()::dismiss);
        camera.one(
                "problem",
                () -> workbench()
                        .openCheckpoint(workbench().a(), route.model().resolve("config.json"), SaeOptions.AS_STORED),
                () -> workbench().dismissProblem(workbench().a()));
        if (!shown.isEmpty()) {
            open(workbench().b(), shown.get(Math.min(1, shown.size() - 1)));
            camera.until(
                    "B to be counted",
                    COUNTING_MILLIS,
                    () -> !models().statistics().counting(workbench().b()).get());
            camera.settle();
        }
        camera.both(Camera.Need.BOTH, "compare", () -> {}, () -> {});
        camera.both(
                Camera.Need.BOTH,
                "compare-all-features-and-text",
                this::showAllFeaturesAndText,
                this::showFeatureAndExamples);
        camera.both(
                Camera.Need.BOTH,
                "compare-prompts",
                () -> showPrompts(PROMPTS),
                () -> app.view().run(FIRST_VIEW));
        Toolkit.run(() -> resize(SMALL_WIDTH_PIXELS, SMALL_HEIGHT_PIXELS));
        camera.settle();
        camera.both(Camera.Need.BOTH, "small-compare", () -> {}, () -> {});
        Toolkit.run(() -> workbench().closeCheckpoint(workbench().b()));
        camera.settle();
        camera.both("small");
        camera.both(
                "small-cosines",
                () -> app.view().run("view-map"),
                () -> app.view().run(FIRST_VIEW));
        camera.both(
                "small-prompts", () -> showPrompts(PROMPTS), () -> app.view().run(FIRST_VIEW));
        for (String pane : List.of("patching", "attribution", "circuit")) {
            camera.one(
                    "small-prompts-" + pane,
                    () -> {
                        showPrompts(PROMPTS);
                        app.view().run(pane);
                    },
                    () -> {});
        }
        Toolkit.run(() -> app.view().run(FIRST_VIEW));
        PaneKind.ALL.stream()
                .filter(kind -> ViewKind.ALL.stream()
                        .anyMatch(
                                view -> view.id().equals("map") && view.layout().holds(kind.id())))
                .forEach(kind -> pane("small-pane-", kind));
        Toolkit.run(() -> app.view().run(FIRST_VIEW));
        camera.both("small-all-features-and-text", this::showAllFeaturesAndText, this::showFeatureAndExamples);
    }

    /** The view of prompts: empty, with a pair, by surprisal, and with prompts that are not of one length. */
    private void prompts() {
        camera.one("prompts-empty", () -> showPrompts(PromptPair.EMPTY), () -> {});
        camera.both("prompts", () -> showPrompts(PROMPTS), () -> {});
        camera.both(
                Camera.Need.CHECKPOINT,
                "prompts-feature",
                () -> models().a().textFeatures().rows().stream()
                        .skip(1)
                        .findFirst()
                        .ifPresent(row -> models().table().jumpTo(row.feature())),
                this::goBack);
        camera.both(
                "prompts-surprisal",
                () -> models().prompt().colouring().set(PromptColouring.SURPRISAL),
                () -> models().prompt().colouring().set(PromptColouring.ACTIVATION));
        for (PatchingModel.Places places :
                List.of(PatchingModel.Places.RESIDUAL, PatchingModel.Places.HEADS, PatchingModel.Places.FEATURES)) {
            camera.both(
                    "prompts-patching-" + places.name().toLowerCase(Locale.ROOT),
                    () -> {
                        showPrompts(PROMPTS);
                        models().patching().places().set(places);
                        app.view().maximise(PatchingPane.class, true);
                    },
                    () -> app.view().maximise(PatchingPane.class, false));
        }
        camera.both(
                "prompts-generation",
                () -> {
                    showPrompts(PROMPTS);
                    models().interventions().set(InterventionList.parse("add 866 40"));
                    app.view().maximise(GenerationPane.class, true);
                },
                () -> {
                    models().interventions().set(InterventionList.NONE);
                    app.view().maximise(GenerationPane.class, false);
                });
        doses();
        camera.both(
                "prompts-attribution",
                () -> {
                    showPrompts(PROMPTS);
                    app.view().maximise(AttributionPane.class, true);
                },
                () -> app.view().maximise(AttributionPane.class, false));
        camera.both(
                "prompts-circuit",
                () -> {
                    showPrompts(PROMPTS);
                    app.view().maximise(CircuitPane.class, true);
                },
                () -> app.view().maximise(CircuitPane.class, false));
        for (String pane : List.of("patching", "attribution", "circuit")) {
            camera.one(
                    "prompts-" + pane + "-in-its-place",
                    () -> {
                        showPrompts(PROMPTS);
                        app.view().run(pane);
                    },
                    () -> {});
        }
        camera.one(
                "prompts-patching-without-answers",
                () -> {
                    showPrompts(PROMPTS.withAnswer(""));
                    app.view().run("patching");
                },
                () -> {});
        camera.one(
                "prompts-not-aligned",
                () -> showPrompts(PROMPTS.withCorrupt("A small bird")),
                () -> app.view().run(FIRST_VIEW));
    }

    /** A pane at full size, in the view that it belongs to. */
    private void pane(String before, PaneKind kind) {
        String name = before + kind.id();
        if (!camera.isWanted(name)) {
            return;
        }
        Toolkit.run(() -> {
            models().prompt().pair().set(PROMPTS);
            ViewKind.ALL.stream()
                    .filter(view -> view.layout().holds(kind.id()))
                    .findFirst()
                    .ifPresent(view -> app.view().run("view-" + view.id()));
        });
        camera.settle();
        camera.both(
                name,
                () -> app.view().maximise(kind.type(), true),
                () -> app.view().maximise(kind.type(), false));
    }

    private void goBack() {
        app.view().run("back");
    }

    /** Cosines of all pairs, with a range marked; of very many features, while they are compared. */
    private void cosines() {
        if (!camera.isWanted("cosines")) {
            return;
        }
        Toolkit.run(() -> app.view().run("view-map"));
        camera.settle();
        Toolkit.run(models().cosines()::start);
        camera.until(
                "cosines",
                COMPARING_MILLIS,
                () -> models().cosines().view().getValue() != null
                        && models().cosines().matched().isComplete());
        camera.both(
                "cosines",
                () -> {
                    CosineView view = models().cosines().view().getValue();
                    if (view != null) {
                        double[] edges = view.bins().edges();
                        models().cosines()
                                .range()
                                .set(new CosineView.Range(edges[edges.length / 2], edges[edges.length - 1]));
                    }
                },
                () -> {
                    models().cosines().range().set(null);
                    models().cosines().stop();
                    app.view().run(FIRST_VIEW);
                });
    }

    /** What of the features is about single tokens: while the residuals are computed, and with them. */
    private void tokenBiases() {
        if (!camera.isWanted("token-biases") && !camera.isWanted("token-biases-computing")) {
            return;
        }
        Toolkit.run(() -> app.view().run("view-map"));
        camera.settle();
        Toolkit.run(() -> {
            app.view().maximise(TokenBiasPane.class, true);
            models().tokenBias().compute();
        });
        camera.settle(() -> true);
        camera.take("token-biases-computing");
        camera.until(
                "the residuals of tokens",
                COUNTING_MILLIS,
                () -> models().tokenBias().told().completeProperty().get());
        camera.both("token-biases", () -> {}, () -> {
            app.view().maximise(TokenBiasPane.class, false);
            app.view().run(FIRST_VIEW);
        });
    }

    /** The activation without tokens of the prompt, one at a time, in pairs and in spans, and over examples. */
    private void ablatedText() {
        for (AblatedTextModel.Together together : AblatedTextModel.Together.values()) {
            ablatedText(AblatedTextModel.Over.PROMPT, together);
        }
        ablatedText(AblatedTextModel.Over.EXAMPLES, AblatedTextModel.Together.SINGLE);
    }

    private void ablatedText(AblatedTextModel.Over over, AblatedTextModel.Together together) {
        String name = "ablation-" + (over.name() + "-" + together.name()).toLowerCase(Locale.ROOT);
        if (!camera.isWanted(name) || !camera.has(Camera.Need.COUNTS, name)) {
            return;
        }
        AblatedTextModel.Settings usual = AblatedTextModel.Settings.USUAL;
        Toolkit.run(() -> showPrompts(PROMPTS));
        camera.settle();
        Toolkit.run(() -> {
            models().prompt().position().set(COLOURED);
            models().ablatedText()
                    .settings()
                    .set(new AblatedTextModel.Settings(
                            over, together, usual.by(), usual.token(), usual.longest(), usual.within()));
            app.view().maximise(AblatedTextPane.class, true);
        });
        camera.until(
                "text without tokens",
                Camera.PICTURE_MILLIS,
                () -> models().ablatedText().shown().getValue() != null
                        && !models().ablatedText().awaited().isPending());
        camera.both(name, () -> {}, () -> {
            models().ablatedText().settings().set(usual);
            app.view().maximise(AblatedTextPane.class, false);
        });
    }

    /** A list of interventions, and what it does to the prompt, to examples and to the corpus. */
    private void effects() {
        if (camera.isWanted("interventions") || camera.isWanted("effects")) {
            Toolkit.run(() -> showPrompts(PROMPTS));
            camera.settle();
        }
        Runnable intervene = () -> models().interventions().set(InterventionList.parse(INTERVENTIONS));
        Runnable none = () -> models().interventions().set(InterventionList.NONE);
        camera.both(
                "interventions",
                () -> {
                    intervene.run();
                    app.view().maximise(InterventionsPane.class, true);
                },
                () -> {
                    app.view().maximise(InterventionsPane.class, false);
                    none.run();
                });
        for (EffectsModel.Over over : EffectsModel.Over.values()) {
            String name = "effects-" + over.name().toLowerCase(Locale.ROOT);
            if (!camera.isWanted(name) || !camera.has(Camera.Need.COUNTS, name)) {
                continue;
            }
            Toolkit.run(() -> {
                intervene.run();
                models().effects().over().set(over);
                app.view().maximise(EffectsPane.class, true);
            });
            camera.until(
                    "effects",
                    Camera.PICTURE_MILLIS,
                    () -> !models().effects().status().getValue().pending()
                            && !models().effects().moved().isPending()
                            && !models().effects().overCorpus().isPending());
            camera.both(name, () -> {}, () -> {
                app.view().maximise(EffectsPane.class, false);
                models().effects().over().set(EffectsModel.Over.PROMPT);
                none.run();
            });
        }
    }

    /** Text that makes the feature most active: while it is searched for, and the best of it chosen. */
    private void dream() {
        if (!camera.isWanted("dream") || !camera.has(Camera.Need.COUNTS, "dream")) {
            return;
        }
        Toolkit.run(() -> {
            app.view().run("dream");
            models().dream().iterations().set(Integer.toString(DREAMT));
            models().dream().start();
        });
        camera.until(
                "text to be found",
                COUNTING_MILLIS,
                () -> !models().dream().search().isPending()
                        && !models().dream().corpus().isPending());
        camera.both(
                "dream",
                () -> models().dream().search().getValue().best().ifPresent(best -> {
                    models().dream().choose(new TextMeasures.Text(List.of(), best.ids()));
                    models().dream().toPrompt(best.ids());
                }),
                () -> app.view().run(FIRST_VIEW));
    }

    /** The pane of doses: as it waits, and with the curves of few doses. */
    private void doses() {
        if (!camera.isWanted("prompts-dose") && !camera.isWanted("prompts-dose-share")) {
            return;
        }
        Toolkit.run(() -> {
            models().doses().settings().set(new DoseModel.Settings(3, 5, 1, 8, 4, "colour,red,blue"));
            models().doses().start();
        });
        camera.until(
                "the doses", COUNTING_MILLIS, () -> !models().doses().answer().isPending());
        camera.both(
                "prompts-dose",
                () -> {
                    showPrompts(PROMPTS);
                    app.view().maximise(DosePane.class, true);
                },
                () -> app.view().maximise(DosePane.class, false));
    }

    private void showPrompts(PromptPair pair) {
        models().prompt().pair().set(pair);
        app.view().run("view-text");
    }

    /** The page of the evaluation, measured on the beginning of the corpus. */
    private void evaluation() {
        if (!camera.isWanted("evaluation") || !camera.has(Camera.Need.COUNTS, "evaluation")) {
            return;
        }
        Toolkit.run(() -> models().evaluation(workbench().a()).measure(EVALUATED));
        camera.until(
                "the evaluation",
                COUNTING_MILLIS,
                () -> !models().evaluation(workbench().a()).running().get());
        camera.both("evaluation", () -> app.view().run("evaluate"), app.view()::dismiss);
    }

    /** The batch page, with the results of the first few features. */
    private void batch() {
        if ((!camera.isWanted("batch") && !camera.isWanted("batch-running"))
                || !camera.has(Camera.Need.COUNTS, "batch")) {
            return;
        }
        Path lines = cache.resolve("tour-features.jsonl");
        if (!Toolkit.call(() -> lines.toFile().delete() || !lines.toFile().exists())) {
            context.warn(lines + " of an earlier tour cannot be deleted, so many features are not shown");
            return;
        }
        Toolkit.run(() -> {
            models().batch()
                    .start(
                            models().table().rows().stream().limit(BATCHED).toList(),
                            EnumSet.complementOf(EnumSet.of(BatchPlan.Part.COST)),
                            BATCH_NODES,
                            lines);
            app.view().run("batch");
        });
        camera.until(
                "the first features",
                Camera.PICTURE_MILLIS,
                () -> models().batch().rows().size() >= BATCHED / 2
                        || !models().batch().running().get());
        camera.take("batch-running");
        camera.until(
                "the batch", COUNTING_MILLIS, () -> !models().batch().running().get());
        camera.both(Camera.Need.COUNTS, "batch", () -> {}, app.view()::dismiss);
    }

    /** Those given; else the first two beside the model, whatever they are. */
    private List<Path> checkpoints() {
        if (!route.saes().isEmpty()) {
            return List.copyOf(route.saes().keySet());
        }
        camera.until(
                "checkpoints beside the model to be found",
                Camera.PICTURE_MILLIS,
                () -> !models().nearby().searchingProperty().get());
        return Toolkit.call(() -> models().nearby().paths().stream().limit(2).toList());
    }

    /** Opens a checkpoint, and waits until it shows something or has been refused. */
    private void open(CheckpointSide side, Path path) {
        Toolkit.run(() ->
                workbench().openCheckpoint(side, path, route.saes().getOrDefault(path, SaeOptions.AS_STORED)));
        camera.until(path + " to open", COUNTING_MILLIS, () -> !side.opening().get());
    }

    /** A sentence about what a picture needs and there is not; empty if nothing is missing. */
    private Optional<String> lack(Camera.Need need) {
        return Toolkit.call(() -> lack(workbench().a(), need == Camera.Need.EXAMPLE ? Camera.Need.COUNTS : need)
                .or(() -> need == Camera.Need.BOTH ? lack(workbench().b(), Camera.Need.CHECKPOINT) : Optional.empty())
                .or(() -> need != Camera.Need.EXAMPLE || hasExample()
                        ? Optional.empty()
                        : Optional.of("The feature has no example in the corpus")));
    }

    private Optional<String> lack(CheckpointSide side, Camera.Need need) {
        if (side.sae().get() == null) {
            Problem problem = side.problem().get();
            return Optional.of(
                    problem != null
                            ? problem.message()
                            : side.opening().get()
                                    ? "The checkpoint is still being opened"
                                    : "There is no checkpoint beside the model, or none that says how it is to "
                                            + "be read");
        }
        if (need == Camera.Need.COUNTS && models().statistics().index(side).get() == null) {
            Problem problem = models().statistics().problem(side).get();
            return Optional.of(
                    problem != null
                            ? problem.message()
                            : models().statistics().counting(side).get()
                                    ? "The corpus is still being counted"
                                    : "There is no corpus to count over");
        }
        return Optional.empty();
    }

    private boolean hasExample() {
        List<loupe.state.corpus.ExamplesModel.Group> sections =
                models().a().examples().examples().getValue();
        return sections != null
                && !sections.isEmpty()
                && !sections.get(0).examples().isEmpty();
    }

    private void showAllFeaturesAndText() {
        app.view().run("all-features");
        app.view().run("text");
        app.view().run("together");
    }

    private void showFeatureAndExamples() {
        app.view().run("this-feature");
        app.view().run("examples");
        app.view().run("together");
    }

    /** The sample's own; else the strongest of the rare features: one whose examples a newcomer understands at once. */
    private void chooseTypicalFeature() {
        Toolkit.run(() -> {
            if (UserFolders.ofUser()
                    .sample()
                    .filter(sample -> sample.resolve("sae-topk")
                            .equals(workbench().a().sae().get().path()))
                    .isPresent()) {
                models().table().jumpTo(Sample.FEATURE);
                return;
            }
            int best = 0;
            double strongest = Double.NEGATIVE_INFINITY;
            for (int feature = 0; feature < models().table().size(); feature++) {
                double density = models().table().number(FeatureColumn.DENSITY, feature);
                double max = models().table().number(FeatureColumn.MAX, feature);
                if (density > RAREST && density < COMMONEST && max > strongest) {
                    strongest = max;
                    best = feature;
                }
            }
            models().table().jumpTo(best);
        });
    }

    private boolean isQuiet() {
        return quiet(models().a())
                && listIsFiltered()
                && !models().scales().sweep().isPending()
                && !models().scatter().points().isPending()
                && !models().text().tokens().isPending()
                && !models().prompt().reading().isPending()
                && !models().predictions().predictions().isPending()
                && !models().generation().texts().isPending()
                && !models().patching().status().getValue().pending()
                && !models().kinds().points().isPending()
                && !models().enrichment().scores().isPending()
                && !models().embedding().geometry().isPending()
                && !models().embedding().random().isPending()
                && !models().attribution().status().getValue().pending()
                && !models().circuit().status().getValue().pending()
                && (workbench().b().sae().get() == null || quiet(models().b()));
    }

    /**
     * Whether the token list is filtered already: the traits that a filter needs are computed when it is first used.
     */
    private boolean listIsFiltered() {
        TokenMask passing = models().controls().filter().get().isNone()
                ? TokenMask.ALL
                : models().a().tokens().mask().getValue();
        TokenList shown = models().a().tokens().list().getValue();
        return shown == null || shown.settings().mask().equals(passing);
    }

    private static boolean quiet(loupe.state.SideModels side) {
        return !side.tree().tree().isPending()
                && !side.tree().clean().isPending()
                && !side.comparison().diff().isPending()
                && !side.tokens().list().isPending()
                && !side.tokens().columns().isPending()
                && !side.tokens().mask().isPending()
                && !side.tokens().bothSides().isPending()
                && !side.neighbours().neighbours().isPending()
                && !side.logits().weights().isPending()
                && !side.examples().examples().isPending()
                && !side.histogram().histogram().isPending()
                && !side.text().reading().isPending()
                && side.textFeatures().isQuiet()
                && !side.examples().ablation().answer().isPending()
                && side.together().isQuiet();
    }

    private Workbench workbench() {
        return app.models().workbench();
    }

    private WorkbenchModels models() {
        return app.models();
    }

    private void resize(double width, double height) {
        stage.setWidth(width);
        stage.setHeight(height);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
