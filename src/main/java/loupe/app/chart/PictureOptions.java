package loupe.app.chart;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Supplier;
import loupe.app.cli.CommandContext;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.OptionSection;
import loupe.app.cli.UsageException;
import loupe.app.window.Toolkit;
import loupe.format.TextFiles;
import loupe.state.window.Look;
import loupe.ui.chart.ChartPart;
import loupe.ui.export.ChartExport;
import loupe.ui.export.ExportFormat;
import loupe.ui.export.Exportable;
import loupe.ui.export.Picture;
import loupe.ui.style.ColourRoles;
import loupe.ui.style.Theme;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say how a chart becomes a file. */
@OptionSection("Picture")
class PictureOptions {
    private static final String CSV = ".csv";
    private static final double USUAL_WIDTH = 400;
    private static final double USUAL_HEIGHT = 240;
    private static final int MOST_PIXELS = 10_000;
    private static final int SHARPEST = 8;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "F",
            description = "File to write: a picture (.png, .svg or .pdf), or the numbers behind it (.csv).")
    private Path out;

    @Option(
            names = "--theme",
            paramLabel = "NAME",
            defaultValue = "light",
            description = "Colours: light, dark or high-contrast (default: ${DEFAULT-VALUE}).")
    private String theme;

    @Option(
            names = "--resolution",
            paramLabel = "N",
            defaultValue = "2",
            description = "Pixels of a PNG per pixel of the picture, in each direction (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = 1, most = SHARPEST)
    private int resolution;

    @Option(names = "--no-caption", description = "No words below the picture on what its numbers are of.")
    private boolean noCaption;

    /** Of charts that have no size of their own. */
    static final class Sized extends PictureOptions {
        @Option(
                names = "--width",
                paramLabel = "N",
                description = "Width in pixels, 96 of which are an inch (default: 400, or its own).")
        @OptionRange(least = 100, most = MOST_PIXELS)
        private @Nullable Integer width;

        @Option(
                names = "--height",
                paramLabel = "N",
                description = "Height in pixels, without the caption (default: 240, or its own).")
        @OptionRange(least = 100, most = MOST_PIXELS)
        private @Nullable Integer height;

        @Override
        Picture picture(Exportable chart) {
            if (width == null && height == null && !(chart instanceof ChartPart)) {
                return super.picture(chart);
            }
            return chart.picture(width == null ? USUAL_WIDTH : width, height == null ? USUAL_HEIGHT : height);
        }
    }

    /** Refuses what can be refused before anything is opened. */
    final void requireSensible() {
        OptionPaths.writable(out, "--out");
        if (!isCsv() && format() == null) {
            throw new UsageException("--out is " + out + ", expected a name that ends in .png, .svg, .pdf or .csv");
        }
        if (!Look.remembered(theme, false).key().equals(theme)) {
            throw new UsageException("--theme is " + theme + ", expected light, dark or high-contrast");
        }
    }

    /** The picture of a chart at the size that is wanted. */
    Picture picture(Exportable chart) {
        return chart.picture();
    }

    /**
     * Draws a chart and writes it.
     *
     * @param chart made on the JavaFX thread
     * @param caption what its numbers are of
     */
    final ChartCommand.Result write(CommandContext context, Supplier<Exportable> chart, String caption)
            throws IOException {
        context.cancellation().check();
        Toolkit.withoutScreen();
        Toolkit.start();
        Exportable drawn = Toolkit.call(chart);
        if (isCsv()) {
            TextFiles.write(out, Toolkit.call(drawn::csv).text(false));
        } else {
            Picture picture = Toolkit.call(() -> picture(drawn));
            ColourRoles palette = Toolkit.call(() -> ColourRoles.of(Theme.of(Look.remembered(theme, false))));
            ExportFormat format = Objects.requireNonNull(format(), "refused before");
            String below = noCaption ? "" : caption;
            double scale = ChartExport.scaleOf(picture, below, resolution);
            if (name().endsWith(".png") && scale < resolution) {
                context.warn(String.format(
                        Locale.ROOT,
                        "The picture would have more than %s and is drawn at --resolution %.2f",
                        ChartExport.MOST,
                        scale));
            }
            ChartExport.replace(out, ChartExport.bytes(picture, below, format, resolution, palette));
        }
        return new ChartCommand.Result(out.toString(), drawn.exportName(), caption);
    }

    private boolean isCsv() {
        return name().endsWith(CSV);
    }

    private @Nullable ExportFormat format() {
        for (ExportFormat format : ExportFormat.values()) {
            if (name().endsWith("." + format.suffix())) {
                return format;
            }
        }
        return null;
    }

    private String name() {
        return out.toString().toLowerCase(Locale.ROOT);
    }
}
