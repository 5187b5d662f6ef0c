package loupe.app.effects;

import java.nio.file.Path;
import loupe.app.cli.CommandContext;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionSection;
import loupe.app.cli.UsageException;
import loupe.app.command.IndexedCheckpoint;
import loupe.index.ActivationIndex;
import loupe.index.FeatureStatistics;
import loupe.inference.OpenSae;
import picocli.CommandLine.Option;

/** The options that say where the largest activations of features were counted. */
@OptionSection("Corpus maximum")
public final class CorpusMaximum {
    @Option(
            names = "--index",
            paramLabel = "DIR",
            description = "Index of a corpus that has counted the checkpoint, for the largest activations.")
    private Path folder;

    @Option(
            names = "--indexed-as",
            paramLabel = "NAME",
            description = "Checkpoint of the index (default: that of --sae, by its contents and how it is read).")
    private String indexed;

    /** Whether an index is given. */
    boolean isGiven() {
        return folder != null;
    }

    /** Refuses what can be refused before anything is opened. */
    void check() {
        if (folder != null) {
            OptionPaths.existing(folder, "--index");
        } else if (indexed != null) {
            throw new UsageException("--indexed-as names a checkpoint of --index, which is missing");
        }
    }

    /**
     * The largest activation of a feature on the corpus.
     *
     * @throws UsageException if no index is given, or the feature is not active in it
     */
    double of(CommandContext context, OpenSae sae, int feature) {
        if (folder == null) {
            throw new UsageException("--index DIR is needed for multiples of the corpus maximum");
        }
        try (ActivationIndex index = ActivationIndex.open(OptionPaths.existing(folder, "--index"))) {
            index.doubt().ifPresent(context::warn);
            FeatureStatistics counted = index.statistics(IndexedCheckpoint.of(
                    context, index.info(), indexed, sae.id(), sae.config().dSae()));
            double largest = counted.max()[feature];
            if (largest <= 0) {
                throw new UsageException("--index: the largest activation of feature " + feature + " in " + folder
                        + " is " + largest + ", expected one above 0; give a value instead of a multiple");
            }
            return largest;
        }
    }
}
