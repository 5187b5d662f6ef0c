package loupe.base;

import java.nio.file.Path;

/**
 * A file or its content was refused. The message is the sentence the user reads: which file, what was found, what was
 * expected, and what to do.
 */
public final class CheckpointException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Path path;

    /**
     * @param path the file or folder that was refused
     * @param found what is wrong with it, as a sentence without its full stop: {@code "W_dec is [24576, 1024]"}
     * @param expected what would have been right, likewise; empty if {@code found} says it all
     * @param remedy what the user can do, likewise; empty if there is nothing to be done
     */
    public CheckpointException(Path path, String found, String expected, String remedy) {
        this(path, found, expected, remedy, null);
    }

    public CheckpointException(Path path, String found, String expected, String remedy, Throwable cause) {
        super(sentence(path, found, expected, remedy), cause);
        this.path = path;
    }

    public Path path() {
        return path;
    }

    private static String sentence(Path path, String found, String expected, String remedy) {
        StringBuilder text = new StringBuilder().append(path).append(": ").append(found);
        if (!expected.isEmpty()) {
            text.append("; expected ").append(expected);
        }
        text.append('.');
        if (!remedy.isEmpty()) {
            text.append(' ').append(remedy).append('.');
        }
        return text.toString();
    }
}
