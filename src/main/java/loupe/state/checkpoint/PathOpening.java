package loupe.state.checkpoint;

import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import loupe.base.Problem;
import loupe.index.PathKind;
import loupe.sae.checkpoint.SaeOptions;
import loupe.state.window.Activity;
import loupe.state.window.CheckpointSide;
import loupe.state.window.CorpusFiles;
import loupe.state.window.Workbench;

/**
 * Opens paths that were dropped on the window or chosen from a list, after finding out what they are. That reads the
 * disk in the background, so that a network share that does not respond blocks nothing; a newer request replaces one
 * that still waits. JavaFX thread only.
 */
public final class PathOpening {
    private final Workbench workbench;
    private final Consumer<CorpusFiles> corpus;
    private final Consumer<Path> index;
    private final Executor looking;
    private long newest;

    /**
     * @param corpus given texts, and folders of texts
     * @param index given the folder of an index
     */
    public PathOpening(Workbench workbench, Consumer<CorpusFiles> corpus, Consumer<Path> index) {
        this(workbench, corpus, index, PathOpening::onThreadOfItsOwn);
    }

    /** @param looking runs the reading of paths */
    PathOpening(Workbench workbench, Consumer<CorpusFiles> corpus, Consumer<Path> index, Executor looking) {
        this.workbench = workbench;
        this.corpus = corpus;
        this.index = index;
        this.looking = looking;
    }

    /** Starts a thread instead of using a pool's, which a read that never ends would block for everybody else. */
    private static void onThreadOfItsOwn(Runnable look) {
        Thread thread = new Thread(look, "looking at paths");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Opens one path or several: a model, up to two checkpoints (A, then B) and the texts of a corpus or an index. A
     * path of no known kind is opened as a checkpoint, which reports what is wrong with it.
     *
     * @param beside whether the first checkpoint goes beside one that is open already
     */
    @SuppressWarnings("FutureReturnValueIgnored") // the window gets what fails
    public void open(List<Path> paths, boolean beside) {
        if (paths.isEmpty()) {
            return;
        }
        long mine = ++newest;
        Activity.Job job = workbench.activity().begin("Looking at " + name(paths.get(0)), () -> abandon(mine));
        CompletableFuture.supplyAsync(() -> kinds(paths), looking)
                .whenComplete((kinds, failure) -> workbench.fx().execute(() -> {
                    job.end();
                    if (mine != newest) {
                        return;
                    }
                    if (failure != null) {
                        workbench.notices().add("Opening " + name(paths.get(0)), Problem.of(failure));
                    } else {
                        open(kinds, beside);
                    }
                }));
    }

    /**
     * Finds out in the background what paths are, without opening them.
     *
     * @param found is given what each is, on the JavaFX thread; not called for what cannot be read
     */
    @SuppressWarnings("FutureReturnValueIgnored") // what cannot be looked at is refused when it is opened
    public void look(List<Path> paths, Consumer<Collection<PathKind>> found) {
        CompletableFuture.supplyAsync(() -> kinds(paths), looking)
                .thenAccept(kinds -> workbench.fx().execute(() -> found.accept(kinds.values())));
    }

    private void abandon(long mine) {
        if (mine == newest) {
            newest++;
        }
    }

    private static Map<Path, PathKind> kinds(List<Path> paths) {
        Map<Path, PathKind> kinds = new LinkedHashMap<>();
        paths.forEach(path -> kinds.put(path, PathKind.of(path)));
        return kinds;
    }

    private void open(Map<Path, PathKind> kinds, boolean beside) {
        List<Path> checkpoints = kinds.keySet().stream()
                .filter(path -> kinds.get(path) == PathKind.CHECKPOINT || kinds.get(path) == PathKind.UNKNOWN)
                .toList();
        List<Path> models = of(kinds, PathKind.MODEL);
        Runnable rest = () -> {
            List<Path> texts = of(kinds, PathKind.CORPUS);
            if (!texts.isEmpty()) {
                corpus.accept(new CorpusFiles(texts));
            }
            of(kinds, PathKind.INDEX).forEach(index);
            openCheckpoints(checkpoints, beside);
        };
        if (models.isEmpty()) {
            rest.run();
        } else {
            workbench.openModel(models.get(0), opened -> rest.run());
        }
    }

    private static List<Path> of(Map<Path, PathKind> kinds, PathKind kind) {
        return kinds.keySet().stream().filter(path -> kinds.get(path) == kind).toList();
    }

    private void openCheckpoints(List<Path> checkpoints, boolean beside) {
        boolean firstToB = beside && workbench.a().sae().get() != null;
        for (int i = 0; i < Math.min(2, checkpoints.size()); i++) {
            CheckpointSide side = i == 1 || firstToB ? workbench.b() : workbench.a();
            workbench.openCheckpoint(side, checkpoints.get(i), SaeOptions.AS_STORED);
        }
    }

    private static Path name(Path path) {
        return path.getFileName() == null ? path : path.getFileName();
    }
}
