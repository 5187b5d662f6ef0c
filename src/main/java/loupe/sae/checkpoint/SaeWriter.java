package loupe.sae.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import loupe.base.CheckpointException;
import loupe.format.FloatSource;
import loupe.format.JsonFiles;
import loupe.format.SafetensorsWriter;
import loupe.format.TorchWriter;
import loupe.sae.Activation;
import loupe.sae.DirectTensor;
import loupe.sae.HostWeights;
import loupe.sae.HostWeights.Part;
import loupe.sae.InputNormalisation;
import loupe.sae.SaeConfig;
import loupe.sae.WeightShapes;
import loupe.tensor.HostTensor;

/**
 * Writes autoencoders as other libraries do, so that they and {@link SaeFile} read them. Each file is written
 * completely or not at all.
 */
public final class SaeWriter {
    /** The release whose layout is written; its readers convert configurations of versions below 6.0.0. */
    private static final String SAE_LENS_VERSION = "6.18.0";

    private static final Map<String, String> TRAINERS = Map.of(
            "AutoEncoder",
            "StandardTrainer",
            "AutoEncoderNew",
            "StandardTrainerAprilUpdate",
            "GatedAutoEncoder",
            "GatedSAETrainer",
            "AutoEncoderTopK",
            "TopKTrainer",
            "BatchTopKSAE",
            "BatchTopKTrainer",
            "JumpReluAutoEncoder",
            "JumpReluTrainer");
    private static final Map<String, String> DECODER_BIASES = Map.of(
            "AutoEncoder",
            "bias",
            "AutoEncoderNew",
            "decoder.bias",
            "GatedAutoEncoder",
            "decoder_bias",
            "AutoEncoderTopK",
            "b_dec",
            "BatchTopKSAE",
            "b_dec");

    private SaeWriter() {}

    /**
     * A folder of dictionary_learning: {@code ae.pt} and {@code config.json}. A ReLU that subtracts b_dec is an
     * AutoEncoder, whose decoder directions the library makes unit vectors on loading; one that does not is an
     * AutoEncoderNew. Whether it was trained on centred activations is noted for readers of ours: the library gives it
     * raw ones.
     *
     * @param trainer further keys of the object {@code trainer}, such as {@code lr} and {@code steps}
     * @throws IllegalArgumentException unless one of the library's classes computes exactly this, without
     *     normalisation, lookup or skip connection, and with the same place to read and to write
     */
    public static void dictionaryLearning(
            Path folder, SaeConfig config, HostWeights weights, Map<String, Object> trainer) {
        String dictClass = dictClass(config);
        require(
                !dictClass.isEmpty()
                        && plain(config)
                        && !config.lookup()
                        && !weights.has(Part.SKIP)
                        && !weights.has(Part.FEATURE_SCALE)
                        && !weights.has(Part.MAGNITUDE_ENCODER),
                config,
                "dictionary_learning");
        WeightShapes.check(config, weights);
        create(folder);
        stateDict(dictClass, config, weights).write(folder.resolve("ae.pt"));

        Map<String, Object> json = new LinkedHashMap<>();
        json.put("trainer_class", TRAINERS.get(dictClass));
        json.put("dict_class", dictClass);
        json.putAll(trainer);
        json.put("activation_dim", config.dIn());
        json.put("dict_size", config.dSae());
        if (config.activation() instanceof Activation.TopK topK) {
            json.put("k", topK.k());
        } else if (config.activation() instanceof Activation.BatchTopK batch) {
            json.put("k", batch.k());
        }
        json.put("device", "cpu");
        json.put("lm_name", config.trained().model());
        if (config.trained().centred()) {
            json.put(DictionaryLearning.CENTRED, true);
        }
        config.hook().ifPresent(hook -> {
            json.put("layer", hook.layer());
            json.put("submodule_name", DictionaryLearning.submodule(hook));
        });
        Map<String, Object> buffer = new LinkedHashMap<>();
        buffer.put("d_submodule", config.dIn());
        buffer.put("io", "out");
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("trainer", json);
        settings.put("buffer", buffer);
        JsonFiles.write(folder.resolve("config.json"), settings);
    }

    /** The library's class that computes the same; empty if there is none. */
    private static String dictClass(SaeConfig config) {
        Activation activation = config.activation();
        boolean subtracts = config.reading().subtractsDecoderBias();
        if (activation instanceof Activation.Relu) {
            return subtracts ? "AutoEncoder" : "AutoEncoderNew";
        }
        if (activation instanceof Activation.JumpRelu) {
            return subtracts ? "" : "JumpReluAutoEncoder";
        }
        String name = activation instanceof Activation.Gated
                ? "GatedAutoEncoder"
                : activation instanceof Activation.TopK topK && topK.relu() && !topK.byDecoderNorm()
                        ? "AutoEncoderTopK"
                        : activation instanceof Activation.BatchTopK batch
                                        && batch.threshold().isPresent()
                                ? "BatchTopKSAE"
                                : "";
        return subtracts ? name : "";
    }

