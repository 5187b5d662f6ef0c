package loupe.ui.pane;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import javafx.css.PseudoClass;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.control.Label;
import javafx.scene.input.KeyCode;
import javafx.scene.layout.HBox;
import loupe.base.Problem;
import loupe.state.pane.PaneNeed;
import loupe.state.pane.PaneStatus;
import loupe.ui.UiTest;
import loupe.ui.style.Theme;
import org.junit.jupiter.api.Test;

class PaneFrameUiTest extends UiTest {
    private static final PaneStatus WAITING = new PaneStatus(new PaneStatus.Content(), true, -1);

    private final AtomicInteger retries = new AtomicInteger();
    private PaneFrame pane;
    private Label content;
    private MaximiseHost host;

    @Override
    protected Parent build() {
        content = new Label("content");
        pane = new PaneFrame("Token list", content);
        pane.setId("pane");
        pane.setPrefWidth(400);
        host = new MaximiseHost(new HBox(pane, new PaneFrame("Other", new Label("other"))));
        return host;
    }

    private PaneStatus failed(String message) {
        return new PaneStatus(
                new PaneStatus.Failed(
                        new Problem(message, true, ""),
                        Optional.of(retries::incrementAndGet),
                        Optional.empty(),
                        Optional.empty()),
                false,
                -1);
    }

    private boolean seen(Node node) {
        for (Node at = node; at != null; at = at.getParent()) {
            if (!at.isVisible()) {
                return false;
            }
        }
        return true;
    }

    private boolean dimmed() {
        return pane.lookup(".pane-content").getPseudoClassStates().contains(PseudoClass.getPseudoClass("waiting"))
                && pane.lookup(".pane-content").getOpacity() < 1;
    }

    @Test
    void waitingDimsTheOldContentAndKeepsIt() {
        onFx(() -> pane.statusProperty().set(WAITING));
        waitUntil(this::dimmed);
        assertThat(seen(content)).isTrue();
        onFx(() -> pane.statusProperty().set(PaneStatus.READY));
        assertThat(onFx(this::dimmed)).isFalse();
    }

    @Test
    void rowsAreUnrolledAFewAtATimeAndOtherContentAtOnce() {
        double height =
                onFx(() -> pane.lookup(".pane-content").getBoundsInParent().getHeight());
        onFx(pane::rollUp);
        assertThat(onFx(() -> content.getScene() == null)).isTrue();
        assertThat(onFx(() -> pane.unroll(true))).as("more to come").isFalse();
        onFx(() -> {
            pane.rollUp();
            pane.setRows();
        });
        assertThat(onFx(() -> pane.unroll(true))).as("more to come").isTrue();
        assertThat(onFx(() -> {
                    host.applyCss();
                    host.layout();
                    return pane.lookup(".pane-content").getBoundsInParent().getHeight();
                }))
                .isLessThan(height / 2);
        while (onFx(() -> pane.unroll(true))) {
            assertThat(onFx(() -> pane.isBegun())).isTrue();
        }
        onFx(host::layout);
        assertThat(onFx(() -> pane.lookup(".pane-content").getBoundsInParent().getHeight()))
                .isEqualTo(height);
    }

    @Test
    void aQuickAnswerDoesNotFlicker() {
        onFx(() -> {
            pane.statusProperty().set(WAITING);
            pane.statusProperty().set(PaneStatus.READY);
        });
        assertThat(onFx(this::dimmed)).isFalse();
    }

    @Test
    void aProblemTakesThePlaceOfTheContentUntilItIsGone() {
        onFx(() -> pane.statusProperty().set(failed("ae.pt: not a checkpoint")));
        assertThat(seen(content)).isFalse();
        clickOn("Retry");
        assertThat(retries.get()).isEqualTo(1);
        onFx(() -> pane.statusProperty().set(PaneStatus.READY));
        assertThat(seen(content)).isTrue();
    }

