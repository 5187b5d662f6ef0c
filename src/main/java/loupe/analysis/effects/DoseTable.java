package loupe.analysis.effects;

import java.util.ArrayList;
import java.util.List;
import loupe.analysis.WilsonInterval;
import loupe.analysis.effects.DoseResponse.Arm;
import loupe.analysis.effects.DoseResponse.Curve;
import loupe.analysis.effects.DoseResponse.Point;

/** The figures of a dose-response, a row for each arm and dose. */
public record DoseTable(List<Row> rows) {
    /**
     * What one arm does at one dose. What was not asked for is NaN.
     *
     * @param multiple the dose in multiples of the unit
     * @param kl nats a token
     * @param logProbability of the chosen tokens together, nats
     * @param perplexity of the texts under the model as it is
     * @param texts how many were generated
     * @param containing how many of them contain a chosen word or token
     * @param low of the Wilson interval of their share at 95 %
     * @param high of that interval
     */
    public record Row(
            Arm arm,
            double dose,
            double multiple,
            double kl,
            double activation,
            double logProbability,
            double perplexity,
            int texts,
            int containing,
            double low,
            double high) {
        /** The share of texts that contain a chosen word or token. */
        public double share() {
            return texts == 0 || Double.isNaN(low) ? Double.NaN : (double) containing / texts;
        }
    }

    public DoseTable {
        rows = List.copyOf(rows);
    }

    /**
     * The figures of an answer.
     *
     * @param unit what doses are multiples of, such as the feature's largest activation on a corpus
     * @param chosen what the texts are searched for
     * @param read the text of tokens
     */
    public static DoseTable of(DoseResponse.Answer answer, double unit, ChosenWords chosen, ChosenWords.TextOf read) {
        List<Row> rows = new ArrayList<>();
        for (Curve curve : answer.curves()) {
            for (Point point : curve.points()) {
                boolean counts = !chosen.isEmpty() && !point.texts().isEmpty();
                int containing = counts ? chosen.count(point.texts(), read) : 0;
                WilsonInterval interval =
                        WilsonInterval.of(containing, point.texts().size());
                rows.add(new Row(
                        curve.arm(),
                        point.dose(),
                        point.dose() / unit,
                        point.kl(),
                        point.activation().orElse(Double.NaN),
                        point.logProbability().orElse(Double.NaN),
                        point.perplexity().orElse(Double.NaN),
                        point.texts().size(),
                        containing,
                        counts ? interval.low() : Double.NaN,
                        counts ? interval.high() : Double.NaN));
            }
        }
        return new DoseTable(rows);
    }
}
