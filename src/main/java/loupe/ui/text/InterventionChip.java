package loupe.ui.text;

import javafx.beans.value.ObservableValue;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.OverrunStyle;
import javafx.scene.layout.HBox;
import loupe.state.text.InterventionsModel;
import loupe.ui.control.IconButtons;
import loupe.ui.control.Tooltips;
import org.kordamp.ikonli.feather.Feather;

/** Says in the tool bar what is done to the model, wherever the list of it stands; takes no room while nothing is. */
public final class InterventionChip {
    private static final int LONGEST = 24;

    private final InterventionsModel model;
    private final ObservableValue<Boolean> isRoomy;
    private final Button words = new Button();
    private final HBox box;

    /**
     * @param open shows the list
     * @param isRoomy whether there is room for words
     */
    public InterventionChip(InterventionsModel model, Runnable open, ObservableValue<Boolean> isRoomy) {
        this.model = model;
        this.isRoomy = isRoomy;
        words.setId("intervention-chip");
        words.getStyleClass().setAll("chip-words");
        words.setMnemonicParsing(false);
        words.setTextOverrun(OverrunStyle.ELLIPSIS);
        words.setMinWidth(Button.USE_PREF_SIZE);
        words.setTooltip(Tooltips.of(""));
        words.setOnAction(event -> open.run());
        Button off = IconButtons.of(
                Feather.X, "Switch all interventions off", () -> model.change(list -> list.switchedOff()));
        off.setId("intervention-chip-off");
        box = new HBox(words, off);
        box.getStyleClass().add("chip");
        box.setMinWidth(HBox.USE_PREF_SIZE);
        model.interventions().addListener(changed -> show());
        model.list().addListener(changed -> show());
        isRoomy.addListener(changed -> show());
        show();
    }

    public Node node() {
        return box;
    }

    private void show() {
        String done = model.words();
        box.setVisible(!done.isEmpty());
        box.setManaged(!done.isEmpty());
        int count = model.interventions().get().list().size();
        boolean isShort = isRoomy.getValue() && done.length() <= LONGEST;
        words.setText(isShort ? done : count == 1 ? "1 intervention" : count + " interventions");
        words.setAccessibleText("In force: " + done);
        words.getTooltip().setText("In force: " + done + ". Click to see the list");
    }
}
