package loupe.ui.tree;

import java.util.stream.IntStream;
import javafx.beans.binding.Bindings;
import javafx.scene.control.Button;
import javafx.scene.control.CheckBox;
import javafx.scene.control.ComboBox;
import javafx.scene.layout.FlowPane;
import loupe.analysis.ghost.TreeSteering;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.state.ghost.GhostControlsModel;
import loupe.state.ghost.SteeringValues;
import loupe.state.tree.TreeComparison;
import loupe.state.tree.TreeModel;
import loupe.ui.control.IconButtons;
import loupe.ui.control.LabelConverter;
import loupe.ui.control.SliderField;
import loupe.ui.control.SliderScale;
import loupe.ui.control.Tooltips;
import org.kordamp.ikonli.feather.Feather;

/**
 * How the feature is steered in the residual stream while its tree grows, by how much, where, and with or without the
 * ghost. Both sides share it. In a narrow pane its controls stand in several rows.
 */
final class SteeringBar extends FlowPane {
    private static final double MOST = 200;

    private final TreeModel model;
    private final GhostControlsModel controls;
    private final SliderField coefficient = new SliderField(
            "by",
            "",
            "How much of the feature's decoder direction, at unit norm, is added to the residual stream at every "
                    + "position after the ghost, or is all that is left there, in units of the residual stream",
            SliderScale.linear(-MOST, MOST, 0.5, 5),
            0);
    private final ComboBox<TreeSteering.Kind> kind = new ComboBox<>();
    private final ComboBox<Integer> layer = new ComboBox<>();
    private final CheckBox ghost = new CheckBox("Ghost");
    private final CheckBox listed = new CheckBox("Interventions");
    private boolean following;

    SteeringBar(TreeModel model, TreeComparison comparison) {
        this.model = model;
        controls = model.controls();
        getStyleClass().add("tree-steering");
        setMinWidth(0);
        kind.setId("steer-kind-" + model.side());
        kind.getItems().setAll(TreeSteering.Kind.values());
        kind.setConverter(new LabelConverter<>(which -> which == TreeSteering.Kind.ADD ? "Add" : "Clamp"));
        kind.setTooltip(
                Tooltips.of("Add: the direction is added to what is there. Clamp: its share of the residual stream is "
                        + "held at the number at every position; at 0 the feature is ablated"));
        kind.setAccessibleText("Add or clamp");
        coefficient.setId("steer-coefficient-" + model.side());
        layer.setId("steer-layer-" + model.side());
        layer.setConverter(new LabelConverter<>(this::name));
        layer.setTooltip(
                Tooltips.of("The layer whose input the feature is added to; the feature's own layer is the first one "
                        + "behind the place its checkpoint reads"));
        layer.setAccessibleText("Layer to steer at");
        ghost.setId("steer-ghost-" + model.side());
        ghost.setTooltip(Tooltips.of(
                "Whether the ghost stands in the prompt too; if not, the centroid of all tokens does, and the "
                        + "feature steers alone"));
        Button clean = IconButtons.of(Feather.COLUMNS, "Lay the tree over the undisturbed one, or stop", () -> {
            if (comparison.other().get().equals(TreeComparison.CLEAN)) {
                comparison.stop();
            } else {
                comparison.followClean();
            }
        });
        clean.setId("steer-compare-" + model.side());
        clean.disableProperty()
                .bind(Bindings.createBooleanBinding(
                        () -> !now().isOn()
                                && model.inForce().get().interventions().isEmpty(),
                        controls.steering(),
                        model.inForce()));
        listed.setId("tree-interventions-" + model.side());
        listed.setTooltip(Tooltips.of("Whether the tree grows under what the pane Interventions lists; positions are "
                + "those of the prompt, and the tree's tokens count as generated"));
        listed.selectedProperty().bindBidirectional(model.withListed());
        listed.disableProperty()
                .bind(Bindings.createBooleanBinding(
                        () -> !model.withListed().get()
                                && model.listed().get().interventions().isEmpty(),
                        model.withListed(),
                        model.listed()));
        getChildren().addAll(kind, coefficient, layer, ghost, listed, clean);

        coefficient.valueProperty().addListener((property, was, is) -> change(now().withCoefficient(is.doubleValue())));
        coefficient
                .draggingProperty()
                .addListener((property, was, is) -> controls.held().set(is));
        kind.valueProperty().addListener((property, was, is) -> change(now().withKind(is)));
        layer.valueProperty().addListener((property, was, is) -> {
            if (is != null) {
                change(now().withLayer(is));
            }
        });
        ghost.selectedProperty().addListener((property, was, is) -> change(now().withGhost(is)));
        controls.steering().addListener((property, was, is) -> show());
        model.side().sae().addListener((property, was, is) -> fillLayers());
        fillLayers();
    }

    void focusCoefficient() {
        coefficient.lookup(".slider").requestFocus();
    }

    private SteeringValues now() {
        return controls.steering().get();
    }

    private void change(SteeringValues to) {
        if (!following) {
            controls.steering().set(to);
        }
    }

    private void fillLayers() {
        OpenModel open = model.side().model().get();
        following = true;
        layer.getItems()
                .setAll(IntStream.range(
                                SteeringValues.OWN_LAYER,
                                open == null ? 0 : open.config().nLayers())
                        .boxed()
                        .toList());
        following = false;
        show();
    }

    private void show() {
        following = true;
        kind.setValue(now().kind());
        coefficient.setValue(controls.values().get().steering().coefficient());
        layer.setValue(now().layer());
        ghost.setSelected(now().ghost());
        following = false;
    }

    private String name(int which) {
        OpenModel open = model.side().model().get();
        OpenSae sae = model.side().sae().get();
        if (which != SteeringValues.OWN_LAYER) {
            return "Layer " + which;
        }
        return open == null || sae == null ? "Its layer" : "Its layer (" + SteeringValues.NONE.layerIn(open, sae) + ")";
    }
}
