package loupe.ui.corpus;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import javafx.beans.property.Property;
import javafx.beans.property.StringProperty;
import javafx.beans.value.ChangeListener;
import javafx.beans.value.ObservableValue;
import javafx.beans.value.WeakChangeListener;
import javafx.css.PseudoClass;
import javafx.geometry.VPos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.CheckBox;
import javafx.scene.control.Label;
import javafx.scene.control.MenuButton;
import javafx.scene.control.MenuItem;
import javafx.scene.control.RadioButton;
import javafx.scene.control.TextField;
import javafx.scene.control.ToggleGroup;
import javafx.scene.layout.ColumnConstraints;
import javafx.scene.layout.FlowPane;
import javafx.scene.layout.GridPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.index.DocumentPacking;
import loupe.index.IndexEstimate;
import loupe.index.IndexInfo;
import loupe.state.corpus.CorpusForm;
import loupe.state.corpus.CorpusStatistics;
import loupe.state.window.CheckpointSide;
import loupe.state.window.CorpusFiles;
import loupe.state.window.RecentFiles;
import loupe.ui.control.PageScroll;
import loupe.ui.control.Tooltips;

/**
 * The form of the corpus, as a column that scrolls: which text it is, how it is counted and what that takes, how much
 * of it has been counted, and what starts, pauses, resumes, repeats and ends the counting.
 */
public final class CorpusPage {
    private static final PseudoClass WARNING = PseudoClass.getPseudoClass("danger");
    private static final double NUMBER_PIXELS = 110;

    private final CorpusForm form;
    private final CorpusStatistics statistics;
    private final List<CheckpointSide> sides;
    private final RecentFiles recent;
    private final Choosing choosing;
    private final VBox box = new VBox(14);
    private final VBox foot = new VBox(6);
    private final GridPane rows = new GridPane();
    private final Label text = wrapped("corpus-text");
    private final Label costs = wrapped("corpus-costs");
    private final MenuButton recentCorpora = new MenuButton("Recent");
    private final Button count = new Button("Count");
    private final Button undo = new Button("Undo changes");
    private final List<Counted> counted;
    private final ToggleGroup choice = new ToggleGroup();
    private final ChangeListener<Object> follow = (property, was, is) -> show();
    private final ChangeListener<Object> another = (property, was, is) -> {
        reset();
        show();
    };
    private final ChangeListener<Object> estimated = (property, was, is) -> estimateAgain();

    /** What the page asks the window for. */
    public interface Choosing {
        /** Asks for texts; none if none was chosen. */
        List<Path> files();

        /** Asks for a folder of texts. */
        Optional<Path> folder();

        /** Asks for an index and opens it. */
        void index();

        /** Opens something, after a look at what it is. */
        void open(List<Path> paths);

        /** Shows what is kept on disk. */
        void kept();
    }

    /** @param sides the checkpoints that are counted */
    public CorpusPage(
            CorpusForm form,
            CorpusStatistics statistics,
            List<CheckpointSide> sides,
            RecentFiles recent,
            Choosing choosing) {
        this.form = form;
        this.statistics = statistics;
        this.sides = sides;
        this.recent = recent;
        this.choosing = choosing;
        counted = sides.stream().map(Counted::new).toList();
        layOut();
        WeakChangeListener<Object> weak = new WeakChangeListener<>(follow);
        WeakChangeListener<Object> weaker = new WeakChangeListener<>(another);
        WeakChangeListener<Object> weakest = new WeakChangeListener<>(estimated);
        for (ObservableValue<?> source :
                List.of(statistics.corpus(), statistics.openedIndex(), statistics.settings())) {
            source.addListener(weaker);
        }
        List<ObservableValue<?>> sources = new ArrayList<>(List.of(
                statistics.openedInfo(),
                form.text(),
                form.problem(),
                form.changed(),
                form.estimate(),
                form.estimating(),
                form.estimateProblem(),
                form.documents()));
        for (CheckpointSide side : sides) {
            sources.addAll(List.of(
                    side.sae(),
                    statistics.features(side),
                    statistics.index(side),
                    statistics.phase(side),
                    statistics.problem(side)));
            side.sae().addListener(weakest);
        }
        sources.forEach(source -> source.addListener(weak));
        show();
    }

