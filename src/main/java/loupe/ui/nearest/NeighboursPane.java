package loupe.ui.nearest;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import javafx.beans.binding.Bindings;
import javafx.beans.property.ObjectProperty;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import javafx.geometry.Pos;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.MenuItem;
import javafx.scene.control.RadioMenuItem;
import javafx.scene.control.SeparatorMenuItem;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import javafx.scene.control.ToggleButton;
import javafx.scene.control.ToggleGroup;
import javafx.scene.input.DragEvent;
import javafx.scene.input.TransferMode;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import javafx.stage.FileChooser;
import loupe.analysis.features.Neighbours;
import loupe.analysis.features.VectorFile;
import loupe.base.Problem;
import loupe.state.nearest.NeighboursModel;
import loupe.state.window.VocabularyTexts;
import loupe.ui.control.IconButtons;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.References;
import loupe.ui.control.Tables;
import loupe.ui.control.Tooltips;
import loupe.ui.export.FileSaver;
import loupe.ui.export.TableExport;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.pane.RowActions;
import loupe.ui.pane.RowMenu;
import loupe.ui.token.TokenText;
import org.controlsfx.control.SegmentedButton;
import org.controlsfx.control.textfield.CustomTextField;
import org.controlsfx.control.textfield.TextFields;
import org.kordamp.ikonli.feather.Feather;

/** The features or tokens nearest to the feature, a token, a text or a random vector. */
public final class NeighboursPane implements Pane {
    private final IntConsumer onFeature;
    private final NeighboursModel model;
    private final VocabularyTexts texts;
    private final FileSaver desk;
    private final IntFunction<String> describeFeature;
    private final PaneFrame frame = new PaneFrame("Neighbours");
    private final ToggleButton features = new ToggleButton("Features");
    private final ToggleButton tokens = new ToggleButton("Tokens");
    private final CustomTextField query = (CustomTextField) TextFields.createClearableTextField();
    private final TableView<Row> table;
    private final ObservableList<Row> rows = FXCollections.observableArrayList();
    private final TableColumn<Row, Number> number =
            Tables.counts("#", "Number of the feature or token", Tables.NUMBER_WIDTH, Row::id);
    private final Label spread = new Label();
    private final Button own;

    private record Row(boolean isFeature, int id, String text, double cosine) {}

    /**
     * @param onFeature called when a feature in the list is chosen
     * @param describeFeature a few words about a feature, such as what it promotes
     */
    public NeighboursPane(
            IntConsumer onFeature,
            NeighboursModel model,
            VocabularyTexts texts,
            IntFunction<String> describeFeature,
            FileSaver desk) {
        this.desk = desk;
        this.onFeature = onFeature;
        this.model = model;
        this.texts = texts;
        this.describeFeature = describeFeature;
        own = IconButtons.of(Feather.CORNER_UP_LEFT, "Neighbours of the chosen feature again", model::showFeature);
        table = Tables.make("neighbours-" + model.side(), "Nearest neighbours");
        layOut();
        bind();
    }

    @Override
    public PaneFrame node() {
        return frame;
    }

