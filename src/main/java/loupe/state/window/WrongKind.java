package loupe.state.window;

import java.nio.file.Path;
import java.util.List;
import loupe.base.Problem;
import loupe.base.Remedy;
import loupe.index.PathKind;

/** What is told of a path that was opened as something else than it is. */
final class WrongKind {
    private WrongKind() {}

    /**
     * Says why a path could not be opened: that it is of another kind, with the remedy to open it as that, or else the
     * failure itself. Reads the disk.
     *
     * @param asked what it was opened as
     */
    static Problem explain(Throwable failure, Path path, PathKind asked) {
        PathKind kind = PathKind.of(path);
        if (kind == asked || kind == PathKind.UNKNOWN) {
            return Problem.of(failure);
        }
        return new Problem(
                path + ": this is " + what(kind) + "; expected " + what(asked) + ". " + todo(kind) + ".",
                true,
                "",
                List.of(Remedy.give(Remedy.Choice.KIND, kind.label())));
    }

    private static String what(PathKind kind) {
        return switch (kind) {
            case MODEL -> "a language model";
            case CHECKPOINT -> "a sparse autoencoder";
            case CORPUS -> "a text";
            case INDEX -> "an index of activations";
            case UNKNOWN -> throw new IllegalArgumentException("a path of no kind is no wrong one");
        };
    }

    /** What the button for it says. */
    static String todo(PathKind kind) {
        return switch (kind) {
            case MODEL -> "Open it as the model";
            case CHECKPOINT -> "Open it as checkpoint";
            case CORPUS -> "Count activations over it";
            case INDEX -> "Open it as an index";
            case UNKNOWN -> throw new IllegalArgumentException("a path of no kind is no wrong one");
        };
    }
}