    /** The form, which scrolls, above what it takes and what begins it, which are always in sight. */
    public Region node() {
        PageScroll scroll = new PageScroll(box);
        scroll.getStyleClass().add("edge-to-edge");
        VBox.setVgrow(scroll, Priority.ALWAYS);
        VBox page = new VBox(scroll, foot);
        page.setUserData(this);
        return page;
    }

    private void reset() {
        form.reset();
    }

    private void estimateAgain() {
        form.estimateAgain();
    }

    private void layOut() {
        box.getStyleClass().add("checkpoint-page");
        box.setId("corpus-page");
        ColumnConstraints topic = new ColumnConstraints();
        topic.setMinWidth(Region.USE_PREF_SIZE);
        ColumnConstraints value = new ColumnConstraints();
        value.setHgrow(Priority.ALWAYS);
        rows.getColumnConstraints().setAll(topic, value);
        rows.setHgap(16);
        rows.setVgap(10);
        int row = 0;
        rows.addRow(row++, topic("Text"), new VBox(6, text, choosing()));
        rows.addRow(
                row++,
                topic("Most tokens"),
                named("corpus-tokens", form.maxTokens(), "All that is counted: time and space on disk grow with it"));
        rows.addRow(
                row++,
                topic("Context"),
                named(
                        "corpus-context",
                        form.contextLength(),
                        "Tokens that the model reads at once; longer ones take longer, up to the limit of the model"));
        CheckBox beginning = new CheckBox("Beginning of text before each document");
        beginning.setId("corpus-beginning");
        beginning.setWrapText(true);
        beginning.selectedProperty().bindBidirectional(form.beginning());
        rows.addRow(
                row++,
                topic("Beginning"),
                new VBox(2, beginning, muted("One token more a document, where the model has such a token")));
        rows.addRow(row++, topic("Documents"), documents());
        rows.addRow(
                row++,
                topic("Text column"),
                named("corpus-column", form.column(), "Field of JSON lines, or column of tables, that has the text"));
        rows.addRow(row++, topic("Leave out"), masks());
        count.setId("corpus-count");
        count.getStyleClass().add("accent");
        count.setTooltip(Tooltips.of("Count as the form says; what was counted otherwise is kept"));
        count.setOnAction(event -> form.apply());
        undo.setId("corpus-undo");
        undo.setTooltip(Tooltips.of("Back to what is counted now"));
        undo.setOnAction(event -> reset());
        Label takes = topic("Takes");
        takes.setMinWidth(Region.USE_PREF_SIZE);
        HBox.setHgrow(costs, Priority.ALWAYS);
        foot.getStyleClass().add("corpus-foot");
        foot.getChildren().addAll(new HBox(16, takes, costs), new HBox(8, count, undo));
        for (int i = 0; i < sides.size(); i++) {
            rows.addRow(
                    row++, topic("Counted for " + sides.get(i)), counted.get(i).node());
        }
        Button kept = new Button("Kept on disk...");
        kept.setId("corpus-kept");
        kept.setTooltip(Tooltips.of("What of all corpora is kept, how large it is, and how to delete it"));
        kept.setOnAction(event -> choosing.kept());
        box.getChildren().addAll(rows, kept);
    }

