package loupe.inference;

import java.util.concurrent.CompletionStage;

/** Ends a step that needs what is being read from files; the step is done anew when that has ended. */
final class Postponed extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient CompletionStage<?> until;

    Postponed(CompletionStage<?> until) {
        super("waits for files to be read", null, false, false);
        this.until = until;
    }

    CompletionStage<?> until() {
        return until;
    }
}
