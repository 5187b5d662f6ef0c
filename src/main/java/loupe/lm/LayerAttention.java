package loupe.lm;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * The attention settings of one layer.
 *
 * @param scale factor on the scores, usually 1/sqrt(dHead)
 * @param window how many tokens, itself included, a token sees; empty if all before it
 * @param rotary how queries and keys turn with the position; empty if they do not
 */
public record LayerAttention(double scale, OptionalInt window, Optional<Rotary> rotary) {
    /** Attention that sees all earlier tokens and has no rotary embedding. */
    static LayerAttention plain(double scale) {
        return new LayerAttention(scale, OptionalInt.empty(), Optional.empty());
    }
}
