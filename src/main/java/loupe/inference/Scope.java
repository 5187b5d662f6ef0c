package loupe.inference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.function.Supplier;
import loupe.base.Cancellation;
import loupe.lm.Embeddings;
import loupe.lm.LanguageModel;
import loupe.sae.SparseAutoencoder;

/**
 * What one step of a query may use. Device thread only, and only until the step returns: everything made from
 * {@link #arrays} or from lent weights is closed then.
 */
public interface Scope {
    /** The manager of this step. */
    NDManager arrays();

    /**
     * The open model, its weights lent to this step. Its layers are read when this is called first: the step then ends
     * here, and is done anew once they have been read.
     *
     * @throws IllegalStateException if it has been closed
     */
    LanguageModel model(ModelId id);

    /**
     * The matrices of the open model that have a row for each token, lent to this step. A question that asks for no
     * more does not have the model's layers read.
     *
     * @throws IllegalStateException if the model has been closed
     */
    default Embeddings embeddings(ModelId id) {
        return model(id).embeddings();
    }

    /**
     * The open checkpoint, uploaded again if it had been evicted.
     *
     * @throws IllegalStateException if it has been closed
     */
    SparseAutoencoder sae(SaeId id);

    /**
     * An array that several questions need, such as the residual stream of the current prompt: made by {@code make} the
     * first time, then kept on the device until room is needed. Lent to this step like a weight, and not to be written.
     *
     * @param key a value with everything the array depends on, the {@link ModelId} or {@link SaeId} included
     */
    NDArray kept(Object key, Supplier<NDArray> make);

    /**
     * Answers another question within this step, a stepped one to its end; for what is computed once per model and
     * needed by many questions. The answer comes from the cache if it is there, and is put there if not.
     */
    <R> R answer(Query<R> query);

    /** The flag to check between layers and batches. */
    Cancellation cancellation();

    /**
     * Whether something at least as urgent waits for this step to end. A sweep that computes more at once in long steps
     * than in short ones takes long ones only while nothing else waits.
     */
    default boolean othersWait() {
        return false;
    }
}
