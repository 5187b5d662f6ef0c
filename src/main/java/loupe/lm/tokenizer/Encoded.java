package loupe.lm.tokenizer;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A piece of text as the library encodes it.
 *
 * @param ids token ids
 * @param starts code point of the piece at which each token begins, -1 for a token that was added
 * @param ends code point after its last one, -1 for a token that was added
 */
record Encoded(int[] ids, int[] starts, int[] ends) {
    private static final int MOST_TOKENS = 1 << 26;

    /**
     * Copies what the library gave out.
     *
     * @throws IllegalStateException if it is none of ids and stretches of the text
     */
    static Encoded of(Encoding encoding, int codePoints) {
        long[] ids = encoding.getIds();
        CharSpan[] spans = encoding.getCharTokenSpans();
        int[] narrow = new int[ids.length];
        int[] starts = new int[ids.length];
        int[] ends = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            narrow[i] = id(ids[i]);
            starts[i] = spans[i] == null ? -1 : spans[i].getStart();
            ends[i] = spans[i] == null ? -1 : spans[i].getEnd();
            if (ends[i] < starts[i] || ends[i] > codePoints || (spans[i] != null && starts[i] < 0)) {
                throw new IllegalStateException("token " + i + " is said to be the characters " + starts[i] + " to "
                        + ends[i] + " of " + codePoints);
            }
        }
        return new Encoded(narrow, starts, ends);
    }

    private static int id(long id) {
        if (id < 0 || id > Integer.MAX_VALUE) {
            throw new IllegalStateException("a token has the id " + id);
        }
        return (int) id;
    }

    void write(DataOutputStream out) throws IOException {
        out.writeInt(ids.length);
        for (int[] column : new int[][] {ids, starts, ends}) {
            write(column, out);
        }
    }

    static Encoded read(DataInputStream in) throws IOException {
        int tokens = in.readInt();
        if (tokens < 0 || tokens > MOST_TOKENS) {
            throw new IOException(tokens + " tokens");
        }
        return new Encoded(ints(tokens, in), ints(tokens, in), ints(tokens, in));
    }

    /** Writes integers, all at once. */
    static void write(int[] values, DataOutputStream out) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, Integer.BYTES));
        bytes.asIntBuffer().put(values);
        out.write(bytes.array());
    }

    /** Reads as many integers as are said to be there. */
    static int[] ints(int count, DataInputStream in) throws IOException {
        byte[] bytes = in.readNBytes(Math.multiplyExact(count, Integer.BYTES));
        if (bytes.length < count * Integer.BYTES) {
            throw new EOFException();
        }
        int[] values = new int[count];
        ByteBuffer.wrap(bytes).asIntBuffer().get(values);
        return values;
    }
}
