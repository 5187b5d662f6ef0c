package loupe.ui.chart;

import java.awt.Graphics2D;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import javafx.scene.canvas.Canvas;
import javafx.scene.control.Tooltip;
import javafx.scene.input.MouseEvent;
import loupe.ui.control.Tooltips;
import loupe.ui.export.CanvasPen;
import loupe.ui.export.Csv;
import loupe.ui.export.Exportable;
import loupe.ui.export.PaperPen;
import loupe.ui.export.Picture;
import loupe.ui.style.ColourRoles;
import loupe.ui.style.PaintedRegion;
import loupe.ui.style.TextWidths;
import org.jspecify.annotations.Nullable;

/**
 * Numbers in rows and columns as coloured cells, several such maps side by side, all with one scale of colours that is
 * symmetric around 0. The pointer tells a cell's exact numbers, a click chooses it.
 */
public final class HeatMaps extends PaintedRegion implements Exportable {
    private static final double PAPER_WIDTH = 640;

    private final String name;
    private final Canvas canvas = new Canvas();
    private final Tooltip tip = Tooltips.of(" ");
    private @Nullable Maps maps;
    private HeatMapLayout.@Nullable Cell chosen;
    private BiFunction<Integer, Integer, String> describe = (row, column) -> "";
    private BiConsumer<Integer, Integer> onChosen = (row, column) -> {};

    /**
     * What is shown.
     *
     * @param down what the rows are
     * @param across what the columns are
     * @param maps at least one
     */
    public record Maps(String down, String across, List<String> rows, List<String> columns, List<Map> maps) {
        public Maps {
            rows = List.copyOf(rows);
            columns = List.copyOf(columns);
            maps = List.copyOf(maps);
            for (Map map : maps) {
                if (map.values.length != rows.size() * columns.size()) {
                    throw new IllegalArgumentException(map.title + " has " + map.values.length + " values, expected "
                            + rows.size() + " x " + columns.size());
                }
            }
        }

        /** Where the scale of colours ends: the largest size of a finite value; 1 if all are 0. */
        public double end() {
            double largest = maps.stream()
                    .flatMapToDouble(map -> Arrays.stream(map.values))
                    .filter(Double::isFinite)
                    .map(Math::abs)
                    .max()
                    .orElse(0);
            return largest == 0 ? 1 : largest;
        }
    }

    /**
     * One map.
     *
     * @param values row-major; NaN where nothing is known
     */
    public record Map(String title, double[] values) {}

    /** @param name in suggested file names */
    public HeatMaps(String name) {
        this.name = Objects.requireNonNull(name, "name");
        getChildren().add(canvas);
        setMinSize(0, 0);
        addEventHandler(MouseEvent.MOUSE_MOVED, event -> tell(event.getX(), event.getY()));
        addEventHandler(MouseEvent.MOUSE_CLICKED, event -> {
            if (event.isStillSincePress()) {
                at(event.getX(), event.getY()).ifPresent(cell -> onChosen.accept(cell.row(), cell.column()));
            }
        });
    }

    /** Shows maps; null for none. */
    public void show(@Nullable Maps shown) {
        maps = shown;
        setAccessibleText(
                shown == null
                        ? ""
                        : "Heat maps of " + shown.down + " by " + shown.across + "; the table has the numbers");
        paint();
    }

    /** Marks a cell in each map; negative for none. */
    public void mark(int row, int column) {
        chosen = row < 0 || column < 0 ? null : new HeatMapLayout.Cell(0, row, column);
        paint();
    }

    /**
     * Sets what is said of a cell.
     *
     * @param words for a row and a column
     */
    public void setDescription(BiFunction<Integer, Integer, String> words) {
        describe = words;
    }

    /**
     * Sets what a click on a cell does.
     *
     * @param chosen is given the row and the column of a cell that is clicked
     */
    public void setOnChosen(BiConsumer<Integer, Integer> chosen) {
        onChosen = chosen;
    }

