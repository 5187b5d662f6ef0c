package loupe.app.command;

import java.util.List;
import java.util.Optional;
import loupe.app.cli.ResultJson.LeftOutIfEmpty;
import loupe.index.CorpusMasks;
import loupe.index.DocumentPacking;
import loupe.index.IndexInfo;
import loupe.index.Shard;

/**
 * How much an index holds.
 *
 * @param documents how the model read them: {@link DocumentPacking#word}
 * @param counted tokens that densities refer to; empty if no token was masked, as the masks
 * @param shard which share of a corpus this is; empty for a whole index
 * @param seconds that the pass took
 * @param features of all checkpoints together
 * @param rows stored activations of all checkpoints together
 */
record IndexSummary(
        long tokens,
        String documents,
        @LeftOutIfEmpty Optional<Long> counted,
        @LeftOutIfEmpty Optional<Masks> masks,
        @LeftOutIfEmpty Optional<String> shard,
        double seconds,
        long features,
        long rows,
        List<Checkpoint> saes) {
    static IndexSummary of(IndexInfo info) {
        Optional<IndexInfo> masked =
                Optional.of(info).filter(any -> !any.masks().isNone());
        return new IndexSummary(
                info.tokens(),
                info.documents().word(),
                masked.map(IndexInfo::counted),
                masked.map(Masks::of),
                Optional.of(info.shard()).filter(shard -> !shard.isWhole()).map(Shard::toString),
                info.seconds(),
                info.saes().stream().mapToLong(IndexInfo.IndexedSae::features).sum(),
                info.saes().stream().mapToLong(IndexInfo.IndexedSae::rows).sum(),
                info.saes().stream().map(Checkpoint::of).toList());
    }

    /**
     * A checkpoint of the index.
     *
     * @param hook the hook point it reads at
     */
    record Checkpoint(String name, int features, String hook, long rows) {
        static Checkpoint of(IndexInfo.IndexedSae sae) {
            return new Checkpoint(sae.sae().name(), sae.features(), sae.hook(), sae.rows());
        }
    }

    /**
     * Each mask that was used, and how many tokens it left out; a token can be left out by several.
     *
     * @param leftOut tokens left out by any of them
     */
    record Masks(
            @LeftOutIfEmpty Optional<Beginning> bos,
            @LeftOutIfEmpty Optional<First> first,
            @LeftOutIfEmpty Optional<Norm> norm,
            @LeftOutIfEmpty Optional<Ignored> ignored,
            long leftOut) {
        static Masks of(IndexInfo info) {
            CorpusMasks masks = info.masks();
            CorpusMasks.LeftOut leftOut = info.leftOut();
            return new Masks(
                    masks.beginning() < 0
                            ? Optional.empty()
                            : Optional.of(new Beginning(masks.beginning(), leftOut.beginning())),
                    masks.firstPositions() == 0
                            ? Optional.empty()
                            : Optional.of(new First(masks.firstPositions(), leftOut.firstPositions())),
                    masks.normMultiple() == 0
                            ? Optional.empty()
                            : Optional.of(new Norm(masks.normMultiple(), leftOut.highNorm())),
                    masks.ignored().isEmpty()
                            ? Optional.empty()
                            : Optional.of(new Ignored(masks.ignored(), leftOut.ignored())),
                    leftOut.together());
        }
    }

    /** The mask of the token for the beginning of text. */
    record Beginning(int token, long leftOut) {}

    /** The mask of ignored tokens, by id. */
    record Ignored(List<Integer> tokens, long leftOut) {}

    /** The mask of the first positions of each document or context. */
    record First(int positions, long leftOut) {}

    /**
     * The mask of vectors far longer than the others.
     *
     * @param multiple of the median norm
     */
    record Norm(double multiple, long leftOut) {}
}
