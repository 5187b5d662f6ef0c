package loupe.lm.folder;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import loupe.base.CheckpointException;
import loupe.base.OutOfDeviceMemoryException;
import loupe.format.StateDictNames;
import loupe.format.TensorArchive;
import loupe.lm.HostWeight;
import loupe.tensor.ReadingThreads;
import loupe.tensor.StoredTensor;

/**
 * The tensors of a model's files on their way to becoming parameters: which is which, checked before anything is read.
 */
final class StoredWeights {
    private static final int COMPARED_BYTES = 1 << 20;
    private static final int NAMED = 3;

    private final TensorArchive archive;
    private final StateDictNames names;
    private final Set<String> unclaimed;
    /** What the files have before every name: the keys under which someone saved the state dict; usually nothing. */
    private String wrapping = "";

    private final Map<String, StoredParameter> claimed = new LinkedHashMap<>();
    private final List<String> warnings = new ArrayList<>();
    /** Elements that are NaN or infinite, by tensor, as far as tensors have been read. */
    private final Map<String, Long> nonFinite = new ConcurrentSkipListMap<>();

    StoredWeights(TensorArchive archive) {
        this.archive = archive;
        this.names = StateDictNames.of(archive.names());
        this.unclaimed = new LinkedHashSet<>(names.all());
    }

    boolean has(String storedName) {
        return names.stored(wrapping + storedName).isPresent();
    }

    /**
     * The first of these prefixes under which the files have the tensor; the last one if there is none. If the files
     * have the whole state dict under further keys, those are left out from then on.
     */
    String prefixOf(String storedName, String... prefixes) {
        for (String prefix : prefixes) {
            if (has(prefix + storedName)) {
                return prefix;
            }
        }
        List<String> longestFirst = Arrays.stream(prefixes)
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList();
        for (String prefix : longestFirst) {
            List<String> wrappings = names.prefixes(List.of(prefix + storedName));
            if (!wrappings.isEmpty()) {
                wrapping = wrappings.get(0);
                return prefix;
            }
        }
        return prefixes[prefixes.length - 1];
    }

    /**
     * Maps a parameter to a tensor of the files, as stored.
     *
     * @throws CheckpointException if there is no such tensor, or not of this shape and a floating type
     */
    void claim(String parameter, String storedName, long... shape) {
        put(parameter, new StoredParameter(shape, List.of(StoredParameter.Part.whole(find(storedName, shape))), 0));
    }

    /**
     * Maps embedding and unembedding, (V, dModel), as transformers 5 does. Where config.json ties the two, files may
     * have either name; with both, a head that differs from the embedding stays a matrix of its own, and a warning says
     * so. To find that out both are read as far as they are equal.
     *
     * @param embedding what the file calls the embedding
     * @param head what it calls the unembedding
     * @param tied whether config.json says that the two are one
     * @throws CheckpointException if a tensor is missing or has another shape
     */
    void claimEmbeddings(String embedding, String head, boolean tied, long vocabularySize, long dModel) {
        boolean onlyHead = tied && !has(embedding) && has(head);
        claim("transformer.wte.weight", onlyHead ? head : embedding, vocabularySize, dModel);
        if (!tied) {
            claim("lm_head.weight", head, vocabularySize, dModel);
        } else if (!onlyHead && has(head)) {
            StoredTensor unembedding = find(head, vocabularySize, dModel);
            if (!haveEqualElements(find(embedding, vocabularySize, dModel), unembedding)) {
                claim("lm_head.weight", head, vocabularySize, dModel);
                warnings.add("tie_word_embeddings is true, but " + head + " differs from " + embedding
                        + "; the two are not tied, and both are used");
            }
        }
    }

    /** Compares tensors of one shape block by block, up to the first difference. */
    private static boolean haveEqualElements(StoredTensor a, StoredTensor b) {
        ByteBuffer left = ByteBuffer.allocate(COMPARED_BYTES).order(ByteOrder.nativeOrder());
        ByteBuffer right = ByteBuffer.allocate(COMPARED_BYTES).order(ByteOrder.nativeOrder());
        long elements = a.elements();
        for (long done = 0; done < elements; done += COMPARED_BYTES / Float.BYTES) {
            int bytes = Float.BYTES * (int) Math.min(COMPARED_BYTES / Float.BYTES, elements - done);
            a.readFloats(done, left.clear().limit(bytes));
            b.readFloats(done, right.clear().limit(bytes));
            if (!left.flip().asFloatBuffer().equals(right.flip().asFloatBuffer())) {
                return false;
            }
        }
        return true;
    }

    /**
     * Gain and bias of a LayerNorm.
     *
     * @param storedName without {@code .weight}
     */
    void claimAffineNorm(String parameter, String storedName, long width) {
        claim(parameter + ".weight", storedName + ".weight", width);
        claim(parameter + ".bias", storedName + ".bias", width);
    }

