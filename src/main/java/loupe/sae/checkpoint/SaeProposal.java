package loupe.sae.checkpoint;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import loupe.base.HookPoint;

/**
 * What a checkpoint's files leave open, and what their names and neighbours suggest.
 *
 * @param missing facts still to be given; nothing can be encoded while K or ACTIVATION is one of them
 * @param k what the file's name suggests; empty if it suggests nothing
 * @param hook what is known or suggested
 * @param centred whether it was probably trained on the processed residual stream
 * @param encoding how it encodes
 */
public record SaeProposal(
        Set<Missing> missing, OptionalInt k, Optional<HookPoint> hook, boolean centred, Encoding encoding) {
    public SaeProposal {
        missing = Set.copyOf(missing);
    }

    /**
     * How it encodes, and what else it could be.
     *
     * @param activation the activation function that is stated or, if it is missing, proposed
     * @param activations those that the file has the tensors for
     * @param scaled whether its input is scaled by a factor that the user may give
     * @param normFactor that factor; empty if it is not known
     */
    public record Encoding(String activation, List<String> activations, boolean scaled, OptionalDouble normFactor) {
        public Encoding {
            activations = List.copyOf(activations);
        }
    }

    /** The things a file may leave out. */
    public enum Missing {
        /** How many features fire per token; {@code --k}. */
        K,
        /** Its activation function, of which the name gives a hint; {@code --activation}. */
        ACTIVATION,
        /** Where in the model it reads; {@code --hook} or {@code --layer}. */
        HOOK
    }
}
