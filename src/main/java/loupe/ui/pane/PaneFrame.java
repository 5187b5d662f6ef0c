package loupe.ui.pane;

import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import javafx.animation.PauseTransition;
import javafx.beans.binding.Bindings;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.property.SimpleStringProperty;
import javafx.beans.property.StringProperty;
import javafx.beans.value.ObservableValue;
import javafx.collections.ObservableList;
import javafx.css.PseudoClass;
import javafx.geometry.Pos;
import javafx.geometry.Rectangle2D;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.Scene;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.MenuItem;
import javafx.scene.control.ProgressBar;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.input.MouseButton;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.StackPane;
import javafx.scene.layout.VBox;
import javafx.scene.shape.Rectangle;
import javafx.util.Duration;
import loupe.state.pane.PaneStatus;
import loupe.ui.control.IconButtons;
import org.jspecify.annotations.Nullable;
import org.kordamp.ikonli.feather.Feather;
import org.kordamp.ikonli.javafx.FontIcon;

/**
 * A titled pane that always has an answer: content, content dimmed while a newer one is computed, the reason why it is
 * empty, or the problem with a way to retry.
 *
 * <p>The title carries a thin progress line. Waiting shows only after a moment, so that quick answers do not flicker.
 * Double click on the title (or {@link #toggleMaximised}) maximises the pane over the nearest {@link MaximiseHost}
 * above it, Esc brings it back. It can also be torn off into a window of its own.
 */
public final class PaneFrame extends StackPane {
    private static final double UNROLLED_AT_ONCE = 140;
    /** Below this height an empty pane has only words. */
    private static final double ROOM_FOR_ICON = 130;

    private static final Duration PATIENCE = Duration.millis(150);
    private static final PseudoClass WAITING = PseudoClass.getPseudoClass("waiting");
    private static final PseudoClass ACTIVE = PseudoClass.getPseudoClass("active");

    private final StringProperty title = new SimpleStringProperty(this, "title", "");
    private final StringProperty subtitle = new SimpleStringProperty(this, "subtitle", "");
    private final StringProperty subtitleTip = new SimpleStringProperty(this, "subtitleTip", "");
    private final ObjectProperty<Node> content = new SimpleObjectProperty<>(this, "content");
    private final ObjectProperty<PaneStatus> status = new SimpleObjectProperty<>(this, "status", PaneStatus.READY);
    private final StringProperty letter = new SimpleStringProperty(this, "letter", "");
    private final ReadOnlyBooleanWrapper active = new ReadOnlyBooleanWrapper(this, "active");
    private final ReadOnlyBooleanWrapper maximised = new ReadOnlyBooleanWrapper(this, "maximised");
    private final ReadOnlyBooleanWrapper tornOff = new ReadOnlyBooleanWrapper(this, "tornOff");

    private final VBox box = new VBox();
    private final Region line = new Region();
    private final ProgressBar bar = new ProgressBar();
    private final StackPane body = new StackPane();
    private final StackPane holder = new StackPane();
    private final Label emptyLabel = new Label();
    private final Button fill = new Button();
    private final FontIcon emptyIcon = new FontIcon(Feather.INBOX);
    private final VBox emptyState = new VBox(emptyIcon, emptyLabel, fill);
    private final ProblemView problemView = new ProblemView(null);
    private final Button tearOff =
            IconButtons.of(Feather.EXTERNAL_LINK, "Tear this pane off into its own window", this::toggleTornOff);
    private final Button maximise =
            IconButtons.of(Feather.MAXIMIZE_2, "Maximise this pane (F11), Esc to go back", this::toggleMaximised);
    private final PaneHead header = new PaneHead(letter, title, subtitle, subtitleTip, tearOff, maximise);
    private final PauseTransition patience = new PauseTransition(PATIENCE);
    private ObservableValue<String> windowTitle = title;
    private Consumer<Scene> windowKeys = scene -> {};
    private @Nullable MaximiseHost host;
    private @Nullable PaneWindow window;
    private boolean hasRows;