    private void layOut() {
        SegmentedButton among = new SegmentedButton(features, tokens);
        features.setId("neighbours-features-" + model.side());
        features.setTooltip(
                Tooltips.of("Features by the cosine of their decoder directions, or as the pane's menu says"));
        tokens.setId("neighbours-tokens-" + model.side());
        tokens.setTooltip(Tooltips.of("Tokens by the cosine of their embeddings, or as the pane's menu says"));
        features.setSelected(true);
        features.setMinWidth(javafx.scene.layout.Region.USE_PREF_SIZE);
        tokens.setMinWidth(javafx.scene.layout.Region.USE_PREF_SIZE);
        query.setId("neighbours-query-" + model.side());
        query.setPromptText("of this feature");
        query.setTooltip(
                Tooltips.of("Neighbours of something else: #17 for a feature, token 42 for a token by number, a text, "
                        + "whose tokens are averaged, a sum such as #17 - 0.5 * token 42 + \"red\", or file PATH.npy. "
                        + "Enter to ask. Features and tokens of the tables, and a vector's file, can be dropped here"));
        query.setAccessibleText("Neighbours of what");
        Button random =
                IconButtons.of(Feather.SHUFFLE, "Neighbours of a random vector, as a baseline", model::drawRandom);
        random.setId("neighbours-random-" + model.side());
        own.setId("neighbours-own-" + model.side());
        HBox first = new HBox(8, among, random);
        first.setAlignment(Pos.CENTER_LEFT);
        HBox second = new HBox(4, query, own);
        second.setAlignment(Pos.CENTER_LEFT);
        query.setMinWidth(0);
        HBox.setHgrow(query, Priority.ALWAYS);
        VBox tools = new VBox(6, first, second);
        tools.getStyleClass().addAll("pane-tools", "two-rows");
        table.getColumns().add(Tables.numbers("Cosine", "Cosine with the query", 52, Row::cosine, NumberTexts::number));
        table.getColumns().add(number);
        table.getColumns()
                .add(Tables.texts(
                        "Text", "Tokens the feature promotes, or the token's text", 60, Row::text, text -> text));
        table.setItems(rows);
        VBox.setVgrow(table, Priority.ALWAYS);
        spread.getStyleClass().addAll("muted", "pane-foot");
        spread.setWrapText(true);
        spread.setMinHeight(javafx.scene.layout.Region.USE_PREF_SIZE);
        spread.setTooltip(
                Tooltips.of("Mean cosine between the listed vectors themselves; compare with that of a random vector's "
                        + "neighbours"));
        frame.setRows();
        frame.setContent(new VBox(tools, table, spread));
        References.dragFrom(
                table,
                row -> Optional.of(row.isFeature() ? References.ofFeature(row.id()) : References.ofToken(row.id())));
        References.dropOn(query, text -> model.query().set(text));
        dropFilesOn(query);
        Map<NeighboursModel.FeaturesBy, String> featuresBy = new LinkedHashMap<>();
        featuresBy.put(NeighboursModel.FeaturesBy.DECODER, "Compare features by decoder directions");
        featuresBy.put(NeighboursModel.FeaturesBy.ENCODER, "Compare features by encoder directions");
        Map<NeighboursModel.TokensBy, String> tokensBy = new LinkedHashMap<>();
        tokensBy.put(NeighboursModel.TokensBy.EMBEDDING, "Compare tokens by embeddings");
        tokensBy.put(NeighboursModel.TokensBy.UNEMBEDDING, "Compare tokens by unembeddings");
        tokensBy.put(NeighboursModel.TokensBy.BIAS, "Compare tokens by the checkpoint's biases");
        MenuItem file = new MenuItem("Vector from a file...");
        file.setOnAction(event -> chooseFile());
        frame.getMenuItems().addAll(file, new SeparatorMenuItem());
        frame.getMenuItems().addAll(oneOf(model.featuresBy(), featuresBy));
        frame.getMenuItems().add(new SeparatorMenuItem());
        frame.getMenuItems().addAll(oneOf(model.tokensBy(), tokensBy));
        frame.getMenuItems().add(new SeparatorMenuItem());
        TableExport.attachTo(table, "neighbours", desk);
        frame.getMenuItems().addAll(TableExport.items(table, "neighbours", desk));
    }

    private void chooseFile() {
        FileChooser chooser = new FileChooser();
        chooser.setTitle("Vector whose neighbours are listed");
        chooser.getExtensionFilters().addAll(new FileChooser.ExtensionFilter("Vectors", "*.npy", "*.safetensors"));
        Optional.ofNullable(chooser.showOpenDialog(frame.getScene().getWindow()))
                .ifPresent(chosen -> model.showFile(chosen.toPath()));
    }

    /** Lets the field take a file with a vector before the window opens it as something else. */
    private void dropFilesOn(TextField field) {
        field.addEventHandler(
                DragEvent.DRAG_OVER,
                event -> vectorFile(event.getDragboard().getFiles()).ifPresent(file -> {
                    event.acceptTransferModes(TransferMode.COPY);
                    event.consume();
                }));
        field.addEventHandler(
                DragEvent.DRAG_DROPPED,
                event -> vectorFile(event.getDragboard().getFiles()).ifPresent(file -> {
                    model.showFile(file);
                    event.setDropCompleted(true);
                    event.consume();
                }));
    }

    /** The file with a vector that is dropped; empty if it is none, or several. */
    static Optional<Path> vectorFile(List<File> dropped) {
        return dropped.size() == 1
                ? Optional.of(dropped.get(0).toPath()).filter(VectorFile::hasName)
                : Optional.empty();
    }

