package loupe.state.text;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import javafx.beans.property.DoubleProperty;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.SimpleDoubleProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.value.ObservableValue;
import loupe.analysis.effects.EdgeWeights;
import loupe.analysis.effects.FeatureCircuit;
import loupe.analysis.effects.FeatureCircuit.Ablation;
import loupe.analysis.effects.FeatureCircuit.Errors;
import loupe.base.HookPoint;
import loupe.base.Problem;
import loupe.inference.OpenModel;
import loupe.inference.Priority;
import loupe.inference.SaeId;
import loupe.state.pane.PaneNeed;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.CheckpointSide;
import loupe.state.window.FeatureRef;
import loupe.state.window.RememberedChoices;
import loupe.state.window.Side;
import loupe.state.window.UndoOrder;
import loupe.state.window.Workbench;
import loupe.tensor.HostTensor;
import org.jspecify.annotations.Nullable;

/**
 * The circuit of the open checkpoints' nodes over the listed pairs of prompts, or the typed one while none is listed,
 * and, for the typed pair, the edges from the earlier checkpoint into the chosen feature of the later one at the chosen
 * token. JavaFX thread only.
 */
public final class CircuitModel {
    /** How many edges are listed. */
    public static final int MOST_EDGES = 200;

    private static final double USUAL_THRESHOLD = 0.1;
    private static final int STEPS = 10;

    private final Workbench workbench;
    private final PromptModel prompt;
    private final CircuitPairs pairs;
    private final DoubleProperty threshold = new SimpleDoubleProperty(this, "threshold", USUAL_THRESHOLD);
    private final ObjectProperty<Ablation> ablation = new SimpleObjectProperty<>(this, "ablation", Ablation.MEAN);
    private final ObjectProperty<Errors> errors = new SimpleObjectProperty<>(this, "errors", Errors.DEFAULT);
    private final ResultSlot<FeatureCircuit.Answer> circuit;
    private final ResultSlot<EdgeWeights.Answer> edges;
    private final ObjectProperty<Problem> misfit = new SimpleObjectProperty<>(this, "misfit");
    private final ObservableValue<PaneStatus> status;
    private final Wanting wanting;
    private List<CheckpointSide> asked = List.of();
    /** The circuit that was asked for last; null for none. */
    private @Nullable FeatureCircuit found;

    /**
     * A node of the circuit.
     *
     * @param feature empty for the error
     */
    public record Node(Side side, HookPoint at, OptionalInt feature, double effect) {}

    /** An edge from a feature of the earlier checkpoint at a token. */
    public record Edge(Side side, int feature, int position, double weight) {}

    /** @param undo takes back changes of the list of pairs */
    public CircuitModel(Workbench workbench, PromptModel prompt, UndoOrder undo) {
        this.workbench = workbench;
        this.prompt = prompt;
        pairs = new CircuitPairs(workbench, prompt, undo);
        circuit = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        edges = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        wanting = new Wanting(wanted -> {
            circuit.setWanted(wanted);
            edges.setWanted(wanted);
        });
        status = new PaneStatusBinding()
                .refuses(prompt.problem())
                .refuses(misfit)
                .fails(prompt.reading())
                .fails(pairs.reading())
                .fails(pairs.adding())
                .fails(circuit)
                .fails(edges)
                .isEmpty(
                        this::whyEmpty,
                        workbench.model(),
                        workbench.a().sae(),
                        workbench.b().sae(),
                        prompt.reading().valueProperty(),
                        pairs.all(),
                        pairs.refusal(),
                        pairs.reading().valueProperty())
                .offers(this::need, workbench.model(), workbench.a().sae())
                .awaits(prompt.reading(), pairs.reading(), pairs.adding(), circuit, edges);
        for (ObservableValue<?> source : List.of(
                workbench.model(),
                workbench.a().sae(),
                workbench.b().sae(),
                prompt.reading().valueProperty(),
                pairs.all(),
                pairs.reading().valueProperty(),
                threshold,
                ablation,
                errors)) {
            source.addListener(changed -> ask());
        }
        for (ObservableValue<?> source :
                List.of(workbench.a().feature(), workbench.b().feature(), prompt.position())) {
            source.addListener(changed -> askOfEdges());
        }
    }

