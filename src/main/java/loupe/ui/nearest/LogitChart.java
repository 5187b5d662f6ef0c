package loupe.ui.nearest;

import java.awt.Graphics2D;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import javafx.scene.canvas.Canvas;
import javafx.scene.control.Tooltip;
import javafx.scene.input.MouseEvent;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Tooltips;
import loupe.ui.export.CanvasPen;
import loupe.ui.export.Csv;
import loupe.ui.export.Exportable;
import loupe.ui.export.PaperPen;
import loupe.ui.export.Pen;
import loupe.ui.export.Picture;
import loupe.ui.style.ColourRoles;
import loupe.ui.style.PaintedRegion;
import loupe.ui.style.TextWidths;
import loupe.ui.token.TokenText;
import loupe.ui.token.TokenWeight;
import org.jspecify.annotations.Nullable;

/**
 * Promoted and suppressed tokens as bars: the decoder direction's logit weights. Side by side when there is room, else
 * one below the other; as many rows as fit, strongest first. Where there is little room a bar lies behind its word.
 */
public final class LogitChart extends PaintedRegion implements Exportable {
    public static final double ROW = 22;
    /** The most tokens that a picture of its own size has at each end. */
    public static final int MOST_ROWS = 30;

    private static final double SIZE = TextWidths.SIZE;
    private static final double HEADER = 26;
    private static final double GAP = 24;
    private static final double TWO_COLUMNS = 400;
    private static final double TWO_TIGHT_COLUMNS = 220;
    private static final double SHORT_ROWS = 12;
    private static final double TIGHT = 170;
    private static final double LONGEST_WORD = 130;
    private static final double FIGURE = 50;
    private static final double PAPER_WIDTH = 440;

    private final Canvas canvas = new Canvas();
    private final Tooltip tip = Tooltips.of("");
    private List<TokenWeight> promoted = List.of();
    private List<TokenWeight> suppressed = List.of();
    private Consumer<TokenWeight> chosen = token -> {};
    private double leastScale = 1e-12;
    private @Nullable TokenWeight pointed;
    private String family = "";
    private TextWidths widths = TextWidths.shared("System");

    public LogitChart() {
        getStyleClass().add("chart-part");
        setFocusTraversable(true);
        setAccessibleText("Logit weights: promoted and suppressed tokens");
        getChildren().add(canvas);
        canvas.addEventHandler(MouseEvent.MOUSE_MOVED, event -> point(at(event.getX(), event.getY())));
        canvas.addEventHandler(MouseEvent.MOUSE_EXITED, event -> point(null));
        canvas.addEventHandler(MouseEvent.MOUSE_CLICKED, event -> {
            TokenWeight token = at(event.getX(), event.getY());
            if (token != null && event.getClickCount() == 1) {
                chosen.accept(token);
            }
        });
    }

    /** Shows tokens; promoted ones largest first, suppressed ones smallest first. */
    public void setTokens(List<TokenWeight> mostPromoted, List<TokenWeight> mostSuppressed) {
        promoted = List.copyOf(mostPromoted);
        suppressed = List.copyOf(mostSuppressed);
        pointed = null;
        requestLayout();
    }

    /** Makes a full bar mean at least this weight, so that two charts can be drawn to one scale. */
    public void setLeastScale(double weight) {
        leastScale = Math.max(1e-12, weight);
        requestLayout();
    }

    /** Sets the action of a click on a token. */
    public void setOnToken(Consumer<TokenWeight> action) {
        chosen = action;
    }

    @Override
    protected void layoutChildren() {
        canvas.setWidth(Math.floor(getWidth()));
        canvas.setHeight(Math.floor(getHeight()));
        if (!family.equals(font().getFamily())) {
            family = font().getFamily();
            widths = TextWidths.shared(family);
        }
        var context = canvas.getGraphicsContext2D();
        context.clearRect(0, 0, canvas.getWidth(), canvas.getHeight());
        context.save();
        context.scale(textScale(), textScale());
        shown(pointed).draw(new CanvasPen(context, family, widths), palette());
        context.restore();
    }

