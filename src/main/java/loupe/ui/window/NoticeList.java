package loupe.ui.window;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import javafx.collections.ListChangeListener;
import javafx.collections.WeakListChangeListener;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.Hyperlink;
import javafx.scene.control.Label;
import javafx.scene.control.ScrollPane;
import javafx.scene.input.Clipboard;
import javafx.scene.input.ClipboardContent;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.state.window.Notices;
import loupe.ui.control.Tooltips;

/** All notices, newest first, as large as they need, up to a limit from which they scroll. */
final class NoticeList {
    static final String FAILED = "failed";

    private static final double WIDTH = 520;
    private static final double MOST_HEIGHT = 320;
    private static final double SCROLL_BAR = 18;

    private final Notices notices;
    private final Consumer<Path> showFolder;
    private final VBox rows = new VBox(8);
    private final ScrollPane scroll = new ScrollPane(rows);
    private final VBox box;
    private final ListChangeListener<Notices.Notice> changed = change -> fill();

    /** @param showFolder opens the folder that a file lies in */
    NoticeList(Notices notices, Consumer<Path> showFolder) {
        this.notices = notices;
        this.showFolder = showFolder;
        rows.getStyleClass().add("notice-list");
        rows.setMaxWidth(WIDTH);
        scroll.setHbarPolicy(ScrollPane.ScrollBarPolicy.NEVER);
        scroll.getStyleClass().add("edge-to-edge");
        scroll.setAccessibleText("Notices");
        scroll.setMaxHeight(MOST_HEIGHT);
        Button clear = new Button("Clear");
        clear.setId("notices-clear");
        clear.setTooltip(Tooltips.of("Forget all notices"));
        clear.setOnAction(event -> notices.clear());
        clear.setMinHeight(Region.USE_PREF_SIZE);
        box = new VBox(8, scroll, clear);
        box.getStyleClass().add("pop-content");
        notices.all().addListener(new WeakListChangeListener<>(changed));
        fill();
    }

    Node node() {
        return box;
    }

    private void fill() {
        List<Node> shown = notices.all().stream().map(this::row).toList();
        rows.getChildren().setAll(shown.isEmpty() ? List.of(new Label("Nothing has happened yet")) : shown);
        rows.applyCss();
        scroll.setPrefViewportWidth(Math.min(WIDTH, rows.prefWidth(-1)) + SCROLL_BAR);
        scroll.setPrefViewportHeight(Math.min(MOST_HEIGHT, rows.prefHeight(WIDTH)));
    }

    private Node row(Notices.Notice notice) {
        Label text = new Label(notice.text());
        text.setWrapText(true);
        text.setMaxWidth(WIDTH);
        text.setMinHeight(Region.USE_PREF_SIZE);
        HBox links = new HBox(12);
        if (notice.problem() != null) {
            text.getStyleClass().add(FAILED);
            if (!notice.problem().details().isEmpty()) {
                Hyperlink details = new Hyperlink("Copy details");
                details.setTooltip(Tooltips.of("Copy the message and the technical details, for a report"));
                details.setOnAction(event -> copy(notice));
                links.getChildren().add(details);
            }
        }
        if (notice.file() != null) {
            Hyperlink folder = new Hyperlink("Open folder");
            folder.setTooltip(Tooltips.of("Show the folder of this file in the system's file manager"));
            folder.setOnAction(event -> showFolder.accept(notice.file()));
            links.getChildren().add(folder);
        }
        return links.getChildren().isEmpty() ? text : new VBox(2, text, links);
    }

    private static void copy(Notices.Notice notice) {
        ClipboardContent content = new ClipboardContent();
        content.putString(notice.text() + "\n\n"
                + Objects.requireNonNull(notice.problem()).details());
        Clipboard.getSystemClipboard().setContent(content);
    }
}
