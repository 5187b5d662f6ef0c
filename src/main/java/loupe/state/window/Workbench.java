package loupe.state.window;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import loupe.analysis.ModelName;
import loupe.base.Problem;
import loupe.base.Remedy;
import loupe.index.PathKind;
import loupe.inference.InferenceService;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeOptions;
import loupe.sae.checkpoint.SaeProposal;
import loupe.sae.checkpoint.TensorRoles;

/**
 * The open model, checkpoint A, and checkpoint B when two are compared. Opening and closing go through here, so that
 * whatever is replaced is closed, once for each time it was opened, and the result of a superseded opening is never
 * shown. JavaFX thread only.
 */
public final class Workbench {
    private final InferenceService service;
    private final BiFunction<Path, SaeOptions, SaeProposal> proposals;
    private final Executor fx;
    private final Selection selection = new Selection();
    private final Notices notices;
    private final Activity activity;

    private final ReadOnlyObjectWrapper<OpenModel> model = new ReadOnlyObjectWrapper<>(this, "model");
    private final ReadOnlyBooleanWrapper openingModel = new ReadOnlyBooleanWrapper(this, "openingModel");
    private Consumer<Path> opener = path -> {};
    /** What was opened last and could not be. */
    private Path failed = Path.of("");

    private final ReadOnlyObjectWrapper<Problem> modelProblem = new ReadOnlyObjectWrapper<>(this, "modelProblem");
    private final ReadOnlyObjectWrapper<CheckpointDoubt> doubt = new ReadOnlyObjectWrapper<>(this, "doubt");
    private final CheckpointSide a;
    private final CheckpointSide b;
    private final RecentFiles recent = new RecentFiles();
    private final Map<CheckpointSide, SaeOptions> readAs = new HashMap<>();
    private final Map<CheckpointSide, Refused> refused = new HashMap<>();

    /** A failed opening, with its arguments. */
    private record Refused(Path path, SaeOptions options) {}

    private long modelOpening;
    private final Map<CheckpointSide, Long> checkpointOpening = new HashMap<>();

    public Workbench(InferenceService service, Executor fx, Notices notices, Activity activity) {
        this(
                service,
                fx,
                notices,
                activity,
                (path, options) -> SaeFile.read(path, options).proposal());
    }

    /** @param proposals what a checkpoint's files leave open; asked on the file pool */
    public Workbench(
            InferenceService service,
            Executor fx,
            Notices notices,
            Activity activity,
            BiFunction<Path, SaeOptions, SaeProposal> proposals) {
        this.proposals = proposals;
        this.service = service;
        this.fx = fx;
        this.notices = notices;
        this.activity = activity;
        a = new CheckpointSide(Side.A, model.getReadOnlyProperty());
        b = new CheckpointSide(Side.B, model.getReadOnlyProperty());
        selection.feature().addListener((property, was, is) -> a.show(is));
    }

    public InferenceService service() {
        return service;
    }

    /** Brings work to the JavaFX thread. */
    public Executor fx() {
        return fx;
    }

    public Selection selection() {
        return selection;
    }

    public Notices notices() {
        return notices;
    }

    public Activity activity() {
        return activity;
    }

    public RecentFiles recent() {
        return recent;
    }

    public CheckpointSide a() {
        return a;
    }

    public CheckpointSide b() {
        return b;
    }

    public ReadOnlyObjectProperty<OpenModel> model() {
        return model.getReadOnlyProperty();
    }

    public ReadOnlyBooleanProperty openingModel() {
        return openingModel.getReadOnlyProperty();
    }

    /** Why the last model could not be opened; null if it could. */
    public ReadOnlyObjectProperty<Problem> modelProblem() {
        return modelProblem.getReadOnlyProperty();
    }

    /**
     * The open questions about a checkpoint, to be answered before its panes are meaningful; null if there are none.
     */
    public ReadOnlyObjectProperty<CheckpointDoubt> doubt() {
        return doubt.getReadOnlyProperty();
    }

    /** The options that the checkpoint on {@code side} was read with. */
    public SaeOptions readAs(CheckpointSide side) {
        return readAs.getOrDefault(side, SaeOptions.AS_STORED);
    }

