package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import loupe.Trial;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.format.JsonFiles;
import loupe.format.SafetensorsWriter;
import loupe.format.TorchWriter;
import loupe.sae.Activation;
import loupe.sae.checkpoint.SaeSaving.Form;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What lm-saes (Llamascopium) saves: its choices by decoder norm, biases left out, and its torch form. */
class LmSaesTest {
    private static final int D = 8;
    private static final int K = 4;

    @TempDir
    Path folder;

    private final Path topK = Trial.folder("lm-saes").resolve("topk");
    private final Path weights = topK.resolve("sae_weights.safetensors");
    private final double[][] encoder = Worked.turned(Worked.matrix(weights, "W_E"));
    private final double[] encoderBias = Worked.vector(weights, "b_E");
    private final double[][] decoder = Worked.matrix(weights, "W_D");
    private final double[] decoderBias = Worked.vector(weights, "b_D");
    private final double[][] x = Worked.random(3, 6, D);

    @Test
    void theKLargestAreChosenByPreActivationTimesDecoderNorm() {
        double[][] features = chosenByNorm(x, encoder, encoderBias, decoder);
        double[][] p = Worked.each(Worked.preActivations(x, encoder, encoderBias), value -> Math.max(value, 0));
        assertThat(Arrays.deepEquals(features, Worked.largest(p, p, K)))
                .as("a plain choice is the same")
                .isFalse();

        SaeFile file = SaeFile.read(topK, SaeOptions.AS_STORED);

        assertThat(file.config().activation()).isEqualTo(new Activation.TopKByDecoderNorm(K, false));
        Worked.compare(file, x, features, Worked.decoded(features, decoder, decoderBias));
    }

    @Test
    void whatIsLeftOutOfTheConfigurationIsAsTheLibraryHasIt() {
        Map<String, Object> config = config();
        config.remove("sparsity_include_decoder_norm");
        config.remove("use_decoder_bias");
        write(config, true);

        double[][] features = chosenByNorm(x, encoder, encoderBias, decoder);
        Worked.compare(
                SaeFile.read(folder, SaeOptions.AS_STORED),
                x,
                features,
                Worked.decoded(features, decoder, decoderBias));
    }

