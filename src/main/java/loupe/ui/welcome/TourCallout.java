package loupe.ui.welcome;

import javafx.geometry.Pos;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.ui.control.IconButtons;
import org.kordamp.ikonli.feather.Feather;
import org.kordamp.ikonli.javafx.FontIcon;

/** The card of a tour: what to see or do, the way on, back and out. */
final class TourCallout {
    private final Label title = new Label();
    private final Label words = new Label();
    private final Label place = new Label();
    private final Label done = new Label("Done", new FontIcon(Feather.CHECK));
    private final Button act = new Button();
    private final Button back = new Button("Back");
    private final Button next = new Button("Next");
    private final Runnable forward;
    private final VBox card;

    TourCallout(Runnable back, Runnable next, Runnable leave) {
        forward = next;
        title.getStyleClass().add("tour-title");
        title.setId("tour-title");
        title.setMinWidth(0);
        title.setMaxWidth(Double.MAX_VALUE);
        HBox.setHgrow(title, Priority.ALWAYS);
        words.setId("tour-words");
        words.setWrapText(true);
        words.setMinHeight(Region.USE_PREF_SIZE);
        place.setId("tour-place");
        place.getStyleClass().add("muted");
        place.setMinWidth(Region.USE_PREF_SIZE);
        place.setMaxWidth(Double.MAX_VALUE);
        HBox.setHgrow(place, Priority.ALWAYS);
        done.setId("tour-done");
        done.getStyleClass().add("tour-done");
        done.setMinWidth(Region.USE_PREF_SIZE);
        act.setId("tour-act");
        this.back.setId("tour-back");
        this.next.setId("tour-next");
        this.next.getStyleClass().add("accent");
        for (Button button : new Button[] {act, this.back, this.next}) {
            button.setMinWidth(Region.USE_PREF_SIZE);
        }
        this.back.setOnAction(event -> back.run());
        Button close = IconButtons.of(Feather.X, "Leave the tour (Esc)", leave);
        close.setId("tour-leave");
        HBox first = new HBox(8, title, close);
        first.setAlignment(Pos.CENTER_LEFT);
        HBox asked = new HBox(8, act, done);
        asked.setAlignment(Pos.CENTER_LEFT);
        asked.managedProperty().bind(act.visibleProperty().or(done.visibleProperty()));
        HBox ways = new HBox(8, place, this.back, this.next);
        ways.setAlignment(Pos.CENTER_LEFT);
        card = new VBox(10, first, words, asked, ways);
        card.getStyleClass().add("tour-callout");
        card.setManaged(false);
        act.managedProperty().bind(act.visibleProperty());
    }

    Region node() {
        return card;
    }

    void focus() {
        next.requestFocus();
    }

    /** Shows a step, as the one of this number out of so many. */
    void show(TourStep step, int number, int of) {
        title.setText(step.title());
        place.setText("Step " + number + " of " + of);
        card.setAccessibleText("Tour, step " + number + " of " + of + ": " + step.title());
        back.setVisible(number > 1);
        next.setText(number == of ? "Finish" : "Next");
        next.setOnAction(event -> forward.run());
        step.act().ifPresent(asked -> {
            act.setText(asked.label());
            act.setOnAction(event -> asked.action().run());
        });
        update(step, false);
    }

    /** Follows what happens in the window. */
    void update(TourStep step, boolean isDone) {
        String now = step.words().get();
        if (!now.equals(words.getText())) {
            words.setText(now);
        }
        act.setVisible(step.act().isPresent() && !(step.needed() && isDone));
        done.setVisible(isDone && step.act().isPresent());
        next.setDisable(step.needed() && !isDone);
    }

    /** Shows an invitation. */
    void invite(Runnable start) {
        title.setText("New here?");
        words.setText(
                "Five minutes' tour of the sample, in the window itself. You can leave it at any time with Esc; it "
                        + "is in "
                        + "the menu under Window.");
        card.setAccessibleText("An invitation to a tour");
        place.setText("");
        back.setVisible(false);
        done.setVisible(false);
        act.setVisible(false);
        next.setDisable(false);
        next.setText("Start the tour");
        next.setOnAction(event -> start.run());
    }
}
