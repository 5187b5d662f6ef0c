package loupe.sae.checkpoint;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import loupe.base.CheckpointException;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import loupe.sae.Activation.Kind;
import loupe.sae.HostWeights;
import loupe.sae.HostWeights.Part;

/**
 * Applies the user's choice of activation function in place of the file's, with the tensors that it needs where the
 * file has them: thresholds, the gate, k.
 */
final class ActivationOverride {
    /** The functions that can be chosen; those that only old files have are left out. */
    private static final Set<Kind> KNOWN = EnumSet.of(Kind.RELU, Kind.TOPK, Kind.BATCHTOPK, Kind.JUMPRELU, Kind.GATED);

    private static final List<String> THRESHOLDS = List.of(
            "threshold", "thresholds", "jumprelu_threshold", "activation_function.threshold", "activation.threshold");
    private static final List<String> LOG_THRESHOLDS =
            List.of("log_threshold", "log_jumprelu_threshold", "activation_function.log_jumprelu_threshold");
    private static final List<String> SHARED_THRESHOLDS =
            List.of("threshold", "topk_threshold", "batch_topk_threshold", "activation_function.threshold");
    private static final List<String> KS = List.of("k", "top_k", "topk", "activation.k", "activation_function.k");
    private static final List<String> GATE_BIASES = List.of("b_gate", "gate_bias");
    private static final List<String> MAGNITUDE_BIASES = List.of("b_mag", "mag_bias");

    private ActivationOverride() {}

    /** The names that {@link #apply} takes. */
    static List<String> names() {
        return KNOWN.stream().map(Kind::label).toList();
    }

    /** What this file can be: what it is, and the names that {@link #apply} takes and it has the tensors for. */
    static List<String> names(SaeDraft draft, CheckpointFiles files) {
        if (draft.activation().kind() == Kind.GATED) {
            return List.of(Kind.GATED.label());
        }
        return Stream.concat(Stream.of(draft.activation().kind()), KNOWN.stream())
                .distinct()
                .filter(kind ->
                        kind != Kind.JUMPRELU || kind == draft.activation().kind() || hasThresholds(draft, files))
                .filter(kind -> kind != Kind.GATED || hasGate(draft, files))
                .map(Kind::label)
                .toList();
    }

    /** @throws CheckpointException if there is no such function, or the file lacks the tensors it needs */
    static void apply(SaeDraft draft, CheckpointFiles files, String name) {
        Kind wanted = Kind.of(name)
                .filter(KNOWN::contains)
                .orElseThrow(() -> new CheckpointException(
                        draft.path(),
                        "there is no activation function " + name,
                        "one of " + String.join(", ", names()),
                        "",
                        Remedy.give(Choice.ACTIVATION)));
        if (wanted == draft.activation().kind()) {
            draft.activation().is(wanted);
            return;
        }
        if (draft.activation().kind() == Kind.MATCHING_PURSUIT) {
            throw new CheckpointException(
                    draft.path(),
                    "a matching pursuit has no activation function that could be another",
                    "",
                    "",
                    Remedy.leaveOut(Choice.ACTIVATION));
        }
        if (draft.activation().kind() == Kind.GATED) {
            throw refused(draft, "a gated autoencoder has no other activation function than its gate");
        }
        String instead = draft.activation().kind().label();
        boolean guessed = draft.activation().isGuessed();
        switchTo(wanted, draft, files);
        if (!guessed) {
            draft.warn("The activation function is " + name + " as asked for, not " + instead);
        }
    }

    /** @throws CheckpointException if the file lacks the tensors that the function needs */
    static void switchTo(Kind wanted, SaeDraft draft, CheckpointFiles files) {
        if (wanted == Kind.GATED) {
            takeGate(draft, files);
        } else if (wanted == Kind.JUMPRELU) {
            takeThresholds(draft, files);
        } else if (wanted == Kind.BATCHTOPK) {
            takeSharedThreshold(draft, files);
        }
        if (wanted.hasK()) {
            takeK(draft, files);
        }
        draft.activation().is(wanted);
    }

