package loupe.ui.control;

import atlantafx.base.controls.ProgressSliderSkin;
import java.util.Objects;
import java.util.function.DoubleConsumer;
import javafx.animation.AnimationTimer;
import javafx.beans.property.DoubleProperty;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.SimpleDoubleProperty;
import javafx.css.PseudoClass;
import javafx.geometry.Bounds;
import javafx.scene.control.ContentDisplay;
import javafx.scene.control.Label;
import javafx.scene.control.Slider;
import javafx.scene.control.TextField;
import javafx.scene.control.Tooltip;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.input.MouseButton;
import javafx.scene.input.MouseEvent;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Pane;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;

/**
 * A number set by a wide track, by the keyboard, or typed.
 *
 * <p>Left and right move by the fine step, with Shift by the coarse one; double click on the track or the label gives
 * the default; a small mark under the track shows the natural value and a click on it takes it. While dragging,
 * {@link #valueProperty} changes at most once per pulse.
 */
public final class SliderField extends HBox {
    private static final PseudoClass DANGER = PseudoClass.getPseudoClass("danger");

    private final SliderScale scale;
    private final double fallback;
    private final DoubleProperty value = new SimpleDoubleProperty(this, "value");
    private final DoubleProperty natural = new SimpleDoubleProperty(this, "natural", Double.NaN);
    private final Label label = new Label();
    private final Slider slider = new Slider(0, 1, 0);
    private final TextField field = new TextField();
    private final Region mark = new Region();
    private final Tooltip markTip = Tooltips.of("");
    private String markText = "Natural value";
    private final Track track = new Track();
    private final String unit;
    private final Pulse pulse = new Pulse();
    private final Tooltip refusal = Tooltips.of("");
    private double furthest;
    private DoubleConsumer onBeyond = typed -> {};
    private boolean following;

    /**
     * @param name the label in front of the track
     * @param unit the unit behind the number, or empty
     * @param explanation the tooltip: the quantity in words
     * @param initial the first value, which double click brings back; must lie within the scale
     */
    public SliderField(String name, String unit, String explanation, SliderScale scale, double initial) {
        this.scale = Objects.requireNonNull(scale, "scale");
        if (initial < scale.min() || initial > scale.max()) {
            throw new IllegalArgumentException(
                    "initial is " + initial + ", the scale goes from " + scale.min() + " to " + scale.max());
        }
        this.unit = unit;
        furthest = scale.max();
        fallback = initial;
        value.set(initial);
        layOut(name, explanation);
        bind();
        follow();
    }

    private void layOut(String name, String explanation) {
        getStyleClass().add("slider-field");
        label.setText(name);
        label.getStyleClass().add("slider-label");
        label.setLabelFor(slider);
        slider.getStyleClass().add("progress-slider");
        slider.setSkin(new ProgressSliderSkin(slider));
        slider.setAccessibleText(name + (unit.isEmpty() ? "" : " in " + unit));
        mark.getStyleClass().add("natural-mark");
        mark.setVisible(false);
        HBox.setHgrow(track, Priority.ALWAYS);
        field.getStyleClass().add("slider-value");
        field.setAccessibleText(name + " as a number");
        if (!unit.isEmpty()) {
            Label unitLabel = new Label(unit);
            unitLabel.getStyleClass().add("slider-unit");
            label.setGraphic(unitLabel);
            label.setContentDisplay(ContentDisplay.RIGHT);
        }
        getChildren().addAll(label, track, field);

        String range = "From " + NumberTexts.plain(scale.min()) + " to " + NumberTexts.plain(scale.max())
                + (unit.isEmpty() ? "" : " " + unit)
                + (scale.logarithmic() ? ", logarithmic" : "")
                + ". Arrow keys for fine steps, Shift for coarse ones, double click for "
                + NumberTexts.plain(fallback);
        String tip = explanation + (unit.isEmpty() ? "" : " (" + unit + ")") + "\n" + range;
        label.setTooltip(Tooltips.of(tip));
        slider.setTooltip(Tooltips.of(tip));
        field.setTooltip(Tooltips.of(tip));
        Tooltip.install(mark, markTip);
    }

    private void bind() {
        slider.valueProperty().addListener(source -> {
            if (!following) {
                pulse.start();
            }
        });
        value.addListener(source -> follow());
        natural.addListener(source -> {
            mark.setVisible(natural.get() >= scale.min() && natural.get() <= scale.max());
            markTip.setText(markText + ": " + NumberTexts.with(natural.get(), unit));
            track.requestLayout();
        });
        mark.setOnMouseClicked(event -> setValue(natural.get()));
        slider.addEventFilter(KeyEvent.KEY_PRESSED, this::step);
        slider.addEventFilter(MouseEvent.MOUSE_CLICKED, this::reset);
        label.addEventHandler(MouseEvent.MOUSE_CLICKED, this::reset);
        refusal.setHideOnEscape(false); // Escape is for the field
        field.setOnAction(event -> commit());
        field.focusedProperty().addListener((source, was, is) -> {
            if (!is) {
                commit();
                field.setText(text()); // what could not be taken does not stay where the value is read
            }
        });
        field.textProperty().addListener(source -> {
            field.pseudoClassStateChanged(DANGER, false);
            refusal.hide();
        });
        field.addEventHandler(KeyEvent.KEY_PRESSED, event -> {
            if (event.getCode() == KeyCode.UP || event.getCode() == KeyCode.DOWN) {
                nudge(event.getCode() == KeyCode.UP ? 1 : -1, event.isShiftDown());
                event.consume();
            } else if (event.getCode() == KeyCode.ESCAPE && !field.getText().equals(text())) {
                field.setText(text());
                event.consume();
            }
        });
    }

