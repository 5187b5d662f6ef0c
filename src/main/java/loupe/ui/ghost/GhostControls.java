package loupe.ui.ghost;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.CheckBox;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.ScrollPane;
import javafx.scene.control.ToggleButton;
import javafx.scene.control.ToggleGroup;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.StackPane;
import javafx.scene.layout.VBox;
import loupe.analysis.tokens.TokenMetric;
import loupe.state.ghost.GhostControlsModel;
import loupe.state.ghost.GhostKnobs;
import loupe.state.ghost.Knob;
import loupe.state.ghost.ScaleSweepModel;
import loupe.ui.control.IconButtons;
import loupe.ui.control.LabelConverter;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.SliderField;
import loupe.ui.control.SliderScale;
import loupe.ui.control.Tooltips;
import loupe.ui.export.FileSaver;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import org.controlsfx.control.SegmentedButton;
import org.kordamp.ikonli.feather.Feather;

/** The one set of controls that the definition tree and the token list follow, on both sides. */
public final class GhostControls implements Pane {
    private static final double MIDDLE = 0.5;

    private final GhostControlsModel model;
    private final PaneFrame frame = new PaneFrame("Ghost");
    private final ToggleButton encoder = segment(
            "Encoder", "ghost-encoder", "The direction that detects the feature: its column of W_enc, at unit norm");
    private final ToggleButton decoder =
            segment("Decoder", "ghost-decoder", "The direction the feature writes: its row of W_dec, at unit norm");
    private final ToggleButton mix =
            segment("Mix", "ghost-mix", "A e + (1 - A) d of the two unit directions, not made a unit again");
    private final SliderField mixture =
            KnobFields.field(GhostKnobs.ENCODER_MIX.slider().orElseThrow(), MIDDLE);
    private final StackPane scaleHolder = new StackPane();
    private final CheckBox centroid = new CheckBox("Centroid");
    private final VBox components = new VBox();
    private final Button fewer = IconButtons.of(
            Feather.MINUS, "Take the last principal component away, and its weight with it", () -> offerComponents(-1));
    private final Button more = IconButtons.of(
            Feather.PLUS, "Give the next principal component of the embedding a weight too", () -> offerComponents(1));
    private final ComboBox<TokenMetric> metric = new ComboBox<>();
    private final ScaleFinder scaleFinder;

    @SuppressWarnings("NullAway.Init") // made by the layout
    private SliderField scale;

    private final javafx.beans.value.ChangeListener<Number> scaleFollows =
            (property, was, is) -> scale.setValue(is.doubleValue());

    /**
     * @param provenance of the numbers that the ghost has, for captions
     * @param desk saves them
     */
    public GhostControls(GhostControlsModel model, ScaleSweepModel sweep, Supplier<String> provenance, FileSaver desk) {
        this.model = model;
        scaleFinder = new ScaleFinder(sweep, provenance, desk);
        layOut();
        bind();
    }

    @Override
    public PaneFrame node() {
        return frame;
    }

    private void layOut() {
        SegmentedButton directions = new SegmentedButton(encoder, decoder, mix);
        directions.setToggleGroup(new ToggleGroup());
        for (ToggleButton button : List.of(encoder, decoder, mix)) {
            button.setToggleGroup(directions.getToggleGroup());
            button.addEventFilter(javafx.scene.input.MouseEvent.MOUSE_RELEASED, event -> keepOne(button, event));
        }
        centroid.setId("ghost-centroid");
        centroid.setTooltip(
                Tooltips.of("Add the mean of all token embeddings, so that the ghost stands where tokens stand"));
        HBox first = new HBox(12, directions, centroid);
        first.getStyleClass().add("ghost-row");
        mixture.setId("ghost-mixture");
        for (int i = 0; i < GhostKnobs.MOST_COMPONENTS; i++) {
            components.getChildren().add(component(i));
        }
        fewer.setId("ghost-pca-fewer");
        more.setId("ghost-pca-more");
        HBox.setHgrow(components, Priority.ALWAYS);
        HBox componentRow = new HBox(components, fewer, more);
        componentRow.getStyleClass().add("component-row");
        metric.getItems().setAll(TokenMetric.values());
        metric.setId("ghost-metric");
        metric.setAccessibleText("Nearness");
        metric.setTooltip(Tooltips.of("How the token list measures nearness to the ghost"));
        metric.setConverter(new LabelConverter<>(GhostControls::name));
        Label metricLabel = rowLabel("Nearness");
        HBox metricRow = new HBox(8, metricLabel, metric);
        metricRow.getStyleClass().add("ghost-row");
        Map<Knob<?, ?>, List<Node>> own = Map.of(
                GhostKnobs.ENCODER_MIX, List.of(first, mixture),
                GhostKnobs.SCALE, List.of(scaleHolder, scaleFinder),
                GhostKnobs.PCA, List.of(componentRow),
                GhostKnobs.METRIC, List.of(metricRow),
                GhostKnobs.PROMPT, List.of(new PromptField(model)),
                GhostKnobs.MASK_ID, List.of(new LeftOutField(model)));
        VBox rows = new VBox();
        for (Knob<?, ?> knob : GhostKnobs.ALL) {
            rows.getChildren().addAll(own.containsKey(knob) ? own.get(knob) : slider(knob));
        }
        rows.getStyleClass().add("ghost-controls");
        ScrollPane scroll = new ScrollPane(rows);
        scroll.setFitToWidth(true);
        scroll.setHbarPolicy(ScrollPane.ScrollBarPolicy.NEVER);
        scroll.getStyleClass().add("edge-to-edge");
        frame.setContent(scroll);
        Button reset = IconButtons.of(Feather.ROTATE_CCW, "Bring every control back to its default", model::reset);
        reset.setId("ghost-reset");
        frame.getActions().add(reset);
    }

