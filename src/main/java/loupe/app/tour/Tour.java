package loupe.app.tour;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import javafx.embed.swing.SwingFXUtils;
import javafx.scene.image.WritableImage;
import javafx.stage.Stage;
import javax.imageio.ImageIO;
import loupe.analysis.batch.BatchPlan;
import loupe.analysis.ghost.TreeBaseline;
import loupe.analysis.tokens.TokenFilter;
import loupe.analysis.tokens.TokenList;
import loupe.analysis.tokens.TokenMask;
import loupe.analysis.tokens.TokenScript;
import loupe.app.cli.CommandContext;
import loupe.app.window.Toolkit;
import loupe.app.window.UserFolders;
import loupe.app.window.WorkbenchApp;
import loupe.state.WorkbenchModels;
import loupe.state.features.FeatureColumn;
import loupe.state.ghost.GhostKnobs;
import loupe.state.ghost.SteeringValues;
import loupe.state.window.Workbench;
import loupe.ui.tree.TreePane;
import loupe.ui.window.PaneKind;
import org.jspecify.annotations.Nullable;

/**
 * Goes through the workbench's panes and states and takes a picture of each, light and dark. One thread, not JavaFX's.
 */
final class Tour {
    private static final double WIDTH_PIXELS = 1280;
    private static final double HEIGHT_PIXELS = 800;
    private static final double SMALL_WIDTH_PIXELS = 1024;
    private static final double SMALL_HEIGHT_PIXELS = 700;
    private static final double RAREST = 0.0003;
    private static final double COMMONEST = 0.005;
    private static final double PICTURES = 90;
    private static final int BATCHED = 24;
    private static final int BATCH_NODES = 60;
    private static final long POLL_MILLIS = 40;
    private static final long PATIENCE_MILLIS = 600_000;
    private static final long SETTLE_MILLIS = 400;

    private final CommandContext context;
    private final WorkbenchApp.Opening opening;
    private final Path out;
    private final @Nullable Path kept;
    private final String only;
    private final List<String> pictures = new ArrayList<>();

    @SuppressWarnings("NullAway.Init") // made when the tour begins
    private WorkbenchApp app;

    @SuppressWarnings("NullAway.Init") // made when the tour begins
    private Stage stage;

    @SuppressWarnings("NullAway.Init") // made when the tour begins
    private Path cache;

    /**
     * @param cache where passes over a corpus are kept; null for a folder that is gone afterwards
     * @param only part of the names of the pictures wanted; empty for all
     */
    Tour(CommandContext context, WorkbenchApp.Opening opening, Path out, @Nullable Path cache, String only) {
        this.kept = cache;
        this.only = only;
        this.context = context;
        this.opening = opening;
        this.out = out;
    }

