package loupe.training.sae;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import ai.djl.training.GradientCollector;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import loupe.lm.Scalars;
import loupe.sae.HostWeights;
import loupe.sae.HostWeights.Part;
import loupe.training.AdamW;
import loupe.training.FlatCopies;
import loupe.training.FlatParameters;
import loupe.training.LearningRate;
import org.jspecify.annotations.Nullable;

/**
 * Trains a sparse autoencoder. Inputs are divided by sqrt(mean |x|^2) while it learns, and biases multiplied by it at
 * the end, so that the result reads raw activations. With x the input, d its width: loss = mean |x - x^|^2 + auxiliary
 * / 32.
 *
 * <p>The auxiliary loss (Gao et al. 2024, arXiv 2406.04093, as in dictionary_learning's TopK trainer) lets the d/2
 * largest of the dead features reconstruct what is left over, divided by the variance of what is left over. Decoder
 * directions have unit norm throughout. Device thread only.
 */
public final class SaeTrainer implements AutoCloseable {
    private static final double AUXILIARY = 1.0 / 32;
    private static final double LARGEST_GRADIENT = 1;
    private static final double THRESHOLD_MEMORY = 0.95;

    private final NDManager manager;
    private final Settings settings;
    private final int width;
    private final double inputScale;
    private final FlatParameters parameters;
    private final AdamW optimiser;
    private final @Nullable FlatParameters lookup;
    private final @Nullable AdamW lookupOptimiser;
    private final long[] lastActive;
    private double threshold = -1;
    private long tokens;

    /** Which pre-activations count. */
    public enum Kind {
        /** The k largest of each token, after a ReLU: dictionary_learning's AutoEncoderTopK. */
        TOP_K,
        /** The k largest of each token, negative ones included, beside a bias per token: Tokenized SAEs. */
        TOKENIZED,
        /**
         * The k largest per token on average over a batch; one threshold in the end: SAELens saves it as a JumpReLU.
         */
        BATCH_TOP_K
    }

    /**
     * What kind of autoencoder is trained, and how.
     *
     * @param rate of the weights; the lookup learns at {@code lookupRate}
     * @param plannedTokens when the rate has fallen to its end
     * @param deadAfterTokens a feature that was off for so many tokens is dead
     */
    public record Settings(
            Kind kind,
            int dSae,
            int k,
            LearningRate rate,
            double lookupRate,
            long plannedTokens,
            long deadAfterTokens,
            long seed) {}

    /**
     * @param inputs some activations, to start from their mean and size
     * @param unigrams for {@link Kind#TOKENIZED}: the activation of each token alone, (V, d), row-major; else empty
     */
    public SaeTrainer(NDManager parent, int width, Settings settings, float[] inputs, float[] unigrams) {
        this.manager = parent.newSubManager();
        this.settings = settings;
        this.width = width;
        this.lastActive = new long[settings.dSae];
        double squares = 0;
        float[] mean = new float[width];
        int rows = inputs.length / width;
        for (int i = 0; i < inputs.length; i++) {
            squares += (double) inputs[i] * inputs[i] / rows;
            mean[i % width] += inputs[i] / rows;
        }
        this.inputScale = 1 / Math.sqrt(squares);
        Map<String, Shape> shapes = new LinkedHashMap<>();
        shapes.put("encoder", new Shape(settings.dSae, width));
        shapes.put("decoder", new Shape(settings.dSae, width));
        shapes.put("encoderBias", new Shape(settings.dSae));
        shapes.put("decoderBias", new Shape(width));
        this.parameters = new FlatParameters(manager, shapes);
        boolean tokenized = settings.kind == Kind.TOKENIZED;
        start(mean, tokenized);
        this.optimiser = new AdamW(manager, parameters.flat(), 1, 0.9, 0.999, 1e-8, 0);
        if (tokenized) {
            lookup = new FlatParameters(manager, Map.of("lookup", new Shape(unigrams.length / width, width)));
            lookupOptimiser = new AdamW(manager, lookup.flat(), 1, 0.9, 0.999, 1e-8, 0);
            float[] half = new float[unigrams.length];
            for (int i = 0; i < half.length; i++) {
                half[i] = (float) (unigrams[i] * inputScale / 2);
            }
            lookup.set("lookup", half);
            lookup.setLearning(true);
        } else {
            lookup = null;
            lookupOptimiser = null;
        }
        parameters.setLearning(true);
    }

