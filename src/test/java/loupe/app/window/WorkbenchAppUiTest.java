package loupe.app.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.StreamHandler;
import javafx.application.Platform;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.stage.Stage;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.base.HookPoint;
import loupe.inference.Device;
import loupe.inference.LocalInferenceService;
import loupe.sae.checkpoint.SaeOptions;
import loupe.sae.checkpoint.TensorRoles;
import loupe.search.FeatureColumn;
import loupe.state.WorkbenchModels;
import loupe.state.corpus.ExamplesModel;
import loupe.state.features.TableArrangement;
import loupe.state.window.Brush;
import loupe.state.window.FeatureRef;
import loupe.state.window.Look;
import loupe.state.window.Session;
import loupe.state.window.SessionFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testfx.util.WaitForAsyncUtils;

/** The workbench from start to end, without a screen. */
@Tag("ui")
class WorkbenchAppUiTest {
    private static final int PATIENCE_SECONDS = 120;

    @TempDir
    static Path folder;

    private static Path model;
    private static Path sae;

    @BeforeAll
    static void start() throws IOException {
        Toolkit.withoutScreen();
        Toolkit.start();
        model = TinyModel.writeTo(folder.resolve("tiny"));
        sae = TinySae.writeTo(folder.resolve("first"), 1);
        Files.writeString(folder.resolve("corpus.txt"), "the cat sat on the mat. ".repeat(20));
    }

    @Test
    void aWindowThatComesUpSmallLateHasItsSizeGivenBack() {
        try (LocalInferenceService service = new LocalInferenceService(Device.CPU)) {
            WorkbenchApp app = open(service, new SessionFile(folder.resolve("small.json")), Opening.LAST);
            Stage shown = (Stage) Toolkit.call(() -> app.view().scene().getWindow());
            double width = Toolkit.call(shown::getWidth);
            until(() -> shown.getMinWidth() > 0);
            Toolkit.run(
                    () -> { // as openbox does when it maps the window only now
                        shown.setWidth(shown.getMinWidth());
                        shown.setHeight(shown.getMinHeight());
                    });
            until(() -> shown.getWidth() == width);
            Toolkit.run(app::close);
        }
    }

    @Test
    void theNextStartShowsWhatWasOpenAtTheEndOfThisOne() {
        SessionFile memory = new SessionFile(folder.resolve("session.json"));
        try (LocalInferenceService service = new LocalInferenceService(Device.CPU)) {
            WorkbenchApp first = open(service, memory, new Opening(model, List.of(sae)));
            until(() -> first.models().workbench().a().feature().get() != null
                    && first.models().controls().geometry().get() != null);
            Toolkit.run(() -> {
                first.models().table().jumpTo(7);
                first.models()
                        .controls()
                        .scale()
                        .set(first.models().controls().range().get().natural() * 2);
                first.models().look().set(Look.HIGH_CONTRAST);
            });
            double scale =
                    Toolkit.call(() -> first.models().controls().values().get().scale());
            endAndClose(first);

            WorkbenchApp second = open(service, memory, Opening.LAST);
            until(() -> second.models().workbench().a().feature().get() != null
                    && second.models().workbench().a().feature().get().feature() == 7);
            FeatureRef feature =
                    Toolkit.call(() -> second.models().workbench().a().feature().get());
            assertThat(feature.sae().name()).isEqualTo("first");
            until(() -> second.models().controls().geometry().get() != null);
            assertThat(Toolkit.<Double>call(
                            () -> second.models().controls().values().get().scale()))
                    .isEqualTo(scale);
            assertThat(Toolkit.<Look>call(() -> second.models().look().get())).isEqualTo(Look.HIGH_CONTRAST);
            until(() -> second.models()
                            .statistics()
                            .index(second.models().workbench().a())
                            .get()
                    != null);
            endAndClose(second);
        }
    }

