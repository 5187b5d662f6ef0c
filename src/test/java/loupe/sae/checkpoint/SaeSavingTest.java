package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.Stream;
import loupe.Golden;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.sae.Activation;
import loupe.sae.HostWeights;
import loupe.sae.HostWeights.Part;
import loupe.sae.InputNormalisation;
import loupe.sae.Reconstruction;
import loupe.sae.SaeConfig;
import loupe.sae.SparseAutoencoder;
import loupe.sae.checkpoint.SaeSaving.Form;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A checkpoint saved in another form computes what it computed: features and reconstruction within 1e-4 + 1e-5 |value|,
 * because b_dec moved into the encoder's bias is added in another order; or it is refused with a sentence, and nothing
 * is left where it should have been.
 */
class SaeSavingTest {
    private static final int D = 6;
    private static final int N = 20;
    private static final int ROWS = 9;

    @TempDir
    Path folder;

    /** Every kind of autoencoder, saved as every form. */
    static Stream<Arguments> kinds() {
        List<Arguments> kinds = new ArrayList<>();
        for (Form form : Form.values()) {
            for (boolean subtract : new boolean[] {true, false}) {
                for (Activation activation : List.of(
                        new Activation.Relu(),
                        new Activation.JumpRelu(),
                        new Activation.Gated(),
                        new Activation.TopK(4, true, false),
                        new Activation.TopK(4, true, true),
                        new Activation.TopK(4, false, false),
                        new Activation.BatchTopK(4, OptionalDouble.of(0.5)),
                        new Activation.BatchTopK(4, OptionalDouble.empty()),
                        new Activation.GroupMax(5),
                        new Activation.TanhRelu())) {
                    kinds.add(Arguments.of(form, activation, subtract));
                }
            }
        }
        return kinds.stream();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void whatIsSavedComputesTheSameOrIsRefused(Form form, Activation activation, boolean subtract) {
        SaeConfig config = SaeConfig.of("plain", D, N, activation, subtract)
                .trainedAt("tiny", new HookPoint(HookPoint.Site.RESID_MID, 2), true);
        savesOrRefuses(config, weights(), form, possible(form, activation));
    }

    private static boolean possible(Form form, Activation activation) {
        boolean known = activation instanceof Activation.Relu
                || activation instanceof Activation.JumpRelu
                || activation instanceof Activation.Gated
                || activation instanceof Activation.TopK topK && topK.relu()
                || activation instanceof Activation.BatchTopK batch
                        && batch.threshold().isPresent();
        return form == Form.PLAIN || known;
    }

    @ParameterizedTest
    @EnumSource(Form.class)
    void aLookupIsKeptByPlainFilesOnly(Form form) {
        SaeConfig config =
                SaeConfig.of("plain", D, N, new Activation.Relu(), true).withLookup(true);
        savesOrRefuses(config, weights().matrix(Part.LOOKUP, normal(5, 7 * D), 7, D, false), form, form == Form.PLAIN);
    }

    @ParameterizedTest
    @EnumSource(Form.class)
    void featureScalesGoIntoTheDecoder(Form form) {
        savesOrRefuses(
                SaeConfig.of("plain", D, N, new Activation.Relu(), true),
                weights().vector(Part.FEATURE_SCALE, normal(6, N)),
                form,
                true);
    }

    @ParameterizedTest
    @EnumSource(Form.class)
    void normalisationOfEachVectorIsKeptWhereThereIsAPlaceForIt(Form form) {
        SaeConfig config = SaeConfig.of("plain", D, N, new Activation.Relu(), true);
        savesOrRefuses(
                config.withNormalisation(InputNormalisation.LAYER_NORM),
                weights(),
                form,
                form != Form.DICTIONARY_LEARNING);
    }

    @ParameterizedTest
    @EnumSource(Form.class)
    void transcodersWithSkipAndInputBiasAreSavedWhereThereIsAPlaceForThem(Form form) {
        SaeConfig config = SaeConfig.of("plain", D, N, new Activation.JumpRelu(), false)
                .trainedAt("tiny", HookPoint.residPre(1), false)
                .withWriting(new SaeConfig.Writing.Elsewhere(Optional.of(HookPoint.residPost(1)), D + 1));
        HostWeights weights = weights()
                .matrix(Part.DECODER, normal(7, N * (D + 1)), N, D + 1, true)
                .vector(Part.DECODER_BIAS, normal(8, D + 1))
                .vector(Part.INPUT_BIAS, normal(9, D))
                .matrix(Part.SKIP, normal(10, D * (D + 1)), D + 1, D, false);
        savesOrRefuses(config, weights, form, form != Form.DICTIONARY_LEARNING);
    }

    /** Saves as a plain file first, whose reader is what every form's result is compared with. */
    private void savesOrRefuses(SaeConfig config, HostWeights weights, Form form, boolean possible) {
        Path original = folder.resolve("original.safetensors");
        PlainSae.write(original, config, weights);
        SaeFile open = SaeFile.read(original, SaeOptions.AS_STORED);
        assertThat(open.config()).isEqualTo(config);
        Path target = folder.resolve("saved" + form.suffix());
        if (!possible) {
            assertThatThrownBy(() -> SaeSaving.save(open, form, target, new Cancellation()))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining(form.label())
                    .hasMessageContaining("Save it as");
            assertThat(target).doesNotExist();
            return;
        }
        SaeSaving.save(open, form, target, new Cancellation());
        SaeFile back = SaeFile.read(target, SaeOptions.AS_STORED);
        assertThat(back.config().hook()).isEqualTo(config.hook());
        assertThat(back.config().hookOut()).isEqualTo(config.hookOut());
        assertThat(back.config().trained().centred()).isEqualTo(config.trained().centred());
        assertThat(back.config().trained().model()).isEqualTo(config.trained().model());
        assertSameNumbers(open, back);
    }

    /** Formats as they are found in the world, through every form that takes them. */
    @ParameterizedTest
    @MethodSource
    void recordedCheckpointsKeepTheirNumbers(String name, SaeOptions options, List<Form> refused) throws IOException {
        SaeFile open = SaeFile.read(Golden.folder(name), options);
        for (Form form : Form.values()) {
            Path target = folder.resolve(form.name() + form.suffix());
            if (refused.contains(form)) {
                assertThatThrownBy(() -> SaeSaving.save(open, form, target, new Cancellation()))
                        .isInstanceOf(CheckpointException.class);
            } else {
                SaeSaving.save(open, form, target, new Cancellation());
                assertSameNumbers(open, SaeFile.read(target, SaeOptions.AS_STORED));
            }
        }
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left.filter(file -> file.getFileName().toString().endsWith(".part")))
                    .isEmpty();
        }
    }

    static Stream<Arguments> recordedCheckpointsKeepTheirNumbers() {
        List<Form> none = List.of();
        List<Form> dictionary = List.of(Form.DICTIONARY_LEARNING);
        List<Form> both = List.of(Form.DICTIONARY_LEARNING, Form.SAELENS);
        SaeOptions k = SaeOptions.builder().k(OptionalInt.of(9)).build();
        SaeOptions factor =
                SaeOptions.builder().normFactor(OptionalDouble.of(1.7)).build();
        return Stream.of(
                Arguments.of("dl_AutoEncoder", SaeOptions.AS_STORED, none),
                Arguments.of("dl_AutoEncoderNew", SaeOptions.AS_STORED, none),
                Arguments.of("dl_GatedAutoEncoder", SaeOptions.AS_STORED, none),
                Arguments.of("dl_MatryoshkaBatchTopKSAE", SaeOptions.AS_STORED, none),
                Arguments.of("sl_topk_rescale_bdec", SaeOptions.AS_STORED, none),
                Arguments.of("sl2_standard_scaling", SaeOptions.AS_STORED, none),
                Arguments.of("sl_standard_expected_average_only_in_bdec", factor, none),
                Arguments.of("sl_skip_transcoder", SaeOptions.AS_STORED, dictionary),
                Arguments.of("sl5_tanh_relu", SaeOptions.AS_STORED, both),
                Arguments.of("openai_topk", SaeOptions.AS_STORED, dictionary),
                Arguments.of("eleuther_topk", SaeOptions.AS_STORED, none),
                Arguments.of("eleuther_groupmax", SaeOptions.AS_STORED, both),
                Arguments.of("gemmascope_embedding", SaeOptions.AS_STORED, none),
                Arguments.of("gemmascope_transcoder", SaeOptions.AS_STORED, dictionary),
                Arguments.of("tok_topk", k, both),
                Arguments.of("sl_standard_hook_z", SaeOptions.AS_STORED, none));
    }

    @Test
    void aFolderThatIsThereAlreadyIsNeverWrittenOver() throws IOException {
        Path original = folder.resolve("original.safetensors");
        PlainSae.write(original, SaeConfig.of("plain", D, N, new Activation.Relu(), true), weights());
        SaeFile open = SaeFile.read(original, SaeOptions.AS_STORED);
        Path taken = Files.createDirectory(folder.resolve("taken"));
        Path file = Files.writeString(taken.resolve("thesis.txt"), "all of it");
        assertThatThrownBy(() -> SaeSaving.save(open, Form.SAELENS, taken, new Cancellation()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("something here already")
                .hasMessageContaining("Choose another name");
        assertThat(file).hasContent("all of it");
    }

    private static void assertSameNumbers(SaeFile expected, SaeFile actual) {
        float[] should = run(expected);
        float[] is = run(actual);
        for (int i = 0; i < should.length; i++) {
            assertThat(is[i]).as("value " + i).isCloseTo(should[i], within(1e-4f + 1e-5f * Math.abs(should[i])));
        }
        assertThat(is).hasSameSizeAs(should);
    }

    private static float[] run(SaeFile file) {
        SaeConfig config = file.config();
        try (NDManager manager = NDManager.newBaseManager();
                SparseAutoencoder sae =
                        SparseAutoencoder.upload(manager, config, file.readWeights(new Cancellation()))) {
            NDArray x = manager.create(normal(11, ROWS * config.dIn()), new Shape(ROWS, config.dIn()));
            Reconstruction r = sae.reconstruct(
                    x,
                    config.lookup()
                            ? manager.arange(ROWS).toType(DataType.INT64, false).mod(5)
                            : null);
            return r.features().concat(r.xHat(), 1).toFloatArray();
        }
    }

    private static HostWeights weights() {
        return new HostWeights()
                .matrix(Part.ENCODER, normal(1, N * D), N, D, true)
                .vector(Part.ENCODER_BIAS, normal(2, N))
                .matrix(Part.DECODER, normal(3, N * D), D, N, false)
                .vector(Part.DECODER_BIAS, normal(4, D))
                .vector(Part.THRESHOLD, absolute(normal(12, N)))
                .vector(Part.MAGNITUDE_SCALE, normal(13, N))
                .vector(Part.MAGNITUDE_BIAS, normal(14, N));
    }

    private static float[] absolute(float[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.abs(values[i]);
        }
        return values;
    }

    private static float[] normal(int seed, int count) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
