package loupe.ui.ghost;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javafx.beans.property.Property;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.TextField;
import javafx.scene.control.ToggleButton;
import javafx.scene.layout.HBox;
import javafx.scene.layout.VBox;
import loupe.analysis.ghost.ScaleSweep;
import loupe.base.Problem;
import loupe.state.ghost.GhostKnobs;
import loupe.state.ghost.ScaleSweepModel;
import loupe.state.pane.ResultSlot;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Reason;
import loupe.ui.control.Tooltips;
import loupe.ui.export.ExportMenu;
import loupe.ui.export.FileSaver;

/** The row under the scale slider that opens the sweep over scales, shows its proposal, and applies it. */
final class ScaleFinder extends VBox {
    private static final int MIXES_COLUMNS = 7;

    private final ScaleSweepModel model;
    private final ToggleButton open = new ToggleButton("Find a scale");
    private final Button apply = new Button();
    private final Label proposal = new Label();
    private final TextField mixes = new TextField();
    private final Reason reason = new Reason("ghost-scale-mixes-reason");
    private final ScaleCurves curves;

    /**
     * @param provenance of the numbers, for captions
     * @param desk saves the curves
     */
    ScaleFinder(ScaleSweepModel model, Supplier<String> provenance, FileSaver desk) {
        this.model = model;
        curves = new ScaleCurves(model.controls().range(), model.controls().scale(), model::applyScale);
        layOut();
        bind();
        new ExportMenu(curves, provenance, desk).attachTo(curves);
    }

    private void layOut() {
        open.setId("ghost-scale-find");
        open.setTooltip(Tooltips.of(
                "Grow small trees at 24 scales or more, until the score turns, and compare each with trees of random "
                        + "directions at the same scale"));
        apply.setId("ghost-scale-use");
        proposal.setId("ghost-scale-said");
        proposal.setWrapText(true);
        mixes.setId("ghost-scale-mixes");
        mixes.setPromptText("this share");
        mixes.setPrefColumnCount(MIXES_COLUMNS);
        mixes.setAccessibleText("Encoder shares to try scales at");
        mixes.setTooltip(
                Tooltips.of("Encoder shares at which scales are tried, such as 0, 0.5, 1, of which the best pair "
                        + "of share and scale is proposed; empty for the share that is chosen. Enter to apply"));
        HBox row = new HBox(8, open, mixes, apply);
        row.getStyleClass().add("ghost-row");
        getChildren().addAll(row, reason, curves, proposal);
        getStyleClass().add("scale-finder");
    }

    private void bind() {
        open.selectedProperty().bindBidirectional(model.open());
        for (javafx.scene.Node part : List.of(curves, proposal, mixes)) {
            part.managedProperty().bind(model.open());
            part.visibleProperty().bind(model.open());
        }
        apply.setOnAction(event -> model.applyBest());
        Property<List<Double>> tried = model.controls().property(GhostKnobs.TRIED_MIXES);
        mixes.setOnAction(event -> commit(tried));
        mixes.focusedProperty().addListener((property, was, is) -> {
            if (!is) {
                commit(tried);
            }
        });
        tried.addListener(changed -> mixes.setText(words(tried.getValue())));
        mixes.setText(words(tried.getValue()));
        for (ResultSlot<?> slot : List.of(model.sweep(), model.mixes())) {
            slot.valueProperty().addListener(changed -> show());
            slot.pendingProperty().addListener(changed -> show());
            slot.problemProperty().addListener(changed -> show());
        }
        model.open().addListener((property, was, is) -> show());
        show();
    }

    private void commit(Property<List<Double>> tried) {
        try {
            tried.setValue(mixes.getText().isBlank() ? List.of() : GhostKnobs.mixes(mixes.getText()));
            reason.refuse(mixes, "");
        } catch (IllegalArgumentException nonsense) {
            reason.refuse(
                    mixes, "Shares of the encoder are numbers from 0 to 1 with commas between, such as 0, 0.5, 1");
        }
    }

    private static String words(List<Double> mixes) {
        return mixes.stream().map(NumberTexts::plain).collect(Collectors.joining(", "));
    }

    private boolean isPending() {
        return model.sweep().isPending() || model.mixes().isPending();
    }

    /** The share of the proposal, where several were tried. */
    private String share(ScaleSweep.Answer sweep) {
        return model.mixes().getValue() == null
                ? ""
                : " at share " + NumberTexts.plain(sweep.query().ghost().encoderMix());
    }

    private String said(ScaleSweep.Answer sweep, ScaleSweep.Best best) {
        boolean pending = isPending();
        String found = "%s%s, the middle of %s to %s, where the score is within 5 %% of its largest"
                .formatted(
                        NumberTexts.number(best.scale()),
                        share(sweep),
                        NumberTexts.number(best.low()),
                        NumberTexts.number(best.high()));
        return pending
                ? "So far " + found
                : best.turns()
                        ? "Best " + found + ". Click in the chart to set the scale"
                        : found.substring(0, 1).toUpperCase(java.util.Locale.ROOT) + found.substring(1)
                                + ". The score does not turn between the scales tried, so this is no best scale";
    }

    private void show() {
        ScaleSweep.Answer sweep = model.best().orElse(null);
        Problem problem = model.mixes().getProblem() != null
                ? model.mixes().getProblem()
                : model.sweep().getProblem();
        ScaleSweep.Best best = sweep == null ? null : sweep.best().orElse(null);
        curves.show(sweep);
        apply.setVisible(best != null && model.open().get());
        if (sweep != null && best != null) {
            apply.setText("Use " + NumberTexts.number(best.scale()) + share(sweep));
            apply.setTooltip(Tooltips.of(
                    "Set the scale" + (share(sweep).isEmpty() ? "" : " and the share") + " to where " + best.why()));
        }
        proposal.setText(
                problem != null
                        ? problem.message()
                        : sweep != null && best != null
                                ? said(sweep, best)
                                : isPending()
                                        ? "Growing trees at 24 scales..."
                                        : "Choose a feature to sweep the scales of its ghost");
    }
}
