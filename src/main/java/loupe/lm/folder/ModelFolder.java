package loupe.lm.folder;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import loupe.base.CheckpointException;
import loupe.format.HubCache;
import loupe.format.JsonFiles;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.lm.HostWeight;
import loupe.lm.ModelConfig;
import loupe.lm.ModelPart;
import loupe.lm.ModelWeights;
import loupe.lm.Processing;
import loupe.lm.tokenizer.Tokenizer;
import loupe.lm.tokenizer.TokenizerFiles;

/**
 * A model in Hugging Face's folder layout: config.json, weights, tokenizer; or in one file that holds everything but
 * the tokenizer. Opening checks names and shapes of all weights but reads none, except where it has to compare two. Any
 * thread; open until closed.
 *
 * @see <a href="https://huggingface.co/docs/transformers/main_classes/model">the files and their order of
 *     preference</a>
 */
public final class ModelFolder implements AutoCloseable {
    private static final int NAMED_UNUSED = 5;
    /** Its spelling is the users', shorter than the list of {@code model_type}s. */
    private static final String FAMILIES =
            "GPT-2, Neo, J, NeoX, Llama, Mistral, Qwen 2-3, Gemma 1-3, OLMo 2-3, Phi-3, SmolLM 3, Granite, StableLM";

    private final Path path;
    private final ModelConfig config;
    private final TensorArchive archive;
    private final StoredWeights weights;
    private final Optional<Tokenizer> tokenizer;
    private final List<String> warnings;

    private ModelFolder(
            Path path,
            ModelConfig config,
            TensorArchive archive,
            StoredWeights weights,
            Optional<Tokenizer> tokenizer,
            List<String> warnings) {
        this.path = path;
        this.config = config;
        this.archive = archive;
        this.weights = weights;
        this.tokenizer = tokenizer;
        this.warnings = warnings;
    }

    /**
     * Opens a model folder: reads its settings and the headers of its weights.
     *
     * @param named the folder, or the model's folder in a cache of downloads, which stands for its snapshot, or one
     *     file with a whole model: of nanoGPT or llama2.c
     * @throws CheckpointException if the folder holds no model, one of an unsupported family, or weights that do not
     *     fit its config.json
     */
    public static ModelFolder open(Path named) {
        Path path = folderOf(HubCache.resolve(named));
        if (Files.isRegularFile(path)) {
            ModelFile file = ModelFile.open(path);
            return open(path, path.toAbsolutePath().resolveSibling(""), file.family(), file.settings(), file.archive());
        }
        if (Files.isDirectory(path) && usualWeights(path).isEmpty()) {
            ForeignWeights.of(path).ifPresent(refusal -> {
                throw refusal;
            });
        }
        ConfigFile settings = readConfig(path);
        ModelFamily family = family(settings);
        ForeignWeights.refuseQuantised(settings);
        return open(path, path, family, settings, TensorArchives.open(weightFile(path)));
    }

    /** The folder of a model, if its settings are named instead of it. */
    private static Path folderOf(Path path) {
        return path.endsWith("config.json") && Files.isRegularFile(path)
                ? path.toAbsolutePath().resolveSibling("")
                : path;
    }

    private static ModelFamily family(ConfigFile settings) {
        String type = settings.text("", "model_type");
        return ModelFamily.of(type)
                .orElseThrow(() -> new CheckpointException(
                        settings.path(),
                        type.isEmpty() ? "model_type is missing" : UnreadFamilies.describe(type),
                        "a dense decoder: " + FAMILIES,
                        "Choose a model of such a family"));
    }

    /**
     * @param folder where a tokenizer may be
     * @param archive closed if it does not fit
     */
    private static ModelFolder open(
            Path path, Path folder, ModelFamily family, ConfigFile settings, TensorArchive archive) {
        try {
            ForeignWeights.refuseQuantised(archive);
            ModelConfig config = family.config(settings);
            StoredWeights weights = new StoredWeights(archive);
            family.locate(config, settings, weights);
            Optional<Tokenizer> tokenizer = TokenizerFiles.read(folder);
            List<String> warnings = new ArrayList<>(archive.warnings());
            warnings.addAll(RotarySettings.warnings(settings));
            warnings.addAll(weights.warnings());
            warnings.addAll(warnings(folder, config, weights.unclaimed(), tokenizer));
            return new ModelFolder(path, config, archive, weights, tokenizer, List.copyOf(warnings));
        } catch (RuntimeException | Error e) {
            archive.close();
            throw e;
        }
    }

    /** The name of the repository that a folder was downloaded from; empty unless it lies in a cache of downloads. */
    public static Optional<String> name(Path folder) {
        return HubCache.repository(folder).map(repository -> repository.substring(repository.indexOf('/') + 1));
    }