    /**
     * Takes all pictures.
     *
     * @return the names of the pictures, in order
     */
    List<String> run() throws IOException {
        cache = kept == null ? Files.createTempDirectory("loupe-tour") : kept;
        try {
            Toolkit.run(() -> {
                app = new WorkbenchApp(context.service(), null, cache);
                stage = new Stage();
                app.show(stage, () -> {});
                resize(WIDTH_PIXELS, HEIGHT_PIXELS);
            });
            visit();
            return pictures;
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

    private void visit() {
        settle(() -> true);
        take("empty");
        Toolkit.run(() -> app.openFirst(new WorkbenchApp.Opening(
                opening.model(), opening.saes().stream().limit(1).toList())));
        until(
                "the model to open",
                () -> workbench().model().get() != null
                        || workbench().modelProblem().get() != null);
        settle(() -> true);
        Path first = opening.saes().isEmpty() ? null : opening.saes().get(0);
        until(
                "checkpoints to be found",
                () -> first != null || !models().nearby().paths().isEmpty());
        Path a = first != null
                ? first
                : Toolkit.call(() -> models().nearby().paths().get(0));
        if (first == null) {
            Toolkit.run(
                    () -> workbench().openCheckpoint(workbench().a(), a, loupe.sae.checkpoint.SaeOptions.AS_STORED));
        }
        until(
                "checkpoint A to open",
                () -> workbench().a().sae().get() != null
                        || workbench().a().problem().get() != null);
        until("the tree to begin", () -> models().a().tree().tree().getValue() != null);
        take("counting");
        until(
                "activations to be counted",
                () -> !models().statistics().counting(workbench().a()).get());
        until("the feature table to fill", () -> !models().table().filling().get());
        chooseTypicalFeature();
        settle(this::isQuiet);
        both("workbench");
        one(
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
        one(
                "examples-intervals",
                () -> models().a().examples().choice().set(loupe.state.corpus.ExamplesModel.Choice.INTERVALS),
                () -> models().a().examples().choice().set(loupe.state.corpus.ExamplesModel.Choice.TOP));
        one(
                "examples-near-misses",
                () -> models().a().examples().choice().set(loupe.state.corpus.ExamplesModel.Choice.NEAR_MISSES),
                () -> models().a().examples().choice().set(loupe.state.corpus.ExamplesModel.Choice.TOP));
        one(
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
        one(
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
        both("all-features", () -> app.view().run("all-features"), () -> {});
        both(
                "all-features-marked",
                () -> models().table().filter().set("density>=1e-3 density<=2e-2 max>=4 max<=7"),
                () -> {
                    models().table().filter().set("");
                    app.view().run("this-feature");
                });
        one("text-empty", () -> app.view().run("text"), () -> {});
        both(
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
        both("together", () -> app.view().run("together"), () -> {});
        one(
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
        one(
                "decoder-ghost",
                () -> models().controls().encoderMix().set(0),
                () -> models().controls().encoderMix().set(1));
        one(
                "neighbours-of-tokens",
                () -> models().a().neighbours().among().set(loupe.state.nearest.NeighboursModel.Among.TOKENS),
                () -> models().a().neighbours().among().set(loupe.state.nearest.NeighboursModel.Among.FEATURES));
        one(
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
        one(
                "components",
                () -> {
                    models().controls().components().set(3);
                    models().controls().pca(0).set(0.1);
                    models().controls().pca(2).set(0.05);
                },
                () -> models().controls().components().set(1));
        Toolkit.run(() -> models().controls().pca(0).set(0));
        both(
                "tokens-filtered",
                () -> models().controls()
                        .filter()
                        .set(TokenFilter.NONE
                                .withScripts(Set.of(TokenScript.LATIN))
                                .withLettersOnly(true)
                                .withLength(3, 12)),
                () -> models().controls().filter().set(TokenFilter.NONE));
        both(
                "token-sides",
                () -> models().a().tokens().sides().set(true),
                () -> models().a().tokens().sides().set(false));
        both(
                "scale-sweep",
                () -> models().scales().open().set(true),
                () -> models().scales().open().set(false));
        both(
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
        both(
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
        both(
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
        for (PaneKind kind : PaneKind.ALL) {
            both(
                    "pane-" + kind.id(),
                    () -> app.view().maximise(kind.type(), true),
                    () -> app.view().maximise(kind.type(), false));
        }
        both("reading", () -> app.view().run("audit-a"), app.view()::dismiss);
        both("corpus", () -> app.view().run("corpus-details"), app.view()::dismiss);
        batch();
        both("palette", () -> app.view().run("palette"), app.view()::dismiss);
        both("shortcuts", () -> app.view().run("shortcuts"), app.view()::dismiss);
        one(
                "problem",
                () -> workbench()
                        .openCheckpoint(
                                workbench().a(),
                                Objects.requireNonNull(opening.model()).resolve("config.json"),
                                loupe.sae.checkpoint.SaeOptions.AS_STORED),
                () -> workbench().dismissProblem(workbench().a()));
        compare(a);
        Toolkit.run(() -> resize(SMALL_WIDTH_PIXELS, SMALL_HEIGHT_PIXELS));
        settle(this::isQuiet);
        both("small-compare");
        Toolkit.run(() -> workbench().closeCheckpoint(workbench().b()));
        settle(this::isQuiet);
        both("small");
        both("small-all-features-and-text", this::showAllFeaturesAndText, this::showFeatureAndExamples);
    }

    /** The batch page, with the results of the first few features. */
    private void batch() {
        if (!isWanted("batch") && !isWanted("batch-running")) {
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
                            EnumSet.allOf(BatchPlan.Part.class),
                            BATCH_NODES,
                            lines);
            app.view().run("batch");
        });
        until("the first features", () -> models().batch().rows().size() >= BATCHED / 2);
        take("batch-running");
        until("the batch", () -> !models().batch().running().get());
        both("batch", () -> {}, app.view()::dismiss);
    }

    private void compare(Path a) {
        Path other = opening.saes().size() > 1
                ? opening.saes().get(1)
                : Toolkit.call(() -> models().nearby().paths().stream()
                        .filter(path -> !path.equals(a.toAbsolutePath().normalize()))
                        .findFirst()
                        .orElse(a));
        Toolkit.run(
                () -> workbench().openCheckpoint(workbench().b(), other, loupe.sae.checkpoint.SaeOptions.AS_STORED));
        until(
                "checkpoint B to open",
                () -> workbench().b().sae().get() != null
                        || workbench().b().problem().get() != null);
        until(
                "B to be counted",
                () -> !models().statistics().counting(workbench().b()).get());
        settle(this::isQuiet);
        both("compare");
        both("compare-all-features-and-text", this::showAllFeaturesAndText, this::showFeatureAndExamples);
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
                models().table().jumpTo(WorkbenchApp.SAMPLE_FEATURE);
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

    private void one(String name, Runnable before, Runnable after) {
        if (!isWanted(name)) {
            return;
        }
        Toolkit.run(before);
        settle(this::isQuiet);
        take(name);
        Toolkit.run(after);
        settle(this::isQuiet);
    }

    private void both(String name) {
        both(name, () -> {}, () -> {});
    }

    private boolean isWanted(String name) {
        return name.contains(only);
    }

    private void both(String name, Runnable before, Runnable after) {
        if (!isWanted(name)) {
            return;
        }
        Toolkit.run(before);
        settle(this::isQuiet);
        take(name + "-light");
        Toolkit.run(() -> models().dark().set(true));
        settle(() -> true);
        take(name + "-dark");
        Toolkit.run(() -> models().dark().set(false));
        Toolkit.run(after);
        settle(() -> true);
    }

    /** Waits until no computation runs and the window has been drawn again. */
    private void settle(BooleanSupplier quiet) {
        BooleanSupplier still = () -> quiet.getAsBoolean() && app.view().isArranged();
        until("the panes to fill", still);
        pause(SETTLE_MILLIS);
        until("the panes to fill", still);
    }

    private void until(String what, BooleanSupplier done) {
        long patience = System.currentTimeMillis() + PATIENCE_MILLIS;
        while (!Toolkit.call(done::getAsBoolean)) {
            context.cancellation().check();
            if (System.currentTimeMillis() > patience) {
                context.warn("gave up waiting for " + what);
                return;
            }
            pause(POLL_MILLIS);
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void take(String name) {
        if (!isWanted(name)) {
            return;
        }
        String file = String.format(Locale.ROOT, "%02d-%s.png", pictures.size() + 1, name);
        BufferedImage picture = Toolkit.call(() -> {
            WritableImage image = app.view().scene().snapshot(null);
            return SwingFXUtils.fromFXImage(image, null);
        });
        BufferedImage opaque = new BufferedImage(picture.getWidth(), picture.getHeight(), BufferedImage.TYPE_INT_RGB);
        opaque.createGraphics().drawImage(picture, 0, 0, null);
        try {
            ImageIO.write(opaque, "png", out.resolve(file).toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        pictures.add(file);
        context.progress().show(Math.min(1, pictures.size() / PICTURES));
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
