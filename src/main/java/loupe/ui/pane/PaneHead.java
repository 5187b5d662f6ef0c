package loupe.ui.pane;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javafx.beans.property.StringProperty;
import javafx.collections.FXCollections;
import javafx.collections.ListChangeListener;
import javafx.collections.ObservableList;
import javafx.geometry.Side;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.ContextMenu;
import javafx.scene.control.Label;
import javafx.scene.control.MenuItem;
import javafx.scene.control.SeparatorMenuItem;
import javafx.scene.control.Tooltip;
import javafx.scene.layout.Region;
import javafx.scene.layout.StackPane;
import loupe.ui.control.IconButtons;
import loupe.ui.control.Tooltips;
import org.kordamp.ikonli.feather.Feather;

/**
 * The title bar of a pane: letter, title, a text after it, the pane's own controls, and the buttons that every pane
 * has. Where room is short these give way, in this order: the button that tears the pane off, the text after the title,
 * the title down to a few letters, and the pane's controls from the last to the first. Whatever has gone is in the
 * menu, and a text that is cut is whole in a tooltip; the menu and the button that maximises always stay.
 */
final class PaneHead extends Region {
    /** What is left of a title before controls give way, and of the text after it, in sizes of the font. */
    private static final double SHORTEST_TITLE = 3.8;

    private static final double SHORTEST_SUBTITLE = 4;
    private static final double GAP = 4;

    private final Label letterLabel = new Label();
    private final Label title = new Label();
    private final Label subtitle = new Label();
    private final Tooltip whole = Tooltips.of("");
    private final Button more = IconButtons.of(Feather.MORE_HORIZONTAL, "More actions", this::showMenu);
    private final Button tearOff;
    private final Button maximise;
    private final ObservableList<Node> actions = FXCollections.observableArrayList();
    private final ObservableList<MenuItem> items = FXCollections.observableArrayList();
    private final ContextMenu menu = new ContextMenu();
    private final StringProperty subtitleTip;
    private final List<Slot> slots = new ArrayList<>();

    /** A control's place; controls show and hide themselves, so only their places can be taken away. */
    private static final class Slot extends StackPane {
        private final Node control;

        Slot(Node control) {
            super(control);
            this.control = control;
            getStyleClass().add("pane-actions");
            setMinSize(0, 0);
            control.managedProperty().addListener(changed -> requestLayout());
        }

        double wanted() {
            return control.isManaged() ? snapSizeX(prefWidth(-1)) : 0;
        }
    }

    /** @param letter of the checkpoint; no text for none */
    PaneHead(
            StringProperty letter,
            StringProperty words,
            StringProperty afterwards,
            StringProperty subtitleTip,
            Button tearOff,
            Button maximise) {
        this.tearOff = tearOff;
        this.maximise = maximise;
        this.subtitleTip = subtitleTip;
        getStyleClass().add("pane-header");
        title.textProperty().bind(words);
        title.getStyleClass().add("pane-title");
        subtitle.textProperty().bind(afterwards);
        subtitle.getStyleClass().add("pane-subtitle");
        letterLabel.textProperty().bind(letter);
        letterLabel.getStyleClass().add("pane-letter");
        letterLabel.visibleProperty().bind(letter.isNotEmpty());
        letter.addListener((property, was, is) -> {
            letterLabel.getStyleClass().removeAll("letter-a", "letter-b");
            letterLabel.getStyleClass().add("letter-" + is.toLowerCase(Locale.ROOT));
            requestLayout();
        });
        more.getStyleClass().add("pane-more");
        tearOff.getStyleClass().add("pane-tear-off");
        maximise.getStyleClass().add("pane-maximise");
        getChildren().addAll(letterLabel, title, subtitle, more, tearOff, maximise);
        actions.addListener((ListChangeListener<Node>) change -> {
            getChildren().removeAll(slots);
            slots.clear();
            actions.forEach(control -> slots.add(new Slot(control)));
            getChildren().addAll(3, slots); // in the order in which the keyboard goes through them
        });
        items.addListener((ListChangeListener<MenuItem>) change -> requestLayout());
        subtitleTip.addListener(changed -> requestLayout());
        maximise.managedProperty().addListener(changed -> requestLayout());
        setOnContextMenuRequested(event -> {
            fillMenu();
            menu.show(this, event.getScreenX(), event.getScreenY());
        });
    }

    /** The pane's controls, left to right; the first ones stay longest. */
    ObservableList<Node> actions() {
        return actions;
    }

    /** The pane's menu, without what has no room in the bar. */
    ObservableList<MenuItem> items() {
        return items;
    }

    private void showMenu() {
        fillMenu();
        menu.show(more, Side.BOTTOM, 0, GAP);
    }

    private void fillMenu() {
        List<MenuItem> folded = slots.stream()
                .filter(slot -> !slot.isVisible())
                .flatMap(slot -> FoldedControls.items(slot.control).stream())
                .toList();
        menu.getItems().setAll(folded);
        if (!folded.isEmpty() && !items.isEmpty()) {
            menu.getItems().add(new SeparatorMenuItem());
        }
        menu.getItems().addAll(items);
        if (!tearOff.isVisible()) {
            menu.getItems().addAll(FoldedControls.items(tearOff));
        }
    }

