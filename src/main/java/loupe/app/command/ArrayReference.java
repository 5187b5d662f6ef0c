package loupe.app.command;

import java.nio.file.Path;
import loupe.analysis.features.VectorFile;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.UsageException;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.tensor.HostTensor;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * An array in a file, as the command line names it: {@code FILE.safetensors:NAME} or {@code FILE.npy}.
 *
 * @param name empty for the only array of an npy file
 */
public record ArrayReference(Path file, String name) {
    /**
     * Reads the array as float32.
     *
     * @throws UsageException if the file does not exist
     */
    public HostTensor read(String option) {
        OptionPaths.existing(file, option);
        try (TensorArchive archive = TensorArchives.openArrays(file)) {
            return archive.tensor(name.isEmpty() ? archive.names().get(0) : name)
                    .toHost();
        }
    }

    /**
     * Reads one vector of the width of others.
     *
     * @param among the others, for messages: "the model's embedding"
     * @throws UsageException if the file does not exist
     * @throws loupe.base.Refusal if the array is not one vector of this many finite numbers
     */
    HostTensor vector(String option, int dimensions, String among) {
        OptionPaths.existing(file, option);
        return stored().read(option + ": " + this, dimensions, among);
    }

    /**
     * Reads one vector that has a direction.
     *
     * @throws loupe.base.Refusal also if it is all zeros
     * @see #vector
     */
    HostTensor direction(String option, int dimensions, String among) {
        OptionPaths.existing(file, option);
        return stored().direction(option + ": " + this, dimensions, among);
    }

    private VectorFile stored() {
        return new VectorFile(file, name);
    }

    @Override
    public String toString() {
        return stored().toString();
    }

    /** Splits at the last colon, so that paths may have colons. */
    public static final class Converter implements ITypeConverter<ArrayReference> {
        @Override
        public ArrayReference convert(String value) {
            if (value.endsWith(".npy")) {
                return new ArrayReference(Path.of(value), "");
            }
            int colon = value.lastIndexOf(':');
            if (colon < 1 || colon == value.length() - 1) {
                throw new TypeConversionException("'" + value + "' is not FILE:NAME");
            }
            return new ArrayReference(Path.of(value.substring(0, colon)), value.substring(colon + 1));
        }
    }
}
