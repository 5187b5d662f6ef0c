package loupe.ui.export;

import java.awt.Font;
import java.awt.FontFormatException;
import java.awt.GraphicsEnvironment;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import loupe.ui.style.Theme;

/** The workbench's font for Java 2D, which draws charts and exported pictures. Thread-safe. */
public final class PaperFonts {
    public static final String FAMILY = "Open Sans";
    private static final Font PLAIN = load("OpenSans-Regular.ttf");
    private static final Font STRONG = load("OpenSans-Bold.ttf");

    private PaperFonts() {}

    public static Font of(double size, boolean strong) {
        return (strong ? STRONG : PLAIN).deriveFont((float) size);
    }

    /** A system font for characters without a glyph in ours. */
    static Font fallback(double size, boolean strong) {
        return new Font(Font.SANS_SERIF, strong ? Font.BOLD : Font.PLAIN, 1).deriveFont((float) size);
    }

    static InputStream file(boolean strong) {
        return Theme.font(strong ? "OpenSans-Bold.ttf" : "OpenSans-Regular.ttf");
    }

    private static Font load(String name) {
        try (InputStream file = Theme.font(name)) {
            Font font = Font.createFont(Font.TRUETYPE_FONT, file);
            GraphicsEnvironment.getLocalGraphicsEnvironment().registerFont(font);
            return font;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        } catch (FontFormatException broken) {
            throw new IllegalStateException("fonts/" + name + " is not a TrueType font", broken);
        }
    }
}
