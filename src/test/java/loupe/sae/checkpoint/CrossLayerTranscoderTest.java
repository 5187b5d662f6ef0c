package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import loupe.Trial;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.format.SafetensorsWriter;
import loupe.sae.checkpoint.SaeProposal.Missing;
import loupe.sae.checkpoint.SaeSaving.Form;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One layer of a cross-layer transcoder, with what it writes to one layer or to all of them. */
class CrossLayerTranscoderTest {
    private static final int D = 8;
    private static final int LAYERS = 3;

    @TempDir
    Path folder;

    private final Path trial = Trial.folder("circuit-tracer-clt");
    private final Path gemma = Trial.folder("gemma-scope-2-rest").resolve("clt/width_262k_l0_medium");
    private final double[][] x = Worked.random(31, 6, D);

    @ParameterizedTest
    @CsvSource({"0, 0", "0, 1", "0, 2", "1, 1", "1, 2", "2, 2"})
    void aSideIsTheLayerThatIsWrittenTo(int layer, int target) {
        SaeFile opened = SaeFile.read(encoder(layer), SaeOptions.AS_STORED.withSide(target));

        assertThat(opened.format()).isEqualTo("cross-layer-transcoder");
        assertThat(opened.config().hookOut()).contains(new HookPoint(Site.MLP_OUT, target));
        double[][] features = features(layer);
        Worked.compare(opened, x, features, written(layer, target, features));
        assertThat(SaeAudit.of(opened, new Cancellation()))
                .filteredOn(finding -> finding.topic().equals("Layers"))
                .singleElement()
                .satisfies(finding -> assertThat(finding.sentence())
                        .contains("features of layer " + layer)
                        .contains("to " + (layer == 2 ? "layer 2 only" : "layer " + target)));
    }

    @ParameterizedTest
    @CsvSource({"0, W_enc", "1, W_enc", "1, W_dec", "2, W_dec"})
    void withoutASideWhatIsWrittenToAllLayersIsAddedUp(int layer, String chosen) {
        SaeFile opened = SaeFile.read(trial.resolve(chosen + "_" + layer + ".safetensors"), SaeOptions.AS_STORED);

        double[][] features = features(layer);
        double[][] sum = written(layer, layer, features);
        for (int target = layer + 1; target < LAYERS; target++) {
            sum = Worked.sum(sum, written(layer, target, features));
        }
        Worked.compare(opened, x, features, sum);
        assertThat(opened.proposal().missing()).containsExactly(Missing.HOOK);
        if (layer < 2) {
            assertThat(opened.config().hookOut()).isEmpty();
            assertThat(opened.warnings()).singleElement().asString().contains(layer + " to 2 is added up");
        }
    }

    @Test
    void theAuditLeadsThroughTheLayersAndBackToTheirSum() {
        SaeOptions options = SaeOptions.AS_STORED;
        List<OptionalInt> seen = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            options = SaeAudit.of(SaeFile.read(encoder(1), options), new Cancellation()).stream()
                    .filter(finding -> finding.topic().equals("Layers"))
                    .findFirst()
                    .orElseThrow()
                    .remedy()
                    .orElseThrow()
                    .options();
            seen.add(options.side());
        }

