package loupe.inference;

import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import loupe.base.Cancellation;
import loupe.base.MachineMemory;
import loupe.base.MemoryBudget;
import loupe.base.MemoryBudget.Claim;
import loupe.base.MemoryBudget.Kind;
import loupe.base.OutOfDeviceMemoryException;
import loupe.lm.Embeddings;
import loupe.lm.Processing;
import loupe.sae.SparseAutoencoder;
import loupe.sae.checkpoint.SaeOptions;
import org.jspecify.annotations.Nullable;

/**
 * The inference service on the engine of this program: one device thread behind a queue, a pool for files, a thread for
 * computations that need no device. Thread-safe.
 *
 * <p>Managers of arrays form a tree: the engine's own, under it one for the service, under that one for each open model
 * and checkpoint and one for the running step. Whatever opens is closed once for each time it was opened.
 */
public final class LocalInferenceService implements InferenceService {
    private static final long ANSWER_BYTES = 256L << 20;
    private static final int FILE_THREADS = 2;
    private static final long SHUTDOWN_SECONDS = 5;

    private final Device device;
    private final Loader loader;
    private final MemoryBudget host;
    private final boolean keepsAll;
    private final AnswerCache answers = new AnswerCache(ANSWER_BYTES);
    private final DeviceWorker worker;
    private final ExecutorService compute = Threads.pool("compute", 1);
    private final ExecutorService files = Threads.pool("files", FILE_THREADS);
    /** Reads layers on demand: the threads for files may all be waiting for answers that need them. */
    private final ExecutorService layerReading = Threads.pool("layers", 1);

    // Device thread only, from here on.
    private final Map<ModelId, Opened<OpenModel, Embeddings>> models = new LinkedHashMap<>();
    private final Map<ModelId, LazyLayers> layers = new LinkedHashMap<>();
    private final Map<SaeId, Opened<OpenSae, SparseAutoencoder>> saes = new LinkedHashMap<>();
    private @Nullable NDManager root;
    private volatile @Nullable DeviceMemory memory;
    private volatile String deviceName;

    /** Starts the threads. The engine loads with the first question, on the device thread. */
    public LocalInferenceService(Device device) {
        this(device, false);
    }

    /**
     * Starts the threads, as above.
     *
     * @param keepsAll whether all that is opened is needed together, so that nothing is opened if that makes another
     *     checkpoint give way; else those not used for longest do
     */
    public LocalInferenceService(Device device, boolean keepsAll) {
        this(device, keepsAll, new FileLoader(), new MemoryBudget(MachineMemory.ofThisProcess()));
    }

    LocalInferenceService(Device device, boolean keepsAll, Loader loader, MemoryBudget host) {
        this.device = device;
        this.keepsAll = keepsAll;
        this.loader = loader;
        this.host = host;
        deviceName = device.request();
        worker = new DeviceWorker(this::runStep, answers, this::giveEverythingBack);
    }

    @Override
    public CompletionStage<OpenModel> openModel(Path folder, Processing processing) {
        return open(() -> loader.model(folder, processing, this::claim));
    }

    @Override
    public CompletionStage<OpenModel> openEmbeddings(Path folder) {
        return open(() -> loader.embeddings(folder, this::claim));
    }

    private CompletionStage<OpenModel> open(Supplier<Loader.LoadedModel> read) {
        return CompletableFuture.supplyAsync(read, files)
                .thenCompose(loaded -> worker.execute(Priority.INTERACTIVE, () -> admit(loaded))
                        .whenComplete((host, failure) -> {
                            if (failure != null) {
                                loaded.embeddings().files().run();
                                loaded.layers().close();
                            }
                        }));
    }

    @Override
    public CompletionStage<Optional<String>> layers(ModelId id) {
        return worker.execute(Priority.INTERACTIVE, () -> layersOf(id).doubt()).thenCompose(doubt -> doubt);
    }

