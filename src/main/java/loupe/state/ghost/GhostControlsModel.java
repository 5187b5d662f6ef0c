package loupe.state.ghost;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.DoubleProperty;
import javafx.beans.property.IntegerProperty;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.Property;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.property.StringProperty;
import loupe.analysis.ghost.GhostPrompt;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.TokenGeometry;
import loupe.analysis.tokens.TokenFilter;
import loupe.analysis.tokens.TokenMetric;
import loupe.base.Cancellation;
import loupe.base.NumberRange;
import loupe.base.Problem;
import loupe.base.Refusal;
import loupe.inference.OpenModel;
import loupe.inference.Priority;
import loupe.lm.tokenizer.Tokenizer;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.ResultSlot;
import loupe.state.window.Workbench;

/**
 * The one set of ghost controls that the definition tree and the token list share, on both sides. The scale of a model
 * starts at its natural value: the mean distance of a token's embedding from the centroid. JavaFX thread only.
 */
public final class GhostControlsModel {
    private static final int STEPS_TO_NATURAL = 50;
    private static final double LARGEST_IN_NATURALS = 5;
    private static final double FURTHEST_IN_NATURALS = 1000;

    private static final Pattern TOKEN = Pattern.compile("(?:token[: ])?\\s*(\\d{1,9})");
    private static final Pattern QUOTED = Pattern.compile("(?s)\"(.+)\"");

    private final Workbench workbench;
    private final Map<Knob<?, ?>, Property<?>> properties = new LinkedHashMap<>();
    private final ComponentWeights components;
    private final BooleanProperty held = new SimpleBooleanProperty(this, "held", false);

    private final ReadOnlyObjectWrapper<GhostValues> values = new ReadOnlyObjectWrapper<>(this, "values");
    private final ReadOnlyObjectWrapper<ScaleRange> range =
            new ReadOnlyObjectWrapper<>(this, "range", ScaleRange.around(GhostSettings.DEFAULT_SCALE));
    private final ResultSlot<TokenGeometry.Answer> geometry;
    private final ResultSlot<ChosenVerbaliser> verbaliser;
    /** Values from a session in units of a model that is not open yet. */
    private Map<String, String> waiting = Map.of();

    private boolean quiet;

    public GhostControlsModel(Workbench workbench) {
        this.workbench = workbench;
        verbaliser = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        verbaliser.valueProperty().addListener((property, was, is) -> {
            if (is != null) {
                property(GhostKnobs.VERBALISER).set(Optional.of(is));
            }
        });
        geometry = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        for (Knob<?, ?> knob : GhostKnobs.ALL) {
            Property<?> property = knob.property(this, range.get());
            property.addListener(changed -> refresh());
            properties.put(knob, property);
        }
        components = new ComponentWeights(property(GhostKnobs.PCA));
        refresh();
        geometry.valueProperty().addListener((property, was, is) -> {
            if (is != null) {
                startAt(is.meanDistance());
            }
        });
        workbench.model().addListener((property, was, is) -> ask(is));
        ask(workbench.model().get());
    }

    private void ask(OpenModel model) {
        if (model == null) {
            geometry.clear();
        } else {
            geometry.askAfresh(new TokenGeometry(model.id()));
        }
    }

    private void startAt(double natural) {
        quietly(() -> {
            range.set(reachingWaiting(ScaleRange.around(natural)));
            GhostKnobs.ALL.stream().filter(Knob::isOfModel).forEach(this::startInModel);
            waiting = Map.of();
        });
    }

    /** The range, reaching to the scale that a session brings. */
    private ScaleRange reachingWaiting(ScaleRange around) {
        return GhostKnobs.SCALE
                .read(waiting)
                .map(scale -> around.reaching(scale.doubleValue()))
                .orElse(around);
    }

    private <T, P extends Property<T>> void startInModel(Knob<T, P> knob) {
        T start = knob.read(waiting).orElseGet(() -> knob.initial(range.get()));
        property(knob).setValue(knob.rounded(start, range.get()));
    }