    private Node choosing() {
        Button file = button(
                "corpus-choose",
                "Files...",
                "Choose one text or several: .txt, .jsonl, .csv, .tsv, .parquet, also compressed",
                () -> {
                    List<Path> chosen = choosing.files();
                    if (!chosen.isEmpty()) {
                        form.text().set(new CorpusFiles(chosen));
                    }
                });
        Button folder = button(
                "corpus-choose-folder",
                "Folder...",
                "Choose a folder; all texts in it are counted, sorted by path",
                () -> choosing.folder().map(CorpusFiles::of).ifPresent(form.text()::set));
        Button index = button(
                "corpus-open-index",
                "Open an index...",
                "Show a finished index that the command line has built or merged",
                choosing::index);
        recentCorpora.setId("corpus-recent");
        recentCorpora.setMinWidth(Region.USE_PREF_SIZE);
        recentCorpora
                .getItems()
                .setAll(recent.corpora().stream().map(this::recent).toList());
        recentCorpora.setDisable(recentCorpora.getItems().isEmpty());
        return new FlowPane(8, 6, file, folder, recentCorpora, index);
    }

    private MenuItem recent(CorpusFiles corpus) {
        MenuItem item = new MenuItem(
                corpus.paths().size() == 1 ? corpus.toString() : corpus.name() + ", " + corpus.first() + " first");
        item.setMnemonicParsing(false);
        item.setOnAction(event -> choosing.open(corpus.paths()));
        return item;
    }

    private static Button button(String id, String label, String tip, Runnable action) {
        Button button = new Button(label);
        button.setId(id);
        button.setTooltip(Tooltips.of(tip));
        button.setOnAction(event -> action.run());
        button.setMinWidth(Region.USE_PREF_SIZE);
        return button;
    }

    private Node named(String id, StringProperty value, String meaning) {
        TextField field = field(id, value);
        field.setAccessibleText(meaning);
        field.setMaxWidth(Region.USE_PREF_SIZE);
        field.setOnAction(event -> {
            if (!count.isDisabled()) {
                count.fire();
            }
        });
        return new VBox(2, field, muted(meaning));
    }

    private static TextField field(String id, Property<String> value) {
        TextField field = new TextField();
        field.setId(id);
        field.setPrefWidth(NUMBER_PIXELS);
        field.setMinWidth(NUMBER_PIXELS);
        field.textProperty().bindBidirectional(value);
        return field;
    }

    private Node documents() {
        VBox how = new VBox(4);
        for (DocumentPacking packing : DocumentPacking.values()) {
            RadioButton button = new RadioButton(label(packing));
            button.setId("documents-" + packing.word());
            button.setUserData(packing);
            button.setToggleGroup(choice);
            button.setWrapText(true);
            button.setOnAction(event -> form.documents().set(packing));
            how.getChildren().add(new VBox(0, button, muted(meaning(packing))));
        }
        return how;
    }

    private Node masks() {
        CheckBox beginning = new CheckBox("Tokens for the beginning of text");
        beginning.setId("corpus-mask-beginning");
        beginning.setWrapText(true);
        beginning.selectedProperty().bindBidirectional(form.maskBeginning());
        return new VBox(
                6,
                beginning,
                named(
                        "corpus-mask-first",
                        form.maskFirst(),
                        "first positions of each document, or of each context of packed ones"),
                named(
                        "corpus-mask-norm",
                        form.maskNorm(),
                        "times the median norm, and longer vectors: costs a little more time"),
                named(
                        "corpus-ignored",
                        form.ignored(),
                        "tokens by number, such as 13, 198: nothing is counted at them"));
    }

    private static Label topic(String words) {
        Label label = new Label(words);
        label.getStyleClass().add("muted");
        GridPane.setValignment(label, VPos.TOP);
        return label;
    }

    private static Label muted(String words) {
        Label label = new Label(words);
        label.setWrapText(true);
        label.setMinHeight(Region.USE_PREF_SIZE);
        label.getStyleClass().add("muted");
        return label;
    }

    private static Label wrapped(String id) {
        Label label = new Label();
        label.setId(id);
        label.setWrapText(true);
        label.setMinHeight(Region.USE_PREF_SIZE);
        return label;
    }

    private static String label(DocumentPacking packing) {
        return switch (packing) {
            case APART -> "Apart";
            case SEPARATED -> "Packed, cut at borders";
            case PACKED -> "Packed, running on";
        };
    }

