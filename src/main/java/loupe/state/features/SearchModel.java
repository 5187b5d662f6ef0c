package loupe.state.features;

import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import loupe.analysis.batch.BatchRow;
import loupe.analysis.lens.LogitMoments;
import loupe.base.Cancellation;
import loupe.index.ActivationIndex;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.search.FeatureSearch;
import loupe.search.SearchTexts;
import loupe.search.WordIndex;
import loupe.state.corpus.CorpusStatistics;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.ResultSlot;
import loupe.state.window.VocabularyTexts;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * The search over checkpoint A's features. Its indexes are built in the background as soon as what they are made of is
 * known; until then it finds what is written down. JavaFX thread only.
 */
public final class SearchModel {
    private final Workbench workbench;
    private final VocabularyTexts texts;
    private final FeatureNotesModel notes;
    private final ResultSlot<WordIndex> promoted;
    private final ResultSlot<WordIndex> corpus;
    private final ResultSlot<WordIndex> sentences;
    private final ReadOnlyBooleanWrapper building = new ReadOnlyBooleanWrapper(this, "building");
    private final ReadOnlyObjectWrapper<FeatureSearch> search =
            new ReadOnlyObjectWrapper<>(this, "search", new FeatureSearch(0, List.of(), java.util.Map.of()));
    private int indexed;

    /** @param columns of checkpoint A */
    public SearchModel(
            Workbench workbench,
            FeatureColumns columns,
            CorpusStatistics statistics,
            VocabularyTexts texts,
            FeatureNotesModel notes) {
        this.workbench = workbench;
        this.texts = texts;
        this.notes = notes;
        promoted = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        corpus = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        sentences = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        for (ResultSlot<WordIndex> slot : List.of(promoted, corpus, sentences)) {
            slot.valueProperty().addListener(changed -> renew());
            slot.pendingProperty().addListener(changed -> building.set(promoted.isPending() || corpus.isPending()));
        }
        columns.moments().addListener((property, was, is) -> indexPromoted(is));
        statistics
                .index(workbench.a())
                .addListener((property, was, is) -> indexCorpus(is, statistics.placeInIndex(workbench.a())));
        notes.version().addListener(changed -> renew());
        workbench.a().sae().addListener(changed -> {
            sentences.clear();
            renew();
        });
        renew();
    }

    /** The search as it is now; replaced whenever it finds more or other things. */
    public ReadOnlyObjectProperty<FeatureSearch> search() {
        return search.getReadOnlyProperty();
    }

    /** Whether an index is being built. */
    public ReadOnlyBooleanProperty building() {
        return building.getReadOnlyProperty();
    }

    /** Searches the sentences of a batch of checkpoint A as well, instead of those of another. */
    public void sentences(List<BatchRow> rows) {
        OpenSae sae = workbench.a().sae().get();
        if (sae == null || rows.isEmpty()) {
            sentences.clear();
        } else {
            sentences.ask(new Sentences(List.copyOf(rows), sae.config().dSae()));
        }
    }

    /** Parts are indexed each time that twice as many features are known. */
    private void indexPromoted(LogitMoments.@Nullable Answer moments) {
        if (moments == null) {
            promoted.clear();
            indexed = 0;
        } else if (moments.done() == moments.features() || moments.done() >= 2 * Math.max(indexed, 1)) {
            indexed = moments.done();
            promoted.ask(new Promoted(moments, texts));
        }
    }

    private void indexCorpus(@Nullable ActivationIndex index, int place) {
        if (index == null) {
            corpus.clear();
        } else {
            corpus.askAfresh(new Corpus(index, place, texts));
        }
    }

    private void renew() {
        OpenSae sae = workbench.a().sae().get();
        int features = sae == null ? 0 : sae.config().dSae();
        search.set(new FeatureSearch(
                features,
                Stream.of(promoted.getValue(), corpus.getValue(), sentences.getValue())
                        .filter(Objects::nonNull)
                        .filter(index -> index.features() == features)
                        .toList(),
                notes.features(workbench.a())));
    }

    /** Not on the compute thread, where it would hold up sliders. */
    private record Promoted(LogitMoments.Answer moments, VocabularyTexts texts) implements HostQuestion<WordIndex> {
        @Override
        public WordIndex answer(Cancellation cancellation) {
            return SearchTexts.promoted(moments, texts::of, cancellation);
        }

        @Override
        public boolean readsFiles() {
            return true;
        }
    }

    private record Corpus(ActivationIndex index, int place, VocabularyTexts texts) implements HostQuestion<WordIndex> {
        @Override
        public WordIndex answer(Cancellation cancellation) {
            return SearchTexts.corpus(index, place, texts::of, cancellation);
        }

        @Override
        public boolean readsFiles() {
            return true;
        }
    }

    private record Sentences(List<BatchRow> rows, int features) implements HostQuestion<WordIndex> {
        @Override
        public WordIndex answer(Cancellation cancellation) {
            return SearchTexts.sentences(rows, features);
        }

        @Override
        public boolean readsFiles() {
            return true;
        }
    }
}