    /** The slider of a knob among these controls; none for a knob that is set in another row or pane. */
    private List<Node> slider(Knob<?, ?> knob) {
        if (knob.slider().isEmpty() || knob.isElsewhere()) {
            return List.of();
        }
        SliderField slider = KnobFields.of(model, knob);
        if (knob == GhostKnobs.EXPONENT) {
            slider.disableProperty().bind(model.metric().isNotEqualTo(TokenMetric.RATIO));
        }
        return List.of(slider);
    }

    private void bind() {
        model.range().addListener((property, was, is) -> makeScale());
        model.scale().addListener(scaleFollows);
        makeScale();
        mixture.managedProperty().bind(mix.selectedProperty());
        mixture.visibleProperty().bind(mix.selectedProperty());
        mixture.valueProperty().addListener((property, was, is) -> {
            if (mix.isSelected()) {
                model.encoderMix().set(is.doubleValue());
            }
        });
        encoder.setOnAction(event -> model.encoderMix().set(1));
        decoder.setOnAction(event -> model.encoderMix().set(0));
        mix.setOnAction(event -> model.encoderMix().set(mixture.getValue()));
        model.encoderMix().addListener((property, was, is) -> showMix(is.doubleValue()));
        showMix(model.encoderMix().get());
        centroid.selectedProperty().bindBidirectional(model.centroid());
        fewer.disableProperty().bind(model.components().lessThanOrEqualTo(1));
        more.disableProperty().bind(model.components().greaterThanOrEqualTo(GhostKnobs.MOST_COMPONENTS));
        KnobFields.hold(mixture, model);
        metric.valueProperty().bindBidirectional(model.metric());
    }

    /**
     * The slider of a principal component's weight, shown while that many components are offered.
     *
     * @param index from 0
     */
    private SliderField component(int index) {
        SliderField weight = KnobFields.of(model, GhostKnobs.weight(index), model.pca(index));
        weight.setId("ghost-pc" + (index + 1));
        weight.visibleProperty().bind(model.components().greaterThan(index));
        weight.managedProperty().bind(weight.visibleProperty());
        return weight;
    }

    private void offerComponents(int by) {
        int last = model.components().get() - 1;
        if (by < 0) {
            model.pca(last).set(0);
        }
        model.components().set(last + 1 + by);
    }

    private void makeScale() {
        GhostControlsModel.ScaleRange range = model.range().get();
        double start = range.rounded(range.natural());
        boolean typed = scale != null && scale.isTyped();
        scale = new SliderField(
                "Scale",
                "",
                "How far the ghost stands from the centroid, in units of the embedding",
                SliderScale.linear(0, range.max(), range.step(), 10 * range.step()),
                start);
        scale.setId("ghost-scale");
        scale.setNatural(
                "Mean distance of a token from the centroid: " + NumberTexts.number(range.natural()), range.natural());
        scale.setValue(model.scale().get());
        SliderField made = scale;
        scale.valueProperty().addListener((property, was, is) -> {
            if (made == scale) {
                double used = range.rounded(is.doubleValue());
                model.scale().set(used);
                made.setValue(used); // a typed number may lie between two steps
            }
        });
        scale.setOnBeyond(range.furthest(), model::reach);
        KnobFields.hold(scale, model);
        scaleHolder.getChildren().setAll(scale);
        if (typed) {
            scale.focusNumber(); // what is typed next is for the field that took the place of the other
        }
    }

    private void showMix(double share) {
        if (share == 1 && !(mix.isSelected() && mixture.getValue() == 1)) {
            encoder.setSelected(true);
        } else if (share == 0 && !(mix.isSelected() && mixture.getValue() == 0)) {
            decoder.setSelected(true);
        } else {
            mix.setSelected(true);
            mixture.setValue(share);
        }
    }

    /** Keeps one direction chosen: a second click on it does not clear the choice. */
    private static void keepOne(ToggleButton button, javafx.scene.input.MouseEvent event) {
        if (button.isSelected()) {
            event.consume();
        }
    }

    static Label rowLabel(String text) {
        Label label = new Label(text);
        label.getStyleClass().add("row-label");
        return label;
    }

    private static ToggleButton segment(String text, String id, String tip) {
        ToggleButton button = new ToggleButton(text);
        button.setId(id);
        button.setMinWidth(javafx.scene.layout.Region.USE_PREF_SIZE);
        button.setTooltip(Tooltips.of(tip));
        return button;
    }

    static String name(TokenMetric metric) {
        return switch (metric) {
            case RATIO -> "Ratio of distances";
            case COSINE -> "Cosine";
            case CENTRED -> "Cosine from the centroid";
            case CSLS -> "CSLS";
            case DOT -> "Dot product";
            case MAHALANOBIS -> "Mahalanobis distance";
        };
    }
}
