package loupe.ui.ghost;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.control.Label;
import javafx.scene.control.TextField;
import javafx.scene.control.Tooltip;
import javafx.scene.input.KeyCode;
import javafx.scene.layout.StackPane;
import javafx.stage.Window;
import loupe.analysis.tokens.TokenMetric;
import loupe.state.Opened;
import loupe.state.ghost.GhostControlsModel;
import loupe.state.ghost.GhostKnobs;
import loupe.state.ghost.Knob;
import loupe.state.ghost.ScaleSweepModel;
import loupe.ui.SavedFiles;
import loupe.ui.UiTest;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.SliderField;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GhostControlsUiTest extends UiTest {
    @TempDir
    Path folder;

    private final Opened opened = new Opened();
    private final GhostControlsModel controls = new GhostControlsModel(opened.workbench);

    @Override
    protected Parent build() {
        return new StackPane(new GhostControls(
                        controls,
                        new ScaleSweepModel(opened.workbench, opened.workbench.a(), controls),
                        () -> "",
                        new SavedFiles(folder))
                .node());
    }

    @Test
    void everyListedSliderStandsInTheControlsAndIsTiedToItsKnob() {
        for (Knob<?, ?> knob : GhostKnobs.ALL) {
            if (knob.slider().isEmpty() || knob.isElsewhere() || knob == GhostKnobs.ENCODER_MIX) {
                continue;
            }
            SliderField field = lookup("#" + KnobFields.id(knob)).query();
            double end = knob.slider().get().max();
            onFx(() -> field.setValue(end));
            assertThat(controls.number(knob).getValue().doubleValue())
                    .as(knob.name())
                    .isEqualTo(end);
            onFx(controls::reset);
            assertThat(field.getValue())
                    .as(knob.name())
                    .isEqualTo(controls.number(knob).getValue().doubleValue())
                    .isNotEqualTo(end);
        }
    }

    @Test
    void theShareOfTheEncoderHasASliderOnlyWhileDirectionsAreMixed() {
        SliderField mixture = lookup("#ghost-mixture").query();
        assertThat(mixture.isVisible()).isFalse();
        onFx(() -> controls.encoderMix().set(0.25));
        assertThat(mixture.isVisible()).isTrue();
        assertThat(mixture.getValue()).isEqualTo(0.25);
    }

    @Test
    void theExponentIsOfTheRatioOnly() {
        SliderField exponent = lookup("#ghost-exponent").query();
        assertThat(exponent.isDisabled()).isFalse();
        onFx(() -> controls.metric().set(TokenMetric.COSINE));
        assertThat(exponent.isDisabled()).isTrue();
    }

    @Test
    void aTypedNumberBetweenTwoStepsShowsTheStepThatIsUsed() {
        doubleClickOn("#ghost-top-k .slider-value").write("5.7").type(KeyCode.ENTER);
        assertThat(controls.values().get().topK()).isEqualTo(6);
        assertThat(text("#ghost-top-k .slider-value")).isEqualTo("6");
        doubleClickOn("#ghost-exponent .slider-value").write("1.44").type(KeyCode.ENTER);
        assertThat(controls.values().get().exponent()).isEqualTo(1.45);
        assertThat(text("#ghost-exponent .slider-value")).isEqualTo("1.45");
    }

    @Test
    void aScaleBeyondTheSliderMakesItLongerAndOneThatNothingCanComputeWithIsRefused() {
        double end = controls.range().get().max();
        doubleClickOn("#ghost-scale .slider-value")
                .write(Double.toString(2 * end))
                .type(KeyCode.ENTER);
        assertThat(controls.values().get().scale()).isEqualTo(2 * end);
        assertThat(controls.range().get().max()).isEqualTo(2 * end);
        doubleClickOn("#ghost-scale .slider-value").write("-1").type(KeyCode.ENTER);
        assertThat(controls.values().get().scale()).isEqualTo(2 * end);
    }

    @Test
    void aScaleTooFarAwayIsRefusedInPlaceWithTheRangeThatCanBeTyped() {
        double before = controls.values().get().scale();
        double most = controls.range().get().furthest();
        doubleClickOn("#ghost-scale .slider-value").write("1e9").type(KeyCode.ENTER);
        assertThat(controls.values().get().scale()).isEqualTo(before);
        assertThat(refusal()).isEqualTo("Scale goes from 0 to " + NumberTexts.plain(most));
        press(KeyCode.CONTROL).type(KeyCode.A).release(KeyCode.CONTROL).write("" + most).type(KeyCode.ENTER);
        assertThat(controls.values().get().scale()).isEqualTo(most);
        Node field = lookup("#ghost-scale .slider-value").query();
        assertThat(onFx(field::isFocused)).as("typing goes on in the same place").isTrue();
    }

    private static String refusal() {
        return onFx(() -> Window.getWindows().stream()
                .filter(Tooltip.class::isInstance)
                .map(window -> ((Tooltip) window).getText())
                .findFirst()
                .orElse(""));
    }

    @Test
    void aPromptWithoutItsPlaceIsMarkedWhileItIsTypedAndNoLongerOnceItHasOne() {
        onFx(() -> ((TextField) lookup("#ghost-prompt").query()).setText("no place"));
        assertThat(isMarked("#ghost-prompt")).isTrue();
        assertThat(onFx(() -> ((Label) lookup("#ghost-prompt-reason").query()).getText()))
                .startsWith("The prompt lacks {ghost}");
        onFx(() -> ((TextField) lookup("#ghost-prompt").query()).setText("a {ghost}"));
        assertThat(isMarked("#ghost-prompt")).isFalse();
        assertThat(onFx(() -> lookup("#ghost-prompt-reason").query().isManaged()))
                .isFalse();
    }

    private boolean isMarked(String id) {
        return onFx(() -> lookup(id).query().getPseudoClassStates().stream()
                .anyMatch(state -> state.getPseudoClassName().equals("danger")));
    }

    private String text(String id) {
        return onFx(() -> ((TextField) lookup(id).query()).getText());
    }
}
