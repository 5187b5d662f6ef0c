package loupe.state;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Function;
import loupe.inference.InferenceService;
import loupe.inference.ModelId;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Pending;
import loupe.inference.Priority;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.lm.Processing;
import loupe.sae.checkpoint.SaeOptions;

/** A service whose answers the test gives by hand, in the order it likes; everything runs on the test's thread. */
public final class FakeService implements InferenceService {
    /** Everything that was submitted, oldest first. */
    public final List<Ask<?>> asked = new ArrayList<>();

    public final Map<Path, CompletableFuture<OpenModel>> models = new HashMap<>();
    public final Map<Path, CompletableFuture<OpenSae>> saes = new HashMap<>();
    public final List<Object> closed = new ArrayList<>();
    public SaeOptions lastOptions;

    /** Questions that are answered as soon as they are asked, by their class. */
    public final Map<Class<?>, Function<Query<?>, Object>> answeredAtOnce = new HashMap<>();

    /** Completed by a test when the layers of a model have been read. */
    public final Map<ModelId, CompletableFuture<Optional<String>>> layers = new HashMap<>();

    /** Runs what reads files; a test that wants to see it wait puts a queue here. */
    public Executor files = Runnable::run;

    /** Runs what is worked out on the host; a test that wants to see it wait puts a queue here. */
    public Executor compute = Runnable::run;

    /** One submitted question. */
    public static final class Ask<R> implements Pending<R> {
        public final Query<R> query;
        final CompletableFuture<R> future = new CompletableFuture<>();
        public boolean cancelled;
        private BiConsumer<? super R, Double> listener = (part, fraction) -> {};

        Ask(Query<R> query) {
            this.query = query;
        }

        @Override
        public CompletionStage<R> answer() {
            return future;
        }

        @Override
        public void onProgress(BiConsumer<? super R, Double> to) {
            listener = to;
        }

        @Override
        public void cancel() {
            cancelled = true;
        }

        @SuppressWarnings("unchecked")
        public void answer(Object answer) {
            future.complete((R) answer);
        }

        @SuppressWarnings("unchecked")
        public void part(Object part, double fraction) {
            ((BiConsumer<Object, Double>) (BiConsumer<?, ?>) listener).accept(part, fraction);
        }

        public void fail(Throwable failure) {
            future.completeExceptionally(failure);
        }
    }

    @Override
    public <R> Pending<R> submit(Query<R> query, Priority priority) {
        Ask<R> ask = new Ask<>(query);
        asked.add(ask);
        Function<Query<?>, Object> known = answeredAtOnce.get(query.getClass());
        if (known != null) {
            ask.answer(known.apply(query));
        }
        return ask;
    }

    public Ask<?> ask(int i) {
        return asked.get(i);
    }

    Ask<?> last() {
        return asked.get(asked.size() - 1);
    }

    @Override
    public CompletionStage<OpenModel> openModel(Path folder, Processing processing) {
        return models.computeIfAbsent(folder, f -> new CompletableFuture<>());
    }

    @Override
    public CompletionStage<OpenModel> openEmbeddings(Path folder) {
        return openModel(folder, Processing.RAW);
    }

    @Override
    public CompletionStage<Optional<String>> layers(ModelId id) {
        return layers.computeIfAbsent(id, any -> new CompletableFuture<>());
    }

    @Override
    public CompletionStage<OpenSae> openSae(Path path, SaeOptions options) {
        lastOptions = options;
        return saes.computeIfAbsent(path, f -> new CompletableFuture<>());
    }

    @Override
    public CompletionStage<Void> close(ModelId id) {
        closed.add(id);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> close(SaeId id) {
        closed.add(id);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public Executor compute() {
        return compute;
    }

    @Override
    public Executor files() {
        return files;
    }

    @Override
    public Status status() {
        return new Status("fake", 0, 0, 0);
    }

    @Override
    public void close() {
        closed.add(this);
    }
}
