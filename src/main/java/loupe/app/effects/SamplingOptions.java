package loupe.app.effects;

import loupe.analysis.effects.Sampling;
import loupe.app.cli.OptionRange;
import loupe.app.cli.OptionSection;
import loupe.base.NumberRange;
import picocli.CommandLine.Option;

/** The options that say how the next token is chosen. */
@OptionSection("Choice of the next token")
public final class SamplingOptions {
    private static final int MOST_SEEDS = 1_000;

    @Option(
            names = "--temperature",
            paramLabel = "X",
            description = "Temperature; 0 takes the likeliest token each time (default: 0; of doses 1).")
    @OptionRange(most = 1000)
    private Double temperature;

    @Option(
            names = "--top-k",
            paramLabel = "N",
            defaultValue = "0",
            description = "Draw among the N likeliest tokens only; 0 for all (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = OptionRange.MOST_LISTED)
    private int topK;

    @Option(
            names = "--top-p",
            paramLabel = "P",
            defaultValue = "1",
            description = "Draw among the fewest tokens that have this share of the probability "
                    + "(default: ${DEFAULT-VALUE}).")
    @OptionRange(least = NumberRange.ABOVE_ZERO, most = 1)
    private double topP;

    @Option(
            names = "--frequency-penalty",
            paramLabel = "X",
            defaultValue = "0",
            description = "Taken off a token's logit for each time it was generated (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = -1000, most = 1000)
    private double frequencyPenalty;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Seed of the draws, the same for both texts (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = Long.MAX_VALUE)
    private long seed;

    @Option(
            names = "--seeds",
            paramLabel = "N",
            description = "Texts, each with a seed of its own, from --seed on (default: 1; of doses 4).")
    @OptionRange(least = 1, most = MOST_SEEDS)
    private Integer seeds;

    /** @param usual the number of texts if none is given */
    int seeds(int usual) {
        return seeds == null ? usual : seeds;
    }

    /** @param usual the temperature if none is given */
    Sampling sampling(double usual) {
        return new Sampling(temperature == null ? usual : temperature, topK, topP, frequencyPenalty, seed);
    }
}
