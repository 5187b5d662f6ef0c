package loupe.state.corpus;

import java.util.List;
import loupe.index.ActivationIndex;
import loupe.index.FeatureStatistics;
import loupe.index.IndexInfo;
import loupe.index.IndexUse;
import loupe.index.Shard;
import org.jspecify.annotations.Nullable;

/**
 * An index that is open, with what is shown of all features.
 *
 * @param place of the side's checkpoint in it
 * @param use says that it is read; null for one that is not kept here
 */
record CountedIndex(
        ActivationIndex index,
        int place,
        FeatureStatistics statistics,
        CountedShare share,
        @Nullable IndexUse use) {
    static CountedIndex of(ActivationIndex index, int place, @Nullable IndexUse use) {
        Shard shard = index.info().shard();
        return new CountedIndex(
                index,
                place,
                index.statistics(place),
                shard.isWhole()
                        ? CountedShare.WHOLE
                        : CountedShare.part(1.0 / shard.of(), index.info().counted()),
                use);
    }

    /** The model and the checkpoints that an index is of. */
    static String ofWhat(IndexInfo info) {
        List<String> names = info.saes().stream().map(sae -> sae.sae().name()).toList();
        return "of model " + info.model().name() + " and " + (names.size() == 1 ? "checkpoint " : "checkpoints ")
                + String.join(", ", names);
    }

    void close() {
        index.close();
        if (use != null) {
            use.close();
        }
    }
}
