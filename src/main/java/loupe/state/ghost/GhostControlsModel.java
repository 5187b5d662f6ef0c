package loupe.state.ghost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.DoubleProperty;
import javafx.beans.property.IntegerProperty;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.Property;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.property.SimpleDoubleProperty;
import javafx.beans.property.SimpleIntegerProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.property.SimpleStringProperty;
import javafx.beans.property.StringProperty;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.TokenGeometry;
import loupe.analysis.tokens.TokenFilter;
import loupe.analysis.tokens.TokenListSettings;
import loupe.analysis.tokens.TokenMetric;
import loupe.inference.OpenModel;
import loupe.inference.Priority;
import loupe.lm.tokenizer.Tokenizer;
import loupe.state.pane.ResultSlot;
import loupe.state.window.Workbench;

/**
 * The one set of ghost controls that the definition tree and the token list share, on both sides. The scale of a model
 * starts at its natural value: the mean distance of a token's embedding from the centroid. JavaFX thread only.
 */
public final class GhostControlsModel {
    static final double MIX_STEP = 0.01;
    static final double PCA_STEP = 0.01;
    static final double FOLD_STEP = 0.1;
    static final double STEERING_STEP = 0.1;
    /** How many of the first principal components can have a weight. */
    public static final int MOST_COMPONENTS = 8;
    /** Where the fold control folds nothing, in nats. */
    public static final double FOLDS_NOTHING = -3;

    static final double EXPONENT_STEP = 0.025;
    /** The notebook's cutoff. */
    static final double DEFAULT_CUTOFF = 5e-5;

    static final int DEFAULT_TOP_K = 5;
    static final int DEFAULT_DEPTH = 25;
    private static final int STEPS_TO_NATURAL = 50;
    private static final double LARGEST_IN_NATURALS = 5;

    private final DoubleProperty encoderMix = new SimpleDoubleProperty(this, "encoderMix", 1);
    private final DoubleProperty scale = new SimpleDoubleProperty(this, "scale", GhostSettings.DEFAULT_SCALE);
    private final BooleanProperty centroid = new SimpleBooleanProperty(this, "centroid", true);
    private final List<DoubleProperty> pca = new ArrayList<>();
    private final IntegerProperty components = new SimpleIntegerProperty(this, "components", 1);
    private final ObjectProperty<TokenMetric> metric = new SimpleObjectProperty<>(this, "metric", TokenMetric.RATIO);
    private final DoubleProperty exponent =
            new SimpleDoubleProperty(this, "exponent", TokenListSettings.DEFAULT_EXPONENT);
    private final StringProperty prompt = new SimpleStringProperty(this, "prompt", GhostValues.PROMPT);
    private final ObjectProperty<Tokenizer.Beginning> beginning =
            new SimpleObjectProperty<>(this, "beginning", Tokenizer.Beginning.AUTO);
    private final DoubleProperty cutoff = new SimpleDoubleProperty(this, "cutoff", DEFAULT_CUTOFF);
    private final IntegerProperty topK = new SimpleIntegerProperty(this, "topK", DEFAULT_TOP_K);
    private final IntegerProperty depth = new SimpleIntegerProperty(this, "depth", DEFAULT_DEPTH);
    private final ObjectProperty<TokenFilter> filter = new SimpleObjectProperty<>(this, "filter", TokenFilter.NONE);
    private final DoubleProperty foldUnder = new SimpleDoubleProperty(this, "foldUnder", FOLDS_NOTHING);
    private final ObjectProperty<SteeringValues> steering =
            new SimpleObjectProperty<>(this, "steering", SteeringValues.NONE);
    private final BooleanProperty held = new SimpleBooleanProperty(this, "held", false);

    private final ReadOnlyObjectWrapper<GhostValues> values = new ReadOnlyObjectWrapper<>(this, "values");
    private final ReadOnlyObjectWrapper<ScaleRange> range =
            new ReadOnlyObjectWrapper<>(this, "range", ScaleRange.around(GhostSettings.DEFAULT_SCALE));
    private final ResultSlot<TokenGeometry.Answer> geometry;
    private boolean quiet;
    private double rememberedScale = Double.NaN;

    public GhostControlsModel(Workbench workbench) {
        geometry = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        for (int i = 0; i < MOST_COMPONENTS; i++) {
            DoubleProperty weight = new SimpleDoubleProperty(this, "pca" + (i + 1), 0);
            weight.addListener(changed -> refresh());
            pca.add(weight);
        }
        for (Property<?> property : new Property<?>[] {
            encoderMix,
            scale,
            centroid,
            components,
            metric,
            exponent,
            prompt,
            beginning,
            cutoff,
            topK,
            depth,
            filter,
            foldUnder,
            steering
        }) {
            property.addListener(changed -> refresh());
        }
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
        quiet = true;
        range.set(ScaleRange.around(natural));
        scale.set(range.get().rounded(Double.isNaN(rememberedScale) ? natural : rememberedScale));
        rememberedScale = Double.NaN;
        quiet = false;
        refresh();
    }

