package loupe.index;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import loupe.base.AsideFile;
import loupe.base.RegularFile;

/**
 * The activations of one autoencoder in the order of the tokens, so that what is active at a token is found by two
 * reads: {@code by-token.bin}, little-endian, N tokens and R activations: N + 1 longs, where the activations of token t
 * begin and those of the last one end; then R pairs of int feature (ascending within a token) and float activation.
 */
final class ActivationsByToken implements AutoCloseable {
    static final String FILE = "by-token.bin";

    private static final int PAIR = 8;
    /** Tokens whose beginnings are read at a time. */
    private static final int BLOCK = 2_048;
    /** Tokens this near to one another are read together: more bytes, fewer calls. */
    private static final int GAP_BYTES = 4_096;

    private static final int MOST_AT_ONCE = 1 << 20;

    private final Path file;
    private final FileChannel channel;
    private final int features;
    private final long tokens;
    private final long end;

    /**
     * @param features of the autoencoder
     * @param tokens that the file must have
     * @throws IOException if it cannot be read or is of another length
     */
    ActivationsByToken(Path file, int features, long tokens) throws IOException {
        this.file = file;
        this.features = features;
        this.tokens = tokens;
        channel = FileChannel.open(RegularFile.require(file), StandardOpenOption.READ);
        end = channel.size() < (tokens + 1) * 8 ? -1 : read(tokens * 8, 8).getLong();
        if (end < 0 || channel.size() != (tokens + 1) * 8 + end * PAIR) {
            channel.close();
            throw new IOException(file.getFileName() + " has another length than its " + tokens + " tokens need");
        }
    }

    /**
     * Passes every activation at some tokens to a visitor.
     *
     * @param at ascending
     * @throws IndexOutOfBoundsException for a token that is not there
     */
    void forEach(int[] at, Visitor visitor) throws IOException {
        Starts starts = new Starts();
        for (int i = 0; i < at.length; ) {
            long start = starts.of(at[i]);
            int last = i;
            long end = starts.of(at[i] + 1L);
            while (last + 1 < at.length) {
                long nextStart = starts.of(at[last + 1]);
                long nextEnd = starts.of(at[last + 1] + 1L);
                if ((nextStart - end) * PAIR > GAP_BYTES || (nextEnd - start) * PAIR > MOST_AT_ONCE) {
                    break;
                }
                last++;
                end = nextEnd;
            }
            ByteBuffer pairs = read((tokens + 1) * 8 + start * PAIR, Math.toIntExact((end - start) * PAIR));
            for (; i <= last; i++) {
                int from = (int) (starts.of(at[i]) - start) * PAIR;
                int to = (int) (starts.of(at[i] + 1L) - start) * PAIR;
                for (int p = from; p < to; p += PAIR) {
                    if (pairs.getInt(p) < 0 || pairs.getInt(p) >= features) {
                        throw new IOException(file.getFileName() + " has a feature " + pairs.getInt(p));
                    }
                    visitor.activation(i, pairs.getInt(p), pairs.getFloat(p + 4));
                }
            }
        }
    }

    private ByteBuffer read(long position, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new EOFException(file.getFileName() + " ends early");
            }
        }
        return buffer.flip();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** Is shown activations one by one. */
    interface Visitor {
        /**
         * Receives one activation.
         *
         * @param i index of its token among those requested
         */
        void activation(int i, int feature, float value);
    }

    /** The offsets at which tokens begin; keeps two neighbouring blocks in memory. */
    private final class Starts {
        private final long[][] blocks = new long[2][];
        private final long[] numbers = {-1, -1};

        long of(long token) throws IOException {
            if (token < 0 || token > tokens) {
                throw new IndexOutOfBoundsException("token is " + token + ", there are " + tokens);
            }
            long block = token / BLOCK;
            int slot = (int) (block & 1);
            if (numbers[slot] != block) {
                int length = (int) Math.min(BLOCK, tokens + 1 - block * BLOCK);
                blocks[slot] = new long[length];
                read(block * BLOCK * 8, length * 8).asLongBuffer().get(blocks[slot]);
                requireAscending(blocks[slot]);
                numbers[slot] = block;
            }
            return blocks[slot][(int) (token % BLOCK)];
        }
    }

    private void requireAscending(long[] starts) throws IOException {
        for (int i = 0; i < starts.length; i++) {
            if (starts[i] < (i == 0 ? 0 : starts[i - 1]) || starts[i] > end) {
                throw new IOException(file.getFileName() + " has its tokens in no order");
            }
        }
    }

    /** Writes the file, token after token, beside its place, and moves it there when it is complete. */
    static final class Writer implements AutoCloseable {
        private final AsideFile aside;
        private final FileChannel channel;
        private final ByteBuffer starts = buffer();
        private final ByteBuffer pairs = buffer();
        private final long tokens;
        private long token;
        private long rows;
        private long startsAt;
        private long pairsAt;

        Writer(Path file, long tokens) throws IOException {
            this.tokens = tokens;
            aside = AsideFile.alone(file);
            channel = FileChannel.open(
                    aside.path(),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING);
            pairsAt = (tokens + 1) * 8;
        }

        private static ByteBuffer buffer() {
            return ByteBuffer.allocateDirect(1 << 18).order(ByteOrder.LITTLE_ENDIAN);
        }

        /** Begins the next token. */
        void token() throws IOException {
            if (!starts.hasRemaining()) {
                startsAt = write(starts, startsAt);
            }
            starts.putLong(rows);
            token++;
        }

        /** Adds an activation to the token last begun. */
        void add(int feature, float value) throws IOException {
            if (!pairs.hasRemaining()) {
                pairsAt = write(pairs, pairsAt);
            }
            pairs.putInt(feature).putFloat(value);
            rows++;
        }

        private long write(ByteBuffer buffer, long at) throws IOException {
            buffer.flip();
            long position = at;
            while (buffer.hasRemaining()) {
                position += channel.write(buffer, position);
            }
            buffer.clear();
            return position;
        }

        /**
         * Moves the file to its target.
         *
         * @throws IllegalStateException if there were not as many tokens as announced
         */
        void finish() throws IOException {
            if (token != tokens) {
                throw new IllegalStateException("tokens written are " + token + ", announced were " + tokens);
            }
            token();
            write(starts, startsAt);
            write(pairs, pairsAt);
            channel.close();
            aside.commit();
        }

        @Override
        public void close() throws IOException {
            channel.close();
            aside.close();
        }
    }
}
