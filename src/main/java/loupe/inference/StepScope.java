package loupe.inference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import loupe.base.Cancellation;
import loupe.lm.LanguageModel;
import loupe.sae.SparseAutoencoder;

/** One step's view of the device: lends what is open and takes it back on {@link #close}. Device thread only. */
final class StepScope implements Scope, AutoCloseable {
    private final DeviceMemory memory;
    private final AnswerCache answers;
    private final Function<ModelId, Resident<LanguageModel>> models;
    private final Function<SaeId, Resident<SparseAutoencoder>> saes;
    private final Cancellation cancellation;
    private final BooleanSupplier othersWait;
    private final NDManager step;
    private final Map<Resident<?>, Object> lent = new LinkedHashMap<>();

    /** @param models looks up an open model, or throws as {@link Scope#model} does; {@code saes} does the same */
    StepScope(
            DeviceMemory memory,
            AnswerCache answers,
            Function<ModelId, Resident<LanguageModel>> models,
            Function<SaeId, Resident<SparseAutoencoder>> saes,
            Cancellation cancellation,
            BooleanSupplier othersWait) {
        this.memory = memory;
        this.answers = answers;
        this.models = models;
        this.saes = saes;
        this.cancellation = cancellation;
        this.othersWait = othersWait;
        this.step = memory.newStep();
    }

    @Override
    public NDManager arrays() {
        return step;
    }

    @Override
    public LanguageModel model(ModelId id) {
        return lend(models.apply(id));
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
        while (sweep.step(this)) {
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

    /** What the step has borrowed so far. */
    Set<Resident<?>> lent() {
        return lent.keySet();
    }

    @Override
    public void close() {
        step.close();
    }

    /** Lends each resident once; lending it again would make the step its owner. */
    @SuppressWarnings("unchecked")
    <T extends AutoCloseable> T lend(Resident<T> resident) {
        Object value = lent.get(resident);
        if (value == null) {
            memory.require(resident, lent.keySet());
            value = resident.lend(step);
            lent.put(resident, value);
        }
        return (T) value;
    }
}