    public PaneFrame(String title) {
        this.title.set(title);
        layOut();
        bind();
    }

    public PaneFrame(String title, Node content) {
        this(title);
        setContent(content);
    }

    private void layOut() {
        box.getStyleClass().add("pane-frame");
        line.getStyleClass().add("pane-progress");
        bar.getStyleClass().add("pane-progress");
        bar.setMaxWidth(Double.MAX_VALUE);
        StackPane rule = new StackPane(line, bar);
        rule.setMinHeight(USE_PREF_SIZE);
        emptyState.getStyleClass().add("empty-state");
        fill.getStyleClass().addAll("empty-fill", "accent");
        fill.setMinHeight(USE_PREF_SIZE);
        emptyLabel.setMinHeight(USE_PREF_SIZE);
        emptyIcon.visibleProperty().bind(body.heightProperty().greaterThan(ROOM_FOR_ICON));
        emptyIcon.managedProperty().bind(emptyIcon.visibleProperty());
        holder.getStyleClass().add("pane-content");
        body.getChildren().add(holder);
        setAlignment(holder, Pos.TOP_CENTER);
        body.setMinSize(0, 0);
        Rectangle edge = new Rectangle();
        edge.widthProperty().bind(widthProperty());
        edge.heightProperty().bind(heightProperty());
        setClip(edge);
        VBox.setVgrow(body, Priority.ALWAYS);
        box.getChildren().addAll(header, rule, body);
        box.setMinSize(0, 0);
        setMinSize(0, 0);
        getChildren().add(box);
    }

    private void bind() {
        content.addListener((source, was, is) -> {
            if (is == null) {
                holder.getChildren().clear();
            } else {
                holder.getChildren().setAll(is);
            }
        });
        bar.setVisible(false);
        patience.setOnFinished(event -> showWaiting(status.get().pending()));
        status.addListener((source, was, is) -> {
            bar.setProgress(is.fraction());
            if (is.pending() != was.pending()) {
                wait(is.pending());
            }
            if (!is.shown().equals(was.shown())) {
                show(is.shown());
            }
        });
        bar.setProgress(status.get().fraction());
        show(status.get().shown());

        active.bind(box.sceneProperty()
                .flatMap(Scene::focusOwnerProperty)
                .map(this::holds)
                .orElse(false));
        active.addListener((source, was, is) -> box.pseudoClassStateChanged(ACTIVE, is));
        box.accessibleTextProperty()
                .bind(Bindings.createStringBinding(
                        () -> title.get() + (letter.get().isEmpty() ? "" : " of checkpoint " + letter.get()),
                        title,
                        letter));
        header.setOnMouseClicked(event -> {
            if (event.getButton() == MouseButton.PRIMARY && event.getClickCount() == 2) {
                toggleMaximised();
            }
        });
        box.addEventHandler(KeyEvent.KEY_PRESSED, event -> {
            if (event.getCode() == KeyCode.ESCAPE && isMaximised()) {
                setMaximised(false);
                event.consume();
            }
        });
    }

    /** Whether a node is in this pane, wherever the pane is shown. */
    public boolean holds(@Nullable Node node) {
        for (Node at = node; at != null; at = at.getParent()) {
            if (at == box) {
                return true;
            }
        }
        return false;
    }

    private void showWaiting(boolean waiting) {
        bar.setVisible(waiting);
        holder.pseudoClassStateChanged(WAITING, waiting);
    }

    private void wait(boolean pending) {
        if (pending) {
            patience.playFromStart();
        } else {
            patience.stop();
            showWaiting(false);
        }
    }

