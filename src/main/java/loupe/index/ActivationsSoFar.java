package loupe.index;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import loupe.base.CheckpointException;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import loupe.sae.SparseFeatures;
import org.jspecify.annotations.Nullable;

/**
 * What a pass over a corpus had counted at one moment, read from its staged batches: the same numbers as those of an
 * index of the same tokens. The batches are in the order of the corpus, so the first question about a feature reads all
 * of them; the next about the same feature, of a later moment too, reads those that have come since.
 */
public final class ActivationsSoFar extends CountedActivations {
    private final IndexInfo info;
    private final int batches;
    private final Reader reader;

    private ActivationsSoFar(Staged staged, Reader reader) {
        info = staged.info();
        batches = staged.batches();
        this.reader = reader;
    }

    /**
     * Where the batches of a pass are.
     *
     * @param file the staged batches
     * @param batches so many of them
     * @param info the pass, with the numbers of tokens in these batches
     */
    public record Staged(Path file, int batches, IndexInfo info) {}

    /**
     * Opens the batches of a pass that goes on, which may end and delete them meanwhile.
     *
     * @throws CheckpointException if they cannot be opened
     */
    public static ActivationsSoFar open(Staged staged) {
        try {
            return new ActivationsSoFar(
                    staged,
                    new Reader(FileChannel.open(staged.file(), StandardOpenOption.READ), staged.file(), staged.info()));
        } catch (IOException e) {
            throw unreadable(staged.file(), String.valueOf(e.getMessage()), e);
        }
    }

    /** The same pass at a later moment; closing either closes both. */
    public ActivationsSoFar later(Staged staged) {
        return new ActivationsSoFar(staged, reader);
    }

    @Override
    public IndexInfo info() {
        return info;
    }

    @Override
    public FeatureActivations activations(int sae, int feature) {
        requireFeature(sae, feature);
        synchronized (reader) {
            Column column = read(() -> reader.column(sae, feature, batches));
            int count = 0;
            while (count < column.count && column.tokens[count] / info.contextLength() < info.contexts()) {
                count++;
            }
            return new FeatureActivations(
                    feature, Arrays.copyOf(column.tokens, count), Arrays.copyOf(column.values, count), info.counted());
        }
    }

    @Override
    Map<Integer, ContextTexts.Text> texts(int[] contexts) {
        synchronized (reader) {
            return read(() -> reader.texts(contexts, batches));
        }
    }

    @Override
    List<int[]> tokensWith(int[] ids) {
        Map<Integer, IntStream.Builder> found = new HashMap<>();
        IntStream.of(ids).forEach(id -> found.put(id, IntStream.builder()));
        synchronized (reader) {
            read(() -> {
                for (int batch = 0; ids.length > 0 && batch < batches; batch++) {
                    reader.textsOf(batch)
                            .forEach((context, text) ->
                                    ContextTexts.addTokens(context, text, info.contextLength(), found));
                }
                return found;
            });
        }
        return ContextTexts.inOrder(ids, found);
    }

    @Override
    CheckpointException damaged(String reason, @Nullable Exception cause) {
        return unreadable(reader.folder, reason, cause);
    }

    private static CheckpointException unreadable(Path where, String reason, @Nullable Exception cause) {
        return new CheckpointException(
                where,
                "what was counted so far cannot be read (" + reason + ")",
                "",
                "Count anew",
                cause,
                Remedy.give(Choice.INDEX));
    }

    private <T> T read(Reading<T> reading) {
        try {
            return reading.get();
        } catch (IOException e) {
            throw damaged(String.valueOf(e.getMessage()), e);
        }
    }

    @FunctionalInterface
    private interface Reading<T> {
        T get() throws IOException;
    }

    @Override
    public void close() {
        read(() -> {
            reader.channel.close();
            return reader;
        });
    }

    /** The activations of one feature in the first batches; grows. */
    private static final class Column {
        private final int sae;
        private final int feature;
        private int batches;
        private int[] tokens = new int[256];
        private float[] values = new float[256];
        private int count;

        Column(int sae, int feature) {
            this.sae = sae;
            this.feature = feature;
        }

        void add(int token, float value) {
            if (count == tokens.length) {
                tokens = Arrays.copyOf(tokens, 2 * count);
                values = Arrays.copyOf(values, 2 * count);
            }
            tokens[count] = token;
            values[count++] = value;
        }
    }

