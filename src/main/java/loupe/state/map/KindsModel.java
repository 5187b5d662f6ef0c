package loupe.state.map;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import javafx.beans.property.ObjectProperty;
import javafx.beans.value.ObservableValue;
import loupe.analysis.lens.FeatureKind;
import loupe.analysis.lens.KindThresholds;
import loupe.base.Cancellation;
import loupe.base.NumberRange;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.search.FeatureColumn;
import loupe.search.FeatureFilter;
import loupe.search.FeatureValues;
import loupe.state.features.FeatureColumns;
import loupe.state.features.FeatureTableModel;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.Workbench;

/** Of what kinds A's features are, by how their logit weights are distributed. JavaFX thread only. */
public final class KindsModel {
    private static final String REMEMBERED = "kinds";

    private final Workbench workbench;
    private final FeatureColumns columns;
    private final FeatureTableModel table;
    private final ResultSlot<Points> points;
    private final ObservableValue<PaneStatus> status;

    /**
     * Numbers by feature; NaN where they are not known.
     *
     * @param counts how many features are of each kind
     */
    public record Points(double[] skewness, double[] kurtosis, double[] deviation, Map<FeatureKind, Integer> counts) {
        /** The points of what is known of features. */
        public static Points of(FeatureValues values) {
            Map<FeatureKind, Integer> counts = new EnumMap<>(FeatureKind.class);
            for (int feature = 0; feature < values.features(); feature++) {
                values.kind(feature).ifPresent(kind -> counts.merge(kind, 1, Integer::sum));
            }
            return new Points(
                    values.numbers(FeatureColumn.SKEWNESS),
                    values.numbers(FeatureColumn.KURTOSIS),
                    values.numbers(FeatureColumn.LOGIT_SPREAD),
                    counts);
        }
    }

    /** @param columns of checkpoint A */
    public KindsModel(Workbench workbench, FeatureColumns columns, FeatureTableModel table) {
        this.workbench = workbench;
        this.columns = columns;
        this.table = table;
        points = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        status = new PaneStatusBinding()
                .fails(columns.problem(), columns::retry)
                .isEmpty(this::whyEmpty, workbench.a().sae(), workbench.model())
                .offers(workbench.a()::need, workbench.a().sae(), workbench.model())
                .awaits(points)
                .awaits(columns.filling());
        columns.values().addListener(changed -> ask());
        ask();
    }

    private String whyEmpty() {
        OpenSae sae = workbench.a().sae().get();
        OpenModel model = workbench.model().get();
        if (sae == null || model == null) {
            return workbench.a().whyEmpty("to see of what kinds its features are");
        }
        return sae.config().dOut() == model.config().dModel()
                ? ""
                : "This checkpoint does not write to the residual stream, so its features have no logit weights. "
                        + "Open one that does";
    }

    /** What the pane shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    /** All features. */
    public ResultSlot<Points> points() {
        return points;
    }

    /** From where on a feature is of a kind. */
    public ObjectProperty<KindThresholds> thresholds() {
        return columns.kinds();
    }

    /** Has the table list the features of a kind; all again if it lists them already. */
    public void list(FeatureKind kind) {
        String others = Arrays.stream(table.filter().get().strip().split("\\s+"))
                .filter(part -> !part.startsWith(FeatureColumn.KIND.word() + "="))
                .collect(Collectors.joining(" "));
        boolean listed = isListed(kind);
        table.filter().set(listed ? others : (others + " " + FeatureFilter.of(kind)).strip());
    }

    /** Whether the table lists the features of a kind only. */
    public boolean isListed(FeatureKind kind) {
        return Arrays.asList(table.filter().get().strip().split("\\s+")).contains(FeatureFilter.of(kind));
    }

    /** What a session keeps. */
    public Map<String, String> remembered() {
        KindThresholds now = thresholds().get();
        return now.equals(KindThresholds.DEFAULT)
                ? Map.of()
                : Map.of(
                        REMEMBERED,
                        now.prediction() + " " + now.suppression() + " " + now.partition() + " " + now.enrichment());
    }

    /** Restores what a session kept; leaves alone what is missing or not understood. */
    public void recall(Map<String, String> kept) {
        parsed(kept.getOrDefault(REMEMBERED, "")).ifPresent(thresholds()::set);
    }

    private static Optional<KindThresholds> parsed(String kept) {
        try {
            double[] numbers = Arrays.stream(kept.split(" "))
                    .mapToDouble(Double::parseDouble)
                    .toArray();
            return numbers.length == 4
                            && DoubleStream.of(numbers).allMatch(number -> Math.abs(number) <= NumberRange.LARGEST)
                            && numbers[2] >= 0
                            && numbers[3] >= 0
                    ? Optional.of(new KindThresholds(numbers[0], numbers[1], numbers[2], numbers[3]))
                    : Optional.empty();
        } catch (NumberFormatException noNumbers) {
            return Optional.empty();
        }
    }

    private void ask() {
        if (columns.values().get().features() == 0) {
            points.clear();
        } else {
            points.ask(new Collect(columns.values().get()));
        }
    }

    private record Collect(FeatureValues values) implements HostQuestion<Points> {
        @Override
        public Points answer(Cancellation cancellation) {
            return Points.of(values);
        }

        @SuppressWarnings("ReferenceEquality") // one set of columns is one value; they are large
        @Override
        public boolean equals(Object other) {
            return other instanceof Collect that && values == that.values;
        }

        @Override
        public int hashCode() {
            return Objects.hash(System.identityHashCode(values));
        }
    }
}
