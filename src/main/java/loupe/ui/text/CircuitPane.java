package loupe.ui.text;

import java.util.List;
import java.util.OptionalInt;
import java.util.function.BiConsumer;
import javafx.beans.binding.BooleanBinding;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import javafx.scene.control.Button;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.Menu;
import javafx.scene.control.MenuButton;
import javafx.scene.control.MenuItem;
import javafx.scene.control.SeparatorMenuItem;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import loupe.analysis.effects.FeatureCircuit;
import loupe.analysis.effects.FeatureCircuit.Ablation;
import loupe.analysis.effects.FeatureCircuit.Errors;
import loupe.base.NumberRange;
import loupe.state.text.CircuitModel;
import loupe.state.text.CircuitModel.Edge;
import loupe.state.text.CircuitModel.Node;
import loupe.state.text.CircuitPairs;
import loupe.state.text.PromptPair;
import loupe.state.text.PromptTemplate;
import loupe.state.text.PromptTokens;
import loupe.state.window.Side;
import loupe.ui.control.IconButtons;
import loupe.ui.control.LabelConverter;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Tables;
import loupe.ui.control.Tooltips;
import loupe.ui.export.FileSaver;
import loupe.ui.export.TableExport;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.token.TokenText;
import org.kordamp.ikonli.feather.Feather;

/**
 * The nodes that matter to the answer, how far they alone take the model, and the edges into the chosen feature at the
 * chosen token.
 */
public final class CircuitPane implements Pane {
    private static final double LEAST_TABLE = 60;
    private static final String ADD_THIS = "Add this pair: the typed prompts, to those that the circuit is found over";

    private final CircuitModel model;
    private final BiConsumer<Side, Integer> onFeature;
    private final FileSaver desk;
    private final PaneFrame frame = new PaneFrame("Circuit");
    private final TextField threshold = new TextField();
    private final ComboBox<Ablation> ablation = new ComboBox<>();
    private final ComboBox<Errors> errors = new ComboBox<>();
    private final Button stop;
    private final TableView<Node> nodes = Tables.make("circuit-nodes", "Nodes of the circuit");
    private final TableView<Edge> edges = Tables.make("circuit-edges", "Edges into the chosen feature");
    private final ObservableList<Node> listed = FXCollections.observableArrayList();
    private final ObservableList<Edge> into = FXCollections.observableArrayList();
    private final Label figures = new Label();
    private final Label about = new Label();
    private final Label refused = new Label();
    private final Button add;
    private final MenuButton pairs = new MenuButton();

    /** @param onFeature called when a feature of a side's checkpoint is chosen */
    public CircuitPane(CircuitModel model, BiConsumer<Side, Integer> onFeature, FileSaver desk) {
        this.model = model;
        this.onFeature = onFeature;
        this.desk = desk;
        stop = IconButtons.of(Feather.SQUARE, "Stop; what is known stays", model::stop);
        add = IconButtons.of(Feather.PLUS, ADD_THIS, model.pairs()::addTyped);
        layOut();
        bind();
    }

    @Override
    public PaneFrame node() {
        return frame;
    }

    @Override
    public void focus() {
        nodes.requestFocus();
    }

    private static String title(Ablation ablation) {
        return switch (ablation) {
            case MEAN -> "Others: mean";
            case ZERO -> "Others: 0";
        };
    }

    private static String title(Errors errors) {
        return switch (errors) {
            case DEFAULT -> "Errors of circuit";
            case REMOVE -> "No errors";
            case KEEP -> "All errors";
        };
    }