    @Test
    void aLongProblemScrollsInsteadOfPushingThePaneOutOfItsPlace() {
        onFx(() ->
                pane.statusProperty().set(failed("expected params.npz or params.safetensors with W_enc, ".repeat(80))));
        assertThat(onFx(() -> host.lookup("#pane").getLayoutBounds().getHeight()))
                .isEqualTo(600);
        assertThat(onFx(() -> pane.lookup(".problem-retry").localToScene(0, 0).getY()))
                .isBetween(0.0, 590.0);
        assertThat(onFx(() -> pane.lookup(".pane-title").localToScene(0, 0).getY()))
                .isBetween(0.0, 40.0);
        onFx(() -> pane.statusProperty().set(PaneStatus.READY));
        assertThat(onFx(() -> content.localToScene(0, 0).getY())).isBetween(32.0, 600.0);
    }

    @Test
    void anEmptyPaneSaysWhy() {
        onFx(() -> pane.statusProperty()
                .set(new PaneStatus(new PaneStatus.Empty("Choose a feature in the table"), false, -1)));
        assertThat(seen(content)).isFalse();
        assertThat(seen(pane.lookup(".empty-state"))).isTrue();
    }

    @Test
    void anEmptyPaneSaysAllOfItWhereThereIsLittleRoom() {
        onFx(() -> {
            pane.setMinSize(240, 130);
            pane.setMaxSize(240, 130);
            pane.statusProperty()
                    .set(new PaneStatus(
                            new PaneStatus.Empty("Activations are being counted; shown when all are"), false, -1));
            host.applyCss();
            host.layout();
        });
        Label why = (Label) pane.lookup(".empty-state > .label");
        assertThat(onFx(() -> why.getHeight() >= why.prefHeight(why.getWidth())))
                .isTrue();
        assertThat(onFx(() -> ((javafx.scene.text.Text) why.lookup(".text")).getText()))
                .isEqualTo(why.getText());
    }

    @Test
    void anEmptyPaneHasAButtonForWhatItLacksAlsoWhenItIsTornOff() {
        List<PaneNeed> wanted = new ArrayList<>();
        onFx(() -> stage.getScene().addEventHandler(NeedEvent.WANTED, event -> wanted.add(event.need())));
        onFx(() -> pane.statusProperty()
                .set(new PaneStatus(
                        new PaneStatus.Empty("There is no text", Optional.of(PaneNeed.CORPUS)), false, -1)));
        clickOn("Choose a corpus...");
        assertThat(wanted).containsExactly(PaneNeed.CORPUS);
        onFx(() -> pane.toggleTornOff());
        onFx(() -> pane.statusProperty()
                .set(new PaneStatus(
                        new PaneStatus.Empty("There is no model", Optional.of(PaneNeed.MODEL)), false, -1)));
        onFx(() -> content.getScene().getRoot().lookup(".empty-fill").fireEvent(new javafx.event.ActionEvent()));
        assertThat(wanted).containsExactly(PaneNeed.CORPUS, PaneNeed.MODEL);
        onFx(() -> pane.toggleTornOff());
        onFx(() -> pane.statusProperty().set(new PaneStatus(new PaneStatus.Empty("Nothing to do"), false, -1)));
        assertThat(seen(pane.lookup(".empty-fill"))).isFalse();
    }

    @Test
    void aDoubleClickOnTheTitleMaximisesAndEscapeBringsItBack() {
        doubleClickOn("Token list");
        waitUntil(() -> pane.isMaximised());
        assertThat(onFx(() -> content.localToScene(0, 0).getX() < 800 && content.getScene() != null))
                .isTrue();
        Node box = host.getChildren().get(1);
        waitUntil(() -> box.getLayoutBounds().getWidth() == 800);
        type(KeyCode.ESCAPE);
        waitUntil(() -> !pane.isMaximised());
        assertThat(host.getChildren()).hasSize(1);
        assertThat(pane.getChildren()).containsExactly(box);
    }

    @Test
    void aTornOffPaneIsInItsOwnWindowUntilItIsBroughtBack() {
        clickOn("#pane .pane-tear-off");
        waitUntil(() -> pane.isTornOff() && content.getScene() != stage.getScene());
        assertThat(onFx(() -> content.getScene().getUserAgentStylesheet()))
                .isEqualTo(stage.getScene().getUserAgentStylesheet());
        onFx(() -> Theme.DARK.apply(stage.getScene()));
        assertThat(onFx(() -> content.getScene().getStylesheets()))
                .isEqualTo(stage.getScene().getStylesheets());
        onFx(() -> pane.toggleTornOff());
        waitUntil(() -> !pane.isTornOff() && content.getScene() == stage.getScene());
    }
}
