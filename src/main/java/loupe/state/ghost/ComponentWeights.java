package loupe.state.ghost;

import java.util.List;
import java.util.stream.IntStream;
import javafx.beans.property.DoubleProperty;
import javafx.beans.property.IntegerProperty;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.SimpleDoubleProperty;
import javafx.beans.property.SimpleIntegerProperty;

/**
 * The weights of the principal components one by one, for a slider each, kept equal to the list of all that are
 * offered. The weight of a component that is no longer offered is kept until the list is set. JavaFX thread only.
 */
final class ComponentWeights {
    private final ObjectProperty<List<Double>> all;
    private final List<DoubleProperty> each;
    private final IntegerProperty offered = new SimpleIntegerProperty(this, "components", 1);
    private boolean following;

    /** @param all as many weights as are offered, at least 1 and at most {@link GhostKnobs#MOST_COMPONENTS} */
    ComponentWeights(ObjectProperty<List<Double>> all) {
        this.all = all;
        each = IntStream.rangeClosed(1, GhostKnobs.MOST_COMPONENTS)
                .mapToObj(component -> (DoubleProperty) new SimpleDoubleProperty(this, "pca" + component, 0))
                .toList();
        each.forEach(weight -> weight.addListener((property, was, is) -> gather()));
        offered.addListener((property, was, is) -> gather());
        all.addListener(changed -> spread());
    }

    DoubleProperty weight(int component) {
        return each.get(component);
    }

    IntegerProperty offered() {
        return offered;
    }

    private void gather() {
        if (!following) {
            following = true;
            int count = Math.max(1, Math.min(GhostKnobs.MOST_COMPONENTS, offered.get()));
            all.set(each.subList(0, count).stream().map(DoubleProperty::get).toList());
            following = false;
        }
    }

    private void spread() {
        if (!following) {
            following = true;
            List<Double> weights = all.get();
            offered.set(Math.max(1, weights.size()));
            for (int i = 0; i < each.size(); i++) {
                each.get(i).set(i < weights.size() ? weights.get(i) : 0);
            }
            following = false;
        }
    }
}
