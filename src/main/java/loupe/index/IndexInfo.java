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
 * @param maxTokens the limit of tokens of the pass, 0 for none
 * @param shard which share of a pass this is; {@link Shard#WHOLE} for an index in one piece
 * @param tokens tokens counted
 * @param seconds the last run of the pass took; of merged shards, together
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record IndexInfo(int version, Named model, List<IndexedSae> saes, List<Corpus.Source> sources, int contextLength,
        int separator, long maxTokens, Shard shard, long tokens, double seconds) {
    /** An index written before there were shards says nothing of them. */
    public IndexInfo {
        shard = shard == null ? Shard.WHOLE : shard;
    }

    /** The layout this program writes and reads. */
    public static final int VERSION = 1;

    /** A thing that was open. @param fingerprint tells contents apart */
    public record Named(String name, String fingerprint) {}

    /** @param folder under the index where its files are @param features dSae @param hook where it was read @param rows stored activations */
    public record IndexedSae(String folder, Named sae, int features, String hook, long rows) {}
}
