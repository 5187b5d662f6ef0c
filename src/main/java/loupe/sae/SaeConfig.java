package loupe.sae;

import java.util.Optional;
import loupe.base.HookPoint;

/**
 * What is known about a sparse autoencoder besides its weights.
 *
 * @param format the family of files it came from, as {@code --sae-format} spells it
 * @param dIn width of the activations it reads
 * @param dSae number of features
 * @param dOut width of what it writes; differs from {@code dIn} for transcoders only
 * @param subtractDecoderBias whether b_dec is subtracted before encoding
 * @param centred whether it was trained on the processed (mean-centred) residual stream of TransformerLens
 * @param lookup whether a per-token decoder bias is added after decoding
 * @param model name of the model it was trained on, as the file gives it; empty if it does not
 * @param hook where in the model it reads; empty if the file does not say and nobody was asked yet
 */
public record SaeConfig(String format, int dIn, int dSae, int dOut, Activation activation, boolean subtractDecoderBias,
        InputNormalisation normalisation, boolean centred, boolean lookup, String model, Optional<HookPoint> hook) {}
