package loupe.lm;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Rotary position embedding: at position p the i-th pair of a head's first 2n dimensions is turned by the angle p
 * frequencies[i] and multiplied by the factor; further dimensions stay.
 *
 * @param frequencies n angles per position, in radians, after any scaling for longer contexts
 * @param interleaved whether pair i is the dimensions (2i, 2i + 1), as in GPT-J, or (i, i + n), as everywhere else
 * @param factor on queries and keys, so that scores grow by its square; 1 unless the context was extended
 * @param beyond other frequencies for long texts; empty if they are the same for all
 * @see <a href="https://arxiv.org/abs/2104.09864">Su et al. 2021</a>
 */
public record Rotary(List<Double> frequencies, boolean interleaved, double factor, Optional<Beyond> beyond) {
    /**
     * Frequencies of a text with more tokens than a limit, for all its tokens.
     *
     * @param context the limit: this many tokens still have the usual frequencies
     */
    public record Beyond(double context, List<Double> frequencies) {
        public Beyond {
            frequencies = List.copyOf(frequencies);
        }
    }

    public Rotary {
        frequencies = List.copyOf(frequencies);
        if (frequencies.isEmpty()) {
            throw new IllegalArgumentException("frequencies is empty, at least one pair must turn");
        }
        if (beyond.isPresent() && beyond.get().frequencies().size() != frequencies.size()) {
            throw new IllegalArgumentException(
                    "beyond has " + beyond.get().frequencies().size() + " frequencies, not " + frequencies.size());
        }
    }

    /** The same frequencies for all texts, and no factor. */
    public Rotary(List<Double> frequencies, boolean interleaved) {
        this(frequencies, interleaved, 1, Optional.empty());
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
    public Rotary linear(double divisor) {
        return new Rotary(
                frequencies.stream().map(frequency -> frequency / divisor).toList(), interleaved);
    }

    /**
     * Llama 3.1's scaling: wavelengths shorter than {@code context / high} stay, those longer than {@code context /
     * low} grow by the factor, those between are blended.
     *
     * @param context of the training before the extension, in positions
     */
    public Rotary llama3(double stretch, double low, double high, double context) {
        return new Rotary(
                frequencies.stream()
                        .map(frequency -> {
                            double turns = context * frequency / (2 * Math.PI);
                            double kept = Math.min(1, Math.max(0, (turns - low) / (high - low)));
                            return frequency * ((1 - kept) / stretch + kept);
                        })
                        .toList(),
                interleaved);
    }

    /**
     * YaRN: pairs up to {@code from} stay, those after {@code to} are slowed down by the stretch, those between are
     * blended by their index.
     *
     * @param from index of a pair, perhaps between two
     * @param attention the factor on queries and keys
     * @see <a href="https://arxiv.org/abs/2309.00071">Peng et al. 2023</a>
     */
    public Rotary yarn(double stretch, double from, double to, double attention) {
        double end = from == to ? to + 0.001 : to;
        List<Double> scaled = new ArrayList<>();
        for (int i = 0; i < frequencies.size(); i++) {
            double slowed = Math.min(1, Math.max(0, (i - from) / (end - from)));
            scaled.add(frequencies.get(i) * (slowed / stretch + 1 - slowed));
        }
        return new Rotary(scaled, interleaved, attention, Optional.empty());
    }

    /**
     * LongRoPE: each frequency divided by a number of its own, which is another one in long texts.
     *
     * @param shorter divisors for texts of up to {@code context} tokens
     * @param longer divisors for longer texts
     * @param attention the factor on queries and keys, whatever the length
     * @see <a href="https://arxiv.org/abs/2402.13753">Ding et al. 2024</a>
     */
    public Rotary longRope(List<Double> shorter, List<Double> longer, double context, double attention) {
        return new Rotary(divided(shorter), interleaved, attention, Optional.of(new Beyond(context, divided(longer))));
    }

    private List<Double> divided(List<Double> divisors) {
        if (divisors.size() != frequencies.size()) {
            throw new IllegalArgumentException(
                    divisors.size() + " divisors for " + frequencies.size() + " frequencies");
        }
        List<Double> divided = new ArrayList<>();
        for (int i = 0; i < divisors.size(); i++) {
            divided.add(frequencies.get(i) / divisors.get(i));
        }
        return divided;
    }

    /** The frequencies in a text of this many tokens. */
    List<Double> frequencies(int tokens) {
        return beyond.filter(other -> tokens > other.context())
                .map(Beyond::frequencies)
                .orElse(frequencies);
    }

    /** How many of a head's dimensions turn. */
    int dimensions() {
        return 2 * frequencies.size();
    }
}
