package loupe.ui.ghost;

import java.util.function.Supplier;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.ToggleButton;
import javafx.scene.layout.HBox;
import javafx.scene.layout.VBox;
import loupe.analysis.ghost.ScaleSweep;
import loupe.base.Problem;
import loupe.state.ghost.ScaleSweepModel;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Tooltips;
import loupe.ui.export.ExportMenu;
import loupe.ui.export.FileSaver;

/** The row under the scale slider that opens the sweep over scales, shows its proposal, and applies it. */
final class ScaleFinder extends VBox {
    private final ScaleSweepModel model;
    private final ToggleButton open = new ToggleButton("Find a scale");
    private final Button apply = new Button();
    private final Label proposal = new Label();
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
        HBox row = new HBox(8, open, apply);
        row.getStyleClass().add("ghost-row");
        getChildren().addAll(row, curves, proposal);
        getStyleClass().add("scale-finder");
    }

    private void bind() {
        open.selectedProperty().bindBidirectional(model.open());
        for (javafx.scene.Node part : java.util.List.of(curves, proposal)) {
            part.managedProperty().bind(model.open());
            part.visibleProperty().bind(model.open());
        }
        apply.setOnAction(event -> {
            ScaleSweep.Answer sweep = model.sweep().getValue();
            if (sweep != null) {
                sweep.best().ifPresent(best -> model.applyScale(best.scale()));
            }
        });
        model.sweep().valueProperty().addListener((property, was, is) -> show());
        model.sweep().pendingProperty().addListener((property, was, is) -> show());
        model.sweep().problemProperty().addListener((property, was, is) -> show());
        model.open().addListener((property, was, is) -> show());
        show();
    }

    private String said(ScaleSweep.Best best) {
        boolean pending = model.sweep().isPending();
        String found = "%s, the middle of %s to %s, where the score is within 5 %% of its largest"
                .formatted(
                        NumberTexts.number(best.scale()),
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
        ScaleSweep.Answer sweep = model.sweep().getValue();
        Problem problem = model.sweep().getProblem();
        ScaleSweep.Best best = sweep == null ? null : sweep.best().orElse(null);
        curves.show(sweep);
        apply.setVisible(best != null && model.open().get());
        if (best != null) {
            apply.setText("Use " + NumberTexts.number(best.scale()));
            apply.setTooltip(Tooltips.of("Set the scale to where " + best.why()));
        }
        proposal.setText(
                problem != null
                        ? problem.message()
                        : best != null
                                ? said(best)
                                : model.sweep().isPending()
                                        ? "Growing trees at 24 scales..."
                                        : "Choose a feature to sweep the scales of its ghost");
    }
}
