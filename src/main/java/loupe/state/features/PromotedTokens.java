package loupe.state.features;

import javafx.beans.property.ReadOnlyObjectProperty;
import loupe.analysis.lens.LogitMoments;
import loupe.inference.Priority;
import loupe.search.FeatureValues;
import loupe.state.pane.ResultSlot;
import loupe.state.window.CheckpointSide;
import loupe.state.window.VocabularyTexts;
import loupe.state.window.Workbench;

/**
 * The tokens that each feature of a side promotes most: the few words by which a list names a feature. JavaFX thread
 * only.
 */
public final class PromotedTokens {
    private final CheckpointSide side;
    private final VocabularyTexts texts;
    private final ResultSlot<LogitMoments.Answer> moments;

    public PromotedTokens(Workbench workbench, CheckpointSide side, VocabularyTexts texts) {
        this.side = side;
        this.texts = texts;
        moments = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        side.sae().addListener((property, was, is) -> ask());
        texts.sets().addListener(changed -> ask());
        ask();
    }

    /** Changes as features are reached. */
    public ReadOnlyObjectProperty<LogitMoments.Answer> moments() {
        return moments.valueProperty();
    }

    /** The tokens of a feature, most promoted first; empty while they are not known. */
    public String of(int feature) {
        return FeatureValues.promoted(moments.getValue(), texts::of, feature);
    }

    private void ask() {
        LogitMoments question = texts.moments(side.model().get(), side.sae().get());
        if (question == null) {
            moments.clear();
        } else {
            moments.askAfresh(question);
        }
    }
}
