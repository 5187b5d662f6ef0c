package loupe.ui.corpus;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import javafx.beans.value.ChangeListener;
import javafx.beans.value.WeakChangeListener;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.index.IndexCache;
import loupe.index.IndexInfo;
import loupe.state.corpus.CorpusStatistics;
import loupe.state.corpus.KeptIndexes;
import loupe.state.window.CheckpointSide;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.PageScroll;
import loupe.ui.control.Tooltips;
import org.jspecify.annotations.Nullable;

/**
 * What the window keeps on disk of the corpora it has counted: of what, how large, used when; and what deletes it or
 * has a damaged one built anew. Deleting asks in the row.
 */
public final class CachePage {
    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("uuuu-MM-dd");

    private final KeptIndexes kept;
    private final CorpusStatistics statistics;
    private final VBox box = new VBox(14);
    private final VBox list = new VBox(12);
    private final Label sum = new Label();
    private final Label problem = new Label();
    private final Button old = new Button();
    private final ChangeListener<Object> follow = (property, was, is) -> show();
    /** The name of the index whose deletion is asked about; the empty text for all old ones; null for none. */
    private @Nullable String asked;

    /** @param leave closes the page */
    public CachePage(KeptIndexes kept, CorpusStatistics statistics, Runnable leave) {
        this.kept = kept;
        this.statistics = statistics;
        box.getStyleClass().add("checkpoint-page");
        box.setId("cache-page");
        Label heading = new Label("Kept on disk");
        heading.getStyleClass().add("form-heading");
        Label place = new Label("Indexes of the corpora that were counted, in "
                + statistics.kept().folder()
                + ". What is deleted is counted again when it is wanted; the command cache does the same");
        place.setWrapText(true);
        place.setMinHeight(Region.USE_PREF_SIZE);
        place.getStyleClass().add("muted");
        sum.setId("cache-sum");
        problem.setId("cache-problem");
        problem.setWrapText(true);
        problem.getStyleClass().add("problem-message");
        problem.managedProperty().bind(problem.textProperty().isNotEmpty());
        old.setId("cache-old");
        old.setText("Delete those not used for " + KeptIndexes.OLD_DAYS + " days");
        old.setOnAction(event -> ask(""));
        Button close = new Button("Close");
        close.setCancelButton(true);
        close.setOnAction(event -> leave.run());
        Region gap = new Region();
        HBox.setHgrow(gap, Priority.ALWAYS);
        HBox buttons = new HBox(8, old, gap, close);
        buttons.setAlignment(Pos.CENTER_LEFT);
        box.getChildren().addAll(heading, place, sum, list, problem, buttons);
        WeakChangeListener<Object> weak = new WeakChangeListener<>(follow);
        kept.all().addListener(weak);
        kept.cosines().addListener(weak);
        kept.looking().addListener(weak);
        kept.problem().addListener(weak);
        kept.look();
        show();
    }

    public Node node() {
        PageScroll scroll = new PageScroll(box);
        scroll.setUserData(this);
        return scroll;
    }

    private void ask(@Nullable String what) {
        asked = what;
        show();
    }

    private void show() {
        List<IndexCache.Kept> all = kept.all().get();
        sum.setText(
                all.isEmpty()
                        ? kept.looking().get() ? "Being looked at..." : "Nothing is kept"
                        : all.size() + (all.size() == 1 ? " index, " : " indexes, ") + NumberTexts.bytes(kept.bytes()));
        problem.setText(kept.problem().get() == null ? "" : kept.problem().get().message());
        list.getChildren().setAll(all.stream().map(this::row).collect(Collectors.toList()));
        if (kept.cosines().get() > 0) {
            list.getChildren().add(cosines());
        }
        List<IndexCache.Kept> unused = kept.old();
        old.setDisable(unused.isEmpty() || kept.looking().get());
        if ("".equals(asked)) {
            long bytes = unused.stream().mapToLong(IndexCache.Kept::bytes).sum();
            list.getChildren()
                    .add(
                            0,
                            question(
                                    "Delete " + unused.size() + " indexes, " + NumberTexts.bytes(bytes) + "?", unused));
        }
    }