    private void step(KeyEvent event) {
        int direction =
                switch (event.getCode()) {
                    case RIGHT, UP, KP_RIGHT, KP_UP -> 1;
                    case LEFT, DOWN, KP_LEFT, KP_DOWN -> -1;
                    default -> 0;
                };
        if (direction != 0 && !event.isControlDown() && !event.isAltDown()) {
            nudge(direction, event.isShiftDown());
            event.consume();
        }
    }

    private void reset(MouseEvent event) {
        if (event.getButton() == MouseButton.PRIMARY && event.getClickCount() == 2) {
            pulse.stop();
            setValue(fallback);
            follow();
        }
    }

    private void commit() {
        if (field.getText().equals(text())) {
            return; // what is shown may have fewer digits than the value
        }
        double typed;
        try {
            typed = NumberTexts.parse(field.getText());
        } catch (NumberFormatException notANumber) {
            refuse(label.getText() + " is a number");
            return;
        }
        if (typed >= scale.min() && typed <= scale.max()) {
            setValue(typed);
            field.setText(text());
        } else if (typed > scale.max() && typed <= furthest) {
            onBeyond.accept(typed);
        } else {
            refuse(label.getText() + " goes from " + NumberTexts.plain(scale.min()) + " to "
                    + NumberTexts.plain(furthest));
        }
    }

    /** Says beside the number why it is not taken. */
    private void refuse(String why) {
        field.pseudoClassStateChanged(DANGER, true);
        Bounds at = field.localToScreen(field.getBoundsInLocal());
        if (at != null && field.isFocused()) {
            refusal.setText(why);
            refusal.show(field, at.getMinX(), at.getMaxY());
        }
    }

    /**
     * Lets numbers be typed that lie beyond the upper end of the scale.
     *
     * @param most the largest one; what lies beyond it is refused
     * @param taken is given such a number
     */
    public void setOnBeyond(double most, DoubleConsumer taken) {
        furthest = most;
        onBeyond = taken;
    }

    /** Whether the number is being typed. */
    public boolean isTyped() {
        return field.isFocused();
    }

    /** Puts the cursor behind the number. */
    public void focusNumber() {
        field.requestFocus();
        field.end();
    }

    /** Moves by a number of steps, as the keys [ and ] do. */
    public void nudge(int steps, boolean coarse) {
        setValue(scale.moved(getValue(), steps, coarse));
    }

    /** The value; setting it moves the thumb. A value beyond an end of the scale becomes that end. */
    public void setValue(double wanted) {
        value.set(scale.clamp(wanted));
    }

    public double getValue() {
        return value.get();
    }

    public DoubleProperty valueProperty() {
        return value;
    }

    /** Whether the thumb is being dragged now. */
    public ReadOnlyBooleanProperty draggingProperty() {
        return slider.valueChangingProperty();
    }

    /**
     * Marks the natural value under the track.
     *
     * @param text what it is, for example {@code Mean distance of a token from the centroid}
     * @param at its value; not-a-number hides the mark
     */
    public void setNatural(String text, double at) {
        markText = text;
        natural.set(Double.NaN);
        natural.set(at);
    }

    private void follow() {
        following = true;
        double position = scale.position(value.get());
        if (Math.abs(slider.getValue() - position) > 1e-9 && !slider.isValueChanging()) {
            slider.setValue(position);
        }
        field.setText(text());
        following = false;
    }

    private String text() {
        return NumberTexts.plain(value.get());
    }

    /** Passes the thumb's position on at the next pulse, once, however many mouse events came before it. */
    private final class Pulse extends AnimationTimer {
        @Override
        public void handle(long now) {
            stop();
            value.set(scale.value(slider.getValue()));
        }
    }

    /** The slider with the natural mark under its track. */
    private final class Track extends Pane {
        Track() {
            getChildren().addAll(slider, mark);
        }

        @Override
        protected double computePrefWidth(double height) {
            return slider.prefWidth(height);
        }

        @Override
        protected double computeMinWidth(double height) {
            return 64;
        }

        @Override
        protected double computePrefHeight(double width) {
            return slider.prefHeight(width) + 8;
        }

        @Override
        protected void layoutChildren() {
            double height = slider.prefHeight(-1);
            double top = Math.round((getHeight() - height) / 2);
            slider.resizeRelocate(0, top, getWidth(), height);
            if (mark.isVisible()) {
                Bounds thumb = slider.lookup(".thumb") == null
                        ? null
                        : slider.lookup(".thumb").getLayoutBounds();
                double half = thumb == null ? 0 : thumb.getWidth() / 2;
                double x = half + scale.position(natural.get()) * (getWidth() - 2 * half);
                mark.autosize();
                mark.relocate(Math.round(x - mark.getWidth() / 2), top + height / 2 + 5);
            }
        }
    }
}
