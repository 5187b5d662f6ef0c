package loupe.ui.welcome;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import javafx.collections.ListChangeListener;
import javafx.collections.ObservableList;
import javafx.collections.WeakListChangeListener;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.Hyperlink;
import javafx.scene.control.Label;
import javafx.scene.control.OverrunStyle;
import javafx.scene.control.ScrollPane;
import javafx.scene.layout.FlowPane;
import javafx.scene.layout.GridPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.StackPane;
import javafx.scene.layout.VBox;
import loupe.state.window.CorpusFiles;
import loupe.state.window.NamedSessions;
import loupe.state.window.Session;
import loupe.state.window.Workbench;
import loupe.ui.control.HelpEvent;
import loupe.ui.control.Tooltips;
import org.kordamp.ikonli.Ikon;
import org.kordamp.ikonli.feather.Feather;
import org.kordamp.ikonli.javafx.FontIcon;

/**
 * Where a start with nothing open begins, and what the menu opens at any time: the sample, a model or a checkpoint to
 * open, what was opened last, the tour, and the three words that everything here is about. JavaFX thread only.
 */
public final class StartPage {
    /** Width, in units of the text size, from which recent files and words stand beside each other. */
    private static final double BESIDE_EM = 46;

    private static final int MOST_OF_A_KIND = 5;
    private static final String[][] WORDS = {
        {
            "What is a ghost?",
            "A made-up word: a vector that stands in a prompt where a token would, and points where the feature points."
        },
        {
            "What is a definition tree?",
            "What the model says when it is asked to define the ghost: its most probable continuations, as branches."
        },
        {
            "What is nearness?",
            "How near real tokens are to the ghost. The token list is ordered by it, the nearest token first."
        }
    };

    private final Workbench workbench;
    private final Choices choices;
    private final VBox recent = new VBox(4);
    private final VBox page = new VBox(20);
    private final GridPane columns = new GridPane();
    private final ScrollPane scroll = new ScrollPane();
    private final ListChangeListener<NamedSessions.Named> sessionsRead = change -> showRecent();

    /** What the page asks the window for. */
    public interface Choices {
        /** Whether the sample is installed. */
        boolean hasSample();

        /** Runs a command of the window by its name. */
        void run(String command);

        /** Opens a path of any kind. */
        void open(List<Path> paths);

        /** The sessions that are kept under names. */
        ObservableList<NamedSessions.Named> sessions();

        /** Shows a session instead of what is open. */
        void openSession(String name);
    }

    public StartPage(Workbench workbench, Choices choices) {
        this.workbench = workbench;
        this.choices = choices;
        layOut();
        showRecent();
        // they are read in the background
        choices.sessions().addListener(new WeakListChangeListener<>(sessionsRead));
    }

    public Node node() {
        return scroll;
    }