    private void layOut() {
        threshold.setId("circuit-threshold");
        threshold.setPrefColumnCount(4);
        threshold.setAccessibleText("Threshold of effects");
        threshold.setTooltip(Tooltips.of(
                "Size of the effect on the logit difference that a node of the circuit " + "exceeds; Enter takes it"));
        ablation.setId("circuit-ablation");
        ablation.getItems().setAll(Ablation.values());
        ablation.setConverter(new LabelConverter<>(CircuitPane::title));
        ablation.setAccessibleText("What other nodes become");
        ablation.setTooltip(Tooltips.of(
                "What nodes outside the circuit become: their mean at that place over the " + "corrupt prompts, or 0"));
        errors.setId("circuit-errors");
        errors.getItems().setAll(Errors.values());
        errors.setConverter(new LabelConverter<>(CircuitPane::title));
        errors.setAccessibleText("Which errors are kept");
        errors.setTooltip(Tooltips.of(
                "What checkpoints do not reconstruct: kept where the circuit has it, nowhere, or " + "everywhere"));
        stop.setId("circuit-stop");
        add.setId("circuit-add");
        pairs.setId("circuit-pairs");
        pairs.setAccessibleText("Pairs of prompts");
        pairs.setTooltip(Tooltips.of("Pairs of prompts that the circuit is found over, to add and remove; while none "
                + "is listed it is of the typed pair"));
        frame.getActions().addAll(pairs, add, threshold, ablation, errors, stop);
        nodes.getColumns()
                .add(Tables.texts("Of", "Checkpoint", 24, row -> row.side().name(), text -> text));
        nodes.getColumns()
                .add(Tables.texts(
                        "Written at",
                        "Hook point where the checkpoint writes",
                        150,
                        row -> row.at().name(),
                        text -> text));
        nodes.getColumns()
                .add(Tables.texts(
                        "Node",
                        "Feature, or the error: what the checkpoint does not reconstruct",
                        60,
                        CircuitPane::name,
                        text -> text));
        nodes.getColumns()
                .add(Tables.numbers(
                        "Effect",
                        "Integrated-gradients effect on the logit difference, summed over the tokens",
                        60,
                        Node::effect,
                        NumberTexts::number));
        edges.getColumns()
                .add(Tables.texts("From", "Checkpoint", 40, row -> row.side().name(), text -> text));
        edges.getColumns().add(Tables.counts("#", "Feature that the edge comes from", 60, Edge::feature));
        edges.getColumns().add(Tables.counts("Place", "Number of its token, from 0", 40, Edge::position));
        edges.getColumns().add(Tables.texts("Token", "Its token", 60, this::token, TokenText::visible));
        edges.getColumns()
                .add(Tables.numbers(
                        "Weight",
                        "What it contributes to the logit difference through the chosen feature at the chosen token",
                        60,
                        Edge::weight,
                        NumberTexts::number));
        nodes.setItems(listed);
        edges.setItems(into);
        figures.setId("circuit-figures");
        about.setId("circuit-about-edges");
        for (Label words : new Label[] {figures, about}) {
            words.getStyleClass().addAll("muted", "pane-foot");
            words.setMinWidth(0);
            words.setWrapText(true);
            words.setMinHeight(0);
        }
        refused.setId("circuit-refused");
        refused.getStyleClass().add("field-reason");
        refused.setWrapText(true);
        refused.setMinHeight(Label.USE_PREF_SIZE);
        refused.managedProperty().bind(refused.textProperty().isNotEmpty());
        VBox content = new VBox(refused, nodes, figures, edges, about);
        content.setMinSize(0, 0);
        for (TableView<?> table : new TableView<?>[] {nodes, edges}) {
            table.setMinHeight(0);
            table.setPrefHeight(0); // what the words between them leave
            table.setPrefHeight(LEAST_TABLE);
            VBox.setVgrow(table, Priority.ALWAYS);
        }
        frame.setRows();
        frame.setContent(content);
        TableExport.attachTo(nodes, "circuit", desk);
        TableExport.attachTo(edges, "edges", desk);
        frame.getMenuItems().addAll(TableExport.items(nodes, "circuit", desk));
        frame.getMenuItems().add(new SeparatorMenuItem());
        frame.getMenuItems().addAll(TableExport.items(edges, "edges", desk));
    }

    private static String name(Node row) {
        return row.feature().isPresent() ? "#" + row.feature().getAsInt() : "error";
    }

    private String token(Edge row) {
        PromptTokens tokens = model.prompt().cleanTokens().get();
        return row.position() < tokens.size() ? tokens.texts().get(row.position()) : "";
    }

