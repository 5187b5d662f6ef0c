package loupe.sae.checkpoint;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import loupe.base.CheckpointException;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import loupe.sae.Activation;
import loupe.sae.Activation.Kind;

/**
 * What the files of a checkpoint say about its activation function: which one it is, and its parameters, of which k may
 * be missing or stated twice. ReLU until another one is set.
 */
final class StatedActivation {
    private final Path path;
    private final int dSae;
    private final Map<String, Integer> statedK = new LinkedHashMap<>();
    private OptionalInt suggestedK = OptionalInt.empty();
    private Kind kind = Kind.RELU;
    private boolean guessed;
    private boolean stated;
    private boolean topKRelu = true;
    private boolean topKByDecoderNorm;
    private boolean chosenByDecoderNorm;
    private OptionalDouble threshold = OptionalDouble.empty();
    private double residualThreshold;

    /**
     * @param path the checkpoint, for messages
     * @param dSae number of features, the largest k
     */
    StatedActivation(Path path, int dSae) {
        this.path = path;
        this.dSae = dSae;
    }

    void is(Kind known) {
        kind = known;
        guessed = false;
        stated = true;
    }

    /** Assumes this kind, although nothing in the files states it. */
    void isProbably(Kind likely) {
        kind = likely;
        guessed = true;
    }

    Kind kind() {
        return kind;
    }

    /** Whether nobody has said what it is, so that ReLU is only the usual one. */
    boolean isUnstated() {
        return !stated;
    }

    /** Whether it is assumed, although nothing states it. */
    boolean isGuessed() {
        return guessed;
    }

    /**
     * Whether the user has to say whether it is this kind at all: a hint at a kind without k is no more than a hint.
     */
    boolean isOpen() {
        return guessed && !kind.hasK();
    }

    /** Takes a k that the user gives as the answer to whether it is a kind that has one. */
    void answeredBy(OptionalInt askedK) {
        if (isOpen() && askedK.isPresent()) {
            is(Kind.TOPK);
        }
    }

    /** Sets {@link Activation.TopK#relu}; true by default. */
    void topKRelu(boolean relu) {
        topKRelu = relu;
    }

    /** Sets {@link Activation#byDecoderNorm} of a TopK or a SignedTopK; false by default. */
    void topKByDecoderNorm(boolean byDecoderNorm) {
        topKByDecoderNorm = byDecoderNorm;
    }

    /** Notes that the k largest are chosen as in {@link Activation.TopKByDecoderNorm}; false by default. */
    void chosenByDecoderNorm(boolean stated) {
        chosenByDecoderNorm = stated;
    }

    /** What {@link Activation#isSigned} will be. */
    boolean isSigned() {
        return kind == Kind.SIGNED_TOPK || (kind == Kind.TOPK && !topKRelu);
    }

    /** The threshold of {@link Activation.BatchTopK}, if there is one. */
    void threshold(OptionalDouble stated) {
        threshold = stated;
    }

    OptionalDouble threshold() {
        return threshold;
    }

    /** Sets {@link Activation.MatchingPursuit#residualThreshold}. */
    void residualThreshold(double stated) {
        residualThreshold = stated;
    }

    double residualThreshold() {
        return residualThreshold;
    }

    /**
     * Notes that {@code where} gives this k.
     *
     * @param where the source, for messages, such as {@code cfg.json}
     */
    void k(String where, OptionalInt k) {
        k.ifPresent(value -> statedK.put(where, value));
    }

    /** Notes that a name hints at this k, which the user has to confirm. */
    void suggestK(int k) {
        suggestedK = OptionalInt.of(k);
    }

    /** The k to propose: the one that the files state first, or the one that a name hints at. */
    OptionalInt likelyK() {
        return statedK.isEmpty()
                ? suggestedK
                : OptionalInt.of(statedK.values().iterator().next());
    }

    /** Whether it has a k that the files do not state. */
    boolean lacksK() {
        return kind.hasK() && statedK.isEmpty();
    }

    /** Whether the files state another k than this one. */
    boolean contradicts(int k) {
        return statedK.values().stream().anyMatch(stated -> stated != k);
    }

