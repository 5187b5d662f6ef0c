package loupe.ui.ghost;

import java.util.Locale;
import javafx.beans.property.Property;
import loupe.state.ghost.GhostControlsModel;
import loupe.state.ghost.Knob;
import loupe.state.ghost.KnobSlider;
import loupe.ui.control.SliderField;
import loupe.ui.control.SliderScale;

/** Creates the sliders of the ghost's knobs from their descriptions. JavaFX thread only. */
public final class KnobFields {
    private KnobFields() {}

    /**
     * A slider that shows a knob and sets it, both ways.
     *
     * @throws java.util.NoSuchElementException if the knob has no slider
     */
    public static SliderField of(GhostControlsModel controls, Knob<?, ?> knob) {
        KnobSlider slider = knob.slider().orElseThrow();
        SliderField field = of(controls, slider, controls.number(knob));
        field.setId(id(knob));
        return field;
    }

    /** A slider that shows a number of the controls and sets it, both ways; the first value is its default. */
    static SliderField of(GhostControlsModel controls, KnobSlider slider, Property<Number> property) {
        SliderField field = field(slider, property.getValue().doubleValue());
        field.valueProperty().addListener((source, was, is) -> {
            double used = slider.rounded(is.doubleValue());
            property.setValue(used);
            field.setValue(used); // a typed number may lie between two steps
        });
        property.addListener((source, was, is) -> field.setValue(is.doubleValue()));
        hold(field, controls);
        return field;
    }

    /** A slider that is not bound to a value yet. */
    static SliderField field(KnobSlider slider, double initial) {
        return new SliderField(
                slider.label(),
                slider.unit(),
                slider.explanation(),
                new SliderScale(slider.min(), slider.max(), slider.fine(), slider.coarse(), slider.logarithmic()),
                initial);
    }

    /** Makes the changes of a held thumb one gesture. */
    static void hold(SliderField field, GhostControlsModel controls) {
        field.draggingProperty()
                .addListener((property, was, is) -> controls.held().set(is));
    }

    /** The id of a knob's slider in the ghost's pane, such as {@code ghost-top-k}. */
    static String id(Knob<?, ?> knob) {
        return "ghost-" + knob.name().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }
}
