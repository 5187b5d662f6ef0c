package loupe.ui.token;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.IntConsumer;
import javafx.application.Platform;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.ListCell;
import javafx.scene.control.ListView;
import javafx.scene.control.Tooltip;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.layout.BorderPane;
import loupe.state.window.Side;
import loupe.ui.control.IconButtons;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Tooltips;
import org.jspecify.annotations.Nullable;
import org.kordamp.ikonli.feather.Feather;

/**
 * Examples of a feature, one below the other, virtual: each line's activation at its peak, and its tokens coloured on
 * one scale. The list is one stop of the Tab key: up and down choose a line, left and right a token of it, Enter opens
 * it.
 */
public final class ExampleList extends ListView<TokenLine> {
    private final Tooltip figureTip = Tooltips.of("Activation at the token this example is shown for");
    private final boolean wrapping;
    private double largest = 1;
    private Side side = Side.A;
    private BiConsumer<TokenLine, Integer> chosen = (line, token) -> {};
    private Function<String, List<Integer>> marks = text -> List.of();
    private @Nullable IntConsumer opened;
    private String openTip = "";
    private Map<Integer, String> headings = Map.of();
    private int detailed = -1;
    private @Nullable Node detail;

    /** @param wrapping whether examples are paragraphs; else one row each, around the peak */
    public ExampleList(boolean wrapping) {
        this.wrapping = wrapping;
        getStyleClass().add("example-list");
        setAccessibleText("Examples");
        setCellFactory(list -> new Cell());
        addEventHandler(KeyEvent.KEY_PRESSED, event -> {
            int row = getSelectionModel().getSelectedIndex();
            if (event.getCode() == KeyCode.ENTER && opened != null && row >= 0) {
                opened.accept(row);
                event.consume();
            }
        });
        addEventFilter(KeyEvent.KEY_PRESSED, event -> {
            int row = getSelectionModel().getSelectedIndex();
            boolean along = event.getCode() == KeyCode.RIGHT || event.getCode() == KeyCode.LEFT;
            boolean plain = !event.isAltDown() && !event.isShortcutDown() && event.getTarget() == this;
            if (along && plain && row >= 0) {
                stripOf(row).ifPresent(strip -> strip.step(event.getCode() == KeyCode.RIGHT ? 1 : -1));
                event.consume();
            }
        });
    }

    /**
     * Shows examples.
     *
     * @param largestActivation the feature's largest activation: the strongest background
     */
    public void setLines(List<TokenLine> lines, double largestActivation, Side shownSide) {
        setLines(lines, Map.of(), largestActivation, shownSide);
    }

    /**
     * Shows examples under headings.
     *
     * @param shown the headings, by the index of the line that each stands above
     */
    public void setLines(List<TokenLine> lines, Map<Integer, String> shown, double largestActivation, Side shownSide) {
        headings = Map.copyOf(shown);
        largest = largestActivation;
        side = Objects.requireNonNull(shownSide, "shownSide");
        getItems().setAll(lines);
    }

    /** The text that is marked in the chosen line by dragging over its tokens; empty for none. */
    public Optional<String> markedText() {
        return stripOf(getSelectionModel().getSelectedIndex()).flatMap(TokenStrip::markedText);
    }

    /**
     * Underlines the tokens in which a line's text has what is looked for.
     *
     * @param found where a text has it: [from, to) in turn, ascending
     */
    public void setMarks(Function<String, List<Integer>> found) {
        marks = Objects.requireNonNull(found, "found");
        refresh();
    }

    /** Sets the action of choosing a token of a line. */
    public void setOnToken(BiConsumer<TokenLine, Integer> action) {
        chosen = action;
    }

    /**
     * Gives each line a button, and Enter, which open it elsewhere.
     *
     * @param action called with the line's index
     */
    public void setOnOpen(String tip, IntConsumer action) {
        openTip = Objects.requireNonNull(tip, "tip");
        opened = Objects.requireNonNull(action, "action");
        refresh();
    }

    /**
     * Shows something below a line, which moves up to be seen with it.
     *
     * @param row index of the line; -1 removes it
     */
    public void showBelow(int row, Node shown) {
        detailed = row;
        if (detail != shown) {
            detail = shown;
            shown.layoutBoundsProperty().addListener(changed -> Platform.runLater(this::seeDetail));
        }
        refresh();
        if (row >= 0) {
            getSelectionModel().select(row);
            scrollTo(row);
        }
    }

    /** Brings the line back into view whose detail has grown. */
    private void seeDetail() {
        if (detailed >= 0) {
            scrollTo(detailed);
        }
    }

    /** The tokens of a line that is in sight. */
    private Optional<TokenStrip> stripOf(int row) {
        return lookupAll(".list-cell").stream()
                .filter(node -> node instanceof Cell cell && cell.getIndex() == row && !cell.isEmpty())
                .map(node -> ((Cell) node).strip)
                .findFirst();
    }

    private final class Cell extends ListCell<TokenLine> {
        private final TokenStrip strip = new TokenStrip(wrapping);
        private final Label figure = new Label();
        private final Label heading = new Label();
        private final BorderPane row = new BorderPane(strip);

        Cell() {
            figure.getStyleClass().add("example-figure");
            figure.setTooltip(figureTip);
            heading.getStyleClass().add("example-heading");
            heading.setMinWidth(0);
            row.setLeft(figure);
            row.setMinWidth(0);
            row.setPrefWidth(0);
            setOnContextMenuRequested(event -> {
                if (!isEmpty()) {
                    getListView().getSelectionModel().select(getIndex());
                }
            });
            IntConsumer action = opened;
            if (action != null) {
                Button open = IconButtons.of(Feather.EDIT_3, openTip, () -> action.accept(getIndex()));
                open.getStyleClass().add("example-open");
                open.setFocusTraversable(false);
                row.setRight(open);
            }
            strip.setFocusTraversable(false);
            strip.pointOut();
            strip.setOnMark(() -> {
                getListView().requestFocus();
                getListView().getSelectionModel().clearAndSelect(getIndex());
            });
            strip.setOnToken(token -> {
                getListView().requestFocus();
                getListView().getSelectionModel().select(getIndex());
                setAccessibleText(strip.getAccessibleText());
                chosen.accept(getItem(), token);
            });
        }

        @Override
        protected void updateItem(TokenLine line, boolean empty) {
            super.updateItem(line, empty);
            if (empty || line == null) {
                setGraphic(null);
                setAccessibleText(null);
                return;
            }
            double peak = line.texts().length == 0 ? Double.NaN : line.activations()[line.peak()];
            figure.setText(NumberTexts.number(peak));
            strip.setMarks(marks);
            strip.setLine(line, largest, side);
            String above = headings.getOrDefault(getIndex(), "");
            heading.setText(above);
            heading.setTooltip(above.isEmpty() ? null : Tooltips.of(above));
            row.setTop(above.isEmpty() ? null : heading);
            setAccessibleText((above.isEmpty() ? "" : above + ". ") + "activation " + NumberTexts.number(peak) + ": "
                    + line.sentence());
            row.setBottom(getIndex() == detailed ? detail : null);
            setGraphic(row);
        }

        /** A list asks for the height without a width; the list's own width decides where a paragraph wraps. */
        @Override
        protected double computePrefHeight(double width) {
            double room =
                    Math.max(100, getListView() == null ? 400 : getListView().getWidth() - 18);
            return getGraphic() == null
                    ? TokenFlow.ROW + 8
                    : snappedTopInset() + snappedBottomInset() + row.prefHeight(room);
        }
    }
}
