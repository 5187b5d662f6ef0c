package loupe.ui.token;

import java.util.ArrayList;
import java.util.List;
import loupe.base.VisibleText;
import loupe.ui.style.TextWidths;

/**
 * Token text as it is drawn: runs of ordinary text and runs of thin glyphs for spaces, line breaks and other invisible
 * characters. Thread-safe.
 */
public final class TokenText {
    /**
     * Characters of a token that are drawn alike.
     *
     * @param text what to draw
     * @param glyph whether it stands for something invisible and is drawn thin
     */
    public record Run(String text, boolean glyph) {}

    private TokenText() {}

    /** The runs of {@code token}, in order. */
    public static List<Run> runs(String token) {
        List<Run> runs = new ArrayList<>(2);
        StringBuilder pending = new StringBuilder();
        boolean glyphs = false;
        for (int point : token.codePoints().toArray()) {
            boolean glyph = isInvisible(point);
            if (glyph != glyphs && pending.length() > 0) {
                runs.add(new Run(pending.toString(), glyphs));
                pending.setLength(0);
            }
            glyphs = glyph;
            pending.append(glyph ? glyphOf(point) : Character.toString(point));
        }
        if (pending.length() > 0) {
            runs.add(new Run(pending.toString(), glyphs));
        }
        return runs;
    }

    /** The token in one string, with glyphs for invisible characters. */
    public static String visible(String token) {
        StringBuilder all = new StringBuilder();
        for (Run run : runs(token)) {
            all.append(run.text());
        }
        return all.toString();
    }

    /** Several tokens as one reads them: spaces are spaces, only line breaks and the like become glyphs. */
    public static String sentence(String text) {
        return part(text).strip();
    }

    /** A part of a text as one reads it, with the spaces at its ends. */
    public static String part(String text) {
        StringBuilder all = new StringBuilder();
        for (int point : text.codePoints().toArray()) {
            all.append(point != ' ' && isInvisible(point) ? glyphOf(point) : Character.toString(point));
        }
        return all.toString();
    }

    /** The width of {@code token} as it is drawn, in pixels at {@link TextWidths#SIZE}. */
    public static double width(String token, TextWidths widths) {
        double width = 0;
        for (Run run : runs(token)) {
            width += widths.of(run.text(), false);
        }
        return width;
    }

    private static boolean isInvisible(int point) {
        return point == ' ' || point == '\u00a0' || point == '\ufffd' || VisibleText.isHidden(point);
    }

    /** Fonts have no pictures of control characters, so those are written as their code: {@code \u20391b\u203a}. */
    private static String glyphOf(int point) {
        return switch (point) {
            case ' ' -> "\u00b7";
            case '\u00a0' -> "\u00b0";
            case '\n', '\u2028', '\u2029' -> "\u21b5";
            case '\t' -> "\u21e5";
            case '\ufffd' -> "\ufffd";
            default -> Character.getType(point) == Character.FORMAT ? "\u00a6" : VisibleText.code(point);
        };
    }
}