    /** What is shown; null for nothing. */
    public @Nullable Maps maps() {
        return maps;
    }

    /** The middle of a cell in this part's pixels. */
    public double[] middle(int map, int row, int column) {
        HeatMapLayout layout = layout(Objects.requireNonNull(maps));
        return new double[] {layout.x(map, column) + layout.cellWidth() / 2, layout.y(row) + layout.cellHeight() / 2};
    }

    private void tell(double x, double y) {
        Optional<String> words = at(x, y).map(cell -> describe.apply(cell.row(), cell.column()));
        if (words.isPresent()) {
            tip.setText(words.get());
            Tooltip.install(this, tip);
        } else {
            tip.hide();
            Tooltip.uninstall(this, tip);
        }
    }

    private Optional<HeatMapLayout.Cell> at(double x, double y) {
        return maps == null ? Optional.empty() : layout(maps).cell(x, y);
    }

    private HeatMapLayout layout(Maps shown) {
        TextWidths widths = TextWidths.shared(font().getFamily());
        return HeatMapLayout.of(
                shown,
                getWidth(),
                getHeight(),
                HeatMapLayout.TEXT * textScale(),
                (text, size) -> widths.of(text, false) * size / TextWidths.SIZE);
    }

    @Override
    protected double computePrefWidth(double height) {
        return PAPER_WIDTH;
    }

    @Override
    protected double computePrefHeight(double width) {
        return 240;
    }

    @Override
    protected void layoutChildren() {
        double width = Math.floor(getWidth());
        double height = Math.floor(getHeight());
        boolean resized = canvas.getWidth() != width || canvas.getHeight() != height;
        if (resized) {
            canvas.setWidth(width);
            canvas.setHeight(height);
        }
        if (restyled() || resized) {
            paint();
        }
    }

    private void paint() {
        canvas.getGraphicsContext2D().clearRect(0, 0, canvas.getWidth(), canvas.getHeight());
        if (maps == null || canvas.getWidth() < 1 || canvas.getHeight() < 1) {
            return;
        }
        String family = font().getFamily();
        CanvasPen pen = new CanvasPen(canvas.getGraphicsContext2D(), family, TextWidths.shared(family));
        layout(maps).draw(pen, palette(), maps, chosen);
    }

    @Override
    public String exportName() {
        return name;
    }

    @Override
    public Picture picture() {
        return picture(PAPER_WIDTH, HeatMapLayout.usualHeight(Objects.requireNonNull(maps)));
    }

    @Override
    public Picture picture(double width, double height) {
        if (maps == null) {
            throw new IllegalStateException("maps " + name + " have nothing to show yet");
        }
        return new MapsPicture(maps, width, height);
    }

    private record MapsPicture(Maps maps, double width, double height) implements Picture {
        @Override
        public void draw(Graphics2D graphics, ColourRoles palette) {
            PaperPen pen = new PaperPen(graphics);
            HeatMapLayout.of(maps, width, height, HeatMapLayout.TEXT, (text, size) -> pen.widthOf(text, size, false))
                    .draw(pen, palette, maps, null);
        }
    }

    /** A line for each cell: its row, its column, and its value in each map. */
    @Override
    public Csv csv() {
        Maps shown = Objects.requireNonNull(maps, "nothing is shown");
        List<String> header = new ArrayList<>(List.of(shown.down, shown.across, shown.across + " number"));
        shown.maps.forEach(map -> header.add(map.title));
        List<List<Object>> lines = new ArrayList<>();
        for (int i = 0; i < shown.rows.size() * shown.columns.size(); i++) {
            int column = i % shown.columns.size();
            List<Object> line = new ArrayList<>(
                    List.of(shown.rows.get(i / shown.columns.size()), shown.columns.get(column), column));
            for (Map map : shown.maps) {
                line.add(map.values[i]);
            }
            lines.add(line);
        }
        return new Csv(header, lines);
    }
}