    private void layOut() {
        Label title = new Label("SAE Loupe");
        title.getStyleClass().add("start-title");
        Label about =
                words("See what the features of a sparse autoencoder mean: where each is active, what it promotes, "
                        + "how the model defines it, and what is near it.");
        FlowPane open = new FlowPane(8, 8);
        open.setId("start-open");
        if (choices.hasSample()) {
            open.getChildren()
                    .addAll(
                            button("start-sample", "Open the sample", Feather.PLAY, "open-sample", "accent"),
                            button("start-tour", "Five minutes' tour", Feather.COMPASS, "guided-tour"));
        }
        open.getChildren()
                .addAll(
                        button("start-model", "Open a model...", Feather.FOLDER, "open-model"),
                        button("start-checkpoint", "Open a checkpoint...", Feather.LAYERS, "open-checkpoint"));
        Label drop = new Label(
                "or drop a model folder, a checkpoint, a text or an index anywhere on the window",
                new FontIcon(Feather.DOWNLOAD));
        drop.getStyleClass().add("start-drop");
        drop.setWrapText(true);
        drop.setMaxWidth(Double.MAX_VALUE);
        drop.setMinHeight(Region.USE_PREF_SIZE);
        VBox words = new VBox(12, heading("In three words"));
        for (String[] word : WORDS) {
            words.getChildren().add(explained(word[0], word[1]));
        }
        Hyperlink help = new Hyperlink("All of the help, with every figure's formula (F1)");
        help.setId("start-help");
        help.setOnAction(event -> choices.run("help"));
        words.getChildren().add(help);
        recent.setId("start-recent");
        VBox.setVgrow(columns, Priority.ALWAYS);
        columns.setHgap(40);
        columns.setVgap(20);
        page.getStyleClass().add("start-page");
        page.getChildren().addAll(new VBox(4, title, about), open, drop, columns);
        StackPane middle = new StackPane(page);
        middle.setAlignment(Pos.TOP_CENTER);
        scroll.setContent(middle);
        scroll.setFitToWidth(true);
        scroll.setHbarPolicy(ScrollPane.ScrollBarPolicy.NEVER);
        scroll.setFocusTraversable(false);
        scroll.getStyleClass().add("start");
        scroll.setId("start-page");
        scroll.setAccessibleText("Start page");
        arrange(words, false);
        page.widthProperty().addListener((property, was, is) -> arrange(words, isWide(title, is.doubleValue())));
    }

    private static boolean isWide(Label title, double width) {
        return width > BESIDE_EM * title.getFont().getSize() / 2;
    }

    /** Puts what was opened and the words beside each other where there is room. */
    private void arrange(VBox words, boolean wide) {
        if (columns.getChildren().size() == 2 && (GridPane.getColumnIndex(words) == 1) == wide) {
            return;
        }
        columns.getChildren().clear();
        columns.add(recent, 0, 0);
        columns.add(words, wide ? 1 : 0, wide ? 0 : 1);
        for (Region part : List.of(recent, words)) {
            GridPane.setHgrow(part, Priority.ALWAYS);
            GridPane.setFillWidth(part, true);
            part.setMaxWidth(Double.MAX_VALUE);
            part.setPrefWidth(1); // both get half, whatever is in them
            part.setMinHeight(Region.USE_PREF_SIZE);
        }
    }