    private void show(PaneStatus.Shown shown) {
        if (shown instanceof PaneStatus.Failed failed) {
            problemView.show(failed.problem());
            problemView.onRetry(failed.retry().orElse(null));
            problemView.onDismiss(failed.dismiss().orElse(null));
            problemView.onRemedy(failed.mend().orElse(null));
        } else if (shown instanceof PaneStatus.Empty empty) {
            emptyLabel.setText(empty.why());
            fill.setVisible(empty.need().isPresent());
            fill.setManaged(fill.isVisible());
            empty.need().ifPresent(need -> {
                fill.setText(need.label());
                // from the pane, which stays in the window when it is torn off
                fill.setOnAction(event -> fireEvent(new NeedEvent(need)));
            });
        }
        only(problemView, shown instanceof PaneStatus.Failed);
        only(emptyState, shown instanceof PaneStatus.Empty);
        only(holder, shown instanceof PaneStatus.Content);
    }

    /** Shows or hides a state; a hidden one takes no room, and is created when it is first shown. */
    private void only(Node state, boolean shown) {
        if (shown && state != holder && state.getParent() == null) {
            body.getChildren().add(state);
        }
        state.setVisible(shown);
        state.setManaged(shown);
    }

    /**
     * Declares that the content creates its rows as they become visible, as tables and lists do, so that it is unrolled
     * in parts.
     */
    public void setRows() {
        hasRows = true;
    }

    /** Removes the content, so that the frame can be put into its place without it. */
    public void rollUp() {
        body.getChildren().remove(holder);
    }

    /** Whether some of the content is shown. */
    public boolean isBegun() {
        return body.getChildren().contains(holder);
    }

    /**
     * Shows more of a content that was rolled up: all of it, or a few rows more.
     *
     * @param gradually whether rows are to come a few at a time
     * @return whether there is still more to show
     */
    public boolean unroll(boolean gradually) {
        boolean begun = isBegun();
        if (!begun) {
            body.getChildren().add(0, holder);
        }
        double shown = begun ? holder.getMaxHeight() + UNROLLED_AT_ONCE : UNROLLED_AT_ONCE;
        boolean more = gradually && hasRows && shown < body.getHeight();
        holder.setMaxHeight(more ? shown : USE_COMPUTED_SIZE);
        return more;
    }

    /** Maximises the pane over the {@link MaximiseHost} above it, or brings it back; nothing happens without a host. */
    public void toggleMaximised() {
        setMaximised(!isMaximised());
    }

    public void setMaximised(boolean wanted) {
        if (wanted == isMaximised()) {
            return;
        }
        if (wanted) {
            host = MaximiseHost.above(this).orElse(null);
            if (host == null || isTornOff()) {
                return;
            }
            getChildren().remove(box);
            box.getStyleClass().add("maximised");
            host.show(box);
        } else if (host != null) {
            host.release(box);
            host = null;
            box.getStyleClass().remove("maximised");
            getChildren().add(box);
        }
        maximise.setGraphic(new FontIcon(wanted ? Feather.MINIMIZE_2 : Feather.MAXIMIZE_2));
        maximise.requestFocus();
        maximised.set(wanted);
    }

    /** Moves the pane into a window of its own, or back; closing that window brings it back too. */
    public void toggleTornOff() {
        if (window != null) {
            window.close();
        } else {
            tearOffFrom(this);
        }
    }

    /** @param home a node of the program's window */
    private void tearOffFrom(Node home) {
        setMaximised(false);
        getChildren().remove(box);
        Button back = new Button("Bring it back");
        back.setOnAction(event -> toggleTornOff());
        Label where = new Label(title.get() + " is in its own window");
        VBox place = new VBox(where, back);
        place.getStyleClass().add("empty-state");
        getChildren().add(place);
        PaneWindow own = new PaneWindow(home, box, windowTitle, windowKeys, () -> {
            window = null;
            getChildren().setAll(box);
            tornOffLooks(false);
        });
        window = own;
        tornOffLooks(true);
        own.show();
    }

