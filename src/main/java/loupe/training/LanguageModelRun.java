package loupe.training;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import loupe.base.Cancellation;

/** Steps of a language model's training until a number of tokens, saving its state now and then and at the end. */
final class LanguageModelRun {
    private static final long SAVE_EVERY_NANOS = 120_000_000_000L;
    private static final double MEMORY = 0.98;

    private final LanguageModelTrainer trainer;
    private final Path state;
    private final SampleBuilder.Progress progress;
    private final Cancellation cancellation;

    LanguageModelRun(LanguageModelTrainer trainer, Path state, SampleBuilder.Progress progress, Cancellation cancellation) {
        this.trainer = trainer;
        this.state = state;
        this.progress = progress;
        this.cancellation = cancellation;
    }

    /** @throws java.util.concurrent.CancellationException if stopped, with the state saved */
    void to(long plannedTokens) throws IOException {
        double loss = 0;
        long saved = System.nanoTime();
        while (trainer.tokens() < plannedTokens) {
            if (cancellation.isCancelled()) {
                trainer.save(state);
                cancellation.check();
            }
            double now = trainer.step(plannedTokens);
            loss = loss == 0 ? now : MEMORY * loss + (1 - MEMORY) * now;
            progress.show("language model", trainer.tokens() / (double) plannedTokens,
                    String.format(Locale.ROOT, "%.2f M tokens, loss %.3f", trainer.tokens() / 1e6, loss));
            if (System.nanoTime() - saved > SAVE_EVERY_NANOS) {
                trainer.save(state);
                saved = System.nanoTime();
            }
        }
        trainer.save(state);
    }
}