    private @Nullable TokenWeight at(double x, double y) {
        return shown(null).at(x / textScale(), y / textScale());
    }

    private Drawing shown(@Nullable TokenWeight emphasised) {
        return new Drawing(
                promoted,
                suppressed,
                canvas.getWidth() / textScale(),
                canvas.getHeight() / textScale(),
                emphasised,
                leastScale);
    }

    @SuppressWarnings("ReferenceEquality") // the very row that was drawn
    private void point(@Nullable TokenWeight token) {
        if (token == pointed) {
            return;
        }
        pointed = token;
        if (token == null) {
            Tooltip.uninstall(canvas, tip);
            tip.hide();
        } else {
            tip.setText("\u201c" + TokenText.visible(token.text()) + "\u201d, token " + token.id() + "\nlogit weight "
                    + NumberTexts.number(token.weight()));
            Tooltip.install(canvas, tip);
        }
        requestLayout();
    }

    @Override
    public String exportName() {
        return "logit-weights";
    }

    @Override
    public Picture picture() {
        int rows = Math.max(1, Math.min(15, Math.max(promoted.size(), suppressed.size())));
        return picture(PAPER_WIDTH, HEADER + rows * ROW + 4);
    }

    @Override
    public Picture picture(double width, double height) {
        Drawing drawing = new Drawing(promoted, suppressed, width, height, null, leastScale);
        return new Picture() {
            @Override
            public double width() {
                return drawing.width;
            }

            @Override
            public double height() {
                return drawing.height;
            }

            @Override
            public void draw(Graphics2D graphics, ColourRoles palette) {
                drawing.draw(new PaperPen(graphics), palette);
            }
        };
    }

    @Override
    public Csv csv() {
        List<List<?>> rows = new ArrayList<>();
        promoted.forEach(token -> rows.add(List.of("promoted", token.id(), token.text(), token.weight())));
        suppressed.forEach(token -> rows.add(List.of("suppressed", token.id(), token.text(), token.weight())));
        return new Csv(List.of("direction", "token id", "token text", "logit weight"), rows);
    }

    /** Both lists in a box of a given size. */
    private static final class Drawing {
        private final List<TokenWeight> promoted;
        private final List<TokenWeight> suppressed;
        private final double width;
        private final double height;
        private final @Nullable TokenWeight pointed;
        private final double least;
        private final boolean beside;
        private final boolean tight;
        private final double column;
        private final int rows;

        Drawing(
                List<TokenWeight> promoted,
                List<TokenWeight> suppressed,
                double width,
                double height,
                @Nullable TokenWeight pointed,
                double least) {
            this.least = least;
            this.promoted = promoted;
            this.suppressed = suppressed;
            this.width = width;
            this.height = height;
            this.pointed = pointed;
            beside = width >= TWO_COLUMNS || (width >= TWO_TIGHT_COLUMNS && height < 2 * HEADER + SHORT_ROWS * ROW);
            column = beside ? (width - 24 - (width >= TWO_COLUMNS ? GAP : GAP / 2)) / 2 : width - 24;
            tight = column < TIGHT;
            rows = (int) Math.max(0, Math.floor(((beside ? height : height / 2) - HEADER - 2) / ROW));
        }

        void draw(Pen pen, ColourRoles palette) {
            double largest = least;
            for (List<TokenWeight> list : List.of(promoted, suppressed)) {
                for (int i = 0; i < Math.min(rows, list.size()); i++) {
                    largest = Math.max(largest, Math.abs(list.get(i).weight()));
                }
            }
            list(pen, palette, promoted, title(promoted, 1), 12, 0, color(palette, promoted, 1), largest);
            list(
                    pen,
                    palette,
                    suppressed,
                    title(suppressed, -1),
                    beside ? width - 12 - column : 12,
                    beside ? 0 : height / 2,
                    color(palette, suppressed, -1),
                    largest);
        }

