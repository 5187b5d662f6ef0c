package loupe.ui.checkpoint;

import java.util.List;
import java.util.function.Consumer;
import javafx.geometry.Insets;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.CheckBox;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.Spinner;
import javafx.scene.control.TextField;
import javafx.scene.layout.GridPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.base.HookPoint;
import loupe.base.Refusal;
import loupe.sae.checkpoint.SaeOptions;
import loupe.sae.checkpoint.SaeProposal;
import loupe.state.window.CheckpointDoubt;
import loupe.ui.control.Tooltips;

/** The form for the facts that a checkpoint's files leave out, with a proposal filled in for each. */
public final class CheckpointForm {
    private final VBox box = new VBox(12);
    private final boolean asksActivation;
    private final Spinner<Integer> k;
    private final ComboBox<String> activation = new ComboBox<>();
    private final TextField normFactor = new TextField();
    private final Label wrong = new Label();
    private final ComboBox<HookPoint> hook = new ComboBox<>();
    private final CheckBox centred = new CheckBox("Trained on the centred residual stream of TransformerLens");

    /**
     * @param layers of the open model
     * @param settled receives the user's answers
     * @param dismissed runs when the user closes the form without an answer
     */
    public CheckpointForm(CheckpointDoubt doubt, int layers, Consumer<SaeOptions> settled, Runnable dismissed) {
        box.getStyleClass().add("checkpoint-form");
        box.setId("checkpoint-form");
        asksActivation = doubt.missing().contains(SaeProposal.Missing.ACTIVATION);
        boolean isMissing = !doubt.missing().isEmpty();
        Label heading = new Label(
                isMissing
                        ? doubt.path().getFileName() + ": settings are missing"
                        : "How to read " + doubt.path().getFileName());
        heading.getStyleClass().add("form-heading");
        Label why = new Label(
                isMissing
                        ? "The file has the weights, but not all settings needed to use them. The proposed values are "
                                + "guessed from the file's values and name, the other checkpoint and the model."
                        : "This is what the files or you have said so far. Change what is wrong and open it again.");
        why.setWrapText(true);
        why.getStyleClass().add("muted");

        GridPane grid = new GridPane();
        grid.setHgap(12);
        k = new Spinner<>(1, 100_000, doubt.k());
        k.setEditable(true);
        k.setId("form-k");
        k.setTooltip(Tooltips.of("How many features fire on each token"));
        addEncoding(doubt, grid);
        for (int layer = 0; layer < layers; layer++) {
            for (HookPoint.Site site : new HookPoint.Site[] {
                HookPoint.Site.RESID_PRE,
                HookPoint.Site.ATTN_MODULE_IN,
                HookPoint.Site.ATTN_MODULE_OUT,
                HookPoint.Site.ATTN_OUT,
                HookPoint.Site.RESID_MID,
                HookPoint.Site.MLP_MODULE_IN,
                HookPoint.Site.MLP_MODULE_OUT,
                HookPoint.Site.MLP_OUT,
                HookPoint.Site.RESID_POST
            }) {
                hook.getItems().add(new HookPoint(site, layer));
            }
        }
        if (!hook.getItems().contains(doubt.hook())) {
            hook.getItems().add(0, doubt.hook());
        }
        hook.setValue(doubt.hook());
        hook.setId("form-hook");
        hook.setTooltip(
                Tooltips.of("Place in the model that it reads, by its TransformerLens name. hook_in is what the "
                        + "attention or MLP is given, after the norm; hook_out is what it returns, "
                        + "before a norm of its output; "
                        + "hook_attn_out and hook_mlp_out are what is added to the residual stream"));
        grid.addRow(3, label("Hook point"), hook);
        centred.setSelected(doubt.centred());
        centred.setId("form-centred");
        centred.setWrapText(true);
        centred.setMinHeight(Region.USE_PREF_SIZE);
        centred.setTooltip(Tooltips.of(
                "TransformerLens subtracts the mean of the residual stream by default; SAEs trained with it "
                        + "expect that"));
        if (doubt.offersCentring()) {
            grid.add(centred, 1, 4);
        }
        space(grid);
        wrong.setWrapText(true);
        wrong.getStyleClass().add("problem-message");
        wrong.managedProperty().bind(wrong.textProperty().isNotEmpty());

        Button open = new Button("Open");
        open.setDefaultButton(true);
        open.getStyleClass().add("accent");
        open.setId("form-open");
        open.setOnAction(event -> {
            try {
                settled.accept(doubt.settled(
                        k.getValue(),
                        hook.getValue(),
                        centred.isSelected(),
                        activation.getValue(),
                        normFactor.getText().strip()));
            } catch (Refusal refusal) {
                wrong.setText(refusal.getMessage());
            }
        });
        Button leave = new Button("Cancel");
        leave.setCancelButton(true);
        leave.setOnAction(event -> dismissed.run());
        HBox buttons = new HBox(8, leave, open);
        buttons.setAlignment(Pos.CENTER_RIGHT);
        box.getChildren().addAll(heading, why, grid, wrong, buttons);
    }

    /** The activation function, with k where it has one, and the factor of the input where there is one. */
    private void addEncoding(CheckpointDoubt doubt, GridPane grid) {
        SaeProposal.Encoding encoding = doubt.encoding();
        activation.getItems().setAll(encoding.activations());
        activation.setValue(encoding.activation());
        activation.setId("form-activation");
        activation.setTooltip(Tooltips.of(
                "How pre-activations become feature activations; those that the file has the " + "tensors for"));
        grid.addRow(0, label("Activation function"), activation);
        Label kLabel = label("Features per token (k)");
        grid.addRow(1, kLabel, k);
        for (Node node : List.of(kLabel, k)) {
            node.visibleProperty().bind(activation.valueProperty().map(doubt::asksK));
            node.managedProperty().bind(node.visibleProperty());
        }
        if (encoding.scaled()) {
            normFactor.setText(
                    encoding.normFactor().isPresent()
                            ? Double.toString(encoding.normFactor().getAsDouble())
                            : "");
            normFactor.setPromptText("1, if not known");
            normFactor.setId("form-norm-factor");
            normFactor.setTooltip(Tooltips.of("What activations were multiplied by before encoding: sqrt(d) over their "
                    + "average norm in training"));
            grid.addRow(2, label("Norm factor"), normFactor);
        }
    }

    /** Leaves room between the rows of a form, and none for a row that is not shown. */
    static void space(GridPane grid) {
        for (Node field : grid.getChildren()) {
            GridPane.setMargin(field, new Insets(4, 0, 4, 0));
        }
    }

    private static Label label(String words) {
        Label label = new Label(words);
        label.setMinWidth(Region.USE_PREF_SIZE);
        return label;
    }

    public Node node() {
        return box;
    }

    public void focus() {
        (asksActivation ? activation : k.isVisible() ? k : hook).requestFocus();
    }
}
