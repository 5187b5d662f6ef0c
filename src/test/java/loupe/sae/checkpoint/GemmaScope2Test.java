package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import loupe.Trial;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.format.SafetensorsWriter;
import loupe.sae.checkpoint.SaeProposal.Missing;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Gemma Scope 2 beside its plain autoencoders: transcoders, and crosscoders one layer at a time. */
class GemmaScope2Test {
    private static final int D = 8;
    private static final int N = 24;

    @TempDir
    Path folder;

    private final Path trial =
            Trial.folder("gemma-scope-2-rest").resolve("transcoder_all/layer_13_width_16k_l0_small_affine");
    private final double[][] x = Worked.random(41, 6, D);

    @ParameterizedTest
    @ValueSource(strings = {"params.safetensors", "renamed.safetensors"})
    void aTranscoderReadsTheMlpsInputAndWritesItsOutputWhateverItsName(String name) throws IOException {
        Path weights = trial.resolve("params.safetensors");
        Files.copy(weights, folder.resolve(name));
        Files.copy(trial.resolve("config.json"), folder.resolve("config.json"));

        SaeFile opened = SaeFile.read(folder, SaeOptions.AS_STORED);

        assertThat(opened.format()).isEqualTo("gemma-scope");
        assertThat(opened.config().hook()).contains(new HookPoint(Site.MLP_MODULE_IN, 13));
        assertThat(opened.config().hookOut()).contains(new HookPoint(Site.MLP_OUT, 13));
        double[][] features = Worked.above(
                Worked.preActivations(
                        x, Worked.turned(Worked.matrix(weights, "w_enc")), Worked.vector(weights, "b_enc")),
                Worked.vector(weights, "threshold"));
        double[][] y = Worked.decoded(features, Worked.matrix(weights, "w_dec"), Worked.vector(weights, "b_dec"));
        double[][] skip = Worked.turned(Worked.matrix(weights, "affine_skip_connection"));
        Worked.compare(opened, x, features, Worked.sum(y, Worked.preActivations(x, skip, new double[D])));
    }

    @Test
    void aTranscoderMayWriteAnotherWidthWithASkipConnectionThatIsNotTransposed() throws IOException {
        int out = 5;
        double[][] encoder = Worked.random(1, N, D);
        double[][] decoder = Worked.random(2, N, out);
        double[] encoderBias = Worked.random(3, 1, N)[0];
        double[] decoderBias = Worked.random(4, 1, out)[0];
        double[][] skip = Worked.random(5, D, out);
        double[] thresholds = Arrays.stream(Worked.random(6, 1, N)[0])
                .map(Math::abs)
                .map(value -> (float) value)
                .toArray();
        new SafetensorsWriter()
                .add("w_enc", Worked.tensor(Worked.turned(encoder)))
                .add("w_dec", Worked.tensor(decoder))
                .add("b_enc", Worked.tensor(encoderBias))
                .add("b_dec", Worked.tensor(decoderBias))
                .add("threshold", Worked.tensor(thresholds))
                .add("affine_skip_connection", Worked.tensor(skip))
                .write(folder.resolve("params.safetensors"));
        Files.copy(trial.resolve("config.json"), folder.resolve("config.json"));

        double[][] features = Worked.above(Worked.preActivations(x, encoder, encoderBias), thresholds);
        Worked.compare(
                SaeFile.read(folder, SaeOptions.AS_STORED),
                x,
                features,
                Worked.sum(
                        Worked.decoded(features, decoder, decoderBias),
                        Worked.preActivations(x, Worked.turned(skip), new double[out])));
    }

    @ParameterizedTest
    @CsvSource({"0, false", "1, true", "2, false", "2, true"})
    void aSideOfACrosscoderIsOneLayersShareWithItsPlace(int side, boolean sidesFirst) throws IOException {
        write(folder, sidesFirst);
        config(folder, "[\"model.layers.7.output\", \"model.layers.13.output\", \"model.layers.17.output\"]");

        SaeFile opened = SaeFile.read(folder, SaeOptions.AS_STORED.withSide(side));

        assertThat(opened.format()).isEqualTo("crosscoder");
        assertThat(opened.model()).isEqualTo("google/gemma-3-1b-pt");
        assertThat(opened.config().hook()).contains(HookPoint.residPost(new int[] {7, 13, 17}[side]));
        assertThat(opened.warnings())
                .anyMatch(warning -> warning.contains("side " + side + " of a crosscoder of 3 layers"))
                .anyMatch(warning -> warning.contains("threshold is for the sum over all layers"));
        double[][] features = Worked.each(
                Worked.preActivations(x, encoders()[side], Worked.random(9, 1, N)[0]), value -> Math.max(value, 0));
        Worked.compare(opened, x, features, Worked.decoded(features, decoders()[side], Worked.random(10, 3, D)[side]));
        assertThatThrownBy(() -> SaeFile.read(folder, SaeOptions.AS_STORED.withSide(3)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("0 to 2, one for each layer");
    }

    @Test
    void theLayersOfACrosscoderAreTakenFromItsFolderWhereTheConfigurationNamesOne() throws IOException {
        Path own = Files.createDirectories(folder.resolve("layer_7_13_17_width_65k_l0_medium"));
        write(own, false);
        config(own, "\"model.layers.7.output\"");

        SaeFile opened = SaeFile.read(own, SaeOptions.AS_STORED.withSide(2));

        assertThat(opened.config().hook()).contains(HookPoint.residPost(17));
        assertThat(opened.warnings()).anyMatch(warning -> warning.contains("taken from the folder's name"));
    }

    @Test
    void aCrosscoderThatDoesNotSayItsLayersAsks() throws IOException {
        write(folder, false);
        config(folder, "\"model.layers.{7,13,17}.output\"");

        assertThat(SaeFile.read(folder, SaeOptions.AS_STORED).proposal().missing())
                .containsExactly(Missing.HOOK);
    }

    private static double[][][] encoders() {
        return new double[][][] {Worked.random(1, N, D), Worked.random(2, N, D), Worked.random(3, N, D)};
    }

    private static double[][][] decoders() {
        return new double[][][] {Worked.random(4, N, D), Worked.random(5, N, D), Worked.random(6, N, D)};
    }

    private static void write(Path into, boolean sidesFirst) {
        float[] w = new float[3 * D * N];
        float[] v = new float[3 * D * N];
        for (int side = 0; side < 3; side++) {
            for (int i = 0; i < N; i++) {
                for (int j = 0; j < D; j++) {
                    w[(side * D + j) * N + i] = (float) encoders()[side][i][j];
                    v[sidesFirst ? (side * N + i) * D + j : (i * 3 + side) * D + j] = (float) decoders()[side][i][j];
                }
            }
        }
        new SafetensorsWriter()
                .add("w_enc", new HostTensor(w, 3, D, N))
                .add("w_dec", sidesFirst ? new HostTensor(v, 3, N, D) : new HostTensor(v, N, 3, D))
                .add("b_enc", Worked.tensor(Worked.random(9, 1, N)[0]))
                .add("b_dec", Worked.tensor(Worked.random(10, 3, D)))
                .add("threshold", Worked.tensor(Worked.each(Worked.random(11, 1, N), Math::abs)[0]))
                .write(into.resolve("params.safetensors"));
    }

    private static void config(Path into, String places) throws IOException {
        Files.writeString(
                into.resolve("config.json"),
                "{\"hf_hook_point_in\": " + places
                        + ", \"model_name\": \"google/gemma-3-1b-pt\", \"architecture\": \"jump_relu\","
                        + " \"type\": \"crosscoder\"}");
    }
}
