package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Random;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.format.JsonFiles;
import loupe.format.SafetensorsWriter;
import loupe.sae.SaeConfig;
import loupe.sae.SparseAutoencoder;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Names and settings of all families thrown together at random: what cannot be read is refused, and nothing else
 * happens.
 */
class SaeFileFuzzTest {
    private static final int CASES = 500;
    private static final int[][] SHAPES = {{}, {4}, {10}, {4, 10}, {10, 4}, {4, 4}, {2, 4, 10}, {0}, {0, 10}, {1}};
    private static final List<List<String>> FAMILIES = List.of(
            List.of(
                    "W_enc",
                    "W_dec",
                    "b_enc",
                    "b_dec",
                    "lookup.W_lookup.weight",
                    "k",
                    "threshold",
                    "group_sizes",
                    "scaling_factor",
                    "W_skip",
                    "b_dec_out"),
            List.of("W_gate", "W_dec", "r_mag", "b_gate", "b_mag", "b_dec", "lookup.weight"),
            List.of(
                    "encoder.weight",
                    "encoder.bias",
                    "decoder.weight",
                    "decoder.bias",
                    "bias",
                    "b_dec",
                    "W_dec",
                    "decoder",
                    "k",
                    "threshold"),
            List.of("encoder.weight", "decoder.weight", "r_mag", "gate_bias", "mag_bias", "decoder_bias"),
            List.of(
                    "pre_bias",
                    "latent_bias",
                    "encoder.weight",
                    "decoder.weight",
                    "decoder.linear.weight",
                    "activation_state_dict.k"),
            List.of("ae.encoder.weight", "ae.encoder.bias", "ae.decoder.weight", "ae.bias", "norm_factor"),
            List.of(
                    "blocks-1-hook_resid_pre.encoder.0.weight",
                    "blocks-1-hook_resid_pre.encoder.0.bias",
                    "blocks-1-hook_resid_pre.decoder.weight",
                    "blocks-1-hook_resid_pre.decoder.bias"),
            List.of("W_enc", "W_dec", "b_enc", "b_dec", "activation_mean", "activation_std", "target_rms"),
            List.of("encoder_linear.weight", "encoder_linear.bias", "decoder_linear.weight", "decoder_linear.bias"));
    private static final List<String> FILES = List.of(
            "sae_weights.safetensors", "ae.pt", "sae.safetensors", "params.safetensors", "gpt2_resid_pre_8_ot3.pt");
    private static final List<String> CONFIGS =
            List.of("cfg.json", "config.json", "hyperparams.json", "activation_scaler.json");
    private static final List<String> KEYS = List.of(
            "d_in",
            "d_sae",
            "architecture",
            "activation_fn",
            "activation",
            "k",
            "normalize_activations",
            "metadata",
            "trainer",
            "dict_class",
            "num_latents",
            "hook_name",
            "hf_hook_point_in",
            "transcode",
            "apply_b_dec_to_input",
            "scaling_factor",
            "layer",
            "submodule_name",
            "sae_type",
            "top_k",
            "model_type",
            "signed");
    private static final List<Object> VALUES = List.of(
            4,
            10,
            -1,
            0,
            2.5,
            true,
            "topk",
            "jumprelu",
            "groupmax",
            "gated",
            "AutoEncoderTopK",
            "BatchTopKSAE",
            "MatryoshkaBatchTopKSAE",
            "resid_post_layer_2",
            "blocks.1.attn.hook_z",
            "layer_norm",
            "expected_average_only_in",
            List.of(1),
            "batchtopk",
            "topk_sae");

    @TempDir
    Path root;

    @Test
    void everyFileIsReadOrRefusedInWords() throws IOException {
        Random random = new Random(20240229);
        int read = 0;
        try (NDManager manager = NDManager.newBaseManager()) {
            for (int i = 0; i < CASES; i++) {
                Path folder = Files.createDirectories(root.resolve("case" + i));
                Path file = write(folder, random);
                SaeOptions options = SaeOptions.builder()
                        .k(random.nextBoolean() ? OptionalInt.of(random.nextInt(12)) : OptionalInt.empty())
                        .normFactor(random.nextInt(4) == 0 ? OptionalDouble.of(2) : OptionalDouble.empty())
                        .fold(random.nextInt(4) == 0)
                        .build();
                try {
                    SaeFile sae = SaeFile.read(random.nextBoolean() ? folder : file, options);
                    sae.proposal();
                    SaeAudit.of(sae, new Cancellation());
                    sae.logSparsity();
                    SaeConfig config = sae.config();
                    SparseAutoencoder.upload(manager, config, sae.readWeights(new Cancellation()))
                            .close();
                    read++;
                } catch (CheckpointException refused) {
                    assertThat(refused.getMessage()).doesNotContain("null");
                }
            }
        }
        // both must happen for the test to mean anything
        assertThat(read).isBetween(CASES / 50, CASES * 9 / 10);
    }

    private static Path write(Path folder, Random random) {
        Path file = folder.resolve(FILES.get(random.nextInt(FILES.size())));
        SafetensorsWriter writer = new SafetensorsWriter();
        List<String> names = new ArrayList<>(FAMILIES.get(random.nextInt(FAMILIES.size())));
        Collections.shuffle(names, random);
        boolean sensible = random.nextInt(3) > 0;
        for (String name : names.subList(0, 1 + random.nextInt(names.size()))) {
            int[] shape = sensible ? usual(name, random) : SHAPES[random.nextInt(SHAPES.length)];
            float[] data = new float[java.util.Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
            java.util.Arrays.fill(data, random.nextInt(10) == 0 ? Float.NaN : random.nextFloat());
            writer.add(name, new HostTensor(data, shape));
        }
        writer.write(file);
        if (random.nextInt(3) > 0) {
            JsonFiles.write(folder.resolve(CONFIGS.get(random.nextInt(CONFIGS.size()))), settings(random, 2));
        }
        return file;
    }

    private static int[] usual(String name, Random random) {
        boolean turned = random.nextInt(5) == 0;
        if (name.matches("k|norm_factor|.*\\.k")) {
            return new int[0];
        }
        if (name.contains("lookup")) {
            return new int[] {7, 4};
        }
        if (name.matches("W_enc|W_dec.*|decoder|.*weight|W_gate")) {
            boolean featuresFirst = name.matches("W_gate|.*encoder.*weight|decoder|W_dec");
            return featuresFirst != turned ? new int[] {10, 4} : new int[] {4, 10};
        }
        return name.matches("b_dec|bias|decoder_bias|pre_bias|.*decoder.*bias|ae\\.bias")
                ? new int[] {4}
                : new int[] {10};
    }

    private static Map<String, Object> settings(Random random, int depth) {
        Map<String, Object> settings = new LinkedHashMap<>();
        for (int i = random.nextInt(7); i >= 0; i--) {
            boolean object = depth > 0 && random.nextInt(4) == 0;
            settings.put(
                    KEYS.get(random.nextInt(KEYS.size())),
                    object ? settings(random, depth - 1) : VALUES.get(random.nextInt(VALUES.size())));
        }
        return settings;
    }
}
