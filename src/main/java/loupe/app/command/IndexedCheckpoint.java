package loupe.app.command;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loupe.app.cli.CommandContext;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionSection;
import loupe.app.cli.UsageException;
import loupe.index.ActivationIndex;
import loupe.index.FeatureStatistics;
import loupe.index.IndexInfo;
import loupe.inference.OpenSae;
import loupe.inference.SaeId;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that selects a checkpoint of an index. */
@OptionSection("Index")
public final class IndexedCheckpoint {
    @Option(names = "--sae", paramLabel = "NAME", description = "Checkpoint of the index (default: the only one).")
    private String sae;

    /** The options that say where the features of a checkpoint that is open were counted. */
    @OptionSection("Where its features were counted")
    public static final class Counted {
        @Option(
                names = "--index",
                paramLabel = "DIR",
                description = "Index of a corpus that has counted the checkpoint, for its largest activations and its "
                        + "texts.")
        private Path folder;

        @Option(
                names = "--indexed-as",
                paramLabel = "NAME",
                description = "Checkpoint of the index (default: that of --sae, by its contents and how it is read).")
        private String indexed;

        /** Whether an index is given. */
        public boolean isGiven() {
            return folder != null;
        }

        /** Refuses what can be refused before anything is opened. */
        public void check() {
            if (folder != null) {
                OptionPaths.existing(folder, "--index");
            } else if (indexed != null) {
                throw new UsageException("--indexed-as names a checkpoint of an index; add --index DIR");
            }
        }

        /** What is to be done with an index, and the checkpoint's place in it. */
        @FunctionalInterface
        public interface Reading<R> {
            R read(ActivationIndex index, int place);
        }

        /**
         * Opens the index and reads what is there of a checkpoint.
         *
         * @throws UsageException if no index is given, or it has not counted the checkpoint
         */
        public <R> R read(CommandContext context, SaeId sae, int features, Reading<R> reading) {
            if (folder == null) {
                throw new UsageException("--index DIR is needed, an index that has counted the checkpoint");
            }
            try (ActivationIndex index = ActivationIndex.open(OptionPaths.existing(folder, "--index"))) {
                index.doubt().ifPresent(context::warn);
                return reading.read(index, of(context, index.info(), indexed, sae, features));
            }
        }

        /** What was counted of the features, if an index is given. */
        public Optional<FeatureStatistics> statistics(CommandContext context, SaeId sae, int features) {
            return folder == null
                    ? Optional.empty()
                    : Optional.of(read(context, sae, features, ActivationIndex::statistics));
        }

        /**
         * The largest activation of a feature on the corpus.
         *
         * @throws UsageException if no index is given, or the feature is not active in it
         */
        public double largest(CommandContext context, OpenSae sae, int feature) {
            if (folder == null) {
                throw new UsageException("--index DIR is needed for multiples of the corpus maximum");
            }
            double largest = statistics(context, sae.id(), sae.config().dSae())
                    .orElseThrow()
                    .max()[feature];
            if (largest <= 0) {
                throw new UsageException("--index: the largest activation of feature " + feature + " in " + folder
                        + " is " + largest + ", expected one above 0; give a value instead of a multiple");
            }
            return largest;
        }

        /** What the index is of, if one is given. */
        public Optional<IndexInfo> info() {
            return Optional.ofNullable(folder).map(ActivationIndex::describe);
        }
    }

    /**
     * Its place in the index.
     *
     * @throws UsageException if there is no such checkpoint, or more than one
     */
    public int in(IndexInfo info) {
        return find(info, sae, "--sae");
    }

    /**
     * The place of a checkpoint in an index.
     *
     * @param name null for the only one
     * @param option the option that gave the name
     */
    public static int find(IndexInfo info, String name, String option) {
        List<String> names =
                info.saes().stream().map(indexed -> indexed.sae().name()).toList();
        if (name == null && names.size() == 1) {
            return 0;
        }
        List<Integer> found = IntStream.range(0, names.size())
                .filter(i ->
                        names.get(i).equals(name) || info.saes().get(i).folder().equals(name))
                .boxed()
                .toList();
        if (found.size() == 1) {
            return found.get(0);
        }
        throw new UsageException((name == null ? option + " NAME is needed" : option + " is " + name)
                + ", the index has " + names(info));
    }

    /**
     * The place in an index of a checkpoint that is open: the one that was counted as it is read here, or the one that
     * is named.
     *
     * @param indexed the name that --indexed-as gave; null for none
     * @throws UsageException if there is no such checkpoint, or its sizes differ
     */
    public static int of(CommandContext context, IndexInfo info, @Nullable String indexed, SaeId sae, int features) {
        List<IndexInfo.IndexedSae> counted = info.saes();
        int[] same = IntStream.range(0, counted.size())
                .filter(i -> counted.get(i).sae().fingerprint().equals(sae.fingerprint()))
                .toArray();
        if (indexed == null && same.length > 0) {
            return same[0];
        }
        if (indexed == null) {
            throw new UsageException("--index has not counted " + sae + " as it is read here, but " + names(info)
                    + "; give --indexed-as NAME if one of them is meant");
        }
        int which = find(info, indexed, "--indexed-as");
        IndexInfo.IndexedSae chosen = counted.get(which);
        if (chosen.features() != features) {
            throw new UsageException("--index has " + chosen.features() + " features of "
                    + chosen.sae().name() + ", the checkpoint has " + features);
        }
        if (Arrays.stream(same).noneMatch(place -> place == which)) {
            context.warn("--indexed-as " + indexed + " was counted with other files than --sae, or read otherwise");
        }
        return which;
    }

    /** The checkpoints of an index, each with the folder of its part, for a message. */
    public static String names(IndexInfo info) {
        return info.saes().stream()
                .map(indexed -> indexed.sae().name() + " (" + indexed.folder() + ")")
                .collect(Collectors.joining(", "));
    }

    /**
     * A feature that the checkpoint has.
     *
     * @throws UsageException if it has no such feature
     */
    public static int require(IndexInfo info, int which, int feature) {
        int features = info.saes().get(which).features();
        if (feature < 0 || feature >= features) {
            throw new UsageException("--feature is " + feature + ", the index has " + features + " features of "
                    + info.saes().get(which).sae().name());
        }
        return feature;
    }
}
