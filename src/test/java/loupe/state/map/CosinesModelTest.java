package loupe.state.map;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import loupe.analysis.features.NeighbourSpace;
import loupe.analysis.geometry.DirectionMoments;
import loupe.analysis.geometry.LargestCosines;
import loupe.analysis.geometry.VectorSet;
import loupe.search.FeatureColumn;
import loupe.state.FakeService;
import loupe.state.Opened;
import loupe.state.WorkbenchModels;
import loupe.state.pane.PaneStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CosinesModelTest {
    private static final float[] NONE = {Float.NaN, Float.NaN, Float.NaN, Float.NaN, Float.NaN, Float.NaN};

    @TempDir
    Path cache;

    private final Opened opened = new Opened();
    private WorkbenchModels models;
    private CosinesModel cosines;

    @BeforeEach
    void begin() {
        models = new WorkbenchModels(opened.workbench, cache);
        cosines = models.cosines();
    }

    private static LargestCosines.Answer answer(int done) {
        float[] first = {0.9f, 0.9f, 0.3f, 0.31f, 0.32f, 0.9f};
        int[] nearest = {5, 5, 5, 2, 2, 0};
        for (int i = done; i < first.length; i++) {
            first[i] = Float.NaN;
            nearest[i] = -1;
        }
        return new LargestCosines.Answer(6, 8, LargestCosines.USUAL_RANKS, done, List.of(first, NONE, NONE), nearest);
    }

    private FakeService.Ask<?> asked(Predicate<VectorSet> of) {
        return opened.service.asked.stream()
                .filter(ask -> ask.query instanceof LargestCosines cosine && of.test(cosine.of()))
                .reduce((before, after) -> after)
                .orElseThrow();
    }

    private FakeService.Ask<?> ofA() {
        return asked(set -> set.equals(new VectorSet.Of(new NeighbourSpace.Decoder(Opened.A))));
    }

    private long questions() {
        return opened.service.asked.stream()
                .filter(ask -> ask.query instanceof LargestCosines)
                .count();
    }

    @Test
    void nothingIsComparedUntilSomebodyLooksAndThenAllAre() {
        assertThat(cosines.status().getValue().shown()).isInstanceOf(PaneStatus.Empty.class);
        opened.openA();
        assertThat(questions()).isZero();
        cosines.setWanted(true);
        assertThat(((LargestCosines) ofA().query).ranks()).containsExactly(1, 10, 100);
        asked(set -> set instanceof VectorSet.RandomLike);
        opened.newest(DirectionMoments.class).answer(new DirectionMoments.Answer(new double[8], new double[64]));
        asked(set -> set instanceof VectorSet.MatchedLike);
        opened.openB();
        asked(set -> set.equals(new VectorSet.Of(new NeighbourSpace.Decoder(Opened.B))));
    }

    @Test
    void aMarkedRangeSaysWhoseNearestNeighboursTheseAre() {
        opened.openA();
        cosines.setWanted(true);
        ofA().part(answer(4), 0.5);
        assertThat(cosines.view().getValue().picked()).containsExactly(0, 1, 2, 3);
        assertThat(cosines.view().getValue().mutualShare()).isNaN();
        ofA().answer(answer(6));
        CosineView all = cosines.view().getValue();
        assertThat(all.nearest())
                .containsExactly(
                        new CosineView.Near(5, 3, 3), new CosineView.Near(2, 2, 2), new CosineView.Near(0, 1, 1));
        assertThat(all.mutualShare()).isEqualTo(2.0 / 6);

        cosines.range().set(new CosineView.Range(0.8, 1));
        CosineView peak = cosines.view().getValue();
        assertThat(peak.picked()).containsExactly(0, 1, 5);
        assertThat(peak.nearest()).containsExactly(new CosineView.Near(5, 2, 3), new CosineView.Near(0, 1, 1));
        cosines.filterTable();
        assertThat(models.table().filter().get()).isEqualTo("nearest-cosine>=0.8 nearest-cosine<=1.0");
        assertThat(models.table().number(FeatureColumn.NEAREST_COSINE, 0)).isEqualTo(0.9f);
        assertThat(models.table().number(FeatureColumn.NEAREST, 3)).isEqualTo(2);
        assertThat(models.table().number(FeatureColumn.IN_DEGREE, 5)).isEqualTo(3);
        assertThat(models.table().rows().size()).isEqualTo(3);

        cosines.rank().set("10");
        assertThat(cosines.range().get()).as("of another k").isNull();
        assertThat(cosines.view().getValue().picked()).isEmpty();
        cosines.rank().set("0");
        assertThat(cosines.status().getValue().shown())
                .isEqualTo(new PaneStatus.Empty("k: a whole number from 1 to 1000", java.util.Optional.empty()));
    }

    @Test
    void aSecondStartShowsWhatWasKeptWithoutAskingAnything() {
        opened.openA();
        cosines.setWanted(true);
        ofA().answer(answer(6));
        Opened again = new Opened();
        WorkbenchModels second = new WorkbenchModels(again.workbench, cache);
        again.openA();
        assertThat(second.cosines().view().getValue().a())
                .containsExactly(answer(6).largest().get(0));
        assertThat(second.table().number(FeatureColumn.IN_DEGREE, 5)).isEqualTo(3);
        assertThat(again.service.asked).noneMatch(ask -> ask.query instanceof LargestCosines);
    }

    @Test
    void whatIsStoppedKeepsWhatIsKnownAndCanBeStartedAgain() {
        opened.openA();
        cosines.setWanted(true);
        assertThat(opened.workbench.activity().jobs()).hasSize(1);
        ofA().part(answer(2), 0.3);
        FakeService.Ask<?> running = ofA();
        cosines.stop();
        assertThat(running.cancelled).isTrue();
        assertThat(opened.workbench.activity().jobs()).isEmpty();
        assertThat(cosines.view().getValue().picked()).containsExactly(0, 1);
        assertThat(cosines.canStart()).isTrue();
        assertThat(models.table().number(FeatureColumn.NEAREST, 0))
                .as("not known of all")
                .isNaN();
        cosines.start();
        assertThat(ofA()).isNotSameAs(running);
    }

    @Test
    void onlyFeaturesOfSomeDensityAreShown() {
        opened.openA();
        cosines.setWanted(true);
        ofA().answer(answer(6));
        cosines.leastDensity().set("0.1"); // of no feature is the density known
        assertThat(Arrays.asList(cosines.view().getValue().picked().length)).containsExactly(0);
        cosines.leastDensity().set("2");
        assertThat(cosines.status().getValue().shown()).isInstanceOf(PaneStatus.Empty.class);
        cosines.leastDensity().set("");
        assertThat(cosines.view().getValue().picked()).hasSize(6);
    }
}
