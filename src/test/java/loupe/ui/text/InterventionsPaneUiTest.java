package loupe.ui.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import javafx.scene.control.Button;
import javafx.scene.control.CheckBox;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Labeled;
import javafx.scene.control.TextField;
import loupe.analysis.effects.InterventionLine.Kind;
import loupe.analysis.effects.InterventionList;
import loupe.state.WorkbenchModels;
import loupe.state.text.InterventionsModel;
import loupe.ui.PaneUiTest;
import loupe.ui.control.SliderField;
import loupe.ui.pane.PaneFrame;
import org.junit.jupiter.api.Test;

class InterventionsPaneUiTest extends PaneUiTest {
    private InterventionsModel model;

    @Override
    protected PaneFrame make() {
        opened.openA();
        opened.choose(3);
        model = new WorkbenchModels(opened.workbench, folder).interventions();
        return new InterventionsPane(model, feature -> "colours").node();
    }

    private String listed() {
        return onFx(() -> model.list().get().toString());
    }

    private void fire(String id) {
        onFx(() -> lookup(id).<Button>query().fire());
    }

    private void type(String id, String text) {
        onFx(() -> {
            TextField field = lookup(id).query();
            field.requestFocus();
            field.setText(text);
            field.fireEvent(new javafx.scene.input.KeyEvent(
                    javafx.scene.input.KeyEvent.KEY_PRESSED,
                    "",
                    "",
                    javafx.scene.input.KeyCode.ENTER,
                    false,
                    false,
                    false,
                    false));
        });
    }

    @Test
    @SuppressWarnings("unchecked") // the choices of a row
    void aListIsMadeChangedOrderedNamedAndSwitchedOff() {
        assertThat(onFx(() -> lookup("#interventions-add").<Labeled>query().getText()))
                .isEqualTo("Ablate #3");
        fire("#interventions-add");
        type("#interventions-line", "add 4 2 from 1");
        assertThat(listed()).isEqualTo("ablate 3\nadd 4 2 from 1");

        onFx(() -> lookup("#intervention-amount-1").<SliderField>query().setValue(2.5));
        onFx(() -> lookup("#intervention-kind-0").<ComboBox<Kind>>query().setValue(Kind.SCALE));
        type("#intervention-target-0", "3,5");
        type("#intervention-tokens-1", "4");
        assertThat(listed()).isEqualTo("scale 3,5 2\nadd 4 2.5 from 4");
        fire("#intervention-up-1");
        assertThat(listed()).isEqualTo("add 4 2.5 from 4\nscale 3,5 2");
        onFx(() -> lookup("#intervention-on-0").<CheckBox>query().fire());
        onFx(() -> lookup("#interventions-error").<CheckBox>query().fire());
        assertThat(listed()).isEqualTo("no-error\noff add 4 2.5 from 4\nscale 3,5 2");

        onFx(() -> {
            TextField name = lookup("#interventions-name").query();
            name.setText("mine");
            name.getOnAction().handle(null);
        });
        fire("#intervention-delete-0");
        assertThat(listed()).isEqualTo("no-error\nscale 3,5 2");
        onFx(() -> lookup("#interventions-names").<ComboBox<String>>query().setValue("mine"));
        assertThat(listed()).startsWith("no-error\noff add");
        fire("#interventions-forget");
        assertThat(onFx(() -> model.named().get())).isEmpty();
    }

    @Test
    void whatCannotBeDoneSaysWhyBesideIt() {
        type("#interventions-line", "ablat 3");
        assertThat(onFx(() -> lookup("#interventions-reason").<Labeled>query().getText()))
                .startsWith("'ablat 3' is no intervention");
        onFx(() -> model.set(InterventionList.parse("ablate 9")));
        assertThat(onFx(() -> lookup(".intervention-row .field-reason")
                        .<Labeled>query()
                        .getText()))
                .startsWith("There is no feature 9");
        type("#intervention-target-0", "nonsense");
        assertThat(listed()).isEqualTo("ablate 9");
        choose("Clear");
        assertThat(listed()).isEmpty();
        onFx(() -> opened.workbench.closeModel());
        assertThat(emptyText()).startsWith("Open a model");
        assertThat(List.of(listed())).containsExactly("");
    }
}
