package loupe.format;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.tensor.StoredTensor;

/**
 * Named tensors in one or several files, whatever the container: safetensors, torch zip, legacy torch, npz, or several
 * shards seen as one. Opening checks everything that can be checked without reading the tensors. Nothing in a file is
 * ever executed. Thread-safe; tensors can be read until {@link #close}.
 */
public interface TensorArchive extends AutoCloseable {
    /** The file, or the index file of several shards. */
    Path path();

    /** What kind of file it is. */
    Container container();

    /** Tensor names in file order. Nested torch dictionaries are joined by dots: {@code lookup.W_lookup.weight}. */
    List<String> names();

    Optional<StoredTensor> find(String name);

    /**
     * The tensor of a name.
     *
     * @throws loupe.base.CheckpointException naming the tensors there are, if this one is missing
     */
    StoredTensor tensor(String name);

    /**
     * Everything in the file that is not a tensor, by dotted name: strings, numbers, booleans, nulls, lists and maps of
     * those. For safetensors the {@code __metadata__}; for torch files the plain values found among the tensors. A
     * dictionary that holds no tensor is one value, a map, under its own name: {@code cfg} of {@code {cfg,
     * state_dict}}.
     */
    Map<String, Object> values();

    /** Oddities of the file that are no reason to refuse it, one sentence each. */
    List<String> warnings();

    @Override
    void close();
}