    /**
     * The kind of model a folder holds, as its config.json names it ({@code model_type}), or a file; empty if it holds
     * none: no such config.json, or no weights beside it. Nothing of the weights is read.
     *
     * @param named as for {@link #open}
     * @throws CheckpointException if config.json cannot be read
     */
    public static Optional<String> recognise(Path named) {
        Path folder = HubCache.resolve(named);
        if (Files.isRegularFile(folder)) {
            return ModelFile.recognise(folder);
        }
        if (!Files.isRegularFile(folder.resolve("config.json"))
                || usualWeights(folder).isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(readConfig(folder).text("", "model_type")).filter(type -> !type.isEmpty());
    }

    /**
     * Whether a folder holds a model, or a part of one, in a form that cannot be opened: an adapter, or files made for
     * another program. Opening it says which.
     *
     * @param named as for {@link #open}
     * @throws CheckpointException if the folder cannot be listed
     */
    public static boolean isForeign(Path named) {
        Path folder = HubCache.resolve(named);
        return usualWeights(folder).isEmpty() && ForeignWeights.of(folder).isPresent();
    }

    /** Whether models of this kind can be opened. */
    public static boolean isKnown(String modelType) {
        return ModelFamily.of(modelType).isPresent();
    }

    private static ConfigFile readConfig(Path folder) {
        Path path = folder.resolve("config.json");
        HubCache.requireTarget(path);
        if (!Files.isRegularFile(path)) {
            throw new CheckpointException(
                    folder,
                    "there is no config.json",
                    "a model in Hugging Face's folder layout",
                    "Choose the folder that holds config.json and the weights");
        }
        return new ConfigFile(path, JsonFiles.readSettings(path));
    }

    private static Path weightFile(Path folder) {
        Optional<Path> weights = usualWeights(folder);
        if (weights.isEmpty()) {
            TensorArchives.WEIGHT_FILES.forEach(name -> HubCache.requireTarget(folder.resolve(name)));
            throw new CheckpointException(
                    folder,
                    "there are no weights",
                    "one of " + String.join(", ", TensorArchives.WEIGHT_FILES),
                    "Download the weights into this folder");
        }
        return weights.get();
    }

    private static Optional<Path> usualWeights(Path folder) {
        return TensorArchives.WEIGHT_FILES.stream()
                .map(folder::resolve)
                .filter(Files::isRegularFile)
                .findFirst();
    }

    private static List<String> warnings(
            Path folder, ModelConfig config, List<String> unclaimed, Optional<Tokenizer> tokenizer) {
        List<String> warnings = new ArrayList<>();
        if (!unclaimed.isEmpty()) {
            warnings.add(unclaimed.size() + " tensors are not part of this kind of model and are not used: "
                    + unclaimed.stream().limit(NAMED_UNUSED).collect(Collectors.joining(", "))
                    + (unclaimed.size() > NAMED_UNUSED ? ", ..." : ""));
        }
        ForeignWeights.adapterBeside(folder).ifPresent(warnings::add);
        if (tokenizer.isEmpty()) {
            warnings.add(TokenizerFiles.absence(folder));
        } else if (tokenizer.get().size() > config.vocabularySize()) {
            warnings.add("The tokenizer has " + tokenizer.get().size() + " tokens, the model " + config.vocabularySize()
                    + "; texts with the tokens beyond cannot be run");
        }
        return warnings;
    }

    /** Where the files are: the folder that was named, or the snapshot that it stands for. */
    public Path path() {
        return path;
    }

    public ModelConfig config() {
        return config;
    }

    /** Empty if the folder has no tokenizer files. Closed with the folder. */
    public Optional<Tokenizer> tokenizer() {
        return tokenizer;
    }

    /** Warnings about unusual facts, as plain sentences without a full stop. */
    public List<String> warnings() {
        return warnings;
    }

    /** Size of the weights in memory, in bytes; a processed model with tied embeddings takes one embedding more. */
    public long bytes() {
        return weights.bytes(ModelFolder::isAny);
    }

    /**
     * The most memory that reading the weights and putting them on a device takes, in bytes: their own size, a second
     * embedding where a processed model makes one, and one buffer where a parameter is too large for one and is copied
     * from several.
     */
    public long bytesToRead(Processing processing) {
        long second = processing == Processing.PROCESSED && weights.bytes("lm_head.weight") == 0
                ? weights.bytes("transformer.wte.weight")
                : 0;
        return second + bytesToRead(ModelFolder::isAny);
    }

    /** Likewise of one part, as it is stored. */
    public long bytesToRead(ModelPart part) {
        return bytesToRead(part::has);
    }

    private long bytesToRead(Predicate<String> wanted) {
        return weights.bytes(wanted)
                + (weights.largest(wanted) > HostWeight.LARGEST_BLOCK ? HostWeight.LARGEST_BLOCK : 0);
    }

    /**
     * Reads the weights as float32.
     *
     * @throws CheckpointException if the files can no longer be read
     */
    public ModelWeights read(Processing processing) {
        Map<String, HostWeight> read = weights.read(ModelFolder::isAny);
        if (processing == Processing.PROCESSED) {
            WeightProcessing.apply(config, read);
        }
        return modelWeights(read);
    }

    /** Reads one part of the weights, as it is stored, and nothing of the others. As {@link #read(Processing)}. */
    public ModelWeights read(ModelPart part) {
        return modelWeights(weights.read(part::has));
    }

    private static boolean isAny(@SuppressWarnings("unused") String parameter) {
        return true;
    }

    private ModelWeights modelWeights(Map<String, HostWeight> read) {
        int tokens = tokenizer
                .map(Tokenizer::size)
                .filter(size -> size < config.vocabularySize())
                .orElse(config.vocabularySize());
        return new ModelWeights(config, tokens, read, weights.audit());
    }

    @Override
    public void close() {
        archive.close();
        tokenizer.ifPresent(Tokenizer::close);
    }
}
