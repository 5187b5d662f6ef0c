package loupe.inference;

import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import loupe.base.Cancellation;
import loupe.base.MemoryBudget.Kind;
import loupe.lm.Embeddings;
import loupe.lm.LanguageModel;
import loupe.lm.ModelPart;
import loupe.lm.ModelWeights;
import loupe.lm.Processing;
import loupe.lm.folder.ModelFolder;
import loupe.sae.HostWeights;
import loupe.sae.SaeConfig;
import loupe.sae.SparseAutoencoder;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeOptions;
import org.jspecify.annotations.Nullable;

/** Reads Hugging Face folders and checkpoint files. */
final class FileLoader implements Loader {
    @Override
    public LoadedModel model(Path folder, Processing processing, Room room) {
        return model(
                folder,
                processing,
                room,
                true,
                files -> files.bytesToRead(processing),
                files -> files.read(processing));
    }

    @Override
    public LoadedModel embeddings(Path folder, Room room) {
        return model(
                folder,
                Processing.RAW,
                room,
                false,
                files -> files.bytesToRead(ModelPart.EMBEDDINGS),
                files -> files.read(ModelPart.EMBEDDINGS));
    }

    /** @param whole whether {@code read} reads the layers too */
    private static LoadedModel model(
            Path folder,
            Processing processing,
            Room room,
            boolean whole,
            ToLongFunction<ModelFolder> bytesToRead,
            Function<ModelFolder, ModelWeights> read) {
        ModelFolder files = ModelFolder.open(folder);
        try {
            Read<ModelWeights> first = room.within(
                    folder,
                    Kind.MODEL,
                    bytesToRead.applyAsLong(files),
                    () -> Read.of(() -> Fingerprint.of(files.path(), processing.toString()), () -> read.apply(files)));
            List<String> warnings = new ArrayList<>(files.warnings());
            first.weights.doubt().ifPresent(warnings::add);
            ModelId id = new ModelId(ModelFolder.name(folder).orElse(name(folder)), first.fingerprint.get());
            ModelWeights embeddings = first.weights.take(ModelPart.EMBEDDINGS);
            HostCopy<ModelWeights> copy = new HostCopy<>(
                    embeddings,
                    () -> {
                        throw new IllegalStateException(id + " is uploaded once");
                    },
                    ModelWeights::free);
            return new LoadedModel(
                    new Loaded<>(
                            new OpenModel(id, folder, files.config(), files.tokenizer(), List.copyOf(warnings)),
                            embeddings.bytes(),
                            owner -> copy.upload(owner, weights -> weights.embeddingsOn(owner)),
                            Embeddings::weights,
                            copy::free,
                            copy::free),
                    new FolderLayers(folder, files, processing, room, whole ? first.weights : null));
        } catch (RuntimeException | Error e) {
            files.close();
            throw e;
        }
    }

    /** The layers of a model folder. */
    private static final class FolderLayers implements Layers {
        private final Path folder;
        private final ModelFolder files;
        private final Processing processing;
        private final Room room;
        private @Nullable ModelWeights weights;
        private boolean reading;
        private boolean closed;

        /** @param weights if they have been read already */
        FolderLayers(Path folder, ModelFolder files, Processing processing, Room room, @Nullable ModelWeights weights) {
            this.folder = folder;
            this.files = files;
            this.processing = processing;
            this.room = room;
            this.weights = weights;
        }

        @Override
        public synchronized boolean isRead() {
            return weights != null;
        }

        @Override
        public Optional<String> read() {
            synchronized (this) {
                if (closed) {
                    throw new IllegalStateException(folder + " is not open");
                }
                reading = true;
            }
            ModelWeights read = null;
            try {
                boolean processed = processing == Processing.PROCESSED; // which changes the parts together
                long bytes = processed ? files.bytesToRead(processing) : files.bytesToRead(ModelPart.LAYERS);
                read = room.within(
                        folder, Kind.MODEL, bytes, () -> processed ? processed() : files.read(ModelPart.LAYERS));
                return read.doubt();
            } finally {
                synchronized (this) {
                    reading = false;
                    weights = read;
                    if (closed) {
                        free();
                    }
                }
            }
        }

