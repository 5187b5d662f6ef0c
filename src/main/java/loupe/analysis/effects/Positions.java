package loupe.analysis.effects;

import java.util.List;

/**
 * At which tokens of a text an intervention acts. Positions count from 0 at the first token of the prompt.
 *
 * @param which how {@code at} is meant
 * @param at positions; for {@link Which#FROM} the first one alone; empty where none are needed
 */
public record Positions(Which which, List<Integer> at) {
    /** Every token, of the prompt and generated. */
    public static final Positions ALL = new Positions(Which.ALL, List.of());

    /** The tokens that are generated, and none of the prompt. */
    public static final Positions GENERATED = new Positions(Which.GENERATED, List.of());

    /** How positions are chosen. */
    public enum Which {
        ALL,
        LISTED,
        EXCLUDED,
        FROM,
        GENERATED
    }

    public Positions {
        at = List.copyOf(at);
        if (at.stream().anyMatch(position -> position < 0)) {
            throw new IllegalArgumentException("at is " + at + ", positions count from 0");
        }
        if (which == Which.FROM && at.size() != 1) {
            throw new IllegalArgumentException("at is " + at + ", expected the first position alone");
        }
    }

    /** These tokens and no others. */
    public static Positions listed(List<Integer> at) {
        return new Positions(Which.LISTED, at);
    }

    /** All tokens but these. */
    public static Positions without(List<Integer> at) {
        return at.isEmpty() ? ALL : new Positions(Which.EXCLUDED, at);
    }

    /** A token and all after it. */
    public static Positions from(int first) {
        return new Positions(Which.FROM, List.of(first));
    }

    /**
     * Whether a token is one of them.
     *
     * @param prompt how many tokens the text has before the first that was generated
     */
    public boolean include(int position, int prompt) {
        return switch (which) {
            case ALL -> true;
            case LISTED -> at.contains(position);
            case EXCLUDED -> !at.contains(position);
            case FROM -> position >= at.get(0);
            case GENERATED -> position >= prompt;
        };
    }
}
