package loupe.ui.checkpoint;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.CheckBox;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.Spinner;
import javafx.scene.layout.ColumnConstraints;
import javafx.scene.layout.GridPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.base.Refusal;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeOptions;
import loupe.sae.checkpoint.TensorRoles;
import loupe.sae.checkpoint.TensorRoles.Orientation;
import loupe.sae.checkpoint.TensorRoles.Role;
import loupe.sae.checkpoint.TensorRoles.Tensor;
import loupe.state.window.CheckpointDoubt;
import loupe.ui.control.LabelConverter;
import loupe.ui.control.Tooltips;

/**
 * The form that asks which tensors of a file of no known format are the encoder, the decoder and so on, with what
 * shapes and names suggest filled in, and for the rest of what such a file does not say.
 */
public final class TensorsForm {
    private static final String NONE = "none";
    private static final Map<Orientation, String> WAYS = new EnumMap<>(Map.of(
            Orientation.FROM_SHAPE, "as its shape says",
            Orientation.ROWS, "each row a feature",
            Orientation.COLUMNS, "each column a feature"));

    private final VBox box = new VBox(12);
    private final Map<Role, ComboBox<String>> names = new EnumMap<>(Role.class);
    private final Map<Role, ComboBox<Orientation>> ways = new EnumMap<>(Role.class);
    private final ComboBox<String> activation = new ComboBox<>();
    private final Spinner<Integer> k;
    private final CheckBox subtracts = new CheckBox("The decoder bias is subtracted before encoding");
    private final Label wrong = new Label();

    /**
     * Builds the form for the tensors the doubt is about.
     *
     * @param settled receives the user's answers
     * @param dismissed runs when the user closes the form without an answer
     */
    public TensorsForm(CheckpointDoubt doubt, Consumer<SaeOptions> settled, Runnable dismissed) {
        TensorRoles.Choices choices = doubt.tensors().orElseThrow();
        Map<Role, Tensor> likely = choices.likely().map(TensorRoles::tensors).orElse(Map.of());
        box.getStyleClass().add("checkpoint-form");
        box.setId("tensors-form");
        Label heading = new Label("Which tensors of " + doubt.path().getFileName() + " are its parts");
        heading.getStyleClass().add("form-heading");
        Label why = new Label("The file is of no known format. What shapes and names suggest is filled in.");
        why.setWrapText(true);
        why.getStyleClass().add("muted");
        GridPane grid = new GridPane();
        grid.setHgap(12);
        ColumnConstraints filled = new ColumnConstraints();
        filled.setHgrow(Priority.ALWAYS);
        grid.getColumnConstraints().setAll(new ColumnConstraints(), filled);
        int row = 0;
        for (Role role : Role.values()) {
            addRole(
                    grid,
                    row++,
                    role,
                    choices.choices().getOrDefault(role, List.of()),
                    Optional.ofNullable(likely.get(role)));
        }
        k = new Spinner<>(1, 100_000, doubt.k());
        k.setEditable(true);
        k.setId("tensors-k");
        k.setTooltip(Tooltips.of("How many features fire on each token, for topk and batchtopk"));
        activation
                .getItems()
                .setAll(SaeFile.activations().stream()
                        .filter(name -> !name.equals("gated"))
                        .toList());
        activation.setValue(likely.containsKey(Role.THRESHOLD) ? "jumprelu" : "relu");
        activation.setId("tensors-activation");
        activation.setTooltip(Tooltips.of("Activation function, which the file does not say"));
        Label kLabel = label("Features per token (k)");
        for (Node node : List.of(kLabel, k)) {
            node.visibleProperty().bind(activation.valueProperty().map(name -> name.endsWith("topk")));
            node.managedProperty().bind(node.visibleProperty());
        }
        grid.addRow(row++, label("Activation function"), activation);
        grid.addRow(row++, kLabel, k);
        subtracts.setId("tensors-subtract");
        subtracts.setWrapText(true);
        subtracts.setMinHeight(Region.USE_PREF_SIZE);
        grid.add(subtracts, 1, row, 2, 1);
        CheckpointForm.space(grid);
        wrong.getStyleClass().add("problem-message");
        wrong.setWrapText(true);
        wrong.managedProperty().bind(wrong.textProperty().isNotEmpty());
        Button open = new Button("Open");
        open.setDefaultButton(true);
        open.getStyleClass().add("accent");
        open.setId("form-open");
        open.setOnAction(event -> answer(doubt.options(), settled));
        Button leave = new Button("Cancel");
        leave.setCancelButton(true);
        leave.setOnAction(event -> dismissed.run());
        HBox buttons = new HBox(8, leave, open);
        buttons.setAlignment(Pos.CENTER_RIGHT);
        box.getChildren().addAll(heading, why, grid, wrong, buttons);
    }

    private void addRole(GridPane grid, int row, Role role, List<String> choices, Optional<Tensor> likely) {
        ComboBox<String> name = new ComboBox<>();
        List<String> items = new ArrayList<>(choices);
        if (!role.isMatrix()) {
            items.add(0, NONE);
        }
        name.getItems().setAll(items);
        name.setValue(likely.map(Tensor::name).orElse(role.isMatrix() ? null : NONE));
        name.setMaxWidth(Double.MAX_VALUE);
        name.setId("tensors-" + role.label());
        name.setTooltip(Tooltips.of("Tensor of the file that is the " + words(role)));
        names.put(role, name);
        grid.addRow(row, label(capitalised(words(role))), name);
        if (role.isMatrix()) {
            ComboBox<Orientation> way = new ComboBox<>();
            way.getItems().setAll(Orientation.values());
            way.setConverter(new LabelConverter<>(orientation -> WAYS.getOrDefault(orientation, "")));
            way.setMinWidth(Region.USE_PREF_SIZE);
            way.setValue(likely.map(Tensor::orientation).orElse(Orientation.FROM_SHAPE));
            way.setId("tensors-" + role.label() + "-way");
            way.setTooltip(Tooltips.of("Whether a row or a column is one feature; a square matrix needs it said"));
            ways.put(role, way);
            grid.add(way, 2, row);
        }
    }

    private void answer(SaeOptions options, Consumer<SaeOptions> settled) {
        Map<Role, Tensor> tensors = new EnumMap<>(Role.class);
        names.forEach((role, name) -> {
            if (name.getValue() != null && !name.getValue().equals(NONE)) {
                tensors.put(
                        role,
                        new Tensor(
                                name.getValue(),
                                role.isMatrix()
                                        ? Objects.requireNonNull(ways.get(role)).getValue()
                                        : Orientation.FROM_SHAPE));
            }
        });
        try {
            settled.accept(options.change()
                    .format(Optional.empty())
                    .tensors(Optional.of(new TensorRoles(tensors)))
                    .activation(Optional.of(activation.getValue()))
                    .k(k.isVisible() ? OptionalInt.of(k.getValue()) : OptionalInt.empty())
                    .subtractDecoderBias(
                            tensors.containsKey(Role.DECODER_BIAS)
                                    ? Optional.of(subtracts.isSelected())
                                    : Optional.empty())
                    .build());
        } catch (Refusal refusal) {
            wrong.setText(refusal.getMessage());
        }
    }

    private static String words(Role role) {
        return role == Role.THRESHOLD ? "thresholds" : role.label().replace('-', ' ');
    }

    private static String capitalised(String words) {
        return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
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
        Objects.requireNonNull(names.get(Role.ENCODER)).requestFocus();
    }
}
