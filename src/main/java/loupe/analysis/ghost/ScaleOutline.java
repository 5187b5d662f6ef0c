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
     * @param plateau lowest and highest scale about as good
     */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Proposal(
            @Nullable Double scale,
            @Nullable List<Double> plateau,
            @Nullable String why,
            @Nullable Double encoderMix,
            @Nullable Double score) {
        private static final Proposal NONE = new Proposal(null, null, null, null, null);
    }

    /** The proposal of a sweep. */
    public static Proposal best(ScaleSweep.Answer answer) {
        return answer.best()
                .map(found -> new Proposal(
                        found.scale(),
                        List.of(found.low(), found.high()),
                        found.why(),
                        answer.query().ghost().encoderMix(),
                        found.score()))
                .orElse(Proposal.NONE);
    }
}
