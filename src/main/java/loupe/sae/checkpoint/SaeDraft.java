package loupe.sae.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import loupe.sae.Activation;
import loupe.sae.HostWeights;
import loupe.sae.HostWeights.Part;
import loupe.sae.InputNormalisation;
import loupe.sae.SaeConfig;
import loupe.sae.SaeConfig.Heads;
import loupe.sae.checkpoint.SaeProposal.Missing;
import loupe.tensor.StoredTensor;

/** What a reader finds out about a checkpoint, piece by piece; checked and put together by {@link SaeFile}. */
final class SaeDraft {
    /** Where the values of a part lie. */
    record Source(Part part, String tensor, boolean featuresInRows, int axis, int index) {
        /** What of the tensor is meant: all of it, or one index of an axis. */
        StoredTensor of(CheckpointFiles files) {
            StoredTensor whole = files.tensor(tensor);
            return axis < 0 ? whole : StoredSlice.of(whole, axis, index);
        }
    }

    final Path path;
    final String format;
    final int dIn;
    final int dSae;
    int dOut;
    boolean subtractDecoderBias;
    boolean transcodes;
    Heads heads = new Heads.Unstated();
    /** Models of a crosscoder, and which of them this is. */
    int sides = 1;

    int side;
    InputNormalisation normalisation = InputNormalisation.NONE;
    boolean centred;
    String model = "";
    Optional<HookPoint> hook = Optional.empty();
    Optional<HookPoint> hookOut = Optional.empty();

    Activation.Kind activation = Activation.Kind.RELU;

    /** Whether the activation function is a guess, because nothing in the files tells it. */
    boolean activationIsGuessed;

    boolean topKRelu = true;
    boolean topKByDecoderNorm;
    OptionalDouble threshold = OptionalDouble.empty();
    OptionalInt proposedK = OptionalInt.empty();
    OptionalDouble normFactor = OptionalDouble.empty();
    Map<String, Object> settings = Map.of();

    /** Whether reading makes the decoder directions unit vectors, as the library does. */
    boolean unitDecoder;

    final List<Source> sources = new ArrayList<>();
    final List<Consumer<HostWeights>> changes = new ArrayList<>();
    final List<String> warnings = new ArrayList<>();
    private final Map<String, Long> statedK = new LinkedHashMap<>();

