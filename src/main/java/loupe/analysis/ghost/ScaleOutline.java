package loupe.analysis.ghost;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The output form of a scale sweep, for commands and files. */
public final class ScaleOutline {
    private ScaleOutline() {}

    /** The curves by name. */
    public static Map<String, double[]> curves(ScaleSweep.Answer answer) {
        Map<String, double[]> curves = new LinkedHashMap<>();
        for (ScaleSweep.Curve curve : ScaleSweep.Curve.values()) {
            curves.put(curve.label(), answer.curve(curve));
        }
        return curves;
    }

    /**
     * The proposal as JSON has it: an object without keys if there is none.
     *
     * @param scale in the middle of the plateau
     * @param plateau lowest and highest scale whose score is at least 95 % of the largest
     * @param turns whether the score is worse on both sides of the plateau; false if it was still as good at an end of
     *     the scales that were tried
     * @param largestAt the scale with the largest score
     * @param score at the proposed scale, in nats
     */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Proposal(
            @Nullable Double scale,
            @Nullable List<Double> plateau,
            @Nullable Boolean turns,
            @Nullable Double largestAt,
            @Nullable String why,
            @Nullable Double encoderMix,
            @Nullable Double score) {
        private static final Proposal NONE = new Proposal(null, null, null, null, null, null, null);
    }

    /** The proposal of a sweep. */
    public static Proposal best(ScaleSweep.Answer answer) {
        return answer.best()
                .map(found -> new Proposal(
                        found.scale(),
                        List.of(found.low(), found.high()),
                        found.turns(),
                        found.largestAt(),
                        found.why(),
                        answer.query().ghost().encoderMix(),
                        found.score()))
                .orElse(Proposal.NONE);
    }
}
