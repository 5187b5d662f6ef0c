package loupe.ui.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import javafx.beans.property.SimpleStringProperty;
import javafx.embed.swing.SwingFXUtils;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.Scene;
import javafx.scene.control.Button;
import javafx.scene.control.CheckBox;
import javafx.scene.control.ComboBox;
import javafx.scene.control.MenuItem;
import javafx.scene.control.ProgressBar;
import javafx.scene.control.RadioButton;
import javafx.scene.control.Separator;
import javafx.scene.control.SplitMenuButton;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import javafx.scene.control.ToggleButton;
import javafx.scene.control.ToolBar;
import javafx.scene.image.WritableImage;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Region;
import javafx.scene.layout.StackPane;
import javafx.scene.layout.VBox;
import javax.imageio.ImageIO;
import loupe.base.Problem;
import loupe.state.pane.PaneStatus;
import loupe.state.window.Side;
import loupe.ui.SampleTree;
import loupe.ui.Samples;
import loupe.ui.UiTest;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.SliderField;
import loupe.ui.control.SliderScale;
import loupe.ui.nearest.LogitChart;
import loupe.ui.pane.PaneFrame;
import loupe.ui.style.Theme;
import loupe.ui.token.ExampleList;
import loupe.ui.token.TokenText;
import loupe.ui.token.TokenWeight;
import loupe.ui.tree.TreeCanvas;
import org.controlsfx.control.RangeSlider;
import org.controlsfx.control.SegmentedButton;
import org.controlsfx.control.textfield.TextFields;
import org.junit.jupiter.api.Test;

/**
 * Draws every part in all themes to target/gallery, to be looked at. A picture must have more on it than its ground,
 * and one of a dark theme must be darker than the same of the light theme.
 */
class GalleryTest extends UiTest {
    private static final Path FOLDER = Path.of("target", "gallery");
    /** Of the pixels, what must differ from the commonest colour. */
    private static final double LEAST_DRAWN = 0.005;

    private final StackPane root = new StackPane();
    /** How light each picture is, on average, by its name without the theme. */
    private final Map<String, Double> lightOnes = new HashMap<>();

    @Override
    protected Parent build() {
        return root;
    }

    @Test
    void treesAreDrawn() throws IOException {
        for (Theme theme : Theme.values()) {
            TreeCanvas tree = onFx(() -> {
                TreeCanvas made = new TreeCanvas();
                made.setData(SampleTree.of(400, 7, false));
                return made;
            });
            picture("tree-" + theme.key(), theme, tree, 800, 520);
            onFx(() -> tree.select(40));
            picture("tree-selected-" + theme.key(), theme, tree, 800, 520);
            onFx(() -> {
                tree.toggleFold(tree.treeLayout().order(5));
                tree.find("bird");
            });
            picture("tree-find-" + theme.key(), theme, tree, 800, 520);
            onFx(() -> tree.fit());
            picture("tree-fit-" + theme.key(), theme, tree, 800, 520);
            onFx(() -> {
                tree.sideProperty().set(Side.B);
                tree.setData(SampleTree.of(60, 9, true));
                tree.home();
            });
            picture("tree-faded-" + theme.key(), theme, tree, 700, 420);
        }
    }

    @Test
    void framesAndSlidersAreDrawn() throws IOException {
        for (Theme theme : Theme.values()) {
            VBox all = onFx(() -> {
                SliderField scale = new SliderField(
                        "Scale", "", "Scaling factor of the ghost", SliderScale.linear(0, 12, 0.05, 0.5), 3.8);
                scale.setNatural("Mean distance of a token from the centroid", 3.31);
                SliderField cutoff = new SliderField(
                        "Cutoff",
                        "",
                        "Smallest cumulative probability",
                        SliderScale.logarithmic(1e-8, 1e-2, 0.1, 1),
                        5e-5);
                SliderField depth =
                        new SliderField("Depth", "tokens", "Longest branch", SliderScale.linear(1, 40, 1, 5), 25);
                VBox sliders = new VBox(scale, cutoff, depth);
                sliders.setStyle("-fx-padding: 8px 16px 8px 16px");
                PaneFrame ghost = new PaneFrame("Ghost", sliders);
                ghost.subtitleProperty().set("feature 1042");
                ghost.getMenuItems().add(new MenuItem("Reset"));
                PaneFrame empty = new PaneFrame("Examples");
                empty.statusProperty()
                        .set(new PaneStatus(
                                new PaneStatus.Empty(
                                        "No examples yet: the corpus has not been indexed. Press Index corpus in the "
                                                + "File menu"),
                                false,
                                -1));
                PaneFrame failed = new PaneFrame("Definition tree");
                Problem problem = new Problem(
                        "gpt2-small/res-jb.safetensors: W_dec is [24576, 1024], but the model's residual "
                                + "stream has 768 dimensions. Choose an SAE trained on this model.",
                        false,
                        "stack");
                failed.statusProperty()
                        .set(new PaneStatus(
                                new PaneStatus.Failed(
                                        problem, Optional.of(() -> {}), Optional.empty(), Optional.empty()),
                                false,
                                -1));
                PaneFrame busy =
                        new PaneFrame("Token list", new javafx.scene.control.Label("  robin   sparrow   wren"));
                busy.statusProperty().set(new PaneStatus(new PaneStatus.Content(), true, 0.4));
                VBox box = new VBox(8, ghost, empty, failed, busy);
                box.setStyle("-fx-padding: 8px; -fx-background-color: -color-bg-inset");
                box.getChildren().forEach(child -> VBox.setVgrow(child, javafx.scene.layout.Priority.ALWAYS));
                return box;
            });
            onFx(() -> root.getChildren().setAll(all));
            waitUntil(() -> all.lookupAll(".pane-content").stream()
                            .filter(content -> content.getOpacity() < 1)
                            .count()
                    == 1);
            picture("frames-" + theme.key(), theme, all, 520, 640);
        }
    }

