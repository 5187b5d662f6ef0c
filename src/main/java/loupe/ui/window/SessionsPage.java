package loupe.ui.window;

import java.nio.file.Path;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javafx.collections.ListChangeListener;
import javafx.collections.WeakListChangeListener;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.ScrollPane;
import javafx.scene.control.TextField;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.base.VisibleText;
import loupe.state.window.NamedSessions;
import loupe.state.window.Session;
import loupe.state.window.SessionsModel;
import loupe.ui.control.IconButtons;
import loupe.ui.control.Tooltips;
import org.kordamp.ikonli.feather.Feather;

/** Keeps the session under a name, and opens, renames and deletes those that were kept. */
final class SessionsPage {
    private static final double WIDTH = 560;
    private static final double MOST_HEIGHT = 320;
    private static final DateTimeFormatter WHEN =
            DateTimeFormatter.ofPattern("d MMM yyyy HH:mm", Locale.ROOT).withZone(ZoneId.systemDefault());

    private final SessionsModel model;
    private final Runnable leave;
    private final TextField name = new TextField();
    private final Button keep = new Button();
    private final Label said = new Label();
    private final VBox rows = new VBox(2);
    private final VBox page;
    private final ListChangeListener<NamedSessions.Named> listener = change -> list();

    /** @param leave closes the page */
    SessionsPage(SessionsModel model, Runnable leave) {
        this.model = model;
        this.leave = leave;
        Label heading = new Label("Sessions");
        heading.getStyleClass().add("form-heading");
        Label about = new Label("A session is what is open and how it is looked at: files, feature, filters, columns, "
                + "texts, settings and layouts. Labels are kept apart from it, with the checkpoint's weights.");
        about.setWrapText(true);
        about.getStyleClass().add("muted");
        name.setId("session-name");
        name.setPromptText("Name for what is shown now");
        name.setAccessibleText("Name for the session that is shown now");
        HBox.setHgrow(name, Priority.ALWAYS);
        keep.setId("session-keep");
        keep.setDefaultButton(true);
        keep.setMinWidth(Region.USE_PREF_SIZE);
        keep.setOnAction(event -> model.keep(name.getText().strip(), leave));
        Label called = new Label("Name");
        called.setLabelFor(name);
        called.setMinWidth(Region.USE_PREF_SIZE);
        HBox first = new HBox(8, called, name, keep);
        first.setAlignment(Pos.CENTER_LEFT);
        said.setId("session-said");
        said.setWrapText(true);
        said.setMinHeight(Region.USE_PREF_SIZE);
        ScrollPane scroll = new ScrollPane(rows);
        scroll.setFitToWidth(true);
        scroll.setMaxHeight(MOST_HEIGHT);
        scroll.getStyleClass().add("edge-to-edge");
        page = new VBox(12, heading, about, first, said, scroll);
        page.setPrefWidth(WIDTH);
        page.getStyleClass().add("checkpoint-form");
        name.textProperty().addListener(changed -> describe());
        model.problem().addListener(changed -> describe());
        model.all().addListener(new WeakListChangeListener<>(listener));
        list();
        model.refresh();
    }

    Node node() {
        return page;
    }

    void focus() {
        name.requestFocus();
    }

    private void list() {
        List<Node> made = new ArrayList<>();
        model.all().forEach(named -> made.add(row(named)));
        if (made.isEmpty()) {
            Label none = new Label("None is kept yet");
            none.getStyleClass().add("muted");
            made.add(none);
        }
        rows.getChildren().setAll(made);
        describe();
    }

    private void describe() {
        String typed = name.getText().strip();
        Optional<NamedSessions.Named> taken = model.find(typed);
        Optional<String> defect = typed.isEmpty() ? Optional.empty() : NamedSessions.defect(typed);
        keep.setText(taken.isPresent() ? "Replace it" : "Keep it");
        keep.setDisable(typed.isEmpty() || defect.isPresent());
        String problem =
                model.problem().get() == null ? "" : model.problem().get().message();
        said.setText(
                !problem.isEmpty()
                        ? problem
                        : defect.orElseGet(() -> taken.map(old ->
                                        "The session of this name, kept " + WHEN.format(old.kept()) + ", is replaced")
                                .orElse("")));
        said.setVisible(!said.getText().isEmpty());
        said.setManaged(said.isVisible());
    }

    private Node row(NamedSessions.Named named) {
        TextField title = new TextField(named.name());
        title.setId("session-title-" + named.name());
        title.getStyleClass().add("in-place");
        title.setTooltip(Tooltips.of("Its name; type another one and Enter to rename it"));
        title.setAccessibleText("Name of the session " + named.name());
        title.setOnAction(event -> model.rename(named.name(), title.getText().strip()));
        title.setPrefColumnCount(14);
        Label facts = new Label(WHEN.format(named.kept()) + "   " + words(named));
        facts.getStyleClass().add("muted");
        facts.setMaxWidth(Double.MAX_VALUE);
        facts.setMinWidth(0);
        facts.setTooltip(Tooltips.of(named.file().toString()));
        HBox.setHgrow(facts, Priority.ALWAYS);
        Button open = new Button("Open");
        open.setId("session-open-" + named.name());
        open.setMinWidth(Region.USE_PREF_SIZE);
        open.setDisable(named.session() == null);
        open.setOnAction(event -> model.open(named.name(), leave));
        Button delete = IconButtons.of(Feather.TRASH_2, "Delete this session", () -> {});
        delete.setId("session-delete-" + named.name());
        delete.setOnAction(event -> {
            delete.setGraphic(null);
            delete.setText("Delete for good");
            delete.setMinWidth(Region.USE_PREF_SIZE);
            delete.setOnAction(again -> model.delete(named.name()));
        });
        HBox row = new HBox(8, title, facts, open, delete);
        row.setAlignment(Pos.CENTER_LEFT);
        return row;
    }

    private static String words(NamedSessions.Named named) {
        Session session = named.session();
        if (session == null) {
            return "damaged: " + VisibleText.line(named.defect());
        }
        List<String> parts = new ArrayList<>();
        if (session.model() != null) {
            parts.add(fileName(session.model()));
        }
        session.checkpoints().forEach(checkpoint -> parts.add(fileName(checkpoint.path())));
        if (session.feature() >= 0) {
            parts.add("feature " + session.feature());
        }
        return parts.isEmpty() ? "nothing open" : String.join(", ", parts);
    }

    private static String fileName(String path) {
        Path name = Path.of(path).getFileName();
        return VisibleText.line(name == null ? path : name.toString());
    }
}