    /** Random unit decoder directions, the encoder their transpose; half of it where the lookup does the other half. */
    private void start(float[] mean, boolean tokenized) {
        SplittableRandom random = new SplittableRandom(settings.seed);
        float[] decoder = new float[settings.dSae * width];
        float[] encoder = new float[decoder.length];
        for (int feature = 0; feature < settings.dSae; feature++) {
            double norm = 0;
            for (int i = feature * width; i < (feature + 1) * width; i++) {
                decoder[i] = (float) FlatParameters.gaussian(random);
                norm += decoder[i] * decoder[i];
            }
            for (int i = feature * width; i < (feature + 1) * width; i++) {
                decoder[i] /= (float) Math.sqrt(norm);
                encoder[i] = tokenized ? decoder[i] / 2 : decoder[i];
            }
        }
        float[] bias = new float[width];
        for (int i = 0; i < width; i++) {
            bias[i] = (float) (tokenized ? mean[i] * inputScale / 2 : mean[i] * inputScale);
        }
        parameters.set("decoder", decoder);
        parameters.set("encoder", encoder);
        parameters.set("decoderBias", bias);
    }

    /** Tokens shown so far. */
    public long tokens() {
        return tokens;
    }

    /** Share of the features that are dead. */
    public double dead() {
        return deadMask() == null
                ? 0
                : java.util.Arrays.stream(lastActive).filter(this::isDead).count() / (double) settings.dSae;
    }

    private boolean isDead(long lastActiveAt) {
        return tokens - lastActiveAt > settings.deadAfterTokens;
    }

    private float @Nullable [] deadMask() {
        float[] mask = new float[settings.dSae];
        boolean any = false;
        for (int feature = 0; feature < mask.length; feature++) {
            mask[feature] = isDead(lastActive[feature]) ? 1 : 0;
            any |= mask[feature] == 1;
        }
        return any ? mask : null;
    }

    /**
     * Trains on a batch.
     *
     * @return mean |x - x^|^2 as a share of mean |x|^2 over all inputs
     */
    public double step(ActivationBuffer.Batch batch) {
        try (NDManager step = manager.newSubManager()) {
            parameters.lend(step);
            NDArray x = Scalars.mul(step.create(batch.vectors(), new Shape(batch.rows(), width)), inputScale);
            float[] dead = deadMask();
            NDArray loss;
            NDArray features;
            try (GradientCollector gradients = Engine.getInstance().newGradientCollector()) {
                NDArray p = Linear.linear(
                                x.sub(parameters.get("decoderBias")),
                                parameters.get("encoder"),
                                parameters.get("encoderBias"))
                        .singletonOrThrow();
                features = choose(p);
                NDArray error = x.sub(features.matMul(parameters.get("decoder")).add(parameters.get("decoderBias")));
                if (lookup != null) {
                    lookup.lend(step);
                    error = error.sub(
                            Embedding.embedding(step.create(batch.tokens()), lookup.get("lookup"), SparseFormat.DENSE)
                                    .singletonOrThrow());
                }
                loss = Scalars.div(error.square().sum(), batch.rows());
                NDArray total = loss;
                if (dead != null) {
                    total = loss.add(Scalars.mul(
                            auxiliary(Activation.relu(p), error.stopGradient(), step.create(dead)), AUXILIARY));
                }
                gradients.backward(total);
            }
            learn(step);
            noteActive(features, batch.rows());
            return loss.getFloat();
        }
    }

    private NDArray choose(NDArray p) {
        int k = settings.k;
        if (settings.kind == Kind.TOKENIZED) {
            return p.mul(atLeast(p.stopGradient(), k));
        }
        NDArray positive = Activation.relu(p);
        if (settings.kind == Kind.TOP_K) {
            return positive.mul(atLeast(positive.stopGradient(), k));
        }
        NDArray all = positive.stopGradient().reshape(1, p.size());
        return positive.mul(
                atLeast(all, Math.toIntExact(k * p.getShape().get(0))).reshape(p.getShape()));
    }

