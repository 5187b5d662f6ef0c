package loupe.ui.export;

import de.rototor.pdfbox.graphics2d.PdfBoxGraphics2D;
import de.rototor.pdfbox.graphics2d.PdfBoxGraphics2DFontTextDrawer;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import loupe.base.AsideFile;
import loupe.ui.style.ColourRoles;
import org.apache.batik.svggen.SVGGraphics2D;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.PDPageContentStream;
import org.apache.pdfbox.pdmodel.common.PDRectangle;
import org.apache.pdfbox.util.Matrix;

/**
 * Draws pictures for papers: on white, readable at column width, with a caption on the provenance of the numbers.
 * Thread-safe; nothing here needs the FX thread.
 */
public final class ChartExport {
    private static final double MARGIN = 8;
    private static final double CAPTION_SIZE = 9;
    private static final double CAPTION_LINE = 13;
    private static final double MOST_PIXELS = 64e6;
    /** What graphics cards and browsers draw, and viewers open. */
    private static final double MOST_ON_A_SIDE = 16_384;

    private static final double ROUNDING = 1e-6;
    private static final double POINTS_PER_PIXEL = 72.0 / 96.0;
    private static final String SVG_NAMESPACE = "http://www.w3.org/2000/svg";

    /** What an image has at most, in words. */
    public static final String MOST = "16,384 pixels on a side or 64 million in all";

    private ChartExport() {}

    /**
     * The picture as a file's content.
     *
     * @param caption provenance of the numbers, drawn under the picture; empty for none
     */
    public static byte[] bytes(Picture picture, String caption, ExportFormat format) throws IOException {
        return bytes(picture, caption, format, format.scale(), ColourRoles.paper());
    }

    /**
     * Likewise.
     *
     * @param scale pixels of an image per pixel of the picture; without effect on vector formats
     * @param palette the colours of the picture, its background included
     */
    public static byte[] bytes(Picture picture, String caption, ExportFormat format, double scale, ColourRoles palette)
            throws IOException {
        Sheet sheet = new Sheet(picture, caption, palette);
        return switch (format) {
            case SVG -> svg(sheet);
            case PDF -> pdf(sheet);
            default -> png(sheet, scale);
        };
    }

    /** The picture as an image, for the clipboard. A picture of more than {@link #MOST} is drawn smaller. */
    public static BufferedImage image(Picture picture, String caption, int scale) {
        return image(new Sheet(picture, caption, ColourRoles.paper()), scale);
    }

    /** What is to be said of a picture that is drawn smaller than its format says; empty if it is not. */
    static String remark(Picture picture, String caption, ExportFormat format) {
        boolean drawnByPixels = format != ExportFormat.SVG && format != ExportFormat.PDF;
        double scale = scaleOf(picture, caption, format.scale());
        return drawnByPixels && scale < format.scale()
                ? String.format(
                        Locale.ROOT,
                        "drawn at a scale of %.2f instead of %d, for it would have more than %s, which many programs "
                                + "refuse. SVG and PDF show all of it sharp",
                        scale,
                        format.scale(),
                        MOST)
                : "";
    }

    /**
     * Writes a picture beside {@code file} and moves it into place, so that a failure leaves the old file as it was.
     */
    public static Path write(Picture picture, String caption, ExportFormat format, Path file) throws IOException {
        return replace(file, bytes(picture, caption, format));
    }

    /** Puts {@code content} in place of {@code file}: written aside, then moved. */
    public static Path replace(Path file, byte[] content) throws IOException {
        AsideFile.replace(file, aside -> Files.write(aside, content));
        return file.toAbsolutePath();
    }