    @Test
    void whatWasChosenFilteredTypedAndTornOffComesBackAndSoDoesASessionKeptUnderAName() throws IOException {
        SessionFile memory =
                new SessionFile(Files.createDirectories(folder.resolve("whole")).resolve("session.json"));
        Path other = TinySae.writeTo(folder.resolve("other"), 2);
        List<TableArrangement.Column> columns = List.of(
                new TableArrangement.Column(FeatureColumn.DECODER_NORM),
                new TableArrangement.Column(FeatureColumn.NUMBER),
                new TableArrangement.Column(FeatureColumn.PROMOTED, 222));
        try (LocalInferenceService service = new LocalInferenceService(Device.CPU)) {
            WorkbenchApp first = open(service, memory, new Opening(model, List.of(sae, other)));
            until(() -> first.models().workbench().b().feature().get() != null);
            Toolkit.run(() -> {
                WorkbenchModels models = first.models();
                models.table().jumpTo(4);
                models.table().filter().set("norm>0");
                models.table().arrangement().columns().set(columns);
                models.table().arrangement().sort(new TableArrangement.Sorting(FeatureColumn.DECODER_NORM, true));
                models.compare().pin(OptionalInt.of(6));
                models.text().text().set("the cat");
                models.a().examples().choice().set(ExamplesModel.Choice.RANDOM);
                models.workbench().selection().brush(new Brush("histogram", "activation", 1, 2));
                first.view().run("view-corpus");
            });
            endAndClose(first);
            Session ended = memory.load();
            Map<String, String> torn = new HashMap<>(ended.settings());
            torn.put("window.text-A", "40 50 320 240");
            torn.put("window.tree-A", "99999 99999 500 400");
            memory.save(new Session(
                    ended.model(),
                    ended.checkpoints(),
                    ended.feature(),
                    torn,
                    ended.window(),
                    ended.views(),
                    false,
                    13,
                    ended.recent()));

            WorkbenchApp second = open(service, memory, Opening.LAST);
            until(() -> isAsBefore(second, columns));
            assertThat(Toolkit.<Map<String, String>>call(() -> second.view().rememberedWindows()))
                    .containsEntry("window.text-A", "40 50 320 240");
            Toolkit.run(() -> second.models().sessions().keep("colours", () -> {}));
            until(() -> second.models().sessions().find("colours").isPresent());
            Toolkit.run(() -> {
                second.models().table().filter().set("norm>9e9");
                second.models().table().arrangement().reset();
                second.models().text().text().set("");
                second.models()
                        .workbench()
                        .closeCheckpoint(second.models().workbench().b());
                second.view().run("view-features");
                second.models().look().set(Look.DARK);
            });
            assertThat(isNow(second, columns)).isFalse();
            Toolkit.run(() -> second.models().sessions().open("colours", () -> {}));
            until(() -> isAsBefore(second, columns));
            assertThat(Toolkit.<Look>call(() -> second.models().look().get()))
                    .as("looks are not part of what was kept")
                    .isEqualTo(Look.DARK);
            assertThat(Toolkit.<Optional<String>>call(
                            () -> second.models().undoOrder().undoable()))
                    .isEmpty();
            endAndClose(second);

            Session kept = memory.load();
            Map<String, String> broken = new HashMap<>(kept.settings());
            broken.put("table.filter", "foo>3");
            broken.put("ghost.filter", ";EITHER;false;0;99;0.0;true;(");
            memory.save(new Session(
                    kept.model(), List.of(), -1, broken, kept.window(), kept.views(), false, 13, kept.recent()));
            WorkbenchApp third = open(service, memory, Opening.LAST);
            assertThat(Toolkit.<String>call(
                            () -> third.models().table().filter().get()))
                    .isEmpty();
            assertThat(Toolkit.<Boolean>call(
                            () -> third.models().controls().filter().get().isNone()))
                    .isTrue();
            endAndClose(third);
        }
    }

    private static boolean isNow(WorkbenchApp app, List<TableArrangement.Column> columns) {
        return Toolkit.call(() -> isAsBefore(app, columns));
    }