    public DoubleProperty encoderMix() {
        return encoderMix;
    }

    public DoubleProperty scale() {
        return scale;
    }

    public BooleanProperty centroid() {
        return centroid;
    }

    /**
     * The weight of a principal component of the embedding.
     *
     * @param component from 0, below {@link #MOST_COMPONENTS}
     */
    public DoubleProperty pca(int component) {
        return pca.get(component);
    }

    /** How many of the first components have their weight taken, 1 to {@link #MOST_COMPONENTS}. */
    public IntegerProperty components() {
        return components;
    }

    /** Which tokens the token lists may have. */
    public ObjectProperty<TokenFilter> filter() {
        return filter;
    }

    /**
     * Log ratio to the baseline, in nats, below which the tree's branches are folded; at {@link #FOLDS_NOTHING} none
     * are.
     */
    public DoubleProperty foldUnder() {
        return foldUnder;
    }

    /** What is added to the residual stream while trees grow. */
    public ObjectProperty<SteeringValues> steering() {
        return steering;
    }

    /** Whether the thumb of a slider is held now, so that its changes are one gesture. */
    public BooleanProperty held() {
        return held;
    }

    public ObjectProperty<TokenMetric> metric() {
        return metric;
    }

    public DoubleProperty exponent() {
        return exponent;
    }

    public StringProperty prompt() {
        return prompt;
    }

    /** Whether the token for the beginning of text comes before the prompt. */
    public ObjectProperty<Tokenizer.Beginning> beginning() {
        return beginning;
    }

    public DoubleProperty cutoff() {
        return cutoff;
    }

    public IntegerProperty topK() {
        return topK;
    }

    public IntegerProperty depth() {
        return depth;
    }

    /** What all controls say together, rounded; changes once for each change that matters. */
    public ReadOnlyObjectProperty<GhostValues> values() {
        return values.getReadOnlyProperty();
    }

    /** Ends, step and natural value of the scale, for the open model. */
    public ReadOnlyObjectProperty<ScaleRange> range() {
        return range.getReadOnlyProperty();
    }

    /** Where the open model's tokens lie; null while that is worked out. */
    public ReadOnlyObjectProperty<TokenGeometry.Answer> geometry() {
        return geometry.valueProperty();
    }

    /** Moves the scale by steps of its slider, as the keys [ and ] do. */
    public void nudgeScale(int steps) {
        scale.set(range.get().rounded(scale.get() + steps * range.get().step()));
    }

    /** Brings every control back to where it started. */
    public void reset() {
        quiet = true;
        encoderMix.set(1);
        scale.set(range.get().rounded(range.get().natural()));
        centroid.set(true);
        components.set(1);
        pca.forEach(weight -> weight.set(0));
        metric.set(TokenMetric.RATIO);
        exponent.set(TokenListSettings.DEFAULT_EXPONENT);
        prompt.set(GhostValues.PROMPT);
        beginning.set(Tokenizer.Beginning.AUTO);
        cutoff.set(DEFAULT_CUTOFF);
        topK.set(DEFAULT_TOP_K);
        depth.set(DEFAULT_DEPTH);
        filter.set(TokenFilter.NONE);
        foldUnder.set(FOLDS_NOTHING);
        steering.set(SteeringValues.NONE);
        quiet = false;
        refresh();
    }

    /** Takes values back, as undo does. */
    public void restore(GhostValues old) {
        quiet = true;
        encoderMix.set(old.encoderMix());
        scale.set(old.scale());
        centroid.set(old.centroid());
        setPca(old.pca());
        metric.set(old.metric());
        exponent.set(old.exponent());
        prompt.set(old.prompt());
        beginning.set(old.beginning());
        cutoff.set(old.cutoff());
        topK.set(old.topK());
        depth.set(old.depth());
        filter.set(old.filter());
        foldUnder.set(Math.max(FOLDS_NOTHING, old.foldUnder()));
        steering.set(old.steering());
        quiet = false;
        refresh();
    }

    private void setPca(List<Double> weights) {
        components.set(Math.max(1, weights.size()));
        for (int i = 0; i < MOST_COMPONENTS; i++) {
            pca.get(i).set(i < weights.size() ? weights.get(i) : 0);
        }
    }

    /** The values as a session keeps them. */
    public Map<String, String> remembered() {
        GhostValues now = values.get();
        Map<String, String> kept = new TreeMap<>();
        kept.put("ghost.encoderMix", Double.toString(now.encoderMix()));
        kept.put("ghost.scale", Double.toString(now.scale()));
        kept.put("ghost.centroid", Boolean.toString(now.centroid()));
        kept.put(
                "ghost.pca",
                now.pca().stream().map(weight -> Double.toString(weight)).collect(Collectors.joining(",")));
        kept.put("ghost.metric", now.metric().name());
        kept.put("ghost.exponent", Double.toString(now.exponent()));
        kept.put("ghost.prompt", now.prompt());
        kept.put("ghost.beginning", now.beginning().name());
        kept.put("ghost.cutoff", Double.toString(now.cutoff()));
        kept.put("ghost.topK", Integer.toString(now.topK()));
        kept.put("ghost.depth", Integer.toString(now.depth()));
        kept.put("ghost.foldUnder", Double.toString(foldUnder.get()));
        kept.put("ghost.filter", RememberedValues.of(now.filter()));
        kept.put("ghost.steering", RememberedValues.of(now.steering()));
        return kept;
    }

