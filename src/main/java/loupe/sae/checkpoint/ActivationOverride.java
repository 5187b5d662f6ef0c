package loupe.sae.checkpoint;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import loupe.base.CheckpointException;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import loupe.sae.Activation.Kind;
import loupe.sae.HostWeights.Part;

/** Applies the user's choice of activation function in place of the file's. */
final class ActivationOverride {
    /** The functions that can be chosen; those that only old files have are left out. */
    private static final Set<Kind> KNOWN = EnumSet.of(Kind.RELU, Kind.TOPK, Kind.BATCHTOPK, Kind.JUMPRELU, Kind.GATED);

    private ActivationOverride() {}

    /** The names that {@link #apply} takes. */
    static List<String> names() {
        return KNOWN.stream().map(Kind::label).toList();
    }

    /** @throws CheckpointException if there is no such function, or the file lacks the tensors it needs */
    static void apply(SaeDraft draft, String name) {
        Kind wanted = Kind.of(name)
                .filter(KNOWN::contains)
                .orElseThrow(() -> new CheckpointException(
                        draft.path(),
                        "there is no activation function " + name,
                        "one of " + String.join(", ", names()),
                        "",
                        Remedy.give(Choice.ACTIVATION)));
        if (wanted == draft.activation().kind()) {
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
        boolean gated = draft.activation().kind() == Kind.GATED;
        if (gated || wanted == Kind.GATED) {
            throw new CheckpointException(
                    draft.path(),
                    gated
                            ? "a gated autoencoder has no other activation function than its gate"
                            : "the file has no gate (r_mag, b_gate, b_mag)",
                    "",
                    "",
                    Remedy.leaveOut(Choice.ACTIVATION));
        }
        if (wanted == Kind.JUMPRELU && !draft.has(Part.THRESHOLD)) {
            throw new CheckpointException(
                    draft.path(),
                    "the file has no thresholds, which jumprelu needs",
                    "",
                    "Choose another activation function",
                    Remedy.give(Choice.ACTIVATION));
        }
        if (wanted == Kind.BATCHTOPK && draft.activation().threshold().isEmpty()) {
            draft.warn("The file has no threshold, so the k largest per vector are chosen over the whole batch: what a "
                    + "vector gives depends on its batch");
        }
        draft.warn("The activation function is " + name + " as asked for, not "
                + draft.activation().kind().label());
        draft.activation().is(wanted);
    }
}