    private static String meaning(DocumentPacking packing) {
        return switch (packing) {
            case APART -> "Each document is read by itself, as if it were the only text";
            case SEPARATED ->
                "Several documents share a context, attention and positions begin anew with each: the same numbers as "
                        + "apart";
            case PACKED ->
                "Attention and positions run on from one document into the next, as in SAELens: for numbers to compare "
                        + "with its dashboards";
        };
    }

    private void show() {
        Path index = statistics.openedIndex().get();
        CorpusFiles path = form.text().get();
        IndexInfo info = statistics.openedInfo().get();
        text.setText(
                path != null
                        ? CorpusWords.files(path)
                        : index == null
                                ? "No corpus is open"
                                : "Index " + index + (info == null ? "" : "\n" + CorpusWords.of(info)));
        choice.getToggles().stream()
                .filter(button -> button.getUserData() == form.documents().get())
                .forEach(choice::selectToggle);
        String problem = form.problem().get();
        IndexEstimate estimate = form.estimate().get();
        costs.setText(
                !problem.isEmpty()
                        ? problem
                        : path == null
                                ? "Choose a text to see what counting it takes"
                                : form.estimating().get()
                                        ? "Being tried..."
                                        : estimate == null
                                                ? form.estimateProblem().get()
                                                : CorpusWords.costs(estimate));
        costs.pseudoClassStateChanged(
                WARNING, !problem.isEmpty() || (estimate != null && CorpusWords.isDense(estimate)));
        count.setDisable(!form.changed().get());
        undo.setDisable(!form.changed().get() && problem.isEmpty());
        counted.forEach(Counted::show);
    }

    /** What has been counted for a side, and what can be done about it. */
    private final class Counted {
        private final CheckpointSide side;
        private final Label state;
        private final Button pause;
        private final Button resume;
        private final Button recount;
        private final Button stop;
        private final VBox lines;

        Counted(CheckpointSide side) {
            this.side = side;
            state = wrapped("corpus-counted-" + side);
            pause = of("pause", "Pause", "Stop for now; what is counted is kept and shown", statistics::pause);
            resume = of("resume", "Resume", "Go on where it was paused", statistics::retry);
            recount = of(
                    "recount",
                    "Count anew",
                    "Throw away what is kept of this corpus and count all of it again",
                    statistics::recount);
            stop = of("stop", "Stop", "End it and throw away what was counted", statistics::stop);
            FlowPane buttons = new FlowPane(8, 6, pause, resume, recount, stop);
            buttons.managedProperty().bind(buttons.visibleProperty());
            lines = new VBox(6, state, buttons);
        }

        private Button of(String id, String label, String tip, Consumer<CheckpointSide> action) {
            return button("corpus-" + id + "-" + side, label, tip, () -> action.accept(side));
        }

        Node node() {
            return lines;
        }

        void show() {
            state.setText(CorpusWords.state(statistics, side));
            CorpusStatistics.Phase phase = statistics.phase(side).get();
            boolean text = statistics.corpus().get() != null;
            only(pause, text && phase == CorpusStatistics.Phase.COUNTING);
            only(resume, phase == CorpusStatistics.Phase.PAUSED || phase == CorpusStatistics.Phase.FAILED);
            resume.setText(phase == CorpusStatistics.Phase.FAILED ? "Try again" : "Resume");
            only(
                    recount,
                    text
                            && (phase == CorpusStatistics.Phase.COUNTED
                                    || phase == CorpusStatistics.Phase.STOPPED
                                    || phase == CorpusStatistics.Phase.HELD));
            recount.setText(
                    phase == CorpusStatistics.Phase.COUNTED
                            ? "Count anew"
                            : phase == CorpusStatistics.Phase.HELD ? "Count all the same" : "Count");
            only(stop, text && (phase == CorpusStatistics.Phase.COUNTING || phase == CorpusStatistics.Phase.PAUSED));
        }

        private void only(Button button, boolean shown) {
            button.setVisible(shown);
            button.setManaged(shown);
        }
    }
}