    private static byte[] png(Sheet sheet, double scale) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(image(sheet, scale), "png", bytes);
        return bytes.toByteArray();
    }

    private static BufferedImage image(Sheet sheet, double scale) {
        double factor = scaleOf(sheet, scale);
        BufferedImage image = new BufferedImage(
                pixels(sheet.width() * factor), pixels(sheet.height() * factor), BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        try {
            graphics.scale(factor, factor);
            sheet.draw(graphics);
        } finally {
            graphics.dispose();
        }
        return image;
    }

    /** A length in whole pixels, with no pixel more for what rounding has added. */
    private static int pixels(double length) {
        return (int) Math.max(1, Math.ceil(length - ROUNDING));
    }

    /** How many pixels of an image a pixel of the picture becomes: as many as wanted, or what makes {@link #MOST}. */
    public static double scaleOf(Picture picture, String caption, double wanted) {
        return scaleOf(new Sheet(picture, caption, ColourRoles.paper()), wanted);
    }

    private static double scaleOf(Sheet sheet, double wanted) {
        double longer = Math.max(sheet.width(), sheet.height());
        double inAll = Math.sqrt(MOST_PIXELS / (sheet.width() * sheet.height()));
        return Math.min(wanted, Math.min(MOST_ON_A_SIDE / longer, inAll));
    }

    private static byte[] svg(Sheet sheet) throws IOException {
        SVGGraphics2D graphics = new SVGGraphics2D(emptySvg());
        graphics.setSVGCanvasSize(
                new java.awt.Dimension((int) Math.ceil(sheet.width()), (int) Math.ceil(sheet.height())));
        sheet.draw(graphics);
        StringWriter text = new StringWriter();
        graphics.stream(text, true);
        String stack = "'" + PaperFonts.FAMILY + "', 'Noto Sans', 'DejaVu Sans', Arial, sans-serif";
        return text.toString()
                .replace("'" + PaperFonts.FAMILY + "'", stack)
                .replace("&apos;" + PaperFonts.FAMILY + "&apos;", stack)
                .getBytes(StandardCharsets.UTF_8);
    }

    private static org.w3c.dom.Document emptySvg() {
        try {
            return DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .getDOMImplementation()
                    .createDocument(SVG_NAMESPACE, "svg", null);
        } catch (ParserConfigurationException impossible) {
            throw new IllegalStateException("this Java has no XML parser", impossible);
        }
    }

    private static byte[] pdf(Sheet sheet) throws IOException {
        float width = (float) (sheet.width() * POINTS_PER_PIXEL);
        float height = (float) (sheet.height() * POINTS_PER_PIXEL);
        try (PDDocument document = new PDDocument();
                PdfBoxGraphics2DFontTextDrawer fonts = new PdfBoxGraphics2DFontTextDrawer()) {
            PDPage page = new PDPage(new PDRectangle(width, height));
            document.addPage(page);
            fonts.registerFont(PaperFonts.of(1, false).getFontName(), PaperFonts.file(false));
            fonts.registerFont(PaperFonts.of(1, true).getFontName(), PaperFonts.file(true));
            PdfBoxGraphics2D graphics = new PdfBoxGraphics2D(document, (float) sheet.width(), (float) sheet.height());
            graphics.setFontTextDrawer(fonts);
            sheet.draw(graphics);
            graphics.dispose();
            try (PDPageContentStream stream = new PDPageContentStream(document, page)) {
                stream.transform(Matrix.getScaleInstance((float) POINTS_PER_PIXEL, (float) POINTS_PER_PIXEL));
                stream.drawForm(graphics.getXFormObject());
            }
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            document.save(bytes);
            return bytes.toByteArray();
        }
    }

    /** A picture with margins and its caption below. */
    private static final class Sheet {
        private final Picture picture;
        private final ColourRoles palette;
        private final List<String> caption;

        Sheet(Picture picture, String caption, ColourRoles palette) {
            this.picture = picture;
            this.palette = palette;
            this.caption = wrap(caption, picture.width());
        }

        double width() {
            return picture.width() + 2 * MARGIN;
        }

        double height() {
            return picture.height() + 2 * MARGIN + (caption.isEmpty() ? 0 : MARGIN / 2 + caption.size() * CAPTION_LINE);
        }

        void draw(Graphics2D graphics) {
            PaperPen pen = new PaperPen(graphics);
            pen.fillRectangle(0, 0, width(), height(), 0, palette.surface());
            Graphics2D inner = (Graphics2D) graphics.create();
            inner.translate(MARGIN, MARGIN);
            picture.draw(inner, palette);
            inner.dispose();
            double baseline = MARGIN + picture.height() + MARGIN / 2 + CAPTION_LINE - 3;
            for (String line : caption) {
                pen.text(line, MARGIN, baseline, CAPTION_SIZE, false, palette.muted());
                baseline += CAPTION_LINE;
            }
        }

        private static List<String> wrap(String caption, double width) {
            List<String> lines = new ArrayList<>();
            StringBuilder line = new StringBuilder();
            for (String word :
                    caption.isBlank() ? new String[0] : caption.strip().split("\\s+")) {
                String longer = line.isEmpty() ? word : line + " " + word;
                if (!line.isEmpty() && PaperPen.width(longer, CAPTION_SIZE, false) > width) {
                    lines.add(line.toString());
                    longer = word;
                }
                line.setLength(0);
                line.append(longer);
            }
            if (!line.isEmpty()) {
                lines.add(line.toString());
            }
            return lines;
        }
    }
}