    /** The same as {@link #claim}, with a number added to every element. */
    void claimPlus(float plus, String parameter, String storedName, long... shape) {
        put(parameter, new StoredParameter(shape, List.of(StoredParameter.Part.whole(find(storedName, shape))), plus));
    }

    /** The same as {@link #claim}, with every element multiplied by a number. */
    void claimTimes(float times, String parameter, String storedName, long... shape) {
        put(
                parameter,
                new StoredParameter(shape, List.of(StoredParameter.Part.whole(find(storedName, shape))), 0, times));
    }

    /** A parameter that the files do not have because it is zero. */
    void claimZeros(String parameter, long... shape) {
        put(parameter, new StoredParameter(shape, List.of(), 0));
    }

    /** Maps a parameter of small rows to tensors that are its rows, one after another. */
    void claimStacked(String parameter, List<String> storedNames, long width) {
        List<StoredParameter.Part> rows = storedNames.stream()
                .map(name -> StoredParameter.Part.whole(find(name, width)))
                .toList();
        put(parameter, new StoredParameter(new long[] {rows.size(), width}, rows, 0));
    }

    /**
     * Maps a matrix (in, out) to some rows of a tensor (all, in) that holds several.
     *
     * @param storedName with {@code .weight}
     * @param first of the rows
     */
    void claimRows(String parameter, String storedName, long in, long all, long first, long out) {
        put(
                parameter,
                new StoredParameter(
                        new long[] {in, out},
                        List.of(new StoredParameter.Part(find(storedName, all, in), true, first, out, 0)),
                        0));
    }

    /**
     * Maps a matrix (in, out) to tensors (out, in) as torch's Linear stores them, one or several whose rows are its
     * columns one after another; and its bias, if it has one, in the same way.
     *
     * @param parameter without {@code .weight}
     * @param linears the tensors' names, without {@code .weight}, and how many rows each has
     */
    void claimLinear(String parameter, long in, boolean biased, Linear... linears) {
        List<StoredParameter.Part> weight = new ArrayList<>();
        List<StoredParameter.Part> bias = new ArrayList<>();
        long column = 0;
        for (Linear linear : linears) {
            weight.add(new StoredParameter.Part(
                    find(linear.name + ".weight", linear.out, in), true, 0, linear.out, column));
            if (biased) {
                bias.add(
                        new StoredParameter.Part(find(linear.name + ".bias", linear.out), true, 0, linear.out, column));
            }
            column += linear.out;
        }
        put(parameter + ".weight", new StoredParameter(new long[] {in, column}, weight, 0));
        if (biased) {
            put(parameter + ".bias", new StoredParameter(new long[] {column}, bias, 0));
        }
    }

    /**
     * Maps queries, keys and values to one Linear whose rows are, head by head, the head's queries, keys and values.
     *
     * @param parameter without {@code .weight}
     * @param storedName without {@code .weight}
     */
    void claimByHead(String parameter, String storedName, long in, boolean biased, int heads, int dHead) {
        long width = 3L * heads * dHead;
        put(
                parameter + ".weight",
                new StoredParameter(
                        new long[] {in, width}, byHead(find(storedName + ".weight", width, in), heads, dHead), 0));
        if (biased) {
            put(
                    parameter + ".bias",
                    new StoredParameter(
                            new long[] {width}, byHead(find(storedName + ".bias", width), heads, dHead), 0));
        }
    }

    private static List<StoredParameter.Part> byHead(StoredTensor tensor, int heads, int dHead) {
        List<StoredParameter.Part> parts = new ArrayList<>();
        for (int head = 0; head < heads; head++) {
            for (int i = 0; i < 3; i++) {
                parts.add(new StoredParameter.Part(
                        tensor, true, (3L * head + i) * dHead, dHead, ((long) i * heads + head) * dHead));
            }
        }
        return parts;
    }

    /** Finds a tensor and checks its shape and type. */
    private StoredTensor find(String storedName, long... shape) {
        Optional<StoredTensor> found = names.stored(wrapping + storedName).flatMap(archive::find);
        if (found.isEmpty()) {
            throw new CheckpointException(
                    archive.path(),
                    "tensor " + storedName + " is missing",
                    "a tensor of shape " + Arrays.toString(shape),
                    "Check that config.json and weights belong to the same model");
        }
        StoredTensor tensor = found.get();
        if (!Arrays.equals(tensor.shape().stream().mapToLong(axis -> axis).toArray(), shape)) {
            throw new CheckpointException(
                    archive.path(),
                    storedName + " is " + tensor.shape(),
                    Arrays.toString(shape) + " by config.json",
                    "Check that config.json and weights belong to the same model");
        }
        if (!tensor.dtype().isFloating()) {
            throw new CheckpointException(
                    archive.path(), storedName + " holds " + tensor.dtype(), "floating-point numbers", "");
        }
        unclaimed.remove(wrapping + storedName);
        return tensor;
    }