    /** Opens a model instead of the one that is open; the checkpoints of the old one are closed with it. */
    public void openModel(Path folder) {
        openModel(folder, opened -> {});
    }

    /** Opens a model and, if that succeeds, calls {@code then} with it. */
    public void openModel(Path folder, Consumer<OpenModel> then) {
        openModel(folder, service.openEmbeddings(folder), then);
    }

    /**
     * Takes over a model that is being opened and, if that succeeds, calls {@code then} with it.
     *
     * @param opening of that folder, which may have been begun before
     */
    public void openModel(Path folder, CompletionStage<OpenModel> opening, Consumer<OpenModel> then) {
        long mine = ++modelOpening;
        openingModel.set(true);
        modelProblem.set(null);
        a.setProblem(null); // what failed before is not what the user waits for now
        b.setProblem(null);
        String name = nameOf(folder);
        Activity.Job job = activity.begin("Opening " + name, () -> abandonModelOpening(mine));
        opening.whenCompleteAsync(
                (opened, failure) -> {
                    Problem why = failure == null ? null : WrongKind.explain(failure, folder, PathKind.MODEL);
                    fx.execute(() -> {
                        job.end();
                        if (mine != modelOpening) {
                            if (opened != null) {
                                service.close(opened.id());
                            }
                            return;
                        }
                        openingModel.set(false);
                        if (why != null) {
                            failed = folder;
                            modelProblem.set(why);
                            notices.add("Opening " + name, why);
                            return;
                        }
                        OpenModel before = model.get();
                        if (before == null) {
                            admit(opened);
                        } else if (!before.id().equals(opened.id())) {
                            closeCheckpoint(a);
                            model.set(opened);
                        }
                        if (before != null) {
                            service.close(before.id());
                        }
                        recent.add(folder, true);
                        opened.warnings().forEach(notices::add);
                        service.layers(opened.id())
                                .thenAccept(
                                        doubt -> doubt.ifPresent(sentence -> fx.execute(() -> notices.add(sentence))));
                        then.accept(opened);
                    });
                },
                service.files());
    }

    /**
     * Shows the first model. A checkpoint of side A that finished opening earlier is shown with it if it fits the
     * model, and closed if not.
     */
    private void admit(OpenModel opened) {
        OpenSae waiting = a.sae().get();
        if (waiting == null) {
            model.set(opened);
            return;
        }
        SaeOptions options = readAs(a);
        selection.selectSae(null);
        a.setSae(null);
        model.set(opened);
        CheckpointDoubt.misfit(waiting, opened)
                .ifPresentOrElse(
                        why -> {
                            service.close(waiting.id());
                            refused.put(a, new Refused(waiting.path(), options));
                            a.setProblem(why);
                        },
                        () -> {
                            put(a, waiting, options);
                            warnOfOtherModel(waiting);
                        });
    }

    private void warnOfOtherModel(OpenSae sae) {
        OpenModel open = model.get();
        if (open != null) {
            ModelName.doubt(sae.id().name(), sae.config(), open.id().name()).ifPresent(notices::add);
        }
    }

    /** Opens a checkpoint on a side instead of the one that is there. */
    public void openCheckpoint(CheckpointSide side, Path path, SaeOptions options) {
        openCheckpoint(side, path, options, opened -> {});
    }

    /** Opens a checkpoint and, if that succeeds, calls {@code then} with it. */
    public void openCheckpoint(CheckpointSide side, Path path, SaeOptions options, Consumer<OpenSae> then) {
        openCheckpoint(side, path, options, service.openSae(path, options), then);
    }

