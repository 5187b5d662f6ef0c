package loupe.ui.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.property.SimpleStringProperty;
import javafx.scene.Parent;
import javafx.scene.control.MenuItem;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.input.Clipboard;
import javafx.scene.layout.HBox;
import javafx.scene.layout.VBox;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import loupe.state.window.Side;
import loupe.ui.SampleTree;
import loupe.ui.Samples;
import loupe.ui.UiTest;
import loupe.ui.chart.ChartAxis;
import loupe.ui.chart.HistogramChart;
import loupe.ui.nearest.LogitChart;
import loupe.ui.style.ColourRoles;
import loupe.ui.token.TokenWeight;
import loupe.ui.tree.TreeCanvas;
import org.apache.pdfbox.Loader;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.rendering.PDFRenderer;
import org.apache.pdfbox.text.PDFTextStripper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChartExportUiTest extends UiTest {
    private static final Path FOLDER = Path.of("target", "gallery");
    private static final String CAPTION =
            "glossary, sae-topk, feature 1042; encoder, scale 3.8, cutoff 5e-5, depth 25; SAE Loupe 0.1";

    private TreeCanvas tree;
    private HistogramChart histogram;
    private LogitChart logits;

    @TempDir
    Path folder;

    @Override
    protected Parent build() {
        tree = new TreeCanvas();
        tree.setData(SampleTree.of(80, 7, false));
        histogram = new HistogramChart("activations", ChartAxis.of("activation"), "tokens");
        histogram.setSeries(List.of(Samples.bars(Side.A, 1, 9), Samples.bars(Side.B, 2, 9)));
        logits = new LogitChart();
        logits.setTokens(Samples.promoted(), Samples.suppressed());
        VBox charts = new VBox(histogram, logits);
        histogram.setPrefSize(400, 280);
        logits.setPrefSize(400, 280);
        tree.setPrefWidth(400);
        return new HBox(charts, tree);
    }

    private List<Exportable> all() {
        return List.of(tree, histogram, logits);
    }

    @Test
    void everyPictureIsSavedAsPngOnWhiteAtThreeScales() throws IOException {
        for (Exportable part : all()) {
            Picture picture = onFx(() -> part.picture());
            BufferedImage once =
                    ImageIO.read(new ByteArrayInputStream(ChartExport.bytes(picture, CAPTION, ExportFormat.PNG_1X)));
            BufferedImage four =
                    ImageIO.read(new ByteArrayInputStream(ChartExport.bytes(picture, CAPTION, ExportFormat.PNG_4X)));
            assertThat(four.getWidth()).isBetween(4 * once.getWidth() - 4, 4 * once.getWidth());
            assertThat(once.getRGB(0, 0)).isEqualTo(0xffffffff);
            assertThat(colours(once)).isGreaterThan(10);
            Files.createDirectories(FOLDER);
            Files.write(
                    FOLDER.resolve("export-" + part.exportName() + ".png"),
                    ChartExport.bytes(picture, CAPTION, ExportFormat.PNG_2X));
        }
    }

    @Test
    void everyPictureIsSavedAsSvgWithItsWords() throws IOException {
        for (Exportable part : all()) {
            byte[] svg = ChartExport.bytes(onFx(() -> part.picture()), CAPTION, ExportFormat.SVG);
            String text = new String(svg, StandardCharsets.UTF_8);
            assertThat(text)
                    .contains("<svg")
                    .contains("Open Sans")
                    .contains("sae-topk, feature 1042")
                    .doesNotContain("1.5E-");
            Files.createDirectories(FOLDER);
            Files.write(FOLDER.resolve("export-" + part.exportName() + ".svg"), svg);
        }
    }

    @Test
    void everyPictureIsSavedAsPdfWithRealText() throws IOException {
        for (Exportable part : all()) {
            byte[] pdf = ChartExport.bytes(onFx(() -> part.picture()), CAPTION, ExportFormat.PDF);
            try (PDDocument document = Loader.loadPDF(pdf)) {
                assertThat(new PDFTextStripper().getText(document)).contains("feature 1042");
                Files.createDirectories(FOLDER);
                ImageIO.write(
                        new PDFRenderer(document).renderImageWithDPI(0, 144),
                        "png",
                        FOLDER.resolve("export-" + part.exportName() + "-pdf.png")
                                .toFile());
            }
        }
    }

    @Test
    void anyCaptionAndAnyTokenMakeWellFormedFiles() throws Exception {
        String hostile = "caption \u001b[2J\u0000 \ufffe \uffff \ud800 \udc00x ]]> <b> & \u202e \u0085 end";
        onFx(() -> logits.setTokens(
                List.of(new TokenWeight(1, "\u0006\ufffe\ud83d", 0.5f)),
                List.of(new TokenWeight(2, "<&\u0000", -0.5f))));
        Picture picture = onFx(() -> logits.picture());
        DocumentBuilderFactory parsers = DocumentBuilderFactory.newInstance();
        parsers.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
        String written = parsers.newDocumentBuilder()
                .parse(new ByteArrayInputStream(ChartExport.bytes(picture, hostile, ExportFormat.SVG)))
                .getDocumentElement()
                .getTextContent();
        assertThat(written)
                .contains("\u20391b\u203a[2J\u203900\u203a")
                .contains("\u2039fffe\u203a", "\u2039d800\u203a", "\u203906\u203a", "]]> <b> &")
                .doesNotContain("\ufffd");
        try (PDDocument document = Loader.loadPDF(ChartExport.bytes(picture, hostile, ExportFormat.PDF))) {
            assertThat(new PDFTextStripper().getText(document))
                    .contains("\u20391b\u203a[2J")
                    .contains("end");
        }
    }

    @Test
    void theCaptionCanBeLeftOut() throws IOException {
        Picture picture = onFx(() -> histogram.picture());
        BufferedImage with = ChartExport.image(picture, CAPTION, 1);
        BufferedImage without = ChartExport.image(picture, "", 1);
        assertThat(without.getHeight()).isLessThan(with.getHeight());
        assertThat(new String(ChartExport.bytes(picture, "", ExportFormat.SVG), StandardCharsets.UTF_8))
                .doesNotContain("sae-topk, feature");
    }

    @Test
    void aFileIsReplacedAsAWholeAndNothingIsLeftBeside() throws IOException {
        Path file = folder.resolve("activations.svg");
        Files.writeString(file, "old");
        ChartExport.write(onFx(() -> histogram.picture()), "", ExportFormat.SVG, file);
        assertThat(file).content().startsWith("<?xml");
        assertThat(folder.toFile().list()).containsExactly("activations.svg");
        Path nowhere = file.resolve("a.svg");
        Picture picture = onFx(() -> histogram.picture());
        assertThatThrownBy(() -> ChartExport.write(picture, "", ExportFormat.SVG, nowhere))
                .isInstanceOf(IOException.class);
    }

    @Test
    void theNumbersBehindAChartComeAsCsv() {
        String csv = onFx(histogram::csv).text(false);
        assertThat(csv).startsWith("series,from,to,tokens\r\nsae-topk,0.0,0.225,");
        assertThat(csv.lines()).hasSize(1 + 2 * 40);
        assertThat(onFx(logits::csv).text(false))
                .contains("promoted,1000,\" robin\",0.62\r\n")
                .contains("suppressed,1111,\",\",");
        assertThat(onFx(tree::csv).text(false).lines().count())
                .isGreaterThanOrEqualTo(1 + onFx(() -> tree.treeLayout().count()));
    }

    @Test
    void theMenuSavesThroughTheDeskAndCopiesToTheClipboard() throws Exception {
        Desk desk = new Desk(folder.resolve("picture.svg"));
        ExportMenu menu = new ExportMenu(histogram, () -> CAPTION, desk);
        List<MenuItem> items = onFx(menu::items);
        onFx(() -> items.stream()
                .filter(item -> item.getText().equals("Save picture as SVG..."))
                .findFirst()
                .orElseThrow()
                .fire());
        assertThat(desk.suggested).isEqualTo("activations.svg");
        assertThat(desk.works).hasSize(1);
        assertThat(desk.works.get(0).call()).content().contains("sae-topk, feature 1042");
        onFx(() -> menu.data().copy(histogram.csv()));
        assertThat(onFx(() -> Clipboard.getSystemClipboard().getString())).startsWith("series,from");
        onFx(menu::copyPicture);
        assertThat(onFx(() -> Clipboard.getSystemClipboard().hasImage())).isTrue();
    }

    @Test
    void theExtensionThatTheUserTypesDecidesTheFormat() throws Exception {
        Desk desk = new Desk(folder.resolve("picture.svg"));
        onFx(() -> new ExportMenu(histogram, () -> CAPTION, desk).savePicture(ExportFormat.PNG_4X));
        assertThat(desk.works.get(0).call()).content().startsWith("<?xml");
        Desk other = new Desk(folder.resolve("picture.PNG"));
        onFx(() -> new ExportMenu(histogram, () -> CAPTION, other).savePicture(ExportFormat.PNG_4X));
        assertThat(ImageIO.read(other.works.get(0).call().toFile()).getWidth()).isGreaterThan(1000);
    }

    @Test
    void aTableComesAsCsvInTheOrderShown() {
        TableView<String[]> table = onFx(() -> {
            TableView<String[]> made = new TableView<>();
            for (String title : List.of("token", "score")) {
                TableColumn<String[], String> column = new TableColumn<>(title);
                int index = title.equals("token") ? 0 : 1;
                column.setCellValueFactory(row -> new SimpleStringProperty(row.getValue()[index]));
                made.getColumns().add(column);
            }
            made.getItems().setAll(List.of(new String[] {" robin", ".412"}, new String[] {"a \"b\"", "1,5"}));
            return made;
        });
        assertThat(onFx(() -> TableExport.csv(table, table.getItems()).text(false)))
                .isEqualTo("token,score\r\n\" robin\",.412\r\n\"a \"\"b\"\"\",\"1,5\"\r\n");
    }

    @Test
    void aPictureTooLargeForOtherProgramsIsDrawnSmallerWhichIsSaid() throws IOException {
        Picture tall = new Picture() {
            @Override
            public double width() {
                return 50;
            }

            @Override
            public double height() {
                return 20_000;
            }

            @Override
            public void draw(Graphics2D graphics, ColourRoles palette) {}
        };
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(ChartExport.bytes(tall, "", ExportFormat.PNG_2X)));
        assertThat(image.getHeight()).isEqualTo(16_384);
        assertThat(image.getWidth()).isEqualTo(55); // 66 with its margins
        assertThat(ChartExport.remark(tall, "", ExportFormat.PNG_2X))
                .startsWith("drawn at a scale of 0.82 instead of 2");
        assertThat(ChartExport.remark(tall, "", ExportFormat.SVG)).isEmpty();
        assertThat(ChartExport.remark(onFx(() -> tree.picture()), CAPTION, ExportFormat.PNG_4X))
                .isEmpty();
    }

    private static long colours(BufferedImage image) {
        return java.util.Arrays.stream(
                        image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth()))
                .distinct()
                .count();
    }

    /** A desk that always answers with the same file and keeps the work for the test to do. */
    private static final class Desk implements FileSaver {
        private final Path file;
        private final BooleanProperty caption = new SimpleBooleanProperty(true);
        private final BooleanProperty formulas = new SimpleBooleanProperty(false);
        private final List<Callable<Path>> works = new ArrayList<>();
        private String suggested;

        Desk(Path file) {
            this.file = file;
        }

        @Override
        public Optional<Path> choose(String suggestedName, String kind) {
            suggested = suggestedName;
            return Optional.of(file);
        }

        @Override
        public void save(Callable<Path> work) {
            works.add(work);
        }

        @Override
        public BooleanProperty captionProperty() {
            return caption;
        }

        @Override
        public BooleanProperty formulasProperty() {
            return formulas;
        }
    }
}
