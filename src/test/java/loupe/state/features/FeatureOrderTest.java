package loupe.state.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import javafx.collections.ListChangeListener;
import org.junit.jupiter.api.Test;

class FeatureOrderTest {
    private final FeatureOrder order = new FeatureOrder();
    private final List<String> told = new ArrayList<>();

    @Test
    void listenersAreToldWhichRowsWentAndWhichCame() {
        order.show(new int[] {4, 2});
        order.addListener((ListChangeListener<Integer>) change -> {
            while (change.next()) {
                told.add(change.getRemoved() + " by " + change.getAddedSubList());
            }
            change.reset();
            assertThat(change.next()).isTrue();
            assertThat(change.wasReplaced()).isTrue();
            assertThat(change.wasPermutated()).isFalse();
        });

        order.show(new int[] {2, 4, 7});

        assertThat(told).containsExactly("[4, 2] by [2, 4, 7]");
    }

    @Test
    void theSameRowsAgainAreNoChange() {
        order.show(new int[] {4, 2});
        order.addListener((ListChangeListener<Integer>) change -> told.add("changed"));

        order.show(new int[] {4, 2});

        assertThat(told).isEmpty();
    }

    @Test
    void allRowsMayGo() {
        order.show(new int[] {4, 2});
        order.addListener((ListChangeListener<Integer>) change -> {
            assertThat(change.next()).isTrue();
            assertThat(change.wasAdded()).isFalse();
            told.add("" + change.getRemoved());
        });

        order.show(new int[0]);

        assertThat(told).containsExactly("[4, 2]");
        assertThat(order).isEmpty();
    }
}
