package loupe.index;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import loupe.sae.SparseFeatures;

/**
 * One batch of a pass: its contexts and every autoencoder's activations at their tokens, as it is staged.
 *
 * @param contexts the batch's contexts in corpus order
 * @param activations one a sparse autoencoder; rows are the tokens of all contexts in order
 * @param masks for each token why it is left out, see {@link CorpusMasks#of}; empty in a pass without masks
 */
record StagedBatch(List<Contexts.Context> contexts, List<SparseFeatures> activations, byte[] masks) {
    int tokens() {
        return contexts.stream().mapToInt(context -> context.ids().length).sum();
    }

    /**
     * The running numbers of the tokens, in order.
     *
     * @param context the number of the first context
     * @param length places in a context
     */
    int[] tokenNumbers(int context, int length) {
        int[] numbers = new int[tokens()];
        int next = 0;
        for (int i = 0; i < contexts.size(); i++) {
            for (int place = 0; place < contexts.get(i).ids().length; place++) {
                numbers[next++] = (context + i) * length + place;
            }
        }
        return numbers;
    }

    ByteBuffer encode() {
        int ints = 2 + contexts.size() + 2 * tokens();
        for (SparseFeatures features : activations) {
            ints += 2 + features.rows() + 1 + 2 * features.values().length;
        }
        ByteBuffer buffer = ByteBuffer.allocate(Math.addExact(Math.multiplyExact(ints, 4), masks.length))
                .order(ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(contexts.size()).putInt(activations.size());
        for (Contexts.Context context : contexts) {
            buffer.putInt(context.ids().length);
            put(buffer, context.ids());
            put(buffer, context.documents());
        }
        for (SparseFeatures features : activations) {
            buffer.putInt(features.rows()).putInt(features.dSae());
            put(buffer, features.offsets());
            put(buffer, features.features());
            buffer.asFloatBuffer().put(features.values());
            buffer.position(buffer.position() + 4 * features.values().length);
        }
        return buffer.put(masks).flip();
    }

    static StagedBatch decode(ByteBuffer buffer) {
        int contexts = buffer.getInt();
        int saes = buffer.getInt();
        List<Contexts.Context> read = new ArrayList<>(contexts);
        for (int i = 0; i < contexts; i++) {
            int length = buffer.getInt();
            read.add(new Contexts.Context(get(buffer, length), get(buffer, length)));
        }
        List<SparseFeatures> activations = new ArrayList<>(saes);
        for (int i = 0; i < saes; i++) {
            int rows = buffer.getInt();
            int dSae = buffer.getInt();
            int[] offsets = get(buffer, rows + 1);
            int[] features = get(buffer, offsets[rows]);
            float[] values = new float[offsets[rows]];
            buffer.asFloatBuffer().get(values);
            buffer.position(buffer.position() + 4 * values.length);
            activations.add(new SparseFeatures(rows, dSae, offsets, features, values));
        }
        byte[] masks = new byte[buffer.remaining()];
        buffer.get(masks);
        return new StagedBatch(read, activations, masks);
    }

    private static void put(ByteBuffer buffer, int[] values) {
        buffer.asIntBuffer().put(values);
        buffer.position(buffer.position() + 4 * values.length);
    }

    private static int[] get(ByteBuffer buffer, int count) {
        int[] values = new int[count];
        buffer.asIntBuffer().get(values);
        buffer.position(buffer.position() + 4 * count);
        return values;
    }
}
