package loupe.ui.token;

import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.function.IntConsumer;
import javafx.beans.property.ReadOnlyIntegerProperty;
import javafx.beans.property.ReadOnlyIntegerWrapper;
import javafx.geometry.Insets;
import javafx.geometry.Orientation;
import javafx.scene.AccessibleRole;
import javafx.scene.canvas.Canvas;
import javafx.scene.control.Tooltip;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.input.MouseEvent;
import javafx.util.Duration;
import loupe.state.window.Side;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Tooltips;
import loupe.ui.export.CanvasPen;
import loupe.ui.export.Pen;
import loupe.ui.style.PaintedRegion;
import loupe.ui.style.TextWidths;
import org.jspecify.annotations.Nullable;

/**
 * Texts below each other, token under token, wrapped together, each token on a background as strong as its number.
 * Tokens that differ are underlined and bold. A click or the arrows choose a place, which is that of all texts.
 */
public final class TokenGrid extends PaintedRegion {
    private static final Duration SOON = Duration.millis(80);
    private static final double BETWEEN_COLUMNS = 2;
    private static final double BETWEEN_BLOCKS = 10;
    private static final double BESIDE_LABELS = 8;

    /** Blocks are painted on several canvases, because one of a long text would be higher than a texture can be. */
    private static final double CANVAS_PIXELS = 1_000;

    private final ReadOnlyIntegerWrapper selected = new ReadOnlyIntegerWrapper(this, "selected", -1);
    private @Nullable Tooltip tip;
    private List<Row> rows = List.of();
    private BitSet different = new BitSet();
    private IntConsumer chosen = place -> {};
    private int hoveredPlace = -1;
    private int hoveredRow = -1;
    private String family = "";
    private TextWidths widths = TextWidths.shared("System");
    private Places places = new Places(new double[0], new double[0], new int[0], 1);

    /**
     * A text.
     *
     * @param label in front of it
     * @param line its tokens, with a number at each
     * @param largest absolute number of the strongest background
     * @param side whose colour the background has
     * @param quantity the name of the numbers, for the tooltip
     * @param unit of the numbers; empty if they have none
     * @param compared whether it is one of those that differ
     */
    public record Row(
            String label, TokenLine line, double largest, Side side, String quantity, String unit, boolean compared) {
        int size() {
            return line.texts().length;
        }
    }

    /**
     * Where the columns stand, in pixels at the ordinary text size.
     *
     * @param block of each, from the top
     */
    private record Places(double[] x, double[] width, int[] block, int blocks) {}

    public TokenGrid() {
        getStyleClass().add("token-strip");
        setFocusTraversable(true);
        setAccessibleRole(AccessibleRole.TEXT);
        tellAccessibly();
        addEventHandler(MouseEvent.MOUSE_MOVED, this::hover);
        addEventHandler(MouseEvent.MOUSE_EXITED, event -> hover(-1, -1));
        addEventHandler(MouseEvent.MOUSE_CLICKED, event -> {
            int place = placeAt(x(event), y(event));
            if (place >= 0) {
                requestFocus();
                choose(place);
            }
        });
        addEventHandler(KeyEvent.KEY_PRESSED, event -> {
            boolean right = event.getCode() == KeyCode.RIGHT;
            if (right || event.getCode() == KeyCode.LEFT) {
                int next = selected.get() + (right ? 1 : -1);
                if (next >= 0 && next < columns()) {
                    choose(next);
                }
                event.consume();
            }
        });
    }

    /**
     * Shows texts.
     *
     * @param differing the places at which those that are compared are not the same
     */
    public void setRows(List<Row> shown, BitSet differing) {
        rows = List.copyOf(shown);
        different = (BitSet) differing.clone();
        hover(-1, -1);
        if (selected.get() >= columns()) {
            selected.set(-1);
        }
        tellAccessibly();
        requestLayout();
    }

    /** The texts that are shown. */
    public List<Row> rows() {
        return rows;
    }