    /** Whether a window shows what the one before was left with; JavaFX thread only. */
    private static boolean isAsBefore(WorkbenchApp app, List<TableArrangement.Column> columns) {
        WorkbenchModels models = app.models();
        FeatureRef a = models.workbench().a().feature().get();
        FeatureRef b = models.workbench().b().feature().get();
        return a != null
                && a.feature() == 4
                && b != null
                && b.feature() == 6
                && Integer.valueOf(6).equals(models.compare().pinned().get())
                && models.table().filter().get().equals("norm>0")
                && models.table().arrangement().columns().get().equals(columns)
                && models.table()
                        .arrangement()
                        .sorting()
                        .get()
                        .equals(new TableArrangement.Sorting(FeatureColumn.DECODER_NORM, true))
                && models.text().text().get().equals("the cat")
                && models.a().examples().choice().get() == ExamplesModel.Choice.RANDOM
                && new Brush("histogram", "activation", 1, 2)
                        .equals(models.workbench().selection().brush().get())
                && app.view().rememberedViews().path("view").asText().equals("corpus")
                && app.view().rememberedWindows().size() == 2;
    }

    @Test
    void aWindowThatIsKilledHasLostNoMoreThanTheLastSeconds() {
        Path file = folder.resolve("kept/session.json");
        try (LocalInferenceService service = new LocalInferenceService(Device.CPU)) {
            WorkbenchApp app = open(service, new SessionFile(file), new Opening(model, List.of(sae)));
            until(() -> app.models().workbench().a().feature().get() != null);
            Toolkit.run(() -> app.models().table().jumpTo(5));
            until(() -> new SessionFile(file).load().feature() == 5);
            assertThat(new SessionFile(file).load().model()).isEqualTo(model.toString());
            assertThat(new SessionFile(file).load().checkpoints()).hasSize(1);
            Toolkit.run(() -> app.models().look().set(Look.DARK));
            until(() -> new SessionFile(file).load().dark());
            endAndClose(app);
        }
        assertThat(file.resolveSibling(".session.json.lock")).doesNotExist();
    }

    @Test
    void aWindowThatIsToldToEndHasLostNothing() {
        Path file = folder.resolve("told/session.json");
        try (LocalInferenceService service = new LocalInferenceService(Device.CPU)) {
            WorkbenchApp app = open(service, new SessionFile(file), new Opening(model, List.of(sae)));
            until(() -> app.models().workbench().a().feature().get() != null);
            Platform.runLater(() -> app.models().table().jumpTo(3));
            app.keepSession();
            assertThat(new SessionFile(file).load().feature()).isEqualTo(3);
            endAndClose(app);
        }
    }

    @Test
    void aWindowThatIsClosedWhileItOpensFilesKeepsThem() throws IOException {
        SessionFile memory = new SessionFile(folder.resolve("hasty/session.json"));
        memory.save(new Session(
                model.toString(),
                List.of(new Session.Checkpoint(sae.toString(), Map.of())),
                5,
                Map.of(),
                null,
                null,
                false,
                13,
                List.of()));
        try (LocalInferenceService service = new LocalInferenceService(Device.CPU)) {
            Toolkit.run(() -> {
                WorkbenchApp app = new WorkbenchApp(service, memory, folder.resolve("indexes"));
                app.show(new Stage(), () -> {});
                app.openFirst(Opening.LAST);
                app.view().run("quit");
                app.close();
            });
        }
        assertThat(memory.load().model()).isEqualTo(model.toString());
        assertThat(memory.load().checkpoints()).hasSize(1);
        assertThat(memory.load().feature()).isEqualTo(5);
    }

    @Test
    void aWindowThatIsClosedAsksOnlyWhenSomethingWouldBeLost() {
        try (LocalInferenceService service = new LocalInferenceService(Device.CPU)) {
            WorkbenchApp app = open(service, null, new Opening(null, List.of()));
            Runnable written =
                    Toolkit.call(() -> app.models().workbench().activity().unfinished("scores.csv is being written"));
            Toolkit.run(() -> {
                app.view().run("quit");
                assertThat(app.view().scene().getWindow().isShowing()).isTrue();
                assertThat(((Label) app.view().scene().lookup("#closing-losses")).getText())
                        .isEqualTo("scores.csv is being written");
                ((Button) app.view().scene().lookup("#closing-stay")).fire();
                assertThat(app.view().scene().lookup("#closing-losses")).isNull();
                app.view().run("quit");
            });
            written.run();
            until(() -> app.models().losses().isEmpty());
            endAndClose(app);
        }
    }

