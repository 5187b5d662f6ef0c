package loupe.state.features;

import java.util.List;
import javafx.beans.property.ReadOnlyObjectProperty;
import loupe.analysis.lens.LogitMoments;
import loupe.analysis.lens.LogitProjection;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.search.FeatureValues;
import loupe.search.SearchTexts;
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
        OpenModel model = side.model().get();
        OpenSae sae = side.sae().get();
        if (model == null
                || sae == null
                || sae.config().dOut() != model.config().dModel()) {
            moments.clear();
        } else {
            moments.askAfresh(new LogitMoments(
                    model.id(), sae.id(), LogitProjection.DEFAULT, SearchTexts.PROMOTED_TOKENS, List.of()));
        }
    }
}
