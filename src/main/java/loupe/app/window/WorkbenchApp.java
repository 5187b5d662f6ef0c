package loupe.app.window;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javafx.animation.KeyFrame;
import javafx.animation.Timeline;
import javafx.application.Platform;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.value.ChangeListener;
import javafx.beans.value.ObservableValue;
import javafx.event.EventHandler;
import javafx.geometry.Rectangle2D;
import javafx.scene.input.InputEvent;
import javafx.scene.input.KeyEvent;
import javafx.scene.input.MouseEvent;
import javafx.stage.Screen;
import javafx.stage.Stage;
import javafx.stage.WindowEvent;
import javafx.util.Duration;
import loupe.base.Cancellation;
import loupe.base.Problem;
import loupe.inference.InferenceService;
import loupe.inference.OpenSae;
import loupe.labels.LabelFile;
import loupe.sae.checkpoint.SaeOptions;
import loupe.state.WorkbenchModels;
import loupe.state.window.Activity;
import loupe.state.window.CheckpointSide;
import loupe.state.window.CorpusFiles;
import loupe.state.window.FeatureRef;
import loupe.state.window.Look;
import loupe.state.window.Notices;
import loupe.state.window.Sample;
import loupe.state.window.Session;
import loupe.state.window.SessionFile;
import loupe.state.window.Side;
import loupe.state.window.Workbench;
import loupe.ui.pane.WindowPlace;
import loupe.ui.window.AppIcon;
import loupe.ui.window.ChartWarmUp;
import loupe.ui.window.SystemSaveDialog;
import loupe.ui.window.WorkbenchView;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The workbench: its object graph, built by hand and closed in reverse order, and the opening of the first model and
 * checkpoints. JavaFX thread only, but {@link #runToTheEnd}.
 */
public final class WorkbenchApp implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkbenchApp.class);
    private static final long CANCELLATION_POLL_MILLIS = 100;
    private static final long MOST_SECONDS_AT_END = 3;
    private static final double WIDTH_PIXELS = 1280;
    private static final double HEIGHT_PIXELS = 800;
    private static final Duration UNTIL_MAPPED = Duration.millis(200);
    private static final int LOOKS_AT_SIZE = 25;
    private static final double LEAST_WIDTH_PIXELS = 720;
    private static final double LEAST_HEIGHT_PIXELS = 480;

    private final @Nullable SessionFile memory;
    /** What this window began with. */
    private final Session begun;

    /** The session that was shown last: that of the start, or one that was kept under a name. */
    private Session session;

    private final WorkbenchModels models;
    private final WorkbenchView view;
    private OpeningAhead ahead;
    private @Nullable Stage stage;
    private @Nullable SessionKeeper keeper;
    private boolean closing;

    /**
     * @param service closed by whoever made it
     * @param memory the file of the session; null to keep none
     * @param cache folder for finished passes over a corpus
     */
    public WorkbenchApp(InferenceService service, @Nullable SessionFile memory, Path cache) {
        this(service, memory, cache, Optional.empty());
    }

    /** @param named the session to begin with instead of the last one's, of which only the looks stay */
    public WorkbenchApp(InferenceService service, @Nullable SessionFile memory, Path cache, Optional<Session> named) {
        this.memory = memory;
        ahead = OpeningAhead.none(service);
        begun = memory == null ? Session.empty() : memory.load();
        session = named.map(begun::showing).orElse(begun);
        Notices notices = new Notices(Clock.system(ZoneId.systemDefault()));
        Workbench workbench =
                new Workbench(service, Platform::runLater, notices, new Activity(Platform::runLater, System::nanoTime));
        workbench.recent().setAll(session.recent());
        if (memory != null) {
            memory.notice().ifPresent(notices::add);
        }
        models = new WorkbenchModels(
                workbench,
                cache,
                Optional.ofNullable(memory).map(SessionFile::labels).map(LabelFile::new),
                Optional.ofNullable(memory).map(SessionFile::named));
        models.look().set(Look.remembered(session.settings().get(Look.SETTING), session.dark()));
        models.fontSize().set(session.fontSize());
        models.recall(session.settings());
        Session.Window window = session.window();
        Rectangle2D screen = Screen.getPrimary().getVisualBounds();
        view = new WorkbenchView(
                models,
                new SystemSaveDialog(),
                sample(),
                session.views(),
                Math.min(screen.getWidth(), window == null ? WIDTH_PIXELS : window.width()),
                Math.min(screen.getHeight(), window == null ? HEIGHT_PIXELS : window.height()));
        Thread.currentThread().setUncaughtExceptionHandler((thread, failure) -> {
            LOG.error("Unexpected on the JavaFX thread", failure);
            notices.add("The window", Problem.of(failure));
        });
    }

    public WorkbenchModels models() {
        return models;
    }

    public WorkbenchView view() {
        return view;
    }

    /**
     * Opens the workbench on the screen and returns when its window has been closed, or the process is terminated. Any
     * thread but JavaFX's.
     *
     * @param named the session to begin with; empty for that of the last window
     * @param whenShown called with the workbench once its window is shown
     */
    public static void runToTheEnd(
            InferenceService service,
            Opening first,
            Optional<Session> named,
            Cancellation cancellation,
            Consumer<WorkbenchApp> whenShown) {
        UserFolders folders = UserFolders.ofUser();
        SessionFile memory = new SessionFile(folders.session());
        OpeningAhead ahead = OpeningAhead.of(service, FirstOpening.of(first, named.orElseGet(memory::load), sample()));
        Toolkit.start();
        CountDownLatch closed = new CountDownLatch(1);
        WorkbenchApp app = Toolkit.call(() -> {
            WorkbenchApp made = new WorkbenchApp(service, memory, folders.indexes(), named);
            made.ahead = ahead;
            made.openFirst(first);
            made.giveBackUnused();
            made.show(new Stage(), closed::countDown);
            whenShown.accept(made);
            return made;
        });
        try {
            while (!closed.await(CANCELLATION_POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                if (cancellation.isCancelled()) {
                    app.keepSession();
                    return; // the process is ending and JavaFX with it
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Toolkit.run(app::close);
        Platform.exit();
    }

    /** Keeps the session of a process that is told to end, if JavaFX still runs. Any thread but its own. */
    void keepSession() {
        CountDownLatch kept = new CountDownLatch(1);
        Platform.runLater(() -> {
            if (keeper != null) {
                keeper.end(settled());
            }
            kept.countDown();
        });
        try {
            if (!kept.await(MOST_SECONDS_AT_END, TimeUnit.SECONDS)) {
                LOG.debug("the last choices are not kept, JavaFX has ended");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Closes, once the model is open or is not wanted any more, what was read ahead and has not been taken over. */
    private void giveBackUnused() {
        ReadOnlyBooleanProperty opening = models.workbench().openingModel();
        if (!opening.get()) {
            ahead.giveBack();
            return;
        }
        opening.addListener(new ChangeListener<>() {
            @Override
            public void changed(ObservableValue<? extends Boolean> property, Boolean was, Boolean is) {
                opening.removeListener(this);
                Platform.runLater(ahead::giveBack); // once whoever waits for the model has taken its checkpoint
            }
        });
    }

    /** The sample; empty where it is not installed. */
    private static Optional<Sample> sample() {
        return UserFolders.ofUser().sample().flatMap(Sample::in);
    }

    public void show(Stage shown, Runnable whenClosed) {
        stage = shown;
        stage.titleProperty().bind(view.titleProperty());
        stage.getIcons().setAll(AppIcon.images());
        models.workbench().service().files().execute(new ChartWarmUp());
        stage.setScene(view.scene());
        Session.Window window = session.window();
        if (window != null) {
            Rectangle2D place = WindowPlace.within(
                    new Rectangle2D(window.x(), window.y(), window.width(), window.height()), WindowPlace.screens());
            stage.setX(place.getMinX());
            stage.setY(place.getMinY());
            stage.setMaximized(window.maximised());
        }
        SessionKeeper kept = memory == null
                ? null
                : new SessionKeeper(
                        memory,
                        begun,
                        this::settled,
                        sentence -> Platform.runLater(
                                () -> models.workbench().notices().add(sentence)));
        keeper = kept;
        stage.setOnCloseRequest(event -> {
            List<String> losses = closing ? List.of() : models.losses();
            if (!losses.isEmpty()) {
                event.consume();
                view.askToClose(losses, this::closeAllTheSame);
                return;
            }
            if (kept != null) {
                kept.end(settled());
            }
            whenClosed.run();
        });
        stage.focusedProperty().addListener((property, was, is) -> {
            if (is) {
                models.notes().readOn();
            }
        });
        stage.show();
        keepFromOpeningSmall(view.scene().getWidth(), view.scene().getHeight());
        view.recallWindows(session.settings(), Side.A);
        models.sessions().connect(this::now, this::showSession);
        if (kept != null) {
            kept.start();
        }
    }

    private void closeAllTheSame() {
        closing = true;
        Stage shown = Objects.requireNonNull(stage);
        shown.fireEvent(new WindowEvent(shown, WindowEvent.WINDOW_CLOSE_REQUEST));
    }

    /** Shows a session that was kept under a name; theme, size of text, window and recent files stay as they are. */
    private void showSession(Session named) {
        Optional<String> missing = Stream.concat(
                        Stream.ofNullable(named.model()),
                        named.checkpoints().stream().map(Session.Checkpoint::path))
                .filter(path -> !Files.exists(Path.of(path)))
                .findFirst();
        if (missing.isPresent()) {
            models.workbench()
                    .notices()
                    .add("The session is not shown, because " + missing.get() + " is not there any more");
            return;
        }
        session = now().showing(named);
        models.workbench().closeModel();
        models.recall(session.settings());
        view.recallViews(session.views());
        view.recallWindows(session.settings(), Side.A);
        models.undoOrder().clear();
        if (session.model() != null || !session.checkpoints().isEmpty()) {
            openFirst(Opening.LAST);
        }
    }

    /**
     * Sets the least size only once the window has its own: openbox opens a window at its least size, whatever size was
     * asked for. On a busy machine it does so late, so the size is looked after until somebody uses the window.
     */
    private void keepFromOpeningSmall(double width, double height) {
        Stage shown = Objects.requireNonNull(stage);
        Timeline settling = new Timeline(new KeyFrame(UNTIL_MAPPED, event -> {
            double beside = shown.getWidth() - view.scene().getWidth();
            double above = shown.getHeight() - view.scene().getHeight();
            boolean least = shown.getWidth() <= LEAST_WIDTH_PIXELS || shown.getHeight() <= LEAST_HEIGHT_PIXELS;
            boolean small =
                    least && (view.scene().getWidth() < width || view.scene().getHeight() < height);
            shown.setMinWidth(LEAST_WIDTH_PIXELS);
            shown.setMinHeight(LEAST_HEIGHT_PIXELS);
            if (small) {
                shown.setWidth(width + beside);
                shown.setHeight(height + above);
            }
        }));
        settling.setCycleCount(LOOKS_AT_SIZE);
        EventHandler<InputEvent> used = event -> {
            if (shown.getMinWidth() > 0) { // it has been looked at once
                settling.stop();
            }
        };
        view.scene().addEventFilter(MouseEvent.MOUSE_PRESSED, used);
        view.scene().addEventFilter(KeyEvent.KEY_PRESSED, used);
        settling.play();
    }

    /** Opens the given paths, else those of the last session, else the sample. */
    public void openFirst(Opening given) {
        FirstOpening first = FirstOpening.of(given, session, sample());
        first.model().ifPresentOrElse(model -> open(model, first), () -> openCheckpoints(first));
        if (first.isSample() && memory != null && session.equals(Session.empty())) {
            view.inviteToTour();
        }
    }

    private void open(Path model, FirstOpening first) {
        Optional<CorpusFiles> chosen = CorpusFiles.recalled(session.settings());
        models.workbench().openModel(model, ahead.model(model), opened -> {
            boolean sameModel = model.toString().equals(session.model());
            if (sameModel) {
                chosen.filter(texts -> texts.paths().stream().allMatch(Files::exists))
                        .ifPresent(models.statistics().corpus()::set);
            }
            String index = session.settings().get("index");
            if (index != null && sameModel && Files.exists(Path.of(index))) {
                models.statistics().openIndex(Path.of(index));
            }
            models.opening().open(first.corpus(), false);
            openCheckpoints(first);
        });
    }

    private void openCheckpoints(FirstOpening first) {
        if (first.checkpoints().isEmpty()) {
            return;
        }
        Workbench workbench = models.workbench();
        openCheckpoint(workbench.a(), first.checkpoints().get(0), sae -> {
            int feature = first.feature();
            if (feature >= 0 && feature < sae.config().dSae()) {
                workbench.selection().select(new FeatureRef(sae.id(), feature));
                models.recallRange(session.settings());
            }
            if (first.checkpoints().size() > 1) {
                openCheckpoint(workbench.b(), first.checkpoints().get(1), opened -> {
                    models.recallPin(session.settings());
                    view.recallWindows(session.settings(), Side.B);
                });
            }
        });
    }

    private void openCheckpoint(CheckpointSide side, Session.Checkpoint checkpoint, Consumer<OpenSae> then) {
        Path path = Path.of(checkpoint.path());
        SaeOptions options = remembered(checkpoint);
        models.workbench().openCheckpoint(side, path, options, ahead.checkpoint(path, options), then);
    }

    /** The session as it is; as it was while something is being opened, which may be what it remembers. */
    private Session settled() {
        Workbench workbench = models.workbench();
        return workbench.openingModel().get()
                        || workbench.a().opening().get()
                        || workbench.b().opening().get()
                ? Objects.requireNonNull(keeper).written()
                : now();
    }

    private Session now() {
        Stage shown = Objects.requireNonNull(stage);
        Workbench workbench = models.workbench();
        List<Session.Checkpoint> checkpoints = new ArrayList<>();
        for (CheckpointSide side : List.of(workbench.a(), workbench.b())) {
            if (side.sae().get() != null) {
                checkpoints.add(new Session.Checkpoint(
                        side.sae().get().path().toString(), KeptOptions.kept(workbench.readAs(side))));
            }
        }
        Map<String, String> settings = new LinkedHashMap<>(models.remembered());
        settings.putAll(view.rememberedWindows());
        settings.put(Look.SETTING, models.look().get().key());
        FeatureRef feature = workbench.selection().feature().get();
        boolean maximised = shown.isMaximized();
        Session.Window before = begun.window();
        Session.Window window = maximised && before != null
                ? new Session.Window(before.x(), before.y(), before.width(), before.height(), true)
                : new Session.Window(
                        shown.getX(),
                        shown.getY(),
                        view.scene().getWidth(),
                        view.scene().getHeight(),
                        maximised);
        return new Session(
                workbench.model().get() == null
                        ? null
                        : workbench.model().get().folder().toString(),
                checkpoints,
                feature == null ? -1 : feature.feature(),
                settings,
                window,
                view.rememberedViews(),
                models.look().get() != Look.LIGHT,
                models.fontSize().get(),
                workbench.recent().all());
    }

    /** The choices a checkpoint was opened with last time; none, with a notice, if they are not understood. */
    private SaeOptions remembered(Session.Checkpoint checkpoint) {
        return KeptOptions.understood(checkpoint.options()).orElseGet(() -> {
            models.workbench()
                    .notices()
                    .add("The remembered choices for " + checkpoint.path() + " are not understood and left out");
            return SaeOptions.AS_STORED;
        });
    }

    @Override
    public void close() {
        view.closePaneWindows();
        models.close();
        models.workbench().closeModel();
        if (stage != null) {
            stage.hide();
        }
    }
}