    private boolean isDifferent(Row row, int place) {
        return row.compared() && different.get(place);
    }

    /** Whether the texts differ at a place. */
    public boolean isDifferent(int place) {
        return different.get(place);
    }

    /** Sets the action of choosing a place. */
    public void setOnPlace(IntConsumer action) {
        chosen = Objects.requireNonNull(action, "action");
    }

    /** The chosen place, -1 for none. */
    public ReadOnlyIntegerProperty selectedProperty() {
        return selected.getReadOnlyProperty();
    }

    /** Outlines a place without calling the action; -1 for none. */
    public void select(int place) {
        selected.set(place < columns() ? place : -1);
        tellAccessibly();
        requestLayout();
    }

    /** How far below the top the block of a place begins, as last laid out. */
    public double topOf(int place) {
        return place < 0 || place >= places.block().length
                ? 0
                : getInsets().getTop() + places.block()[place] * blockHeight() * textScale();
    }

    /** How high the rows of one block are together, in pixels of the window. */
    public double heightOfBlock() {
        return blockHeight() * textScale();
    }

    private int columns() {
        return rows.stream().mapToInt(Row::size).max().orElse(0);
    }

    private double blockHeight() {
        return rows.size() * TokenFlow.ROW + BETWEEN_BLOCKS;
    }

    private void choose(int place) {
        select(place);
        chosen.accept(place);
    }

    private int placeAt(double x, double y) {
        int block = (int) Math.floor(y / blockHeight());
        for (int i = 0; i < places.x().length; i++) {
            if (places.block()[i] == block
                    && x >= places.x()[i]
                    && x < places.x()[i] + places.width()[i] + BETWEEN_COLUMNS) {
                return i;
            }
        }
        return -1;
    }

    private void tellAccessibly() {
        int place = selected.get();
        StringBuilder said = new StringBuilder();
        for (int row = 0; row < rows.size(); row++) {
            said.append(said.length() == 0 ? "" : "; ")
                    .append(rows.get(row).label())
                    .append(": ");
            said.append(
                    place < 0
                            ? rows.get(row).line().sentence()
                            : place < rows.get(row).size()
                                    ? describe(row, place).replace("\n", ", ")
                                    : "");
        }
        setAccessibleText(said.length() == 0 ? "No tokens" : said.toString());
    }

    private String describe(int row, int place) {
        Row shown = rows.get(row);
        return "\u201c" + TokenText.visible(shown.line().texts()[place]) + "\u201d, token "
                + shown.line().ids()[place] + ", place " + place + "\n" + shown.quantity() + " "
                + NumberTexts.with(shown.line().activations()[place], shown.unit());
    }

    private double x(MouseEvent event) {
        return (event.getX() - getInsets().getLeft()) / textScale();
    }

    private double y(MouseEvent event) {
        return (event.getY() - getInsets().getTop()) / textScale();
    }

    private void hover(MouseEvent event) {
        double y = y(event);
        int place = placeAt(x(event), y);
        int row = (int) ((y % blockHeight()) / TokenFlow.ROW);
        boolean inRow = place >= 0 && row < rows.size() && place < rows.get(row).size();
        hover(inRow ? place : -1, inRow ? row : -1);
    }

    private void hover(int place, int row) {
        if (place == hoveredPlace && row == hoveredRow) {
            return;
        }
        hoveredPlace = place;
        hoveredRow = row;
        if (tip != null) {
            Tooltip.uninstall(this, tip);
            tip.hide();
        }
        if (place >= 0) {
            if (tip == null) {
                tip = Tooltips.of("");
                tip.setShowDelay(SOON);
            }
            tip.setText(describe(row, place));
            Tooltip.install(this, tip);
        }
        requestLayout();
    }

    private TextWidths widths() {
        if (!family.equals(font().getFamily())) {
            family = font().getFamily();
            widths = TextWidths.shared(family);
        }
        return widths;
    }

