package loupe.lm;

import java.util.ArrayList;
import java.util.List;

/**
 * Rotary position embedding: at position p the i-th pair of a head's first 2n dimensions is turned by the angle p
 * frequencies[i]; further dimensions stay.
 *
 * @param frequencies n angles per position, in radians, after any scaling for longer contexts
 * @param interleaved whether pair i is the dimensions (2i, 2i + 1), as in GPT-J, or (i, i + n), as everywhere else
 * @see <a href="https://arxiv.org/abs/2104.09864">Su et al. 2021</a>
 */
public record Rotary(List<Double> frequencies, boolean interleaved) {
    public Rotary {
        frequencies = List.copyOf(frequencies);
        if (frequencies.isEmpty()) {
            throw new IllegalArgumentException("frequencies is empty, at least one pair must turn");
        }
    }

    /** Unscaled: frequency i is base^(-i / n), with n half of {@code dimensions}. */
    public static Rotary of(double base, int dimensions, boolean interleaved) {
        List<Double> frequencies = new ArrayList<>();
        for (int i = 0; i < dimensions / 2; i++) {
            frequencies.add(Math.pow(base, -2.0 * i / dimensions));
        }
        return new Rotary(frequencies, interleaved);
    }

    /** All positions divided by a factor. */
    public Rotary linear(double factor) {
        return new Rotary(
                frequencies.stream().map(frequency -> frequency / factor).toList(), interleaved);
    }

    /**
     * Llama 3.1's scaling: wavelengths shorter than {@code context / high} stay, those longer than {@code context /
     * low} grow by the factor, those between are blended.
     *
     * @param context of the training before the extension, in positions
     */
    public Rotary llama3(double factor, double low, double high, double context) {
        return new Rotary(
                frequencies.stream()
                        .map(frequency -> {
                            double turns = context * frequency / (2 * Math.PI);
                            double kept = Math.min(1, Math.max(0, (turns - low) / (high - low)));
                            return frequency * ((1 - kept) / factor + kept);
                        })
                        .toList(),
                interleaved);
    }

    /** How many of a head's dimensions turn. */
    int dimensions() {
        return 2 * frequencies.size();
    }
}