    private void put(String parameter, StoredParameter stored) {
        if (stored.isTransposed() && stored.bytes() > HostWeight.LARGEST_BLOCK) {
            throw new CheckpointException(
                    archive.path(),
                    stored.parts().get(0).tensor().name() + " takes " + stored.bytes() + " bytes as float32",
                    "at most " + HostWeight.LARGEST_BLOCK + " in one matrix",
                    "");
        }
        claimed.put(parameter, stored);
    }

    /** Ignores tensors whose names have this ending. */
    void ignore(String ending) {
        unclaimed.removeIf(name -> name.endsWith(ending));
    }

    /** Ignores tensors with this in their names, which belong to a part that is not used. */
    void ignorePart(String inName) {
        unclaimed.removeIf(name -> name.contains(inName));
    }

    /** What is unusual about the tensors that were claimed, as plain sentences without a full stop. */
    List<String> warnings() {
        return List.copyOf(warnings);
    }

    /**
     * What the last reading has found in the elements, as a plain sentence without a full stop; empty if all of them
     * are finite.
     */
    Optional<String> audit() {
        if (nonFinite.isEmpty()) {
            return Optional.empty();
        }
        String named = nonFinite.entrySet().stream()
                .limit(NAMED)
                .map(tensor -> tensor.getKey() + " (" + tensor.getValue() + ")")
                .collect(Collectors.joining(", "));
        int others = nonFinite.size() - NAMED;
        return Optional.of("Weights contain non-finite values (NaN or infinite): " + named
                + (others > 0 ? " and " + others + " tensors more" : "")
                + "; what is computed from them is not defined");
    }

    /** Names of tensors that nothing has claimed or ignored. */
    List<String> unclaimed() {
        return List.copyOf(unclaimed);
    }

    /**
     * Reads claimed tensors.
     *
     * @param wanted which, by the parameter's name
     * @throws OutOfDeviceMemoryException if they are more than this process may hold outside its heap
     */
    Map<String, HostWeight> read(Predicate<String> wanted) {
        return read(wanted, HostWeight.LARGEST_BLOCK);
    }

    /** @param largestBlock of memory, in bytes */
    Map<String, HostWeight> read(Predicate<String> wanted, long largestBlock) {
        try {
            return readAll(of(wanted), largestBlock);
        } catch (OutOfMemoryError e) {
            throw new OutOfDeviceMemoryException(
                    archive.path() + ": the weights take " + (bytes(wanted) >> 20)
                            + " MiB, more than this process may use. "
                            + "Choose a smaller model, or start Java with a larger -XX:MaxDirectMemorySize.",
                    e);
        }
    }

    private Map<String, StoredParameter> of(Predicate<String> wanted) {
        Map<String, StoredParameter> some = new LinkedHashMap<>(claimed);
        some.keySet().removeIf(wanted.negate());
        return some;
    }

    /** Reads on several threads at once, the largest first, so that they end together. */
    private Map<String, HostWeight> readAll(Map<String, StoredParameter> some, long largestBlock) {
        nonFinite.clear();
        ObjLongConsumer<String> audit = (tensor, count) -> nonFinite.merge(tensor, count, Long::sum);
        Map<String, HostWeight> read = new ConcurrentHashMap<>();
        Queue<StoredParameter.Scratch> scratches = new ConcurrentLinkedQueue<>();
        List<Consumer<StoredParameter.Scratch>> pieces = some.entrySet().stream()
                .sorted(Comparator.comparingLong((Map.Entry<String, StoredParameter> entry) ->
                                entry.getValue().bytes())
                        .reversed())
                .<Consumer<StoredParameter.Scratch>>map(entry ->
                        scratch -> read.put(entry.getKey(), entry.getValue().read(largestBlock, scratch, audit)))
                .toList();
        try {
            ReadingThreads.run(
                    () -> {
                        StoredParameter.Scratch scratch = new StoredParameter.Scratch();
                        scratches.add(scratch);
                        return scratch;
                    },
                    pieces);
        } catch (RuntimeException | Error e) {
            read.values().forEach(HostWeight::free);
            throw e;
        } finally {
            scratches.forEach(StoredParameter.Scratch::close);
        }
        Map<String, HostWeight> inOrder = new LinkedHashMap<>();
        some.keySet().forEach(parameter -> inOrder.put(parameter, read.get(parameter)));
        return inOrder;
    }

    /** Size of one claimed parameter as float32; 0 if there is no such. */
    long bytes(String parameter) {
        StoredParameter stored = claimed.get(parameter);
        return stored == null ? 0 : stored.bytes();
    }

    /** Size of the largest of some claimed parameters as float32. */
    long largest(Predicate<String> wanted) {
        return of(wanted).values().stream()
                .mapToLong(StoredParameter::bytes)
                .max()
                .orElse(0);
    }

    /** Size of some claimed parameters as float32. */
    long bytes(Predicate<String> wanted) {
        return of(wanted).values().stream().mapToLong(StoredParameter::bytes).sum();
    }

    /** One tensor (out, in) of a matrix, by its name without {@code .weight}. */
    record Linear(String name, long out) {}
}
