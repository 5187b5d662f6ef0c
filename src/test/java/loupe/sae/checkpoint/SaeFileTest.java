package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.list;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import loupe.format.JsonFiles;
import loupe.format.SafetensorsWriter;
import loupe.format.TorchWriter;
import loupe.sae.Activation;
import loupe.sae.HostWeights;
import loupe.sae.HostWeights.Part;
import loupe.sae.InputNormalisation;
import loupe.sae.Reconstruction;
import loupe.sae.SaeConfig;
import loupe.sae.SparseAutoencoder;
import loupe.sae.checkpoint.SaeProposal.Missing;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the readers say about files that lack something, contradict themselves or are of no known kind; formats I.6, 39
 * to 47.
 */
class SaeFileTest {
    private static final int D = 4;
    private static final int N = 10;

    @TempDir
    Path folder;

    // tokenized-sae

    @Test
    void aTokenizedFileWithoutKSaysWhatItsNameSuggests() {
        Path file = tokenized("gpt2_resid_pre_8_ot3.pt");
        SaeFile read = SaeFile.read(file, SaeOptions.AS_STORED);
        assertThat(read.proposal())
                .isEqualTo(new SaeProposal(
                        Set.of(Missing.K),
                        OptionalInt.of(3),
                        Optional.of(HookPoint.residPre(8)),
                        true,
                        new SaeProposal.Encoding(
                                "topk", List.of("topk", "relu", "batchtopk"), false, OptionalDouble.empty())));
        assertThat(read.model()).isEqualTo("gpt2");
        assertThatThrownBy(read::config)
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("its name suggests 3")
                .extracting("remedies", list(Remedy.class))
                .containsExactly(Remedy.give(Choice.K, "3"), Remedy.give(Choice.ACTIVATION, "relu"));
        assertThat(SaeFile.read(file, k(3)).config().activation()).isEqualTo(new Activation.TopK(3, false, false));
    }

    @ParameterizedTest
    @CsvSource({
        "gpt2_resid_pre_8_o30_lr0.1.pt,30",
        "pythia_resid_pre_16_aot50.pt,50",
        "gpt2_resid_pre_8_ot30_long.pt,30",
        "gpt2_resid_pre_8_t8.pt,-1",
        "sae.pt,-1"
    })
    void kIsSuggestedByTheTagOfTheNameOnly(String name, int k) {
        assertThat(SaeFile.read(tokenized(name), SaeOptions.AS_STORED)
                        .proposal()
                        .k())
                .isEqualTo(k < 0 ? OptionalInt.empty() : OptionalInt.of(k));
    }

    @Test
    void whatTheUserSaysGoesBeforeWhatTheFileSays() {
        Path file = tokenized("gpt2_resid_pre_8_ot3.pt");
        SaeOptions said = SaeOptions.builder()
                .k(OptionalInt.of(5))
                .hook(Optional.of(HookPoint.residPost(2)))
                .centred(Optional.of(false))
                .build();
        SaeConfig config = SaeFile.read(file, said).config();
        assertThat(config.hook()).contains(HookPoint.residPost(2));
        assertThat(config.trained().centred()).isFalse();
        assertThat(((Activation.TopK) config.activation()).k()).isEqualTo(5);
    }

    @ParameterizedTest
    @CsvSource({"0", "-1", "11"})
    void anImpossibleKIsRefusedWithTheNumberOfFeatures(int k) {
        SaeFile read = SaeFile.read(tokenized("sae.pt"), k(k));
        assertThatThrownBy(read::config)
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("k is " + k)
                .hasMessageContaining("1 to 10");
    }

    @Test
    void aLanguageModelIsCalledOne() throws IOException {
        Path file = folder.resolve("model.safetensors");
        new SafetensorsWriter()
                .add("transformer.wte.weight", new HostTensor(new float[12], 3, 4))
                .add("transformer.h.0.ln_1.weight", new HostTensor(new float[4], 4))
                .write(file);
        assertThatThrownBy(() -> SaeFile.read(file, SaeOptions.AS_STORED))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("this is a language model")
                .hasMessageContaining("Open it as the model");
    }

