package loupe.state.ghost;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Pattern;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.DoubleProperty;
import javafx.beans.property.IntegerProperty;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.Property;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.property.SimpleDoubleProperty;
import javafx.beans.property.SimpleIntegerProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.property.SimpleStringProperty;
import javafx.beans.property.StringProperty;
import loupe.base.NumberRange;
import loupe.base.Refusal;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import org.jspecify.annotations.Nullable;

/**
 * One control of the ghost, as data: its first value, its rounding, its form in a session and its slider. Immutable;
 * its value is held by {@link GhostControlsModel} and, rounded, in {@link GhostValues}.
 *
 * @param <T> its values
 * @param <P> the property that holds one
 */
public final class Knob<T, P extends Property<T>> {
    private static final Pattern WORD_WITHIN = Pattern.compile("\\B[A-Z]");

    private final String name;
    private final List<String> keys;
    private final BiFunction<Object, String, P> make;
    private final Function<GhostControlsModel.ScaleRange, T> initial;
    private final BiFunction<T, GhostControlsModel.ScaleRange, T> rounding;
    private final boolean ofModel;
    private final Spelling<T> spelling;
    private final Optional<KnobSlider> slider;
    private final boolean elsewhere;
    private final Caption<T> caption;

    /** The text form of a value in a session. Reading throws IllegalArgumentException for an invalid text. */
    record Spelling<T>(Function<T, String> written, Function<String, T> read) {}

    /** The text about a value in the caption of an exported tree; empty for none. */
    interface Caption<T> {
        String of(T value, @Nullable OpenModel model, @Nullable OpenSae sae);
    }

    private Knob(
            String name,
            List<String> keys,
            BiFunction<Object, String, P> make,
            Function<GhostControlsModel.ScaleRange, T> initial,
            BiFunction<T, GhostControlsModel.ScaleRange, T> rounding,
            boolean ofModel,
            Spelling<T> spelling,
            Optional<KnobSlider> slider,
            boolean elsewhere,
            Caption<T> caption) {
        this.name = name;
        this.keys = keys;
        this.make = make;
        this.initial = initial;
        this.rounding = rounding;
        this.ofModel = ofModel;
        this.spelling = spelling;
        this.slider = slider;
        this.elsewhere = elsewhere;
        this.caption = caption;
    }

    /** A number on a slider. */
    static Knob<Number, DoubleProperty> number(String name, double initial, KnobSlider slider) {
        return new Knob<>(
                name,
                List.of("ghost." + name),
                (bean, called) -> new SimpleDoubleProperty(bean, called),
                range -> initial,
                (value, range) -> slider.rounded(value.doubleValue()),
                false,
                new Spelling<>(
                        value -> Double.toString(value.doubleValue()), text -> slider.within(Double.parseDouble(text))),
                Optional.of(slider),
                false,
                silent());
    }

    /** A whole number on a slider. */
    static Knob<Number, IntegerProperty> whole(String name, int initial, KnobSlider slider) {
        return new Knob<>(
                name,
                List.of("ghost." + name),
                (bean, called) -> new SimpleIntegerProperty(bean, called),
                range -> initial,
                (value, range) -> value.intValue(),
                false,
                new Spelling<>(value -> Integer.toString(value.intValue()), text ->
                        (int) slider.within(Integer.parseInt(text))),
                Optional.of(slider),
                false,
                silent());
    }

    /** The scale of the ghost, whose slider and first value are the open model's. */
    static Knob<Number, DoubleProperty> scale(String name) {
        return new Knob<>(
                name,
                List.of("ghost." + name),
                (bean, called) -> new SimpleDoubleProperty(bean, called),
                range -> range.rounded(range.natural()),
                (value, range) -> range.rounded(value.doubleValue()),
                true,
                new Spelling<>(value -> Double.toString(value.doubleValue()), Knob::computable),
                Optional.empty(),
                false,
                silent());
    }

    /** A flag. */
    static Knob<Boolean, BooleanProperty> flag(String name, boolean initial) {
        return new Knob<>(
                name,
                List.of("ghost." + name),
                (bean, called) -> new SimpleBooleanProperty(bean, called),
                range -> initial,
                (value, range) -> value,
                false,
                new Spelling<>(value -> Boolean.toString(value), Boolean::parseBoolean),
                Optional.empty(),
                false,
                silent());
    }

    /** A text. */
    static Knob<String, StringProperty> text(String name, String initial) {
        return new Knob<>(
                name,
                List.of("ghost." + name),
                (bean, called) -> new SimpleStringProperty(bean, called),
                range -> initial,
                (value, range) -> value,
                false,
                new Spelling<>(value -> value, text -> text),
                Optional.empty(),
                false,
                silent());
    }