    /** Makes several changes of knobs one change of {@link #values}, which is undone as one. */
    public void quietly(Runnable change) {
        quiet = true;
        change.run();
        quiet = false;
        refresh();
    }

    /** The property of a knob's value, before rounding. */
    @SuppressWarnings("unchecked") // each property is put under the knob that made it
    public <T, P extends Property<T>> P property(Knob<T, P> knob) {
        return (P) Objects.requireNonNull(properties.get(knob));
    }

    /**
     * The number that the slider of a knob moves.
     *
     * @throws IllegalArgumentException if it has no slider
     */
    @SuppressWarnings("unchecked") // only numbers have sliders
    public Property<Number> number(Knob<?, ?> knob) {
        if (knob.slider().isEmpty()) {
            throw new IllegalArgumentException(knob + " has no slider");
        }
        return (Property<Number>) Objects.requireNonNull(properties.get(knob));
    }

    public DoubleProperty encoderMix() {
        return property(GhostKnobs.ENCODER_MIX);
    }

    public DoubleProperty scale() {
        return property(GhostKnobs.SCALE);
    }

    public BooleanProperty centroid() {
        return property(GhostKnobs.CENTROID);
    }

    /**
     * The weight of a principal component of the embedding.
     *
     * @param component from 0, below {@link GhostKnobs#MOST_COMPONENTS}
     */
    public DoubleProperty pca(int component) {
        return components.weight(component);
    }

    /** How many of the first components have a weight, 1 to {@link GhostKnobs#MOST_COMPONENTS}. */
    public IntegerProperty components() {
        return components.offered();
    }

    /** Which tokens the token lists may contain. */
    public ObjectProperty<TokenFilter> filter() {
        return property(GhostKnobs.FILTER);
    }

    /**
     * Log ratio to the baseline, in nats, below which the tree's branches are folded; at
     * {@link GhostKnobs#FOLDS_NOTHING} none are.
     */
    public DoubleProperty foldUnder() {
        return property(GhostKnobs.FOLD_UNDER);
    }

    /** The steering of the residual stream while trees grow. */
    public ObjectProperty<SteeringValues> steering() {
        return property(GhostKnobs.STEERING);
    }

    /** Whether the thumb of a slider is held now, so that its changes are one gesture. */
    public BooleanProperty held() {
        return held;
    }

    public ObjectProperty<TokenMetric> metric() {
        return property(GhostKnobs.METRIC);
    }

    public DoubleProperty exponent() {
        return property(GhostKnobs.EXPONENT);
    }

    public StringProperty prompt() {
        return property(GhostKnobs.PROMPT);
    }

    /** Whether the token for the beginning of text comes before the prompt. */
    public ObjectProperty<Tokenizer.Beginning> beginning() {
        return property(GhostKnobs.BEGINNING);
    }

    public DoubleProperty cutoff() {
        return property(GhostKnobs.CUTOFF);
    }

    public IntegerProperty topK() {
        return property(GhostKnobs.TOP_K);
    }

    public IntegerProperty depth() {
        return property(GhostKnobs.DEPTH);
    }

    /** The values of all controls, rounded; changes once for each change that matters. */
    public ReadOnlyObjectProperty<GhostValues> values() {
        return values.getReadOnlyProperty();
    }

    /** Ends, step and natural value of the scale, for the open model. */
    public ReadOnlyObjectProperty<ScaleRange> range() {
        return range.getReadOnlyProperty();
    }

    /** The geometry of the open model's token embeddings; null while it is computed. */
    public ReadOnlyObjectProperty<TokenGeometry.Answer> geometry() {
        return geometry.valueProperty();
    }

    /** Moves the scale by steps of its slider, as the keys [ and ] do. */
    public void nudgeScale(int steps) {
        scale().set(range.get().rounded(scale().get() + steps * range.get().step()));
    }

    /** Sets the scale, and makes the slider longer first if the scale lies beyond its end. */
    public void reach(double wanted) {
        quietly(() -> {
            range.set(range.get().reaching(wanted));
            scale().set(range.get().rounded(wanted));
        });
    }

