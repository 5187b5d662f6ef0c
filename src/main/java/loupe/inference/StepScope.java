package loupe.inference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import loupe.base.Cancellation;
import loupe.lm.Embeddings;
import loupe.lm.LanguageModel;
import loupe.sae.SparseAutoencoder;
import org.jspecify.annotations.Nullable;

/**
 * One step's view of the device: lends what is open and takes it back on {@link #close}. What a question asks on its
 * way is answered in scopes within its own, one for each step, so that their arrays go when each ends, and not all
 * together with the first. Device thread only.
 */
final class StepScope implements Scope, AutoCloseable {
    private final DeviceMemory memory;
    private final AnswerCache answers;
    private final Function<ModelId, Resident<Embeddings>> embeddings;
    private final Function<ModelId, Resident<LanguageModel>> layers;
    private final Function<SaeId, Resident<SparseAutoencoder>> saes;
    private final Cancellation cancellation;
    private final BooleanSupplier othersWait;
    private final NDManager step;
    private final @Nullable StepScope within;
    /** What this scope has lent and has not lent on. */
    private final Map<Resident<?>, Object> lent = new LinkedHashMap<>();
    /** What the outermost scope and those within it have borrowed so far, which the memory must not throw out. */
    private final Set<Resident<?>> borrowed;

    /**
     * The outermost scope of a step.
     *
     * @param embeddings looks up those of an open model, or throws as {@link Scope#embeddings} does; the other two do
     *     the same
     * @param layers throws {@link Postponed} while they are being read
     */
    StepScope(
            DeviceMemory memory,
            AnswerCache answers,
            Function<ModelId, Resident<Embeddings>> embeddings,
            Function<ModelId, Resident<LanguageModel>> layers,
            Function<SaeId, Resident<SparseAutoencoder>> saes,
            Cancellation cancellation,
            BooleanSupplier othersWait) {
        this.memory = memory;
        this.answers = answers;
        this.embeddings = embeddings;
        this.layers = layers;
        this.saes = saes;
        this.cancellation = cancellation;
        this.othersWait = othersWait;
        this.step = memory.newStep();
        this.within = null;
        this.borrowed = new LinkedHashSet<>();
    }

    private StepScope(StepScope within) {
        this.memory = within.memory;
        this.answers = within.answers;
        this.embeddings = within.embeddings;
        this.layers = within.layers;
        this.saes = within.saes;
        this.cancellation = within.cancellation;
        this.othersWait = within.othersWait;
        this.step = within.step.newSubManager();
        this.within = within;
        this.borrowed = within.borrowed;
    }

    @Override
    public NDManager arrays() {
        return step;
    }

    @Override
    public LanguageModel model(ModelId id) {
        Resident<LanguageModel> read = layers.apply(id);
        embeddings(id);
        return lend(read);
    }

    @Override
    public Embeddings embeddings(ModelId id) {
        return lend(embeddings.apply(id));
    }

    @Override
    public SparseAutoencoder sae(SaeId id) {
        return lend(saes.apply(id));
    }

    @Override
    public NDArray kept(Object key, Supplier<NDArray> make) {
        return memory.keep(key, make, step);
    }

    @Override
    public <R> R answer(Query<R> query) {
        R cached = answers.find(query).orElse(null);
        if (cached != null) {
            return cached;
        }
        Query.Sweep<R> sweep = DeviceWorker.sweep(query);
        boolean more = true;
        while (more) {
            try (StepScope inner = new StepScope(this)) {
                more = sweep.step(inner);
            }
            cancellation.check();
        }
        R answer = sweep.result();
        answers.put(query, answer);
        return answer;
    }

    @Override
    public Cancellation cancellation() {
        return cancellation;
    }

    @Override
    public boolean othersWait() {
        return othersWait.getAsBoolean();
    }

    /** What the step, and what was answered within it, has borrowed so far. */
    Set<Resident<?>> lent() {
        return borrowed;
    }

    /** Frees the step's arrays; what it borrowed goes back, to the scope around it where that had it before. */
    @Override
    public void close() {
        step.close();
        if (within != null) {
            lent.keySet().forEach(within::lendAgain);
        }
    }

    /** Lends each resident once; lending it again would make the step its owner. */
    @SuppressWarnings("unchecked")
    <T extends AutoCloseable> T lend(Resident<T> resident) {
        Object value = lent.get(resident);
        if (value == null) {
            memory.require(resident, borrowed);
            value = resident.lend(step);
            lent.put(resident, value);
            borrowed.add(resident);
        }
        return (T) value;
    }

    /** Takes back what a scope within this one borrowed, if this one or one around it had it. */
    private void lendAgain(Resident<?> resident) {
        if (lent.containsKey(resident)) {
            resident.lend(step);
        } else if (within != null) {
            within.lendAgain(resident);
        }
    }
}
