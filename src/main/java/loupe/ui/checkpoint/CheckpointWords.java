package loupe.ui.checkpoint;

import loupe.sae.Activation;
import loupe.sae.SaeConfig;
import loupe.ui.control.NumberTexts;

/** Short descriptions of checkpoints. */
public final class CheckpointWords {
    private CheckpointWords() {}

    /** The activation and the size of a checkpoint, such as {@code topk 32, 2,048 features}. */
    public static String describe(SaeConfig config) {
        Activation activation = config.activation();
        String kind = activation instanceof Activation.TopK topK
                ? "topk " + topK.k()
                : activation instanceof Activation.BatchTopK batch
                        ? "batchtopk " + batch.k()
                        : activation instanceof Activation.TopKByDecoderNorm byNorm
                                ? byNorm.label() + " " + byNorm.k()
                                : activation instanceof Activation.SignedTopK signed
                                        ? signed.label() + " " + signed.k()
                                        : activation.label();
        return kind + ", " + NumberTexts.count(config.dSae()) + " features" + (config.lookup() ? ", token lookup" : "");
    }
}