    /**
     * Takes over what a session kept; a value that does not make sense is left out. The scale waits for the model's own
     * range.
     */
    public void recall(Map<String, String> kept) {
        quiet = true;
        kept.forEach((name, text) -> {
            try {
                recall(name, text);
            } catch (IllegalArgumentException nonsense) {
                // a setting edited by hand or written by another version: the control keeps its default
            }
        });
        quiet = false;
        refresh();
    }

    private void recall(String name, String text) {
        switch (name) {
            case "ghost.encoderMix" -> encoderMix.set(within(Double.parseDouble(text), 0, 1));
            case "ghost.scale" -> rememberedScale = Double.parseDouble(text);
            case "ghost.centroid" -> centroid.set(Boolean.parseBoolean(text));
            case "ghost.pc1", "ghost.pca" ->
                setPca(Arrays.stream(text.split(","))
                        .limit(MOST_COMPONENTS)
                        .map(w -> within(Double.parseDouble(w), -1, 1))
                        .toList());
            case "ghost.metric" -> metric.set(TokenMetric.valueOf(text));
            case "ghost.exponent" -> exponent.set(within(Double.parseDouble(text), 0, 5));
            case "ghost.prompt" -> prompt.set(text);
            case "ghost.beginning" -> beginning.set(Tokenizer.Beginning.valueOf(text));
            case "ghost.cutoff" -> cutoff.set(within(Double.parseDouble(text), 1e-8, 1));
            case "ghost.topK" -> topK.set((int) within(Integer.parseInt(text), 1, 50));
            case "ghost.depth" -> depth.set((int) within(Integer.parseInt(text), 1, 100));
            case "ghost.foldUnder" -> foldUnder.set(within(Double.parseDouble(text), FOLDS_NOTHING, 20));
            case "ghost.filter" -> filter.set(RememberedValues.filter(text));
            case "ghost.steering" -> steering.set(RememberedValues.steering(text));
            default -> {}
        }
    }

    private void refresh() {
        if (quiet) {
            return;
        }
        GhostValues now = new GhostValues(
                rounded(encoderMix.get(), MIX_STEP),
                range.get().rounded(scale.get()),
                centroid.get(),
                pca.subList(0, Math.max(1, Math.min(MOST_COMPONENTS, components.get()))).stream()
                        .map(weight -> rounded(weight.get(), PCA_STEP))
                        .toList(),
                metric.get(),
                rounded(exponent.get(), EXPONENT_STEP),
                prompt.get(),
                beginning.get(),
                cutoff.get(),
                topK.get(),
                depth.get(),
                filter.get(),
                foldUnder.get() <= FOLDS_NOTHING ? Double.NEGATIVE_INFINITY : rounded(foldUnder.get(), FOLD_STEP),
                steering.get().withCoefficient(rounded(steering.get().coefficient(), STEERING_STEP)));
        if (!now.equals(values.get())) {
            values.set(now);
        }
    }

    private static double within(double value, double low, double high) {
        if (!(value >= low && value <= high)) {
            throw new IllegalArgumentException("value is " + value + ", must be from " + low + " to " + high);
        }
        return value;
    }

    static double rounded(double value, double step) {
        return new java.math.BigDecimal(value / step)
                .setScale(0, java.math.RoundingMode.HALF_EVEN)
                .multiply(java.math.BigDecimal.valueOf(step))
                .doubleValue();
    }

    /**
     * The scale slider for one model, in units of its embedding.
     *
     * @param step of the slider, a power of ten or half of one
     * @param natural mean distance of a token from the centroid
     */
    public record ScaleRange(double max, double step, double natural) {
        /** From 0 to about five times the natural value, in about fifty steps to it. */
        static ScaleRange around(double natural) {
            double about = natural > 0 && Double.isFinite(natural) ? natural : GhostSettings.DEFAULT_SCALE;
            double power = Math.pow(10, Math.floor(Math.log10(about / STEPS_TO_NATURAL)));
            double ratio = about / STEPS_TO_NATURAL / power;
            double step = Double.parseDouble(String.format(
                    java.util.Locale.ROOT, "%.2g", ratio < 2 ? power : ratio < 5 ? 2 * power : 5 * power));
            return new ScaleRange(
                    GhostControlsModel.rounded(Math.ceil(about * LARGEST_IN_NATURALS / step) * step, step),
                    step,
                    about);
        }

        /** The nearest position of the slider. */
        public double rounded(double value) {
            return Math.max(0, Math.min(max, GhostControlsModel.rounded(value, step)));
        }
    }
}
