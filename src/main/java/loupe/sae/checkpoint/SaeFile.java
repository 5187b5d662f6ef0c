package loupe.sae.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.sae.DirectTensor;
import loupe.sae.HostWeights;
import loupe.sae.HostWeights.Part;
import loupe.sae.InputNormalisation;
import loupe.sae.SaeConfig;
import loupe.sae.SaeConfig.Heads;

/**
 * A checkpoint on disk: what it is and, when asked, its weights. The file is open only while it is read, so that
 * weights given up by the device can be read again. Reads on the calling thread, which should be one of the file pool.
 * Thread-safe.
 */
public final class SaeFile {
    private final Path path;
    private final Path weightsPath;
    private final SaeDraft draft;
    private final SaeOptions options;
    private final List<String> warnings;
    private final List<String> possible;
    private final long memoryBytes;
    private final long largestPart;

    private SaeFile(
            Path path,
            Path weightsPath,
            SaeDraft draft,
            SaeOptions options,
            List<String> warnings,
            List<String> possible,
            long memoryBytes,
            long largestPart) {
        this.path = path;
        this.weightsPath = weightsPath;
        this.draft = draft;
        this.options = options;
        this.warnings = List.copyOf(warnings);
        this.possible = List.copyOf(possible);
        this.memoryBytes = memoryBytes;
        this.largestPart = largestPart;
    }

    /**
     * Reads what a file or folder is, without its weights.
     *
     * @param options the user's statements about it, which override the files
     * @throws CheckpointException if it is no checkpoint of a known family, is damaged or contradicts itself
     */
    public static SaeFile read(Path path, SaeOptions options) {
        try (CheckpointFiles files = CheckpointFiles.open(path)) {
            SaeDraft draft = SaeFamilies.describe(files, options);
            SelfDescription said = SelfDescription.of(files, draft);
            said.complete(options);
            List<String> possible = ActivationOverride.names(draft, files);
            draft.activation().answeredBy(options.k());
            options.activation().ifPresent(name -> ActivationOverride.apply(draft, files, name));
            draft.warnAboutOptions(options);
            draft.check(files);
            Leftovers.of(files, draft, options, said).report();
            if (options.fold() && !draft.activation().canFold()) {
                throw files.refused(
                        "folding the decoder norms of an autoencoder with the activation function "
                                + draft.activation().kind().label() + " would make it compute something else",
                        "",
                        "",
                        Remedy.leaveOut(Choice.FOLD));
            }
            List<String> warnings = new ArrayList<>(files.archive().warnings());
            warnings.addAll(draft.warnings());
            long elements = draft.parts().elements(files);
            long largest = draft.parts().all().stream()
                    .mapToLong(part -> part.of(files).elements())
                    .max()
                    .orElse(0);
            return new SaeFile(
                    path,
                    files.archive().path(),
                    draft,
                    options,
                    warnings,
                    possible,
                    Math.multiplyExact(elements, Float.BYTES),
                    largest * Float.BYTES);
        }
    }

    /** The extensions that files with weights usually have, such as {@code .safetensors}; content decides. */
    public static List<String> fileEndings() {
        return TensorArchives.ENDINGS;
    }

    /** Whether a file may hold weights, by its name or by how it begins. */
    public static boolean mayHoldWeights(Path file) {
        return TensorArchives.mayHoldTensors(file);
    }

    /** The path that the user chose. */
    public Path path() {
        return path;
    }

    /** The file that holds the tensors. */
    public Path weightsPath() {
        return weightsPath;
    }

    /** The family's name, as {@code --sae-format} takes it. */
    public String format() {
        return draft.format();
    }

    public int dIn() {
        return draft.dIn();
    }

    public int dSae() {
        return draft.dSae();
    }

    /** Name of the activation function, as {@code --activation} spells it. */
    public String activation() {
        return draft.activation().kind().label();
    }

    public InputNormalisation normalisation() {
        return draft.normalisation();
    }

    /** The only head it reads; empty if it reads all there is. */
    public OptionalInt head() {
        return draft.heads() instanceof Heads.One one ? OptionalInt.of(one.index()) : OptionalInt.empty();
    }

    /** Whether the magnitudes of its features are computed with another encoder than the gate. */
    boolean hasTwoEncoders() {
        return draft.has(Part.MAGNITUDE_ENCODER);
    }

    public boolean lookup() {
        return draft.has(Part.LOOKUP);
    }

    /** Whether it adds a linear function of its input to its output. */
    boolean skips() {
        return draft.has(Part.SKIP);
    }

    /** Whether a factor for the input was known and has been multiplied into the weights on reading. */
    boolean normFactorApplied() {
        return draft.appliesNormFactor();
    }

    /** Name of the model it was trained on; empty if neither files nor name give it. */
    public String model() {
        return draft.model();
    }

    /** The configuration file as it is; empty if there is none. */
    public Map<String, Object> settings() {
        return draft.settings();
    }

    /**
     * What the weights take in memory once they are open, as float32; on a GPU they pass through as much of the host's.
     */
    public long memoryBytes() {
        return memoryBytes;
    }

    /**
     * The most memory that reading the weights and putting them on a device takes, in bytes: their own size, and one
     * block where a matrix lies in several and is copied from them.
     */
    public long bytesToRead() {
        return memoryBytes + (largestPart > DirectTensor.BLOCK_BYTES ? DirectTensor.BLOCK_BYTES : 0);
    }

    /** Log10 of each feature's firing frequency during training, dSae values, if a SAELens folder holds them. */
    public Optional<float[]> logSparsity() {
        Path file =
                Optional.ofNullable(weightsPath.getParent()).orElse(Path.of("")).resolve("sparsity.safetensors");
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try (TensorArchive archive = TensorArchives.open(file)) {
            return archive.find("sparsity")
                    .filter(t -> t.elements() == draft.dSae())
                    .map(t -> t.toHost().data());
        }
    }

    /** The questions that the files leave open, with suggested answers. */
    public SaeProposal proposal() {
        return draft.proposal(options, possible);
    }

    /** Warnings about unusual or assumed facts, one sentence each. */
    public List<String> warnings() {
        return warnings;
    }

    /**
     * The configuration, with what the user chose put in.
     *
     * @throws CheckpointException if k is unknown, contradictory or impossible
     */
    public SaeConfig config() {
        return draft.config(options);
    }

    /**
     * Reads the weights, as they are to be used: with scaling factors, norms and folding applied that belong to
     * loading. Takes as much direct memory as {@link HostWeights#bytes}.
     *
     * @throws CheckpointException if the file has changed or cannot be read any more
     */
    public HostWeights readWeights(Cancellation cancellation) {
        try (CheckpointFiles files = CheckpointFiles.open(path)) {
            HostWeights weights = new HostWeights(path);
            draft.check(files);
            weights.read(draft.parts().stored(files), cancellation);
            draft.applyTo(weights);
            if (options.fold()) {
                weights.foldDecoderNorms();
            }
            return weights;
        }
    }

    /** The activation functions that {@code --activation} can name. */
    public static List<String> activations() {
        return ActivationOverride.names();
    }

    /** Whether multiplying a feature's pre-activation multiplies the feature and changes no other. */
    boolean canFold() {
        return draft.activation().canFold();
    }

    SaeDraft draft() {
        return draft;
    }

    /** The options it was read with. */
    public SaeOptions options() {
        return options;
    }
}
