package loupe.training.lm;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import loupe.base.AsideFile;
import loupe.base.CheckpointException;
import loupe.base.RegularFile;
import loupe.lm.ModelConfig;
import loupe.lm.Scalars;
import loupe.training.AdamW;
import loupe.training.FlatCopies;
import loupe.training.FlatParameters;
import loupe.training.LearningRate;

/**
 * Trains a small GPT-2 step by step. All of its state (parameters, optimiser, place in the text) can be saved and
 * restored, after which training continues with the same numbers. One thread; arrays made in a step are closed with it.
 */
public final class LanguageModelTrainer implements AutoCloseable {
    private static final long MAGIC = 0x4c4f555045_01L;

    private final NDManager manager;
    private final TrainingContexts contexts;
    private final Settings settings;
    private final Gpt gpt;
    private final FlatParameters parameters;
    private final AdamW optimiser;
    private long tokens;
    private double gradientNorm;

    /**
     * How a language model is trained.
     *
     * @param rows contexts per step
     * @param decay weight decay of the matrices
     * @param clip largest norm of the whole gradient
     * @param dropout share of the activations left out at random, see {@link Gpt#losses}
     * @param seed of the first parameters
     */
    public record Settings(int rows, LearningRate rate, double decay, double clip, float dropout, long seed) {}

    public LanguageModelTrainer(NDManager parent, ModelConfig config, TrainingContexts contexts, Settings settings) {
        this.manager = parent.newSubManager();
        this.contexts = contexts;
        this.settings = settings;
        this.gpt = new Gpt(manager, config);
        this.parameters = gpt.parameters().flat();
        gpt.parameters().initialise(settings.seed, config.nLayers());
        parameters.setLearning(true);
        this.optimiser =
                new AdamW(manager, parameters.flat(), gpt.parameters().decayed(), 0.9, 0.99, 1e-8, settings.decay);
    }

    public Gpt model() {
        return gpt;
    }

    /** Tokens shown so far. */
    public long tokens() {
        return tokens;
    }

    /**
     * Trains on the next contexts.
     *
     * @param plannedTokens when the learning rate is to have fallen to its end
     * @return mean loss in nats per counted token before the step
     */
    public double step(long plannedTokens) {
        TrainingContexts.Batch batch = contexts.next(settings.rows);
        int context = gpt.config().context();
        try (NDManager step = manager.newSubManager()) {
            parameters.lend(step);
            Shape shape = new Shape(settings.rows, context);
            NDArray loss;
            try (GradientCollector gradients = Engine.getInstance().newGradientCollector()) {
                loss = gpt.losses(
                                step.create(batch.inputs(), shape),
                                step.create(batch.places()),
                                step.create(batch.targets()),
                                settings.dropout)
                        .mean();
                gradients.backward(loss);
            }
            NDArray gradient = parameters.takeGradient(step);
            gradientNorm = gradient.norm().getFloat();
            if (gradientNorm > settings.clip) {
                Scalars.muli(gradient, settings.clip / gradientNorm);
            }
            optimiser.step(gradient, settings.rate.at(tokens, plannedTokens));
            tokens += (long) settings.rows * context;
            return loss.getFloat();
        }
    }

    /** Writes everything needed to resume, replacing {@code file} only when the new one is complete. */
    public void save(Path file) throws IOException {
        try (AsideFile aside = AsideFile.alone(file)) {
            writeState(aside.path());
            aside.commit();
        }
    }

    private void writeState(Path file) throws IOException {
        try (DataOutputStream out =
                new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file), 1 << 16))) {
            TrainingContexts.Position position = contexts.position();
            out.writeLong(MAGIC);
            out.writeLong(parameters.size());
            out.writeLong(tokens);
            out.writeLong(optimiser.steps());
            out.writeInt(position.epoch());
            out.writeInt(position.cursor());
            out.writeLong(position.contexts());
            write(out, parameters.flat());
            write(out, optimiser.mean());
            write(out, optimiser.square());
        }
    }

    /**
     * Goes on from a saved state.
     *
     * @throws CheckpointException if the file is not a state of a model of these sizes
     */
    public void restore(Path file) throws IOException {
        try (DataInputStream in = new DataInputStream(
                new BufferedInputStream(Files.newInputStream(RegularFile.require(file)), 1 << 16))) {
            if (in.readLong() != MAGIC || in.readLong() != parameters.size()) {
                throw new CheckpointException(
                        file, "this is not a training state of this model", "", "Remove it to start afresh");
            }
            tokens = in.readLong();
            long steps = in.readLong();
            TrainingContexts.Position position =
                    new TrainingContexts.Position(in.readInt(), in.readInt(), in.readLong());
            parameters.set(read(in));
            optimiser.restore(read(in), read(in), steps);
            contexts.goTo(position);
        }
    }

    private static void write(DataOutputStream out, NDArray vector) throws IOException {
        float[] values = FlatCopies.read(vector);
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length);
        bytes.asFloatBuffer().put(values);
        out.write(bytes.array());
    }

    private float[] read(DataInputStream in) throws IOException {
        byte[] bytes = new byte[Math.toIntExact(4 * parameters.size())];
        in.readFully(bytes);
        float[] values = new float[bytes.length / 4];
        ByteBuffer.wrap(bytes).asFloatBuffer().get(values);
        return values;
    }

    @Override
    public void close() {
        manager.close();
    }
}
