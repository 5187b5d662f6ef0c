package loupe.state.corpus;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.IntFunction;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.value.ObservableValue;
import loupe.base.Cancellation;
import loupe.index.CountedActivations;
import loupe.index.Example;
import loupe.index.Examples;
import loupe.index.FeatureActivations;
import loupe.inference.Priority;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.ResultSlot;
import loupe.state.window.Brush;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * Stretches of the corpus in which a side's feature is active, or nearly, chosen in one of several ways or by a marked
 * range. JavaFX thread only.
 */
public final class ExamplesModel {
    private static final int TOP = 24;
    private static final int UNIFORM = 24;
    private static final int UNIFORM_BINS = 12;
    private static final int INTERVALS = 8;
    private static final int PER_INTERVAL = 4;
    private static final int MARKED = 24;
    private static final int RANDOM = 24;
    private static final int NEAR_MISSES = 24;
    private static final int APART = 8;
    private static final int BEFORE = 24;
    private static final int AFTER = 12;
    private static final long SEED = 20_240_501;

    /** How examples are chosen. */
    public enum Choice {
        TOP,
        INTERVALS,
        UNIFORM,
        RANDOM,
        NEAR_MISSES
    }

    /**
     * Examples under one heading.
     *
     * @param title empty if there is only one group
     * @param token whose text the title begins with, for near misses
     */
    public record Group(String title, OptionalInt token, List<Example> examples) {
        Group(String title, List<Example> examples) {
            this(title, OptionalInt.empty(), examples);
        }
    }

    private final Workbench workbench;
    private final ActivationsModel activations;
    private final ResultSlot<List<Group>> examples;
    private final AblationModel ablation;
    private final ObservableValue<PaneStatus> status;
    private final ObjectProperty<Choice> choice = new SimpleObjectProperty<>(this, "choice", Choice.TOP);

    public ExamplesModel(Workbench workbench, ActivationsModel activations) {
        this.workbench = workbench;
        this.activations = activations;
        examples = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        ablation = new AblationModel(workbench, activations.side());
        status = activations
                .fails(activations.status(), examples.problemProperty())
                .awaits(examples, activations.activations());
        activations
                .activations()
                .valueProperty()
                .addListener((property, was, is) -> ask(was == null || is == null || was.feature() != is.feature()));
        choice.addListener(changed -> ask(false));
        workbench.selection().brush().addListener(changed -> ask(false));
        ask(true);
    }

    /** What the pane of examples shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    public ActivationsModel activations() {
        return activations;
    }

    public ResultSlot<List<Group>> examples() {
        return examples;
    }

    /** The ablation of the tokens of an example. */
    public AblationModel ablation() {
        return ablation;
    }

    /** Ablates the tokens of one of the examples shown. */
    public void ablate(Example example, AblationModel.How how) {
        CountedActivations index = activations.counted().get();
        if (index != null) {
            ablation.ask(index, example, how);
        }
    }

    /** Shows an ablation of one of the examples shown, or none, as undo does. */
    public void show(AblationModel.@Nullable Subject subject) {
        if (subject == null) {
            ablation.close();
        } else {
            ablate(subject.example(), subject.how());
        }
    }

    public ObjectProperty<Choice> choice() {
        return choice;
    }

    /** The range that the examples are filtered by; null for none. */
    public javafx.beans.property.ReadOnlyObjectProperty<Brush> brush() {
        return workbench.selection().brush();
    }

    public void unmark() {
        workbench.selection().brush(null);
    }

    private void ask(boolean afresh) {
        FeatureActivations loaded = activations.activations().getValue();
        CountedActivations index = activations.counted().get();
        if (loaded == null || index == null) {
            examples.clear();
            return;
        }
        Chosen question = new Chosen(
                index, loaded, choice.get(), workbench.selection().brush().get());
        if (afresh) {
            examples.askAfresh(question);
        } else {
            examples.ask(question);
        }
    }

    /**
     * Chooses examples and reads their texts.
     *
     * @param brush null for none
     */
    private record Chosen(CountedActivations index, FeatureActivations activations, Choice choice, Brush brush)
            implements HostQuestion<List<Group>> {
        @Override
        public List<Group> answer(Cancellation cancellation) {
            if (brush != null && brush.quantity().equals("activation")) {
                return List.of(
                        group("", n -> Examples.between(activations, brush.from(), brush.to(), n, APART), MARKED));
            }
            return switch (choice) {
                case TOP -> List.of(group("", n -> Examples.top(activations, n, APART), TOP));
                case UNIFORM ->
                    List.of(strongestFirst(group(
                            "", n -> Examples.uniformAsDrawn(activations, n, UNIFORM_BINS, APART, SEED), UNIFORM)));
                case INTERVALS -> intervals();
                case RANDOM -> List.of(group("", n -> Examples.random(activations, n, APART, SEED), RANDOM));
                case NEAR_MISSES -> nearMisses();
            };
        }

        /** By the token at which the feature could have been active, with how often it is. */
        private List<Group> nearMisses() {
            Map<Integer, List<Example>> byToken = new LinkedHashMap<>();
            for (Example example : index.nearMisses(activations, NEAR_MISSES, APART, BEFORE, AFTER, SEED)) {
                byToken.computeIfAbsent(example.ids()[example.focus()], id -> new ArrayList<>())
                        .add(example);
            }
            int[] ids = byToken.keySet().stream().mapToInt(id -> id).toArray();
            List<List<Example>> examples = List.copyOf(byToken.values());
            List<int[]> places = ids.length == 0 ? List.of() : index.activePlaces(activations, ids);
            List<Group> groups = new ArrayList<>();
            for (int i = 0; i < ids.length; i++) {
                int active = places.get(i)[0];
                int all = places.get(i)[1];
                groups.add(new Group(
                        String.format(
                                Locale.ROOT,
                                "active at %,d of its %,d places (%.3g %%)",
                                active,
                                all,
                                100.0 * active / all),
                        OptionalInt.of(ids[i]),
                        examples.get(i)));
            }
            return groups;
        }

        private List<Group> intervals() {
            List<Group> groups = new ArrayList<>();
            float max = activations.strongest();
            int all = Examples.countInside(activations, 0, Float.POSITIVE_INFINITY);
            String quantity = activations.min() < 0 ? "Absolute " : "";
            for (int i = 0; i < INTERVALS; i++) {
                int place = i;
                int interval = INTERVALS - 1 - i;
                float low = max * interval / INTERVALS;
                float high = max * (interval + 1) / INTERVALS;
                int inside = Examples.countInside(
                        activations, low, interval == INTERVALS - 1 ? Float.POSITIVE_INFINITY : high);
                Group group = group(
                        String.format(
                                Locale.ROOT,
                                "%s%.3g to %.3g: %,d tokens, %.3g %%",
                                quantity,
                                low,
                                high,
                                inside,
                                100.0 * inside / Math.max(1, all)),
                        n -> Examples.intervals(activations, INTERVALS, n, APART, SEED)
                                .get(place),
                        PER_INTERVAL);
                if (!group.examples().isEmpty()) {
                    groups.add(strongestFirst(group));
                }
            }
            return groups;
        }

        private Group group(String title, IntFunction<int[]> choose, int count) {
            return new Group(title, index.distinct(activations, choose, count, BEFORE, AFTER));
        }

        private static Group strongestFirst(Group group) {
            return new Group(
                    group.title(),
                    group.token(),
                    group.examples().stream()
                            .sorted(Comparator.comparingDouble((Example example) -> -Math.abs(example.activation())))
                            .toList());
        }

        @Override
        public boolean readsFiles() {
            return true;
        }
    }
}
