package loupe.analysis.compare;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import loupe.analysis.DeviceArrays;
import loupe.analysis.Fit;
import loupe.analysis.prompts.TokenBatch;
import loupe.analysis.prompts.TokenRows;
import loupe.analysis.prompts.TrainedValues;
import loupe.base.HookPoint;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.lm.Hook;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
import loupe.sae.InputNormalisation;
import loupe.sae.Reconstruction;
import loupe.sae.SaeConfig;
import loupe.sae.SparseAutoencoder;
import org.jspecify.annotations.Nullable;

/**
 * Which way of reading a checkpoint fits the model's activations: with and without centring them, with and without
 * subtracting b_dec and, if the checkpoint leaves out the factor its input was scaled by, with that factor estimated
 * from the same text. The first position of each document or row is left out, because its activation is unlike all
 * others and many autoencoders were not trained on it: {@code src/site/markdown/formats.md}, section K.3.
 *
 * @param texts {@value #ENOUGH_TOKENS} tokens are enough
 */
public record ReadingFit(ModelId model, SaeId sae, TokenRows texts) implements Query.Stepped<ReadingFit.Answer> {
    /** Tokens after which the figures hardly change. */
    public static final int ENOUGH_TOKENS = 2000;

    /** The explained variance below which no reading counts as fitting. */
    private static final double FITS = 0.2;
    /** The gain in explained variance from which another reading is worth changing to. */
    private static final double WORTH_CHANGING = 0.001;
    /** Explained variances that differ by no more are equal. */
    private static final double AS_GOOD = 1e-4;
    /** The share of the error that another reading has to do without. */
    private static final double WORTH_OF_ERROR = 0.1;

    /** Keeps the dense feature activations of a step small. */
    private static final long FEATURES_PER_STEP = 1L << 23;

    /**
     * One way of reading, and how well it fits.
     *
     * @param factor what the input is multiplied by first; 1 for no scaling
     * @param explainedVariance 1 - sum |x - x^|^2 / sum |x - mean|^2 over all positions, in the space that the reading
     *     reads; unlike dictionary_learning's, a constant offset counts
     * @param l0 mean number of features that are not 0
     */
    public record Reading(boolean centred, boolean subtracts, double factor, double explainedVariance, double l0) {
        /** In words, such as {@code centred activations, b_dec subtracted}. */
        public String words() {
            return (centred ? "centred" : "raw") + " activations"
                    + (factor == 1 ? "" : String.format(Locale.ROOT, " times %.4g", factor))
                    + ", b_dec " + (subtracts ? "" : "not ") + "subtracted";
        }

        private int changes(Reading open) {
            return (centred == open.centred ? 0 : 1)
                    + (subtracts == open.subtracts ? 0 : 1)
                    + (factor == open.factor ? 0 : 1);
        }

        private String percent() {
            return explainedVariance > 0 ? String.format(Locale.ROOT, "%.2f %%", 100 * explainedVariance) : "nothing";
        }
    }

    /**
     * How well each reading of a checkpoint reconstructs the model's activations.
     *
     * @param readings the one that the checkpoint is open with comes first
     * @param tokens number of positions measured
     * @param factor sqrt(d) over the mean norm of the activations
     */
    public record Answer(List<Reading> readings, long tokens, double factor) {
        public Reading asOpen() {
            return readings.get(0);
        }

        /** The reading that explains most of the variance. */
        public Reading best() {
            return readings.stream()
                    .max(Comparator.comparingDouble(Reading::explainedVariance))
                    .orElseThrow();
        }

        /** Whether any reading fits. */
        public boolean fits() {
            return best().explainedVariance() >= FITS;
        }

        /**
         * A reading that fits better than the one it is open with, and of several as good the one that changes least;
         * empty if that one fits best, or none fits.
         */
        public Optional<Reading> better() {
            Reading open = asOpen();
            double most = best().explainedVariance();
            double gain = most - open.explainedVariance();
            if (!fits() || !(gain > WORTH_CHANGING) || !(gain > WORTH_OF_ERROR * (1 - open.explainedVariance()))) {
                return Optional.empty();
            }
            double asGood = most - Math.max(AS_GOOD, WORTH_OF_ERROR * (1 - most));
            return readings.stream()
                    .filter(reading -> reading.explainedVariance() >= asGood)
                    .min(Comparator.comparingInt((Reading reading) -> reading.changes(open))
                            .thenComparing(Comparator.comparingDouble(Reading::explainedVariance)
                                    .reversed()));
        }

