package loupe.inference;

import ai.djl.ndarray.NDManager;
import loupe.base.Cancellation;
import loupe.lm.LanguageModel;
import loupe.sae.SparseAutoencoder;

/**
 * What one step of a query may use. Device thread only, and only until the step returns: everything made from
 * {@link #arrays} or from lent weights is closed then.
 */
public interface Scope {
    /** The manager of this step. */
    NDManager arrays();

    /** The open model, its weights lent to this step. @throws IllegalStateException if it has been closed */
    LanguageModel model(ModelId id);

    /** The open checkpoint, uploaded again if it had been evicted. @throws IllegalStateException if it has been closed */
    SparseAutoencoder sae(SaeId id);

    Cancellation cancellation();
}