    @Test
    void chartsAreDrawn() throws IOException {
        for (Theme theme : Theme.values()) {
            HistogramChart histogram =
                    onFx(() -> new HistogramChart("activations", ChartAxis.of("activation"), "tokens"));
            onFx(() -> histogram.setSeries(java.util.List.of(Samples.bars(Side.A, 1, 9))));
            picture("histogram-" + theme.key(), theme, histogram, 420, 260);
            onFx(() -> histogram.brushProperty().set(new ValueRange(3.6, 5.4)));
            onFx(() -> histogram.logarithmicProperty().set(true));
            picture("histogram-log-brush-" + theme.key(), theme, histogram, 420, 260);
            onFx(() -> {
                histogram.brushProperty().set(null);
                histogram.setSeries(java.util.List.of(Samples.bars(Side.A, 1, 9), Samples.bars(Side.B, 2, 9)));
            });
            picture("histogram-two-" + theme.key(), theme, histogram, 420, 260);
            LogitChart logits = onFx(() -> new LogitChart());
            onFx(() -> logits.setTokens(Samples.promoted(), Samples.suppressed()));
            picture("logits-" + theme.key(), theme, logits, 480, 260);
            picture("logits-short-" + theme.key(), theme, logits, 250, 150);
            picture("logits-narrow-" + theme.key(), theme, logits, 280, 420);
            ScatterChart scatter = onFx(() -> new ScatterChart(
                    "moments",
                    ChartAxis.of("skewness"),
                    ChartAxis.of("kurtosis").withLogarithm(true)));
            onFx(() -> {
                double[][] points = Samples.points(24_576);
                scatter.setClouds(
                        java.util.List.of(new ScatterCloud(Side.A, points[0], points[1], null)),
                        (side, i) -> "feature " + i);
                scatter.select(Side.A, 17);
            });
            picture("scatter-" + theme.key(), theme, scatter, 480, 360);
            LineChart line = onFx(() -> new LineChart(
                    "loss", ChartAxis.of("training tokens", "millions"), ChartAxis.of("loss", "nats per token")));
            onFx(() -> line.setLines(Samples.lines()));
            picture("line-" + theme.key(), theme, line, 420, 260);
        }
    }

    @Test
    void examplesAreDrawn() throws IOException {
        for (Theme theme : Theme.values()) {
            ExampleList list = onFx(() -> new ExampleList(false));
            onFx(() -> list.setLines(Samples.examples(30), 9.4, Side.A));
            picture("examples-" + theme.key(), theme, list, 560, 220);
            ExampleList paragraphs = onFx(() -> new ExampleList(true));
            onFx(() -> paragraphs.setLines(Samples.examples(30), 9.4, Side.B));
            picture("examples-wrapped-" + theme.key(), theme, paragraphs, 420, 260);
        }
    }

    @Test
    void controlsAreDrawn() throws IOException {
        for (Theme theme : Theme.values()) {
            VBox box = onFx(GalleryTest::controls);
            picture("controls-" + theme.key(), theme, box, 560, 420);
        }
    }

