package loupe.sae.checkpoint;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import loupe.base.AsideFolder;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.MachineMemory;
import loupe.base.MemoryBudget;
import loupe.base.MemoryBudget.Kind;
import loupe.sae.Activation;
import loupe.sae.HostWeights;
import loupe.sae.HostWeights.Part;
import loupe.sae.InputNormalisation;
import loupe.sae.SaeConfig;

/**
 * Writes an open checkpoint in another library's form, so that reading it back computes the same, up to rounding.
 * Anything that the form has no place for is moved into the weights where mathematics allows it, and refused where not.
 * The weights are read from the checkpoint's file again. For the file pool.
 */
public final class SaeSaving {
    private static final long TORCH_BYTES = 0xFF000000L;
    private static final String PLAIN_INSTEAD = "Save it as plain safetensors instead";

    private SaeSaving() {}

    /** A form to write. */
    public enum Form {
        /** A folder of SAELens 6. */
        SAELENS("SAELens", ""),
        /** A folder of dictionary_learning. */
        DICTIONARY_LEARNING("dictionary_learning", ""),
        /** One safetensors file with the configuration in its metadata; has a place for everything. */
        PLAIN("plain safetensors", ".safetensors");

        private final String label;
        private final String suffix;

        Form(String label, String suffix) {
            this.label = label;
            this.suffix = suffix;
        }

        /** The form's name as menus show it. */
        public String label() {
            return label;
        }

        /** What a file's name ends in; empty for a folder. */
        public String suffix() {
            return suffix;
        }
    }

    /**
     * Writes the checkpoint, completely or not at all.
     *
     * @param target a new folder, or for {@link Form#PLAIN} a file
     * @return {@code target}
     * @throws CheckpointException if the form cannot express it, it cannot be read any more, or nothing can be written
     *     there
     * @throws loupe.base.OutOfDeviceMemoryException if its weights do not fit into the memory there is
     */
    public static Path save(SaeFile file, Form form, Path target, Cancellation cancellation) {
        SaeConfig config = file.config();
        refuse(file, config, form);
        HostWeights weights = new MemoryBudget(MachineMemory.ofThisProcess())
                .within(file.path(), Kind.CHECKPOINT, file.bytesToRead(), () -> file.readWeights(cancellation));
        try {
            Rewriting rewriting = new Rewriting(config, weights);
            if (file.normFactorApplied()) {
                rewriting.withoutNormFactor();
            }
            switch (form) {
                case SAELENS -> folder(target, cancellation, folder -> saeLens(folder, rewriting, file.logSparsity()));
                case DICTIONARY_LEARNING ->
                    folder(target, cancellation, folder -> dictionaryLearning(folder, file, rewriting));
                default -> PlainSae.write(target, rewriting.config(), weights);
            }
            return target;
        } finally {
            weights.free();
        }
    }

    private static void saeLens(Path folder, Rewriting rewriting, Optional<float[]> logSparsity) {
        rewriting.withoutMean().withoutFeatureScale().withThresholds();
        if (rewriting.config().transcodes() || rewriting.weights().has(Part.INPUT_BIAS)) {
            rewriting.subtracting(false);
        }
        SaeWriter.saeLens(folder, rewriting.config(), rewriting.weights(), logSparsity);
    }

    private static void dictionaryLearning(Path folder, SaeFile file, Rewriting rewriting) {
        rewriting.withoutMean().withoutNormFactor().withoutFeatureScale().choosingPlainly();
        if (rewriting.weights().bytes() >= TORCH_BYTES) {
            throw refused(
                    file,
                    "its weights take " + rewriting.weights().bytes() + " bytes, and ae.pt is written up to 4 GiB",
                    "Save it as SAELens instead");
        }
        SaeConfig config = rewriting.config();
        boolean subtracts = !(config.activation() instanceof Activation.JumpRelu)
                && !(config.activation() instanceof Activation.Relu
                        && !(config.reading().subtractsDecoderBias() && rewriting.hasUnitDecoder()));
        rewriting.subtracting(subtracts);
        SaeWriter.dictionaryLearning(folder, rewriting.config(), rewriting.weights(), Map.of());
    }

    /** Refuses what no change of the weights can express. */
    private static void refuse(SaeFile file, SaeConfig config, Form form) {
        if (form == Form.PLAIN) {
            return;
        }
        String name = form.label();
        Activation activation = config.activation();
        if (config.lookup()) {
            throw refused(file, "it adds a bias for each token, which " + name + " cannot", PLAIN_INSTEAD);
        }
        if (activation instanceof Activation.TopK topK && !topK.relu()) {
            throw refused(
                    file,
                    "it keeps the k largest pre-activations even where they are negative, which " + name
                            + " sets to zero",
                    PLAIN_INSTEAD);
        }
        if (file.hasTwoEncoders()) {
            throw refused(
                    file,
                    "its gate and its magnitudes have an encoder each, and a gated autoencoder of " + name
                            + " has one for both",
                    PLAIN_INSTEAD);
        }
        if (activation instanceof Activation.GroupMax
                || activation instanceof Activation.SignedTopK
                || activation instanceof Activation.MatchingPursuit
                || activation instanceof Activation.TanhRelu) {
            throw refused(
                    file,
                    "its activation function is " + activation.label() + ", which " + name + " has not",
                    PLAIN_INSTEAD);
        }
        if (activation instanceof Activation.TopKByDecoderNorm) {
            throw refused(
                    file,
                    "it chooses features by their decoder norms without multiplying them, which " + name + " cannot",
                    PLAIN_INSTEAD);
        }
        if (activation instanceof Activation.BatchTopK batch
                && batch.threshold().isEmpty()) {
            throw refused(file, "it has no threshold yet, without which " + name + " cannot use it", PLAIN_INSTEAD);
        }
        if (form == Form.SAELENS
                && config.transcodes()
                && !(activation instanceof Activation.Relu
                        || activation instanceof Activation.JumpRelu
                        || activation instanceof Activation.BatchTopK)) {
            throw refused(
                    file,
                    "it is a transcoder with the activation function " + activation.label()
                            + ", and those of SAELens have relu or jumprelu",
                    PLAIN_INSTEAD);
        }
        if (form == Form.SAELENS && file.skips() && !config.transcodes()) {
            throw refused(file, "it has a skip connection, which only transcoders of SAELens have", PLAIN_INSTEAD);
        }
        if (form == Form.DICTIONARY_LEARNING) {
            if (config.head().isPresent()) {
                throw refused(
                        file,
                        "it reads head " + config.head().getAsInt() + " only, which dictionary_learning cannot say",
                        "Save it as SAELens instead");
            }
            if (config.transcodes() || file.skips()) {
                throw refused(
                        file,
                        "it is a transcoder or has a skip connection, and dictionary_learning has autoencoders only",
                        "Save it as SAELens instead");
            }
            if (config.normalisation() == InputNormalisation.LAYER_NORM
                    || config.normalisation() == InputNormalisation.CONSTANT_NORM_RESCALE) {
                throw refused(
                        file,
                        "it normalises every activation before encoding, which dictionary_learning does not",
                        "Save it as SAELens instead");
            }
        }
    }

    private static CheckpointException refused(SaeFile file, String found, String remedy) {
        return new CheckpointException(file.path(), found, "", remedy);
    }

    private static void folder(Path target, Cancellation cancellation, Consumer<Path> fill) {
        try (AsideFolder aside = AsideFolder.create(target)) {
            fill.accept(aside.path());
            cancellation.check();
            aside.commit();
        }
    }
}
