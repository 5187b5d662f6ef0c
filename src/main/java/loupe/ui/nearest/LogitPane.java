package loupe.ui.nearest;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import javafx.scene.control.CheckMenuItem;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyCodeCombination;
import javafx.scene.input.KeyCombination;
import javafx.scene.input.KeyEvent;
import javafx.scene.input.MouseEvent;
import loupe.analysis.lens.LogitWeights;
import loupe.state.nearest.LogitModel;
import loupe.state.window.VocabularyTexts;
import loupe.ui.control.NumberTexts;
import loupe.ui.export.CsvExport;
import loupe.ui.export.ExportMenu;
import loupe.ui.export.FileSaver;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.token.TokenWeight;

/** The tokens a side's feature promotes and suppresses. */
public final class LogitPane implements Pane {
    private static final KeyCombination COPY = new KeyCodeCombination(KeyCode.C, KeyCombination.SHORTCUT_DOWN);

    private final LogitModel model;
    private final VocabularyTexts texts;
    private final PaneFrame frame = new PaneFrame("Logit weights");
    private final LogitChart chart = new LogitChart();
    private final ExportMenu export;

    /** @param onToken called when a token is clicked */
    public LogitPane(
            LogitModel model,
            VocabularyTexts texts,
            Consumer<Integer> onToken,
            Supplier<String> provenance,
            FileSaver desk) {
        this.model = model;
        this.texts = texts;
        export = new ExportMenu(chart, provenance, desk);
        chart.setId("logits-" + model.side());
        chart.setOnToken(token -> onToken.accept(token.id()));
        frame.setContent(chart);
        CheckMenuItem byDirection = new CheckMenuItem("As cosines, so that tokens of large norm do not win");
        byDirection.selectedProperty().bindBidirectional(model.byDirection());
        frame.getMenuItems().add(byDirection);
        frame.getMenuItems().addAll(export.items());
        export.attachTo(chart);
        chart.addEventHandler(MouseEvent.MOUSE_PRESSED, event -> chart.requestFocus());
        chart.addEventHandler(KeyEvent.KEY_PRESSED, event -> {
            if (COPY.match(event)) {
                new CsvExport(chart.exportName(), chart::csv, desk).copyRows(chart.csv());
                event.consume();
            }
        });
        bind();
    }

    @Override
    public PaneFrame node() {
        return frame;
    }

    @Override
    public Optional<ExportMenu> picture() {
        return Optional.of(export);
    }

    private void bind() {
        frame.statusProperty().bind(model.status());
        model.longest().upper().addListener((property, was, is) -> chart.setLeastScale(is.doubleValue()));
        Answers.show(model.weights(), this::show, () -> {
            chart.setTokens(List.of(), List.of());
            frame.subtitleProperty().set("");
        });
        Answers.whileShown(frame, model.weights()::setWanted);
    }

    private void show(LogitWeights.Answer answer) {
        draw(chart, answer, texts::of);
        frame.subtitleProperty()
                .set("skew " + NumberTexts.number(answer.moments().skewness()));
    }

    /**
     * Shows an answer in a chart.
     *
     * @param texts of tokens, by id
     */
    public static void draw(LogitChart chart, LogitWeights.Answer answer, IntFunction<String> texts) {
        chart.setTokens(
                tokens(answer.promoted(), answer.promotedWeights(), texts),
                tokens(answer.suppressed(), answer.suppressedWeights(), texts));
    }

    private static List<TokenWeight> tokens(int[] ids, float[] weights, IntFunction<String> texts) {
        List<TokenWeight> tokens = new ArrayList<>(ids.length);
        for (int i = 0; i < ids.length; i++) {
            tokens.add(new TokenWeight(ids[i], texts.apply(ids[i]), weights[i]));
        }
        return tokens;
    }
}