    /** Sets the mix and the scale as one change, as {@link #reach(double)} does. */
    void reach(double mix, double wanted) {
        quietly(() -> {
            encoderMix().set(mix);
            range.set(range.get().reaching(wanted));
            scale().set(range.get().rounded(wanted));
        });
    }

    /** Uses a built-in wording, or one's own, as the prompt's text, in place of token ids or a verbaliser. */
    public void useText(String text) {
        quietly(() -> {
            prompt().set(text);
            property(GhostKnobs.PROMPT_IDS).set(Optional.empty());
            property(GhostKnobs.VERBALISER).set(Optional.empty());
        });
    }

    /** Reads a verbaliser's file and uses its prompt and norm; {@link #verbaliserProblem} says why it cannot. */
    public void useVerbaliser(Path file) {
        verbaliser.clear();
        verbaliser.ask(new VerbaliserReading(file));
    }

    /** Why the chosen file is no verbaliser's; null if it is, or none was chosen. */
    public ReadOnlyObjectProperty<Problem> verbaliserProblem() {
        return verbaliser.problemProperty();
    }

    private record VerbaliserReading(Path file) implements HostQuestion<ChosenVerbaliser> {
        @Override
        public ChosenVerbaliser answer(Cancellation cancellation) {
            return ChosenVerbaliser.read(file);
        }

        @Override
        public boolean readsFiles() {
            return true;
        }
    }

    /**
     * Goes on with the prompt as token ids, those of the prompt in force, or as text again. Without a model, or with a
     * prompt that it cannot read, the ids are of the ghost alone.
     */
    public void useIds(boolean wanted) {
        Optional<GhostPrompt> read = Optional.ofNullable(workbench.model().get())
                .flatMap(model -> Optional.ofNullable(
                        PromptReading.of(model, values.get()).tokens()));
        quietly(() -> {
            property(GhostKnobs.PROMPT_IDS)
                    .set(
                            wanted
                                    ? Optional.of(read.orElseGet(() -> new GhostPrompt(List.of(0), List.of(0))))
                                    : Optional.empty());
            property(GhostKnobs.VERBALISER).set(Optional.empty());
        });
    }

    /**
     * The token that is meant by a number, {@code token 42}, or a text that is one token of the open model, in
     * quotation marks or not.
     *
     * @throws Refusal if it means none
     */
    public int tokenOf(String typed) {
        Matcher number = TOKEN.matcher(typed.strip());
        Optional<OpenModel> model = Optional.ofNullable(workbench.model().get());
        if (number.matches()) {
            int id = Integer.parseInt(number.group(1));
            model.filter(open -> id >= open.config().vocabularySize()).ifPresent(open -> {
                throw new Refusal("There is no token " + id + ": the last one is "
                        + (open.config().vocabularySize() - 1));
            });
            return id;
        }
        Matcher quoted = QUOTED.matcher(typed.strip());
        String text = quoted.matches() ? quoted.group(1) : typed;
        int[] ids = model.flatMap(OpenModel::tokenizer)
                .orElseThrow(() -> new Refusal("No model with a tokenizer is open, so only a number can be read"))
                .encodeContinuation(text)
                .ids();
        if (ids.length != 1) {
            throw new Refusal("\"" + text + "\" is " + ids.length
                    + " tokens. Name one, such as token 42; a space before a word counts");
        }
        return ids[0];
    }

    /** The text of a token; empty if no model with a tokenizer is open. */
    public String textOf(int token) {
        return Optional.ofNullable(workbench.model().get())
                .flatMap(OpenModel::tokenizer)
                .filter(tokenizer -> token < tokenizer.size())
                .map(tokenizer -> tokenizer.text(token))
                .orElse("");
    }

    /** Resets every control to its first value. */
    public void reset() {
        quietly(() -> GhostKnobs.ALL.forEach(this::reset));
    }

    private <T, P extends Property<T>> void reset(Knob<T, P> knob) {
        property(knob).setValue(knob.initial(range.get()));
    }

