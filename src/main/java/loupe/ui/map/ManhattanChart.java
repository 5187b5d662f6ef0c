package loupe.ui.map;

import java.awt.Graphics2D;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import javafx.scene.canvas.Canvas;
import javafx.scene.control.Tooltip;
import javafx.scene.input.MouseEvent;
import javafx.scene.paint.Color;
import loupe.analysis.lens.SetScore;
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

/**
 * The enrichment of sets of tokens as a Manhattan plot: a dot for each set, up if the feature promotes it, down if it
 * suppresses it, at -ln(1 - |score|). The furthest ones have their names; a set that is nothing beside chance is grey.
 */
public final class ManhattanChart extends PaintedRegion implements Exportable {
    /** The false discovery rate from which on a set is grey. */
    public static final double CHANCE = 0.05;

    private static final double LEFT = 48;
    private static final double EDGE = 14;
    private static final double DOT = 4;
    private static final double REACH = 10;
    private static final double LEAST_SPAN = 1;
    private static final double SMALL = 11;
    private static final double PAPER_WIDTH = 560;
    private static final double PAPER_HEIGHT = 300;

    private final Canvas canvas = new Canvas();
    private final Tooltip tip = Tooltips.of("");
    private List<SetScore> scores = List.of();
    private Consumer<SetScore> chosen = set -> {};
    private int pointed = -1;
    private String marked = "";
    private String family = "";
    private TextWidths widths = TextWidths.shared("System");

    public ManhattanChart() {
        getStyleClass().add("chart-part");
        setFocusTraversable(true);
        setAccessibleText("Enrichment of sets of tokens");
        getChildren().add(canvas);
        canvas.addEventHandler(MouseEvent.MOUSE_MOVED, event -> point(at(event.getX(), event.getY())));
        canvas.addEventHandler(MouseEvent.MOUSE_EXITED, event -> point(-1));
        canvas.addEventHandler(MouseEvent.MOUSE_CLICKED, event -> {
            int set = at(event.getX(), event.getY());
            if (set >= 0) {
                chosen.accept(scores.get(set));
            }
        });
    }

    /** Shows sets in their order. */
    public void setScores(List<SetScore> shown) {
        scores = List.copyOf(shown);
        pointed = -1;
        requestLayout();
    }

    /** Sets the action of a click on a set. */
    public void setOnSet(Consumer<SetScore> action) {
        chosen = action;
    }

    /** Rings a set, by its name; none for a name that is not there. */
    public void mark(String name) {
        marked = name;
        requestLayout();
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
        drawing().draw(new CanvasPen(context, family, widths), palette());
        context.restore();
    }

    private Drawing drawing() {
        return new Drawing(scores, canvas.getWidth() / textScale(), canvas.getHeight() / textScale(), pointed, marked);
    }

    private int at(double x, double y) {
        return drawing().at(x / textScale(), y / textScale());
    }

    private void point(int set) {
        if (set == pointed) {
            return;
        }
        pointed = set;
        if (set < 0) {
            Tooltip.uninstall(canvas, tip);
            tip.hide();
        } else {
            SetScore one = scores.get(set);
            tip.setText(one.set() + ", " + NumberTexts.count(one.size()) + " tokens\nscore "
                    + NumberTexts.number(one.score()) + ", p " + NumberTexts.number(one.p()) + ", q "
                    + NumberTexts.number(one.q()));
            Tooltip.install(canvas, tip);
        }
        requestLayout();
    }

    @Override
    public String exportName() {
        return "enrichment";
    }

    @Override
    public Picture picture() {
        return picture(PAPER_WIDTH, PAPER_HEIGHT);
    }

