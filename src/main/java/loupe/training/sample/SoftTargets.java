package loupe.training.sample;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import loupe.base.AsideFile;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.RegularFile;
import loupe.training.Shuffle;
import loupe.training.lm.Ensemble;
import loupe.training.lm.TrainingContexts;

/**
 * Training contexts with the predictions of an {@link Ensemble}: beside the token that does follow, each place has
 * tokens drawn from the ensemble's distribution. The mean loss over them has on average the gradient of the cross
 * entropy with that distribution (distillation: Hinton, Vinyals and Dean, arXiv 1503.02531), at a fraction of its
 * storage. Shown in another order in every epoch.
 */
final class SoftTargets implements TrainingContexts {
    /** Tokens drawn from the ensemble at a place. */
    static final int DRAWS = 12;

    /** How many draws the true token counts as. */
    static final int TRUE_WEIGHT = 4;

    private static final long MAGIC = 0x4c4f555045_02L;
    private static final int ROWS = 8;
    private static final int TARGETS = DRAWS + TRUE_WEIGHT;

    private final List<Row> rows;
    private final long seed;
    private int epoch;
    private int cursor;
    private int[] order;

    /** One context; tokens as 16 bits. */
    private record Row(short[] inputs, short[] places, short[] targets) {}

    private SoftTargets(List<Row> rows, long seed) {
        this.rows = rows;
        this.seed = seed;
        this.order = order(0);
    }

    /**
     * Draws the ensemble's targets for contexts and writes them. The output of an earlier, stopped call is kept.
     *
     * @param contexts where the contexts come from; at its start
     * @param wanted how many contexts at least
     */
    static void write(
            Path file,
            TrainingContexts contexts,
            Ensemble ensemble,
            int wanted,
            long seed,
            SampleBuilder.Progress progress,
            Cancellation cancellation)
            throws IOException {
        AsideFile aside = AsideFile.resumed(file);
        Path unfinished = RegularFile.require(aside.path());
        List<Row> done = Files.exists(unfinished) ? rows(unfinished) : new ArrayList<>();
        int batches = done.size() / ROWS;
        try (DataOutputStream out =
                new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(unfinished), 1 << 16))) {
            out.writeLong(MAGIC);
            for (Row row : done.subList(0, batches * ROWS)) {
                write(out, row);
            }
            for (int batch = 0; batch * ROWS < wanted; batch++) {
                Batch next = contexts.next(ROWS);
                if (batch >= batches) {
                    cancellation.check();
                    long[] drawn = ensemble.draw(next, ROWS, DRAWS, new SplittableRandom(seed + batch));
                    for (Row row : split(next, drawn)) {
                        write(out, row);
                    }
                    progress.show("lessons", batch * ROWS / (double) wanted, "");
                }
            }
        }
        aside.commit();
    }

    /** @param seed of the order */
    static SoftTargets read(Path file, long seed) throws IOException {
        return new SoftTargets(rows(file), seed);
    }

    private static List<Row> split(Batch batch, long[] drawn) {
        int context = batch.inputs().length / ROWS;
        List<Row> rows = new ArrayList<>();
        int place = 0;
        for (int row = 0; row < ROWS; row++) {
            int first = place;
            long begin = (long) row * context;
            while (place < batch.places().length && batch.places()[place] < begin + context) {
                place++;
            }
            short[] inputs = new short[context];
            for (int t = 0; t < context; t++) {
                inputs[t] = (short) batch.inputs()[Math.toIntExact(begin) + t];
            }
            short[] places = new short[place - first];
            short[] targets = new short[places.length * TARGETS];
            for (int i = 0; i < places.length; i++) {
                places[i] = (short) (batch.places()[first + i] - begin);
                Arrays.fill(targets, i * TARGETS, i * TARGETS + TRUE_WEIGHT, (short) batch.targets()[first + i]);
                for (int draw = 0; draw < DRAWS; draw++) {
                    targets[i * TARGETS + TRUE_WEIGHT + draw] = (short) drawn[(first + i) * DRAWS + draw];
                }
            }
            rows.add(new Row(inputs, places, targets));
        }
        return rows;
    }

    private static void write(DataOutputStream out, Row row) throws IOException {
        for (short[] part : List.of(row.inputs, row.places, row.targets)) {
            out.writeInt(part.length);
            for (short value : part) {
                out.writeShort(value);
            }
        }
    }

    /** All rows that are whole. */
    private static List<Row> rows(Path file) throws IOException {
        List<Row> rows = new ArrayList<>();
        try (DataInputStream in = new DataInputStream(
                new BufferedInputStream(Files.newInputStream(RegularFile.require(file)), 1 << 16))) {
            if (in.readLong() != MAGIC) {
                throw new CheckpointException(
                        file,
                        "these are not soft targets of an ensemble",
                        "",
                        "Remove it so that they are computed again");
            }
            while (true) {
                rows.add(new Row(read(in), read(in), read(in)));
            }
        } catch (EOFException end) {
            return rows;
        }
    }

    private static short[] read(DataInputStream in) throws IOException {
        short[] values = new short[in.readInt()];
        for (int i = 0; i < values.length; i++) {
            values[i] = in.readShort();
        }
        return values;
    }

    int size() {
        return rows.size();
    }

    @Override
    public Batch next(int count) {
        List<Row> batch = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            if (cursor == order.length) {
                epoch++;
                cursor = 0;
                order = order(epoch);
            }
            batch.add(rows.get(order[cursor++]));
        }
        int context = batch.get(0).inputs.length;
        int places = batch.stream().mapToInt(row -> row.places.length).sum();
        long[] inputs = new long[count * context];
        long[] flatPlaces = new long[places];
        long[] targets = new long[places * TARGETS];
        int place = 0;
        for (int row = 0; row < count; row++) {
            Row from = batch.get(row);
            for (int t = 0; t < context; t++) {
                inputs[row * context + t] = Short.toUnsignedLong(from.inputs[t]);
            }
            for (int i = 0; i < from.targets.length; i++) {
                targets[place * TARGETS + i] = Short.toUnsignedLong(from.targets[i]);
            }
            for (short at : from.places) {
                flatPlaces[place++] = (long) row * context + at;
            }
        }
        return new Batch(inputs, flatPlaces, targets);
    }

    @Override
    public Position position() {
        return new Position(epoch, cursor, (long) epoch * rows.size() + cursor);
    }

    @Override
    public void goTo(Position position) {
        epoch = position.epoch();
        cursor = position.cursor();
        order = order(epoch);
    }

    private int[] order(int ofEpoch) {
        return Shuffle.upTo(rows.size(), seed ^ 0x5DEECE66DL * (ofEpoch + 1));
    }
}
