package loupe.ui.token;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntConsumer;
import javafx.beans.property.ReadOnlyIntegerProperty;
import javafx.beans.property.ReadOnlyIntegerWrapper;
import javafx.geometry.Insets;
import javafx.geometry.Orientation;
import javafx.scene.AccessibleRole;
import javafx.scene.canvas.Canvas;
import javafx.scene.canvas.GraphicsContext;
import javafx.scene.control.Tooltip;
import javafx.scene.input.Clipboard;
import javafx.scene.input.ClipboardContent;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyCodeCombination;
import javafx.scene.input.KeyCombination;
import javafx.scene.input.KeyEvent;
import javafx.scene.input.MouseEvent;
import javafx.scene.paint.Color;
import javafx.scene.paint.CycleMethod;
import javafx.scene.paint.LinearGradient;
import javafx.scene.paint.Stop;
import javafx.util.Duration;
import loupe.state.window.Side;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Tooltips;
import loupe.ui.export.CanvasPen;
import loupe.ui.export.Pen;
import loupe.ui.style.ColourRoles;
import loupe.ui.style.PaintedRegion;
import loupe.ui.style.TextWidths;
import org.jspecify.annotations.Nullable;

/**
 * Tokens in a row or a paragraph, each on a background as strong as its activation, on the scale of the whole feature.
 * Spaces and line breaks are thin glyphs; the tooltip shows activation and token id; arrows move, a click chooses.
 */
public final class TokenStrip extends PaintedRegion {
    private static final Duration SOON = Duration.millis(80);
    private static final KeyCombination COPY = new KeyCodeCombination(KeyCode.C, KeyCombination.SHORTCUT_DOWN);
    private static final double FADE = 20;

    private final Canvas canvas = new Canvas();
    private @Nullable Tooltip tip;
    private final boolean wrapping;
    private final ReadOnlyIntegerWrapper selected = new ReadOnlyIntegerWrapper(this, "selected", -1);
    private final ReadOnlyIntegerWrapper hovered = new ReadOnlyIntegerWrapper(this, "hovered", -1);
    private TokenLine line = TokenLine.empty();
    private String quantity = "activation";
    private double largest = 1;
    private Side side = Side.A;
    private Function<String, List<Integer>> marks = text -> List.of();
    private BitSet marked = new BitSet();
    private IntConsumer chosen = token -> {};
    private Runnable markedBy = () -> {};
    private boolean pointsOut;
    /** The token that the button went down on; -1 for none. */
    private int pressed = -1;
    /** The tokens that were dragged over, both included; -1 for none. */
    private int markedFrom = -1;

    private int markedTo = -1;
    private TextWidths widths = TextWidths.shared("System");
    private String family = "";
    private TokenFlow flow = TokenFlow.single(line, 0, widths);

    /** @param wrapping whether it is a paragraph; else one row that shows what is around the peak */
    public TokenStrip(boolean wrapping) {
        this.wrapping = wrapping;
        getStyleClass().add("token-strip");
        setFocusTraversable(true);
        setAccessibleRole(AccessibleRole.TEXT);
        getChildren().add(canvas);
        canvas.addEventHandler(MouseEvent.MOUSE_MOVED, event -> hover(tokenAt(event)));
        canvas.addEventHandler(MouseEvent.MOUSE_EXITED, event -> hover(-1));
        canvas.addEventHandler(MouseEvent.MOUSE_CLICKED, event -> {
            int token = tokenAt(event);
            if (token >= 0 && event.isStillSincePress()) {
                mark(-1, -1);
                if (isFocusTraversable()) {
                    requestFocus();
                }
                choose(token);
            }
        });
        canvas.addEventHandler(MouseEvent.MOUSE_PRESSED, event -> {
            pressed = event.isPrimaryButtonDown() ? tokenAt(event) : -1;
            if (event.isPrimaryButtonDown()) {
                mark(-1, -1);
            }
        });
        canvas.addEventHandler(MouseEvent.MOUSE_DRAGGED, event -> {
            int token = tokenAt(event);
            if (pressed >= 0 && token >= 0 && !event.isStillSincePress()) {
                mark(Math.min(pressed, token), Math.max(pressed, token));
                markedBy.run();
            }
        });
        addEventHandler(KeyEvent.KEY_PRESSED, event -> {
            if (COPY.match(event) && markedText().isPresent()) {
                ClipboardContent content = new ClipboardContent();
                content.putString(markedText().get());
                Clipboard.getSystemClipboard().setContent(content);
                event.consume();
                return;
            }
            if (event.getCode() == KeyCode.RIGHT || event.getCode() == KeyCode.LEFT) {
                step(event.getCode() == KeyCode.RIGHT ? 1 : -1);
                event.consume();
            }
        });
    }