    @Override
    public Picture picture(double width, double height) {
        Drawing drawing = new Drawing(scores, width, height, -1, "");
        return new Picture() {
            @Override
            public double width() {
                return width;
            }

            @Override
            public double height() {
                return height;
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
        scores.forEach(one -> rows.add(List.of(one.set(), one.size(), one.score(), one.p(), one.q(), one.height())));
        return new Csv(List.of("set", "tokens", "es", "p", "q", "-ln(1 - |es|), signed"), rows);
    }

    /** The plot in a box of a given size. */
    private static final class Drawing {
        private final List<SetScore> scores;
        private final double width;
        private final double height;
        private final int pointed;
        private final String marked;
        private final double top;
        private final double bottom;

        Drawing(List<SetScore> scores, double width, double height, int pointed, String marked) {
            this.scores = scores;
            this.width = width;
            this.height = height;
            this.pointed = pointed;
            this.marked = marked;
            double finite = scores.stream()
                    .mapToDouble(one -> Math.abs(one.height()))
                    .filter(Double::isFinite)
                    .max()
                    .orElse(0);
            double beyond = Math.max(LEAST_SPAN, finite * 1.1);
            top = span(1, beyond);
            bottom = span(-1, beyond);
        }

        /** How far the axis reaches on one side of 0: where a set is infinitely far, beyond all others. */
        private double span(int sign, double beyond) {
            double furthest = scores.stream()
                    .mapToDouble(one -> sign * one.height())
                    .filter(far -> far > 0)
                    .max()
                    .orElse(0);
            return Math.max(LEAST_SPAN / 2, Math.min(beyond, furthest * 1.1));
        }

        private double x(int set) {
            double room = width - LEFT - EDGE;
            return LEFT + room * (set + 0.5) / Math.max(1, scores.size());
        }

        private double y(double value) {
            double shown = Math.max(-bottom, Math.min(top, value));
            return EDGE + (height - 2 * EDGE) * (top - shown) / (top + bottom);
        }

        void draw(Pen pen, ColourRoles palette) {
            if (width < LEFT + EDGE || height < 4 * EDGE) {
                return;
            }
            for (double tick : ticks()) {
                double y = y(tick);
                pen.moveTo(LEFT, y);
                pen.lineTo(width - EDGE, y);
                pen.stroke(tick == 0 ? 1.2 : 0.6, tick == 0 ? palette.muted() : palette.grid());
                String words = NumberTexts.number(Math.abs(tick));
                pen.text(words, LEFT - 6 - pen.widthOf(words, SMALL, false), y + 4, SMALL, false, palette.muted());
            }
            pen.textUp("-ln(1 - |score|)", 12, height / 2 + 44, SMALL, palette.muted());
            for (int set = 0; set < scores.size(); set++) {
                SetScore one = scores.get(set);
                Color color = color(palette, one);
                pen.moveTo(x(set), y(0));
                pen.lineTo(x(set), y(one.height()));
                pen.stroke(1, ColourRoles.blend(palette.surface(), color, 0.5));
                pen.fillCircle(x(set), y(one.height()), set == pointed ? DOT + 2 : DOT, color);
                if (one.set().equals(marked)) {
                    pen.outlineRectangle(x(set) - 8, y(one.height()) - 8, 16, 16, 8, 1.5, palette.text());
                }
            }
            names(pen, palette);
        }

        private double[] ticks() {
            double step = top + bottom > 8 ? 2 : top + bottom > 3 ? 1 : 0.5;
            int from = (int) Math.ceil(-bottom / step);
            int to = (int) Math.floor(top / step);
            return IntStream.rangeClosed(from, to).mapToDouble(i -> i * step).toArray();
        }

        private static Color color(ColourRoles palette, SetScore one) {
            return one.q() > CHANCE ? palette.muted() : one.score() > 0 ? palette.positive() : palette.negative();
        }

        /** The names of the furthest sets, as far as they do not lie over others. */
        private void names(Pen pen, ColourRoles palette) {
            List<double[]> taken = new ArrayList<>();
            List<Integer> furthest = IntStream.range(0, scores.size())
                    .boxed()
                    .sorted(Comparator.comparingDouble(
                            set -> -Math.abs(scores.get(set).height())))
                    .toList();
            for (int set : furthest) {
                SetScore one = scores.get(set);
                double wide = pen.widthOf(one.set(), SMALL, false);
                double left = x(set) + DOT + 4 + wide > width ? x(set) - DOT - 4 - wide : x(set) + DOT + 4;
                double baseline = y(one.height()) + 4;
                double[] box = {left, baseline - SMALL, left + wide, baseline + 3};
                if (taken.stream().noneMatch(other -> overlaps(box, other))) {
                    taken.add(box);
                    pen.text(one.set(), left, baseline, SMALL, set == pointed, palette.text());
                }
            }
        }

        private static boolean overlaps(double[] a, double[] b) {
            return a[0] < b[2] + 3 && b[0] < a[2] + 3 && a[1] < b[3] && b[1] < a[3];
        }

        int at(double x, double y) {
            int nearest = -1;
            double least = REACH;
            for (int set = 0; set < scores.size(); set++) {
                double far = Math.hypot(x - x(set), y - y(scores.get(set).height()));
                if (far < least) {
                    least = far;
                    nearest = set;
                }
            }
            return nearest;
        }
    }
}
