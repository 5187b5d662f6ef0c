package loupe.analysis.ghost;

import java.util.LinkedHashMap;
import java.util.Map;

/** A scale sweep as commands and files write it down. */
public final class ScaleOutline {
    private ScaleOutline() {}

    /** The curves by name. */
    public static Map<String, Object> curves(ScaleSweep.Answer answer) {
        Map<String, Object> curves = new LinkedHashMap<>();
        for (ScaleSweep.Curve curve : ScaleSweep.Curve.values()) {
            curves.put(curve.label(), answer.curve(curve));
        }
        return curves;
    }

    /** The proposal; empty if there is none. */
    public static Map<String, Object> best(ScaleSweep.Answer answer) {
        Map<String, Object> best = new LinkedHashMap<>();
        answer.best().ifPresent(found -> {
            best.put("scale", found.scale());
            best.put("plateau", new double[] {found.low(), found.high()});
            best.put("why", found.why());
            best.put("encoder_mix", answer.query().ghost().encoderMix());
            best.put("score", found.score());
        });
        return best;
    }
}