    private static TorchWriter stateDict(String dictClass, SaeConfig config, HostWeights weights) {
        TorchWriter writer = new TorchWriter();
        if (dictClass.equals("JumpReluAutoEncoder")) {
            matrix(writer::add, "W_enc", weights, Part.ENCODER, false);
            matrix(writer::add, "W_dec", weights, Part.DECODER, true);
            return writer.add("b_enc", vector(weights, Part.ENCODER_BIAS))
                    .add("b_dec", vector(weights, Part.DECODER_BIAS))
                    .add("threshold", vector(weights, Part.THRESHOLD));
        }
        writer.add(Objects.requireNonNull(DECODER_BIASES.get(dictClass)), vector(weights, Part.DECODER_BIAS));
        if (config.activation() instanceof Activation.TopK topK) {
            writer.add("k", new long[] {topK.k()}).add("threshold", new HostTensor(new float[] {-1}));
        } else if (config.activation() instanceof Activation.BatchTopK batch) {
            writer.add("k", new long[] {batch.k()}).add("threshold", new HostTensor(new float[] {
                (float) batch.threshold().orElseThrow()
            }));
        }
        matrix(writer::add, "decoder.weight", weights, Part.DECODER, false);
        matrix(writer::add, "encoder.weight", weights, Part.ENCODER, true);
        return dictClass.equals("GatedAutoEncoder")
                ? writer.add("r_mag", vector(weights, Part.MAGNITUDE_SCALE))
                        .add("gate_bias", vector(weights, Part.ENCODER_BIAS))
                        .add("mag_bias", vector(weights, Part.MAGNITUDE_BIAS))
                : writer.add("encoder.bias", vector(weights, Part.ENCODER_BIAS));
    }

    /**
     * A state dict of tokenized-sae; k, hook point and model are not in it and belong into its name, as in
     * {@code gpt2_resid_pre_8_ot30.pt}.
     *
     * @throws IllegalArgumentException unless it subtracts b_dec, has no normalisation and is a TopK without ReLU, a
     *     ReLU or gated autoencoder
     */
    public static void tokenized(Path file, SaeConfig config, HostWeights weights) {
        boolean gated = config.activation() instanceof Activation.Gated;
        boolean supported = gated
                || config.activation() instanceof Activation.Relu
                || (config.activation() instanceof Activation.TopK t && !t.relu() && !t.byDecoderNorm());
        require(
                supported
                        && config.reading().subtractsDecoderBias()
                        && plain(config)
                        && !weights.has(Part.MAGNITUDE_ENCODER),
                config,
                "the tokenized-sae format");
        WeightShapes.check(config, weights);
        TorchWriter writer = new TorchWriter();
        matrix(writer::add, "W_dec", weights, Part.DECODER, false);
        matrix(writer::add, gated ? "W_gate" : "W_enc", weights, Part.ENCODER, true);
        if (gated) {
            writer.add("r_mag", vector(weights, Part.MAGNITUDE_SCALE))
                    .add("b_gate", vector(weights, Part.ENCODER_BIAS))
                    .add("b_mag", vector(weights, Part.MAGNITUDE_BIAS));
        } else {
            writer.add("b_enc", vector(weights, Part.ENCODER_BIAS));
        }
        writer.add("b_dec", vector(weights, Part.DECODER_BIAS));
        if (config.lookup()) {
            matrix(writer::add, "lookup.W_lookup.weight", weights, Part.LOOKUP, true);
        }
        writer.write(file);
    }

    /**
     * A folder of SAELens 6: {@code cfg.json}, {@code sae_weights.safetensors} and, if given,
     * {@code sparsity.safetensors}.
     *
     * @param logSparsity log10 of each feature's firing frequency
     * @throws IllegalArgumentException if SAELens has no architecture for it, or it has a lookup, an input bias or
     *     feature scales
     */
    public static void saeLens(Path folder, SaeConfig config, HostWeights weights, Optional<float[]> logSparsity) {
        Activation activation = config.activation();
        String architecture = architecture(config, weights);
        require(
                !architecture.isEmpty()
                        && !config.lookup()
                        && !weights.has(Part.INPUT_BIAS)
                        && !weights.has(Part.FEATURE_SCALE)
                        && !weights.has(Part.MAGNITUDE_ENCODER),
                config,
                "SAELens");
        WeightShapes.check(config, weights);
        create(folder);
        SafetensorsWriter writer = new SafetensorsWriter();
        matrix(writer::add, "W_enc", weights, Part.ENCODER, false);
        matrix(writer::add, "W_dec", weights, Part.DECODER, true);
        writer.add("b_dec", vector(weights, Part.DECODER_BIAS));
        boolean gated = activation instanceof Activation.Gated;
        writer.add(gated ? "b_gate" : "b_enc", vector(weights, Part.ENCODER_BIAS));
        if (gated) {
            writer.add("r_mag", vector(weights, Part.MAGNITUDE_SCALE))
                    .add("b_mag", vector(weights, Part.MAGNITUDE_BIAS));
        }
        if (activation instanceof Activation.JumpRelu) {
            writer.add("threshold", vector(weights, Part.THRESHOLD));
        }
        if (weights.has(Part.SKIP)) {
            matrix(writer::add, "W_skip", weights, Part.SKIP, true);
        }
        writer.write(folder.resolve("sae_weights.safetensors"));
        logSparsity.ifPresent(values -> new SafetensorsWriter()
                .add("sparsity", new HostTensor(values, values.length))
                .write(folder.resolve("sparsity.safetensors")));
        JsonFiles.write(folder.resolve("cfg.json"), saeLensConfig(config, architecture));
    }