    /**
     * Takes over a checkpoint that is being opened and, if that succeeds, calls {@code then} with it.
     *
     * @param opening of that path with these options, which may have been begun before
     */
    public void openCheckpoint(
            CheckpointSide side,
            Path path,
            SaeOptions options,
            CompletionStage<OpenSae> opening,
            Consumer<OpenSae> then) {
        long mine = checkpointOpening.merge(side, 1L, Long::sum);
        side.setOpening(true);
        side.setProblem(null);
        modelProblem.set(null); // it would be shown in place of how this goes
        withdrawDoubt(side);
        String name = nameOf(path);
        Activity.Job job = activity.begin("Opening " + name, () -> abandonCheckpointOpening(side, mine));
        opening.whenCompleteAsync(
                (opened, failure) -> {
                    Problem refusal = failure == null ? null : WrongKind.explain(failure, path, PathKind.CHECKPOINT);
                    fx.execute(() -> {
                        job.end();
                        if (mine != checkpointOpening.getOrDefault(side, 0L)) {
                            if (opened != null) {
                                service.close(opened.id());
                            }
                            return;
                        }
                        side.setOpening(false);
                        Problem why = refusal != null
                                ? refusal
                                : CheckpointDoubt.misfit(opened, model.get()).orElse(null);
                        if (why != null) {
                            if (opened != null) {
                                service.close(opened.id());
                            }
                            if (CheckpointDoubt.asksForK(failure, options)) {
                                ask(side, path, options, mine, Remedy.Choice.K);
                            } else {
                                refused.put(side, new Refused(path, options));
                                failed = path;
                                side.setProblem(why);
                                notices.add("Opening " + name, why);
                            }
                            return;
                        }
                        put(side, opened, options);
                        recent.add(path, false);
                        opened.warnings().forEach(notices::add);
                        warnOfOtherModel(opened);
                        if (opened.config().hook().isEmpty()) {
                            ask(side, path, options, mine, Remedy.Choice.HOOK);
                        }
                        then.accept(opened);
                    });
                },
                service.files());
    }

    /**
     * Says what opens a path as what it is, for one that was opened as something else.
     *
     * @param opener given such a path
     */
    public void setOpener(Consumer<Path> opener) {
        this.opener = opener;
    }

    /**
     * Mends why a side's checkpoint could not be opened or used: opens it again without the choice that was refused, or
     * asks for the one that is missing.
     */
    public void mend(CheckpointSide side, Remedy remedy) {
        if (remedy.choice() == Remedy.Choice.KIND) {
            modelProblem.set(null);
            side.setProblem(null);
            opener.accept(failed);
            return;
        }
        OpenSae open = side.sae().get();
        Refused last = side.problem().get() != null || open == null
                ? refused.get(side)
                : new Refused(open.path(), readAs(side));
        if (last == null) {
            return;
        }
        if (remedy.way() == Remedy.Way.LEAVE_OUT) {
            openCheckpoint(side, last.path(), last.options().with(remedy.choice(), ""));
        } else if (remedy.choice() == Remedy.Choice.HOOK || remedy.choice() == Remedy.Choice.K) {
            ask(side, last.path(), last.options(), checkpointOpening.getOrDefault(side, 0L), remedy.choice());
        } else if (remedy.choice() == Remedy.Choice.TENSORS) {
            askForTensors(side, last.path(), last.options(), checkpointOpening.getOrDefault(side, 0L));
        } else {
            doubt.set(CheckpointDoubt.about(side, last.path(), last.options(), remedy));
        }
    }

    /** Looks what the tensors of a file may be and asks the user. */
    @SuppressWarnings("FutureReturnValueIgnored") // the window gets what fails
    private void askForTensors(CheckpointSide side, Path path, SaeOptions options, long opening) {
        CompletableFuture.supplyAsync(() -> TensorRoles.of(path), service.files())
                .whenComplete((choices, failure) -> fx.execute(() -> {
                    if (opening != checkpointOpening.getOrDefault(side, 0L)) {
                        return;
                    }
                    if (failure != null) {
                        side.setProblem(Problem.of(failure));
                    } else {
                        doubt.set(CheckpointDoubt.aboutTensors(side, path, options, choices));
                    }
                }));
    }