    @Override
    public CompletionStage<OpenSae> openSae(Path path, SaeOptions options) {
        return CompletableFuture.supplyAsync(() -> loader.sae(path, options, this::claim), files)
                .thenCompose(loaded -> worker.execute(
                                Priority.INTERACTIVE,
                                () -> admit(loaded, saes, loaded.host().id(), true))
                        .whenComplete((host, failure) -> {
                            if (failure != null) {
                                loaded.files().run();
                            }
                        }));
    }

    @Override
    public CompletionStage<Void> close(ModelId id) {
        return worker.execute(Priority.INTERACTIVE, () -> release(id));
    }

    @Override
    public CompletionStage<Void> close(SaeId id) {
        return worker.execute(Priority.INTERACTIVE, () -> release(saes, id));
    }

    @Override
    public <R> Pending<R> submit(Query<R> query, Priority priority) {
        return worker.submit(query, priority);
    }

    @Override
    public Executor compute() {
        return compute;
    }

    @Override
    public Executor files() {
        return files;
    }

    /** What reads layers on demand. */
    Executor layerReading() {
        return layerReading;
    }

    @Override
    public Status status() {
        DeviceMemory held = memory;
        return new Status(deviceName, held == null ? 0 : held.usedBytes(), worker.running(), worker.waiting());
    }

