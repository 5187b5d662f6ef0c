package loupe.ui.features;

import java.util.OptionalInt;
import javafx.beans.binding.Bindings;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import loupe.state.WorkbenchModels;
import loupe.state.window.FeatureRef;
import loupe.ui.control.IconButtons;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.References;
import loupe.ui.control.Tooltips;
import loupe.ui.token.TokenText;
import org.controlsfx.control.textfield.CustomTextField;
import org.controlsfx.control.textfield.TextFields;
import org.kordamp.ikonli.feather.Feather;

/** The header with the chosen feature, back and forward, and the feature of B beside it. */
public final class FeatureHeader {
    private final WorkbenchModels models;
    private final HBox box = new HBox(8);
    private final Label title = new Label();
    private final Label facts = new Label();
    private final Label beside = new Label();
    private final CustomTextField pin = (CustomTextField) TextFields.createClearableTextField();

    public FeatureHeader(WorkbenchModels models) {
        this.models = models;
        layOut();
        bind();
    }

    public Node node() {
        return box;
    }

    private void layOut() {
        box.getStyleClass().add("feature-header");
        box.setAlignment(Pos.CENTER_LEFT);
        Button back = IconButtons.of(
                Feather.ARROW_LEFT,
                "Feature chosen before (Alt+Left)",
                models.workbench().selection()::back);
        Button forward = IconButtons.of(
                Feather.ARROW_RIGHT,
                "Feature chosen after (Alt+Right)",
                models.workbench().selection()::forward);
        back.setId("back");
        forward.setId("forward");
        back.disableProperty().bind(models.workbench().selection().hasPast().not());
        forward.disableProperty()
                .bind(models.workbench().selection().hasFuture().not());
        title.setId("feature-title");
        title.getStyleClass().add("feature-title");
        title.setMinWidth(Region.USE_PREF_SIZE);
        facts.getStyleClass().add("muted");
        facts.setMinWidth(0);
        facts.tooltipProperty()
                .bind(facts.textProperty().map(text -> text.isEmpty() ? null : Tooltips.of(text.strip())));
        HBox.setHgrow(facts, Priority.ALWAYS);
        facts.setMaxWidth(Double.MAX_VALUE);
        beside.setId("match-title");
        beside.getStyleClass().add("side-b-text");
        beside.setMinWidth(Region.USE_PREF_SIZE);
        pin.setId("pin-feature");
        pin.setPromptText("Pin B");
        pin.setMinWidth(76);
        pin.setPrefWidth(76);
        pin.setMaxWidth(76);
        pin.setTooltip(
                Tooltips.of("Keep one feature of B beside A, by number and Enter; empty to follow the best match by "
                        + "decoder cosine"));
        box.getChildren().addAll(back, forward, title, facts, beside, pin);
    }

    private void bind() {
        models.workbench().a().feature().addListener(changed -> describe());
        models.workbench().b().feature().addListener(changed -> describe());
        models.workbench().b().sae().addListener(changed -> describe());
        models.compare().cosine().addListener(changed -> describe());
        models.table().version().addListener(changed -> describe());
        pin.setOnAction(event -> pin(pin.getText()));
        References.dropOn(pin, this::pin);
        pin.textProperty().addListener((property, was, is) -> {
            if (is.isEmpty()) {
                pin("");
            }
        });
        pin.visibleProperty().bind(Bindings.isNotNull(models.workbench().b().sae()));
        pin.managedProperty().bind(pin.visibleProperty());
        beside.visibleProperty().bind(pin.visibleProperty());
        beside.managedProperty().bind(pin.visibleProperty());
        describe();
    }

    private void pin(String typed) {
        String digits = typed.strip().replace("#", "");
        boolean number = digits.matches("\\d{1,9}");
        boolean pinned = typed.isBlank()
                ? models.compare().pin(OptionalInt.empty())
                : number && models.compare().pin(OptionalInt.of(Integer.parseInt(digits)));
        pin.pseudoClassStateChanged(javafx.css.PseudoClass.getPseudoClass("danger"), !pinned);
    }

    private void describe() {
        FeatureRef a = models.workbench().a().feature().get();
        FeatureRef b = models.workbench().b().feature().get();
        title.setText(a == null ? "No feature" : "Feature " + a.feature());
        title.getStyleClass().remove("side-a-text");
        if (models.workbench().b().sae().get() != null) {
            title.getStyleClass().add("side-a-text");
        }
        facts.setText(a == null ? "" : facts(a.feature()));
        double cosine = models.compare().cosine().get();
        beside.setText(
                b == null
                        ? "B: matching"
                        : "Feature " + b.feature()
                                + (Double.isNaN(cosine) ? " (pinned)" : ", cosine " + NumberTexts.number(cosine)));
    }

    private String facts(int feature) {
        double density = models.table().number(loupe.state.features.FeatureColumn.DENSITY, feature);
        double max = models.table().number(loupe.state.features.FeatureColumn.MAX, feature);
        double min = models.table().number(loupe.state.features.FeatureColumn.MIN, feature);
        String promoted = models.table().promoted(feature);
        return (Double.isNaN(density)
                        ? ""
                        : (density == 0
                                        ? "never active"
                                        : "active on " + NumberTexts.percent(density) + " of tokens, "
                                                + (min < 0 ? "from " + NumberTexts.number(min) + " to " : "up to ")
                                                + NumberTexts.number(max))
                                + models.table()
                                        .counted(loupe.state.features.FeatureColumn.DENSITY)
                                        .soFar() + "   ")
                + (promoted.isEmpty() ? "" : "promotes " + TokenText.sentence(promoted));
    }
}