    /**
     * Finds the questions that a checkpoint's files leave open and shows them to the user.
     *
     * @param wanted why it is asked: the k, which the files may also say wrongly, or the hook point
     */
    @SuppressWarnings("FutureReturnValueIgnored") // the window gets what fails
    private void ask(CheckpointSide side, Path path, SaeOptions options, long opening, Remedy.Choice wanted) {
        CompletableFuture.supplyAsync(() -> proposals.apply(path, options), service.files())
                .whenComplete((proposal, failure) -> fx.execute(() -> {
                    if (opening != checkpointOpening.getOrDefault(side, 0L)) {
                        return;
                    }
                    if (failure != null) {
                        side.setProblem(Problem.of(failure));
                    } else if (wanted == Remedy.Choice.K
                            && !proposal.missing().contains(SaeProposal.Missing.K)
                            && !proposal.missing().contains(SaeProposal.Missing.ACTIVATION)) {
                        doubt.set(CheckpointDoubt.about(side, path, options, Remedy.give(wanted)));
                    } else {
                        doubt.set(CheckpointDoubt.of(
                                side,
                                path,
                                options,
                                proposal,
                                model.get(),
                                (side.isA() ? b : a).sae().get()));
                    }
                }));
    }

    /** Dismisses the open questions without an answer: the checkpoint stays as it was read. */
    public void dismissDoubt() {
        doubt.set(null);
    }

    /** What was asked about the checkpoint of a side that is no longer wanted is not asked on. */
    private void withdrawDoubt(CheckpointSide side) {
        CheckpointDoubt asked = doubt.get();
        if (asked != null && asked.side() == side) {
            doubt.set(null);
        }
    }

    /** Reads the checkpoint again, with the user's answers. */
    public void settleDoubt(SaeOptions options) {
        CheckpointDoubt settled = doubt.get();
        if (settled != null) {
            doubt.set(null);
            openCheckpoint(settled.side(), settled.path(), options);
        }
    }

    /** Clears the failure of an opening, when the user closes its message. */
    public void dismissProblem(CheckpointSide side) {
        side.setProblem(null);
    }

    public void dismissModelProblem() {
        modelProblem.set(null);
    }

    /** Closes a checkpoint. Closing A closes B too, since B is there to be compared with it. */
    public void closeCheckpoint(CheckpointSide side) {
        checkpointOpening.merge(side, 1L, Long::sum);
        side.setOpening(false);
        side.setProblem(null);
        withdrawDoubt(side);
        if (side == a && (b.sae().get() != null || b.opening().get())) {
            closeCheckpoint(b);
        }
        OpenSae before = side.sae().get();
        if (before == null) {
            return;
        }
        if (side == a) {
            selection.selectSae(null);
        }
        side.setSae(null);
        readAs.remove(side);
        service.close(before.id());
    }

    /** Closes the model and its checkpoints. */
    public void closeModel() {
        modelOpening++;
        openingModel.set(false);
        closeCheckpoint(a);
        OpenModel before = model.get();
        if (before != null) {
            model.set(null);
            service.close(before.id());
        }
    }

    private void put(CheckpointSide side, OpenSae opened, SaeOptions options) {
        OpenSae before = side.sae().get();
        readAs.put(side, options);
        if (before != null && before.id().equals(opened.id())) {
            service.close(opened.id());
            return;
        }
        int feature = side == a && selection.feature().get() != null
                ? selection.feature().get().feature()
                : 0;
        if (side == a) {
            selection.selectSae(null);
        }
        side.setSae(opened);
        if (side == a) {
            int kept = Math.min(feature, opened.config().dSae() - 1);
            selection.select(new FeatureRef(opened.id(), kept));
            if (before != null && !before.weights().equals(opened.weights()) && kept > 0) {
                notices.add("Feature " + kept + " is of " + opened.id().name() + " now; a number has nothing to do "
                        + "with that of another checkpoint (" + before.id().name() + ")");
            }
        }
        if (before != null) {
            service.close(before.id());
        }
    }

    private void abandonModelOpening(long which) {
        if (which == modelOpening) {
            modelOpening++;
            openingModel.set(false);
        }
    }

    private void abandonCheckpointOpening(CheckpointSide side, long which) {
        if (which == checkpointOpening.getOrDefault(side, 0L)) {
            checkpointOpening.put(side, which + 1);
            side.setOpening(false);
        }
    }

    private static String nameOf(Path path) {
        return path.getFileName() == null ? path.toString() : path.getFileName().toString();
    }
}