    private Node row(IndexCache.Kept one) {
        VBox words = new VBox(2);
        Label of = new Label(title(one));
        of.setWrapText(true);
        of.setMinHeight(Region.USE_PREF_SIZE);
        Label details = new Label(details(one));
        details.setWrapText(true);
        details.setMinHeight(Region.USE_PREF_SIZE);
        details.getStyleClass().add("muted");
        details.setTooltip(Tooltips.of(one.folder().toString()));
        words.getChildren().addAll(of, details);
        HBox.setHgrow(words, Priority.ALWAYS);
        words.setMinWidth(0);
        HBox actions = new HBox(8);
        actions.setAlignment(Pos.TOP_RIGHT);
        actions.setMinWidth(Region.USE_PREF_SIZE);
        Optional<CheckpointSide> side = kept.sideOf(one);
        if (one.state() == IndexCache.State.DAMAGED && side.isPresent()) {
            Button anew = action("cache-anew-" + one.name(), "Build the index anew", () -> {
                statistics.recount(side.get());
                kept.look();
            });
            anew.getStyleClass().add("accent");
            actions.getChildren().add(anew);
        }
        Button delete = action("cache-delete-" + one.name(), "Delete", () -> ask(one.name()));
        delete.setDisable(one.inUse() || kept.looking().get());
        actions.getChildren().add(delete);
        HBox line = new HBox(12, words, actions);
        if (!one.name().equals(asked)) {
            return line;
        }
        return new VBox(6, line, question("Delete this index, " + NumberTexts.bytes(one.bytes()) + "?", List.of(one)));
    }

    private Node cosines() {
        Label words = new Label("Cosines of all pairs of features or tokens, "
                + NumberTexts.bytes(kept.cosines().get()));
        words.setWrapText(true);
        HBox.setHgrow(words, Priority.ALWAYS);
        words.setMaxWidth(Double.MAX_VALUE);
        Button delete = action("cache-delete-cosines", "Delete", kept::deleteCosines);
        delete.setDisable(kept.looking().get());
        return new HBox(12, words, delete);
    }

    private static Button action(String id, String label, Runnable action) {
        Button button = new Button(label);
        button.setId(id);
        button.setOnAction(event -> action.run());
        button.setMinWidth(Region.USE_PREF_SIZE);
        return button;
    }

    private Node question(String words, List<IndexCache.Kept> chosen) {
        Button yes = action("cache-yes", "Delete", () -> {
            asked = null;
            kept.delete(chosen);
        });
        yes.getStyleClass().add("danger");
        HBox line = new HBox(8, new Label(words), yes, action("cache-no", "Keep", () -> ask(null)));
        line.setAlignment(Pos.CENTER_LEFT);
        return line;
    }

    private static String title(IndexCache.Kept one) {
        return one.info()
                .map(info -> CorpusWords.sources(info) + "  \u00b7  "
                        + info.model().name() + "  \u00b7  "
                        + info.saes().stream().map(sae -> sae.sae().name()).collect(Collectors.joining(", ")))
                .orElse(one.name());
    }

    private String details(IndexCache.Kept one) {
        String state =
                switch (one.state()) {
                    case COMPLETE ->
                        one.info()
                                        .map(IndexInfo::tokens)
                                        .map(NumberTexts::count)
                                        .orElse("?") + " tokens";
                    case UNFINISHED -> "unfinished";
                    case DAMAGED -> "damaged: " + one.defect().orElse("");
                };
        return NumberTexts.bytes(one.bytes()) + ", "
                + (one.inUse() ? "in use" : "used " + when(one.used()))
                + ", " + state
                + one.info()
                        .map(info -> ", " + info.documents().shortWords()
                                + (info.masks().isNone() ? "" : ", " + info.masks()))
                        .orElse("");
    }

    private static String when(Instant used) {
        long days = Duration.between(used, Instant.now()).toDays();
        return days < 1 ? "today" : days == 1 ? "yesterday" : "on " + DAY.format(used.atZone(ZoneId.systemDefault()));
    }
}