    @Test
    void theLookupIsThereIfItsTensorIsWhateverTheNameSays() {
        assertThat(SaeFile.read(tokenized("gpt2_resid_pre_8_o3.pt"), k(3))
                        .config()
                        .lookup())
                .isTrue();
    }

    @Test
    void aDecoderOfAnotherSizeIsRefusedNamingTheShapes() {
        Path file = folder.resolve("sae.safetensors");
        new SafetensorsWriter()
                .add("W_enc", zeros(N, D))
                .add("b_enc", zeros(N))
                .add("W_dec", zeros(D, N + 1))
                .add("b_dec", zeros(D))
                .add("lookup.W_lookup.weight", zeros(7, D))
                .write(file);
        assertThatThrownBy(() -> SaeFile.read(file, k(3)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("do not form an autoencoder")
                .hasMessageContaining("W_dec[4, 11]");
    }

    // dictionary_learning

    @Test
    void kInTheBufferAndInTheConfigurationMustAgree() {
        topK(folder, 3, 0.5f);
        write("config.json", Map.of("trainer", Map.of("dict_class", "AutoEncoderTopK", "k", 4)));
        SaeFile read = SaeFile.read(folder, SaeOptions.AS_STORED);
        assertThatThrownBy(read::config)
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("the buffer k says 3")
                .hasMessageContaining("config.json says 4")
                .extracting("remedies", list(Remedy.class))
                .containsExactly(Remedy.give(Choice.K));
        assertThat(SaeFile.read(folder, k(4)).config().activation()).isEqualTo(new Activation.TopK(4, true, false));
    }

    @Test
    void aThresholdThatWasNeverSetIsToldWithItsConsequence() {
        topK(folder, 3, -1);
        write("config.json", Map.of("trainer", Map.of("dict_class", "BatchTopKSAE", "k", 3)));
        assertThat(SaeFile.read(folder, SaeOptions.AS_STORED).warnings())
                .anyMatch(w -> w.contains("never set") && w.contains("plain ReLU"));
    }

    @Test
    void aThresholdThatIsNotANumberIsRefused() {
        topK(folder, 3, Float.NaN);
        write("config.json", Map.of("trainer", Map.of("dict_class", "BatchTopKSAE", "k", 3)));
        assertThatThrownBy(() -> SaeFile.read(folder, SaeOptions.AS_STORED))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("not a number");
    }

    @Test
    void sizesThatContradictTheConfigurationAreRefused() {
        topK(folder, 3, 0.5f);
        write(
                "config.json",
                Map.of("trainer", Map.of("dict_class", "AutoEncoderTopK", "activation_dim", 4, "dict_size", 20)));
        assertThatThrownBy(() -> SaeFile.read(folder, SaeOptions.AS_STORED))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("config.json says 4 x 20, the file has 4 x 10");
    }

    @Test
    void anUnknownClassIsRefusedNotReadAsRelu() {
        topK(folder, 3, 0.5f);
        write("config.json", Map.of("trainer", Map.of("dict_class", "QuantumSAE")));
        assertThatThrownBy(() -> SaeFile.read(folder, SaeOptions.AS_STORED))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("QuantumSAE")
                .hasMessageContaining("AutoEncoderTopK");
    }

    @Test
    void theStateOfAnInterruptedRunHasItsBiasesMultiplied() {
        new TorchWriter()
                .add("ae.bias", ones(D))
                .add("ae.encoder.weight", ones(N, D))
                .add("ae.encoder.bias", ones(N))
                .add("ae.decoder.weight", unitColumns())
                .add("norm_factor", new HostTensor(new float[] {3}))
                .write(folder.resolve("ae.pt"));
        SaeFile read = SaeFile.read(folder, SaeOptions.AS_STORED);
        HostWeights weights = read.readWeights(new Cancellation());
        assertThat(weights.vector(Part.ENCODER_BIAS)).containsOnly(3);
        assertThat(weights.vector(Part.DECODER_BIAS)).containsOnly(3);
        assertThat(weights.matrix(Part.ENCODER, true)).containsOnly(1);
        assertThat(read.warnings()).anyMatch(w -> w.contains("interrupted run") && w.contains("3.0"));
    }

    @Test
    void compiledModulesAndTheTransposedDecoderOfMid2024AreRead() throws IOException {
        float[] rows = new float[N * D];
        rows[D] = 1;
        new TorchWriter()
                .add("_orig_mod.encoder.weight", zeros(N, D))
                .add("_orig_mod.encoder.bias", zeros(N))
                .add("_orig_mod.decoder", new HostTensor(rows, N, D))
                .add("_orig_mod.b_dec", zeros(D))
                .write(folder.resolve("ae.pt"));
        HostWeights weights = SaeFile.read(folder, k(2)).readWeights(new Cancellation());
        assertThat(weights.matrix(Part.DECODER, true)[D]).isEqualTo(1);
    }

    @Test
    void theOldReleasesSayTheirHookPointInTheirFolders() throws IOException {
        Path run = Files.createDirectories(folder.resolve("pythia-70m-deduped/resid_out_layer3/10_32768"));
        new TorchWriter()
                .add("bias", zeros(D))
                .add("encoder.weight", zeros(N, D))
                .add("encoder.bias", zeros(N))
                .add("decoder.weight", unitColumns())
                .write(run.resolve("ae.pt"));
        SaeFile read = SaeFile.read(run, SaeOptions.AS_STORED);
        assertThat(read.config().hook()).contains(HookPoint.residPost(3));
        assertThat(read.warnings()).anyMatch(w -> w.contains("resid_out_layer3"));
        // the decoder's columns are unit vectors already, so nothing is changed
        assertThat(read.readWeights(new Cancellation()).warnings()).isEmpty();
    }

    // SAELens

    @Test
    void saeLensSizesThatContradictTheConfigurationAreRefused() {
        saeLens(Map.of("d_in", D, "d_sae", 12));
        assertThatThrownBy(() -> SaeFile.read(folder, SaeOptions.AS_STORED))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("cfg.json says 4 x 12, the file has 4 x 10");
    }

    @ParameterizedTest
    @CsvSource({"architecture,temporal", "architecture,quantum", "activation_fn,gelu", "normalize_activations,whitening"
    })
    void unknownMathematicsIsRefusedNotReadAsRelu(String key, String value) {
        saeLens(Map.of("d_in", D, "d_sae", N, key, value));
        assertThatThrownBy(() -> SaeFile.read(folder, SaeOptions.AS_STORED))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(key + " " + value)
                .hasMessageContaining("not supported");
    }

    @Test
    void aTopKWithoutKSaysSo() {
        saeLens(Map.of("d_in", D, "d_sae", N, "architecture", "topk"));
        SaeFile read = SaeFile.read(folder, SaeOptions.AS_STORED);
        assertThat(read.proposal().missing()).contains(Missing.K, Missing.HOOK);
        assertThatThrownBy(read::config)
                .extracting("remedies", list(Remedy.class))
                .containsExactly(Remedy.give(Choice.K));
    }

    @Test
    void aFactorThatIsNotInTheFilesIsOneWithAWarning() {
        saeLens(Map.of("d_in", D, "d_sae", N, "normalize_activations", "expected_average_only_in"));
        SaeFile read = SaeFile.read(folder, SaeOptions.AS_STORED);
        assertThat(read.config().normalisation()).isEqualTo(InputNormalisation.EXPECTED_AVERAGE_ONLY_IN);
        assertThat(read.warnings()).anyMatch(w -> w.contains("taken as 1") && w.contains("norm factor is given"));
        write("activation_scaler.json", Map.of("scaling_factor", 0.5));
        SaeFile beside = SaeFile.read(folder, SaeOptions.AS_STORED);
        assertThat(beside.warnings()).noneMatch(w -> w.contains("norm factor is given"));
        assertThat(beside.readWeights(new Cancellation()).vector(Part.DECODER_BIAS))
                .containsOnly(2);
    }

    @Test
    void scalingFactorsTheConfigurationDeniesAreRefused() {
        saeLensWriter().add("scaling_factor", zeros(N)).write(folder.resolve("sae_weights.safetensors"));
        write("cfg.json", Map.of("d_in", D, "d_sae", N, "finetuning_scaling_factor", false));
        assertThatThrownBy(() -> SaeFile.read(folder, SaeOptions.AS_STORED))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("finetuning_scaling_factor false");
    }

    @ParameterizedTest
    @CsvSource({"'',true", "2.1.3,true", "3.19.4,true", "3.20.0,false", "5.10.3,false", "6.18.0,false"})
    void centringFollowsTheReleaseUnlessTheFileSaysSo(String version, boolean centred) {
        saeLens(
                version.isEmpty()
                        ? Map.of("d_in", D, "d_sae", N)
                        : Map.of("d_in", D, "d_sae", N, "sae_lens_training_version", version));
        assertThat(SaeFile.read(folder, SaeOptions.AS_STORED).config().trained().centred())
                .isEqualTo(centred);
        write(
                "cfg.json",
                Map.of(
                        "d_in",
                        D,
                        "d_sae",
                        N,
                        "metadata",
                        Map.of(
                                "sae_lens_version",
                                "6.18.0",
                                "model_from_pretrained_kwargs",
                                Map.of("center_writing_weights", true))));
        assertThat(SaeFile.read(folder, SaeOptions.AS_STORED).config().trained().centred())
                .isTrue();
    }

    @Test
    void foldingAPlainTopKIsRefusedBecauseItWouldChooseOtherFeatures() {
        saeLens(Map.of("d_in", D, "d_sae", N, "architecture", "topk", "k", 2));
        SaeOptions fold = SaeOptions.builder().fold(true).build();
        assertThatThrownBy(() -> SaeFile.read(folder, fold))
                .isInstanceOf(CheckpointException.class)
                .extracting("remedies", list(Remedy.class))
                .containsExactly(Remedy.leaveOut(Choice.FOLD));
    }

    @Test
    void aConfigurationOfTheWrongTypeIsRefused() {
        saeLens(Map.of("d_in", D, "d_sae", N, "architecture", "topk", "k", "many"));
        assertThatThrownBy(() -> SaeFile.read(folder, SaeOptions.AS_STORED))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("k is many")
                .hasMessageContaining("a whole number");
    }

    // the others, for which nothing is recorded: by hand

    @Test
    void llamaScopeIsScaledByTheNormsInItsFile() throws IOException {
        Files.createDirectories(folder.resolve("checkpoints"));
        // d = 4, average norm 8: s = 2 / 8; one feature of ten reads coordinate 0
        new SafetensorsWriter()
                .add("encoder.weight", unit(N, D))
                .add("encoder.bias", zeros(N))
                .add("decoder.weight", unit(D, N))
                .add("decoder.bias", ones(D))
                .write(folder.resolve("checkpoints/final.safetensors"));
        write(
                "hyperparams.json",
                Map.of(
                        "hook_point_in",
                        "blocks.3.hook_resid_post",
                        "hook_point_out",
                        "blocks.3.hook_resid_post",
                        "jump_relu_threshold",
                        3.0,
                        "dataset_average_activation_norm",
                        Map.of("in", 8, "out", 8)));
        SaeFile read = SaeFile.read(folder, SaeOptions.AS_STORED);
        assertThat(read.config().hook()).contains(HookPoint.residPost(3));
        assertThat(read.config().hookOut()).isEmpty();
        // 2 is below the threshold 3, 6 is above: the feature is 6 / 4, the output 6 + 1 / s
        assertThat(run(read, 2, 0, 0, 0)).startsWith(0).endsWith(4, 4, 4, 4);
        assertThat(run(read, 6, 0, 0, 0)).startsWith(1.5f).endsWith(10, 4, 4, 4);
    }

    @Test
    void goodfireNeitherSubtractsNorNormalises() {
        Path file = folder.resolve("Llama-3.1-8B-Instruct-SAE-l19.pth");
        new TorchWriter()
                .add("encoder_linear.weight", unit(N, D))
                .add("encoder_linear.bias", ones(N))
                .add("decoder_linear.weight", unit(D, N))
                .add("decoder_linear.bias", ones(D))
                .write(file);
        SaeFile read = SaeFile.read(file, SaeOptions.AS_STORED);
        assertThat(read.config().hook()).contains(HookPoint.residPost(19));
        assertThat(read.model()).isEqualTo("Llama-3.1-8B-Instruct");
        assertThat(run(read, 2, 0, 0, 0)).startsWith(3, 1).endsWith(4, 1, 1, 1);
    }

    @Test
    void apolloHasUnitDecoderDirectionsWhateverIsStored() {
        Path file = folder.resolve("samples_400000.pt");
        float[] decoder = new float[D * N];
        decoder[0] = 3;
        decoder[N] = 4;
        new TorchWriter()
                .add("blocks-6-hook_resid_pre.encoder.0.weight", unit(N, D))
                .add("blocks-6-hook_resid_pre.encoder.0.bias", zeros(N))
                .add("blocks-6-hook_resid_pre.decoder.weight", new HostTensor(decoder, D, N))
                .add("blocks-6-hook_resid_pre.decoder.bias", ones(D))
                .write(file);
        SaeFile read = SaeFile.read(file, SaeOptions.AS_STORED);
        assertThat(read.config().hook()).contains(HookPoint.residPre(6));
        assertThat(read.config().trained().centred()).isTrue();
        assertThat(run(read, 10, 0, 0, 0)).startsWith(10).endsWith(7, 9, 1, 1);
    }

    @Test
    void fourTensorsWithTheEncoderTheOtherWayRoundAreNotTokenized() {
        Path file = folder.resolve("25.pt");
        new TorchWriter()
                .add("W_enc", unit(D, N))
                .add("W_dec", unit(N, D))
                .add("b_enc", zeros(N))
                .add("b_dec", ones(D))
                .write(file);
        write("25_cfg.json", Map.of("model_name", "gelu-1l", "act_name", "blocks.0.mlp.hook_post"));
        SaeFile read = SaeFile.read(file, SaeOptions.AS_STORED);
        assertThat(read.format()).isEqualTo("neel");
        assertThat(read.config().hook()).contains(new HookPoint(HookPoint.Site.MLP_POST, 0));
        assertThat(run(read, 3, 1, 1, 1)).startsWith(2).endsWith(3, 1, 1, 1);
    }

    @Test
    void aSquareEncoderIsReadOnlyWhenItsFormatIsNamed() {
        Path file = folder.resolve("sae.pt");
        float[] encoder = new float[D * D];
        encoder[1] = 1;
        new TorchWriter()
                .add("W_enc", new HostTensor(encoder, D, D))
                .add("W_dec", unit(D, D))
                .add("b_enc", zeros(D))
                .add("b_dec", zeros(D))
                .write(file);
        assertThatThrownBy(() -> SaeFile.read(file, SaeOptions.AS_STORED))
                .extracting("remedies", list(Remedy.class))
                .containsExactly(Remedy.give(Choice.FORMAT, "neel"), Remedy.give(Choice.FORMAT, "tokenized"));
        // feature 1 reads coordinate 0, or feature 0 coordinate 1
        assertThat(run(SaeFile.read(file, format("neel")), 5, 7, 0, 0)).startsWith(0, 5);
        assertThat(run(SaeFile.read(file, format("tokenized")), 5, 7, 0, 0)).startsWith(7, 0);
    }

    // any

    @Test
    void nonFiniteWeightsAreCounted() {
        Path file = folder.resolve("sae.safetensors");
        float[] encoder = new float[N * D];
        encoder[3] = Float.NaN;
        encoder[4] = Float.NEGATIVE_INFINITY;
        new SafetensorsWriter()
                .add("W_enc", new HostTensor(encoder, N, D))
                .add("b_enc", zeros(N))
                .add("W_dec", zeros(D, N))
                .add("b_dec", zeros(D))
                .write(file);
        assertThat(SaeFile.read(file, k(3)).readWeights(new Cancellation()).warnings())
                .singleElement()
                .asString()
                .contains("W_enc contains 2 non-finite values");
    }

    @Test
    void tensorsOfNoKnownKindAreRefusedNamingThem() {
        Path file = folder.resolve("any.safetensors");
        new SafetensorsWriter().add("weights.weight", zeros(N, D)).write(file);
        assertThatThrownBy(() -> SaeFile.read(file, SaeOptions.AS_STORED))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("weights.weight[10, 4]")
                .extracting("remedies", list(Remedy.class))
                .containsExactly(Remedy.give(Choice.TENSORS, "encoder=weights.weight,decoder=weights.weight"));
    }

    @Test
    void aFolderWithoutWeightsOrWithSeveralIsRefused() {
        assertThatThrownBy(() -> SaeFile.read(folder, SaeOptions.AS_STORED))
                .hasMessageContaining("no weights in this folder");
        tokenized("gpt2_resid_pre_8_ot3.pt");
        tokenized("gpt2_resid_pre_9_ot3.pt");
        assertThatThrownBy(() -> SaeFile.read(folder, SaeOptions.AS_STORED))
                .hasMessageContaining("holds 2 files")
                .hasMessageContaining("gpt2_resid_pre_9_ot3.pt");
    }

    @Test
    void aFolderWithSeveralCheckpointsBelowIsRefusedNamingThem() throws IOException {
        for (int layer = 0; layer < 2; layer++) {
            topK(Files.createDirectories(folder.resolve("run/resid_post_layer_" + layer + "/trainer_0")), 3, 0.5f);
        }
        assertThatThrownBy(() -> SaeFile.read(folder, SaeOptions.AS_STORED))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("2 checkpoints in this folder (run/resid_post_layer_0/trainer_0, "
                        + "run/resid_post_layer_1/trainer_0)")
                .hasMessageContaining("Choose one of them");
        assertThat(SaeFile.read(folder.resolve("run/resid_post_layer_1"), SaeOptions.AS_STORED)
                        .config()
                        .hook())
                .contains(HookPoint.residPost(1));
    }

    @Test
    void aFolderThatIsCalledLikeAFileIsAFolder() throws IOException {
        Path inside = Files.createDirectories(folder.resolve("sae.pt"));
        saeLensWriter().write(inside.resolve("sae_weights.safetensors"));
        JsonFiles.write(inside.resolve("cfg.json"), Map.of("d_in", D, "d_sae", N));
        assertThat(SaeFile.read(inside, SaeOptions.AS_STORED).format()).isEqualTo("saelens");
        assertThat(SaeFile.read(folder, SaeOptions.AS_STORED).weightsPath())
                .isEqualTo(inside.resolve("sae_weights.safetensors"));
    }

    @Test
    void otherTensorsBesideTheOnlyCheckpointBelowDoNotHideIt() throws IOException {
        new SafetensorsWriter().add("activations", zeros(3, D)).write(folder.resolve("recorded.safetensors"));
        topK(Files.createDirectories(folder.resolve("trainer_0/checkpoints")), 3, 0.5f);
        topK(folder.resolve("trainer_0"), 3, 0.5f);
        assertThat(SaeFile.read(folder, SaeOptions.AS_STORED).weightsPath())
                .isEqualTo(folder.resolve("trainer_0/ae.pt"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"jumprelu", "gated", "softmax"})
    void anActivationFunctionTheTensorsDoNotServeIsRefused(String name) {
        SaeOptions options = SaeOptions.builder().activation(Optional.of(name)).build();
        assertThatThrownBy(() -> SaeFile.read(tokenized("sae.pt"), options)).isInstanceOf(CheckpointException.class);
    }

    @Test
    void aFormatThatIsNoneIsRefusedWithTheNamesThereAre() {
        SaeOptions options = SaeOptions.builder().format(Optional.of("onnx")).build();
        assertThatThrownBy(() -> SaeFile.read(tokenized("sae.pt"), options))
                .hasMessageContaining("onnx")
                .hasMessageContaining("tokenized");
    }

    /** Features and reconstruction of one vector, one after the other. */
    private static float[] run(SaeFile file, float... x) {
        try (NDManager manager = NDManager.newBaseManager();
                SparseAutoencoder sae =
                        SparseAutoencoder.upload(manager, file.config(), file.readWeights(new Cancellation()))) {
            Reconstruction r = sae.reconstruct(manager.create(x, new Shape(1, x.length)), null);
            return r.features().concat(r.xHat(), 1).toFloatArray();
        }
    }

    /** 1 at the first row and column, else 0. */
    private static HostTensor unit(int rows, int columns) {
        HostTensor tensor = zeros(rows, columns);
        tensor.data()[0] = 1;
        return tensor;
    }

    private Path tokenized(String name) {
        Path file = folder.resolve(name);
        new TorchWriter()
                .add("W_enc", zeros(N, D))
                .add("b_enc", zeros(N))
                .add("W_dec", zeros(D, N))
                .add("b_dec", zeros(D))
                .add("lookup.W_lookup.weight", zeros(7, D))
                .write(file);
        return file;
    }

    private void topK(Path into, int k, float threshold) {
        new TorchWriter()
                .add("encoder.weight", zeros(N, D))
                .add("encoder.bias", zeros(N))
                .add("decoder.weight", zeros(D, N))
                .add("b_dec", zeros(D))
                .add("k", new long[] {k})
                .add("threshold", new HostTensor(new float[] {threshold}))
                .write(into.resolve("ae.pt"));
    }

    private SafetensorsWriter saeLensWriter() {
        return new SafetensorsWriter()
                .add("W_enc", ones(D, N))
                .add("b_enc", ones(N))
                .add("W_dec", ones(N, D))
                .add("b_dec", ones(D));
    }

    private void saeLens(Map<String, Object> cfg) {
        saeLensWriter().write(folder.resolve("sae_weights.safetensors"));
        write("cfg.json", cfg);
    }

    private void write(String name, Map<String, Object> json) {
        JsonFiles.write(folder.resolve(name), json);
    }

    private static HostTensor unitColumns() {
        float[] data = new float[D * N];
        java.util.Arrays.fill(data, 0, N, 1);
        return new HostTensor(data, D, N);
    }

    private static HostTensor zeros(int... shape) {
        return new HostTensor(new float[java.util.Arrays.stream(shape).reduce(1, Math::multiplyExact)], shape);
    }

    private static HostTensor ones(int... shape) {
        HostTensor tensor = zeros(shape);
        java.util.Arrays.fill(tensor.data(), 1);
        return tensor;
    }

    private static SaeOptions format(String name) {
        return SaeOptions.builder()
                .format(Optional.of(name))
                .k(OptionalInt.of(1))
                .build();
    }

    private static SaeOptions k(int k) {
        return SaeOptions.builder().k(OptionalInt.of(k)).build();
    }
}