    /** @throws CheckpointException if a size is no size */
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
    }

    SaeDraft take(Part part, String tensor) {
        return take(part, tensor, false);
    }

    SaeDraft take(Part part, String tensor, boolean featuresInRows) {
        sources.add(new Source(part, tensor, featuresInRows, -1, 0));
        return this;
    }

    /** Takes index {@code index} of axis {@code axis} of a tensor. */
    SaeDraft takeSlice(Part part, String tensor, boolean featuresInRows, int axis, int index) {
        sources.add(new Source(part, tensor, featuresInRows, axis, index));
        return this;
    }

    /** Notes that {@code where} gives this k. */
    void k(String where, OptionalInt k) {
        k.ifPresent(value -> statedK.put(where, (long) value));
    }

    void warn(String sentence) {
        warnings.add(sentence);
    }

    boolean has(Part part) {
        return sources.stream().anyMatch(s -> s.part() == part);
    }

    /** What remains to be asked, given what the user has said already. */
    SaeProposal proposal(SaeOptions options) {
        Set<Missing> missing = EnumSet.noneOf(Missing.class);
        if (activation.hasK() && options.k().isEmpty() && statedK.isEmpty()) {
            missing.add(Missing.K);
        }
        Optional<HookPoint> known = options.hook().or(() -> hook);
        if (known.isEmpty()) {
            missing.add(Missing.HOOK);
        }
        OptionalInt k = options.k().isPresent() || statedK.isEmpty()
                ? options.k()
                : OptionalInt.of((int) (long) statedK.values().iterator().next());
        return new SaeProposal(
                missing, k.isPresent() ? k : proposedK, known, options.centred().orElse(centred));
    }

    /** @throws CheckpointException if k is unknown, contradictory or impossible */
    SaeConfig config(SaeOptions options) {
        boolean elsewhere = transcodes || hookOut.isPresent() || dIn != dOut;
        return new SaeConfig(
                format,
                dSae,
                activation(options),
                normalisation,
                has(Part.LOOKUP),
                new SaeConfig.Reading(
                        options.hook().or(() -> hook),
                        dIn,
                        heads,
                        options.subtractDecoderBias().orElse(subtractDecoderBias)),
                elsewhere ? new SaeConfig.Writing.Elsewhere(hookOut, dOut) : new SaeConfig.Writing.Back(),
                new SaeConfig.Training(model, options.centred().orElse(centred)));
    }

    private Activation activation(SaeOptions options) {
        return switch (activation) {
            case RELU -> new Activation.Relu();
            case TANH_RELU -> new Activation.TanhRelu();
            case TOPK -> new Activation.TopK(k(options), topKRelu, topKByDecoderNorm);
            case BATCHTOPK -> new Activation.BatchTopK(k(options), threshold);
            case SIGNED_TOPK -> new Activation.SignedTopK(k(options));
            case GROUPMAX -> new Activation.GroupMax(groups(options));
            case JUMPRELU -> new Activation.JumpRelu();
            case GATED -> new Activation.Gated();
        };
    }

    /**
     * Warns of what nobody said, of what the user said that changes nothing here, and of what contradicts the files.
     */
    void noteWhatWasSaid(SaeOptions options) {
        if ((transcodes || dIn != dOut) && hookOut.isEmpty()) {
            warn(
                    "It is a transcoder, but does not say where in the model it writes; its features can be read, but its output not put back");
        }
        if (options.subtractDecoderBias().isPresent()) {
            if (transcodes || dIn != dOut || has(Part.INPUT_BIAS)) {
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
        options.k().ifPresent(k -> {
            if (!activation.hasK()) {
                warn("k is not used: the activation function is " + activation.label());
            } else if (statedK.values().stream().anyMatch(stated -> stated != k)) {
                warn("k is " + k + " as asked for, not "
                        + statedK.values().iterator().next());
            }
        });
        if (options.normFactor().isPresent() && normalisation != InputNormalisation.EXPECTED_AVERAGE_ONLY_IN) {
            warn("The norm factor is not used: the input is not scaled by a factor (normalisation: "
                    + normalisation.name().toLowerCase(Locale.ROOT) + ")");
        }
    }

    /** Whether multiplying a feature's pre-activation multiplies the feature and changes no other. */
    boolean canFold() {
        return switch (activation) {
            case RELU, JUMPRELU, GATED -> true;
            case TOPK -> topKByDecoderNorm;
            case TANH_RELU, BATCHTOPK, GROUPMAX, SIGNED_TOPK -> false;
        };
    }

    private int groups(SaeOptions options) {
        int k = k(options);
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

    private int k(SaeOptions options) {
        Map<String, Long> said = new LinkedHashMap<>();
        if (options.k().isPresent()) {
            said.put("as asked for", (long) options.k().getAsInt());
        } else {
            said.putAll(statedK);
        }
        if (said.isEmpty()) {
            String suggestion = proposedK.isPresent() ? "; its name suggests " + proposedK.getAsInt() : "";
            Remedy giveK = Remedy.give(Choice.K, proposedK.isPresent() ? Integer.toString(proposedK.getAsInt()) : "");
            throw new CheckpointException(
                    path,
                    "the file does not say how many features fire per token (k)" + suggestion,
                    "",
                    activationIsGuessed
                            ? "If it is not a top-k autoencoder, choose the activation function relu"
                            : "",
                    activationIsGuessed
                            ? new Remedy[] {giveK, Remedy.give(Choice.ACTIVATION, "relu")}
                            : new Remedy[] {giveK});
        }
        if (said.values().stream().distinct().count() > 1) {
            throw new CheckpointException(
                    path,
                    "k is contradictory: "
                            + said.entrySet().stream()
                                    .map(e -> e.getKey() + " says " + e.getValue())
                                    .reduce((a, b) -> a + ", " + b)
                                    .orElseThrow(),
                    "one value",
                    "",
                    Remedy.give(Choice.K));
        }
        Map.Entry<String, Long> k = said.entrySet().iterator().next();
        if (k.getValue() < 1 || k.getValue() > dSae) {
            throw new CheckpointException(
                    path,
                    "k is " + k.getValue() + " (" + k.getKey() + ")",
                    "1 to " + dSae + ", the number of features",
                    "",
                    Remedy.give(Choice.K));
        }
        return (int) (long) k.getValue();
    }
}
