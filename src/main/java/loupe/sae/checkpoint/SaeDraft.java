package loupe.sae.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import loupe.sae.HostWeights;
import loupe.sae.HostWeights.Part;
import loupe.sae.InputNormalisation;
import loupe.sae.SaeConfig;
import loupe.sae.SaeConfig.Heads;
import loupe.sae.checkpoint.SaeProposal.Missing;

/**
 * What a reader finds out about a checkpoint, piece by piece; checked and put together by {@link SaeFile}. Anything not
 * set stays as in a plain ReLU autoencoder of vectors.
 */
final class SaeDraft {
    private final Path path;
    private final String format;
    private final int dIn;
    private final int dSae;
    private final StatedActivation activation;
    private final StoredParts parts = new StoredParts();
    private final List<Consumer<HostWeights>> changes = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private final List<Pattern> withoutEffect = new ArrayList<>();
    private Optional<HookPoint> hook = Optional.empty();
    private Optional<HookPoint> suggestedHook = Optional.empty();
    private Heads heads = new Heads.Unstated();
    private boolean subtractsDecoderBias;
    private Optional<HookPoint> hookOut = Optional.empty();
    private int dOut;
    private boolean saysItTranscodes;
    private InputNormalisation normalisation = InputNormalisation.NONE;
    private OptionalDouble normFactor = OptionalDouble.empty();
    private String model = "";
    private boolean centred;
    private boolean hasUnitDecoder;
    private boolean foldsDecoderNorms;
    private Optional<CrossLayer> crossLayer = Optional.empty();
    private int sides = 1;
    private int side;
    private Map<String, Object> settings = Map.of();

    /** @throws CheckpointException if a size is out of range */
    SaeDraft(CheckpointFiles files, String format, long dIn, long dSae) {
        this.path = files.path();
        this.format = format;
        if (dIn < 1 || dSae < 1 || dIn > Integer.MAX_VALUE || dSae > Integer.MAX_VALUE) {
            throw files.refused(
                    "the shapes do not form an autoencoder: " + files.summary(), "at least one input and one feature");
        }
        this.dIn = (int) dIn;
        this.dSae = (int) dSae;
        this.dOut = this.dIn;
        this.activation = new StatedActivation(path, this.dSae);
    }

    // ---- for families: what the files say ----

    SaeDraft take(Part part, String tensor) {
        return take(part, tensor, false);
    }

    SaeDraft take(Part part, String tensor, boolean featuresInRows) {
        parts.put(new StoredParts.Source(part, tensor, featuresInRows, -1, 0));
        return this;
    }

    /**
     * Takes a skip connection.
     *
     * @param inputsInRows whether it is stored as (dIn, dOut), so that x A is added, instead of x A^T
     */
    void takeSkip(String tensor, boolean inputsInRows) {
        take(Part.SKIP, tensor, inputsInRows);
        if (inputsInRows) {
            change(weights -> weights.turn(Part.SKIP));
        }
    }

    /** Takes index {@code index} of axis {@code axis} of a tensor. */
    SaeDraft takeSlice(Part part, String tensor, boolean featuresInRows, int axis, int index) {
        parts.put(new StoredParts.Source(part, tensor, featuresInRows, axis, index));
        return this;
    }

    /** Takes what may lie in several tensors and files. */
    void take(StoredParts.Source source) {
        parts.put(source);
    }

    /** Queues a change to the weights, to be made once they have been read, in the order of the calls. */
    void change(Consumer<HostWeights> change) {
        changes.add(change);
    }

    /** Notes that nothing is added after decoding; b_dec is zero. */
    void withoutDecoderBias() {
        change(weights -> weights.vector(Part.DECODER_BIAS, new float[dOut]));
    }

    /** Queues a change to be made before all others, such as undoing the form in which a tensor is stored. */
    void changeFirst(Consumer<HostWeights> change) {
        changes.add(0, change);
    }

    /**
     * Notes which further tensors files of this family have that change nothing of what it computes.
     *
     * @param tensors their names without the prefix
     */
    void withoutEffect(Pattern tensors) {
        withoutEffect.add(tensors);
    }

    void warn(String sentence) {
        warnings.add(sentence);
    }

    /** The activation function as far as it is known, for families to complete. */
    StatedActivation activation() {
        return activation;
    }

    void hook(Optional<HookPoint> stated) {
        hook = stated;
    }

    /** Notes that the files hint at this hook point, which the user has to confirm. */
    void suggestHook(HookPoint likely) {
        suggestedHook = Optional.of(likely);
    }

    void heads(Heads stated) {
        heads = stated;
    }

