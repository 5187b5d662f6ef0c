package loupe.state.text;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.value.ObservableValue;
import loupe.analysis.Fit;
import loupe.analysis.effects.Attribution;
import loupe.analysis.effects.Attribution.Method;
import loupe.analysis.effects.Metric;
import loupe.base.HookPoint;
import loupe.base.Problem;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.inference.SaeId;
import loupe.state.pane.PaneNeed;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.CheckpointSide;
import loupe.state.window.RememberedChoices;
import loupe.state.window.Side;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * What the features and errors of the open checkpoints contribute to the prediction after the clean prompt: what it
 * would change by with the values of the corrupt prompt or, without one, without them. JavaFX thread only.
 */
public final class AttributionModel {
    /** How many nodes of each checkpoint are listed. */
    public static final int MOST = 200;

    /** Steps of integrated gradients. */
    private static final int STEPS = 10;
    /** How many of the largest effects are measured exactly. */
    private static final int CHECKED = 10;

    private final Workbench workbench;
    private final PromptModel prompt;
    private final ObjectProperty<Method> method = new SimpleObjectProperty<>(this, "method", Method.GRADIENT);
    private final ObjectProperty<PromptMetric> metric =
            new SimpleObjectProperty<>(this, "metric", PromptMetric.LOGIT_DIFFERENCE);
    private final Map<Method, ResultSlot<Attribution.Answer>> answers = new EnumMap<>(Method.class);
    private final ObjectProperty<Problem> misfit = new SimpleObjectProperty<>(this, "misfit");
    private final ObservableValue<PaneStatus> status;
    private final Wanting wanting;
    private List<CheckpointSide> asked = List.of();

    /**
     * A node and its effects.
     *
     * @param feature empty for the error
     * @param atp by the gradient at the clean run; NaN while it is not known
     * @param ig by integrated gradients; likewise
     * @param exact as measured; NaN where it was not
     */
    public record Row(Side side, HookPoint at, OptionalInt feature, int position, double atp, double ig, double exact) {
        /** By the method that the table is sorted by. */
        double by(Method method) {
            return switch (method) {
                case GRADIENT -> atp;
                case INTEGRATED_GRADIENTS -> ig;
                case EXACT -> exact;
            };
        }
    }

    /**
     * What the effects of one checkpoint add up to.
     *
     * @param whole what the metric changes by with everything there changed at once
     * @param total what it changes by from the clean run to the corrupt one; NaN without one
     */
    public record Sums(Side side, HookPoint at, double features, double errors, double whole, double total) {
        /** What the sums leave of the effect of everything there. */
        public double gap() {
            return whole - features - errors;
        }
    }

    public AttributionModel(Workbench workbench, PromptModel prompt) {
        this.workbench = workbench;
        this.prompt = prompt;
        PaneStatusBinding binding = new PaneStatusBinding()
                .refuses(prompt.problem())
                .refuses(misfit)
                .fails(prompt.reading());
        for (Method one : Method.values()) {
            ResultSlot<Attribution.Answer> slot =
                    new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
            answers.put(one, slot);
            binding.fails(slot).awaits(slot);
        }
        wanting = new Wanting(wanted -> answers.values().forEach(slot -> slot.setWanted(wanted)));
        status = binding.isEmpty(
                        this::whyEmpty,
                        workbench.model(),
                        workbench.a().sae(),
                        workbench.b().sae(),
                        prompt.reading().valueProperty(),
                        metric)
                .offers(this::need, workbench.model(), workbench.a().sae())
                .awaits(prompt.reading());
        for (ObservableValue<?> source : List.of(
                workbench.model(),
                workbench.a().sae(),
                workbench.b().sae(),
                prompt.reading().valueProperty(),
                method,
                metric)) {
            source.addListener(changed -> ask());
        }
    }

    private Optional<PaneNeed> need() {
        return workbench.model().get() == null || workbench.a().sae().get() == null
                ? workbench.a().need()
                : Optional.empty();
    }

    private String whyEmpty() {
        if (workbench.model().get() == null) {
            return "Open a model to see what drives its prediction";
        }
        if (checkpoints(workbench).isEmpty()) {
            return "Open a checkpoint to see which of its features drive the prediction";
        }
        PromptModel.@Nullable Read read = prompt.reading().getValue();
        if (read == null || read.clean().isEmpty()) {
            return "Type a clean prompt and its answer to see which features drive the prediction";
        }
        if (metric.get().of(read).isEmpty()) {
            return "Type " + metric.get().needs() + ", or compare by another figure";
        }
        return metric.get().hasGradientAtClean() || read.isAligned()
                ? ""
                : "Type a corrupt prompt of as many tokens: the divergence is from the clean run";
    }

    /** The sides with checkpoints that are not the same. */
    static List<CheckpointSide> checkpoints(Workbench workbench) {
        List<CheckpointSide> open = new ArrayList<>();
        Object first = null;
        for (CheckpointSide side : List.of(workbench.a(), workbench.b())) {
            OpenSae sae = side.sae().get();
            if (sae != null && !sae.id().equals(first)) {
                first = sae.id();
                open.add(side);
            }
        }
        return open;
    }

