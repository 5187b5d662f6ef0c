package loupe.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.base.HookPoint;
import loupe.tensor.DType;
import loupe.tensor.StoredTensor;

/**
 * Reads the model files of llama2.c: a header of seven integers and float32 tensors in a fixed order. The first version
 * has no magic number, so a file is one only if its size is exactly what the header says. Tensors get the names of
 * Meta's files, {@code layers.0.attention.wq.weight}; the header's numbers are the archive's values.
 *
 * @see <a href="https://github.com/karpathy/llama2.c/blob/master/export.py">llama2.c, export.py</a>
 */
final class Llama2cFile {
    private static final int MAGIC = 0x616b3432;
    private static final int INTEGERS = 7;
    private static final int HEADER_BYTES = 4 * INTEGERS;
    /** Of the later versions, which begin with the magic number and the version. */
    private static final int PADDED_HEADER_BYTES = 256;

    private static final int SHARED_AT = 8 + HEADER_BYTES;
    private static final int LARGEST = 1 << 24;

    private Llama2cFile() {}

    /**
     * The header's numbers.
     *
     * @param begin of the tensors, in bytes
     */
    private record Header(
            int version,
            long dim,
            long hiddenDim,
            long layers,
            long heads,
            long keyValueHeads,
            long vocabularySize,
            long length,
            boolean shared,
            int begin) {
        long headWidth() {
            return dim / heads;
        }
    }

    /** Whether these first bytes, of a file of this size, are a header of llama2.c. */
    static boolean matches(ByteBuffer head, long fileSize) {
        return isQuantised(head)
                || header(head).filter(header -> end(header) == fileSize).isPresent();
    }

    private static boolean isQuantised(ByteBuffer head) {
        ByteBuffer little = head.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        return head.remaining() >= PADDED_HEADER_BYTES && little.getInt(0) == MAGIC && little.getInt(4) == 2;
    }

    private static long end(Header header) {
        long[] end = {header.begin};
        shapes(header).values().forEach(shape -> end[0] += 4 * elements(shape));
        return end[0];
    }

    private static long elements(List<Long> shape) {
        return shape.stream().reduce(1L, Math::multiplyExact);
    }

    private static Optional<Header> header(ByteBuffer head) {
        ByteBuffer little = head.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        if (head.remaining() < HEADER_BYTES) {
            return Optional.empty();
        }
        boolean later = head.remaining() >= PADDED_HEADER_BYTES && little.getInt(0) == MAGIC && little.getInt(4) == 1;
        int at = later ? 8 : 0;
        int[] n = new int[INTEGERS];
        for (int i = 0; i < INTEGERS; i++) {
            n[i] = little.getInt(at + 4 * i);
        }
        // in the first version a negative size of the vocabulary says that the unembedding is a matrix of its own
        boolean shared = later ? little.get(SHARED_AT) != 0 : n[5] > 0;
        n[5] = later ? n[5] : Math.abs(n[5]);
        for (int number : n) {
            if (number < 1 || number > LARGEST) {
                return Optional.empty();
            }
        }
        return n[2] > HookPoint.MOST_LAYERS || n[0] % n[3] != 0 || n[3] % n[4] != 0
                ? Optional.empty()
                : Optional.of(new Header(
                        later ? 1 : 0,
                        n[0],
                        n[1],
                        n[2],
                        n[3],
                        n[4],
                        n[5],
                        n[6],
                        shared,
                        later ? PADDED_HEADER_BYTES : HEADER_BYTES));
    }

    /** Names and shapes of the tensors, in file order. */
    private static Map<String, List<Long>> shapes(Header h) {
        long keys = h.keyValueHeads * h.headWidth();
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        if (h.version == 1) {
            perLayer(shapes, h, "attention_norm", h.dim);
            perLayer(shapes, h, "ffn_norm", h.dim);
            shapes.put("norm.weight", List.of(h.dim));
        }
        shapes.put("tok_embeddings.weight", List.of(h.vocabularySize, h.dim));
        if (h.version == 0) {
            perLayer(shapes, h, "attention_norm", h.dim);
        }
        perLayer(shapes, h, "attention.wq", h.dim, h.dim);
        perLayer(shapes, h, "attention.wk", keys, h.dim);
        perLayer(shapes, h, "attention.wv", keys, h.dim);
        perLayer(shapes, h, "attention.wo", h.dim, h.dim);
        if (h.version == 0) {
            perLayer(shapes, h, "ffn_norm", h.dim);
        }
        perLayer(shapes, h, "feed_forward.w1", h.hiddenDim, h.dim);
        perLayer(shapes, h, "feed_forward.w2", h.dim, h.hiddenDim);
        perLayer(shapes, h, "feed_forward.w3", h.hiddenDim, h.dim);
        if (h.version == 0) {
            shapes.put("norm.weight", List.of(h.dim));
            shapes.put("freqs_cos", List.of(h.length, h.headWidth() / 2));
            shapes.put("freqs_sin", List.of(h.length, h.headWidth() / 2));
        }
        if (!h.shared) {
            shapes.put("output.weight", List.of(h.vocabularySize, h.dim));
        }
        return shapes;
    }

    private static void perLayer(Map<String, List<Long>> shapes, Header header, String name, Long... shape) {
        for (int layer = 0; layer < header.layers; layer++) {
            shapes.put("layers." + layer + "." + name + ".weight", List.of(shape));
        }
    }

    /**
     * Takes over {@code file}: the archive closes it.
     *
     * @throws loupe.base.CheckpointException if its weights are quantised
     */
    static FileArchive open(PositionalFile file, ByteBuffer head) {
        if (isQuantised(head)) {
            throw file.refuse(
                    "this is a llama2.c file of version 2, whose weights are quantised",
                    "version 0 or 1, with float32 weights",
                    "Choose the file that it was made from");
        }
        Header header = header(head).orElseThrow();
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        long at = header.begin;
        for (Map.Entry<String, List<Long>> entry : shapes(header).entrySet()) {
            FileTensor.Layout layout = FileTensor.Layout.dense(DType.F32, entry.getValue(), at);
            tensors.put(entry.getKey(), new FileTensor(file, entry.getKey(), layout, () -> {}));
            at += 4 * elements(entry.getValue());
        }
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("dim", header.dim);
        values.put("hidden_dim", header.hiddenDim);
        values.put("n_layers", header.layers);
        values.put("n_heads", header.heads);
        values.put("n_kv_heads", header.keyValueHeads);
        values.put("vocab_size", header.vocabularySize);
        values.put("seq_len", header.length);
        return new FileArchive(file.path(), Container.LLAMA2_C, tensors, values, List.of(), List.of(file));
    }
}
