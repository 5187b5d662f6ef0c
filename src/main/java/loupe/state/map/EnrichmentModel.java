package loupe.state.map;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.value.ObservableValue;
import loupe.analysis.lens.Enrichment;
import loupe.analysis.lens.EnrichmentNulls;
import loupe.analysis.lens.LogitProjection;
import loupe.analysis.lens.LogitWeights;
import loupe.analysis.lens.SetScore;
import loupe.analysis.lens.TokenSet;
import loupe.analysis.lens.TokenSetFile;
import loupe.base.Cancellation;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.FeatureRef;
import loupe.state.window.VocabularyTexts;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/** Which sets of tokens A's chosen feature promotes or suppresses as a whole. JavaFX thread only. */
public final class EnrichmentModel {
    private final Workbench workbench;
    private final VocabularyTexts texts;
    private final ResultSlot<LogitWeights.Answer> weights;
    private final ResultSlot<List<SetScore>> scores;
    private final ObservableValue<PaneStatus> status;
    private final ObjectProperty<Path> file = new SimpleObjectProperty<>(this, "file");
    private @Nullable EnrichmentNulls nulls;
    private int ranked;

    public EnrichmentModel(Workbench workbench, VocabularyTexts texts) {
        this.workbench = workbench;
        this.texts = texts;
        weights = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        scores = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        status = new PaneStatusBinding()
                .fails(weights)
                .fails(scores)
                .isEmpty(this::whyEmpty, workbench.a().feature(), workbench.a().sae(), workbench.model(), texts.sets())
                .offers(workbench.a()::need, workbench.a().sae(), workbench.model())
                .awaits(weights, scores);
        workbench.a().feature().addListener(changed -> askWeights());
        texts.sets().addListener(changed -> askWeights());
        file.addListener(changed -> askScores());
        weights.valueProperty().addListener(changed -> askScores());
        setWanted(false);
        askWeights();
    }

    private String whyEmpty() {
        OpenModel model = workbench.model().get();
        OpenSae sae = workbench.a().sae().get();
        if (workbench.a().feature().get() == null || model == null || sae == null) {
            return workbench.a().whyEmpty("to see which sets of tokens it promotes");
        }
        if (sae.config().dOut() != model.config().dModel()) {
            return "This checkpoint does not write to the residual stream, so its features have no logit weights. "
                    + "Open one that does";
        }
        return texts.sets().get() != null && texts.sets().get().isEmpty() && file.get() == null
                ? "This model has no tokenizer, so its tokens are in no set. Open a file of sets of ids"
                : "";
    }

    /** What the pane shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    /** The sets that have a score, in their order. */
    public ResultSlot<List<SetScore>> scores() {
        return scores;
    }

    /** A file of sets that are looked at beside the built-in ones; null for none. */
    public ObjectProperty<Path> file() {
        return file;
    }

    /** Whether somebody looks; nothing is asked before. */
    public void setWanted(boolean wanted) {
        weights.setWanted(wanted);
        scores.setWanted(wanted);
    }

    private void askWeights() {
        FeatureRef feature = workbench.a().feature().get();
        OpenModel model = workbench.model().get();
        OpenSae sae = workbench.a().sae().get();
        if (feature == null
                || model == null
                || sae == null
                || texts.sets().get() == null
                || sae.config().dOut() != model.config().dModel()) {
            weights.clear();
            scores.clear();
        } else {
            weights.ask(new LogitWeights(model.id(), feature.sae(), feature.feature(), LogitProjection.DEFAULT, 0));
        }
    }

    private void askScores() {
        LogitWeights.Answer answer = weights.getValue();
        List<TokenSet> sets = texts.sets().get();
        if (answer == null || sets == null) {
            return;
        }
        EnrichmentNulls by = nulls;
        if (by == null || ranked != answer.weights().length) {
            ranked = answer.weights().length;
            by = new EnrichmentNulls(ranked, OptionalInt.of(EnrichmentNulls.USUAL_PERMUTATIONS), 0);
            nulls = by;
        }
        scores.ask(new Judge(answer, sets, Optional.ofNullable(file.get()), texts, by));
    }

    /** Not on the compute thread, where drawing sets the first time would hold up sliders. */
    private record Judge(
            LogitWeights.Answer weights,
            List<TokenSet> sets,
            Optional<Path> file,
            VocabularyTexts texts,
            EnrichmentNulls nulls)
            implements HostQuestion<List<SetScore>> {
        @Override
        public List<SetScore> answer(Cancellation cancellation) {
            int tokens = weights.weights().length;
            List<TokenSet> all = new ArrayList<>(sets);
            file.ifPresent(path -> all.addAll(TokenSetFile.read(path, tokens, Optional.of(texts::of))));
            return SetScore.of(all, new Enrichment(all, tokens).scores(weights.weights()), nulls, cancellation);
        }

        @Override
        public boolean readsFiles() {
            return true;
        }

        @SuppressWarnings("ReferenceEquality") // the very answer
        @Override
        public boolean equals(Object other) {
            return other instanceof Judge that
                    && weights == that.weights
                    && sets == that.sets
                    && file.equals(that.file)
                    && nulls == that.nulls;
        }

        @Override
        public int hashCode() {
            return Objects.hash(System.identityHashCode(weights), file);
        }
    }
}
