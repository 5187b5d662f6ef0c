package loupe.ui.corpus;

import java.util.Arrays;
import javafx.geometry.Pos;
import javafx.scene.control.Label;
import javafx.scene.layout.BorderPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import loupe.analysis.ablation.AblatedText;
import loupe.base.Problem;
import loupe.index.Example;
import loupe.state.corpus.AblationModel;
import loupe.state.window.Side;
import loupe.state.window.VocabularyTexts;
import loupe.ui.control.IconButtons;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Tooltips;
import loupe.ui.token.TokenLine;
import loupe.ui.token.TokenStrip;
import loupe.ui.token.TokenText;
import org.kordamp.ikonli.feather.Feather;

/**
 * The ablation of an example, shown below it in its list: its tokens coloured by how much of the activation is lost
 * without them.
 */
final class AblationStrip extends BorderPane {
    private final AblationModel model;
    private final VocabularyTexts texts;
    private final Side side;
    private final TokenStrip strip = new TokenStrip(true);
    private final Label words = new Label();

    AblationStrip(AblationModel model, VocabularyTexts texts, Side side) {
        this.model = model;
        this.texts = texts;
        this.side = side;
        layOut();
        bind();
    }

    private void layOut() {
        setId("ablation-" + side);
        getStyleClass().add("ablation");
        strip.setQuantity("activation lost without it");
        words.getStyleClass().add("ablation-words");
        words.setMinWidth(0);
        words.setTooltip(
                Tooltips.of("The model reads the text again without each token in turn. Coloured tokens are those that "
                        + "the activation needs"));
        Region gap = new Region();
        HBox.setHgrow(gap, Priority.ALWAYS);
        HBox header = new HBox(words, gap, IconButtons.of(Feather.X, "Close", model::close));
        header.setAlignment(Pos.CENTER_LEFT);
        setTop(header);
        setCenter(strip);
        setMinWidth(0);
        setPrefWidth(0);
        setMinHeight(USE_PREF_SIZE);
    }

    private void bind() {
        model.subject().addListener(changed -> show());
        model.answer().valueProperty().addListener(changed -> show());
        model.answer().pendingProperty().addListener(changed -> show());
        model.answer().problemProperty().addListener(changed -> show());
        show();
    }

    private void show() {
        AblationModel.Subject subject = model.subject().get();
        if (subject == null) {
            return;
        }
        Example example = subject.example();
        AblatedText.Answer answer = model.answer().getValue();
        int tokens = example.focus() + 1;
        String[] shown = new String[tokens];
        int[] ids = new int[tokens];
        float[] lost = new float[tokens];
        for (int i = 0; i < tokens; i++) {
            ids[i] = example.ids()[i];
            shown[i] = texts.of(ids[i]);
        }
        Arrays.fill(lost, Float.NaN);
        if (answer != null) {
            int hidden = answer.put().length - tokens;
            for (int set = 0; set < answer.sets().size(); set++) {
                lost[answer.sets().get(set)[0] - hidden] = answer.lost(set);
            }
            if (subject.how() == AblationModel.How.REMOVED) {
                lost[tokens - 1] = Math.abs(answer.activation()); // nothing is left to read it at
            }
        }
        strip.setLine(
                new TokenLine(shown, ids, lost, example.focus()),
                answer == null ? 1 : Math.max(Math.abs(answer.activation()), Float.MIN_NORMAL),
                side);
        words.setText(words(subject, answer, model.answer().getProblem()));
    }

    private String words(AblationModel.Subject subject, AblatedText.Answer answer, Problem problem) {
        if (problem != null) {
            return problem.message();
        }
        String how = subject.how() == AblationModel.How.REMOVED
                ? "Each token removed in turn"
                : "Each token replaced by "
                        + TokenText.visible(texts.of(model.replacement().orElse(0))) + " in turn";
        return how
                + (answer == null
                        ? " ..."
                        : ", activation " + NumberTexts.number(answer.activation())
                                + (model.answer().isPending() ? " ..." : ""));
    }
}