    /** One of several choices. */
    static <E extends Enum<E>> Knob<E, ObjectProperty<E>> choice(String name, E initial) {
        return of(
                name,
                initial,
                value -> value,
                new Spelling<>(Enum::name, text -> Enum.valueOf(initial.getDeclaringClass(), text)));
    }

    /** A value of several parts. */
    static <T> Knob<T, ObjectProperty<T>> of(String name, T initial, Function<T, T> rounding, Spelling<T> spelling) {
        return new Knob<>(
                name,
                List.of("ghost." + name),
                (bean, called) -> new SimpleObjectProperty<>(bean, called),
                range -> initial,
                (value, range) -> rounding.apply(value),
                false,
                spelling,
                Optional.empty(),
                false,
                silent());
    }

    private static <T> Caption<T> silent() {
        return (value, model, sae) -> "";
    }

    /** The same control, also read from another key, which earlier versions wrote. */
    Knob<T, P> onceCalled(String key) {
        return new Knob<>(
                name,
                List.of(keys.get(0), key),
                make,
                initial,
                rounding,
                ofModel,
                spelling,
                slider,
                elsewhere,
                caption);
    }

    /** The same control, named in the captions of exported trees. */
    Knob<T, P> captioned(Caption<T> words) {
        return new Knob<>(name, keys, make, initial, rounding, ofModel, spelling, slider, elsewhere, words);
    }

    /** The same control, shown by another pane than the ghost's own controls. */
    Knob<T, P> elsewhere() {
        return new Knob<>(name, keys, make, initial, rounding, ofModel, spelling, slider, true, caption);
    }

    /** The name of the control and of its property. */
    public String name() {
        return name;
    }

    /** What it is called in a sentence: the label of its slider, else its name in words. */
    String words() {
        return slider.map(KnobSlider::label)
                .orElseGet(() -> WORD_WITHIN.matcher(name).replaceAll(" $0"))
                .toLowerCase(Locale.ROOT);
    }

    /** The slider that sets it; empty if something else does. */
    public Optional<KnobSlider> slider() {
        return slider;
    }

    /** Whether another pane than the ghost's own controls shows its slider. */
    public boolean isElsewhere() {
        return elsewhere;
    }

    /** Whether its values are in units of the open model, so that a remembered one waits for the model. */
    boolean isOfModel() {
        return ofModel;
    }

    /** A property for it, at its first value. */
    P property(Object bean, GhostControlsModel.ScaleRange range) {
        P property = make.apply(bean, name);
        property.setValue(initial(range));
        return property;
    }

    /** The value it starts with and is reset to. */
    T initial(GhostControlsModel.ScaleRange range) {
        return initial.apply(range);
    }

    /** The value rounded to the step of the control. */
    T rounded(T value, GhostControlsModel.ScaleRange range) {
        return rounding.apply(value, range);
    }

    /** The key under which a session keeps it. */
    String key() {
        return keys.get(0);
    }

    private static double computable(String text) {
        return NumberRange.COMPUTABLE.require("the number", Double.parseDouble(text));
    }

    String written(T value) {
        return spelling.written().apply(value);
    }

    /** The value in a session; empty if there is none, or an invalid one. */
    Optional<T> read(Map<String, String> kept) {
        try {
            return keys.stream()
                    .filter(kept::containsKey)
                    .findFirst()
                    .map(kept::get)
                    .map(spelling.read());
        } catch (IllegalArgumentException | Refusal nonsense) {
            return Optional.empty(); // edited by hand or written by another version: the control keeps its value
        }
    }

    /**
     * The text about its value in the caption of an exported tree; empty for none.
     *
     * @param model the open one; null if none is
     * @param sae the checkpoint whose tree it is; null if none is open
     */
    public String caption(GhostValues values, @Nullable OpenModel model, @Nullable OpenSae sae) {
        return captionOf(values.of(this), model, sae);
    }

    /** The text about a value of this knob; as above. */
    String captionOf(T value, @Nullable OpenModel model, @Nullable OpenSae sae) {
        return caption.of(value, model, sae);
    }

    @Override
    public String toString() {
        return name;
    }

    static double rounded(double value, double step) {
        return new BigDecimal(value / step)
                .setScale(0, RoundingMode.HALF_EVEN)
                .multiply(BigDecimal.valueOf(step))
                .doubleValue();
    }
}
