package loupe.analysis.effects;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import loupe.base.Refusal;
import loupe.inference.SaeId;

/**
 * Interventions as somebody has listed them: a value that is named, saved and undone.
 *
 * @param lines in the order in which they act
 * @param keepsError whether what checkpoints do not reconstruct is kept; if not, the reconstruction of each checkpoint
 *     that a line names, or of the first if none does, stands in place of the value at all tokens
 */
public record InterventionList(List<InterventionLine> lines, boolean keepsError) {
    /** Nothing is done. */
    public static final InterventionList NONE = new InterventionList(List.of(), true);

    private static final String WITHOUT_ERROR = "no-error";

    public InterventionList {
        lines = List.copyOf(lines);
    }

    /** With one more line, the last. */
    public InterventionList with(InterventionLine line) {
        List<InterventionLine> more = new ArrayList<>(lines);
        more.add(line);
        return new InterventionList(more, keepsError);
    }

    /** With another line in a place. */
    public InterventionList with(int place, InterventionLine line) {
        List<InterventionLine> other = new ArrayList<>(lines);
        other.set(place, line);
        return new InterventionList(other, keepsError);
    }

    /** Without the line in a place. */
    public InterventionList without(int place) {
        List<InterventionLine> fewer = new ArrayList<>(lines);
        fewer.remove(place);
        return new InterventionList(fewer, keepsError);
    }

    /** With the line of one place in another. */
    public InterventionList moved(int from, int to) {
        List<InterventionLine> other = new ArrayList<>(lines);
        other.add(to, other.remove(from));
        return new InterventionList(other, keepsError);
    }

    /** With all lines switched off, and the error kept. */
    public InterventionList switchedOff() {
        return new InterventionList(
                lines.stream().map(line -> line.switched(false)).toList(), true);
    }

    /** With the lines that name features of one checkpoint switched off. */
    public InterventionList switchedOff(int sae) {
        return new InterventionList(
                lines.stream()
                        .map(line -> line.target() instanceof InterventionLine.Target.Features features
                                        && features.sae() == sae
                                ? line.switched(false)
                                : line)
                        .toList(),
                keepsError);
    }

    /** Whether something would be done. */
    public boolean isOn() {
        return !keepsError || lines.stream().anyMatch(InterventionLine::isOn);
    }

    /** What is done to a run of a model. */
    public Interventions interventions(InterventionLine.Sources from) {
        List<Intervention> all = lines.stream()
                .flatMap(line -> line.interventions(from).stream())
                .toList();
        Set<SaeId> named = Interventions.of(all).saes();
        return new Interventions(all, keepsError ? Set.of() : named.isEmpty() ? Set.of(from.sae(0)) : named);
    }

    /**
     * Reads lines below each other.
     *
     * @throws Refusal if one is none
     */
    public static InterventionList parse(String text) {
        List<String> given = text.lines().filter(line -> !line.isBlank()).toList();
        boolean keeps = given.isEmpty() || !given.get(0).equals(WITHOUT_ERROR);
        return new InterventionList(
                given.stream().skip(keeps ? 0 : 1).map(InterventionLine::parse).toList(), keeps);
    }

    /** The lines that {@link #parse} reads. */
    @Override
    public String toString() {
        return (keepsError ? "" : WITHOUT_ERROR + "\n")
                + lines.stream().map(InterventionLine::toString).collect(Collectors.joining("\n"));
    }

    /** What is done, in one line; empty for nothing. */
    public String words() {
        List<String> on = new ArrayList<>(lines.stream()
                .filter(InterventionLine::isOn)
                .map(InterventionLine::toString)
                .toList());
        if (!keepsError) {
            on.add("without the error");
        }
        return String.join("; ", on);
    }
}
