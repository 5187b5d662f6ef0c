package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import javafx.scene.Parent;
import javafx.scene.layout.Pane;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;

class PanePlacesUiTest extends UiTest {
    @Override
    protected Parent build() {
        return new Pane();
    }

    @Test
    void whatWaitsForAllPanesOutlivesTheArrangementInWhichItBegan() {
        List<String> done = onFx(() -> {
            List<String> said = new ArrayList<>();
            PanePlaces places = new PanePlaces();
            places.step(() -> said.add("a place of the first arrangement"));
            places.onceFull(() -> said.add("afterwards"));
            places.begin();
            places.step(() -> said.add("a place of the second"));
            places.fill(false);
            places.onceFull(() -> said.add("at once"));
            return said;
        });
        assertThat(done).containsExactly("a place of the second", "afterwards", "at once");
    }
}
