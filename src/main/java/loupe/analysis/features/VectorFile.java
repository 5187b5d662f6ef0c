package loupe.analysis.features;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.base.CheckpointException;
import loupe.base.Refusal;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.tensor.HostTensor;
import loupe.tensor.StoredTensor;

/**
 * A vector of the user's own in a file, such as a probe's direction: an npy file, or an array of a safetensors file.
 * The window's field writes it {@code file direction.npy} or {@code file probes.safetensors:NAME}.
 *
 * @param name of the array; empty for the only one of the file
 */
public record VectorFile(Path file, String name) {
    private static final Pattern WORDS =
            Pattern.compile("\\s*file (?<file>.+?\\.(?:npy|safetensors))(?::(?<name>.+?))?\\s*");

    /** Whether a file's name is that of files with vectors; what it holds, its content decides. */
    public static boolean hasName(Path file) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        return name.endsWith(".npy") || name.endsWith(".safetensors");
    }

    /** The file that the words of a query name; empty if they name none. */
    public static Optional<VectorFile> of(String words) {
        Matcher named = WORDS.matcher(words);
        if (!named.matches()) {
            return Optional.empty();
        }
        try {
            String name = named.group("name");
            return Optional.of(new VectorFile(Path.of(named.group("file")), name == null ? "" : name));
        } catch (InvalidPathException noPath) {
            return Optional.empty();
        }
    }

    /** The words of {@link #of} for it. */
    public String words() {
        return "file " + this;
    }

    /** The words without the folder, for display. */
    public String shortWords() {
        return new VectorFile(file.getFileName(), name).words();
    }

    /**
     * Reads one vector of the width of others.
     *
     * @param what it is called in messages
     * @param among the others, for messages: "the model's embedding"
     * @return of shape (dimensions)
     * @throws Refusal if the file cannot be read, or the array is not one vector of this many finite numbers
     */
    public HostTensor read(String what, int dimensions, String among) {
        try (TensorArchive archive = TensorArchives.openArrays(file)) {
            StoredTensor stored = name.isEmpty() ? only(archive) : archive.tensor(name);
            int rank = stored.shape().size();
            if (stored.elements() != dimensions || rank == 0 || stored.shape().get(rank - 1) != dimensions) {
                throw new Refusal(what + " is " + stored.shape() + ", expected one vector of " + dimensions
                        + " numbers, the width of " + among + ". Choose another vector");
            }
            HostTensor vector = stored.toHost();
            for (float value : vector.data()) {
                if (!Float.isFinite(value)) {
                    throw new Refusal(
                            what + " has numbers that are not finite", "finite numbers only", "Choose another vector");
                }
            }
            return vector.reshape(dimensions);
        }
    }

    /**
     * Reads a vector that has a direction.
     *
     * @throws Refusal also if it is all zeros
     * @see #read
     */
    public HostTensor direction(String what, int dimensions, String among) {
        HostTensor vector = read(what, dimensions, among);
        for (float value : vector.data()) {
            if (value != 0) {
                return vector;
            }
        }
        throw new Refusal(what + " is all zeros, which has no direction. Choose another vector");
    }

    private StoredTensor only(TensorArchive archive) {
        if (archive.names().size() != 1) {
            throw new CheckpointException(
                    file,
                    archive.names().isEmpty()
                            ? "there is no array in it"
                            : "there are " + archive.names().size() + " arrays in it",
                    "one, or the name of one",
                    archive.names().isEmpty()
                            ? "Choose another file"
                            : "Write a name behind the file: " + file.getFileName() + ":"
                                    + archive.names().get(0));
        }
        return archive.tensor(archive.names().get(0));
    }

    /** The file, and the array's name behind a colon. */
    @Override
    public String toString() {
        return name.isEmpty() ? file.toString() : file + ":" + name;
    }
}
