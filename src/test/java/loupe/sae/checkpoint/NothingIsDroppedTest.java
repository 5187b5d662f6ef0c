package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import loupe.Golden;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.format.Container;
import loupe.format.JsonFiles;
import loupe.format.SafetensorsWriter;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.format.TorchObject;
import loupe.sae.HostWeights;
import loupe.sae.InputNormalisation;
import loupe.sae.Reconstruction;
import loupe.sae.SaeConfig;
import loupe.sae.SparseAutoencoder;
import loupe.tensor.HostTensor;
import loupe.tensor.StoredTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * To a checkpoint of every family a tensor or a key of its configuration is added whose name says that it changes what
 * is computed: the file is refused, a warning names it, or the numbers are others; never the old ones without a word.
 */
class NothingIsDroppedTest {
    private static final int ROWS = 6;
    private static final String DECODER_BESIDE = "W_dec_1.safetensors";
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir
    Path folder;

    /**
     * A checkpoint to be changed.
     *
     * @param weights the file with its tensors, in {@code folder}
     * @param config the file with its configuration, in {@code folder}; empty for one in the weights' own file
     * @param within the object in the configuration that has the keys; empty for the whole
     */
    record Original(
            String format,
            Path folder,
            String weights,
            String config,
            String within,
            String opened,
            SaeOptions options) {
        @Override
        public String toString() {
            return format + " " + folder.getFileName();
        }
    }