    private void mark(int from, int to) {
        markedFrom = from;
        markedTo = to;
        requestLayout();
    }

    /** The text of the tokens that were dragged over, as the corpus has it; empty for none. */
    public Optional<String> markedText() {
        return markedFrom < 0
                ? Optional.empty()
                : Optional.of(String.join("", Arrays.copyOfRange(line.texts(), markedFrom, markedTo + 1)));
    }

    /** Outlines the token that a line is shown for also where it has no activation, as in near misses. */
    void pointOut() {
        pointsOut = true;
    }

    /** Sets what is done when tokens are dragged over. */
    void setOnMark(Runnable action) {
        markedBy = action;
    }

    /** Chooses the token before (-1) or after (+1) the chosen one; the peak if none is. */
    void step(int by) {
        int from = selected.get() < 0 ? line.peak() - by : selected.get();
        if (from + by >= 0 && from + by < line.texts().length) {
            choose(from + by);
        }
    }

    /**
     * Shows tokens.
     *
     * @param largestActivation the absolute activation of the strongest background: the feature's largest, the same for
     *     all its lines
     */
    public void setLine(TokenLine shown, double largestActivation, Side shownSide) {
        line = Objects.requireNonNull(shown, "shown");
        largest = largestActivation > 0 ? largestActivation : 1;
        side = Objects.requireNonNull(shownSide, "shownSide");
        markTokens();
        markedFrom = -1;
        markedTo = -1;
        selected.set(-1);
        hover(-1);
        tellAccessibly();
        requestLayout();
    }

    /**
     * Underlines the tokens in which a text has what is looked for.
     *
     * @param found where the tokens' text has it: [from, to) in turn, ascending
     */
    public void setMarks(Function<String, List<Integer>> found) {
        marks = Objects.requireNonNull(found, "found");
        markTokens();
        requestLayout();
    }

    private void markTokens() {
        marked = new BitSet();
        List<Integer> places = marks.apply(String.join("", line.texts()));
        int from = 0;
        for (int token = 0; token < line.texts().length; token++) {
            int to = from + line.texts()[token].length();
            for (int i = 0; i < places.size(); i += 2) {
                if (places.get(i) < to && places.get(i + 1) > from) {
                    marked.set(token);
                }
            }
            from = to;
        }
    }

    /** Whether a token is underlined as found. */
    boolean isMarked(int token) {
        return marked.get(token);
    }

    /** Sets the name of the numbers in the tooltip, where they are not activations. */
    public void setQuantity(String name) {
        quantity = Objects.requireNonNull(name, "name");
    }

    /** Sets the action of choosing a token, by click or arrows, with its index. */
    public void setOnToken(IntConsumer action) {
        chosen = action;
    }

    /** The chosen token, -1 for none. */
    public ReadOnlyIntegerProperty selectedProperty() {
        return selected.getReadOnlyProperty();
    }

    /** The token under the pointer, -1 for none. */
    public ReadOnlyIntegerProperty hoveredProperty() {
        return hovered.getReadOnlyProperty();
    }

    /** Outlines a token without calling the action; -1 for none. */
    public void select(int token) {
        selected.set(token);
        tellAccessibly();
        requestLayout();
    }

    /** How far below the strip's top the row of a token begins, as last laid out. */
    public double topOf(int token) {
        return token < 0 || token >= flow.size()
                ? 0
                : getInsets().getTop() + flow.row(token) * TokenFlow.ROW * textScale();
    }

    private int tokenAt(MouseEvent event) {
        return flow.at(event.getX() / textScale(), event.getY() / textScale());
    }

    private void choose(int token) {
        select(token);
        chosen.accept(token);
    }

    private void tellAccessibly() {
        int token = selected.get();
        setAccessibleText(token < 0 ? line.sentence() : describe(token));
    }

    private String describe(int token) {
        return "\u201c" + TokenText.visible(line.texts()[token]) + "\u201d, token " + line.ids()[token] + "\n"
                + quantity + " " + NumberTexts.number(line.activations()[token]);
    }