    private static boolean hasGate(SaeDraft draft, CheckpointFiles files) {
        return vector(GATE_BIASES, draft, files).isPresent()
                && vector(MAGNITUDE_BIASES, draft, files).isPresent()
                && vector(List.of("r_mag"), draft, files).isPresent();
    }

    private static void takeGate(SaeDraft draft, CheckpointFiles files) {
        if (!hasGate(draft, files)) {
            throw refused(draft, "the file has no gate (r_mag, b_gate, b_mag)");
        }
        draft.parts()
                .find(Part.ENCODER_BIAS)
                .ifPresent(
                        bias -> draft.warn(bias.tensor() + " is not used: a gated autoencoder adds its gate's bias"));
        draft.take(Part.ENCODER_BIAS, vector(GATE_BIASES, draft, files).orElseThrow())
                .take(Part.MAGNITUDE_SCALE, "r_mag")
                .take(
                        Part.MAGNITUDE_BIAS,
                        vector(MAGNITUDE_BIASES, draft, files).orElseThrow());
    }

    private static boolean hasThresholds(SaeDraft draft, CheckpointFiles files) {
        return draft.has(Part.THRESHOLD)
                || vector(THRESHOLDS, draft, files).isPresent()
                || vector(LOG_THRESHOLDS, draft, files).isPresent();
    }

    private static void takeThresholds(SaeDraft draft, CheckpointFiles files) {
        if (!hasThresholds(draft, files)) {
            throw new CheckpointException(
                    draft.path(),
                    "the file has no thresholds, which jumprelu needs",
                    "",
                    "Choose another activation function",
                    Remedy.give(Choice.ACTIVATION));
        }
        if (draft.has(Part.THRESHOLD)) {
            return;
        }
        Optional<String> plain = vector(THRESHOLDS, draft, files);
        draft.take(
                Part.THRESHOLD,
                plain.orElseGet(() -> vector(LOG_THRESHOLDS, draft, files).orElseThrow()));
        if (plain.isEmpty()) {
            draft.changeFirst(ActivationOverride::exponentiate);
        }
    }

    private static void exponentiate(HostWeights weights) {
        float[] thresholds = weights.vector(Part.THRESHOLD);
        for (int i = 0; i < thresholds.length; i++) {
            thresholds[i] = (float) Math.exp(thresholds[i]);
        }
        weights.vector(Part.THRESHOLD, thresholds);
    }

    private static void takeSharedThreshold(SaeDraft draft, CheckpointFiles files) {
        if (draft.activation().threshold().isEmpty()) {
            SHARED_THRESHOLDS.stream()
                    .filter(name -> isScalar(name, files))
                    .findFirst()
                    .flatMap(files::scalar)
                    .ifPresent(value -> draft.activation().threshold(OptionalDouble.of(value)));
        }
        if (draft.activation().threshold().isEmpty()) {
            draft.warn("The file has no threshold, so the k largest per vector are chosen over the whole batch: what a "
                    + "vector gives depends on its batch");
        }
    }

    private static void takeK(SaeDraft draft, CheckpointFiles files) {
        if (draft.activation().likelyK().isEmpty() || draft.activation().lacksK()) {
            KS.stream()
                    .filter(name -> isScalar(name, files))
                    .findFirst()
                    .ifPresent(name -> draft.activation()
                            .k(
                                    "the tensor " + name,
                                    OptionalInt.of(
                                            files.scalar(name).orElseThrow().intValue())));
        }
    }

    private static boolean isScalar(String name, CheckpointFiles files) {
        return files.find(name).filter(tensor -> tensor.elements() == 1).isPresent();
    }

    private static Optional<String> vector(List<String> names, SaeDraft draft, CheckpointFiles files) {
        return names.stream()
                .filter(name -> Arrays.equals(files.shape(name), new long[] {draft.dSae()}))
                .findFirst();
    }

    private static CheckpointException refused(SaeDraft draft, String found) {
        return new CheckpointException(draft.path(), found, "", "", Remedy.leaveOut(Choice.ACTIVATION));
    }
}