    static Stream<Original> originals() throws IOException {
        List<Original> all = new ArrayList<>();
        for (String name : List.of("tok_topk", "tok_topk_nolookup", "tok_gated", "tok_vanilla")) {
            SaeOptions options = name.equals("tok_vanilla") || name.equals("tok_gated")
                    ? SaeOptions.builder()
                            .activation(Optional.of("relu").filter(relu -> name.equals("tok_vanilla")))
                            .build()
                    : SaeOptions.builder().k(OptionalInt.of(9)).build();
            all.add(new Original("tokenized", Golden.folder(name), "sae.pt", "", "", "sae.pt", options));
        }
        try (Stream<Path> folders = Files.list(Golden.root())) {
            for (Path folder : folders.sorted().toList()) {
                String name = folder.getFileName().toString();
                if (name.startsWith("dl_")) {
                    all.add(new Original(
                            "dictionary-learning",
                            folder,
                            "ae.pt",
                            "config.json",
                            "trainer",
                            "",
                            SaeOptions.AS_STORED));
                } else if (name.matches("sl\\d?_.*")) {
                    all.add(new Original(
                            "saelens", folder, "sae_weights.safetensors", "cfg.json", "", "", SaeOptions.AS_STORED));
                } else if (name.startsWith("openai_")) {
                    all.add(new Original(
                            "openai", folder, "autoencoder.pt", "", "", "autoencoder.pt", SaeOptions.AS_STORED));
                } else if (name.startsWith("eleuther_")) {
                    all.add(new Original(
                            "sparsify",
                            folder,
                            "layers.1/sae.safetensors",
                            "layers.1/cfg.json",
                            "",
                            "layers.1",
                            SaeOptions.AS_STORED));
                } else if (name.startsWith("gemmascope_")) {
                    String below = name.endsWith("embedding")
                            ? "embedding/width_4k/average_l0_6/"
                            : "layer_1/width_16k/average_l0_20/";
                    all.add(new Original(
                            "gemma-scope",
                            folder,
                            below + "params.npz",
                            below + "config.json",
                            "",
                            below,
                            SaeOptions.AS_STORED));
                }
            }
        }
        Path made = Path.of("target", "made");
        all.addAll(HandMade.writeTo(Files.createDirectories(made)));
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("originals")
    void aTensorThatChangesTheMathematicsIsNeverDroppedWithoutAWord(Original original) throws IOException {
        SaeFile plain = read(original, copy(original, Map.of(), Map.of()));
        assertThat(plain.warnings()).noneMatch(warning -> warning.contains("not used"));
        float[] before = numbers(plain);
        TreeSet<String> silent = new TreeSet<>();
        for (Map.Entry<String, HostTensor> extra : tensors(plain.config()).entrySet()) {
            if (has(original, extra.getKey())) {
                continue;
            }
            judge(original, plain, before, Map.of(extra.getKey(), extra.getValue()), Map.of(), extra.getKey())
                    .ifPresent(silent::add);
        }
        assertThat(silent).as("dropped without a word").isEmpty();
    }

    @ParameterizedTest
    @MethodSource("originals")
    void aKeyThatChangesTheMathematicsIsNeverDroppedWithoutAWord(Original original) throws IOException {
        if (original.format().equals("plain")) {
            return; // its configuration is its own: what a later form adds has another number
        }
        SaeFile plain = read(original, copy(original, Map.of(), Map.of()));
        float[] before = numbers(plain);
        TreeSet<String> silent = new TreeSet<>();
        for (Map.Entry<String, Object> extra : keys(plain).entrySet()) {
            if (original.config().isEmpty()
                    || !Files.exists(original.folder().resolve(original.config()))
                    || !config(original).hasNonNull(extra.getKey())) {
                judge(original, plain, before, Map.of(), Map.of(extra.getKey(), extra.getValue()), extra.getKey())
                        .ifPresent(silent::add);
            }
        }
        assertThat(silent).as("dropped without a word").isEmpty();
    }

    @Test
    void everyFamilyIsAmongThem() throws IOException {
        List<String> formats = new ArrayList<>(SaeFamilies.formats());
        assertThat(originals().map(Original::format).distinct().toList()).containsExactlyInAnyOrderElementsOf(formats);
    }

    /** The name of what was added, if it changed nothing and nobody said so. */
    private Optional<String> judge(
            Original original,
            SaeFile plain,
            float[] before,
            Map<String, HostTensor> tensors,
            Map<String, Object> keys,
            String name)
            throws IOException {
        Path changed = copy(original, tensors, keys);
        try {
            SaeFile file = read(original, changed);
            // a k that the user has overruled is called so, whatever its key
            Pattern named = Pattern.compile(
                    ".*(?<![\\w.])" + Pattern.quote(name) + "(?!\\w).*" + (name.equals("top_k") ? "|k is .*" : ""));
            boolean warned = file.warnings().stream()
                    .filter(warning -> !plain.warnings().contains(warning))
                    .anyMatch(warning -> named.matcher(warning).matches());
            return warned || !Arrays.equals(numbers(file), before) ? Optional.empty() : Optional.of(name);
        } catch (CheckpointException refused) {
            assertThat(refused.getMessage()).isNotEmpty();
            return Optional.empty();
        }
    }

    private static Map<String, HostTensor> tensors(SaeConfig config) {
        int n = config.dSae();
        int d = config.dIn();
        int out = config.dOut();
        Map<String, HostTensor> all = new LinkedHashMap<>();
        for (String vector : List.of(
                "threshold",
                "thresholds",
                "log_threshold",
                "jumprelu.threshold",
                "activation_function.log_jumprelu_threshold",
                "r_mag",
                "b_mag",
                "b_gate",
                "gate_bias",
                "mag_bias",
                "scaling_factor",
                "feature_scale",
                "W_scale",
                "lookup.W_scale",
                "b_enc",
                "encoder.bias",
                "mask")) {
            all.put(vector, random(n));
        }
        for (String input : List.of("mean", "act_mean", "std", "act_std", "scale", "pre_bias", "input_norm.weight")) {
            all.put(input, random(d));
        }
        for (String output : List.of("b_dec_out", "post_bias", "decoder.bias", "b_out", "out_mean")) {
            all.put(output, random(out));
        }
        for (String scalar : List.of("topk_threshold", "k", "topk", "norm_factor", "temperature")) {
            all.put(scalar, new HostTensor(new float[] {2}));
        }
        all.put("W_skip", random(out, d));
        all.put("skip.weight", random(out, d));
        all.put("affine_skip_connection", random(d, out));
        all.put("gate.weight", random(n, d));
        all.put("W_gate", random(n, d));
        all.put("W_E_glu", random(d, n));
        all.put("encoder_glu.weight", random(n, d));
        all.put("lookup.W_lookup.weight", random(7, out));
        return all;
    }

    private static Map<String, Object> keys(SaeFile plain) {
        SaeConfig config = plain.config();
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("k", 2);
        all.put("top_k", 2);
        all.put("activation", "softsign");
        all.put("activation_fn", "gelu");
        all.put("activation_function", "jumprelu");
        all.put("act_fn", "softsign");
        all.put("architecture", "temporal");
        all.put("apply_b_dec_to_input", !config.reading().subtractsDecoderBias());
        all.put("threshold", 0.7);
        all.put("jump_relu_threshold", 0.7);
        all.put("jumprelu_threshold", 0.7);
        all.put("skip_connection", true);
        all.put("signed", true);
        all.put("rescale_acts_by_decoder_norm", true);
        all.put("scaling_factor", 2.5);
        all.put("norm_scaling_factor", 2.5);
        all.put("norm_factor", 2.5);
        all.put("transcode", true);
        all.put("use_decoder_bias", false);
        all.put("act_mean", List.of(1, 2, 3));
        all.put("num_groups", 4);
        if (config.normalisation() == InputNormalisation.NONE) {
            all.put("normalize_activations", "layer_norm");
            all.put("normalize", true);
            all.put("norm_activation", "token-wise");
        }
        if (config.transcodes()) {
            all.keySet().removeAll(List.of("transcode", "skip_connection"));
        }
        if (plain.activation().equals("groupmax")) {
            all.remove("num_groups");
        }
        if (plain.activation().equals("jumprelu")) {
            all.remove("activation_function");
        }
        return all;
    }

    private static boolean has(Original original, String tensor) {
        try (TensorArchive archive = TensorArchives.open(original.folder().resolve(original.weights()))) {
            return archive.names().stream().anyMatch(name -> name.equals(tensor) || name.endsWith("." + tensor));
        }
    }

    private static SaeFile read(Original original, Path copy) {
        return SaeFile.read(copy.resolve(original.opened()), original.options());
    }

    private static ObjectNode config(Original original) {
        ObjectNode whole = JsonFiles.readObject(original.folder().resolve(original.config()));
        return original.within().isEmpty() ? whole : (ObjectNode) whole.get(original.within());
    }

    /**
     * The checkpoint with more tensors and more keys, in place of the one changed before; tensors beside the others.
     */
    private Path copy(Original original, Map<String, HostTensor> tensors, Map<String, Object> keys) throws IOException {
        Path at = folder.resolve(tensors.isEmpty() && keys.isEmpty() ? "plain" : "changed");
        Path weights = at.resolve(original.weights().replace(".npz", ".safetensors"));
        Files.createDirectories(weights.getParent());
        boolean inside = original.config().isEmpty();
        Path beside = original.folder().resolve(DECODER_BESIDE);
        if (Files.exists(beside)) {
            Files.copy(beside, weights.resolveSibling(DECODER_BESIDE), StandardCopyOption.REPLACE_EXISTING);
        }
        try (TensorArchive archive = TensorArchives.open(original.folder().resolve(original.weights()))) {
            if (archive.container() == Container.SAFETENSORS
                    || original.weights().endsWith(".npz")) {
                SafetensorsWriter writer = new SafetensorsWriter();
                boolean npz = original.weights().endsWith(".npz"); // as Gemma Scope 2 spells them
                archive.names()
                        .forEach(name -> writer.add(
                                npz ? name.replace("W_", "w_") : name,
                                archive.tensor(name).toHost()));
                tensors.forEach(writer::add);
                archive.values().forEach((name, value) -> writer.metadata(name, String.valueOf(value)));
                writer.write(weights);
            } else {
                Map<String, Object> root = new LinkedHashMap<>();
                archive.names().forEach(name -> root.put(name, value(archive.tensor(name))));
                root.putAll(tensors);
                root.putAll(archive.values());
                if (inside && !keys.isEmpty()) {
                    root.put("config", keys);
                }
                TorchObject.write(weights, root);
            }
        }
        if (!inside) {
            Path source = original.folder().resolve(original.config());
            ObjectNode whole = Files.exists(source) ? JsonFiles.readObject(source) : MAPPER.createObjectNode();
            ObjectNode part = original.within().isEmpty() ? whole : (ObjectNode) whole.get(original.within());
            keys.forEach((key, value) -> part.set(key, MAPPER.valueToTree(value)));
            if (!whole.isEmpty()) {
                JsonFiles.write(at.resolve(original.config()), whole);
            }
        }
        return at;
    }

    private static Object value(StoredTensor tensor) {
        return tensor.dtype().isFloating() ? tensor.toHost() : tensor.readIntegers(0, (int) tensor.elements());
    }

    /** Features and reconstruction of the same vectors. */
    private static float[] numbers(SaeFile file) {
        SaeConfig config = file.config();
        HostWeights weights = file.readWeights(new Cancellation());
        try (NDManager manager = NDManager.newBaseManager();
                SparseAutoencoder sae = SparseAutoencoder.upload(manager, config, weights)) {
            NDArray x = manager.create(random(ROWS, config.dIn()).data(), new Shape(ROWS, config.dIn()));
            NDArray tokens = config.lookup() ? manager.create(new long[] {0, 1, 2, 3, 4, 5}) : null;
            Reconstruction result = sae.reconstruct(x, tokens);
            float[] features = result.features().toFloatArray();
            float[] xHat = result.xHat().toFloatArray();
            float[] all = Arrays.copyOf(features, features.length + xHat.length);
            System.arraycopy(xHat, 0, all, features.length, xHat.length);
            return all;
        }
    }

    static HostTensor random(int... shape) {
        int size = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        Random random = new Random(size);
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return new HostTensor(values, shape);
    }

    /** Checkpoints of the families of which no run is recorded. */
    private static final class HandMade {
        private static final int D = 8;
        private static final int N = 24;

        static List<Original> writeTo(Path root) throws IOException {
            return List.of(
                    torch(root, "neel", "25.pt", "25_cfg.json", Map.of("model_name", "gelu-1l"), fourTensors(false)),
                    torch(root, "qwen-scope", "layer3.sae.pt", "config.json", Map.of("k", 5), fourTensors(true)),
                    torch(root, "batchtopk", "sae.pt", "config.json", batchTopK(), fourTensors(false)),
                    torch(
                            root,
                            "goodfire",
                            "Llama-SAE-l19.pth",
                            "",
                            Map.of(),
                            linear("encoder_linear", "decoder_linear")),
                    torch(
                            root,
                            "apollo",
                            "samples_1.pt",
                            "",
                            Map.of(),
                            linear("blocks-6-hook_resid_pre.encoder.0", "blocks-6-hook_resid_pre.decoder")),
                    torch(root, "crosscoder", "cc_weights.pt", "cfg.json", Map.of("model_name", "gemma"), crosscoder()),
                    llamaScope(root),
                    lmSaes(root),
                    circuitTracer(root),
                    crossLayer(root),
                    plain(root));
        }

        private static Map<String, Object> batchTopK() {
            return Map.of("sae_type", "topk", "top_k", 5, "hook_point", "blocks.8.hook_resid_pre");
        }

        private static Map<String, Object> fourTensors(boolean featuresInRows) {
            Map<String, Object> all = new LinkedHashMap<>();
            all.put("W_enc", featuresInRows ? random(N, D) : random(D, N));
            all.put("W_dec", featuresInRows ? random(D, N) : random(N, D));
            all.put("b_enc", random(N));
            all.put("b_dec", random(D));
            return all;
        }

        private static Map<String, Object> linear(String encoder, String decoder) {
            Map<String, Object> all = new LinkedHashMap<>();
            all.put(encoder + ".weight", random(N, D));
            all.put(encoder + ".bias", random(N));
            all.put(decoder + ".weight", random(D, N));
            all.put(decoder + ".bias", random(D));
            return all;
        }

        private static Map<String, Object> crosscoder() {
            Map<String, Object> all = new LinkedHashMap<>();
            all.put("W_enc", random(2, D, N));
            all.put("W_dec", random(N, 2, D));
            all.put("b_enc", random(N));
            all.put("b_dec", random(2, D));
            return all;
        }

        private static Original torch(
                Path root,
                String format,
                String weights,
                String config,
                Map<String, Object> settings,
                Map<String, Object> tensors)
                throws IOException {
            Path folder = Files.createDirectories(root.resolve(format));
            TorchObject.write(folder.resolve(weights), tensors);
            if (!config.isEmpty()) {
                JsonFiles.write(folder.resolve(config), settings);
            }
            return new Original(format, folder, weights, config, "", weights, SaeOptions.AS_STORED);
        }

        private static Original llamaScope(Path root) throws IOException {
            Path folder = Files.createDirectories(root.resolve("llama-scope"));
            write(folder.resolve("checkpoints/final.safetensors"), linear("encoder", "decoder"));
            JsonFiles.write(
                    folder.resolve("hyperparams.json"),
                    Map.of(
                            "d_model",
                            D,
                            "hook_point_in",
                            "blocks.3.hook_resid_post",
                            "hook_point_out",
                            "blocks.3.hook_resid_post",
                            "act_fn",
                            "jumprelu",
                            "jump_relu_threshold",
                            0.2,
                            "norm_activation",
                            "dataset-wise",
                            "sparsity_include_decoder_norm",
                            true,
                            "top_k",
                            50,
                            "dataset_average_activation_norm",
                            Map.of("in", 7.5, "out", 7.5)));
            return new Original(
                    "llama-scope",
                    folder,
                    "checkpoints/final.safetensors",
                    "hyperparams.json",
                    "",
                    "",
                    SaeOptions.AS_STORED);
        }

        private static Original lmSaes(Path root) throws IOException {
            Path folder = Files.createDirectories(root.resolve("lm-saes"));
            Map<String, Object> tensors = new LinkedHashMap<>();
            tensors.put("W_E", random(D, N));
            tensors.put("b_E", random(N));
            tensors.put("W_D", random(N, D));
            tensors.put("b_D", random(D));
            write(folder.resolve("sae_weights.safetensors"), tensors);
            JsonFiles.write(
                    folder.resolve("config.json"),
                    Map.of(
                            "sae_type", "sae",
                            "act_fn", "relu",
                            "norm_activation", "inference",
                            "hook_point_in", "blocks.3.hook_resid_post",
                            "hook_point_out", "blocks.3.hook_resid_post",
                            "top_k", 50));
            return new Original(
                    "lm-saes", folder, "sae_weights.safetensors", "config.json", "", "", SaeOptions.AS_STORED);
        }

        private static Original circuitTracer(Path root) throws IOException {
            Path folder = Files.createDirectories(root.resolve("circuit-tracer"));
            Map<String, Object> settings = Map.of(
                    "model_name",
                    "gemma-2-2b",
                    "feature_input_hook",
                    "mlp.hook_in",
                    "feature_output_hook",
                    "hook_mlp_out");
            JsonFiles.write(folder.resolve("config.yaml"), MAPPER.valueToTree(settings)); // which is YAML too
            new SafetensorsWriter()
                    .add("W_enc", random(N, D))
                    .add("W_dec", random(N, D))
                    .add("b_enc", random(N))
                    .add("b_dec", random(D))
                    .write(folder.resolve("layer_3.safetensors"));
            return new Original(
                    "circuit-tracer",
                    folder,
                    "layer_3.safetensors",
                    "config.yaml",
                    "",
                    "layer_3.safetensors",
                    SaeOptions.AS_STORED);
        }

        private static Original crossLayer(Path root) throws IOException {
            Path folder = Files.createDirectories(root.resolve("cross-layer-transcoder"));
            JsonFiles.write(
                    folder.resolve("config.yaml"),
                    MAPPER.valueToTree(Map.of("model_name", "gemma-2-2b", "n_layers", 2)));
            new SafetensorsWriter()
                    .add("W_enc_1", random(N, D))
                    .add("b_enc_1", random(N))
                    .add("b_dec_1", random(D))
                    .write(folder.resolve("W_enc_1.safetensors"));
            new SafetensorsWriter().add("W_dec_1", random(N, 1, D)).write(folder.resolve(DECODER_BESIDE));
            return new Original(
                    "cross-layer-transcoder",
                    folder,
                    "W_enc_1.safetensors",
                    "config.yaml",
                    "",
                    "W_enc_1.safetensors",
                    SaeOptions.AS_STORED);
        }

        private static Original plain(Path root) throws IOException {
            Path folder = Files.createDirectories(root.resolve("plain"));
            Path neel = root.resolve("neel/25.pt");
            Files.deleteIfExists(folder.resolve("sae.safetensors"));
            SaeSaving.save(
                    SaeFile.read(neel, SaeOptions.AS_STORED),
                    SaeSaving.Form.PLAIN,
                    folder.resolve("sae.safetensors"),
                    new Cancellation());
            return new Original(
                    "plain", folder, "sae.safetensors", "none.json", "", "sae.safetensors", SaeOptions.AS_STORED);
        }

        private static void write(Path file, Map<String, Object> tensors) throws IOException {
            Files.createDirectories(file.getParent());
            SafetensorsWriter writer = new SafetensorsWriter();
            tensors.forEach((name, tensor) -> writer.add(name, (HostTensor) tensor));
            writer.write(file);
        }
    }
}
