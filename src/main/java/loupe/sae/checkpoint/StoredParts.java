package loupe.sae.checkpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import loupe.sae.HostWeights;
import loupe.sae.HostWeights.Part;
import loupe.tensor.StoredSlice;
import loupe.tensor.StoredTensor;

/** Which tensors of a checkpoint's files hold the parts of its autoencoder. */
final class StoredParts {
    private final List<Source> sources = new ArrayList<>();

    /**
     * Where the values of a part lie.
     *
     * @param file another file of the folder that holds the tensor; empty for the one that was chosen
     * @param featuresInRows whether a row of the matrix is one feature's, and of a skip connection one input's
     * @param only what is meant of the tensor, one axis less with each; none if all of it is
     * @param addends further tensors of the same shape, which are added to it
     */
    record Source(
            Part part, String file, String tensor, boolean featuresInRows, List<Index> only, List<Source> addends) {
        /** All of a tensor of the chosen file, or one index of an axis of it if that is not negative. */
        Source(Part part, String tensor, boolean featuresInRows, int axis, int index) {
            this(part, "", tensor, featuresInRows, axis < 0 ? List.of() : List.of(new Index(axis, index)), List.of());
        }

        /**
         * A tensor of a file of the folder, or of it what is left after one index of an axis has been taken, and so on.
         */
        static Source of(Part part, String file, String tensor, boolean featuresInRows, Index... only) {
            return new Source(part, file, tensor, featuresInRows, List.of(only), List.of());
        }

        /** The same with further tensors added to it. */
        Source plus(List<Source> others) {
            return new Source(part, file, tensor, featuresInRows, only, others);
        }

        /** The values that are meant. */
        StoredTensor of(CheckpointFiles files) {
            StoredTensor own = file.isEmpty() ? files.tensor(tensor) : files.tensor(file, tensor);
            for (Index at : only) {
                own = StoredSlice.of(own, at.axis(), at.index());
            }
            if (addends.isEmpty()) {
                return own;
            }
            List<StoredTensor> summands = new ArrayList<>(List.of(own));
            addends.forEach(addend -> summands.add(addend.of(files)));
            return StoredSum.of(summands);
        }
    }

    /** One index of an axis. */
    record Index(int axis, int index) {}

    /** Adds a part, in place of one there may be already. */
    void put(Source source) {
        sources.removeIf(before -> before.part() == source.part());
        sources.add(source);
    }

    void remove(Part part) {
        sources.removeIf(source -> source.part() == part);
    }

    boolean has(Part part) {
        return find(part).isPresent();
    }

    Optional<Source> find(Part part) {
        return sources.stream().filter(source -> source.part() == part).findFirst();
    }

    /** All parts, in the order in which they were found. */
    List<Source> all() {
        return List.copyOf(sources);
    }

    /** Number of values of all parts together. */
    long elements(CheckpointFiles files) {
        return sources.stream().mapToLong(source -> source.of(files).elements()).sum();
    }

    /** The parts as they are to be read into memory. */
    List<HostWeights.Stored> stored(CheckpointFiles files) {
        return sources.stream()
                .map(source -> new HostWeights.Stored(source.part(), source.of(files), source.featuresInRows()))
                .toList();
    }

    /**
     * Compares the shapes of the tensors with the sizes of the autoencoder.
     *
     * @throws loupe.base.CheckpointException if a tensor does not have the shape of its part, or has it no more
     */
    void check(CheckpointFiles files, int dIn, int dSae, int dOut) {
        List<String> wrong = new ArrayList<>();
        for (Source source : sources) {
            List<Long> shape = source.of(files).shape();
            List<Long> expected =
                    switch (source.part()) {
                        case ENCODER, MAGNITUDE_ENCODER -> matrix(source, dSae, dIn);
                        case DECODER -> matrix(source, dSae, dOut);
                        case DECODER_BIAS -> List.of((long) dOut);
                        case INPUT_BIAS, MEAN -> List.of((long) dIn);
                        case LOOKUP -> List.of(shape.isEmpty() ? 0L : shape.get(0), (long) dOut);
                        case SKIP ->
                            source.featuresInRows()
                                    ? List.of((long) dIn, (long) dOut)
                                    : List.of((long) dOut, (long) dIn);
                        default -> List.of((long) dSae);
                    };
            if (!shape.equals(expected)) {
                wrong.add(source.tensor() + " is " + shape + " instead of " + expected);
            }
        }
        if (!wrong.isEmpty()) {
            throw files.refused(
                    "the shapes do not form an autoencoder of " + dIn + " x " + dSae + ": " + String.join(", ", wrong),
                    "",
                    "");
        }
    }

    private static List<Long> matrix(Source source, long features, long width) {
        return source.featuresInRows() ? List.of(features, width) : List.of(width, features);
    }
}