    private void bind() {
        frame.statusProperty().bind(model.status());
        ablation.valueProperty().bindBidirectional(model.ablation());
        errors.valueProperty().bindBidirectional(model.errors());
        threshold.setOnAction(event -> takeThreshold());
        threshold.focusedProperty().addListener((property, was, is) -> {
            if (!is) {
                takeThreshold();
            }
        });
        model.threshold().addListener(changed -> showThreshold());
        showThreshold();
        refused.textProperty().bind(model.pairs().refusal());
        model.pairs().all().addListener(changed -> showPairs());
        model.pairs().templates().all().addListener(changed -> showPairs());
        showPairs();
        BooleanBinding pending =
                model.circuit().pendingProperty().or(model.edges().pendingProperty());
        stop.visibleProperty().bind(pending);
        stop.managedProperty().bind(pending);
        model.circuit().valueProperty().addListener(changed -> show());
        model.edges().valueProperty().addListener(changed -> show());
        model.prompt().position().addListener(changed -> show());
        Tables.onChosen(nodes, row -> choose(row.side(), row.feature()));
        Tables.onChosen(edges, row -> {
            model.prompt().position().set(row.position());
            choose(row.side(), OptionalInt.of(row.feature()));
        });
        Answers.whileInFront(frame, shows -> model.wanting().set(this, shows));
        show();
    }

    private void showPairs() {
        CircuitPairs listed = model.pairs();
        int count = listed.all().get().size();
        pairs.setText(count == 0 ? "Typed pair" : count == 1 ? "1 pair" : count + " pairs");
        Menu templates = new Menu("Add a template");
        for (PromptTemplate one : listed.templates().all().get()) {
            templates.getItems().add(item(one.name(), () -> listed.add(List.of(one.pair()))));
        }
        List<PromptPair> own = listed.templates().all().get().stream()
                .filter(PromptTemplate::own)
                .map(PromptTemplate::pair)
                .toList();
        if (own.size() > 1) {
            templates.getItems().addAll(new SeparatorMenuItem(), item("All of your own", () -> listed.add(own)));
        }
        pairs.getItems().setAll(item("Add this pair", listed::addTyped), templates);
        if (count > 0) {
            pairs.getItems().add(new SeparatorMenuItem());
            for (PromptPair one : listed.all().get()) {
                pairs.getItems().add(item("Remove " + words(one), () -> listed.remove(one)));
            }
            pairs.getItems().add(item("Remove all", listed::clear));
        }
    }

    private static String words(PromptPair pair) {
        return CircuitPairs.shortened(pair.clean()) + " | " + CircuitPairs.shortened(pair.corrupt()) + " |"
                + CircuitPairs.shortened(pair.answer()) + " |" + CircuitPairs.shortened(pair.wrongAnswer());
    }

    private static MenuItem item(String text, Runnable action) {
        MenuItem item = new MenuItem(text);
        item.setMnemonicParsing(false); // what is typed may have underscores
        item.setOnAction(event -> action.run());
        return item;
    }

    private void choose(Side side, OptionalInt feature) {
        if (feature.isPresent()) {
            onFeature.accept(side, feature.getAsInt());
        }
    }

    private void showThreshold() {
        threshold.setText(Double.toString(model.threshold().get()));
    }

    /** Takes what is typed; what is no size puts the one in force back. */
    private void takeThreshold() {
        try {
            double typed = Double.parseDouble(threshold.getText().strip());
            if (typed >= 0 && typed <= NumberRange.LARGEST) {
                model.threshold().set(typed);
            }
        } catch (NumberFormatException noNumber) {
            // put back below
        }
        showThreshold();
    }

    private void show() {
        listed.setAll(model.nodes());
        nodes.sort();
        into.setAll(model.listedEdges());
        edges.sort();
        about.setText(model.edgesInto());
        FeatureCircuit.Answer known = model.circuit().getValue();
        int count = model.pairs().all().get().size();
        figures.setText(
                known == null || Double.isNaN(known.model())
                        ? ""
                        : (count == 0 ? "Typed pair" : count == 1 ? "1 pair" : "Mean of " + count + " pairs")
                                + ": faithfulness " + NumberTexts.number(known.faithfulness()) + ", completeness "
                                + NumberTexts.number(known.completeness()) + "; logit difference of the model "
                                + NumberTexts.number(known.model()) + ", of the circuit "
                                + NumberTexts.number(known.circuit()) + ", of no node "
                                + NumberTexts.number(known.empty()) + ", of all others "
                                + NumberTexts.number(known.complement()));
    }
}
