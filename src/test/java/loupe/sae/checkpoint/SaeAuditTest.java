package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.list;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import loupe.Golden;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.Remedy;
import loupe.format.JsonFiles;
import loupe.format.SafetensorsWriter;
import loupe.sae.HostWeights.Part;
import loupe.sae.checkpoint.SaeAudit.Finding;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SaeAuditTest {
    @TempDir
    Path folder;

    @Test
    void decoderNormsAreMeasuredAndFoldingThemIsOffered() {
        write(new float[] {3, 4, 0, 2}, new float[] {0, 3}, Map.of());
        Finding norms = finding("Decoder norms", SaeOptions.AS_STORED);
        assertThat(norms.sentence()).contains("from 2.000 to 5.000").contains("not folded");
        assertThat(norms.remedy().orElseThrow().label()).isEqualTo("Fold the norms");
        SaeOptions folded = norms.remedy().orElseThrow().options();
        assertThat(read(folded).readWeights(new Cancellation()).matrix(Part.DECODER, true))
                .containsExactly(0.6f, 0.8f, 0, 1);
        assertThat(finding("Decoder norms", folded).sentence()).contains("folded into the encoder as asked");
        assertThat(finding("Decoder norms", folded)
                        .remedy()
                        .orElseThrow()
                        .options()
                        .fold())
                .isFalse();
    }

    @Test
    void directionsThatDoNotGoTogetherAreToldFromThoseThatDo() {
        int d = 16;
        int n = 200;
        Random random = new Random(9);
        float[] decoder = new float[n * d];
        for (int i = 0; i < decoder.length; i++) {
            decoder[i] = (float) random.nextGaussian();
        }
        float[] turned = new float[n * d];
        for (int i = 0; i < decoder.length; i++) {
            turned[i % d * n + i / d] = 2 * decoder[i];
        }
        write(turned, decoder, d, n);
        assertThat(finding("Directions", SaeOptions.AS_STORED).sentence())
                .contains("mean cosine of 1.000")
                .doesNotContain("chance");
        // the same numbers as if features lay in rows
        write(decoder, decoder, d, n);
        assertThat(finding("Directions", SaeOptions.AS_STORED).sentence()).contains("no more than chance");
    }

    @Test
    void unitDirectionsNeedNothing() {
        write(new float[] {0.6f, 0.8f, 0, 1}, new float[] {0, 3}, Map.of());
        assertThat(finding("Decoder norms", SaeOptions.AS_STORED).sentence()).contains("unit vectors");
        assertThat(finding("Decoder norms", SaeOptions.AS_STORED).remedy()).isEmpty();
    }

    @Test
    void theDecoderBiasCanBeSubtractedOrNotWithOneClick() {
        write(new float[] {3, 4, 0, 2}, new float[] {0, 3}, Map.of("apply_b_dec_to_input", false));
        Finding bias = finding("b_dec", SaeOptions.AS_STORED);
        assertThat(bias.sentence()).isEqualTo("b_dec (norm 3.000) is not subtracted before encoding");
        SaeOptions subtract = bias.remedy().orElseThrow().options();
        assertThat(read(subtract).config().reading().subtractsDecoderBias()).isTrue();
        assertThat(finding("b_dec", subtract).sentence()).isEqualTo("b_dec (norm 3.000) is subtracted before encoding");
        write(new float[] {3, 4, 0, 2}, new float[] {0, 0}, Map.of());
        assertThat(finding("b_dec", SaeOptions.AS_STORED).sentence()).contains("zero");
        assertThat(finding("b_dec", SaeOptions.AS_STORED).remedy()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "none, without normalisation",
        "layer_norm, divided by its standard deviation",
        "constant_norm_rescale, the norm sqrt(d)",
        "expected_average_only_in, almost certainly wrong"
    })
    void whatIsDoneToTheInputIsSaid(String normalisation, String words) {
        write(new float[] {3, 4, 0, 2}, new float[] {0, 3}, Map.of("normalize_activations", normalisation));
        assertThat(finding("Input", SaeOptions.AS_STORED).sentence()).contains(words);
        if (normalisation.startsWith("expected")) {
            assertThat(finding("Input", SaeOptions.AS_STORED.withNormFactor(0.25))
                            .sentence())
                    .contains("multiplied by 0.2500");
            assertThat(finding("Feature scale", SaeOptions.AS_STORED.withNormFactor(0.25))
                            .sentence())
                    .contains("0.2500 times");
        }
    }

    @Test
    void centringIsSaidAndCanBeTurned() {
        write(new float[] {3, 4, 0, 2}, new float[] {0, 3}, Map.of());
        // a file without a version is of the time when SAELens processed models
        assertThat(finding("Centring", SaeOptions.AS_STORED).sentence()).contains("less their mean");
        SaeOptions raw =
                finding("Centring", SaeOptions.AS_STORED).remedy().orElseThrow().options();
        assertThat(read(raw).config().trained().centred()).isFalse();
        assertThat(finding("Centring", raw).sentence()).contains("as asked for, not centred");
    }

    @ParameterizedTest
    @CsvSource({"true, began with", "false, did not begin with", ", do not say whether"})
    void theBeginningOfTextIsSaid(Boolean prepended, String words) {
        write(
                new float[] {3, 4, 0, 2},
                new float[] {0, 3},
                prepended == null ? Map.of() : Map.of("metadata", Map.of("prepend_bos", prepended)));
        assertThat(finding("Beginning of text", SaeOptions.AS_STORED).sentence())
                .contains(words);
    }

    @Test
    void recordedCheckpointsAreDescribedInFull() {
        for (String name : List.of(
                "dl_AutoEncoder",
                "dl_AutoEncoderNew",
                "sl_standard_bf16",
                "openai_topk",
                "gemmascope_res",
                "eleuther_skip_transcoder",
                "tok_gated")) {
            List<Finding> findings =
                    SaeAudit.of(SaeFile.read(Golden.folder(name), SaeOptions.AS_STORED), new Cancellation());
            assertThat(findings.stream().map(Finding::topic))
                    .contains(
                            "Decoder norms",
                            "b_dec",
                            "Input",
                            "Beginning of text",
                            "Centring",
                            "Stored type",
                            "Feature scale");
            assertThat(findings)
                    .allSatisfy(
                            f -> assertThat(f.sentence()).doesNotEndWith(".").doesNotContain("null"));
        }
        assertThat(words("sl_standard_bf16")).contains("BF16").contains("0.4 %");
        assertThat(words("openai_topk")).contains("units of the normalised input");
        assertThat(words("dl_AutoEncoder")).contains("made unit vectors, as its library does");
        assertThat(words("dl_AutoEncoderNew")).contains("forward() reports them times the decoder norms");
        assertThat(words("eleuther_skip_transcoder")).contains("It is a transcoder");
        assertThat(words("gemmascope_res")).contains("left out of its training");
        assertThat(words("tok_gated")).contains("bias for the current token").containsPattern("it has \\d+ rows");
    }

    @ParameterizedTest
    @CsvSource({"batchtopk", "groupmax"})
    void foldingIsRefusedWhereItWouldChooseOtherFeatures(String which) {
        String name = which.equals("batchtopk") ? "dl_BatchTopKSAE" : "eleuther_groupmax";
        Path golden = Golden.folder(name);
        assertThatThrownBy(() -> SaeFile.read(golden, SaeOptions.AS_STORED.withFold(true)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(which)
                .extracting("remedies", list(Remedy.class))
                .containsExactly(Remedy.leaveOut(Remedy.Choice.FOLD));
        assertThat(words(name)).doesNotContain("not folded into the encoder");
    }

    private static String words(String golden) {
        return SaeAudit.of(SaeFile.read(Golden.folder(golden), SaeOptions.AS_STORED), new Cancellation()).stream()
                .map(Finding::sentence)
                .collect(Collectors.joining("\n"));
    }

    private Finding finding(String topic, SaeOptions options) {
        return SaeAudit.of(read(options), new Cancellation()).stream()
                .filter(f -> f.topic().equals(topic))
                .findFirst()
                .orElseThrow();
    }

    private SaeFile read(SaeOptions options) {
        return SaeFile.read(folder, options);
    }

    /** Two features of two dimensions. */
    private void write(float[] decoder, float[] bias, Map<String, Object> more) {
        write(new float[] {1, 0, 0, 1}, decoder, bias, 2, 2, more);
    }

    private void write(float[] encoder, float[] decoder, int d, int n) {
        write(encoder, decoder, new float[d], d, n, Map.of());
    }

    private void write(float[] encoder, float[] decoder, float[] bias, int d, int n, Map<String, Object> more) {
        new SafetensorsWriter()
                .add("W_enc", new HostTensor(encoder, d, n))
                .add("b_enc", new HostTensor(new float[n], n))
                .add("W_dec", new HostTensor(decoder, n, d))
                .add("b_dec", new HostTensor(bias, d))
                .write(folder.resolve("sae_weights.safetensors"));
        Map<String, Object> cfg = new HashMap<>(Map.of("d_in", d, "d_sae", n));
        cfg.putAll(more);
        JsonFiles.write(folder.resolve("cfg.json"), cfg);
    }
}