    /** Restores earlier values, as undo does. */
    public void restore(GhostValues old) {
        quietly(() -> GhostKnobs.ALL.forEach(knob -> restore(knob, old)));
    }

    private <T, P extends Property<T>> void restore(Knob<T, P> knob, GhostValues old) {
        property(knob).setValue(old.of(knob));
    }

    /**
     * The values as a session keeps them. What is in units of a model is that of the open one; while none is, what an
     * earlier session left waits on.
     */
    public Map<String, String> remembered() {
        Map<String, String> kept = new TreeMap<>();
        for (Knob<?, ?> knob : GhostKnobs.ALL) {
            if (!knob.isOfModel() || geometry.getValue() != null) {
                kept.put(knob.key(), written(knob));
            } else if (waiting.containsKey(knob.key())) {
                kept.put(knob.key(), waiting.get(knob.key()));
            }
        }
        return kept;
    }

    private <T> String written(Knob<T, ?> knob) {
        return knob.written(values.get().of(knob));
    }

    /**
     * Restores values from a session; invalid ones are ignored. What is in units of a model is set for the open one,
     * and waits for the next.
     */
    public void recall(Map<String, String> kept) {
        waiting = Map.copyOf(kept);
        quietly(() -> {
            GhostKnobs.ALL.stream().filter(knob -> !knob.isOfModel()).forEach(knob -> recall(knob, kept));
            if (geometry.getValue() != null) {
                range.set(reachingWaiting(range.get()));
                GhostKnobs.ALL.stream().filter(Knob::isOfModel).forEach(this::startInModel);
            }
        });
    }

    private <T, P extends Property<T>> void recall(Knob<T, P> knob, Map<String, String> kept) {
        knob.read(kept).ifPresent(value -> property(knob).setValue(value));
    }

    private void refresh() {
        if (quiet) {
            return;
        }
        Map<Knob<?, ?>, Object> rounded = new HashMap<>();
        GhostKnobs.ALL.forEach(knob -> rounded.put(knob, rounded(knob)));
        GhostValues now = new GhostValues(rounded);
        if (!now.equals(values.get())) {
            values.set(now);
        }
    }

    private <T, P extends Property<T>> T rounded(Knob<T, P> knob) {
        return knob.rounded(property(knob).getValue(), range.get());
    }

    /**
     * The scale slider for one model, in units of its embedding.
     *
     * @param step of the slider, a power of ten or half of one
     * @param natural mean distance of a token from the centroid
     */
    public record ScaleRange(double max, double step, double natural) {
        /** A range from 0 to about five times the natural value, which is about fifty steps from 0. */
        static ScaleRange around(double natural) {
            double about = natural > 0 && Double.isFinite(natural) ? natural : GhostSettings.DEFAULT_SCALE;
            double power = Math.pow(10, Math.floor(Math.log10(about / STEPS_TO_NATURAL)));
            double ratio = about / STEPS_TO_NATURAL / power;
            double step = Double.parseDouble(String.format(
                    java.util.Locale.ROOT, "%.2g", ratio < 2 ? power : ratio < 5 ? 2 * power : 5 * power));
            return new ScaleRange(
                    Knob.rounded(Math.ceil(about * LARGEST_IN_NATURALS / step) * step, step), step, about);
        }

        /** The largest scale that can be typed: a ghost that far away is its direction alone. */
        public double furthest() {
            return Knob.rounded(Math.ceil(natural * FURTHEST_IN_NATURALS / step) * step, step);
        }

        /** This range, or a longer one with the same steps if the value lies beyond its end. */
        ScaleRange reaching(double value) {
            return value <= max || !NumberRange.COMPUTABLE.contains(value)
                    ? this
                    : new ScaleRange(Knob.rounded(Math.ceil(value / step) * step, step), step, natural);
        }

        /** The nearest position of the slider: a multiple of the step, or the natural value itself. */
        public double rounded(double value) {
            double multiple = Math.max(0, Math.min(max, Knob.rounded(value, step)));
            return Math.abs(value - natural) < Math.abs(value - multiple) ? natural : multiple;
        }
    }
}
