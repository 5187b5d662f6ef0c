package loupe.ui.chart;

import java.util.List;
import java.util.Optional;
import javafx.scene.paint.Color;
import loupe.ui.control.NumberTexts;
import loupe.ui.export.Pen;
import loupe.ui.style.ColourRoles;
import org.jspecify.annotations.Nullable;

/**
 * Where the parts of heat maps are, in pixels, and how they are drawn: a title over each map, the names of the columns
 * below it, those of the rows at the left, and the scale of colours below all.
 *
 * @param text size of the words
 * @param left where the first map begins
 * @param top where the first row begins
 * @param upright whether the names of the columns run upwards
 */
record HeatMapLayout(
        HeatMaps.Maps maps,
        double text,
        double left,
        double top,
        double cellWidth,
        double cellHeight,
        boolean upright,
        Widths widths) {
    /** Size of the words at the ordinary text scale. */
    static final double TEXT = 11;

    private static final double GAP = 14;
    private static final double MARGIN = 4;
    private static final double WIDEST = 110;
    private static final double TALLEST = 60;
    private static final double LONGEST_NAME = 60;
    private static final double SCALE_WIDTH = 120;
    private static final double SCALE_HEIGHT = 8;
    private static final int SCALE_PARTS = 41;
    private static final double USUAL_CELL = 18;

    /** The width of words at a size. */
    @FunctionalInterface
    interface Widths {
        double of(String words, double size);
    }

    /** A cell of a map. */
    record Cell(int map, int row, int column) {}

    static HeatMapLayout of(HeatMaps.Maps maps, double width, double height, double text, Widths widths) {
        int count = Math.max(1, maps.maps().size());
        int rows = Math.max(1, maps.rows().size());
        int columns = Math.max(1, maps.columns().size());
        double left = MARGIN + Math.max(widest(maps.rows(), text, widths), widths.of(maps.down(), text)) + MARGIN;
        double forAll = Math.max(count, width - left - MARGIN - GAP * (count - 1));
        double cellWidth = Math.min(WIDEST, forAll / count / columns);
        double longest = widest(maps.columns(), text, widths);
        boolean upright = longest + 2 > cellWidth;
        double top = 2 * MARGIN + text;
        double below = bottom(upright, longest, text);
        double cellHeight = Math.min(TALLEST, Math.max(1, height - top - below) / rows);
        return new HeatMapLayout(maps, text, left, top, cellWidth, cellHeight, upright, widths);
    }

    /** Height of what is below the maps: names of the columns, what they are, and the scale. */
    private static double bottom(boolean upright, double longest, double text) {
        return MARGIN + (upright ? Math.min(LONGEST_NAME, longest) : text) + 4 * MARGIN + 2 * text + SCALE_HEIGHT;
    }

    /** A height at which all rows can be told apart. */
    static double usualHeight(HeatMaps.Maps maps) {
        return 2 * MARGIN + TEXT + USUAL_CELL * maps.rows().size() + bottom(true, LONGEST_NAME, TEXT);
    }

    private static double widest(List<String> names, double text, Widths widths) {
        return Math.min(
                LONGEST_NAME,
                names.stream().mapToDouble(name -> widths.of(name, text)).max().orElse(0));
    }

    double x(int map, int column) {
        return left + map * (cellWidth * maps.columns().size() + GAP) + column * cellWidth;
    }

    double y(int row) {
        return top + row * cellHeight;
    }

    /** The cell at a place; empty beside the maps. */
    Optional<Cell> cell(double x, double y) {
        int row = (int) Math.floor((y - top) / cellHeight);
        if (row < 0 || row >= maps.rows().size()) {
            return Optional.empty();
        }
        for (int map = 0; map < maps.maps().size(); map++) {
            int column = (int) Math.floor((x - x(map, 0)) / cellWidth);
            if (column >= 0 && column < maps.columns().size()) {
                return Optional.of(new Cell(map, row, column));
            }
        }
        return Optional.empty();
    }

    void draw(Pen pen, ColourRoles palette, HeatMaps.Maps shown, @Nullable Cell chosen) {
        double end = shown.end();
        names(pen, palette, shown);
        for (int map = 0; map < shown.maps().size(); map++) {
            pen.text(
                    cut(
                            shown.maps().get(map).title(),
                            cellWidth * shown.columns().size()),
                    x(map, 0),
                    top - MARGIN,
                    text,
                    true,
                    palette.text());
            double[] values = shown.maps().get(map).values();
            for (int row = 0; row < shown.rows().size(); row++) {
                for (int column = 0; column < shown.columns().size(); column++) {
                    double value = values[row * shown.columns().size() + column];
                    pen.fillRectangle(
                            x(map, column),
                            y(row),
                            seam(cellWidth),
                            seam(cellHeight),
                            0,
                            Double.isNaN(value) ? palette.inset() : colour(palette, value / end));
                }
            }
            pen.outlineRectangle(
                    x(map, 0),
                    top,
                    cellWidth * shown.columns().size(),
                    cellHeight * shown.rows().size(),
                    0,
                    1,
                    palette.border());
            if (chosen != null
                    && chosen.row() < shown.rows().size()
                    && chosen.column() < shown.columns().size()) {
                pen.outlineRectangle(
                        x(map, chosen.column()), y(chosen.row()), cellWidth, cellHeight, 0, 2, palette.accent());
            }
        }
        scale(pen, palette, end);
    }

    /** Cells that are large enough to be told apart have a line between them. */
    private static double seam(double length) {
        return length > 6 ? length - 1 : length;
    }

    /** From the surface at 0 to the two ends. */
    private static Color colour(ColourRoles palette, double share) {
        return ColourRoles.blend(
                palette.surface(), share < 0 ? palette.negative() : palette.positive(), Math.abs(share));
    }

    private void names(Pen pen, ColourRoles palette, HeatMaps.Maps shown) {
        int everyRow = (int) Math.ceil((text + 1) / cellHeight);
        for (int row = 0; row < shown.rows().size(); row += everyRow) {
            String name = cut(shown.rows().get(row), LONGEST_NAME);
            pen.text(
                    name,
                    left - MARGIN - widths.of(name, text),
                    Math.max(y(row) + cellHeight / 2 + text / 3, top + text - 1),
                    text,
                    false,
                    palette.muted());
        }
        double below = y(shown.rows().size()) + MARGIN;
        int everyColumn = upright ? (int) Math.ceil((text + 1) / cellWidth) : 1;
        for (int map = 0; map < shown.maps().size(); map++) {
            for (int column = 0; column < shown.columns().size(); column += everyColumn) {
                String name = cut(shown.columns().get(column), LONGEST_NAME);
                double middle = x(map, column) + cellWidth / 2;
                if (upright) {
                    pen.textUp(name, middle + text / 3, below + widths.of(name, text), text, palette.muted());
                } else {
                    pen.text(name, middle - widths.of(name, text) / 2, below + text, text, false, palette.muted());
                }
            }
        }
        pen.text(shown.down(), MARGIN, top - MARGIN, text, false, palette.muted());
    }

    private void scale(Pen pen, ColourRoles palette, double end) {
        double longest = widest(maps.columns(), text, widths);
        double y = y(maps.rows().size()) + 2 * MARGIN + (upright ? longest : text) + MARGIN;
        pen.text(maps.across(), left, y + text, text, false, palette.muted());
        double x = left + widths.of(maps.across(), text) + 2 * GAP;
        String least = NumberTexts.plain(-end);
        String most = NumberTexts.plain(end);
        pen.text(least, x, y + text, text, false, palette.muted());
        double bar = x + widths.of(least, text) + MARGIN;
        double part = SCALE_WIDTH / SCALE_PARTS;
        double down = y + text - SCALE_HEIGHT;
        for (int i = 0; i < SCALE_PARTS; i++) {
            pen.fillRectangle(
                    bar + i * part,
                    down,
                    part + 0.5,
                    SCALE_HEIGHT,
                    0,
                    colour(palette, 2.0 * i / (SCALE_PARTS - 1) - 1));
        }
        pen.outlineRectangle(bar, down, SCALE_WIDTH, SCALE_HEIGHT, 0, 1, palette.border());
        pen.text(most, bar + SCALE_WIDTH + MARGIN, y + text, text, false, palette.muted());
        pen.text("0", bar + SCALE_WIDTH / 2 - widths.of("0", text) / 2, y + 2 * text + 1, text, false, palette.muted());
    }

    /** As much of a name as has room. */
    private String cut(String name, double room) {
        String part = name;
        while (part.length() > 1 && widths.of(part, text) > room) {
            part = part.substring(0, part.offsetByCodePoints(part.length(), -1));
        }
        return part.equals(name) ? name : part.substring(0, Math.max(1, part.length() - 1)) + "\u2026";
    }
}
