package loupe.state.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import loupe.index.DocumentPacking;
import loupe.search.FeatureColumn;
import loupe.state.FeatureTables;
import loupe.state.Opened;
import loupe.state.PlantedCorpus;
import loupe.state.features.FeatureColumns;
import loupe.state.features.FeatureScatterModel;
import loupe.state.features.FeatureTableModel;
import loupe.state.window.VocabularyTexts;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is counted while a pass runs says how much of the corpus it is of. */
class CountedShareTest {
    private final Opened opened = new Opened();
    private PlantedCorpus corpus;
    private FeatureTableModel table;
    private FeatureScatterModel scatter;

    @BeforeEach
    void begin(@TempDir Path folder) {
        corpus = new PlantedCorpus(opened, folder);
        VocabularyTexts texts = new VocabularyTexts(opened.workbench);
        FeatureColumns a = new FeatureColumns(opened.workbench, opened.workbench.a(), corpus.statistics(), texts);
        FeatureColumns b = new FeatureColumns(opened.workbench, opened.workbench.b(), corpus.statistics(), texts);
        table = FeatureTables.of(opened, a, corpus.statistics(), texts);
        scatter = new FeatureScatterModel(opened.workbench, a, b);
        opened.openA();
    }

    @AfterEach
    void close() {
        corpus.statistics().close();
    }

    /** What was said at each state of the statistics that was shown, the last of them whole. */
    private List<String> said(java.util.function.Supplier<String> words) {
        List<String> said = new ArrayList<>();
        table.version().addListener((property, was, is) -> {
            if (corpus.statistics().features(opened.workbench.a()).get() != null) {
                said.add(words.get());
            }
        });
        corpus.count();
        return said;
    }

    @Test
    void aRunningPassSaysTheShareOfTheCorpusAndAFinishedOneNothing() {
        assertThat(said(() -> table.counted(FeatureColumn.DENSITY).soFar()))
                .as("128 of 320 letters are one batch")
                .containsExactly(" so far, of 128 tokens (40 % of the corpus)", "");
        assertThat(corpus.statistics().counted(opened.workbench.a()).get()).isEqualTo(CountedShare.WHOLE);
    }

    @Test
    void columnsThatAreNotCountedAreNeverPartial() {
        assertThat(said(() -> table.counted(FeatureColumn.DECODER_NORM).soFar() + "|"
                        + table.counted(FeatureColumn.MAX).soFar()))
                .containsExactly("| so far, of 128 tokens (40 % of the corpus)", "|");
    }

    @Test
    void rowsFilteredOrSortedByCountsSayThatTheyMayChange() {
        assertThat(table.countedForRows().isPartial()).isFalse();
        List<Boolean> byNumber = new ArrayList<>();
        List<Boolean> byMax = new ArrayList<>();
        assertThat(said(() -> {
                    byNumber.add(table.countedForRows().isPartial());
                    table.sortedBy().set(FeatureColumn.MAX);
                    byMax.add(table.countedForRows().isPartial());
                    table.sortedBy().set(FeatureColumn.NUMBER);
                    table.filter().set("density=0");
                    String filtered = table.countedForRows().words();
                    table.filter().set("");
                    return filtered;
                }))
                .containsExactly("40 % of the corpus", "100 % of the corpus");
        assertThat(byNumber).containsExactly(false, false);
        assertThat(byMax).containsExactly(true, false);
    }

    @Test
    void pointsSayHowMuchTheirAxesAreOf() {
        List<String> across = new ArrayList<>();
        scatter.points().valueProperty().addListener((property, was, is) -> {
            if (is != null && corpus.statistics().features(opened.workbench.a()).get() != null) {
                across.add(is.countedAcross().soFar() + "|" + is.countedUp().soFar());
            }
        });
        scatter.up().set(FeatureColumn.DECODER_NORM);
        corpus.count();
        assertThat(across)
                .contains(" so far, of 128 tokens (40 % of the corpus)|")
                .endsWith("|");
    }

    @Test
    void aShareIsNeverRoundedToAll() {
        assertThat(CountedShare.part(1, 5).isPartial()).isTrue();
        assertThat(CountedShare.part(1, 5).words()).isEqualTo("99 % of the corpus");
        assertThat(CountedShare.part(0.004, 1_200).soFar())
                .isEqualTo(" so far, of 1,200 tokens (less than 1 % of the corpus)");
        assertThat(CountedShare.part(0.379, 5).words()).isEqualTo("37 % of the corpus");
    }

    @Test
    void anotherWayOfReadingDocumentsCountsAnewAndIsRemembered() {
        corpus.count();
        CorpusStatistics statistics = corpus.statistics();
        assertThat(statistics.index(opened.workbench.a()).get().info().documents())
                .isEqualTo(DocumentPacking.APART);
        statistics.settings().set(CorpusSettings.DEFAULT.with(DocumentPacking.PACKED));
        assertThat(statistics.index(opened.workbench.a()).get().info().documents())
                .isEqualTo(DocumentPacking.PACKED);
        assertThat(statistics.remembered()).containsEntry("corpus.documents", "packed");
        statistics.recall(java.util.Map.of("corpus.documents", "separated"));
        assertThat(statistics.settings().get().documents()).isEqualTo(DocumentPacking.SEPARATED);
        statistics.recall(java.util.Map.of("corpus.documents", "anything"));
        assertThat(statistics.settings().get()).isEqualTo(CorpusSettings.DEFAULT);
    }
}