    /** Menu items of which one is chosen. */
    private static <T> List<MenuItem> oneOf(ObjectProperty<T> chosen, Map<T, String> words) {
        ToggleGroup group = new ToggleGroup();
        List<MenuItem> items = new ArrayList<>();
        words.forEach((value, text) -> {
            RadioMenuItem item = new RadioMenuItem(text);
            item.setToggleGroup(group);
            item.setSelected(value.equals(chosen.get()));
            item.setOnAction(event -> chosen.set(value));
            chosen.addListener((property, was, is) -> item.setSelected(value.equals(is)));
            items.add(item);
        });
        return items;
    }

    /** By which vectors are compared, where it is not the usual ones. */
    private String compared() {
        if (model.among().get() == NeighboursModel.Among.FEATURES) {
            return model.featuresBy().get() == NeighboursModel.FeaturesBy.ENCODER ? "by encoder directions" : "";
        }
        return switch (model.tokensBy().get()) {
            case EMBEDDING -> "";
            case UNEMBEDDING -> "by unembeddings";
            case BIAS -> "by biases";
        };
    }

    private void bind() {
        frame.subtitleProperty()
                .bind(Bindings.createStringBinding(
                        this::compared, model.among(), model.featuresBy(), model.tokensBy()));
        own.visibleProperty().bind(model.random().or(model.query().isNotEmpty()));
        own.managedProperty().bind(own.visibleProperty());
        frame.statusProperty().bind(model.status());
        model.queryProblem().addListener(changed -> showRefusal());
        features.setOnAction(event -> among(NeighboursModel.Among.FEATURES));
        tokens.setOnAction(event -> among(NeighboursModel.Among.TOKENS));
        model.among().addListener((property, was, is) -> showAmong(is));
        query.setText(NeighboursModel.shortWords(model.query().get()));
        query.setOnAction(event -> model.askTyped(query.getText()));
        query.textProperty().addListener((property, was, is) -> {
            if (is.isEmpty()) {
                model.query().set("");
            }
        });
        model.query().addListener((property, was, is) -> {
            String words = NeighboursModel.shortWords(is);
            if (!words.equals(query.getText())) {
                query.setText(words); // asked by another pane, or of a file
            }
        });
        model.random()
                .addListener((property, was, is) -> query.setPromptText(is ? "of a random vector" : "of this feature"));
        Tables.onChosen(table, this::choose);
        Answers.show(model.neighbours(), this::show, () -> {
            rows.clear();
            spread.setText(
                    model.queryProblem().get() == null
                            ? ""
                            : model.queryProblem().get().message());
        });
        Answers.whileShown(frame, model.neighbours()::setWanted);
        showRefusal();
    }

    /** Updates the descriptions of features, once more of them are known. */
    @Override
    public void describeAgain() {
        if (model.neighbours().getValue() != null) {
            show(model.neighbours().getValue());
        }
    }

    private void among(NeighboursModel.Among wanted) {
        showAmong(wanted);
        model.among().set(wanted);
    }

    private void showAmong(NeighboursModel.Among shown) {
        features.setSelected(shown == NeighboursModel.Among.FEATURES);
        tokens.setSelected(shown == NeighboursModel.Among.TOKENS);
    }

    @Override
    public void setRowActions(RowActions actions) {
        RowMenu.attach(
                table,
                row -> row.isFeature() ? OptionalInt.of(row.id()) : OptionalInt.empty(),
                row -> row.isFeature() ? OptionalInt.empty() : OptionalInt.of(row.id()),
                actions);
    }

    private void choose(Row chosen) {
        if (!chosen.isFeature()) {
            query.setText(References.ofToken(chosen.id()));
            model.query().set(query.getText());
        } else {
            onFeature.accept(chosen.id());
        }
    }

    /** Shows at the foot why the query was refused. */
    private void showRefusal() {
        Problem refused = model.queryProblem().get();
        query.pseudoClassStateChanged(javafx.css.PseudoClass.getPseudoClass("danger"), refused != null);
        if (refused != null) {
            spread.setText(refused.message());
        }
    }

    private void show(Neighbours.Answer answer) {
        boolean ofFeatures = model.among().get() == NeighboursModel.Among.FEATURES;
        Tables.setLongest(
                number, Integer.toString(IntStream.of(answer.ids()).max().orElse(0)));
        rows.setAll(IntStream.range(0, answer.ids().length)
                .mapToObj(i -> {
                    int id = answer.ids()[i];
                    return new Row(
                            ofFeatures,
                            id,
                            ofFeatures ? describeFeature.apply(id) : TokenText.visible(texts.of(id)),
                            answer.cosines()[i]);
                })
                .toList());
        spread.setText("Among themselves: mean cosine " + NumberTexts.number(answer.meanPairwiseCosine()));
    }
}
