package loupe.training.sample;

import ai.djl.ndarray.NDManager;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import loupe.analysis.compare.SaeEvaluation;
import loupe.analysis.prompts.TokenRows;
import loupe.base.Cancellation;
import loupe.base.HookPoint;
import loupe.lm.LanguageModel;
import loupe.lm.ModelConfig;
import loupe.sae.Activation;
import loupe.sae.HostWeights;
import loupe.sae.SaeConfig;
import loupe.sae.SparseAutoencoder;
import loupe.sae.checkpoint.SaeWriter;
import loupe.training.DirectScope;
import loupe.training.LearningRate;
import loupe.training.sae.ActivationBuffer;
import loupe.training.sae.SaeTrainer;
import loupe.training.sae.UnigramResidual;

/** The autoencoders of the sample: what each is, how it is trained, in which layout it is written. */
enum SampleSae {
    TOP_K("sae-topk", SaeTrainer.Kind.TOP_K, false),
    TOKENIZED("sae-tokenized.pt", SaeTrainer.Kind.TOKENIZED, true),
    JUMP_RELU("sae-jumprelu", SaeTrainer.Kind.BATCH_TOP_K, false);

    /** Name of the checkpoint of {@link #TOP_K} after {@link #EARLY_SHARE} of its training. */
    static final String EARLY = "sae-topk-early";

    static final double EARLY_SHARE = 0.08;
    static final int K = 32;

    static final int EXPANSION = 8;
    private static final int BATCH = 1024;
    private static final int LARGEST_BUFFER = 1 << 16;
    private static final long DEAD_AFTER_TOKENS = 100_000;
    private static final double LOOKUP_RATE = 2e-3;
    private static final LearningRate RATE = new LearningRate(1.5e-3, 20_000, 0.02);
    private static final String MODEL = "glossary";

    private final String fileName;
    private final SaeTrainer.Kind kind;
    private final boolean centred;

    SampleSae(String fileName, SaeTrainer.Kind kind, boolean centred) {
        this.fileName = fileName;
        this.kind = kind;
        this.centred = centred;
    }

    String fileName() {
        return fileName;
    }

    /**
     * The residual stream that leaves the last block but one. There it has come back to the space of the embedding, so
     * that a feature's tree diverges more from the baseline than a random direction's; in the middle of so small a
     * model it diverges less.
     */
    static HookPoint hook(ModelConfig model) {
        return HookPoint.residPost(model.nLayers() - 2);
    }

    /** Receives the progress of the training. */
    interface Progress {
        void show(double fraction, String detail);
    }

    /**
     * Trains it and writes it, and the early checkpoint if it is {@link #TOP_K}.
     *
     * @param contexts token ids to run the model on
     * @param separator token that begins a context
     */
    void train(
            NDManager manager,
            LanguageModel model,
            Supplier<int[]> contexts,
            int separator,
            long plannedTokens,
            long seed,
            Path folder,
            Progress progress,
            Cancellation cancellation) {
        int width = model.config().dModel();
        int capacity = (int) Math.max(4 * BATCH, Math.min(LARGEST_BUFFER, plannedTokens));
        ActivationBuffer buffer =
                new ActivationBuffer(manager, model, hook(model.config()), centred, contexts, capacity, seed);
        float[] unigrams =
                kind == SaeTrainer.Kind.TOKENIZED ? UnigramResidual.table(buffer, model, separator) : new float[0];
        SaeTrainer.Settings settings = new SaeTrainer.Settings(
                kind, EXPANSION * width, K, RATE, LOOKUP_RATE, plannedTokens, DEAD_AFTER_TOKENS, seed);
        try (SaeTrainer trainer = new SaeTrainer(
                manager, width, settings, buffer.next(capacity / 4).vectors(), unigrams)) {
            boolean earlyWritten = this != TOP_K;
            double error = 0;
            while (trainer.tokens() < plannedTokens) {
                cancellation.check();
                double now = trainer.step(buffer.next(BATCH));
                error = error == 0 ? now : 0.95 * error + 0.05 * now;
                if (!earlyWritten && trainer.tokens() >= EARLY_SHARE * plannedTokens) {
                    write(folder.resolve(EARLY), model, trainer, settings);
                    earlyWritten = true;
                }
                progress.show(
                        (double) trainer.tokens() / plannedTokens,
                        String.format("%s, unexplained %.4f, dead %.1f %%", fileName, error, 100 * trainer.dead()));
            }
            write(folder.resolve(fileName), model, trainer, settings);
        }
    }

    private void write(Path target, LanguageModel model, SaeTrainer trainer, SaeTrainer.Settings settings) {
        SaeConfig config = config(model);
        HostWeights weights = trainer.weights();
        switch (this) {
            case TOP_K -> {
                Map<String, Object> how = new LinkedHashMap<>();
                how.put("lr", settings.rate().peak());
                how.put("steps", settings.plannedTokens() / BATCH);
                how.put("tokens", trainer.tokens());
                how.put("seed", settings.seed());
                SaeWriter.dictionaryLearning(target, config, weights, how);
            }
            case TOKENIZED -> SaeWriter.tokenized(target, config, weights);
            default -> SaeWriter.saeLens(target, config, weights, Optional.empty());
        }
    }

    SaeConfig config(LanguageModel model) {
        int width = model.config().dModel();
        Activation activation =
                switch (kind) {
                    case TOP_K -> new Activation.TopK(K, true, false);
                    case TOKENIZED -> new Activation.TopK(K, false, false);
                    case BATCH_TOP_K -> new Activation.JumpRelu();
                };
        return SaeConfig.of("", width, EXPANSION * width, activation, true)
                .withLookup(kind == SaeTrainer.Kind.TOKENIZED)
                .trainedAt(MODEL, hook(model.config()), centred);
    }

    /** Measures an autoencoder on texts; see {@link SaeEvaluation}. */
    static SaeEvaluation.Answer measure(
            NDManager manager, LanguageModel model, SparseAutoencoder sae, int[][] texts, Cancellation cancellation) {
        TokenRows rows = new TokenRows(texts);
        return DirectScope.answer(
                manager, model, sae, (modelId, saeId) -> new SaeEvaluation(modelId, saeId, rows), cancellation);
    }

    boolean exists(Path folder) {
        return Files.exists(folder.resolve(fileName));
    }
}
