package loupe.ui.features;

import java.util.List;
import java.util.function.IntFunction;
import javafx.scene.control.ContentDisplay;
import javafx.scene.control.TableCell;
import loupe.base.VisibleText;
import loupe.search.FeatureSearch;
import loupe.ui.control.Tooltips;
import loupe.ui.token.FoundExcerpt;
import loupe.ui.token.TokenText;

/**
 * Where words were found, the words marked. Its text, for screen readers and the tooltip of what is cut, has brackets
 * instead.
 */
final class FoundCell extends TableCell<Integer, String> {
    private final IntFunction<List<FeatureSearch.Reason>> found;
    private final FoundExcerpt excerpt = new FoundExcerpt();

    /** @param found where the words were found, of a feature */
    FoundCell(IntFunction<List<FeatureSearch.Reason>> found) {
        this.found = found;
        getStyleClass().add("found-cell");
        setContentDisplay(ContentDisplay.GRAPHIC_ONLY);
        setGraphic(excerpt);
        setOnMouseEntered(event -> {
            boolean cut = excerpt.prefWidth(-1) > excerpt.getWidth() + 1;
            setTooltip(cut ? Tooltips.of(getText()) : null);
        });
    }

    @Override
    protected void updateItem(String item, boolean empty) {
        super.updateItem(item, empty);
        boolean none = empty
                || item == null
                || item.isEmpty()
                || getIndex() >= getTableView().getItems().size();
        setText(none ? null : VisibleText.line(TokenText.sentence(item)));
        excerpt.show(none ? List.of() : found.apply(getTableView().getItems().get(getIndex())));
    }
}