    @Test
    void withoutDecoderNormsTheChoiceIsPlain() {
        Map<String, Object> config = config();
        config.put("sparsity_include_decoder_norm", false);
        write(config, true);

        double[][] p = Worked.each(Worked.preActivations(x, encoder, encoderBias), value -> Math.max(value, 0));
        double[][] features = Worked.largest(p, p, K);
        Worked.compare(
                SaeFile.read(folder, SaeOptions.AS_STORED),
                x,
                features,
                Worked.decoded(features, decoder, decoderBias));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aBatchTopKKeepsTheLargestOfTheBatchAndSaysSo(boolean byDecoderNorm) {
        Map<String, Object> config = config();
        config.put("act_fn", "batchtopk");
        config.put("sparsity_include_decoder_norm", byDecoderNorm);
        write(config, true);

        double[][] p = Worked.each(Worked.preActivations(x, encoder, encoderBias), value -> Math.max(value, 0));
        double[][] by = new double[x.length][p[0].length];
        for (int r = 0; r < x.length; r++) {
            for (int i = 0; i < p[0].length; i++) {
                by[r][i] = p[r][i] * (byDecoderNorm ? norm(decoder[i]) : 1);
            }
        }
        double[][] features = batchOfOneRow(Worked.largest(oneRow(p), oneRow(by), K * x.length), p[0].length);
        SaeFile file = SaeFile.read(folder, SaeOptions.AS_STORED);
        assertThat(file.warnings()).anyMatch(warning -> warning.contains("depends on its batch"));
        Worked.compare(file, x, features, Worked.decoded(features, decoder, decoderBias));
        assertThat(SaeFile.read(Trial.folder("lm-saes").resolve("batchtopk"), SaeOptions.AS_STORED)
                        .activation())
                .isEqualTo("batchtopk");
    }

    @Test
    void withoutADecoderBiasNothingIsAdded() {
        Map<String, Object> config = config();
        config.put("use_decoder_bias", false);
        write(config, false);

        double[][] features = chosenByNorm(x, encoder, encoderBias, decoder);
        SaeFile file = SaeFile.read(folder, SaeOptions.AS_STORED);
        Worked.compare(file, x, features, Worked.decoded(features, decoder, new double[D]));
        assertThat(SaeAudit.of(file, new Cancellation()))
                .anyMatch(finding ->
                        finding.topic().equals("b_dec") && finding.sentence().contains("no decoder bias"));
    }

    @Test
    void aDecoderBiasThatTheConfigurationDeniesIsRefused() {
        Map<String, Object> config = config();
        config.put("use_decoder_bias", false);
        write(config, true);

        assertThatThrownBy(() -> SaeFile.read(folder, SaeOptions.AS_STORED))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("use_decoder_bias false, but there is a tensor b_D");
    }

    /** z |D| > exp(t), and z itself where it is. */
    @Test
    void aThresholdIsForPreActivationsTimesDecoderNormsUnlessSaidOtherwise() {
        double[] logarithms = Worked.random(8, 1, encoder.length)[0];
        Map<String, Object> config = config();
        config.put("act_fn", "jumprelu");
        config.remove("sparsity_include_decoder_norm");
        JsonFiles.write(folder.resolve("config.json"), config);
        tensors(true)
                .add("activation_function.log_jumprelu_threshold", Worked.tensor(logarithms))
                .write(folder.resolve("sae_weights.safetensors"));

        double[] thresholds = new double[encoder.length];
        Arrays.setAll(thresholds, i -> Math.exp(logarithms[i]) / norm(decoder[i]));
        double[][] features = Worked.above(Worked.preActivations(x, encoder, encoderBias), thresholds);
        Worked.compare(
                SaeFile.read(folder, SaeOptions.AS_STORED),
                x,
                features,
                Worked.decoded(features, decoder, decoderBias));
    }

    @Test
    void foldedNormsLeaveTheChoiceAndMultiplyTheFeatures() {
        double[][] features = chosenByNorm(x, encoder, encoderBias, decoder);
        double[][] xHat = Worked.decoded(features, decoder, decoderBias);
        for (double[] row : features) {
            Arrays.setAll(row, i -> row[i] * norm(decoder[i]));
        }

        Worked.compare(SaeFile.read(topK, SaeOptions.AS_STORED.withFold(true)), x, features, xHat);
    }

    @Test
    void itIsSavedAndReadBackAsItIsAndRefusedByFormsThatCannotSayIt() {
        SaeFile file = SaeFile.read(topK, SaeOptions.AS_STORED);
        Path saved = SaeSaving.save(file, Form.PLAIN, folder.resolve("plain.safetensors"), new Cancellation());

        double[][] features = chosenByNorm(x, encoder, encoderBias, decoder);
        SaeFile read = SaeFile.read(saved, SaeOptions.AS_STORED);
        assertThat(read.config().activation()).isEqualTo(file.config().activation());
        Worked.compare(read, x, features, Worked.decoded(features, decoder, decoderBias));
        assertThatThrownBy(() -> SaeSaving.save(file, Form.SAELENS, folder.resolve("lens"), new Cancellation()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("decoder norms");
    }

    @Test
    void theTorchFormIsFoundAndReadByName() {
        TorchWriter writer = new TorchWriter();
        writer.add("sae.W_E", Worked.tensor(Worked.turned(encoder)))
                .add("sae.b_E", Worked.tensor(encoderBias))
                .add("sae.W_D", Worked.tensor(decoder))
                .add("sae.b_D", Worked.tensor(decoderBias))
                .write(folder.resolve("sae_weights.pt"));
        JsonFiles.write(folder.resolve("config.json"), config());

        double[][] features = chosenByNorm(x, encoder, encoderBias, decoder);
        SaeFile file = SaeFile.read(folder, SaeOptions.AS_STORED);
        assertThat(file.format()).isEqualTo("lm-saes");
        Worked.compare(file, x, features, Worked.decoded(features, decoder, decoderBias));
    }

    private static double[][] chosenByNorm(double[][] x, double[][] encoder, double[] bias, double[][] decoder) {
        double[][] p = Worked.each(Worked.preActivations(x, encoder, bias), value -> Math.max(value, 0));
        double[][] written = new double[x.length][encoder.length];
        for (int r = 0; r < x.length; r++) {
            for (int i = 0; i < encoder.length; i++) {
                written[r][i] = p[r][i] * norm(decoder[i]);
            }
        }
        return Worked.largest(p, written, K);
    }

    private static double norm(double[] direction) {
        return Math.sqrt(Arrays.stream(direction).map(value -> value * value).sum());
    }

    private static double[][] oneRow(double[][] rows) {
        return new double[][] {
            Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray()
        };
    }

    private static double[][] batchOfOneRow(double[][] row, int columns) {
        double[][] rows = new double[row[0].length / columns][];
        Arrays.setAll(rows, r -> Arrays.copyOfRange(row[0], r * columns, (r + 1) * columns));
        return rows;
    }

    private Map<String, Object> config() {
        return new LinkedHashMap<>(ConfigJson.read(topK.resolve("config.json")).values());
    }

    private void write(Map<String, Object> config, boolean decoderBiasToo) {
        tensors(decoderBiasToo).write(folder.resolve("sae_weights.safetensors"));
        JsonFiles.write(folder.resolve("config.json"), config);
    }

    private SafetensorsWriter tensors(boolean decoderBiasToo) {
        SafetensorsWriter writer = new SafetensorsWriter()
                .add("W_E", Worked.tensor(Worked.turned(encoder)))
                .add("b_E", Worked.tensor(encoderBias))
                .add("W_D", Worked.tensor(decoder));
        return decoderBiasToo ? writer.add("b_D", Worked.tensor(decoderBias)) : writer;
    }
}