    /** Reads the batches; what it has read serves all moments of a pass. Used while it is locked. */
    private static final class Reader {
        private final FileChannel channel;
        private final Path folder;
        private final int contextLength;
        /** Where each known batch begins in the file, and the next one. */
        private final List<Long> starts = new ArrayList<>(List.of(0L));
        /** The first context of each known batch, and of the next one. */
        private final List<Integer> firstContexts = new ArrayList<>(List.of(0));
        /** Of the first batches, as long as they are few. */
        private final List<Map<Integer, ContextTexts.Text>> kept = new ArrayList<>();

        private long keptTokens;
        private @Nullable Column column;

        Reader(FileChannel channel, Path file, IndexInfo info) {
            this.channel = channel;
            folder = file.toAbsolutePath().getParent() == null
                    ? file
                    : file.toAbsolutePath().getParent();
            contextLength = info.contextLength();
        }

        Column column(int sae, int feature, int until) throws IOException {
            Column read = column;
            if (read == null || read.sae != sae || read.feature != feature) {
                read = new Column(sae, feature);
                column = read;
            }
            for (; read.batches < until; read.batches++) {
                StagedBatch staged = StagedBatch.decode(payload(read.batches));
                SparseFeatures features = staged.activations().get(sae);
                int[] tokens = staged.tokenNumbers(firstContexts.get(read.batches), contextLength);
                for (int row = 0; row < features.rows(); row++) {
                    for (int i = features.offsets()[row]; i < features.offsets()[row + 1]; i++) {
                        if (features.features()[i] == feature) {
                            read.add(tokens[row], features.values()[i]);
                        }
                    }
                }
            }
            return read;
        }

        Map<Integer, ContextTexts.Text> texts(int[] contexts, int until) throws IOException {
            while (starts.size() <= until) {
                payload(starts.size() - 1);
            }
            Map<Integer, ContextTexts.Text> read = new HashMap<>();
            for (int context : contexts) {
                if (!read.containsKey(context) && context < firstContexts.get(until)) {
                    int at = Collections.binarySearch(firstContexts, context);
                    read.putAll(textsOf(at >= 0 ? at : -at - 2));
                }
            }
            return read;
        }

        /** The contexts of one batch, in order. */
        Map<Integer, ContextTexts.Text> textsOf(int batch) throws IOException {
            for (int next = kept.size(); next < batch && keptTokens < ContextTexts.MOST_IN_MEMORY; next++) {
                keep(read(next));
            }
            if (batch < kept.size()) {
                return kept.get(batch);
            }
            Map<Integer, ContextTexts.Text> read = read(batch);
            if (batch == kept.size() && keptTokens < ContextTexts.MOST_IN_MEMORY) {
                keep(read);
            }
            return read;
        }

        private void keep(Map<Integer, ContextTexts.Text> texts) {
            kept.add(texts);
            texts.values().forEach(text -> keptTokens += text.ids().length);
        }

        private Map<Integer, ContextTexts.Text> read(int batch) throws IOException {
            StagedBatch staged = StagedBatch.decode(payload(batch));
            Map<Integer, ContextTexts.Text> texts = new LinkedHashMap<>();
            int context = firstContexts.get(batch);
            int first = 0;
            for (Contexts.Context one : staged.contexts()) {
                int[] leftOut = new int[staged.masks().length == 0 ? 0 : one.ids().length];
                for (int i = 0; i < leftOut.length; i++) {
                    leftOut[i] = staged.masks()[first + i];
                }
                first += one.ids().length;
                texts.put(context++, new ContextTexts.Text(one.ids(), one.documents(), leftOut));
            }
            return texts;
        }

        /** One batch, of those that are known or the next one. */
        private ByteBuffer payload(int batch) throws IOException {
            for (int before = starts.size() - 1; before < batch; before++) {
                payload(before);
            }
            ByteBuffer payload = Staging.record(channel, starts.get(batch), batch);
            if (payload == null) {
                throw new IOException("batch " + batch + " is not there, or not whole");
            }
            if (batch == starts.size() - 1) {
                starts.add(starts.get(batch) + Staging.bytes(payload));
                firstContexts.add(firstContexts.get(batch) + payload.getInt(payload.position()));
            }
            return payload;
        }
    }
}