        /** What follows, in a sentence without a full stop. */
        public String conclusion() {
            return better().map(reading -> "Read with " + reading.words() + " it explains " + reading.percent()
                            + " of the variance, read as it is open " + asOpen().percent())
                    .orElse("As it is open it explains " + asOpen().percent() + " of the variance"
                            + (fits()
                                    ? ", and no other reading fits "
                                            + (best().equals(asOpen()) ? "better" : "clearly better")
                                    : ". No reading fits: it may belong to another model, layer or hook point"));
        }
    }

    @Override
    public Query.Sweep<Answer> begin() {
        return new Pass();
    }

    private final class Pass implements Query.Sweep<Answer> {
        @SuppressWarnings("NullAway.Init") // made by the first step
        private List<Sums> sums;

        private double factor = Double.NaN;
        private double norms;
        private long normed;
        private List<int[]> batches = List.of();
        private int done;
        private long seen;
        private long passed;

        @Override
        public boolean step(Scope scope) {
            SparseAutoencoder loaded = scope.sae(sae);
            SaeConfig config = loaded.config();
            new Fit(scope.model(model).config(), config).misfitOfOutput().ifPresent(misfit -> {
                throw misfit.refusal(sae.name(), model.name());
            });
            HookPoint read = config.hook().orElseThrow();
            HookPoint write = config.hookOut().orElse(read);
            if (batches.isEmpty()) {
                batches = texts.batches(Math.max(1, FEATURES_PER_STEP / config.dSae()));
            }
            if (batches.isEmpty()) {
                return false;
            }
            TokenBatch batch = texts.batch(batches.get(done));
            int[] places = Arrays.stream(batch.places())
                    .filter(place -> batch.position(place) > 0)
                    .toArray();
            boolean measuring = scales(config) && Double.isNaN(factor);
            if (places.length == 0) {
                return measuring ? measured(config) : next(batch, 0);
            }
            Caught caught = new Caught(new HashSet<>(List.of(read, write)), new HashMap<>());
            scope.model(model).forward(scope.arrays(), batch.input(), caught, null, Logits.NONE, scope.cancellation());
            LanguageModel lm = scope.model(model);
            Function<Boolean, NDArray> x = processed ->
                    vectors(places, TrainedValues.of(lm, config, processed, read, caught.value(read)), config.dIn());
            if (measuring) {
                return measure(config, x.apply(config.trained().centred()));
            }
            Function<Boolean, NDArray> y = write.equals(read)
                    ? x
                    : processed -> vectors(
                            places, TrainedValues.of(lm, config, processed, write, caught.value(write)), config.dOut());
            NDArray ids = scope.arrays()
                    .create(Arrays.stream(places)
                            .mapToLong(place -> batch.id(place))
                            .toArray());
            List<Found> found = new ArrayList<>();
            boolean processingShows = TrainedValues.differ(lm, read) || TrainedValues.differ(lm, write);
            List<Reading> readings = readings(config, config.trained().centred(), processingShows, factor);
            for (Reading reading : readings) {
                scope.cancellation().check();
                found.add(fit(loaded, reading, x.apply(reading.centred()), y.apply(reading.centred()), ids));
            }
            if (sums == null) {
                sums = readings.stream()
                        .map(reading -> new Sums(reading, config.dOut()))
                        .toList();
            }
            for (int i = 0; i < found.size(); i++) {
                sums.get(i).add(found.get(i));
            }
            return next(batch, places.length);
        }

        private boolean next(TokenBatch batch, int measured) {
            seen += measured;
            passed += batch.places().length;
            done++;
            return done < batches.size();
        }

        /** A first pass over the text for the mean norm. */
        private boolean measure(SaeConfig config, NDArray x) {
            for (float norm : DeviceArrays.floats(x.norm(new int[] {1}))) {
                norms += norm;
                normed++;
            }
            return measured(config);
        }

        private boolean measured(SaeConfig config) {
            done++;
            if (done == batches.size()) {
                if (normed == 0) {
                    return false;
                }
                factor = Math.sqrt(config.dIn()) * normed / norms;
                done = 0;
            }
            return true;
        }

        @Override
        public Answer result() {
            return new Answer(
                    sums == null ? List.of() : sums.stream().map(Sums::reading).toList(), seen, factor);
        }

