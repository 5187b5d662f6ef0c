package loupe.state.window;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What was changed, in the order in which it was, so that one command takes it all back in turn, whatever it was. What
 * changes while something is taken back or made again belongs to that step. JavaFX thread only.
 */
public final class UndoOrder {
    private static final int KEPT = 1_000;

    private final List<Step> past = new ArrayList<>();
    private final List<Step> future = new ArrayList<>();
    private int quiet;

    /** What can take its own changes back, newest first. */
    public interface Source {
        /** Takes the newest change back; false if there is none. */
        boolean undo();

        /** Makes the change again that was taken back last; false if there is none. */
        boolean redo();
    }

    /** @param what was changed, in words that follow "Undo" */
    private record Step(Source source, String what) {}

    /**
     * Says that a source has been changed.
     *
     * @param what was changed, in words that follow "Undo": {@code filter density>1%}
     */
    public void did(Source source, String what) {
        past.add(new Step(source, what));
        if (past.size() > KEPT) {
            past.remove(0);
        }
        future.clear();
    }

    /** Whether the newest change is of a source, and none has been taken back since. */
    public boolean isNewest(Source source) {
        return !past.isEmpty() && future.isEmpty() && newest(past).source().equals(source);
    }

    /** Gives the newest change other words, because it goes on. */
    public void reword(String what) {
        past.add(new Step(past.remove(past.size() - 1).source(), what));
    }

    /** Takes the newest change off the list without undoing it, because it has come to nothing. */
    public void dropNewest() {
        past.remove(past.size() - 1);
    }

    /** Takes all changes of a source off the list, because they cannot be taken back any more. */
    public void forget(Source source) {
        past.removeIf(step -> step.source().equals(source));
        future.removeIf(step -> step.source().equals(source));
    }

    /** Forgets everything, as for other work that begins. */
    public void clear() {
        past.clear();
        future.clear();
    }

    /** What {@link #undo} would take back, in words that follow "Undo"; empty if nothing. */
    public Optional<String> undoable() {
        return past.isEmpty() ? Optional.empty() : Optional.of(newest(past).what());
    }

    /** What {@link #redo} would make again; empty if nothing. */
    public Optional<String> redoable() {
        return future.isEmpty() ? Optional.empty() : Optional.of(newest(future).what());
    }

    /** Whether what changes now is no step of its own. */
    public boolean isQuiet() {
        return quiet > 0;
    }

    /** Changes something that is not to be taken back, as when a session is shown. */
    public void quietly(Runnable change) {
        quiet++;
        try {
            change.run();
        } finally {
            quiet--;
        }
    }

    /** Takes the newest change back. */
    public void undo() {
        quietly(() -> move(past, future, true));
    }

    /** Makes the change again that was taken back last. */
    public void redo() {
        quietly(() -> move(future, past, false));
    }

    private static void move(List<Step> from, List<Step> to, boolean back) {
        while (!from.isEmpty()) {
            Step step = from.remove(from.size() - 1);
            if (back ? step.source().undo() : step.source().redo()) {
                to.add(step);
                return;
            }
        }
    }

    private static Step newest(List<Step> steps) {
        return steps.get(steps.size() - 1);
    }
}
