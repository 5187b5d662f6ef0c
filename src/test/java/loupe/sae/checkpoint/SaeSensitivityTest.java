package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Stream;
import loupe.Golden;
import loupe.base.CheckpointException;
import loupe.format.JsonFiles;
import loupe.sae.checkpoint.SaeGoldenTest.Case;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One value set wrong, and the comparison with the recorded numbers has to see it: the golden tests do not pass by
 * themselves.
 */
class SaeSensitivityTest {
    @TempDir
    Path folder;

    /** {@code value} is a flag, a number or else a text; a key in a nested object has a dot. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    sl_standard_none_bdec | | cfg.json | apply_b_dec_to_input | false
                    sl_standard_none_nobdec | | cfg.json | apply_b_dec_to_input | true
                    sl_standard_layer_norm_bdec | | cfg.json | normalize_activations | 'none'
                    sl_standard_constant_norm_rescale_nobdec | | cfg.json | normalize_activations | 'layer_norm'
                    sl_jumprelu_none_nobdec | | cfg.json | architecture | 'standard'
                    sl_topk_none_bdec | | cfg.json | k | 3
                    sl_topk_rescale_bdec | | cfg.json | rescale_acts_by_decoder_norm | false
                    sl_gated_none_bdec | | cfg.json | apply_b_dec_to_input | false
                    sl_skip_transcoder | | cfg.json | architecture | 'transcoder'
                    sl_jumprelu_transcoder | | cfg.json | architecture | 'transcoder'
                    sl5_tanh_relu | | cfg.json | activation_fn_str | 'relu'
                    sl5_topk | | cfg.json | activation_fn_kwargs.k | 2
                    sl5_jumprelu_ln | | cfg.json | normalize_activations | 'none'
                    dl_AutoEncoderTopK | | config.json | trainer.dict_class | 'BatchTopKSAE'
                    dl_BatchTopKSAE | | config.json | trainer.dict_class | 'AutoEncoderTopK'
                    eleuther_topk | layers.1 | cfg.json | k | 2
                    eleuther_topk | layers.1 | cfg.json | transcode | true
                    eleuther_groupmax | layers.1 | cfg.json | activation | 'topk'
                    eleuther_skip_transcoder | layers.1 | cfg.json | transcode | false
                    """)
    void aWrongValueInTheConfigurationIsSeen(String name, String below, String file, String key, String value)
            throws IOException {
        Path at = copy(Golden.folder(name), folder);
        String in = below == null ? "" : below;
        Case c = new Case(
                name,
                in,
                SaeOptions.AS_STORED,
                "x",
                name.startsWith("dl_") ? "encode.features.f64" : "features.f64",
                name.startsWith("dl_") ? "forward.x_hat.f64" : "x_hat.f64");
        SaeGoldenTest.compare(c, at);
        Path config = at.resolve(in).resolve(file);
        ObjectNode whole = JsonFiles.readObject(config);
        int dot = key.indexOf('.');
        ObjectNode object = dot < 0 ? whole : (ObjectNode) whole.get(key.substring(0, dot));
        object.set(
                key.substring(dot + 1),
                value.matches("true|false|\\d+") ? new ObjectMapper().readTree(value) : TextNode.valueOf(value));
        JsonFiles.write(config, whole);
        assertThatThrownBy(() -> SaeGoldenTest.compare(c, at))
                .isInstanceOfAny(AssertionError.class, CheckpointException.class);
    }

    record Said(Case right, SaeOptions wrong) {}

    static Stream<Said> aWrongWordOfTheUserIsSeen() {
        return Stream.of(
                new Said(
                        new Case("tok_topk", "sae.pt", options(9, ""), "x.f64", "features.f64", "x_hat.f64"),
                        options(10, "")),
                new Said(
                        new Case("tok_topk_nolookup", "sae.pt", options(60, ""), "x.f64", "features.f64", "x_hat.f64"),
                        options(0, "relu")),
                new Said(
                        new Case("tok_vanilla", "sae.pt", options(0, "relu"), "x.f64", "features.f64", "x_hat.f64"),
                        options(9, "topk")),
                new Said(
                        new Case("openai_topk", "autoencoder.pt", options(0, ""), "x", "latents.f64", "x_hat.f64"),
                        options(0, "relu")),
                new Said(
                        new Case("openai_relu", "autoencoder.pt", options(0, ""), "x", "latents.f64", "x_hat.f64"),
                        options(5, "topk")),
                new Said(
                        new Case(
                                "dl_JumpReluAutoEncoder",
                                "ae.pt",
                                options(0, ""),
                                "x",
                                "encode.features.f64",
                                "forward.x_hat.f64"),
                        options(0, "relu")),
                new Said(
                        new Case(
                                "dl_AutoEncoder",
                                "ae.pt",
                                options(0, ""),
                                "x",
                                "encode.features.f64",
                                "forward.x_hat.f64"),
                        options(9, "topk")),
                new Said(
                        new Case(
                                "dl_MatryoshkaBatchTopKSAE",
                                "ae.pt",
                                options(0, ""),
                                "x",
                                "encode.features.f64",
                                "forward.x_hat.f64"),
                        options(0, "relu")),
                new Said(
                        new Case("gemmascope_res", "", options(0, ""), "x", "features.f64", "x_hat.f64"),
                        options(0, "relu")),
                new Said(
                        new Case("gemmascope_transcoder", "", options(0, ""), "x", "features.f64", "x_hat.f64"),
                        options(0, "relu")),
                new Said(
                        new Case(
                                "sl_standard_expected_average_only_in_bdec",
                                "",
                                factor(1.7),
                                "x",
                                "scaled.features.f64",
                                "scaled.x_hat.f64"),
                        factor(1.6)),
                new Said(new Case("sl_standard_fold", "", factor(0), "x", "features.f64", "x_hat.f64"), fold()));
    }

    @ParameterizedTest
    @MethodSource
    void aWrongWordOfTheUserIsSeen(Said said) {
        Path golden = Golden.folder(said.right().folder());
        Case c = said.right();
        SaeGoldenTest.compare(c, golden);
        Case wrong = new Case(c.folder(), c.file(), said.wrong(), c.x(), c.features(), c.xHat());
        assertThatThrownBy(() -> SaeGoldenTest.compare(wrong, golden)).isInstanceOf(AssertionError.class);
    }

    /** What the folder is called is the only place where it says that the embedding was not scaled. */
    @ParameterizedTest
    @CsvSource("gemmascope_embedding, embedding/width_4k/average_l0_6, layer_0/width_4k/average_l0_6")
    void aFolderOfAnotherNameIsSeen(String name, String right, String wrong) throws IOException {
        Path golden = Golden.folder(name);
        Path at = folder.resolve(wrong);
        Files.createDirectories(at);
        Files.copy(golden.resolve(right).resolve("params.npz"), at.resolve("params.npz"));
        Files.copy(golden.resolve("golden.safetensors"), folder.resolve("golden.safetensors"));
        Case c = new Case(name, wrong, SaeOptions.AS_STORED, "x", "features.f64", "x_hat.f64");
        assertThatThrownBy(() -> SaeGoldenTest.compare(c, folder)).isInstanceOf(AssertionError.class);
    }