        @Override
        public double fraction() {
            return passed / (double) texts.tokens();
        }
    }

    /**
     * The ways of reading that make sense for a checkpoint, the one it is open with first.
     *
     * @param centred whether it is open for centred activations
     * @param processingShows whether centred activations may differ from raw ones
     * @param factor that its input may have been scaled by
     */
    static List<Reading> readings(SaeConfig config, boolean centred, boolean processingShows, double factor) {
        List<Reading> readings = new ArrayList<>();
        for (boolean sameFactor : new boolean[] {true, false}) {
            for (boolean sameCentring : new boolean[] {true, false}) {
                for (boolean sameBias : new boolean[] {true, false}) {
                    boolean makesSense = (sameFactor || scales(config))
                            && (sameBias || !config.transcodes())
                            && (sameCentring
                                    || (processingShows && config.normalisation() != InputNormalisation.LAYER_NORM));
                    if (makesSense) {
                        readings.add(new Reading(
                                centred == sameCentring,
                                config.reading().subtractsDecoderBias() == sameBias,
                                sameFactor ? 1 : factor,
                                0,
                                0));
                    }
                }
            }
        }
        return readings;
    }

    static boolean scales(SaeConfig config) {
        return config.normalisation() == InputNormalisation.EXPECTED_AVERAGE_ONLY_IN && !config.transcodes();
    }

    /**
     * How a reading reconstructs some vectors.
     *
     * @param x (N, dIn), as the reading reads them but for its factor
     * @param y (N, dOut), what the output is compared with; x itself but for a transcoder
     * @param ids token id of each; only used, and then needed, where there is a lookup
     */
    static Found fit(SparseAutoencoder loaded, Reading reading, NDArray x, NDArray y, @Nullable NDArray ids) {
        SaeConfig config = loaded.config();
        NDArray in = x;
        NDArray target = y;
        if (reading.factor() != 1) {
            in = in.mul((float) reading.factor());
            target = target.mul((float) reading.factor());
        }
        try (SparseAutoencoder other = loaded.readAs(config.withSubtractDecoderBias(reading.subtracts()))) {
            Reconstruction reconstruction = other.reconstruct(in, config.lookup() ? ids : null);
            double active = reconstruction
                    .features()
                    .neq(0)
                    .toType(DataType.FLOAT32, false)
                    .sum()
                    .getFloat();
            Found found = new Found(DeviceArrays.floats(target), DeviceArrays.floats(reconstruction.xHat()), active);
            reconstruction.features().close();
            reconstruction.xHat().close();
            return found;
        }
    }

    /** Values at some places, as vectors. */
    private static NDArray vectors(int[] places, NDArray value, int width) {
        return TokenBatch.at(places, value).reshape(places.length, width);
    }

    /**
     * Results of one step for one reading.
     *
     * @param active how many features were not 0, in all
     */
    record Found(float[] target, float[] xHat, double active) {}

    /** Sums over all steps for one reading, in double precision. */
    static final class Sums {
        private final Reading of;
        private final double[] sum;
        private double squares;
        private double error;
        private double active;
        private long count;

        Sums(Reading of, int width) {
            this.of = of;
            sum = new double[width];
        }

        void add(Found found) {
            for (int i = 0; i < found.target().length; i++) {
                double value = found.target()[i];
                double miss = value - found.xHat()[i];
                sum[i % sum.length] += value;
                squares += value * value;
                error += miss * miss;
            }
            active += found.active();
            count += found.target().length / sum.length;
        }

        Reading reading() {
            double spread = squares - Arrays.stream(sum).map(s -> s * s).sum() / count;
            return new Reading(of.centred(), of.subtracts(), of.factor(), 1 - error / spread, active / count);
        }
    }

    /** Keeps the values at some hook points and ends the pass at the last of them. */
    private record Caught(Set<HookPoint> points, Map<HookPoint, NDArray> values) implements Hook {
        NDArray value(HookPoint at) {
            return Objects.requireNonNull(values.get(at), at::toString);
        }

        @Override
        public boolean wants(HookPoint point) {
            return points.contains(point);
        }

        @Override
        public NDArray at(HookPoint point, NDArray value) {
            values.put(point, value);
            return value;
        }

        @Override
        public @Nullable HookPoint stopAfter() {
            return points.stream().max(HookPoint::compareTo).orElse(null);
        }
    }
}