    /** 1 where a value is among the k largest of its row, else 0. */
    private static NDArray atLeast(NDArray values, int k) {
        NDArray smallest = values.topK(k, -1, true, false).get(0).min(new int[] {-1}, true);
        return values.gte(smallest).toType(DataType.FLOAT32, false);
    }

    private NDArray auxiliary(NDArray positive, NDArray error, NDArray dead) {
        NDArray candidates = positive.mul(dead);
        NDArray chosen = candidates.mul(atLeast(candidates.stopGradient(), width / 2));
        NDArray left = error.sub(chosen.matMul(parameters.get("decoder")));
        NDArray variance = error.sub(error.mean(new int[] {0}, true)).square().sum();
        return left.square().sum().div(variance);
    }

    private void learn(NDManager step) {
        NDArray gradient = parameters.takeGradient(step);
        NDArray decoder = decoderOf(parameters.flat());
        decoder.attach(step);
        NDArray decoderGradient = decoderOf(gradient);
        decoderGradient.subi(decoder.mul(decoderGradient.mul(decoder).sum(new int[] {1}, true)));
        double norm = gradient.norm().getFloat();
        if (norm > LARGEST_GRADIENT) {
            Scalars.muli(gradient, LARGEST_GRADIENT / norm);
        }
        double rate = settings.rate.at(tokens, settings.plannedTokens);
        optimiser.step(gradient, rate);
        decoder.divi(decoder.square().sum(new int[] {1}, true).sqrt());
        if (lookup != null && lookupOptimiser != null) {
            lookupOptimiser.step(lookup.takeGradient(step), rate / settings.rate.peak() * settings.lookupRate);
        }
    }

    private NDArray decoderOf(NDArray flat) {
        long size = (long) settings.dSae * width;
        return flat.get(new NDIndex(size + ":" + 2 * size)).reshape(settings.dSae, width);
    }

    private void noteActive(NDArray features, int rows) {
        tokens += rows;
        NDArray largest = features.stopGradient().abs().max(new int[] {0});
        float[] values = FlatCopies.read(largest);
        for (int feature = 0; feature < values.length; feature++) {
            if (values[feature] > 0) {
                lastActive[feature] = tokens;
            }
        }
        if (settings.kind == Kind.BATCH_TOP_K) {
            NDArray plain = features.stopGradient();
            double smallest = plain.add(Scalars.mul(plain.lte(0).toType(DataType.FLOAT32, false), 1e9))
                    .min()
                    .getFloat();
            threshold = threshold < 0 ? smallest : THRESHOLD_MEMORY * threshold + (1 - THRESHOLD_MEMORY) * smallest;
        }
    }

    /** What has been learned, for raw activations. Thresholds of a batch top-k are the same for all features. */
    public HostWeights weights() {
        int n = settings.dSae;
        HostWeights weights = new HostWeights()
                .matrix(Part.ENCODER, parameters.host("encoder").data(), n, width, true)
                .matrix(Part.DECODER, parameters.host("decoder").data(), n, width, true)
                .vector(Part.ENCODER_BIAS, raw(parameters.host("encoderBias").data()))
                .vector(Part.DECODER_BIAS, raw(parameters.host("decoderBias").data()));
        if (lookup != null) {
            float[] rows = raw(lookup.host("lookup").data());
            weights.matrix(Part.LOOKUP, rows, rows.length / width, width, true);
        }
        if (settings.kind == Kind.BATCH_TOP_K) {
            float[] thresholds = new float[n];
            java.util.Arrays.fill(thresholds, (float) (Math.max(0, threshold) / inputScale));
            weights.vector(Part.THRESHOLD, thresholds);
        }
        return weights;
    }

    private float[] raw(float[] scaled) {
        float[] result = new float[scaled.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = (float) (scaled[i] / inputScale);
        }
        return result;
    }

    @Override
    public void close() {
        manager.close();
    }
}
