package loupe.state.corpus;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.beans.property.ReadOnlyLongProperty;
import javafx.beans.property.ReadOnlyLongWrapper;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import loupe.analysis.geometry.KeptCosines;
import loupe.base.Problem;
import loupe.index.IndexCache;
import loupe.state.window.CheckpointSide;
import loupe.state.window.Workbench;

/** The indexes that the window keeps, as a list that can be looked through and cleared. JavaFX thread only. */
public final class KeptIndexes {
    /** Not used for so long is old. */
    public static final int OLD_DAYS = 30;

    private final Workbench workbench;
    private final CorpusStatistics statistics;
    private final ReadOnlyObjectWrapper<List<IndexCache.Kept>> all =
            new ReadOnlyObjectWrapper<>(this, "all", List.of());
    private final ReadOnlyBooleanWrapper looking = new ReadOnlyBooleanWrapper(this, "looking");
    private final ReadOnlyObjectWrapper<Problem> problem = new ReadOnlyObjectWrapper<>(this, "problem");
    private final ReadOnlyLongWrapper cosines = new ReadOnlyLongWrapper(this, "cosines");
    private long newest;

    public KeptIndexes(Workbench workbench, CorpusStatistics statistics) {
        this.workbench = workbench;
        this.statistics = statistics;
    }

    private record Found(List<IndexCache.Kept> indexes, long cosines) {}

    /** The indexes, those used last first; empty before {@link #look} has looked. */
    public ReadOnlyObjectProperty<List<IndexCache.Kept>> all() {
        return all.getReadOnlyProperty();
    }

    /** Whether the disk is being looked at, or something deleted. */
    public ReadOnlyBooleanProperty looking() {
        return looking.getReadOnlyProperty();
    }

    /** Why they cannot be listed or one not deleted; null if all went well. */
    public ReadOnlyObjectProperty<Problem> problem() {
        return problem.getReadOnlyProperty();
    }

    /** The bytes of all of them. */
    public long bytes() {
        return all.get().stream().mapToLong(IndexCache.Kept::bytes).sum();
    }

    /** Those that were not used for {@value #OLD_DAYS} days and are not in use. */
    public List<IndexCache.Kept> old() {
        Instant since = Instant.now().minus(Duration.ofDays(OLD_DAYS));
        return all.get().stream()
                .filter(kept -> !kept.inUse() && kept.used().isBefore(since))
                .toList();
    }

    /** The bytes of the cosines of all pairs that are kept beside the indexes; 0 before {@link #look} has looked. */
    public ReadOnlyLongProperty cosines() {
        return cosines.getReadOnlyProperty();
    }

    /** Deletes those cosines, in the background. */
    public void deleteCosines() {
        IndexCache cache = statistics.kept();
        run(() -> {
            KeptCosines.in(cache.folder()).clear();
            return cache.list();
        });
    }

    /** Looks at the disk, in the background. */
    public void look() {
        IndexCache cache = statistics.kept();
        run(cache::list);
    }

    /** Deletes indexes, in the background; those in use stay. */
    public void delete(List<IndexCache.Kept> chosen) {
        IndexCache cache = statistics.kept();
        run(() -> {
            cache.clear(chosen);
            return cache.list();
        });
    }

    /** The side whose corpus and checkpoint an index is of, which can be counted anew; empty if none is open. */
    public Optional<CheckpointSide> sideOf(IndexCache.Kept kept) {
        return Stream.of(workbench.a(), workbench.b())
                .filter(side -> statistics.isKeptIn(side, kept.folder()))
                .findFirst();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // the page gets what fails
    private void run(Supplier<List<IndexCache.Kept>> work) {
        long mine = ++newest;
        looking.set(true);
        KeptCosines beside = KeptCosines.in(statistics.kept().folder());
        CompletableFuture.supplyAsync(
                        () -> new Found(work.get(), beside.bytes()),
                        workbench.service().files())
                .whenComplete((found, failure) -> workbench.fx().execute(() -> {
                    if (mine != newest) {
                        return;
                    }
                    looking.set(false);
                    problem.set(failure == null ? null : Problem.of(failure));
                    if (found != null) {
                        cosines.set(found.cosines());
                        all.set(found.indexes());
                    }
                }));
    }
}
