package loupe.state.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import loupe.state.Opened;
import loupe.state.PlantedCorpus;
import loupe.state.corpus.CoActivationModel.Measure;
import loupe.state.corpus.CoActivationModel.Row;
import loupe.state.corpus.CoActivationModel.With;
import loupe.state.window.SharedRange;
import loupe.state.window.VocabularyTexts;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CoActivationModelTest {
    private final Opened opened = new Opened();
    private PlantedCorpus corpus;
    private CoActivationModel model;

    @BeforeEach
    void begin(@TempDir Path folder) {
        corpus = new PlantedCorpus(opened, folder);
        model = new CoActivationModel(
                opened.workbench,
                new ActivationsModel(opened.workbench, opened.workbench.a(), corpus.statistics(), new SharedRange()),
                new VocabularyTexts(opened.workbench));
        opened.openA();
        corpus.count();
        opened.choose(PlantedCorpus.AT_A_AND_B);
    }

    @AfterEach
    void close() {
        corpus.statistics().close();
    }

    private List<Row> rows() {
        return model.listing().getValue().rows();
    }

    private Row row(int feature) {
        return rows().stream()
                .filter(row -> row.feature() == feature)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aFeatureIsListedWithItsSharesBothWays() {
        double a = corpus.occurrences('a');
        double b = corpus.occurrences('b');
        assertThat(model.listing().getValue().tokens()).isEqualTo((long) (a + b));
        assertThat(model.listing().getValue().others()).isEqualTo(2);
        Row atA = row(PlantedCorpus.AT_A);
        assertThat(atA.tokens()).isEqualTo((long) a);
        assertThat(atA.share()).isCloseTo(a / (a + b), within(1e-12));
        assertThat(atA.back()).isEqualTo(1);
        assertThat(rows()).extracting(Row::feature).doesNotContain(PlantedCorpus.AT_A_AND_B, PlantedCorpus.AT_C);
    }

    @Test
    void theListIsRankedByWhatIsChosenBestFirst() {
        assertThat(rows().get(0).feature()).as("by correlation").isEqualTo(PlantedCorpus.AT_A);
        model.by().set(Measure.BOTH);
        assertThat(rows().get(0).feature()).as("by tokens in common").isEqualTo(PlantedCorpus.EVERYWHERE);
        assertThat(rows()).isSortedAccordingTo(Comparator.comparing(row -> -row.value()));
        assertThat(model.listing().getValue().by()).isEqualTo(Measure.BOTH);
    }

    @Test
    void anotherRankingReadsTheIndexNoSecondTime() {
        Deque<Runnable> reading = new ArrayDeque<>();
        opened.service.files = reading::add;
        model.by().set(Measure.JACCARD);
        assertThat(reading).isEmpty();
        assertThat(model.listing().getValue().by()).isEqualTo(Measure.JACCARD);
    }

    @Test
    void eachQuestionKeepsItsOwnRanking() {
        model.by().set(Measure.PHI);
        model.with().set(With.TOKEN);
        assertThat(model.by().get()).isEqualTo(Measure.TOKEN_MEAN);
        model.by().set(Measure.TOKEN_MAX);
        model.with().set(With.FEATURE);
        assertThat(model.by().get()).isEqualTo(Measure.PHI);
        assertThat(model.listing().getValue().by()).isEqualTo(Measure.PHI);
    }

    @Test
    void aTokenListsTheFeaturesActiveAtIt() {
        model.with().set(With.TOKEN);
        assertThat(model.listing().getValue()).as("no token is asked for yet").isNull();
        model.query().set("b");
        assertThat(model.listing().getValue().tokens()).isEqualTo(corpus.occurrences('b'));
        assertThat(rows())
                .extracting(Row::feature, Row::value)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(PlantedCorpus.EVERYWHERE, 2.0),
                        org.assertj.core.groups.Tuple.tuple(PlantedCorpus.AT_A_AND_B, 1.0));
        model.query().set("token 0");
        assertThat(row(PlantedCorpus.AT_A).share()).isEqualTo(1);
        assertThat(row(PlantedCorpus.AT_A).back()).isEqualTo(1);
    }

    @Test
    void whatIsNoSingleTokenIsRefusedInWords() {
        model.with().set(With.TOKEN);
        model.query().set("b");
        model.query().set("bad");
        assertThat(model.queryProblem().get().message()).startsWith("This is 3 tokens; ask for one");
        assertThat(model.listing().getValue()).isNull();
        model.query().set("token 50");
        assertThat(model.queryProblem().get().message()).isEqualTo("There is no token 50: the last one is 49");
        model.with().set(With.FEATURE);
        assertThat(model.queryProblem().get()).isNull();
        assertThat(rows()).isNotEmpty();
    }

    @Test
    void anotherFeaturesListReplacesTheOneBefore() {
        opened.choose(PlantedCorpus.AT_C);
        assertThat(rows()).extracting(Row::feature).containsExactly(PlantedCorpus.EVERYWHERE);
        opened.choose(PlantedCorpus.SILENT);
        assertThat(rows()).isEmpty();
        assertThat(model.listing().getValue().others()).isZero();
    }

    @Test
    void anOlderFeaturesListNeverReplacesANewerOne() {
        Deque<Runnable> reading = new ArrayDeque<>();
        opened.service.files = reading::add;
        opened.choose(PlantedCorpus.AT_C);
        opened.choose(PlantedCorpus.AT_A);
        while (!reading.isEmpty()) {
            reading.removeLast().run();
        }
        assertThat(rows()).extracting(Row::feature).contains(PlantedCorpus.AT_A_AND_B);
        assertThat(model.isQuiet()).isTrue();
    }

    @Test
    void whileNobodyLooksNothingIsRead() {
        model.setWanted(false);
        assertThat(model.isQuiet()).isTrue();
        opened.choose(PlantedCorpus.AT_C);
        assertThat(model.reading().getValue()).isNull();
        model.setWanted(true);
        assertThat(rows()).extracting(Row::feature).containsExactly(PlantedCorpus.EVERYWHERE);
    }

    @Test
    void aReadingThatFailsLeavesNoOtherFeaturesListAndCanBeRetried() {
        Deque<Runnable> reading = new ArrayDeque<>();
        opened.service.files = reading::add;
        opened.choose(PlantedCorpus.AT_C);
        opened.service.files = refused -> {
            throw new IllegalStateException("the disk is gone");
        };
        reading.remove().run();
        assertThat(model.reading().getProblem().message()).contains("the disk is gone");
        assertThat(model.listing().getValue()).isNull();
        opened.service.files = Runnable::run;
        model.reading().retry();
        assertThat(rows()).extracting(Row::feature).containsExactly(PlantedCorpus.EVERYWHERE);
    }

    @Test
    void whenTheCheckpointClosesNothingIsLeft() {
        opened.workbench.closeCheckpoint(opened.workbench.a());
        assertThat(model.listing().getValue()).isNull();
        assertThat(model.isQuiet()).isTrue();
    }

    @Test
    void aMeasureIsReadAsAShareACountOrAPlainNumber() {
        assertThat(Arrays.stream(Measure.values()).filter(Measure::isShare))
                .containsExactly(
                        Measure.SHARE,
                        Measure.SHARE_BACK,
                        Measure.TOKEN_SHARE,
                        Measure.TOKEN_SHARE_BACK,
                        Measure.TOKEN_MASS);
        assertThat(Arrays.stream(Measure.values()).filter(Measure::isCount))
                .containsExactly(Measure.BOTH, Measure.TOKEN_BOTH)
                .noneMatch(Measure::isShare);
    }
}