    private Places place(double room) {
        int columns = columns();
        double labels = rows.stream()
                        .mapToDouble(row -> widths().of(row.label(), false))
                        .max()
                        .orElse(0)
                + BESIDE_LABELS;
        double[] x = new double[columns];
        double[] width = new double[columns];
        int[] block = new int[columns];
        double at = labels;
        int blocks = 0;
        for (int i = 0; i < columns; i++) {
            for (Row row : rows) {
                if (i < row.size()) {
                    width[i] = Math.max(
                            width[i], width(row.line().texts()[i], isDifferent(row, i)) + 2 * TokenFlow.PADDING);
                }
            }
            if (at > labels && at + width[i] > room) {
                at = labels;
                blocks++;
            }
            x[i] = at;
            block[i] = blocks;
            at += width[i] + BETWEEN_COLUMNS;
        }
        return new Places(x, width, block, blocks + 1);
    }

    private double width(String token, boolean strongly) {
        double width = 0;
        for (TokenText.Run run : TokenText.runs(token)) {
            width += widths().of(run.text(), strongly);
        }
        return width;
    }

    @Override
    public Orientation getContentBias() {
        return Orientation.HORIZONTAL;
    }

    @Override
    protected double computePrefHeight(double width) {
        Insets insets = getInsets();
        double room = (width < 0 ? 400 : width) - insets.getLeft() - insets.getRight();
        return insets.getTop()
                + insets.getBottom()
                + Math.ceil(place(room / textScale()).blocks() * blockHeight() * textScale());
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

    @Override
    protected void layoutChildren() {
        Insets insets = getInsets();
        double width = Math.max(0, getWidth() - insets.getLeft() - insets.getRight());
        places = place(width / textScale());
        int blocksOfCanvas = (int) Math.max(1, CANVAS_PIXELS / heightOfBlock());
        int canvases = rows.isEmpty() ? 0 : (places.blocks() + blocksOfCanvas - 1) / blocksOfCanvas;
        while (getChildren().size() < canvases) {
            getChildren().add(new Canvas());
        }
        getChildren().remove(canvases, getChildren().size());
        for (int i = 0; i < canvases; i++) {
            Canvas canvas = (Canvas) getChildren().get(i);
            int from = i * blocksOfCanvas;
            int to = Math.min(places.blocks(), from + blocksOfCanvas);
            canvas.setWidth(width);
            canvas.setHeight(Math.ceil((to - from) * heightOfBlock()));
            canvas.relocate(insets.getLeft(), insets.getTop() + from * heightOfBlock());
            draw(canvas, from, to);
        }
    }

    private void draw(Canvas canvas, int fromBlock, int toBlock) {
        var context = canvas.getGraphicsContext2D();
        context.clearRect(0, 0, canvas.getWidth(), canvas.getHeight());
        context.save();
        context.scale(textScale(), textScale());
        Pen pen = new CanvasPen(context, family, widths);
        for (int row = 0; row < rows.size(); row++) {
            Row shown = rows.get(row);
            for (int block = 0; block < toBlock - fromBlock; block++) {
                pen.text(
                        shown.label(),
                        0,
                        block * blockHeight() + (row + 0.67) * TokenFlow.ROW,
                        TextWidths.SIZE,
                        false,
                        palette().muted());
            }
            for (int i = 0; i < shown.size(); i++) {
                if (places.block()[i] < fromBlock || places.block()[i] >= toBlock) {
                    continue;
                }
                double y = (places.block()[i] - fromBlock) * blockHeight() + row * TokenFlow.ROW;
                TokenPaint paint = new TokenPaint(pen, palette(), places.x()[i], y, places.width()[i]);
                double value = shown.line().activations()[i];
                paint.background(value, shown.largest(), shown.side());
                if (isDifferent(shown, i)) {
                    paint.underline();
                }
                if (i == selected.get() || (i == hoveredPlace && row == hoveredRow)) {
                    paint.outline(i == selected.get());
                }
                paint.text(shown.line().texts()[i], value, isDifferent(shown, i));
            }
        }
        context.restore();
    }
}