        assertThat(seen).containsExactly(OptionalInt.of(1), OptionalInt.of(2), OptionalInt.empty());
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "0, 3", "2, 1"})
    void aLayerThatIsNotWrittenToIsRefusedWithThoseThatAre(int layer, int side) {
        assertThatThrownBy(() -> SaeFile.read(encoder(layer), SaeOptions.AS_STORED.withSide(side)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(layer + " to 2");
    }

    @Test
    void aFolderOfSeveralLayersAsksForTheFileOfOneAndOneOfASingleLayerOpens() throws IOException {
        assertThatThrownBy(() -> SaeFile.read(trial, SaeOptions.AS_STORED))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("3 layers of a cross-layer transcoder")
                .hasMessageContaining("Choose the file of a layer, such as W_enc_0.safetensors");

        copy("W_enc_1.safetensors");
        copy("W_dec_1.safetensors");
        SaeFile alone = SaeFile.read(folder, SaeOptions.AS_STORED.withSide(1));
        double[][] features = features(1);
        Worked.compare(alone, x, features, written(1, 1, features));
    }

    @Test
    void biasesThatAreNotThereAreSaidToBeLeftOut() throws IOException {
        copy("W_enc_1.safetensors");
        copy("W_dec_1.safetensors");

        SaeFile opened = SaeFile.read(folder, SaeOptions.AS_STORED.withSide(2));

        assertThat(opened.warnings()).anyMatch(warning -> warning.startsWith("The decoder biases of 1 of the layers"));
        double[][] features = features(1);
        Worked.compare(
                opened, x, features, Worked.decoded(features, Worked.slice(decoder(1), "W_dec_1", 1), new double[D]));
    }

    @ParameterizedTest
    @CsvSource({"W_enc_1.safetensors, W_dec_1.safetensors", "W_dec_1.safetensors, W_enc_1.safetensors"})
    void theOtherFileOfTheLayerIsNamedIfItIsMissing(String there, String missing) throws IOException {
        copy(there);

        assertThatThrownBy(() -> SaeFile.read(folder.resolve(there), SaeOptions.AS_STORED))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("there is no " + missing + " beside it");
    }

    @Test
    void theSettingsSayWhereItReadsAndWrites() throws IOException {
        for (int layer = 0; layer < LAYERS; layer++) {
            copy("W_enc_" + layer + ".safetensors");
            copy("W_dec_" + layer + ".safetensors");
        }
        Files.writeString(
                folder.resolve("config.yaml"),
                "model_name: google/gemma-2-2b\nmodel_kind: cross_layer_transcoder\n"
                        + "feature_input_hook: hook_resid_mid\nfeature_output_hook: hook_mlp_out\n");

        SaeFile opened = SaeFile.read(folder.resolve("W_enc_1.safetensors"), SaeOptions.AS_STORED.withSide(2));

        assertThat(opened.model()).isEqualTo("google/gemma-2-2b");
        assertThat(opened.config().hook()).contains(new HookPoint(Site.RESID_MID, 1));
        assertThat(opened.config().hookOut()).contains(new HookPoint(Site.MLP_OUT, 2));
        Files.writeString(folder.resolve("config.yaml"), "feature_input_hook: hook_resid_mid\nactivation: topk\n");
        assertThatThrownBy(() -> SaeFile.read(folder.resolve("W_enc_1.safetensors"), SaeOptions.AS_STORED))
                .hasMessageContaining("topk, which is not supported");
    }

    /** With the decoders of all layers stored, those before its own are not used. */
    @Test
    void decodersMayBeStoredForAllLayers() throws IOException {
        for (int layer = 0; layer < LAYERS; layer++) {
            copy("W_enc_" + layer + ".safetensors");
        }
        double[][][] three = {Worked.random(1, 24, D), Worked.random(2, 24, D), Worked.random(3, 24, D)};
        new SafetensorsWriter().add("W_dec_1", byFeature(three)).write(folder.resolve("W_dec_1.safetensors"));

        SaeFile opened = SaeFile.read(folder.resolve("W_enc_1.safetensors"), SaeOptions.AS_STORED.withSide(2));

        double[][] features = features(1);
        Worked.compare(opened, x, features, Worked.decoded(features, three[2], Worked.vector(encoder(2), "b_dec_2")));
    }

    /** x A, not transposed, from the layer's own input to its own output only. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aSkipConnectionBelongsToItsOwnLayer(int target) throws IOException {
        double[][] skip = Worked.random(12, D, D);
        double[][] w = Worked.matrix(encoder(1), "W_enc_1");
        new SafetensorsWriter()
                .add("W_enc_1", Worked.tensor(w))
                .add("b_enc_1", Worked.tensor(Worked.vector(encoder(1), "b_enc_1")))
                .add("b_dec_1", Worked.tensor(Worked.vector(encoder(1), "b_dec_1")))
                .add("W_skip_1", Worked.tensor(skip))
                .write(folder.resolve("W_enc_1.safetensors"));
        copy("W_dec_1.safetensors");
        copy("W_enc_2.safetensors");

        SaeFile opened = SaeFile.read(folder.resolve("W_enc_1.safetensors"), SaeOptions.AS_STORED.withSide(target));

        assertThat(opened.activation()).isEqualTo("relu");
        double[][] features = Worked.each(
                Worked.preActivations(x, w, Worked.vector(encoder(1), "b_enc_1")), value -> Math.max(value, 0));
        double[][] y = written(1, target, features);
        Worked.compare(
                opened,
                x,
                features,
                target == 1 ? Worked.sum(y, Worked.preActivations(x, Worked.turned(skip), new double[D])) : y);
        assertThat(opened.warnings())
                .filteredOn(warning -> warning.contains("skip"))
                .hasSize(target == 1 ? 0 : 1);
    }

    @Test
    void itIsSavedAsATranscoderOfItsOwn() {
        SaeFile opened = SaeFile.read(encoder(0), SaeOptions.AS_STORED.withSide(1));
        Path saved = SaeSaving.save(opened, Form.PLAIN, folder.resolve("plain.safetensors"), new Cancellation());

        double[][] features = features(0);
        SaeFile read = SaeFile.read(saved, SaeOptions.AS_STORED);
        assertThat(read.config().hookOut()).contains(new HookPoint(Site.MLP_OUT, 1));
        Worked.compare(read, x, features, written(0, 1, features));
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0, 2", "1, 1", "1, 2", "2, 2"})
    void gemmaScopesHasADecoderForEveryLayerInTheFileOfEach(int layer, int target) {
        Path file = gemma.resolve("params_layer_" + layer + ".safetensors");
        SaeFile opened = SaeFile.read(file, SaeOptions.AS_STORED.withSide(target));

        assertThat(opened.format()).isEqualTo("cross-layer-transcoder");
        assertThat(opened.model()).isEqualTo("google/gemma-3-1b-pt");
        assertThat(opened.config().hook()).contains(HookPoint.residPost(layer));
        assertThat(opened.config().hookOut()).contains(HookPoint.residPost(target));
        double[][] features = gemmaFeatures(file);
        Path writtenTo = gemma.resolve("params_layer_" + target + ".safetensors");
        Worked.compare(
                opened,
                x,
                features,
                Worked.decoded(features, Worked.slice(file, "w_dec", target), Worked.vector(writtenTo, "b_dec")));
    }

    @Test
    void gemmaScopesSumLeavesOutTheLayersBeforeItsOwn() {
        Path file = gemma.resolve("params_layer_1.safetensors");
        double[][] features = gemmaFeatures(file);
        double[][] y = Worked.sum(
                Worked.decoded(features, Worked.slice(file, "w_dec", 1), Worked.vector(file, "b_dec")),
                Worked.decoded(
                        features,
                        Worked.slice(file, "w_dec", 2),
                        Worked.vector(gemma.resolve("params_layer_2.safetensors"), "b_dec")));

        Worked.compare(SaeFile.read(file, SaeOptions.AS_STORED), x, features, y);
    }

    @Test
    void aFileUnderAnotherNameAsksForItsLayer() throws IOException {
        Path renamed = Files.copy(gemma.resolve("params_layer_1.safetensors"), folder.resolve("clt.safetensors"));

        assertThatThrownBy(() -> SaeFile.read(renamed, SaeOptions.AS_STORED))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("which layer");
        SaeFile opened = SaeFile.read(renamed, asked(HookPoint.residPost(1)).withSide(1));
        double[][] features = gemmaFeatures(renamed);
        Worked.compare(
                opened,
                x,
                features,
                Worked.decoded(features, Worked.slice(renamed, "w_dec", 1), Worked.vector(renamed, "b_dec")));
    }

    @Test
    void allLayersInOneFileAreChosenFromByTheHookPoint() {
        int n = 10;
        double[][][] encoders = {Worked.random(1, n, D), Worked.random(2, n, D)};
        double[][][][] decoders = {
            {Worked.random(3, n, D), Worked.random(4, n, D)}, {Worked.random(5, n, D), Worked.random(6, n, D)}
        };
        double[][] encoderBiases = Worked.random(7, 2, n);
        double[][] decoderBiases = Worked.random(8, 2, D);
        double[][] thresholds = Worked.each(Worked.random(9, 2, n), value -> (float) Math.abs(value));
        float[] w = new float[2 * D * n];
        float[] v = new float[2 * n * 2 * D];
        for (int l = 0; l < 2; l++) {
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < D; j++) {
                    w[(l * D + j) * n + i] = (float) encoders[l][i][j];
                    for (int t = 0; t < 2; t++) {
                        v[((l * n + i) * 2 + t) * D + j] = (float) decoders[l][t][i][j];
                    }
                }
            }
        }
        Path file = folder.resolve("params.safetensors");
        new SafetensorsWriter()
                .add("w_enc", new HostTensor(w, 2, D, n))
                .add("w_dec", new HostTensor(v, 2, n, 2, D))
                .add("b_enc", Worked.tensor(encoderBiases))
                .add("b_dec", Worked.tensor(decoderBiases))
                .add("threshold", Worked.tensor(thresholds))
                .write(file);

        assertThatThrownBy(() -> SaeFile.read(file, SaeOptions.AS_STORED))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("the layers 0 to 1");
        for (int layer = 0; layer < 2; layer++) {
            double[][] features =
                    Worked.above(Worked.preActivations(x, encoders[layer], encoderBiases[layer]), thresholds[layer]);
            SaeOptions asked = asked(new HookPoint(Site.MLP_MODULE_IN, layer)).withSide(1);
            Worked.compare(
                    SaeFile.read(file, asked),
                    x,
                    features,
                    Worked.decoded(features, decoders[layer][1], decoderBiases[1]));
        }
    }

    private static SaeOptions asked(HookPoint hook) {
        return SaeOptions.builder().hook(java.util.Optional.of(hook)).build();
    }

    private Path encoder(int layer) {
        return trial.resolve("W_enc_" + layer + ".safetensors");
    }

    private Path decoder(int layer) {
        return trial.resolve("W_dec_" + layer + ".safetensors");
    }

    private void copy(String name) throws IOException {
        Files.copy(trial.resolve(name), folder.resolve(name));
    }

    private double[][] features(int layer) {
        return Worked.above(
                Worked.preActivations(
                        x,
                        Worked.matrix(encoder(layer), "W_enc_" + layer),
                        Worked.vector(encoder(layer), "b_enc_" + layer)),
                Worked.vector(encoder(layer), "threshold_" + layer));
    }

    private double[][] gemmaFeatures(Path file) {
        return Worked.above(
                Worked.preActivations(x, Worked.turned(Worked.matrix(file, "w_enc")), Worked.vector(file, "b_enc")),
                Worked.vector(file, "threshold"));
    }

    private double[][] written(int layer, int target, double[][] features) {
        return Worked.decoded(
                features,
                Worked.slice(decoder(layer), "W_dec_" + layer, target - layer),
                Worked.vector(encoder(target), "b_dec_" + target));
    }

    /** [which][feature][j] as (feature, which, j). */
    private static HostTensor byFeature(double[][][] matrices) {
        int n = matrices[0].length;
        float[] data = new float[n * matrices.length * D];
        for (int i = 0; i < n; i++) {
            for (int which = 0; which < matrices.length; which++) {
                for (int j = 0; j < D; j++) {
                    data[(i * matrices.length + which) * D + j] = (float) matrices[which][i][j];
                }
            }
        }
        return new HostTensor(data, n, matrices.length, D);
    }
}