    void subtractsDecoderBias(boolean stated) {
        subtractsDecoderBias = stated;
    }

    void hookOut(Optional<HookPoint> stated) {
        hookOut = stated;
    }

    void dOut(int stated) {
        dOut = stated;
    }

    /** Notes whether the files call it a transcoder. It is one in any case if it writes elsewhere or other widths. */
    void transcodes(boolean stated) {
        saysItTranscodes = stated;
    }

    void normalisation(InputNormalisation stated) {
        normalisation = stated;
    }

    /** Notes the factor of {@link InputNormalisation#EXPECTED_AVERAGE_ONLY_IN}, if it is known. */
    void normFactor(OptionalDouble known) {
        normFactor = known;
    }

    void model(String stated) {
        model = stated;
    }

    void centred(boolean stated) {
        centred = stated;
    }

    /** Notes that reading makes the decoder directions unit vectors, as the library does. */
    void makesDecoderUnit() {
        hasUnitDecoder = true;
    }

    /** Queues folding the decoder norms into the encoder, as the library does with such files. */
    void foldsDecoderNorms() {
        foldsDecoderNorms = true;
        change(HostWeights::foldDecoderNorms);
    }

    /**
     * Notes that this is one model's part of a crosscoder.
     *
     * @param ofSides number of models
     * @param index which of them, from 0
     */
    void crosscoder(int ofSides, int index) {
        sides = ofSides;
        side = index;
    }

    /**
     * One layer of a cross-layer transcoder.
     *
     * @param layer whose features they are
     * @param targets the layers it writes to
     * @param target the one of them that is meant; empty if what it writes to all of them is added up
     */
    record CrossLayer(int layer, List<Integer> targets, OptionalInt target) {}

    /** Notes that this is one layer of a cross-layer transcoder. */
    void crossLayer(CrossLayer part) {
        crossLayer = Optional.of(part);
    }

    void settings(Map<String, Object> file) {
        settings = file;
    }

    // ---- what is known ----

    Path path() {
        return path;
    }

    String format() {
        return format;
    }

    int dIn() {
        return dIn;
    }

    int dSae() {
        return dSae;
    }

    int dOut() {
        return dOut;
    }

    StoredParts parts() {
        return parts;
    }

    boolean has(Part part) {
        return parts.has(part);
    }

    /** Whether the family knows that a tensor changes nothing; the name is without the prefix. */
    boolean isWithoutEffect(String tensor) {
        return withoutEffect.stream().anyMatch(known -> known.matcher(tensor).matches());
    }

    Optional<HookPoint> hook() {
        return hook;
    }

    Heads heads() {
        return heads;
    }

    boolean subtractsDecoderBias() {
        return subtractsDecoderBias;
    }

    Optional<HookPoint> hookOut() {
        return hookOut;
    }

    /** Whether what it writes is meant for another place than what it reads. */
    boolean transcodes() {
        return saysItTranscodes || hookOut.isPresent() || dIn != dOut;
    }

    InputNormalisation normalisation() {
        return normalisation;
    }

    OptionalDouble normFactor() {
        return normFactor;
    }

    /** Whether a factor for the input is known, which reading multiplies into the weights. */
    boolean appliesNormFactor() {
        return normalisation == InputNormalisation.EXPECTED_AVERAGE_ONLY_IN && normFactor.isPresent();
    }

    String model() {
        return model;
    }

    /**
     * Whether it was trained on processed activations: as asked for, else as the files or their family say. What a
     * module takes has a hook point only where TransformerLens 3 and Hugging Face run models as they are.
     */
    boolean centred(SaeOptions options) {
        boolean moduleInput = options.hook()
                .or(() -> hook)
                .map(HookPoint::site)
                .filter(site -> site == Site.ATTN_MODULE_IN || site == Site.MLP_MODULE_IN)
                .isPresent();
        return options.centred().orElse(centred && !moduleInput);
    }

    boolean hasUnitDecoder() {
        return hasUnitDecoder;
    }

    /** Whether reading folds the decoder norms into the encoder, asked for or not. */
    boolean hasFoldedDecoder() {
        return foldsDecoderNorms;
    }

    /** Models of a crosscoder; 1 for anything else. */
    int sides() {
        return sides;
    }

    int side() {
        return side;
    }

    /** Which layer of a cross-layer transcoder it is; empty for anything else. */
    Optional<CrossLayer> crossLayer() {
        return crossLayer;
    }

    /** The configuration file as it is; empty if there is none. */
    Map<String, Object> settings() {
        return settings;
    }