    private double spaced(double wanted) {
        return wanted > 0 ? wanted + GAP : 0;
    }

    private double wanted(Region node) {
        return node.isManaged() ? snapSizeX(node.prefWidth(-1)) : 0;
    }

    private double letterWidth() {
        return letterLabel.isVisible() ? wanted(letterLabel) : 0;
    }

    @Override
    protected void layoutChildren() {
        double size = title.getFont().getSize();
        double left = snappedLeftInset();
        double room = getWidth() - left - snappedRightInset();
        double ofActions =
                slots.stream().mapToDouble(slot -> spaced(slot.wanted())).sum();
        double always = spaced(letterWidth()) + spaced(wanted(maximise));
        double ofMenu = items.isEmpty() ? 0 : spaced(wanted(more));
        double titleWidth = wanted(title);
        double subtitleWidth = subtitle.getText().isEmpty() ? 0 : wanted(subtitle);

        boolean tears =
                titleWidth + spaced(subtitleWidth) + ofActions + always + ofMenu + spaced(wanted(tearOff)) <= room;
        if (!tears) {
            ofMenu = spaced(wanted(more));
        }
        double rest = room - always - ofMenu - (tears ? spaced(wanted(tearOff)) : 0);
        double ofSubtitle = Math.min(subtitleWidth, rest - ofActions - titleWidth - GAP);
        if (ofSubtitle < Math.min(subtitleWidth, SHORTEST_SUBTITLE * size)) {
            ofSubtitle = 0;
        }
        double shortest = Math.min(titleWidth, SHORTEST_TITLE * size);
        int shown = slots.size();
        while (shown > 0 && rest - ofActions < shortest) {
            shown--;
            ofActions -= spaced(slots.get(shown).wanted());
        }
        double ofTitle = Math.max(0, Math.min(titleWidth, rest - ofActions));
        tell(titleWidth > ofTitle, subtitleWidth > ofSubtitle);

        double at = left;
        at = place(letterLabel, at, letterWidth(), letterLabel.isVisible());
        at = place(title, at, ofTitle, true);
        subtitle.setVisible(ofSubtitle > 0);
        place(subtitle, at, ofSubtitle, ofSubtitle > 0);
        at = left + room;
        at = placeBefore(maximise, at, wanted(maximise), maximise.isManaged());
        tearOff.setVisible(tears);
        at = placeBefore(tearOff, at, wanted(tearOff), tears);
        more.setVisible(ofMenu > 0);
        at = placeBefore(more, at, wanted(more), ofMenu > 0);
        for (int i = slots.size() - 1; i >= 0; i--) {
            Slot slot = slots.get(i);
            slot.setVisible(i < shown);
            at = placeBefore(slot, at, slot.wanted(), i < shown && slot.wanted() > 0);
        }
    }

    /** Gives what is cut a tooltip that has all of it. */
    private void tell(boolean titleCut, boolean subtitleCut) {
        String tip = subtitleTip.get();
        whole.setText(title.getText()
                + (subtitle.getText().isEmpty() ? "" : "\n" + subtitle.getText())
                + (tip.isEmpty() ? "" : "\n" + tip));
        title.setTooltip(titleCut || subtitleCut ? whole : null);
        subtitle.setTooltip(subtitleCut ? whole : tip.isEmpty() ? null : Tooltips.of(tip));
    }

    private double place(Region node, double at, double width, boolean shown) {
        if (!shown) {
            return at;
        }
        double height = snapSizeY(Math.min(node.prefHeight(-1), getHeight()));
        node.resizeRelocate(at, snapPositionY((getHeight() - height) / 2), width, height);
        return at + width + GAP;
    }

    private double placeBefore(Region node, double end, double width, boolean shown) {
        if (!shown) {
            return end;
        }
        place(node, end - width, width, true);
        return end - width - GAP;
    }

    @Override
    protected double computeMinWidth(double height) {
        return snappedLeftInset() + snappedRightInset() + spaced(wanted(more)) + wanted(maximise);
    }

    @Override
    protected double computePrefWidth(double height) {
        return snappedLeftInset()
                + snappedRightInset()
                + spaced(letterWidth())
                + wanted(title)
                + spaced(subtitle.getText().isEmpty() ? 0 : wanted(subtitle))
                + slots.stream().mapToDouble(slot -> spaced(slot.wanted())).sum()
                + (items.isEmpty() ? 0 : spaced(wanted(more)))
                + spaced(wanted(tearOff))
                + spaced(wanted(maximise));
    }

    @Override
    protected double computePrefHeight(double width) {
        double highest = getChildren().stream()
                .mapToDouble(node -> node.prefHeight(-1))
                .max()
                .orElse(0);
        return snappedTopInset() + highest + snappedBottomInset();
    }
}
