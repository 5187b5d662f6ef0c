package loupe.app;

import java.nio.file.Path;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.tensor.HostTensor;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** An array in a file, as the command line names it: {@code FILE.safetensors:NAME}. */
record ArrayReference(Path file, String name) {
    /** Reads the array as float32. @throws Refusal if the file does not exist */
    HostTensor read(String option) {
        Paths.existing(file, option);
        try (TensorArchive archive = TensorArchives.open(file)) {
            return archive.tensor(name).toHost();
        }
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