    List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** @throws CheckpointException if the tensors do not have the shapes of their parts, or have them no more */
    void check(CheckpointFiles files) {
        parts.check(files, dIn, dSae, dOut);
    }

    /** Applies the queued changes to the weights and folds the factor for the input into them. */
    void applyTo(HostWeights weights) {
        changes.forEach(change -> change.accept(weights));
        if (appliesNormFactor()) {
            foldNormFactor(weights, normFactor.getAsDouble());
        }
    }

    /**
     * Folds the factor s for the input into the weights, as SAELens 6.18 does: encode(x) becomes encode(s x), decode(f)
     * becomes decode(f) / s; b_enc and thresholds stay.
     */
    private static void foldNormFactor(HostWeights weights, double factor) {
        weights.scale(Part.ENCODER, factor);
        weights.scale(Part.DECODER, 1 / factor);
        weights.scale(Part.DECODER_BIAS, 1 / factor);
    }

    /**
     * The questions that remain open, given the user's options.
     *
     * @param activations the activation functions that the file has the tensors for
     */
    SaeProposal proposal(SaeOptions options, List<String> activations) {
        Set<Missing> missing = EnumSet.noneOf(Missing.class);
        if (activation.isOpen()) {
            missing.add(Missing.ACTIVATION);
        }
        if (activation.lacksK() && options.k().isEmpty()) {
            missing.add(Missing.K);
        }
        Optional<HookPoint> known = options.hook().or(() -> hook);
        if (known.isEmpty()) {
            missing.add(Missing.HOOK);
        }
        return new SaeProposal(
                missing,
                options.k().isPresent() ? options.k() : activation.likelyK(),
                known.or(() -> suggestedHook),
                centred(options),
                new SaeProposal.Encoding(
                        activation.kind().label(),
                        activations,
                        normalisation == InputNormalisation.EXPECTED_AVERAGE_ONLY_IN,
                        normFactor));
    }

    /** @throws CheckpointException if k is unknown, contradictory or impossible */
    SaeConfig config(SaeOptions options) {
        return new SaeConfig(
                format,
                dSae,
                activation.with(options.k()),
                normalisation,
                has(Part.LOOKUP),
                new SaeConfig.Reading(
                        options.hook().or(() -> hook),
                        dIn,
                        heads,
                        options.subtractDecoderBias().orElse(subtractsDecoderBias)),
                transcodes() ? new SaeConfig.Writing.Elsewhere(hookOut, dOut) : new SaeConfig.Writing.Back(),
                new SaeConfig.Training(model, centred(options)));
    }

    /** Warns of missing facts, of options without effect and of options that contradict the files. */
    void warnAboutOptions(SaeOptions options) {
        boolean writesToSeveral =
                crossLayer.filter(part -> part.target().isEmpty()).isPresent();
        if (transcodes() && hookOut.isEmpty() && !writesToSeveral) {
            warn("It is a transcoder, but does not say where in the model it writes; its features can be read, but "
                    + "its output not put back");
        }
        if (options.subtractDecoderBias().isPresent()) {
            if (transcodes() || has(Part.INPUT_BIAS)) {
                throw new CheckpointException(
                        path,
                        "it is a transcoder, whose b_dec is in another space than its input",
                        "",
                        "",
                        Remedy.leaveOut(Choice.SUBTRACT_DECODER_BIAS));
            }
            warn("b_dec is " + (options.subtractDecoderBias().get() ? "" : "not ")
                    + "subtracted before encoding, as asked for");
        }
        options.subtractMean().ifPresent(subtracts -> {
            if (normalisation != InputNormalisation.STORED_MEAN) {
                warn("The files store no mean of the activations that could be subtracted");
            } else if (!subtracts) {
                parts.remove(Part.MEAN);
                normalisation = InputNormalisation.NONE;
            }
        });
        options.k().ifPresent(k -> {
            if (!activation.kind().hasK()) {
                warn("k is not used: the activation function is "
                        + activation.kind().label());
            } else if (activation.contradicts(k)) {
                warn("k is " + k + " as asked for, not " + activation.likelyK().orElseThrow());
            }
        });
        if (options.side().isPresent() && sides == 1 && crossLayer.isEmpty()) {
            warn("The side is not used: it is no crosscoder of several models");
        }
        if (options.normFactor().isPresent() && normalisation != InputNormalisation.EXPECTED_AVERAGE_ONLY_IN) {
            warn("The norm factor is not used: the input is not scaled by a factor (normalisation: "
                    + normalisation.name().toLowerCase(Locale.ROOT) + ")");
        }
    }
}
