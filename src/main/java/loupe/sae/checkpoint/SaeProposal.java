package loupe.sae.checkpoint;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import loupe.base.HookPoint;

/**
 * What a checkpoint's files leave open, and what their names and neighbours suggest.
 *
 * @param missing facts still to be given; nothing can be encoded while K is one of them
 * @param k what the file's name suggests; empty if it suggests nothing
 * @param hook what is known or suggested
 * @param centred whether it was probably trained on the processed residual stream
 */
public record SaeProposal(Set<Missing> missing, OptionalInt k, Optional<HookPoint> hook, boolean centred) {
    public SaeProposal {
        missing = Set.copyOf(missing);
    }

    /** The things a file may leave out. */
    public enum Missing {
        /** How many features fire per token; {@code --k}. */
        K,
        /** Where in the model it reads; {@code --hook} or {@code --layer}. */
        HOOK
    }
}
