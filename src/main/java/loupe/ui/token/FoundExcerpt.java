package loupe.ui.token;

import java.util.ArrayList;
import java.util.List;
import javafx.geometry.Pos;
import javafx.scene.control.Label;
import javafx.scene.control.OverrunStyle;
import javafx.scene.layout.Region;
import loupe.base.VisibleText;
import loupe.search.FeatureSearch;

/**
 * Texts in one row. What has no room is left out so that the first marked word stays in sight: the name of the field,
 * the beginning of what is before the word, and the end of all; an ellipsis stands where a text is cut.
 */
public final class FoundExcerpt extends Region {
    private static final String BETWEEN_PASSAGES = " \u00B7 ";
    private static final double LEAST_BEFORE = 12;
    /** The share of the width that the name of the field may have of a text that is cut. */
    private static final double MOST_FOR_NAME = 0.3;

    /** The name of the field, what is before the first mark (which may be empty), that mark, and what follows. */
    private final List<Label> parts = new ArrayList<>();

    /** Shows where words were found; nothing for none. */
    public void show(List<FeatureSearch.Reason> reasons) {
        parts.clear();
        for (FeatureSearch.Reason reason : reasons) {
            String name = reason.field().reason() + ": ";
            parts.add(label(parts.isEmpty() ? name : "; " + name, false));
            List<FeatureSearch.Run> runs = reason.runs();
            if (parts.size() == 1 && !runs.isEmpty() && runs.get(0).found()) {
                parts.add(label("", false));
            }
            runs.forEach(run -> parts.add(label(run.text(), run.found())));
        }
        if (parts.size() > 1) {
            parts.get(1).setTextOverrun(OverrunStyle.LEADING_ELLIPSIS);
            parts.get(1).setAlignment(Pos.CENTER_RIGHT);
        }
        getChildren().setAll(parts);
    }

    private static Label label(String text, boolean mark) {
        String joined = text.replace(" \u2026 ", BETWEEN_PASSAGES); // an ellipsis is where a text is cut
        Label label = new Label(VisibleText.line(TokenText.part(joined)));
        label.setEllipsisString("\u2026");
        if (mark) {
            label.getStyleClass().add("found-mark");
        }
        return label;
    }

    @Override
    protected double computeMinWidth(double height) {
        return 0;
    }

    @Override
    protected double computePrefWidth(double height) {
        return widthOf(0, parts.size());
    }

    @Override
    protected double computePrefHeight(double width) {
        return parts.isEmpty() ? 0 : parts.get(0).prefHeight(-1);
    }

    private double widthOf(int from, int to) {
        return parts.subList(from, to).stream()
                .mapToDouble(part -> snapSizeX(part.prefWidth(-1)))
                .sum();
    }

    @Override
    protected void layoutChildren() {
        if (parts.size() < 3) {
            place(0, 0, getWidth());
            return;
        }
        boolean whole = widthOf(0, parts.size()) <= getWidth();
        boolean named = whole || (widthOf(0, 3) <= getWidth() && widthOf(0, 1) <= MOST_FOR_NAME * getWidth());
        double before = snapSizeX(parts.get(1).prefWidth(-1));
        if (!named) {
            double room = getWidth() - snapSizeX(parts.get(2).prefWidth(-1));
            before = Math.min(before, Math.max(room / 2, room - widthOf(3, parts.size())));
        }
        parts.get(0).setVisible(named);
        double x = 0;
        if (named) {
            x = snapSizeX(parts.get(0).prefWidth(-1));
            parts.get(0).resizeRelocate(0, 0, x, getHeight());
        }
        parts.get(1).setVisible(before >= LEAST_BEFORE || named);
        if (parts.get(1).isVisible()) {
            parts.get(1).resizeRelocate(x, 0, before, getHeight());
            x += before;
        }
        place(2, x, getWidth());
    }

    /** Places parts from one on, the last of them cut, and hides what has no room. */
    private void place(int from, double start, double end) {
        double x = start;
        for (Label part : parts.subList(from, parts.size())) {
            double width = Math.min(snapSizeX(part.prefWidth(-1)), end - x);
            part.setVisible(width > 0);
            part.resizeRelocate(x, 0, Math.max(0, width), getHeight());
            x += Math.max(0, width);
        }
    }
}