    private static VBox controls() {
        TableView<TokenWeight> table = new TableView<>();
        TableColumn<TokenWeight, String> token = new TableColumn<>("token");
        token.setCellValueFactory(
                row -> new SimpleStringProperty(TokenText.visible(row.getValue().text())));
        TableColumn<TokenWeight, String> weight = new TableColumn<>("logit weight");
        weight.setCellValueFactory(row ->
                new SimpleStringProperty(NumberTexts.number(row.getValue().weight())));
        weight.getStyleClass().add("figure");
        table.getColumns().add(token);
        table.getColumns().add(weight);
        table.getItems().setAll(Samples.promoted());
        table.getSelectionModel().select(2);
        table.setPrefHeight(200);
        ToggleButton first = new ToggleButton("Top");
        first.setSelected(true);
        SegmentedButton segments =
                new SegmentedButton(first, new ToggleButton("Intervals"), new ToggleButton("Uniform"));
        ComboBox<String> combo = new ComboBox<>();
        combo.getItems().addAll("decoder", "encoder");
        combo.getSelectionModel().select(0);
        RadioButton radio = new RadioButton("encoder");
        radio.setSelected(true);
        Button main = new Button("Index corpus");
        main.getStyleClass().add("accent");
        TextField field = new TextField("A typical definition of \"{}\"");
        CheckBox check = new CheckBox("Centroid");
        check.setSelected(true);
        ToolBar tools = new ToolBar(new Button("Open model"), new Button("Open checkpoint"), main, new Separator());
        HBox first8 = new HBox(8, radio, new RadioButton("decoder"), check, combo);
        TextField clearable = TextFields.createClearableTextField();
        clearable.setPromptText("Number, word");
        SplitMenuButton split = new SplitMenuButton(new MenuItem("glossary"));
        split.setText("Open model");
        HBox second8 = new HBox(8, clearable, split, new Button("Stop"), segments);
        RangeSlider range = new RangeSlider(0, 10, 2, 6);
        VBox box = new VBox(8, tools, first8, field, second8, range, table, new ProgressBar(0.4));
        box.setStyle("-fx-padding: 16px; -fx-background-color: -color-bg-default");
        return box;
    }

    /** Larger text, as Ctrl and plus gives it, reaches what paints by itself. */
    @Test
    void largerTextIsDrawn() throws IOException {
        VBox all = onFx(() -> {
            TreeCanvas tree = new TreeCanvas();
            tree.setData(SampleTree.of(30, 7, false));
            LogitChart logits = new LogitChart();
            logits.setTokens(Samples.promoted(), Samples.suppressed());
            logits.setPrefHeight(160);
            HistogramChart histogram = new HistogramChart("activations", ChartAxis.of("activation"), "tokens");
            histogram.setSeries(java.util.List.of(Samples.bars(Side.A, 1, 9)));
            histogram.setPrefHeight(200);
            ExampleList examples = new ExampleList(false);
            examples.setLines(Samples.examples(10), 9.4, Side.A);
            examples.setPrefHeight(120);
            tree.setPrefHeight(200);
            return new VBox(logits, histogram, examples, tree);
        });
        onFx(() -> root.setStyle("-fx-font-size: 18px"));
        picture("larger-text", Theme.LIGHT, all, 640, 720);
        assertThat(onFx(() -> ((TreeCanvas) all.getChildren().get(3)).viewport().zoom()))
                .isEqualTo(18 / 13.0);
    }

    private void picture(String name, Theme theme, Node node, int width, int height) throws IOException {
        onFx(() -> {
            Scene scene = stage.getScene();
            theme.apply(scene);
            if (node instanceof Region region) {
                region.setMinSize(width, height);
                region.setMaxSize(width, height);
            }
            root.getChildren().setAll(node);
        });
        WritableImage image = onFx(() -> {
            root.applyCss();
            root.layout();
            return node.snapshot(null, null);
        });
        Files.createDirectories(FOLDER);
        Path file = FOLDER.resolve(name + ".png");
        ImageIO.write(SwingFXUtils.fromFXImage(image, null), "png", file.toFile());
        assertThat(drawn(image)).as("what is drawn on %s", name).isGreaterThan(LEAST_DRAWN);
        String plain = name.replace("-" + theme.key(), "");
        if (theme == Theme.LIGHT) {
            lightOnes.put(plain, lightness(image));
        } else {
            assertThat(lightness(image)).as("lightness of %s", name).isLessThan(lightOnes.get(plain) / 2);
        }
    }

    /** The share of the pixels that have not the commonest colour. */
    private static double drawn(WritableImage image) {
        Map<Integer, Integer> counts = new HashMap<>();
        eachPixel(image, colour -> counts.merge(colour, 1, Integer::sum));
        return 1 - Collections.max(counts.values()) / (image.getWidth() * image.getHeight());
    }

    /** The mean of red, green and blue over all pixels, 0 to 255. */
    private static double lightness(WritableImage image) {
        long[] sum = new long[1];
        eachPixel(image, colour -> sum[0] += (colour >> 16 & 255) + (colour >> 8 & 255) + (colour & 255));
        return sum[0] / (3 * image.getWidth() * image.getHeight());
    }

    private static void eachPixel(WritableImage image, IntConsumer colour) {
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                colour.accept(image.getPixelReader().getArgb(x, y));
            }
        }
    }
}
