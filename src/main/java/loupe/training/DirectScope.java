package loupe.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import loupe.base.Cancellation;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.lm.LanguageModel;
import loupe.sae.SparseAutoencoder;

/** Answers questions about one model and one autoencoder on the trainer's own thread, where no service runs. */
public final class DirectScope implements Scope {
    private static final ModelId MODEL = new ModelId("trained", "");
    private static final SaeId SAE = new SaeId("trained", "");

    private final NDManager step;
    private final LanguageModel model;
    private final SparseAutoencoder sae;
    private final Cancellation cancellation;
    private final Map<Object, NDArray> kept = new HashMap<>();

    private DirectScope(NDManager step, LanguageModel model, SparseAutoencoder sae, Cancellation cancellation) {
        this.step = step;
        this.model = model;
        this.sae = sae;
        this.cancellation = cancellation;
    }

    /** A question, given the ids by which it is to name the model and the autoencoder. */
    public interface Question<R> {
        Query.Stepped<R> about(ModelId model, SaeId sae);
    }

    public static <R> R answer(
            NDManager manager,
            LanguageModel model,
            SparseAutoencoder sae,
            Question<R> question,
            Cancellation cancellation) {
        Query.Sweep<R> sweep = question.about(MODEL, SAE).begin();
        boolean more = true;
        while (more) {
            cancellation.check();
            try (NDManager step = manager.newSubManager()) {
                step.tempAttachAll(model.parameters().values().toArray(NDArray[]::new));
                step.tempAttachAll(sae.weights().toArray(new NDArray[0]));
                more = sweep.step(new DirectScope(step, model, sae, cancellation));
            }
        }
        return sweep.result();
    }

    @Override
    public NDManager arrays() {
        return step;
    }

    @Override
    public LanguageModel model(ModelId id) {
        return model;
    }

    @Override
    public SparseAutoencoder sae(SaeId id) {
        return sae;
    }

    @Override
    public NDArray kept(Object key, Supplier<NDArray> make) {
        return kept.computeIfAbsent(key, k -> make.get());
    }

    @Override
    public <R> R answer(Query<R> query) {
        if (query instanceof Query.Single<R> single) {
            return single.answer(this);
        }
        Query.Sweep<R> sweep = ((Query.Stepped<R>) query).begin();
        while (sweep.step(this)) {
            cancellation.check();
        }
        return sweep.result();
    }

    @Override
    public Cancellation cancellation() {
        return cancellation;
    }
}