    @Test
    void aDamagedSessionDoesNotKeepTheWindowFromStarting() throws IOException {
        Path file = Files.createDirectories(folder.resolve("damaged")).resolve("session.json");
        Files.writeString(file, "null");
        try (LocalInferenceService service = new LocalInferenceService(Device.CPU)) {
            WorkbenchApp app = open(service, new SessionFile(file), new Opening(model, List.of()));
            assertThat(Toolkit.<String>call(
                            () -> app.models().workbench().notices().all().toString()))
                    .contains("session.json.damaged-1");
            until(() -> app.models().workbench().model().get() != null);
            assertThat(endAndClose(app)).as("on standard error").isEmpty();
        }
    }

    @Test
    void choicesThatAreNotUnderstoodAreLeftOutWithANotice() throws IOException {
        Path file = Files.createDirectories(folder.resolve("odd")).resolve("session.json");
        Files.writeString(
                file,
                new com.fasterxml.jackson.databind.ObjectMapper()
                        .writeValueAsString(Map.of(
                                "model",
                                model.toString(),
                                "checkpoints",
                                List.of(Map.of("path", sae.toString(), "options", Map.of("k", "abc"))))));
        try (LocalInferenceService service = new LocalInferenceService(Device.CPU)) {
            WorkbenchApp app = open(service, new SessionFile(file), Opening.LAST);
            until(() -> app.models().workbench().a().sae().get() != null);
            assertThat(Toolkit.<String>call(
                            () -> app.models().workbench().notices().all().toString()))
                    .contains("are not understood and left out");
            endAndClose(app);
        }
    }

    @Test
    void closingGivesTheMemoryOfModelAndCheckpointBack() {
        try (LocalInferenceService service = new LocalInferenceService(Device.CPU)) {
            WorkbenchApp app = open(service, null, new Opening(model, List.of(sae)));
            until(() -> app.models().workbench().a().sae().get() != null
                    && service.status().residentBytes() > 0);
            Toolkit.run(() -> app.models().workbench().closeModel());
            until(() -> service.status().residentBytes() == 0);
            endAndClose(app);
        }
    }

    @Test
    void whatTheUserSaidAboutACheckpointIsKeptAndUnderstoodAgain() {
        SaeOptions said = SaeOptions.builder()
                .format(Optional.of("tokenized"))
                .k(OptionalInt.of(30))
                .hook(Optional.of(HookPoint.residPre(8)))
                .normFactor(java.util.OptionalDouble.of(1.5))
                .centred(Optional.of(true))
                .fold(true)
                .tensors(Optional.of(TensorRoles.parse("encoder:rows=a,decoder=b")))
                .build();
        assertThat(KeptOptions.understood(KeptOptions.kept(said))).contains(said);
        assertThat(KeptOptions.understood(Map.of())).contains(SaeOptions.AS_STORED);
    }

    private static WorkbenchApp open(LocalInferenceService service, SessionFile memory, Opening what) {
        return Toolkit.call(() -> {
            WorkbenchApp app = new WorkbenchApp(service, memory, folder.resolve("indexes"));
            app.show(new Stage(), () -> {});
            app.openFirst(what);
            return app;
        });
    }

    /** Ends a window; the warnings of style sheets that this wrote to standard error. */
    private static List<String> endAndClose(WorkbenchApp app) {
        List<String> warnings = new CopyOnWriteArrayList<>();
        Handler listening = new StreamHandler() {
            @Override
            public void publish(LogRecord record) {
                warnings.add(record.getMessage());
            }
        };
        Logger css = Logger.getLogger("javafx.css");
        css.addHandler(listening);
        Toolkit.run(() -> {
            var window = app.view().scene().getWindow();
            app.view().run("quit");
            assertThat(window.isShowing()).isFalse();
            app.close();
        });
        css.removeHandler(listening);
        // a pass that was stopped still holds its folder for a moment, which the next window wants
        until(() -> app.models().workbench().activity().jobs().isEmpty());
        return warnings;
    }

    private static void until(Callable<Boolean> condition) {
        try {
            WaitForAsyncUtils.waitFor(
                    PATIENCE_SECONDS,
                    TimeUnit.SECONDS,
                    () -> WaitForAsyncUtils.waitForAsyncFx(PATIENCE_SECONDS * 1000L, condition));
        } catch (TimeoutException late) {
            throw new AssertionError("the condition did not hold within " + PATIENCE_SECONDS + " s", late);
        }
    }
}
