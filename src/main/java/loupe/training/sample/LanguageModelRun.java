package loupe.training.sample;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import loupe.base.Cancellation;
import loupe.training.lm.LanguageModelTrainer;

/** Steps of a language model's training until a number of tokens, saving its state now and then and at the end. */
final class LanguageModelRun {
    private static final long SAVE_EVERY_NANOS = 120_000_000_000L;
    private static final double MEMORY = 0.98;

    private final LanguageModelTrainer trainer;
    private final Path state;
    private final String part;
    private final SampleBuilder.Progress progress;
    private final Cancellation cancellation;

    LanguageModelRun(
            LanguageModelTrainer trainer,
            Path state,
            String part,
            SampleBuilder.Progress progress,
            Cancellation cancellation) {
        this.trainer = trainer;
        this.state = state;
        this.part = part;
        this.progress = progress;
        this.cancellation = cancellation;
    }

    /**
     * Does nothing if so many tokens have been shown.
     *
     * @param end when to stop
     * @param plannedTokens when the learning rate is to have fallen to its end
     * @throws java.util.concurrent.CancellationException if stopped, with the state saved
     */
    void to(long end, long plannedTokens) throws IOException {
        if (trainer.tokens() >= end) {
            return;
        }
        double loss = 0;
        long saved = System.nanoTime();
        while (trainer.tokens() < end) {
            if (cancellation.isCancelled()) {
                trainer.save(state);
                cancellation.check();
            }
            double now = trainer.step(plannedTokens);
            loss = loss == 0 ? now : MEMORY * loss + (1 - MEMORY) * now;
            progress.show(
                    part,
                    trainer.tokens() / (double) end,
                    String.format(Locale.ROOT, "%.2f M tokens, loss %.3f", trainer.tokens() / 1e6, loss));
            if (System.nanoTime() - saved > SAVE_EVERY_NANOS) {
                trainer.save(state);
                saved = System.nanoTime();
            }
        }
        trainer.save(state);
    }
}