        /**
         * The heading of a list. Where all weights have one sign, nothing is suppressed, or nothing promoted.
         *
         * @param sign of the weights that the list is for
         */
        private static String title(List<TokenWeight> tokens, int sign) {
            return sign > 0
                    ? isAsMeant(tokens, sign) ? "Promoted" : "Least suppressed"
                    : isAsMeant(tokens, sign) ? "Suppressed" : "Least promoted";
        }

        private static javafx.scene.paint.Color color(ColourRoles palette, List<TokenWeight> tokens, int sign) {
            return sign > 0 == isAsMeant(tokens, sign) ? palette.positive() : palette.negative();
        }

        private static boolean isAsMeant(List<TokenWeight> tokens, int sign) {
            return tokens.isEmpty() || sign * tokens.get(0).weight() >= 0;
        }

        @SuppressWarnings("ReferenceEquality") // the very row that is pointed at
        private void list(
                Pen pen,
                ColourRoles palette,
                List<TokenWeight> tokens,
                String title,
                double left,
                double top,
                javafx.scene.paint.Color color,
                double largest) {
            double word = tight ? column - FIGURE - 4 : Math.min(LONGEST_WORD, column * 0.4);
            double room = column - word - FIGURE - 8;
            pen.text(title, left, top + 17, 12, true, color);
            String unit = tight ? "" : "logit weight";
            pen.text(unit, left + column - pen.widthOf(unit, 11, false), top + 17, 11, false, palette.muted());
            for (int i = 0; i < Math.min(rows, tokens.size()); i++) {
                TokenWeight token = tokens.get(i);
                double y = top + HEADER + i * ROW;
                if (token == pointed) {
                    pen.fillRectangle(left - 4, y, column + 8, ROW, 4, palette.inset());
                }
                double part = Math.abs(token.weight()) / largest;
                if (tight) {
                    pen.fillRectangle(
                            left - 4,
                            y + 2,
                            Math.max(2, (column + 8) * part),
                            ROW - 4,
                            2,
                            ColourRoles.blend(palette.surface(), color, 0.25));
                } else {
                    double bar = Math.max(1, room * part);
                    pen.fillRectangle(
                            left + word + 8,
                            y + 5,
                            bar,
                            ROW - 10,
                            Math.min(2, bar / 2),
                            ColourRoles.blend(palette.surface(), color, 0.8));
                }
                tokenText(pen, palette, token.text(), left, y + ROW * 0.68, word);
                String figure = NumberTexts.number(token.weight());
                pen.text(
                        figure,
                        left + column - pen.widthOf(figure, 12, false),
                        y + ROW * 0.68,
                        12,
                        false,
                        palette.text());
            }
        }

        /** The word, right-aligned to its bar or at the left over it, cut with an ellipsis when it is too long. */
        private void tokenText(Pen pen, ColourRoles palette, String text, double left, double baseline, double room) {
            String shown = text;
            double width = width(pen, shown);
            while (width > room && shown.length() > 1) {
                shown = shown.substring(0, shown.offsetByCodePoints(shown.length(), -1));
                width = width(pen, shown + "\u2026");
            }
            if (shown.length() < text.length()) {
                shown += "\u2026";
            }
            double x = tight ? left : left + room - width;
            for (TokenText.Run run : TokenText.runs(shown)) {
                pen.text(
                        run.text(),
                        x,
                        baseline,
                        SIZE,
                        false,
                        run.glyph() ? ColourRoles.blend(palette.surface(), palette.muted(), 0.75) : palette.text());
                x += pen.widthOf(run.text(), SIZE, false);
            }
        }

        private static double width(Pen pen, String text) {
            double width = 0;
            for (TokenText.Run run : TokenText.runs(text)) {
                width += pen.widthOf(run.text(), SIZE, false);
            }
            return width;
        }

        @Nullable
        TokenWeight at(double x, double y) {
            boolean second = beside ? x > width / 2 : y > height / 2;
            double top = second && !beside ? height / 2 : 0;
            int row = (int) Math.floor((y - top - HEADER) / ROW);
            List<TokenWeight> list = second ? suppressed : promoted;
            return row >= 0 && row < Math.min(rows, list.size()) ? list.get(row) : null;
        }
    }
}
