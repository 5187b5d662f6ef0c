package loupe.ui.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.control.Slider;
import javafx.scene.control.TextField;
import javafx.scene.input.KeyCode;
import javafx.scene.input.MouseButton;
import javafx.scene.layout.VBox;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;

class SliderFieldUiTest extends UiTest {
    private SliderField scale;
    private SliderField cutoff;

    @Override
    protected Parent build() {
        scale = new SliderField("Scale", "", "Scaling factor", SliderScale.linear(0, 10, 0.05, 0.5), 3.8);
        scale.setNatural("Mean distance of a token from the centroid", 5);
        scale.setId("scale");
        cutoff = new SliderField(
                "Cutoff", "", "Smallest probability", SliderScale.logarithmic(1e-8, 1e-2, 0.1, 1), 5e-5);
        cutoff.setId("cutoff");
        return new VBox(scale, cutoff);
    }

    @Test
    void arrowsMoveByFineStepsAndShiftByCoarseOnes() {
        onFx(() -> scale.lookup(".slider").requestFocus());
        type(KeyCode.RIGHT);
        assertThat(scale.getValue()).isEqualTo(3.85);
        press(KeyCode.SHIFT).type(KeyCode.LEFT).release(KeyCode.SHIFT);
        assertThat(scale.getValue()).isEqualTo(3.35);
    }

    @Test
    void aTypedValueMovesTheThumb() {
        doubleClickOn("#scale .slider-value").write("7,5").type(KeyCode.ENTER);
        assertThat(scale.getValue()).isEqualTo(7.5);
        assertThat(onFx(() -> ((Slider) scale.lookup(".slider")).getValue())).isEqualTo(0.75);
    }

    @Test
    void wordsAreRefusedAndEscapeBringsTheValueBack() {
        doubleClickOn("#scale .slider-value").write("much").type(KeyCode.ENTER);
        assertThat(scale.getValue()).isEqualTo(3.8);
        TextField field = (TextField) scale.lookup(".slider-value");
        assertThat(field.getPseudoClassStates())
                .anyMatch(state -> state.getPseudoClassName().equals("danger"));
        type(KeyCode.ESCAPE);
        assertThat(onFx(() -> field.getText())).isEqualTo("3.8");
    }

    @Test
    void draggingTellsValuesLiveAndDoubleClickBringsTheDefaultBack() {
        List<Number> seen = new ArrayList<>();
        onFx(() -> {
            scale.valueProperty().addListener((source, was, is) -> seen.add(is));
        });
        Node thumb = scale.lookup(".thumb");
        drag(thumb, MouseButton.PRIMARY).moveBy(80, 0);
        waitUntil(() -> !seen.isEmpty());
        drop();
        assertThat(scale.getValue()).isGreaterThan(3.8);
        doubleClickOn("#scale .thumb");
        waitUntil(() -> scale.getValue() == 3.8);
    }

    @Test
    void aClickOnTheMarkTakesTheNaturalValue() {
        clickOn("#scale .natural-mark");
        waitUntil(() -> scale.getValue() == 5);
    }

    @Test
    void aLogarithmicStepIsARatio() {
        onFx(() -> cutoff.lookup(".slider").requestFocus());
        press(KeyCode.SHIFT).type(KeyCode.RIGHT).release(KeyCode.SHIFT);
        assertThat(cutoff.getValue()).isBetween(4.5e-4, 5.5e-4);
    }

    @Test
    void roundingToTheStepNeverLeavesDust() {
        SliderScale tenths = SliderScale.linear(0, 1, 0.1, 0.5);
        assertThat(tenths.value(0.3)).isEqualTo(0.3);
        assertThat(tenths.value(0.7)).isEqualTo(0.7);
        assertThat(tenths.moved(0.1, 2, false)).isEqualTo(0.3);
    }

    @Test
    void aNumberBeyondTheEndsIsRefusedAndLeavingTheFieldShowsTheValueInUse() {
        doubleClickOn("#scale .slider-value").write("11").type(KeyCode.ENTER);
        assertThat(scale.getValue()).isEqualTo(3.8);
        TextField field = (TextField) scale.lookup(".slider-value");
        assertThat(field.getPseudoClassStates())
                .anyMatch(state -> state.getPseudoClassName().equals("danger"));
        onFx(() -> cutoff.lookup(".slider").requestFocus());
        assertThat(onFx(() -> field.getText())).isEqualTo("3.8");
    }
}
