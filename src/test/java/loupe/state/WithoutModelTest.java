package loupe.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import javafx.beans.value.ObservableValue;
import loupe.analysis.compare.FeatureMatching;
import loupe.analysis.features.DirectionNorms;
import loupe.analysis.features.NeighbourQuery;
import loupe.analysis.features.NeighbourSpace;
import loupe.analysis.features.Neighbours;
import loupe.search.FeatureColumn;
import loupe.state.nearest.NeighboursModel;
import loupe.state.pane.PaneStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint that is open alone: what its weights tell is shown, and the rest asks for the model. */
class WithoutModelTest {
    @TempDir
    Path folder;

    private final Opened opened = new Opened();
    private WorkbenchModels models;

    @BeforeEach
    void openACheckpointAlone() {
        opened.workbench.closeModel();
        models = new WorkbenchModels(opened.workbench, folder);
        opened.openA();
        opened.choose(3);
    }

    private static String why(ObservableValue<PaneStatus> status) {
        return status.getValue().shown() instanceof PaneStatus.Empty empty ? empty.why() : "";
    }

    @Test
    void itsFeaturesAreListedWithTheirNorms() {
        assertThat(why(models.table().status())).isEmpty();
        opened.newest(DirectionNorms.class)
                .answer(new DirectionNorms.Answer(new float[6], new float[] {0, 1, 2, 3, 4, 5}, new float[6]));
        assertThat(models.table().number(FeatureColumn.DECODER_NORM, 3)).isEqualTo(3);
    }

    @Test
    void itsFeaturesHaveNeighboursAmongEachOther() {
        NeighboursModel near = models.a().neighbours();
        assertThat(why(near.status())).isEmpty();
        assertThat(opened.newest(Neighbours.class).query)
                .isEqualTo(new Neighbours(
                        new NeighbourQuery.Feature(Opened.A, 3), new NeighbourSpace.Decoder(Opened.A), 50));
        near.among().set(NeighboursModel.Among.TOKENS);
        assertThat(why(near.status())).startsWith("Open the model of the checkpoint");
        near.among().set(NeighboursModel.Among.FEATURES);
        near.query().set("token 4");
        assertThat(near.queryProblem().get().message()).startsWith("No model is open");
    }

    @Test
    void twoAreMatchedWithEachOther() {
        opened.openB();
        assertThat(opened.newest(FeatureMatching.class).query).isEqualTo(new FeatureMatching(Opened.A, Opened.B));
    }

    @Test
    void whatTheModelIsNeededForSaysSo() {
        assertThat(why(models.a().comparison().status())).startsWith("Open the model of the checkpoint");
        assertThat(why(models.a().tokens().status())).startsWith("Open the model of the checkpoint");
        assertThat(why(models.a().logits().status())).startsWith("Open the model of the checkpoint");
        assertThat(why(models.a().histogram().status())).startsWith("Open the model of the checkpoint");
        assertThat(why(models.a().text().status())).startsWith("Open a model");
    }
}
