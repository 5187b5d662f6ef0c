package loupe.ui.corpus;

import java.nio.file.Path;
import java.util.List;
import javafx.beans.binding.Bindings;
import javafx.beans.value.ObservableValue;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.OverrunStyle;
import javafx.scene.layout.Region;
import loupe.index.IndexInfo;
import loupe.state.corpus.CorpusStatistics;
import loupe.state.window.CorpusFiles;
import loupe.state.window.Workbench;
import loupe.ui.control.Tooltips;
import org.kordamp.ikonli.feather.Feather;
import org.kordamp.ikonli.javafx.FontIcon;

/** The corpus in use, in the tool bar: its name, how many tokens of it are counted, and what is left out. */
public final class CorpusChip {
    /** Room for a short name and how many tokens of it are counted, in sizes of the font. */
    private static final double LEAST = 16.7;

    private static final int LONGEST_NAME = 28;

    private final Workbench workbench;
    private final CorpusStatistics statistics;
    private final ObservableValue<Boolean> isRoomy;
    private final Button button = new Button("", new FontIcon(Feather.FILE_TEXT));

    /**
     * @param open opens the page of the corpus
     * @param isRoomy whether there is room for all its words
     */
    public CorpusChip(
            Workbench workbench, CorpusStatistics statistics, Runnable open, ObservableValue<Boolean> isRoomy) {
        this.workbench = workbench;
        this.statistics = statistics;
        this.isRoomy = isRoomy;
        button.setId("corpus-chip");
        button.setMnemonicParsing(false);
        button.minWidthProperty()
                .bind(Bindings.createDoubleBinding(
                        () -> isRoomy.getValue()
                                ? Region.USE_PREF_SIZE
                                : Math.min(LEAST * button.getFont().getSize(), button.prefWidth(-1)),
                        isRoomy,
                        button.textProperty(),
                        button.fontProperty(),
                        button.visibleProperty()));
        button.setTextOverrun(OverrunStyle.ELLIPSIS);
        button.setOnAction(event -> open.run());
        button.setTooltip(Tooltips.of(""));
        for (ObservableValue<?> source : List.of(
                isRoomy,
                workbench.model(),
                statistics.corpus(),
                statistics.openedIndex(),
                statistics.openedInfo(),
                statistics.settings(),
                statistics.features(workbench.a()),
                statistics.phase(workbench.a()))) {
            source.addListener(changed -> show());
        }
        show();
    }

    public Node node() {
        return button;
    }

    private void show() {
        button.setVisible(workbench.model().get() != null);
        button.setManaged(button.isVisible());
        Path index = statistics.openedIndex().get();
        CorpusFiles path = index == null ? statistics.corpus().get() : CorpusFiles.of(index);
        if (path == null) {
            button.setText("No corpus");
            button.getTooltip().setText("Choose a text to count activations over");
            return;
        }
        String counted = isRoomy.getValue()
                ? CorpusWords.counted(statistics, workbench.a())
                : CorpusWords.shortlyCounted(statistics, workbench.a());
        String masks = index == null ? statistics.settings().get().maskWords() : masksOfIndex();
        button.setText(shortened(path.name())
                + (counted.isEmpty() ? "" : "  \u00b7  " + counted)
                + ending()
                + (masks.isEmpty() ? "" : "  \u00b7  " + masks));
        button.getTooltip()
                .setText((index == null ? "Corpus: " : "Index: ") + path + "\n"
                        + CorpusWords.state(statistics, workbench.a()));
    }

    private String masksOfIndex() {
        IndexInfo info = statistics.openedInfo().get();
        return info == null || info.masks().isNone() ? "" : info.masks().toString();
    }

    private String ending() {
        return switch (statistics.phase(workbench.a()).get()) {
            case PAUSED -> ", paused";
            case STOPPED -> ", stopped";
            case HELD -> ", not counted";
            case FAILED -> ", failed";
            default -> "";
        };
    }

    private static String shortened(String name) {
        return name.length() <= LONGEST_NAME
                ? name
                : name.substring(0, LONGEST_NAME / 2) + "\u2026" + name.substring(name.length() - LONGEST_NAME / 2 + 1);
    }
}
