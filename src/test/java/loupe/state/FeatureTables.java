package loupe.state;

import java.util.Optional;
import loupe.state.corpus.CorpusStatistics;
import loupe.state.features.FeatureColumns;
import loupe.state.features.FeatureNotesModel;
import loupe.state.features.FeatureTableModel;
import loupe.state.features.SearchModel;
import loupe.state.window.UndoOrder;
import loupe.state.window.VocabularyTexts;

/** Makes a table of features with all that it needs, for the tests of tables; nothing that they write is kept. */
public final class FeatureTables {
    private FeatureTables() {}

    public static FeatureTableModel of(
            Opened opened, FeatureColumns columns, CorpusStatistics statistics, VocabularyTexts texts) {
        FeatureNotesModel notes = new FeatureNotesModel(opened.workbench, Optional.empty(), new UndoOrder());
        return new FeatureTableModel(
                opened.workbench, columns, notes, new SearchModel(opened.workbench, columns, statistics, texts, notes));
    }

    public static FeatureTableModel of(Opened opened, CorpusStatistics statistics, VocabularyTexts texts) {
        return of(
                opened,
                new FeatureColumns(opened.workbench, opened.workbench.a(), statistics, texts),
                statistics,
                texts);
    }
}
