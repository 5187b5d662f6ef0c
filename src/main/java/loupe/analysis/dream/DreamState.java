package loupe.analysis.dream;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A search after a whole number of iterations: all that is needed to go on with it as if it had never stopped.
 *
 * @param iteration how many are done
 * @param slots the text of each slot
 * @param front of all texts that were tried and make the feature active, as {@link DreamText#front} gives it
 * @param random texts drawn at random to begin with and to compare with; the first are those the slots began with
 * @param strongestSilent the text of the largest target among those that do not make the feature active
 * @param tried texts that were run
 * @param refused texts that were drawn and not run, since the tokenizer would cut them otherwise
 * @param failures for a token in how many texts, one after the other, that it was put into the tokenizer cut otherwise
 */
public record DreamState(
        int iteration,
        List<DreamText> slots,
        List<DreamText> front,
        List<DreamText> random,
        Optional<DreamText> strongestSilent,
        long tried,
        long refused,
        Map<Integer, Integer> failures) {
    public DreamState {
        slots = List.copyOf(slots);
        front = List.copyOf(front);
        random = List.copyOf(random);
        failures = Map.copyOf(failures);
    }

    /** The text that makes the feature most active; empty if none does. */
    public Optional<DreamText> best() {
        return front.isEmpty() ? Optional.empty() : Optional.of(front.get(front.size() - 1));
    }
}
