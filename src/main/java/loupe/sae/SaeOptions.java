package loupe.sae;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import loupe.base.HookPoint;

/**
 * What the user says about a checkpoint that its files may not say, or say wrongly. Empty means: as the files say.
 *
 * @param format name of a family, as {@code --sae-format} spells it, instead of the one sniffed
 * @param activation relu, topk, batchtopk, jumprelu or gated
 * @param normFactor the factor of {@link InputNormalisation#EXPECTED_AVERAGE_ONLY_IN}
 * @param centred whether it was trained on the processed residual stream
 * @param fold whether decoder norms are folded into the encoder
 */
public record SaeOptions(Optional<String> format, OptionalInt k, Optional<HookPoint> hook, Optional<String> activation,
        OptionalDouble normFactor, Optional<Boolean> centred, boolean fold) {
    /** Everything as the files say. */
    public static final SaeOptions AS_STORED = new SaeOptions(Optional.empty(), OptionalInt.empty(), Optional.empty(),
            Optional.empty(), OptionalDouble.empty(), Optional.empty(), false);
}