    /** Whether multiplying a feature's pre-activation multiplies the feature and changes no other. */
    boolean canFold() {
        return switch (kind) {
            case RELU, JUMPRELU, GATED -> true;
            case TOPK -> topKByDecoderNorm || chosenByDecoderNorm;
            case SIGNED_TOPK -> topKByDecoderNorm;
            case BATCHTOPK -> chosenByDecoderNorm && threshold.isEmpty();
            case TANH_RELU, GROUPMAX, MATCHING_PURSUIT -> false;
        };
    }

    /**
     * The activation function with its parameters.
     *
     * @param askedK the k that the user gives, which goes before what the files state
     * @throws CheckpointException if the function or k is unknown, or k contradictory or impossible
     */
    Activation with(OptionalInt askedK) {
        if (isOpen()) {
            throw new CheckpointException(
                    path,
                    "the file does not say which activation function it has; its name suggests " + kind.label(),
                    "",
                    "",
                    Remedy.give(Choice.ACTIVATION, kind.label()),
                    Remedy.give(Choice.K));
        }
        return switch (kind) {
            case RELU -> new Activation.Relu();
            case TANH_RELU -> new Activation.TanhRelu();
            case TOPK ->
                chosenByDecoderNorm
                        ? new Activation.TopKByDecoderNorm(k(askedK), false)
                        : new Activation.TopK(k(askedK), topKRelu, topKByDecoderNorm);
            case BATCHTOPK ->
                chosenByDecoderNorm && threshold.isEmpty()
                        ? new Activation.TopKByDecoderNorm(k(askedK), true)
                        : new Activation.BatchTopK(k(askedK), threshold);
            case SIGNED_TOPK -> new Activation.SignedTopK(k(askedK), topKByDecoderNorm);
            case MATCHING_PURSUIT -> new Activation.MatchingPursuit(residualThreshold);
            case GROUPMAX -> new Activation.GroupMax(groups(askedK));
            case JUMPRELU -> new Activation.JumpRelu();
            case GATED -> new Activation.Gated();
        };
    }

    private int groups(OptionalInt askedK) {
        int k = k(askedK);
        if (dSae % k != 0) {
            throw new CheckpointException(
                    path,
                    "k is " + k,
                    "a number that divides the " + dSae + " features into equal groups",
                    "",
                    Remedy.give(Choice.K));
        }
        return k;
    }

    private int k(OptionalInt askedK) {
        Map<String, Integer> kBySource = askedK.isPresent() ? Map.of("as asked for", askedK.getAsInt()) : statedK;
        if (kBySource.isEmpty()) {
            throw withoutK();
        }
        if (kBySource.values().stream().distinct().count() > 1) {
            throw new CheckpointException(
                    path,
                    "k is contradictory: "
                            + kBySource.entrySet().stream()
                                    .map(e -> e.getKey() + " says " + e.getValue())
                                    .collect(Collectors.joining(", ")),
                    "one value",
                    "",
                    Remedy.give(Choice.K));
        }
        Map.Entry<String, Integer> k = kBySource.entrySet().iterator().next();
        if (k.getValue() < 1 || k.getValue() > dSae) {
            throw new CheckpointException(
                    path,
                    "k is " + k.getValue() + " (" + k.getKey() + ")",
                    "1 to " + dSae + ", the number of features",
                    "",
                    Remedy.give(Choice.K));
        }
        return k.getValue();
    }

    private CheckpointException withoutK() {
        String suggestion = suggestedK.isPresent() ? Integer.toString(suggestedK.getAsInt()) : "";
        Remedy giveK = Remedy.give(Choice.K, suggestion);
        return new CheckpointException(
                path,
                "the file does not say how many features fire per token (k)"
                        + (suggestion.isEmpty() ? "" : "; its name suggests " + suggestion),
                "",
                guessed ? "If it is not a top-k autoencoder, choose the activation function relu" : "",
                guessed ? new Remedy[] {giveK, Remedy.give(Choice.ACTIVATION, "relu")} : new Remedy[] {giveK});
    }
}