    private Optional<PaneNeed> need() {
        return workbench.model().get() == null || workbench.a().sae().get() == null
                ? workbench.a().need()
                : Optional.empty();
    }

    private String whyEmpty() {
        if (workbench.model().get() == null) {
            return "Open a model to find a circuit in it";
        }
        if (AttributionModel.checkpoints(workbench).isEmpty()) {
            return "Open a checkpoint, or two, to find a circuit of their features";
        }
        if (!pairs.all().get().isEmpty()) {
            return pairs.problem();
        }
        return pairs.refusal().get().isEmpty()
                ? whyTypedPairIsNone()
                : pairs.refusal().get();
    }

    /** What the typed pair lacks; empty if nothing. */
    private String whyTypedPairIsNone() {
        PromptModel.@Nullable Read read = prompt.reading().getValue();
        if (read == null || read.clean().isEmpty() || read.corrupt().isEmpty()) {
            return "Type a clean and a corrupt prompt of as many tokens, and their answers, to find a circuit";
        }
        if (!read.isAligned()) {
            return read.misalignment().orElseThrow().getMessage();
        }
        return PromptMetric.LOGIT_DIFFERENCE.of(read).isEmpty()
                ? "Type " + PromptMetric.LOGIT_DIFFERENCE.needs() + " to find a circuit"
                : "";
    }

    /** What the pane shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    /** Size of the effect that a node of the circuit exceeds. */
    public DoubleProperty threshold() {
        return threshold;
    }

    /** What nodes outside the circuit become. */
    public ObjectProperty<Ablation> ablation() {
        return ablation;
    }

    /** Which errors are kept. */
    public ObjectProperty<Errors> errors() {
        return errors;
    }

    /** The pairs that the circuit is found over. */
    public CircuitPairs pairs() {
        return pairs;
    }

    public PromptModel prompt() {
        return prompt;
    }

    /** The circuit. */
    public ResultSlot<FeatureCircuit.Answer> circuit() {
        return circuit;
    }

    /** The edges into the chosen feature at the chosen token. */
    public ResultSlot<EdgeWeights.Answer> edges() {
        return edges;
    }

    /** Who shows the circuit: nothing is asked while nobody does. */
    public Wanting wanting() {
        return wanting;
    }

    /** What the session keeps of it. */
    public void remember(RememberedChoices choices) {
        choices.choice("circuit.ablation", ablation, Ablation.class).choice("circuit.errors", errors, Errors.class);
    }

    /** What a session keeps of the list of pairs. */
    public Map<String, String> remembered() {
        return pairs.remembered();
    }

    /** Restores the list of pairs that a session kept. */
    public void recall(Map<String, String> kept) {
        pairs.recall(kept);
    }

    /** Stops for now; what is known stays. */
    public void stop() {
        circuit.stop();
        edges.stop();
    }

    /** The nodes of the circuit, those with the largest effects first. */
    public List<Node> nodes() {
        FeatureCircuit.@Nullable Answer answer = circuit.getValue();
        List<Node> found = new ArrayList<>();
        for (int i = 0; answer != null && i < answer.nodes().size(); i++) {
            FeatureCircuit.Nodes nodes = answer.nodes().get(i);
            Side side = asked.get(i).name();
            for (int k = 0; k < nodes.features().size(); k++) {
                found.add(new Node(
                        side,
                        nodes.at(),
                        OptionalInt.of(nodes.features().get(k)),
                        nodes.effects().get(k)));
            }
            if (nodes.error()) {
                found.add(new Node(side, nodes.at(), OptionalInt.empty(), nodes.errorEffect()));
            }
        }
        found.sort(Comparator.comparingDouble(node -> -Math.abs(node.effect())));
        return found;
    }

