package loupe.state.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Map;
import loupe.base.HookPoint;
import loupe.format.JsonFiles;
import loupe.format.SafetensorsWriter;
import loupe.inference.SaeId;
import loupe.sae.Activation;
import loupe.sae.SaeConfig;
import loupe.search.FeatureColumn;
import loupe.state.FeatureTables;
import loupe.state.Opened;
import loupe.state.PlantedCorpus;
import loupe.state.window.VocabularyTexts;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The column of densities that a SAELens folder brings along. */
class TrainedDensityTest {
    private final Opened opened = new Opened();

    @TempDir
    Path folder;

    private PlantedCorpus corpus;
    private FeatureTableModel model;

    @BeforeEach
    void begin() {
        corpus = new PlantedCorpus(opened, folder);
        model = FeatureTables.of(opened, corpus.statistics(), new VocabularyTexts(opened.workbench));
        new SafetensorsWriter()
                .add("W_enc", new HostTensor(new float[8 * Opened.FEATURES], 8, Opened.FEATURES))
                .add("W_dec", new HostTensor(new float[8 * Opened.FEATURES], Opened.FEATURES, 8))
                .add("b_enc", new HostTensor(new float[Opened.FEATURES], Opened.FEATURES))
                .add("b_dec", new HostTensor(new float[8], 8))
                .write(folder.resolve("sae_weights.safetensors"));
        JsonFiles.write(folder.resolve("cfg.json"), Map.of("d_in", 8, "d_sae", Opened.FEATURES));
    }

    @AfterEach
    void close() {
        corpus.statistics().close();
    }

    private void open() {
        opened.open(
                opened.workbench.a(),
                new SaeId(folder.toString(), "1"),
                SaeConfig.of("saelens", 8, Opened.FEATURES, new Activation.Relu(), false)
                        .trainedAt("tiny", HookPoint.residPre(1), false));
    }

    @Test
    void theDensitiesOfTrainingAreTenToThePowerOfWhatIsStored() {
        new SafetensorsWriter()
                .add("sparsity", new HostTensor(new float[] {-1, -2, -10, 0, -3, -0.30103f}, Opened.FEATURES))
                .write(folder.resolve("sparsity.safetensors"));
        open();
        double[] expected = {0.1, 0.01, 1e-10, 1, 0.001, 0.5};
        for (int i = 0; i < expected.length; i++) {
            assertThat(model.number(FeatureColumn.TRAINED_DENSITY, i))
                    .isCloseTo(expected[i], within(1e-6 * expected[i]));
        }
    }

    @Test
    void aFolderThatDoesNotSayHasNone() {
        open();
        assertThat(model.number(FeatureColumn.TRAINED_DENSITY, 0)).isNaN();
        assertThat(model.number(FeatureColumn.NUMBER, 0)).isZero();
    }
}
