package loupe.state.window;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import loupe.base.Problem;
import org.jspecify.annotations.Nullable;

/** The sessions kept under names, as the window lists, opens and keeps them. JavaFX thread only. */
public final class SessionsModel {
    private final Workbench workbench;
    private final @Nullable NamedSessions sessions;
    private final ObservableList<NamedSessions.Named> all = FXCollections.observableArrayList();
    private final ObservableList<NamedSessions.Named> view = FXCollections.unmodifiableObservableList(all);
    private final ReadOnlyObjectWrapper<Problem> problem = new ReadOnlyObjectWrapper<>(this, "problem");
    private Supplier<Session> now = Session::empty;
    private Consumer<Session> shown = session -> {};
    private CompletableFuture<Void> work = CompletableFuture.completedFuture(null);
    private boolean connected;

    /** @param sessions empty where none are kept */
    public SessionsModel(Workbench workbench, Optional<NamedSessions> sessions) {
        this.workbench = workbench;
        this.sessions = sessions.orElse(null);
    }

    /**
     * Connects it with the window.
     *
     * @param current the session as it is now
     * @param show makes the window show another
     */
    public void connect(Supplier<Session> current, Consumer<Session> show) {
        now = current;
        shown = show;
        connected = true;
        refresh();
    }

    /** Whether there is a place for sessions and a window that shows them. */
    public boolean isAvailable() {
        return sessions != null && connected;
    }

    /** All of them by name, damaged ones too, as they were when last read; not to be written. */
    public ObservableList<NamedSessions.Named> all() {
        return view;
    }

    /** Why the last thing asked for could not be done; null if it was, or is under way. */
    public ReadOnlyObjectProperty<Problem> problem() {
        return problem.getReadOnlyProperty();
    }

    /** The session of a name as it was last read; empty if there was none. */
    public Optional<NamedSessions.Named> find(String name) {
        return all.stream().filter(named -> named.name().equals(name)).findFirst();
    }

    /** Reads which sessions there are. */
    public void refresh() {
        run(store -> true, nothing -> {});
    }

    /**
     * Keeps what the window shows under a name, in place of the session that is listed under it. One that has been
     * written meanwhile is not replaced.
     *
     * @param then called once it is kept
     */
    public void keep(String name, Runnable then) {
        Session current = now.get();
        Optional<String> replaces = find(name).map(NamedSessions.Named::stamp);
        run(store -> store.keep(name, current, replaces), stamp -> {
            workbench.notices().add("This session is kept under the name " + name);
            then.run();
        });
    }

    /**
     * Shows a session instead of what is shown.
     *
     * @param then called once it has been read and begins to open
     */
    public void open(String name, Runnable then) {
        run(store -> store.open(name), read -> {
            then.run();
            shown.accept(Objects.requireNonNull(read.session(), "session"));
        });
    }

    public void rename(String name, String newName) {
        run(
                store -> {
                    store.rename(name, newName);
                    return true;
                },
                nothing -> {});
    }

    /** Deletes a session. */
    public void delete(String name) {
        run(
                store -> {
                    store.delete(name);
                    return true;
                },
                nothing -> {});
    }

    private interface Work<R> {
        R on(NamedSessions store) throws IOException;
    }

    private record Done<R>(
            @Nullable R result,
            List<NamedSessions.Named> all,
            @Nullable Throwable failure) {}

    /** One thing after another, off the JavaFX thread; the list is read anew after each. */
    private <R> void run(Work<R> next, Consumer<R> then) {
        NamedSessions store = sessions;
        if (store == null) {
            return;
        }
        problem.set(null);
        work = work.thenApplyAsync(
                        nothing -> attempt(store, next), workbench.service().files())
                .handle((done, broken) -> {
                    workbench.fx().execute(() -> {
                        if (done != null) {
                            all.setAll(done.all());
                        }
                        Throwable failure = done == null ? broken : done.failure();
                        if (failure != null) {
                            problem.set(Problem.of(failure));
                        } else if (done != null) {
                            then.accept(done.result());
                        }
                    });
                    return null;
                });
    }

    private static <R> Done<R> attempt(NamedSessions store, Work<R> next) {
        R result = null;
        Throwable failure = null;
        try {
            result = next.on(store);
        } catch (IOException | RuntimeException refused) {
            failure = refused;
        }
        try {
            return new Done<>(result, store.list(), failure);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