    /** The edges, those furthest from 0 first. */
    public List<Edge> listedEdges() {
        EdgeWeights.@Nullable Answer answer = edges.getValue();
        Optional<List<CheckpointSide>> order = order();
        if (answer == null || answer.weights().isEmpty() || order.isEmpty()) {
            return List.of();
        }
        HostTensor weights = answer.weights().get(0);
        int width = weights.size(-1);
        return IntStream.range(0, weights.data().length)
                .filter(i -> weights.data()[i] != 0)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -Math.abs(weights.data()[i])))
                .limit(MOST_EDGES)
                .map(i -> new Edge(order.get().get(0).name(), i % width, i / width, weights.data()[i]))
                .toList();
    }

    /** Where the edges go to in words; or why there are none. */
    public String edgesInto() {
        if (order().isEmpty()) {
            return "Edges need two open checkpoints, one of which writes before the other reads";
        }
        if (!whyTypedPairIsNone().isEmpty()) {
            return "Edges are of the typed pair of prompts: type both and their answers, or choose a template";
        }
        CheckpointSide later = order().get().get(1);
        FeatureRef into = later.feature().get();
        return into == null
                ? "Choose a feature of " + later.name() + " to see the edges into it"
                : "Edges into #" + into.feature() + " of " + later.name() + " at place "
                        + prompt.position().get();
    }

    /** The two checkpoints, the one that writes before the other reads first; empty if there are no two such. */
    private Optional<List<CheckpointSide>> order() {
        List<CheckpointSide> both = AttributionModel.checkpoints(workbench);
        if (both.size() < 2) {
            return Optional.empty();
        }
        return Optional.of(both)
                .filter(CircuitModel::isInOrder)
                .or(() -> Optional.of(List.of(both.get(1), both.get(0))).filter(CircuitModel::isInOrder));
    }

    private static boolean isInOrder(List<CheckpointSide> both) {
        var first = Objects.requireNonNull(both.get(0).sae().get()).config();
        var second = Objects.requireNonNull(both.get(1).sae().get()).config();
        Optional<HookPoint> writes = first.hookOut().or(first::hook);
        return writes.isPresent()
                && second.hook().isPresent()
                && writes.get().compareTo(second.hook().get()) < 0;
    }

    private void ask() {
        OpenModel model = workbench.model().get();
        asked = AttributionModel.checkpoints(workbench);
        misfit.set(model == null ? null : AttributionModel.misfit(model, asked));
        List<FeatureCircuit.Prompt> prompts = prompts();
        if (model == null || asked.isEmpty() || prompts.isEmpty() || misfit.get() != null) {
            found = null;
            circuit.clear();
        } else {
            FeatureCircuit question = new FeatureCircuit(
                    model.id(),
                    asked.stream().map(CircuitModel::id).toList(),
                    prompts,
                    threshold.get(),
                    STEPS,
                    ablation.get(),
                    errors.get());
            if (!question.equals(found)) {
                found = question;
                circuit.askAfresh(question);
            }
        }
        askOfEdges();
    }

    /** What the circuit is found over; nothing while that is not known or cannot be used. */
    private List<FeatureCircuit.Prompt> prompts() {
        if (pairs.all().get().isEmpty()) {
            PromptModel.@Nullable Read read = prompt.reading().getValue();
            return read == null || !whyTypedPairIsNone().isEmpty()
                    ? List.of()
                    : List.of(CircuitPairs.prompt(read).orElseThrow());
        }
        CircuitPairs.@Nullable Read read = pairs.reading().getValue();
        return read == null
                        || !read.pairs().equals(pairs.all().get())
                        || !read.problem().isEmpty()
                ? List.of()
                : read.prompts();
    }

    private void askOfEdges() {
        OpenModel model = workbench.model().get();
        PromptModel.@Nullable Read read = prompt.reading().getValue();
        Optional<List<CheckpointSide>> order = order();
        FeatureRef into = order.map(both -> both.get(1).feature().get()).orElse(null);
        int place = prompt.position().get();
        if (model == null
                || read == null
                || misfit.get() != null
                || into == null
                || !whyTypedPairIsNone().isEmpty()
                || place < 0
                || place >= read.clean().size()) {
            edges.clear();
            return;
        }
        edges.askAfresh(new EdgeWeights(
                model.id(),
                read.clean().ids(),
                read.corrupt().ids(),
                PromptMetric.LOGIT_DIFFERENCE.of(read).orElseThrow(),
                read.clean().size() - 1,
                STEPS,
                id(order.orElseThrow().get(0)),
                id(order.orElseThrow().get(1)),
                List.of(new EdgeWeights.Node(place, into.feature())),
                Set.of()));
    }

    private static SaeId id(CheckpointSide side) {
        return Objects.requireNonNull(side.sae().get()).id();
    }
}