    private void hover(int token) {
        if (token == hovered.get()) {
            return;
        }
        hovered.set(token);
        if (tip != null) {
            Tooltip.uninstall(canvas, tip);
            tip.hide();
        }
        if (token >= 0) {
            if (tip == null) {
                tip = Tooltips.of("");
                tip.setShowDelay(SOON);
            }
            tip.setText(describe(token));
            Tooltip.install(canvas, tip);
        }
        requestLayout();
    }

    @Override
    public @Nullable Orientation getContentBias() {
        return wrapping ? Orientation.HORIZONTAL : null;
    }

    @Override
    protected double computePrefHeight(double width) {
        Insets insets = getInsets();
        double room = (width < 0 ? 400 : width) - insets.getLeft() - insets.getRight();
        int rows =
                wrapping ? TokenFlow.wrapped(line, room / textScale(), widths()).rows() : 1;
        return insets.getTop() + insets.getBottom() + Math.ceil(rows * TokenFlow.ROW * textScale());
    }

    @Override
    protected double computePrefWidth(double height) {
        return 400;
    }

    @Override
    protected double computeMinWidth(double height) {
        return 64;
    }

    @Override
    protected double computeMinHeight(double width) {
        return computePrefHeight(width);
    }

    private TextWidths widths() {
        if (!family.equals(font().getFamily())) {
            family = font().getFamily();
            widths = TextWidths.shared(family);
        }
        return widths;
    }

    @Override
    protected void layoutChildren() {
        Insets insets = getInsets();
        double width = Math.max(0, getWidth() - insets.getLeft() - insets.getRight());
        double room = width / textScale();
        flow = wrapping ? TokenFlow.wrapped(line, room, widths()) : TokenFlow.single(line, room, widths());
        canvas.setWidth(width);
        canvas.setHeight(Math.ceil(flow.rows() * TokenFlow.ROW * textScale()));
        canvas.relocate(insets.getLeft(), insets.getTop());
        draw();
    }

    private void draw() {
        var context = canvas.getGraphicsContext2D();
        context.clearRect(0, 0, canvas.getWidth(), canvas.getHeight());
        context.save();
        context.scale(textScale(), textScale());
        Pen pen = new CanvasPen(context, family, widths);
        ColourRoles palette = palette();
        double room = canvas.getWidth() / textScale();
        for (int i = 0; i < flow.size(); i++) {
            double x = flow.x(i);
            if (x + flow.width(i) < 0 || x > room) {
                continue;
            }
            double y = flow.row(i) * TokenFlow.ROW;
            TokenPaint paint = new TokenPaint(pen, palette, x, y, flow.width(i));
            paint.background(line.activations()[i], largest, side);
            if (marked.get(i)) {
                paint.underline();
            }
            if (i >= markedFrom && i <= markedTo) {
                paint.draggedOver();
            }
            if (i == line.peak() && pointsOut && line.activations()[i] == 0) {
                paint.peak();
            }
            if (i == selected.get() || i == hovered.get()) {
                paint.outline(i == selected.get());
            }
            paint.text(line.texts()[i], line.activations()[i], false);
        }
        context.restore();
        fadeCutEnds(context, palette.surface());
    }

    /** Fades the ends of a row that continues beyond them, so that half a letter is not taken for a whole one. */
    private void fadeCutEnds(GraphicsContext context, Color surface) {
        int last = flow.size() - 1;
        if (wrapping || last < 0) {
            return;
        }
        Color clear = Color.color(surface.getRed(), surface.getGreen(), surface.getBlue(), 0);
        double width = canvas.getWidth();
        if (flow.x(0) < -1) {
            context.setFill(new LinearGradient(
                    0, 0, FADE, 0, false, CycleMethod.NO_CYCLE, new Stop(0, surface), new Stop(1, clear)));
            context.fillRect(0, 0, FADE, canvas.getHeight());
        }
        if ((flow.x(last) + flow.width(last)) * textScale() > width + 1) {
            context.setFill(new LinearGradient(
                    width - FADE, 0, width, 0, false, CycleMethod.NO_CYCLE, new Stop(0, clear), new Stop(1, surface)));
            context.fillRect(width - FADE, 0, FADE, canvas.getHeight());
        }
    }
}
