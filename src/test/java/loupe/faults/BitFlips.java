package loupe.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import loupe.base.CheckpointException;
import loupe.index.ActivationIndex;
import loupe.index.ActivationIndex.ActiveFeature;
import loupe.index.Example;
import loupe.index.Examples;
import loupe.index.FeatureActivations;
import loupe.index.FeatureStatistics;
import loupe.index.TokenFeatures;

/**
 * One bit after another of the files of an index is turned, and everything asked: it is refused, or answers as before.
 *
 * <p>By hand: {@code INDEX FLIPS SEED}; the index is as it was afterwards.
 */
final class BitFlips {
    private static final int FEATURES = 4;
    private static final int EXAMPLES = 5;
    private static final int BITS = 8;

    private final Path folder;
    private final List<Path> files;
    private final List<Object> right;
    private final Random random;
    private final Tally tally = new Tally();

    /** @param folder a whole index */
    BitFlips(Path folder, long seed) throws IOException {
        this.folder = folder;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.filter(Files::isRegularFile).sorted().toList();
        }
        right = answers(folder);
        random = new Random(seed);
    }

    public static void main(String[] arguments) throws IOException {
        BitFlips trial = new BitFlips(Path.of(arguments[0]), Long.parseLong(arguments[2]));
        trial.flip(Integer.parseInt(arguments[1]));
        System.out.println("bits " + trial.tally);
    }

    Tally tally() {
        return tally;
    }

    /** Turns bits, one at a time, of all files alike. */
    void flip(int times) throws IOException {
        for (int i = 0; i < times; i++) {
            Path file = files.get(i % files.size());
            byte[] bytes = Files.readAllBytes(file);
            int at = random.nextInt(bytes.length);
            int bit = 1 << random.nextInt(BITS);
            byte[] turned = bytes.clone();
            turned[at] ^= (byte) bit;
            Files.write(file, turned);
            String what = file.getFileName() + " byte " + at + " bit " + bit;
            try {
                if (answers(folder).equals(right)) {
                    tally.right();
                    tally.count("without effect in " + file.getFileName());
                } else {
                    tally.wrong(what);
                }
            } catch (CheckpointException refused) {
                tally.sentence();
            } catch (RuntimeException unexpected) {
                tally.wrong(what + ": " + unexpected);
            } finally {
                Files.write(file, bytes);
            }
        }
    }

    /** What an index says of itself and of some features. */
    private static List<Object> answers(Path folder) {
        List<Object> answers = new ArrayList<>();
        try (ActivationIndex index = ActivationIndex.open(folder)) {
            answers.add(index.info());
            FeatureStatistics statistics = index.statistics(0);
            answers.addAll(List.of(
                    Arrays.toString(statistics.count()),
                    Arrays.toString(statistics.sum()),
                    Arrays.toString(statistics.max()),
                    Arrays.toString(statistics.min())));
            int step = Math.max(1, statistics.features() / FEATURES);
            for (int feature : IntStream.range(0, statistics.features())
                    .filter(f -> f % step == 0)
                    .toArray()) {
                FeatureActivations activations = index.activations(0, feature);
                answers.add(Arrays.toString(activations.tokens()));
                answers.add(Arrays.toString(activations.values()));
                for (Example example : index.examples(activations, Examples.top(activations, EXAMPLES, 1), 2, 2)) {
                    answers.add(Arrays.toString(example.ids()) + Arrays.toString(example.values()));
                }
            }
            List<ActiveFeature> there = index.featuresAt(0, 1);
            answers.add(there);
            TokenFeatures token = index.featuresOf(0, index.upTo(1)[0]);
            answers.add(List.of(token.occurrences(), Arrays.toString(token.count()), Arrays.toString(token.sum())));
        }
        return answers;
    }
}