    /**
     * Moves the pane into a window of its own at a place, as much as the screens allow; does nothing if it has one.
     *
     * @param home a node of the program's window, in which the pane may have no place now
     */
    public void tearOff(Rectangle2D place, Node home) {
        if (window == null) {
            tearOffFrom(home);
            Objects.requireNonNull(window, "window").standAt(place);
        }
    }

    /** Where the pane's own window stands; empty if it has none. */
    public Optional<Rectangle2D> windowPlace() {
        return Optional.ofNullable(window).map(PaneWindow::place);
    }

    /** What is moved into another place when the pane is maximised or torn off: its title with all below. */
    Node whole() {
        return box;
    }

    public boolean isTornOff() {
        return window != null;
    }

    private void tornOffLooks(boolean torn) {
        tornOff.set(torn);
        maximise.setVisible(!torn);
        maximise.setManaged(!torn);
        tearOff.setGraphic(new FontIcon(torn ? Feather.CORNER_DOWN_LEFT : Feather.EXTERNAL_LINK));
        IconButtons.rename(tearOff, torn ? "Bring this pane back" : "Tear this pane off into its own window");
    }

    /** Whether the keyboard is in this pane. */
    public boolean isActive() {
        return active.get();
    }

    public boolean isMaximised() {
        return maximised.get();
    }

    public ReadOnlyBooleanProperty maximisedProperty() {
        return maximised.getReadOnlyProperty();
    }

    /** Whether the pane is in a window of its own. */
    public ReadOnlyBooleanProperty tornOffProperty() {
        return tornOff.getReadOnlyProperty();
    }

    /** Controls between title and menu, left to right; where room is short the last ones go into the menu first. */
    public ObservableList<Node> getActions() {
        return header.actions();
    }

    /** The pane's menu, under the three dots and the title's right click. */
    public ObservableList<MenuItem> getMenuItems() {
        return header.items();
    }

    public StringProperty titleProperty() {
        return title;
    }

    /** The letter of the checkpoint that is shown, while there are two; empty otherwise. */
    public StringProperty letterProperty() {
        return letter;
    }

    /** The title bar, by which the pane is dragged. */
    public Node titleBar() {
        return header;
    }

    /**
     * What the pane's own window has while it is torn off.
     *
     * @param shown its title
     * @param keys makes the program's keys work in its scene
     */
    public void setWindowLooks(ObservableValue<String> shown, Consumer<Scene> keys) {
        windowTitle = shown;
        windowKeys = keys;
    }

    /** Focuses the first part of the content that takes the keyboard, or a button of the title if none does. */
    public void focusInside() {
        firstToFocus(body).or(() -> firstToFocus(header)).ifPresent(Node::requestFocus);
    }

    /** The first node, in reading order, that takes the keyboard; empty if none does. */
    public static Optional<Node> firstToFocus(Node node) {
        if (!node.isVisible() || node.isDisabled()) {
            return Optional.empty();
        }
        if (node.isFocusTraversable()) {
            return Optional.of(node);
        }
        return node instanceof Parent parent
                ? parent.getChildrenUnmodifiable().stream()
                        .flatMap(child -> firstToFocus(child).stream())
                        .findFirst()
                : Optional.empty();
    }

    /** A short text after the title, such as the feature shown. */
    public StringProperty subtitleProperty() {
        return subtitle;
    }

    /** The tooltip of the text after the title; empty for none. */
    public StringProperty subtitleTipProperty() {
        return subtitleTip;
    }

    public void setContent(Node shown) {
        content.set(Objects.requireNonNull(shown, "shown"));
    }

    /**
     * What is shown: the content, why there is none, or what failed until that is over; while a newer answer is on its
     * way the content is dimmed and the title's line moves.
     */
    public ObjectProperty<PaneStatus> statusProperty() {
        return status;
    }

    /** Whether a newer answer is on its way. */
    public boolean isPending() {
        return status.get().pending();
    }
}
