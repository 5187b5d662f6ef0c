package loupe.ui.export;

import java.util.Arrays;

/** The file formats of pictures. */
public enum ExportFormat {
    PNG_1X("PNG", "png", 1),
    PNG_2X("PNG, 2x", "png", 2),
    PNG_4X("PNG, 4x", "png", 4),
    SVG("SVG", "svg", 1),
    PDF("PDF", "pdf", 1);

    private final String label;
    private final String suffix;
    private final int scale;

    ExportFormat(String label, String suffix, int scale) {
        this.label = label;
        this.suffix = suffix;
        this.scale = scale;
    }

    /** This format, or the one that the extension of a file's name asks for. */
    public ExportFormat named(String fileName) {
        String extension = SuggestedNames.extension(fileName);
        return suffix.equals(extension)
                ? this
                : Arrays.stream(values())
                        .filter(format -> format.suffix.equals(extension))
                        .findFirst()
                        .orElse(this);
    }

    /** The name in menus. */
    public String label() {
        return label;
    }

    /** The extension of the file, without the dot. */
    public String suffix() {
        return suffix;
    }

    /** Pixels of the image per pixel of the picture; 1 for vector formats. */
    public int scale() {
        return scale;
    }
}
