package loupe.ui.ghost;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javafx.event.ActionEvent;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.MenuButton;
import javafx.scene.control.TextField;
import javafx.scene.control.Tooltip;
import javafx.scene.input.KeyCode;
import javafx.scene.layout.StackPane;
import javafx.stage.Window;
import loupe.analysis.ghost.GhostPrompt;
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
        press(KeyCode.CONTROL)
                .type(KeyCode.A)
                .release(KeyCode.CONTROL)
                .write("" + most)
                .type(KeyCode.ENTER);
        assertThat(controls.values().get().scale()).isEqualTo(most);
        Node field = lookup("#ghost-scale .slider-value").query();
        assertThat(onFx(field::isFocused))
                .as("typing goes on in the same place")
                .isTrue();
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

    @Test
    void theTokenThatTreesLeaveOutIsNamedByNumberOrText() {
        apply("#ghost-mask", "c");
        assertThat(controls.values().get().maskId()).contains(2);
        assertThat(text("#ghost-mask")).isEqualTo("token 2");
        apply("#ghost-mask", "abc");
        assertThat(isMarked("#ghost-mask")).isTrue();
        assertThat(said("#ghost-mask-reason")).startsWith("\"abc\" is 3 tokens");
        assertThat(controls.values().get().maskId()).contains(2);
        onFx(() -> ((TextField) lookup("#ghost-mask").query()).clear());
        assertThat(controls.values().get().maskId()).isEmpty();
        assertThat(isMarked("#ghost-mask")).isFalse();
    }

    @Test
    void aPromptIsWrittenAsTokenIdsOrComesFromAVerbalisersFile() throws IOException {
        onFx(() -> controls.useText("ab{ghost}"));
        fire("ghost-prompt-ids");
        assertThat(text("#ghost-prompt")).isEqualTo("0 1 {ghost}");
        apply("#ghost-prompt", "3, {ghost} 4");
        assertThat(controls.values().get().promptIds()).contains(GhostPrompt.ofIds("3 {ghost} 4"));
        apply("#ghost-prompt", "a {ghost}");
        assertThat(said("#ghost-prompt-reason")).startsWith("The prompt's token ids have \"a\"");
        assertThat(controls.values().get().promptIds()).contains(GhostPrompt.ofIds("3 {ghost} 4"));

        Path file = folder.resolve("mine.json");
        Files.writeString(file, "{\"prompt\": \"say {ghost}\", \"norm\": 150}");
        onFx(() -> controls.useVerbaliser(file));
        assertThat(text("#ghost-prompt")).isEqualTo("say {ghost}");
        assertThat(said("#ghost-verbaliser")).contains("mine.json", "norm 150");
        onFx(() -> ((Button) lookup("#ghost-verbaliser-leave").query()).fire());
        assertThat(text("#ghost-prompt")).isEqualTo("3 {ghost} 4");
        fire("ghost-prompt-ids");
        assertThat(text("#ghost-prompt")).isEqualTo("ab{ghost}");
    }

    private void fire(String item) {
        onFx(() -> ((MenuButton) lookup("#ghost-prompt-presets").query())
                .getItems().stream()
                        .filter(each -> item.equals(each.getId()))
                        .findFirst()
                        .orElseThrow()
                        .fire());
    }

    private void apply(String field, String typed) {
        onFx(() -> {
            TextField at = lookup(field).query();
            at.setText(typed);
            at.fireEvent(new ActionEvent());
        });
    }

    private String said(String id) {
        return onFx(() -> ((Label) lookup(id).query()).getText());
    }

    private boolean isMarked(String id) {
        return onFx(() -> lookup(id).query().getPseudoClassStates().stream()
                .anyMatch(state -> state.getPseudoClassName().equals("danger")));
    }

    private String text(String id) {
        return onFx(() -> ((TextField) lookup(id).query()).getText());
    }
}