    /** Per family of files, some golden case is known to fail: nobody adds a family without one. */
    @Test
    void everyRecordedFamilyIsAmongThem() throws NoSuchMethodException {
        String table = SaeSensitivityTest.class
                        .getDeclaredMethod(
                                "aWrongValueInTheConfigurationIsSeen",
                                String.class,
                                String.class,
                                String.class,
                                String.class,
                                String.class)
                        .getAnnotation(CsvSource.class)
                        .textBlock()
                + aWrongWordOfTheUserIsSeen().map(s -> s.right().folder()).toList();
        assertThat(List.of("tok_", "dl_", "sl_", "sl5_", "openai_", "eleuther_", "gemmascope_"))
                .allMatch(table::contains);
    }

    private static SaeOptions options(int k, String activation) {
        return SaeOptions.builder()
                .k(k == 0 ? OptionalInt.empty() : OptionalInt.of(k))
                .activation(Optional.of(activation).filter(name -> !name.isEmpty()))
                .build();
    }

    private static SaeOptions factor(double factor) {
        return SaeOptions.builder()
                .normFactor(factor == 0 ? OptionalDouble.empty() : OptionalDouble.of(factor))
                .build();
    }

    private static SaeOptions fold() {
        return SaeOptions.builder().fold(true).build();
    }

    private static Path copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
        return to;
    }
}
