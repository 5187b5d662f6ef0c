package loupe.ui.style;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javafx.scene.text.Font;
import javafx.scene.text.FontWeight;
import javafx.scene.text.Text;

/** Cached widths of texts at one size. Thread-safe: trees are laid out in the background. */
public final class TextWidths {
    /** The size, in pixels, that widths are given for. */
    public static final double SIZE = 13;

    private static final int MOST = 100_000;

    private static final Map<String, TextWidths> SHARED = new ConcurrentHashMap<>();

    private final Text probe = new Text();
    private final Font plainFont;
    private final Font strongFont;
    private final Map<String, Double> plain = new ConcurrentHashMap<>();
    private final Map<String, Double> strong = new ConcurrentHashMap<>();

    public TextWidths(String family) {
        plainFont = Font.font(family, FontWeight.NORMAL, SIZE);
        strongFont = Font.font(family, FontWeight.BOLD, SIZE);
    }

    /** The widths of a font family, shared by all parts. */
    public static TextWidths shared(String family) {
        return SHARED.computeIfAbsent(family, TextWidths::new);
    }

    /** The width in pixels at {@link #SIZE}. */
    public double of(String text, boolean strongly) {
        Map<String, Double> widths = strongly ? strong : plain;
        Double width = widths.get(text);
        return width == null ? measured(text, strongly, widths) : width;
    }

    private synchronized double measured(String text, boolean strongly, Map<String, Double> widths) {
        if (widths.size() >= MOST) {
            widths.clear();
        }
        probe.setFont(strongly ? strongFont : plainFont);
        probe.setText(text);
        double width = probe.getLayoutBounds().getWidth();
        widths.put(text, width);
        return width;
    }
}