        private ModelWeights processed() {
            ModelWeights layers = files.read(processing);
            layers.take(ModelPart.EMBEDDINGS).free();
            return layers;
        }

        @Override
        public synchronized long bytes() {
            return Objects.requireNonNull(weights).bytes();
        }

        @Override
        public synchronized LanguageModel to(NDManager owner, Embeddings embeddings) {
            ModelWeights read = Objects.requireNonNull(weights);
            boolean stays = false;
            try {
                LanguageModel model = read.on(owner, embeddings);
                stays = !owner.getDevice().isGpu();
                return model;
            } finally {
                if (!stays) { // copied, or failed with some of it given back already
                    read.free();
                    weights = null;
                }
            }
        }

        @Override
        public synchronized void close() {
            boolean first = !closed;
            closed = true;
            if (first && !reading) {
                free();
            }
        }

        private void free() {
            if (weights != null) {
                weights.free();
                weights = null;
            }
            files.close();
        }
    }

    @Override
    public Loaded<OpenSae, SparseAutoencoder> sae(Path path, SaeOptions options, Room room) {
        SaeFile file = SaeFile.read(path, options);
        SaeConfig config = file.config();
        Read<HostWeights> first = room.within(
                path,
                Kind.CHECKPOINT,
                file.bytesToRead(),
                () -> Read.of(
                        () -> Fingerprint.of(file.weightsPath(), config.toString() + options),
                        () -> file.readWeights(new Cancellation())));
        List<String> warnings = new ArrayList<>(file.warnings());
        warnings.addAll(first.weights.warnings());
        OpenSae host = new OpenSae(
                new SaeId(name(path), first.fingerprint.get()),
                path,
                config,
                List.copyOf(warnings),
                Fingerprint.ofWeights(file.weightsPath()));
        HostCopy<HostWeights> copy = new HostCopy<>(
                first.weights,
                () -> room.within(
                        path, Kind.CHECKPOINT, file.bytesToRead(), () -> file.readWeights(new Cancellation())),
                HostWeights::free);
        return new Loaded<>(
                host,
                first.weights.bytes(),
                owner -> copy.upload(owner, weights -> SparseAutoencoder.upload(owner, config, weights)),
                SparseAutoencoder::weights,
                copy::free,
                copy::free);
    }

    /** Weights that have been read, and the fingerprint of their files, which may still be made. */
    private record Read<W>(W weights, Supplier<String> fingerprint) {
        static <W> Read<W> of(Supplier<String> fingerprint, Supplier<W> weights) {
            Supplier<String> made = meanwhile(fingerprint);
            return new Read<>(weights.get(), made);
        }
    }

    /** Starts work on a thread of its own. The supplier waits for the result, or throws what the work threw. */
    private static <T> Supplier<T> meanwhile(Supplier<T> work) {
        CompletableFuture<T> result = CompletableFuture.supplyAsync(
                work, body -> Threads.named("fingerprint", body).start());
        return () -> {
            try {
                return result.join();
            } catch (CompletionException e) {
                throw e.getCause() instanceof RuntimeException cause ? cause : e;
            }
        };
    }

    /** The name of its repository where it lies in a cache of downloads, else of its folder. */
    private static String name(Path path) {
        Path last = path.toAbsolutePath().normalize().getFileName();
        return last == null ? path.toString() : last.toString();
    }

    /**
     * Weights in the host's memory, freed once they are not needed there: on a GPU when they have been copied, on the
     * CPU, where the arrays share this memory, when the arrays are closed. Read again when needed after that. One
     * thread at a time.
     */
    private static final class HostCopy<W> {
        private final Supplier<W> again;
        private final Consumer<W> free;
        private @Nullable W weights;

        HostCopy(W first, Supplier<W> again, Consumer<W> free) {
            this.weights = first;
            this.again = again;
            this.free = free;
        }

        <T> T upload(NDManager owner, Function<W, T> upload) {
            if (weights == null) {
                weights = again.get();
            }
            boolean stays = false;
            try {
                T uploaded = upload.apply(weights);
                stays = !owner.getDevice().isGpu();
                return uploaded;
            } finally {
                if (!stays) { // copied, or failed with some of it given back already
                    free();
                }
            }
        }

        void free() {
            if (weights != null) {
                free.accept(weights);
                weights = null;
            }
        }
    }
}
