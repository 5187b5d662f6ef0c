package loupe.state.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import loupe.state.Opened;
import loupe.state.corpus.CorpusStatistics;
import loupe.state.window.UndoOrder;
import loupe.state.window.VocabularyTexts;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeatureFinderTest {
    @TempDir
    java.nio.file.Path folder;

    private final Opened opened = new Opened();
    private FeatureFinder finder;

    @BeforeEach
    void open() {
        VocabularyTexts texts = new VocabularyTexts(opened.workbench);
        CorpusStatistics statistics = new CorpusStatistics(opened.workbench, folder);
        FeatureNotesModel notes = new FeatureNotesModel(opened.workbench, Optional.empty(), new UndoOrder());
        FeatureColumns columns = new FeatureColumns(opened.workbench, opened.workbench.a(), statistics, texts);
        SearchModel search = new SearchModel(opened.workbench, columns, statistics, texts, notes);
        opened.openA();
        notes.label(opened.workbench.a(), 2, "red things");
        notes.label(opened.workbench.a(), 4, "green things");
        finder = new FeatureFinder(opened.workbench, search);
    }

    private List<Integer> hits() {
        return finder.hits().stream().map(FeatureFinder.Hit::feature).toList();
    }

    @Test
    void wordsFindFeaturesWithWhereTheyWereFound() {
        finder.ask("red");
        assertThat(hits()).containsExactly(2);
        assertThat(finder.hits().get(0).why()).contains("red");
        finder.ask("things");
        assertThat(hits()).containsExactly(2, 4);
    }

    @Test
    void numbersSingleLettersAndNothingAreNotSearched() {
        for (String typed : List.of("", "r", "17", "#17")) {
            finder.ask("red");
            finder.ask(typed);
            assertThat(hits()).isEmpty();
        }
    }

    @Test
    void theSearchRunsInTheBackgroundAndOnlyTheNewestWordsCount() {
        Deque<Runnable> waiting = new ArrayDeque<>();
        opened.service.files = waiting::add;
        finder.ask("red");
        assertThat(hits()).isEmpty();
        assertThat(finder.searching().get()).isTrue();
        finder.ask("green");
        while (!waiting.isEmpty()) {
            waiting.removeFirst().run();
        }
        assertThat(hits()).containsExactly(4);
        assertThat(finder.searching().get()).isFalse();
    }
}
