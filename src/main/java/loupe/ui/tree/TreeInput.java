package loupe.ui.tree;

import javafx.scene.Cursor;
import javafx.scene.Node;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.input.MouseButton;
import javafx.scene.input.MouseEvent;
import javafx.scene.input.ScrollEvent;

/** Mouse and keyboard input to a tree: wheel zooms, drag pans, click selects and folds, arrows walk. */
final class TreeInput {
    private static final double WHEEL_NOTCH = 40;
    private static final double NOTCH_FACTOR = 1.15;
    private static final double CLICK_PIXELS = 4;

    private final TreeCanvas tree;
    private final Node surface;
    private boolean dragged;
    private double lastX;
    private double lastY;

    TreeInput(TreeCanvas tree, Node surface) {
        this.tree = tree;
        this.surface = surface;
        surface.addEventHandler(ScrollEvent.SCROLL, this::wheel);
        surface.addEventHandler(MouseEvent.MOUSE_PRESSED, this::press);
        surface.addEventHandler(MouseEvent.MOUSE_DRAGGED, this::drag);
        surface.addEventHandler(MouseEvent.MOUSE_CLICKED, this::click);
        surface.addEventHandler(MouseEvent.MOUSE_MOVED, event -> point(tree.nodeAt(event.getX(), event.getY())));
        surface.addEventHandler(MouseEvent.MOUSE_EXITED, event -> point(-1));
        tree.addEventHandler(KeyEvent.KEY_PRESSED, this::key);
    }

    private void point(int node) {
        surface.setCursor(node >= 0 ? Cursor.HAND : Cursor.DEFAULT);
        tree.point(node);
    }

    private void wheel(ScrollEvent event) {
        if (event.isShiftDown()) {
            tree.viewport().pan(event.getDeltaX() == 0 ? event.getDeltaY() : event.getDeltaX(), 0);
        } else {
            tree.viewport().zoomAt(event.getX(), event.getY(), Math.pow(NOTCH_FACTOR, event.getDeltaY() / WHEEL_NOTCH));
        }
        tree.moved();
        event.consume();
    }

    private void press(MouseEvent event) {
        tree.requestFocus();
        dragged = false;
        lastX = event.getX();
        lastY = event.getY();
    }

    private void drag(MouseEvent event) {
        if (!dragged && Math.hypot(event.getX() - lastX, event.getY() - lastY) < CLICK_PIXELS) {
            return;
        }
        dragged = true;
        surface.setCursor(Cursor.CLOSED_HAND);
        tree.viewport().pan(event.getX() - lastX, event.getY() - lastY);
        lastX = event.getX();
        lastY = event.getY();
        tree.moved();
    }

    private void click(MouseEvent event) {
        surface.setCursor(Cursor.DEFAULT);
        if (dragged || event.getButton() != MouseButton.PRIMARY) {
            return;
        }
        int node = tree.nodeAt(event.getX(), event.getY());
        if (node < 0 && event.getClickCount() == 2) {
            tree.fit();
        } else if (node < 0) {
            tree.select(-1);
        } else {
            boolean folds =
                    node == tree.selectedProperty().get() || tree.treeLayout().folded(node);
            tree.selectInPlace(node);
            if (folds) {
                tree.toggleFold(node);
            }
        }
    }

    private void key(KeyEvent event) {
        if (event.isShortcutDown() && event.getCode() == KeyCode.F) {
            tree.openFind();
            event.consume();
        } else if (event.isShortcutDown() && event.getCode() == KeyCode.C) {
            tree.copySentence();
            event.consume();
        } else if (!event.isShortcutDown() && !event.isAltDown() && plainKey(event)) {
            event.consume();
        }
    }

    /** Handles a key without modifiers; returns whether it has a function here. */
    private boolean plainKey(KeyEvent event) {
        int node = tree.selectedProperty().get();
        TreeLayout layout = tree.treeLayout();
        switch (event.getCode()) {
            case RIGHT -> {
                if (node >= 0 && layout.stub(node) > 0) {
                    tree.toggleFold(node);
                } else {
                    walk(node < 0 ? 0 : layout.firstChild(node));
                }
            }
            case LEFT -> walk(node < 0 ? 0 : layout.data().parent(node));
            case DOWN -> walk(TreeWalk.down(layout, node));
            case UP -> walk(TreeWalk.up(layout, node));
            case SPACE, ENTER -> tree.toggleFold(node);
            case P -> tree.chancesProperty().set(!tree.chancesProperty().get());
            case G -> tree.foldGenericAgain();
            case PLUS, ADD, EQUALS -> tree.zoomBy(NOTCH_FACTOR);
            case MINUS, SUBTRACT -> tree.zoomBy(1 / NOTCH_FACTOR);
            case DIGIT0, NUMPAD0 -> tree.fit();
            case HOME -> tree.home();
            case F3 -> tree.stepMatch(event.isShiftDown() ? -1 : 1);
            default -> {
                return false;
            }
        }
        return true;
    }

    private void walk(int node) {
        if (node >= 0 && node < tree.treeLayout().data().size()) {
            tree.point(-1);
            tree.select(node);
        }
    }
}