    /** SAELens' name for the architecture; empty if it has none. Transcoders never subtract b_dec. */
    private static String architecture(SaeConfig config, HostWeights weights) {
        Activation activation = config.activation();
        boolean jumps = activation instanceof Activation.JumpRelu;
        if (config.transcodes()) {
            boolean supported = (jumps || activation instanceof Activation.Relu)
                    && !config.reading().subtractsDecoderBias();
            return supported ? (jumps ? "jumprelu_" : "") + (weights.has(Part.SKIP) ? "skip_" : "") + "transcoder" : "";
        }
        return weights.has(Part.SKIP)
                ? ""
                : jumps
                        ? "jumprelu"
                        : activation instanceof Activation.Relu
                                ? "standard"
                                : activation instanceof Activation.Gated
                                        ? "gated"
                                        : activation instanceof Activation.TopK t && t.relu() ? "topk" : "";
    }

    private static Map<String, Object> saeLensConfig(SaeConfig config, String architecture) {
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("sae_lens_version", SAE_LENS_VERSION);
        metadata.put("sae_lens_training_version", SAE_LENS_VERSION);
        metadata.put("model_name", config.trained().model());
        config.hook().ifPresent(hook -> metadata.put("hook_name", hook.name()));
        config.hookOut().ifPresent(hook -> metadata.put("hook_name_out", hook.name()));
        metadata.put(
                "hook_head_index", config.head().isPresent() ? config.head().getAsInt() : null);
        metadata.put(
                "model_from_pretrained_kwargs",
                Map.of("center_writing_weights", config.trained().centred()));
        Map<String, Object> cfg = new LinkedHashMap<>();
        cfg.put("architecture", architecture);
        cfg.put("d_in", config.dIn());
        cfg.put("d_sae", config.dSae());
        if (config.transcodes()) {
            cfg.put("d_out", config.dOut());
        }
        cfg.put("dtype", "float32");
        cfg.put("device", "cpu");
        cfg.put("apply_b_dec_to_input", config.reading().subtractsDecoderBias());
        cfg.put("normalize_activations", config.normalisation().name().toLowerCase(java.util.Locale.ROOT));
        cfg.put("reshape_activations", config.reading().heads() instanceof SaeConfig.Heads.Joined ? "hook_z" : "none");
        if (config.activation() instanceof Activation.TopK topK) {
            cfg.put("k", topK.k());
            cfg.put("rescale_acts_by_decoder_norm", topK.byDecoderNorm());
        }
        cfg.put("metadata", metadata);
        return cfg;
    }

    private static boolean plain(SaeConfig config) {
        return config.normalisation() == InputNormalisation.NONE
                && !config.transcodes()
                && config.head().isEmpty();
    }

    private static void require(boolean possible, SaeConfig config, String format) {
        if (!possible) {
            throw new IllegalArgumentException("config is " + config + ", which " + format + " cannot express");
        }
    }

    private static void create(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new CheckpointException(folder, "the folder cannot be made", "", "", e);
        }
    }

    static HostTensor vector(HostWeights weights, Part part) {
        float[] values = weights.vector(part);
        return new HostTensor(values, values.length);
    }

    /** Adds a matrix in the orientation that the format wants, transposed on the heap if needed. */
    static void matrix(Sink sink, String name, HostWeights weights, Part part, boolean featuresInRows) {
        DirectTensor tensor = weights.tensor(part);
        boolean asIs = part == Part.LOOKUP || part == Part.SKIP || weights.featuresInRows(part) == featuresInRows;
        long rows = asIs ? tensor.rows() : tensor.columns();
        long columns = asIs ? tensor.columns() : tensor.rows();
        FloatSource source =
                asIs ? tensor::copy : DirectTensor.of(weights.matrix(part, featuresInRows), rows, (int) columns)::copy;
        sink.add(name, List.of(rows, columns), source);
    }

    /** A writer of either container. */
    interface Sink {
        void add(String name, List<Long> shape, FloatSource source);
    }
}