    /** Shows what was opened last, as it is now. */
    public void showRecent() {
        recent.getChildren().setAll(heading("Opened last"));
        List<NamedSessions.Named> sessions = choices.sessions().stream()
                .filter(named -> named.session() != null)
                .sorted(Comparator.comparing(NamedSessions.Named::kept).reversed())
                .limit(MOST_OF_A_KIND)
                .toList();
        if (!sessions.isEmpty()) {
            recent.getChildren().add(kind("Sessions"));
        }
        sessions.forEach(named -> recent.getChildren()
                .add(row(
                        named.name(),
                        Feather.BOOKMARK,
                        "",
                        "Show the session " + named.name(),
                        () -> choices.openSession(named.name()))));
        List<Session.Recent> all = workbench.recent().all();
        List<Button> rows = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            List<Session.Recent> some =
                    all.stream().filter(kind::has).limit(MOST_OF_A_KIND).toList();
            if (!some.isEmpty()) {
                recent.getChildren().add(kind(kind.title));
            }
            for (Session.Recent one : some) {
                Button row = row(kind, one.paths());
                rows.add(row);
                recent.getChildren().add(row);
            }
        }
        if (rows.isEmpty() && sessions.isEmpty()) {
            recent.getChildren()
                    .add(words(
                            "Nothing yet. Models, checkpoints and corpora that you open are listed here, to be opened "
                                    + "again with one click."));
        }
        markMissing(rows);
    }

    private enum Kind {
        MODEL("Models", Feather.FOLDER),
        CHECKPOINT("Checkpoints", Feather.LAYERS),
        CORPUS("Corpora", Feather.FILE_TEXT);

        private final String title;
        private final Feather icon;

        Kind(String title, Feather icon) {
            this.title = title;
            this.icon = icon;
        }

        boolean has(Session.Recent one) {
            return switch (this) {
                case MODEL -> one.model();
                case CHECKPOINT -> one.isCheckpoint();
                case CORPUS -> one.isCorpus();
            };
        }
    }

    private static Label kind(String title) {
        Label kind = new Label(title);
        kind.getStyleClass().addAll("muted", "start-kind");
        return kind;
    }

    private Button row(Kind kind, List<Path> paths) {
        Path path = paths.get(0);
        Button row = row(
                paths.size() == 1 ? String.valueOf(path.getFileName()) : new CorpusFiles(paths).name(),
                kind.icon,
                path.getParent() == null ? "" : path.getParent().toString(),
                "Open " + (paths.size() == 1 ? path : new CorpusFiles(paths)),
                () -> choices.open(paths));
        row.setUserData(path);
        return row;
    }

    private static Button row(String title, Ikon icon, String where, String tip, Runnable action) {
        Label name = new Label(title, new FontIcon(icon));
        name.setMinWidth(Region.USE_PREF_SIZE);
        Label folder = new Label(where);
        folder.getStyleClass().add("muted");
        folder.setTextOverrun(OverrunStyle.LEADING_ELLIPSIS);
        folder.setMinWidth(0);
        HBox both = new HBox(10, name, folder);
        both.setAlignment(Pos.CENTER_LEFT);
        Button row = new Button(null, both);
        row.getStyleClass().setAll("button", "flat", "start-row");
        row.setMaxWidth(Double.MAX_VALUE);
        row.setMinWidth(0);
        row.setAlignment(Pos.CENTER_LEFT);
        row.setAccessibleText(tip);
        row.setTooltip(Tooltips.of(tip));
        row.setOnAction(event -> action.run());
        return row;
    }

    /** Looks in the background which files are gone; their rows say so and open nothing. */
    @SuppressWarnings("FutureReturnValueIgnored") // a file that cannot be looked at stays offered
    private void markMissing(List<Button> rows) {
        List<Path> paths = rows.stream().map(row -> (Path) row.getUserData()).toList();
        CompletableFuture.supplyAsync(
                        () -> paths.stream()
                                .distinct()
                                .collect(Collectors.toMap(path -> path, path -> Files.exists(path))),
                        workbench.service().files())
                .thenAccept(there -> workbench.fx().execute(() -> rows.forEach(row -> mark(row, there))));
    }

    private static void mark(Button row, Map<Path, Boolean> there) {
        Path path = (Path) row.getUserData();
        if (Boolean.FALSE.equals(there.get(path))) {
            row.setDisable(true);
            row.setAccessibleText(path + " is no longer there");
            ((Label) ((HBox) row.getGraphic()).getChildren().get(1)).setText("no longer there");
        }
    }

    private Node explained(String question, String answer) {
        Hyperlink link = new Hyperlink(question);
        link.getStyleClass().add("start-word");
        link.setOnAction(event -> HelpEvent.ask(link, question));
        link.setTooltip(Tooltips.of("Read more in the help"));
        return new VBox(2, link, words(answer));
    }

    private Button button(String id, String text, Ikon icon, String command, String... styles) {
        Button button = new Button(text, new FontIcon(icon));
        button.setId(id);
        button.getStyleClass().addAll(styles);
        button.setMinWidth(Region.USE_PREF_SIZE);
        button.setOnAction(event -> choices.run(command));
        return button;
    }

    private static Label heading(String text) {
        Label heading = new Label(text);
        heading.getStyleClass().add("start-heading");
        return heading;
    }

    private static Label words(String text) {
        Label words = new Label(text);
        words.setWrapText(true);
        words.setMinHeight(Region.USE_PREF_SIZE);
        return words;
    }

    /** Gives the keyboard to the button that a newcomer most likely wants. */
    public void focus() {
        scroll.applyCss(); // before that its content is in no window
        Node first = page.lookup(choices.hasSample() ? "#start-sample" : "#start-model");
        if (first != null) {
            first.requestFocus();
        }
    }
}