    @Override
    public void close() {
        worker.close();
        compute.shutdown();
        files.shutdown();
        layerReading.shutdown();
        try {
            if (!compute.awaitTermination(SHUTDOWN_SECONDS, TimeUnit.SECONDS)
                    || !files.awaitTermination(SHUTDOWN_SECONDS, TimeUnit.SECONDS)
                    || !layerReading.awaitTermination(SHUTDOWN_SECONDS, TimeUnit.SECONDS)) {
                compute.shutdownNow();
                files.shutdownNow();
                layerReading.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Takes room for weights in the host's memory, through which all pass, and makes sure that a GPU has as much. Where
     * that does not need the engine, it does not wait for it.
     */
    private Claim claim(Path what, Kind kind, long bytes) {
        if (worker.isCurrent()) {
            return host.claim(what, kind, bytes);
        }
        if (device.mayBeGpu()) {
            onDeviceThread(() -> {
                if (Objects.requireNonNull(root).getDevice().isGpu()) {
                    memory().requireRoom(what, bytes, keepsAll);
                }
            });
        }
        try {
            return host.claim(what, kind, bytes);
        } catch (OutOfDeviceMemoryException tooLittle) {
            DeviceMemory held = memory;
            if (keepsAll || held == null || bytes > host.room() + held.usedBytes()) {
                throw tooLittle;
            }
            onDeviceThread(() -> held.freeAllBut(Set.of()));
            return host.claim(what, kind, bytes);
        }
    }

    private void onDeviceThread(Runnable task) {
        try {
            worker.execute(Priority.INTERACTIVE, () -> {
                        task.run();
                        return Boolean.TRUE;
                    })
                    .toCompletableFuture()
                    .join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    /** Uploads what has been read of a model, unless it is open already. */
    private OpenModel admit(Loader.LoadedModel loaded) {
        ModelId id = loaded.embeddings().host().id();
        OpenModel host = admit(loaded.embeddings(), models, id, false);
        if (layers.containsKey(id)) {
            loaded.layers().close();
        } else {
            Resident<Embeddings> embeddings = opened(models, id);
            LazyLayers lazy = new LazyLayers(id.toString(), loaded.layers(), embeddings);
            layers.put(id, lazy);
            if (loaded.layers().isRead()) {
                try {
                    memory().require(lazy.resident(layerReading), Set.of());
                } catch (RuntimeException | Error e) {
                    release(id);
                    throw e;
                }
            }
        }
        return host;
    }

    /** Uploads what has been read, unless it is open already. */
    private <I, H, T extends AutoCloseable> H admit(
            Loader.Loaded<H, T> loaded, Map<I, Opened<H, T>> opened, I id, boolean evictable) {
        Opened<H, T> existing = opened.get(id);
        if (existing != null) {
            loaded.files().run();
            existing.times++;
            return existing.loaded.host();
        }
        Opened<H, T> fresh = new Opened<>(
                loaded,
                new Resident<>(
                        id.toString(), loaded.bytes(), evictable, loaded.upload(), loaded.weights(), loaded.evicted()));
        memory().require(fresh.resident, Set.of());
        opened.put(id, fresh);
        return loaded.host();
    }

    private Void release(ModelId id) {
        release(models, id);
        LazyLayers read = models.containsKey(id) ? null : layers.remove(id);
        if (read != null) {
            read.close(memory());
        }
        return null;
    }

    private <I, H, T extends AutoCloseable> Void release(Map<I, Opened<H, T>> opened, I id) {
        Opened<H, T> existing = opened.get(id);
        if (existing != null && --existing.times == 0) {
            opened.remove(id);
            memory().release(existing.resident);
            existing.loaded.files().run();
        }
        return null;
    }

    private <T> T runStep(Cancellation cancellation, Function<Scope, T> step) {
        startEngine();
        Set<Resident<?>> inUse;
        Throwable first;
        try (StepScope scope = scope(cancellation)) {
            try {
                return step.apply(scope);
            } catch (RuntimeException | Error failure) {
                if (!DeviceMemory.isOutOfMemory(failure) && !(failure instanceof OutOfDeviceMemoryException)) {
                    throw failure;
                }
                inUse = Set.copyOf(scope.lent());
                first = failure;
            }
        }
        memory().freeAllBut(inUse);
        try (StepScope scope = scope(cancellation)) {
            return step.apply(scope);
        } catch (RuntimeException | Error again) {
            if (!DeviceMemory.isOutOfMemory(again)) {
                throw again;
            }
            again.addSuppressed(first);
            throw memory().tooLittle(again);
        }
    }

    /** There once the engine has started. */
    private DeviceMemory memory() {
        return Objects.requireNonNull(memory);
    }

    private StepScope scope(Cancellation cancellation) {
        return new StepScope(
                memory(),
                answers,
                id -> opened(models, id),
                id -> layersOf(id).resident(layerReading),
                id -> opened(saes, id),
                cancellation,
                worker::othersWait);
    }

    private LazyLayers layersOf(ModelId id) {
        LazyLayers found = layers.get(id);
        if (found == null) {
            throw notOpen(id);
        }
        return found;
    }

    private static IllegalStateException notOpen(Object id) {
        return new IllegalStateException(id + " is not open");
    }

    private static <I, H, T extends AutoCloseable> Resident<T> opened(Map<I, Opened<H, T>> opened, I id) {
        Opened<H, T> existing = opened.get(id);
        if (existing == null) {
            throw notOpen(id);
        }
        return existing.resident;
    }

    private void startEngine() {
        if (memory == null) {
            ai.djl.Device where = device.resolve();
            root = Device.engine().newBaseManager(where);
            root.setName("inference service");
            deviceName = Device.describe(where);
            memory = new DeviceMemory(root, deviceName, Device.budget(where));
        }
    }

    private void giveEverythingBack() {
        layers.values().forEach(read -> read.close(memory()));
        layers.clear();
        Stream.concat(models.values().stream(), saes.values().stream()).forEach(existing -> {
            existing.resident.evict();
            existing.loaded.files().run();
        });
        models.clear();
        saes.clear();
        if (root != null) {
            root.close();
        }
    }

    /** An open model or checkpoint, and how many times it was opened. */
    private static final class Opened<H, T extends AutoCloseable> {
        final Loader.Loaded<H, T> loaded;
        final Resident<T> resident;
        int times = 1;

        Opened(Loader.Loaded<H, T> loaded, Resident<T> resident) {
            this.loaded = loaded;
            this.resident = resident;
        }
    }
}