    /** What the pane shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    /** By what the nodes are listed; exact runs are only made when they are asked for. */
    public ObjectProperty<Method> method() {
        return method;
    }

    /** What the effects are on. */
    public ObjectProperty<PromptMetric> metric() {
        return metric;
    }

    public PromptModel prompt() {
        return prompt;
    }

    /** The answer by one method. */
    public ResultSlot<Attribution.Answer> answer(Method by) {
        return Objects.requireNonNull(answers.get(by));
    }

    /** Who shows the effects: nothing is asked while nobody does. */
    public Wanting wanting() {
        return wanting;
    }

    /** What the session keeps of it. */
    public void remember(RememberedChoices choices) {
        choices.choice("attribution.method", method, Method.class)
                .choice("attribution.metric", metric, PromptMetric.class);
    }

    /** Stops for now; what is known stays. */
    public void stop() {
        answers.values().forEach(ResultSlot::stop);
    }

    /** The sums of each checkpoint that is done, by the chosen method. */
    public List<Sums> sums() {
        Attribution.@Nullable Answer answer = answer(method.get()).getValue();
        List<Sums> sums = new ArrayList<>();
        for (int i = 0; answer != null && i < answer.sites().size(); i++) {
            Attribution.Site site = answer.sites().get(i);
            sums.add(new Sums(
                    asked.get(i).name(),
                    site.at(),
                    site.sumOfFeatures(),
                    site.sumOfErrors(),
                    site.whole(),
                    answer.corrupt() - answer.clean()));
        }
        return sums;
    }

    /** The nodes with the largest effects by the chosen method, largest first. */
    public List<Row> rows() {
        Attribution.@Nullable Answer answer = answer(method.get()).getValue();
        if (answer == null) {
            return List.of();
        }
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < answer.sites().size(); i++) {
            Attribution.Site site = answer.sites().get(i);
            for (Attribution.Node node : site.largestNodes(MOST)) {
                rows.add(row(i, site.at(), node));
            }
        }
        rows.sort(Comparator.comparingDouble(row -> -Math.abs(row.by(method.get()))));
        return rows;
    }

    private Row row(int site, HookPoint at, Attribution.Node node) {
        double exact = effect(Method.EXACT, site, node);
        for (Method by : List.of(Method.GRADIENT, Method.INTEGRATED_GRADIENTS)) {
            Attribution.@Nullable Answer answer = answer(by).getValue();
            if (Double.isNaN(exact) && answer != null && site < answer.sites().size()) {
                exact = answer.sites().get(site).largest().stream()
                        .filter(one -> one.position() == node.position()
                                && one.feature().equals(node.feature()))
                        .mapToDouble(Attribution.Measured::exact)
                        .findFirst()
                        .orElse(Double.NaN);
            }
        }
        return new Row(
                asked.get(site).name(),
                at,
                node.feature(),
                node.position(),
                effect(Method.GRADIENT, site, node),
                effect(Method.INTEGRATED_GRADIENTS, site, node),
                exact);
    }

    private double effect(Method by, int site, Attribution.Node node) {
        Attribution.@Nullable Answer answer = answer(by).getValue();
        return answer == null || site >= answer.sites().size()
                ? Double.NaN
                : answer.sites().get(site).effect(node);
    }

    private void ask() {
        OpenModel model = workbench.model().get();
        PromptModel.@Nullable Read read = prompt.reading().getValue();
        asked = checkpoints(workbench);
        misfit.set(model == null ? null : misfit(model, asked));
        if (model == null || read == null || misfit.get() != null || !whyEmpty().isEmpty()) {
            answers.values().forEach(ResultSlot::clear);
            return;
        }
        Metric measured = metric.get().of(read).orElseThrow();
        List<SaeId> saes = asked.stream()
                .map(side -> Objects.requireNonNull(side.sae().get()).id())
                .toList();
        answers.forEach((by, slot) -> {
            boolean wants = by == method.get()
                    || by == Method.INTEGRATED_GRADIENTS
                    || (by == Method.GRADIENT && metric.get().hasGradientAtClean());
            if (!wants || (by == Method.GRADIENT && !metric.get().hasGradientAtClean())) {
                slot.clear();
                return;
            }
            slot.askAfresh(new Attribution(
                    model.id(),
                    saes,
                    read.clean().ids(),
                    read.isAligned() ? Optional.of(read.corrupt().ids()) : Optional.empty(),
                    measured,
                    read.clean().size() - 1,
                    by,
                    STEPS,
                    new Attribution.Checks(true, CHECKED)));
        });
    }

    /** Why one of them cannot stand in the model; null if all can. */
    static @Nullable Problem misfit(OpenModel model, List<CheckpointSide> sides) {
        for (CheckpointSide side : sides) {
            OpenSae sae = Objects.requireNonNull(side.sae().get());
            var why = new Fit(model.config(), sae.config()).misfitOfOutput();
            if (why.isPresent()) {
                return Problem.of(why.get().refusal(sae.id().name(), model.id().name()));
            }
        }
        return null;
    }
}
