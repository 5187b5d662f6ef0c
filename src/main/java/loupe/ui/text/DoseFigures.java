package loupe.ui.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import loupe.analysis.effects.DoseResponse.Arm;
import loupe.analysis.effects.DoseTable;
import loupe.state.window.Side;
import loupe.ui.chart.ChartAxis;
import loupe.ui.chart.LineChart;
import loupe.ui.export.Csv;

/** The figures of a dose-response as curves and as a table, for the pane and for commands. */
public final class DoseFigures {
    /** What a chart of doses may show. */
    public enum Measure {
        KL("KL", "nats a token", DoseTable.Row::kl),
        PERPLEXITY("Perplexity of the texts", "", DoseTable.Row::perplexity),
        LOG_PROBABILITY("Log-probability of the chosen tokens", "nats", DoseTable.Row::logProbability),
        ACTIVATION("Activation read back", "", DoseTable.Row::activation),
        SHARE("Share of texts with a chosen word", "", DoseTable.Row::share);

        private final String quantity;
        private final String unit;

        @SuppressWarnings("ImmutableEnumChecker") // a reference to a method, which has no state
        private final ToDoubleFunction<DoseTable.Row> of;

        Measure(String quantity, String unit, ToDoubleFunction<DoseTable.Row> of) {
            this.quantity = quantity;
            this.unit = unit;
            this.of = of;
        }

        /** Its value of a row; NaN where it was not asked for. */
        public double of(DoseTable.Row row) {
            return of.applyAsDouble(row);
        }

        /** Its name in options. */
        public String key() {
            return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        }

        @Override
        public String toString() {
            return quantity;
        }
    }

    private DoseFigures() {}

    /**
     * A chart of one measure over the doses.
     *
     * @param multiples whether doses are shown in multiples of the corpus maximum
     */
    public static LineChart chart(Measure measure, boolean multiples) {
        return new LineChart(
                "dose-" + measure.key(),
                multiples ? ChartAxis.of("Dose", "of the corpus maximum") : ChartAxis.of("Dose", "of activation"),
                ChartAxis.of(measure.quantity, measure.unit));
    }

    /** Shows a line for each arm: the feature's in one colour, dashed for the wrong sign, controls in the other. */
    public static void draw(LineChart chart, DoseTable table, Measure measure) {
        List<LineChart.Line> lines = new ArrayList<>();
        for (Arm arm : Arm.values()) {
            List<DoseTable.Row> rows = table.rows().stream()
                    .filter(row -> row.arm() == arm && !Double.isNaN(measure.of(row)))
                    .toList();
            if (rows.isEmpty()) {
                continue;
            }
            Side side = arm == Arm.FEATURE || arm == Arm.WRONG_SIGN ? Side.A : Side.B;
            double[] x = rows.stream().mapToDouble(DoseTable.Row::multiple).toArray();
            double[] y = rows.stream().mapToDouble(measure::of).toArray();
            lines.add(
                    measure == Measure.SHARE
                            ? new LineChart.Line(
                                    side,
                                    arm.toString(),
                                    x,
                                    y,
                                    rows.stream()
                                            .mapToDouble(DoseTable.Row::low)
                                            .toArray(),
                                    rows.stream()
                                            .mapToDouble(DoseTable.Row::high)
                                            .toArray())
                            : new LineChart.Line(side, arm.toString(), x, y));
        }
        chart.setLines(lines);
    }

    /** All figures, a row for each arm and dose; empty cells for what was not asked for. */
    public static Csv csv(DoseTable table) {
        List<List<?>> rows = new ArrayList<>();
        for (DoseTable.Row row : table.rows()) {
            List<Object> cells =
                    new ArrayList<>(Arrays.asList(row.arm().toString(), row.dose(), row.multiple(), row.kl()));
            for (double value : new double[] {
                row.activation(), row.logProbability(), row.perplexity(), row.share(), row.low(), row.high()
            }) {
                cells.add(Double.isNaN(value) ? "" : value);
            }
            cells.add(row.texts());
            rows.add(cells);
        }
        return new Csv(
                List.of(
                        "arm",
                        "dose",
                        "multiple",
                        "kl",
                        "activation",
                        "log_prob",
                        "perplexity",
                        "share",
                        "share_low",
                        "share_high",
                        "texts"),
                rows);
    }
}
