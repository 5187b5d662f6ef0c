package loupe.index;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;

/**
 * What an index was made from; {@code index.json} in its folder.
 *
 * @param version of the layout of the folder, {@link #VERSION}
 * @param model name and fingerprint of the model
 * @param saes the autoencoders, in the order of their folders
 * @param sources the corpus files
 * @param contextLength positions in a context
 * @param separator the token put before each document, or -1
 * @param documents whether documents run on from one to the next
 * @param maxTokens the limit of tokens of the pass, 0 for none
 * @param shard which share of a pass this is; {@link Shard#WHOLE} for an index in one piece
 * @param masks which tokens are left out
 * @param leftOut how many
 * @param tokens tokens read, those left out included
 * @param contexts that the tokens are in
 * @param seconds the last run of the pass took; of merged shards, together
 * @param files of a finished index, with their checksums; empty for one written before there were any
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record IndexInfo(
        int version,
        Named model,
        List<IndexedSae> saes,
        List<Corpus.Source> sources,
        int contextLength,
        int separator,
        DocumentPacking documents,
        long maxTokens,
        Shard shard,
        CorpusMasks masks,
        CorpusMasks.LeftOut leftOut,
        long tokens,
        long contexts,
        double seconds,
        List<StoredFile> files) {
    /**
     * Fills in what an older index does not say: documents ran on in full contexts, and there were no shards, masks and
     * checksums.
     */
    public IndexInfo {
        documents = documents == null ? DocumentPacking.PACKED : documents;
        shard = shard == null ? Shard.WHOLE : shard;
        masks = masks == null ? CorpusMasks.NONE : masks;
        leftOut = leftOut == null ? CorpusMasks.LeftOut.NOTHING : leftOut;
        files = files == null ? List.of() : List.copyOf(files);
        if (contexts == 0 && documents == DocumentPacking.PACKED && files.isEmpty() && contextLength > 0) {
            contexts = (tokens + contextLength - 1) / contextLength;
        }
    }

    /** The layout this program writes and reads. */
    public static final int VERSION = 1;

    /** The tokens that count: those that densities and correlations refer to. */
    public long counted() {
        return tokens - leftOut.together();
    }

    /** All running numbers of tokens are below this; some stand for no token if contexts are not full. */
    public long places() {
        return documents.places(tokens, contexts, contextLength);
    }

    /** The description of the pass, without its results. */
    IndexInfo pass() {
        return new IndexInfo(
                version,
                model,
                saes.stream().map(IndexedSae::unread).toList(),
                sources,
                contextLength,
                separator,
                documents,
                maxTokens,
                shard,
                masks,
                CorpusMasks.LeftOut.NOTHING,
                0,
                0,
                0,
                List.of());
    }

    IndexInfo with(CorpusMasks others) {
        return with(documents, others);
    }

    IndexInfo with(DocumentPacking packing) {
        return with(packing, masks);
    }

    private IndexInfo with(DocumentPacking packing, CorpusMasks others) {
        return new IndexInfo(
                version,
                model,
                saes,
                sources,
                contextLength,
                separator,
                packing,
                maxTokens,
                shard,
                others,
                leftOut,
                tokens,
                contexts,
                seconds,
                files);
    }

    /**
     * A model or checkpoint that was indexed.
     *
     * @param fingerprint identifies the contents
     */
    public record Named(String name, String fingerprint) {}

    /**
     * One autoencoder whose activations the index has.
     *
     * @param folder under the index where its files are
     * @param features dSae
     * @param hook where it was read
     * @param rows stored activations
     */
    public record IndexedSae(String folder, Named sae, int features, String hook, long rows) {
        private IndexedSae unread() {
            return new IndexedSae(folder, sae, features, hook, 0);
        }
    }
}
