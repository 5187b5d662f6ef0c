package loupe.ui.nearest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import javafx.scene.Parent;
import javafx.scene.layout.StackPane;
import loupe.ui.Samples;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;

class LogitChartUiTest extends UiTest {
    private final List<Object> chosen = new ArrayList<>();
    private LogitChart logits;

    @Override
    protected Parent build() {
        logits = new LogitChart();
        logits.setTokens(Samples.promoted(), Samples.suppressed());
        logits.setOnToken(chosen::add);
        return new StackPane(logits);
    }

    @Test
    void aClickOnATokenChoosesIt() {
        clickOn(onFx(() -> logits.localToScreen(60, 26 + 2.5 * LogitChart.ROW)));
        assertThat(chosen).containsExactly(Samples.promoted().get(2));
    }

    @Test
    void bothListsAreExportedStrongestFirst() {
        assertThat(onFx(() -> logits.csv().text(false)).lines().toList())
                .startsWith("direction,token id,token text,logit weight", "promoted,1000,\" robin\",0.62")
                .containsSubsequence("promoted,1111,bird,0.49870134", "suppressed,1000,\" the\",-0.62");
    }

    @Test
    void aNarrowChartHasOneListBelowTheOther() {
        onFx(() -> {
            logits.setMaxWidth(200);
            logits.getParent().layout();
            logits.layout();
        });
        double below = onFx(() -> logits.getHeight() / 2);
        clickOn(onFx(() -> logits.localToScreen(60, below + 26 + 0.5 * LogitChart.ROW)));
        assertThat(chosen).containsExactly(Samples.suppressed().get(0));
    }
}
