package loupe.sae.checkpoint;

import java.util.List;
import loupe.base.CheckpointException;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import loupe.sae.HostWeights.Part;

/** Lets the user's word on the activation function replace the file's. */
final class ActivationOverride {
    static final List<String> KNOWN = List.of("relu", "topk", "batchtopk", "jumprelu", "gated");

    private ActivationOverride() {}

    /** @throws CheckpointException if there is no such function, or the file lacks the tensors it needs */
    static void apply(SaeDraft draft, String name) {
        if (!KNOWN.contains(name)) {
            throw new CheckpointException(
                    draft.path,
                    "there is no activation function " + name,
                    "one of " + String.join(", ", KNOWN),
                    "",
                    Remedy.give(Choice.ACTIVATION));
        }
        if (name.equals(draft.activation)) {
            return;
        }
        boolean gated = draft.activation.equals("gated");
        if (gated || name.equals("gated")) {
            throw new CheckpointException(
                    draft.path,
                    gated
                            ? "a gated autoencoder has no other activation function than its gate"
                            : "the file has no gate (r_mag, b_gate, b_mag)",
                    "",
                    "",
                    Remedy.leaveOut(Choice.ACTIVATION));
        }
        if (name.equals("jumprelu") && !draft.has(Part.THRESHOLD)) {
            throw new CheckpointException(
                    draft.path,
                    "the file has no thresholds, which jumprelu needs",
                    "",
                    "Choose another activation function",
                    Remedy.give(Choice.ACTIVATION));
        }
        if (name.equals("batchtopk") && draft.threshold.isEmpty()) {
            draft.warn(
                    "The file has no threshold, so the k largest per vector are chosen over the whole batch: what a vector gives depends on its batch");
        }
        draft.warn("The activation function is " + name + " as asked for, not " + draft.activation);
        draft.activation = name;
    }
}
