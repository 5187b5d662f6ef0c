package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import javafx.collections.ObservableList;
import javafx.css.CssParser;
import javafx.css.PseudoClass;
import javafx.event.Event;
import javafx.geometry.Point2D;
import javafx.scene.AccessibleAttribute;
import javafx.scene.AccessibleRole;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.SnapshotParameters;
import javafx.scene.control.Cell;
import javafx.scene.control.ComboBoxBase;
import javafx.scene.control.Hyperlink;
import javafx.scene.control.Label;
import javafx.scene.control.Labeled;
import javafx.scene.control.MenuButton;
import javafx.scene.control.Tooltip;
import javafx.scene.image.PixelReader;
import javafx.scene.image.WritableImage;
import javafx.scene.input.ContextMenuEvent;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.stage.PopupWindow;
import javafx.stage.Window;
import loupe.state.window.Look;
import loupe.ui.UiTest;
import loupe.ui.WindowUiTest;
import org.controlsfx.control.PopOver;
import org.junit.jupiter.api.Test;

/**
 * What the keyboard reaches in the whole window has a name and a role for screen readers and is seen to have the
 * keyboard, and no style asks for a colour that is not there, in any look, menu or popup.
 */
class ReadingAidsUiTest extends WindowUiTest {
    private static final PseudoClass FOCUSED = PseudoClass.getPseudoClass("focused");
    private static final PseudoClass FOCUS_VISIBLE = PseudoClass.getPseudoClass("focus-visible");
    private static final int LEAST_CHANGED_PIXELS = 8;
    private static final List<String> PAGES = List.of(
            "palette", "help", "shortcuts", "corpus-details", "cache", "audit-a", "evaluate", "batch", "keep-layout");

    private final TreeSet<String> nameless = new TreeSet<>();
    private final TreeSet<String> unseen = new TreeSet<>();
    private final TreeSet<String> unstyled = new TreeSet<>();

    @Test
    void theWholeWindowCanBeUsedByKeyboardAndReadAloud() {
        ObservableList<CssParser.ParseError> errors = UiTest.onFx(CssParser::errorsProperty);
        UiTest.onFx(errors::clear);
        open();
        compare();
        for (PaneKind kind : PaneKind.ALL) {
            UiTest.onFx(() -> view.area().showHere(kind));
            UiTest.waitUntil(view::isArranged);
            UiTest.onFx(() -> visit(kind.id(), view.area().a().of(kind).node()));
        }
        UiTest.onFx(() -> {
            workbench.notices().add("Saved a picture");
            for (String page : PAGES) {
                view.run(page);
                visit(page, view.scene().getRoot().lookup(".veil"));
                view.dismiss();
            }
            visit("window", view.scene().getRoot());
            for (Look look : Look.values()) {
                models.look().set(look);
                layOut();
                reachable(view.scene().getRoot()).toList().forEach(node -> {
                    focus(node, true);
                    popUp(node);
                    focus(node, node.isFocused());
                });
            }
            errors.forEach(error -> unstyled.add(error.getMessage()));
        });
        assertThat(nameless).as("without a name or role").isEmpty();
        assertThat(unseen).as("not seen to have the keyboard").isEmpty();
        UiTest.onFx(() -> {
            lookup("#notices").<Hyperlink>query().fire();
            assertThat(Window.getWindows()).hasAtLeastOneElementOfType(PopOver.class);
            Event.fireEvent(
                    view.scene(),
                    new KeyEvent(KeyEvent.KEY_PRESSED, "", "", KeyCode.ESCAPE, false, false, false, false));
            assertThat(Window.getWindows()).doesNotHaveAnyElementsOfTypes(PopOver.class);
        });
        assertThat(unstyled)
                .as("what the style sheets ask for and is not there")
                .isEmpty();
    }

    private void visit(String place, Node root) {
        layOut();
        for (Node node : reachable(root).toList()) {
            if (name(node).isBlank() || node.getAccessibleRole() == AccessibleRole.NODE) {
                nameless.add(place + ": " + node);
            }
            if (!node.isDisabled() && node.getLayoutBounds().getWidth() > 0 && !showsFocus(node)) {
                unseen.add(place + ": " + node);
            }
        }
    }

    private void layOut() {
        view.scene().getRoot().applyCss();
        view.scene().getRoot().layout();
    }

    /** The nodes that can be seen and that the Tab key comes to. */
    private static Stream<Node> reachable(Node node) {
        if (!node.isVisible()) {
            return Stream.empty();
        }
        Stream<Node> self = node.isFocusTraversable() && !(node instanceof Cell<?>) ? Stream.of(node) : Stream.empty();
        return node instanceof Parent parent
                ? Stream.concat(
                        self,
                        List.copyOf(parent.getChildrenUnmodifiable()).stream().flatMap(ReadingAidsUiTest::reachable))
                : self;
    }

    /** What a screen reader calls a node: its own words, or those of the label that is for it. */
    private static String name(Node node) {
        if (node.getAccessibleText() != null) {
            return node.getAccessibleText();
        }
        if (node instanceof Labeled labeled
                && labeled.getText() != null
                && !labeled.getText().isBlank()) {
            return labeled.getText();
        }
        return node.queryAccessibleAttribute(AccessibleAttribute.LABELED_BY) instanceof Label label
                ? label.getText()
                : "";
    }

    /** Whether some pixels of a node look different with the keyboard. */
    private static boolean showsFocus(Node node) {
        focus(node, false);
        WritableImage without = picture(node);
        focus(node, true);
        WritableImage with = picture(node);
        focus(node, node.isFocused());
        PixelReader one = without.getPixelReader();
        PixelReader other = with.getPixelReader();
        int changed = 0;
        for (int y = 0; y < Math.min(with.getHeight(), without.getHeight()); y++) {
            for (int x = 0; x < Math.min(with.getWidth(), without.getWidth()); x++) {
                changed += one.getArgb(x, y) == other.getArgb(x, y) ? 0 : 1;
                if (changed == LEAST_CHANGED_PIXELS) {
                    return true;
                }
            }
        }
        return false;
    }

    private static void focus(Node node, boolean focused) {
        node.pseudoClassStateChanged(FOCUS_VISIBLE, focused);
        node.pseudoClassStateChanged(FOCUSED, focused);
        node.applyCss();
    }

    private static WritableImage picture(Node node) {
        if (node instanceof Parent parent) {
            parent.layout();
        }
        return node.snapshot(new SnapshotParameters(), null);
    }

    /** Opens and closes what a node opens: its menu, its list, what a right click on it gives. */
    private static void popUp(Node node) {
        if (node.isDisabled()) {
            return;
        }
        if (node instanceof MenuButton menu) {
            menu.show();
            menu.hide();
        } else if (node instanceof ComboBoxBase<?> box) {
            box.show();
            box.hide();
        } else if ("notices".equals(node.getId())) {
            ((Hyperlink) node).fire();
        }
        Point2D place = node.localToScreen(2, 2);
        Event.fireEvent(
                node,
                new ContextMenuEvent(
                        ContextMenuEvent.CONTEXT_MENU_REQUESTED, 2, 2, place.getX(), place.getY(), true, null));
        for (Window window : List.copyOf(Window.getWindows())) {
            if (window instanceof PopupWindow popup && !(popup instanceof Tooltip)) {
                popup.getScene().getRoot().applyCss();
                popup.hide();
            }
        }
    }
}
