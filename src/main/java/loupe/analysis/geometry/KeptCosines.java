package loupe.analysis.geometry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import loupe.analysis.features.NeighbourSpace;
import loupe.base.CheckpointException;
import loupe.format.SafetensorsWriter;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.tensor.HostTensor;

/**
 * Answers about largest cosines on disk, a file for each question. Its name is made of what the question depends on:
 * the fingerprint of model or checkpoint, the vectors, the ranks. A file that cannot be read counts as none.
 * Thread-safe.
 *
 * @param folder where they lie; made with the first
 */
public record KeptCosines(Path folder) {
    /** The largest whole number up to which float32, as which files are read, has all. */
    private static final int MOST = 1 << 24;

    private static final String ENDING = ".safetensors";
    private static final String RANK = "largest.";
    private static final String NEAREST = "nearest";
    private static final String SHAPE = "shape";

    /** The ones that the window keeps beside its indexes. */
    public static KeptCosines in(Path indexes) {
        return new KeptCosines(indexes.resolve("cosines"));
    }

    /** The bytes of all that is kept. */
    public long bytes() {
        return files().stream().mapToLong(file -> file.toFile().length()).sum();
    }

    /**
     * Deletes all that is kept.
     *
     * @return the bytes freed
     */
    public long clear() {
        long freed = 0;
        for (Path file : files()) {
            long bytes = file.toFile().length();
            freed += file.toFile().delete() ? bytes : 0;
        }
        return freed;
    }

    private List<Path> files() {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(file -> file.toString().endsWith(ENDING)).toList();
        } catch (IOException none) {
            return List.of();
        }
    }

    /** The answer to a question; empty if it is not kept. */
    public Optional<LargestCosines.Answer> find(LargestCosines question) {
        Optional<Path> file = file(question).filter(Files::isRegularFile);
        if (file.isEmpty()) {
            return Optional.empty();
        }
        try (TensorArchive archive = TensorArchives.open(file.get())) {
            List<float[]> largest = new ArrayList<>();
            for (int rank : question.ranks()) {
                largest.add(archive.tensor(RANK + rank).toHost().data());
            }
            int[] nearest = ints(archive, NEAREST);
            int[] shape = ints(archive, SHAPE);
            boolean whole = largest.stream().allMatch(column -> column.length == nearest.length);
            return whole && shape.length == 2
                    ? Optional.of(new LargestCosines.Answer(
                            shape[0], shape[1], question.ranks(), nearest.length, largest, nearest))
                    : Optional.empty();
        } catch (CheckpointException damaged) {
            return Optional.empty();
        }
    }

    private static int[] ints(TensorArchive archive, String name) {
        float[] read = archive.tensor(name).toHost().data();
        int[] values = new int[read.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (int) read[i];
        }
        return values;
    }

    /**
     * Keeps a finished answer, unless its vectors have no name or are too many to be numbered in such a file.
     *
     * @throws CheckpointException if it cannot be written
     */
    public void keep(LargestCosines question, LargestCosines.Answer answer) {
        Optional<Path> file = file(question);
        if (file.isEmpty() || answer.done() < answer.rows() || answer.count() > MOST) {
            return;
        }
        SafetensorsWriter writer = new SafetensorsWriter();
        for (int i = 0; i < question.ranks().size(); i++) {
            writer.add(
                    RANK + question.ranks().get(i),
                    new HostTensor(answer.largest().get(i), answer.rows()));
        }
        long[] nearest = Arrays.stream(answer.nearest()).asLongStream().toArray();
        writer.add(NEAREST, nearest, nearest.length)
                .add(SHAPE, new long[] {answer.count(), answer.width()}, 2)
                .write(file.get());
    }

    /** Where an answer is kept; empty for vectors that were given, which have no name. */
    private Optional<Path> file(LargestCosines question) {
        return name(question.of())
                .map(name -> folder.resolve(name
                        + question.ranks().stream().map(rank -> "-" + rank).collect(Collectors.joining())
                        + (question.rows() == Integer.MAX_VALUE ? "" : "-of-" + question.rows())
                        + ENDING));
    }

    private static Optional<String> name(VectorSet of) {
        if (of instanceof VectorSet.Of vectors) {
            return Optional.of(name(vectors.space()));
        }
        if (of instanceof VectorSet.RandomLike random) {
            return Optional.of(name(random.space()) + "-random-" + random.seed());
        }
        if (of instanceof VectorSet.MatchedLike matched) {
            return Optional.of(name(matched.space()) + "-matched-" + matched.seed());
        }
        return Optional.empty();
    }

    private static String name(NeighbourSpace space) {
        if (space instanceof NeighbourSpace.Tokens tokens) {
            return tokens.model().fingerprint() + "-input";
        }
        if (space instanceof NeighbourSpace.Unembedding unembedding) {
            return unembedding.model().fingerprint() + "-output";
        }
        if (space instanceof NeighbourSpace.Encoder encoder) {
            return encoder.sae().fingerprint() + "-encoder";
        }
        if (space instanceof NeighbourSpace.Decoder decoder) {
            return decoder.sae().fingerprint() + "-decoder";
        }
        return ((NeighbourSpace.Biases) space).sae().fingerprint() + "-bias";
    }
}
