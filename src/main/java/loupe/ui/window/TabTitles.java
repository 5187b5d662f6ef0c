package loupe.ui.window;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.control.Label;
import javafx.scene.control.Tab;
import javafx.scene.control.TabPane;
import javafx.scene.text.Text;

/**
 * The titles of tabs within the width that their pane has. Where they have no room, all have their brief titles; long
 * ones are then cut, the longest first, until all tabs fit. When that would leave too little of them, as many as fit
 * are shown, none of them in part, with whole titles if that is most of the tabs, and the menu at the end lists all.
 * JavaFX thread only.
 */
final class TabTitles {
    /** What is left of a title at least, in sizes of its font. */
    private static final double SHORTEST = 4.5;
    /** What the toolkit keeps free after the last tab. */
    private static final double AFTER_TABS = 10;
    /** The button of the menu, until it has been laid out. */
    private static final double MENU_BUTTON = 30;

    private static final String TITLE = "title";
    private static final String BRIEF = "brief title";

    private final TabPane pane;
    private List<Double> fittedTo = List.of();

    private TabTitles(TabPane pane) {
        this.pane = pane;
    }

    /** Keeps the titles of a pane's tabs within its width. */
    static void fit(TabPane pane) {
        TabTitles titles = new TabTitles(pane);
        pane.needsLayoutProperty().addListener((property, was, is) -> {
            if (!is) {
                titles.fit(); // it is being laid out, so the titles have their font
            }
        });
    }

    /** Gives a tab another title, for where its own has no room. */
    static void abbreviate(Tab tab, String brief) {
        tab.getProperties().put(TITLE, tab.getText());
        tab.getProperties().put(BRIEF, brief);
    }

    private static String words(Tab tab, String which) {
        return tab.getProperties().getOrDefault(which, tab.getText()).toString();
    }

    /** The widths of the tabs' labels with one or the other title. */
    private List<Double> widths(List<Label> labels, String which) {
        List<Double> widths = new ArrayList<>();
        for (int i = 0; i < labels.size(); i++) {
            Label label = labels.get(i);
            Text probe = new Text(words(pane.getTabs().get(i), which));
            probe.setFont(label.getFont());
            Text now = new Text(label.getText());
            now.setFont(label.getFont());
            widths.add(Math.ceil(label.prefWidth(-1)
                    - now.getLayoutBounds().getWidth()
                    + probe.getLayoutBounds().getWidth()));
        }
        return widths;
    }

    private void fit() {
        Optional<Parent> header = pane.getChildrenUnmodifiable().stream()
                .filter(node -> node.getStyleClass().contains("tab-header-area"))
                .map(Parent.class::cast)
                .findFirst();
        if (header.isEmpty() || pane.getWidth() <= 0) {
            return;
        }
        List<Label> labels = header.get().lookupAll(".tab-label").stream()
                .map(Label.class::cast)
                .toList();
        if (labels.size() != pane.getTabs().size()) {
            return; // between two arrangements
        }
        List<Double> whole = widths(labels, TITLE);
        Parent tab = labels.get(0).getParent().getParent();
        double beside = tab.prefWidth(-1)
                - Math.max(
                        pane.getTabMinWidth(), Math.min(Math.ceil(labels.get(0).prefWidth(-1)), pane.getTabMaxWidth()));
        Node menu = header.get().lookup(".control-buttons-tab");
        double ofMenu = Math.max(MENU_BUTTON, menu == null ? 0 : menu.prefWidth(-1));
        double size = labels.get(0).getFont().getSize();
        List<Double> fitTo = List.of(
                pane.getWidth(),
                beside,
                ofMenu,
                size,
                whole.stream().mapToDouble(width -> width).sum(),
                (double) labels.size());
        if (!fitTo.equals(fittedTo)) {
            fittedTo = fitTo;
            double room = pane.getWidth() - AFTER_TABS - 1 - beside * labels.size();
            boolean brief = fitTo.get(4) > room;
            pane.getTabs().forEach(one -> one.setText(words(one, brief ? BRIEF : TITLE)));
            fit(brief ? widths(labels, BRIEF) : whole, beside, ofMenu, SHORTEST * size);
        }
    }

    private void fit(List<Double> wanted, double beside, double ofMenu, double shortest) {
        double room = pane.getWidth() - AFTER_TABS - 1;
        double longest = longest(wanted, room - beside * wanted.size());
        if (longest
                >= Math.min(
                        shortest, wanted.stream().max(Comparator.naturalOrder()).orElseThrow())) {
            pane.setTabMinWidth(0);
            pane.setTabMaxWidth(longest);
            return;
        }
        double forTabs = pane.getWidth() - AFTER_TABS - ofMenu;
        double whole = Math.floor(
                forTabs / (wanted.stream().mapToDouble(Math::ceil).max().orElseThrow() + beside));
        double shown = whole * 2 > wanted.size() ? whole : Math.max(1, Math.floor(forTabs / (shortest + beside)));
        double each = Math.max(1, Math.floor(forTabs / shown) - beside);
        pane.setTabMaxWidth(each);
        pane.setTabMinWidth(each);
    }

    /** The width to which the longest have to be cut so that all together are no longer than a length. */
    static double longest(List<Double> widths, double length) {
        List<Double> sorted = widths.stream().sorted().toList();
        double left = length;
        for (int i = 0; i < sorted.size(); i++) {
            double share = left / (sorted.size() - i);
            if (sorted.get(i) > share) {
                return Math.floor(share);
            }
            left -= sorted.get(i);
        }
        return sorted.get(sorted.size() - 1);
    }
}
