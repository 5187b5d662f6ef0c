package loupe.app.command;

import java.nio.file.Path;
import java.util.Arrays;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.UsageException;
import loupe.base.Refusal;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.tensor.HostTensor;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** An array in a file, as the command line names it: {@code FILE.safetensors:NAME}. */
record ArrayReference(Path file, String name) {
    /**
     * Reads the array as float32.
     *
     * @throws UsageException if the file does not exist
     */
    HostTensor read(String option) {
        OptionPaths.existing(file, option);
        try (TensorArchive archive = TensorArchives.open(file)) {
            return archive.tensor(name).toHost();
        }
    }

    /**
     * Reads one vector of the width of others.
     *
     * @param among the others, for messages: "the model's embedding"
     * @throws UsageException if the file does not exist
     * @throws Refusal if the array is not one vector of this many finite numbers
     */
    HostTensor vector(String option, int dimensions, String among) {
        HostTensor vector = read(option);
        int rank = vector.shape().length;
        if (vector.data().length != dimensions || rank == 0 || vector.size(rank - 1) != dimensions) {
            throw new Refusal(
                    option + ": " + this + " is " + Arrays.toString(vector.shape()) + ", expected one vector of "
                            + dimensions + " numbers, the width of " + among + ". Choose another vector");
        }
        for (float value : vector.data()) {
            if (!Float.isFinite(value)) {
                throw new Refusal(option + ": " + this + " has numbers that are not finite. Choose another vector");
            }
        }
        return vector.reshape(dimensions);
    }

    @Override
    public String toString() {
        return file + ":" + name;
    }

    /** Splits at the last colon, so that paths may have colons. */
    static final class Converter implements ITypeConverter<ArrayReference> {
        @Override
        public ArrayReference convert(String value) {
            int colon = value.lastIndexOf(':');
            if (colon < 1 || colon == value.length() - 1) {
                throw new TypeConversionException("'" + value + "' is not FILE:NAME");
            }
            return new ArrayReference(Path.of(value.substring(0, colon)), value.substring(colon + 1));
        }
    }
}
