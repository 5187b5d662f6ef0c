package loupe.training.sample;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import loupe.base.Cancellation;
import loupe.lm.LanguageModel;
import loupe.lm.ModelConfig;
import loupe.lm.Processing;
import loupe.lm.folder.ModelFolder;
import loupe.training.LearningRate;
import loupe.training.lm.Ensemble;
import loupe.training.lm.Gpt;
import loupe.training.lm.GptFolder;
import loupe.training.lm.LanguageModelTrainer;
import loupe.training.lm.TrainingContexts;

/**
 * Trains the sample's language model. A dictionary is so small that one model memorises its entries better than it
 * learns what they have in common. Therefore several models are trained separately, each writes sentences of its own,
 * and the predictions of their ensemble on the dictionary and on those sentences become {@link SoftTargets}, on which
 * the last of them is trained further.
 *
 * <p>States are saved in the work folder, and finished parts are skipped. One thread.
 */
final class Distillation {
    /** Share of the tokens outside definitions that count in the loss. */
    static final double OTHER_SHARE = 0.2;

    private static final long WARM_UP_TOKENS = 200_000;
    private static final double PEAK_RATE = 2e-3;
    private static final double LAST_RATE = 0.02;
    private static final float DROPOUT = 0.1f;
    private static final float DROPOUT_IN_LESSONS = 0.05f;
    private static final int SEPARATOR = 0;

    private final NDManager manager;
    private final ModelConfig config;
    private final int rows;
    private final Plan plan;
    private final long seed;
    private final Path work;
    private final SampleBuilder.Progress progress;
    private final Cancellation cancellation;

    /**
     * @param teachers how many models are trained apart
     * @param teacherTokens tokens each of them is shown
     * @param writtenTokens tokens they write, together
     * @param lessonTokens tokens for which the ensemble predicts what follows
     * @param modelTokens tokens the last of them is shown in all, lessons included
     */
    record Plan(int teachers, long teacherTokens, long writtenTokens, long lessonTokens, long modelTokens) {
        /** Three teachers, and a third of the model's time for its lessons. */
        static Plan of(long modelTokens) {
            return new Plan(3, modelTokens * 2 / 3, modelTokens / 40, modelTokens / 10, modelTokens);
        }
    }

    /** @param rows contexts per step */
    Distillation(
            NDManager manager,
            ModelConfig config,
            int rows,
            Plan plan,
            long seed,
            Path work,
            SampleBuilder.Progress progress,
            Cancellation cancellation) {
        this.manager = manager;
        this.config = config;
        this.rows = rows;
        this.plan = plan;
        this.seed = seed;
        this.work = work;
        this.progress = progress;
        this.cancellation = cancellation;
    }

    /**
     * Trains what is missing.
     *
     * @param text the dictionary; what the teachers write is added to it
     * @return the trainer of the finished model, for the caller to close
     * @throws java.util.concurrent.CancellationException if stopped, with the state saved
     */
    LanguageModelTrainer learn(TrainingText text, Path tokenizerFolder) throws IOException {
        Path state = work.resolve("language-model.state");
        Path lessons = work.resolve("lessons");
        if (!Files.exists(lessons)) {
            for (int teacher = 0; teacher < plan.teachers; teacher++) {
                teach(teacher, text);
            }
            writeLessons(lessons, text, tokenizerFolder);
        }
        SoftTargets contexts = SoftTargets.read(lessons, seed);
        LanguageModelTrainer trainer = trainer(0, contexts, DROPOUT_IN_LESSONS);
        if (Files.exists(state)) {
            trainer.restore(state);
        } else {
            trainer.restore(teacherState(plan.teachers - 1));
            contexts.goTo(TrainingContexts.Position.START);
        }
        new LanguageModelRun(trainer, state, "language model", progress, cancellation)
                .to(plan.modelTokens, plan.modelTokens);
        return trainer;
    }

    private Path teacherState(int teacher) {
        return work.resolve("teacher-" + teacher + ".state");
    }

    /** The last one's learning rate falls with its lessons only. */
    private void teach(int teacher, TrainingText text) throws IOException {
        Path state = teacherState(teacher);
        try (LanguageModelTrainer trainer =
                trainer(teacher, new PackedContexts(text, config.context(), seed + teacher, OTHER_SHARE), DROPOUT)) {
            if (Files.exists(state)) {
                trainer.restore(state);
            }
            long planned = teacher == plan.teachers - 1 ? plan.modelTokens : plan.teacherTokens;
            new LanguageModelRun(trainer, state, "teacher " + (teacher + 1), progress, cancellation)
                    .to(plan.teacherTokens, planned);
        }
    }

    private LanguageModelTrainer trainer(int number, TrainingContexts contexts, float dropout) {
        LearningRate rate = new LearningRate(PEAK_RATE, Math.min(WARM_UP_TOKENS, plan.teacherTokens / 10), LAST_RATE);
        return new LanguageModelTrainer(
                manager,
                config,
                contexts,
                new LanguageModelTrainer.Settings(rows, rate, 0.1, 1, dropout, seed + number));
    }

    private void writeLessons(Path file, TrainingText text, Path tokenizerFolder) throws IOException {
        List<LanguageModelTrainer> teachers = new ArrayList<>();
        try {
            for (int teacher = 0; teacher < plan.teachers; teacher++) {
                LanguageModelTrainer restored =
                        trainer(teacher, new PackedContexts(text, config.context(), seed, OTHER_SHARE), 0);
                teachers.add(restored);
                restored.restore(teacherState(teacher));
                restored.model().parameters().flat().setLearning(false);
                progress.show("sentences", teacher / (double) plan.teachers, "");
                text.add(written(restored.model(), teacher, tokenizerFolder));
            }
            Ensemble ensemble = new Ensemble(
                    manager, teachers.stream().map(LanguageModelTrainer::model).toList());
            SoftTargets.write(
                    file,
                    new PackedContexts(text, config.context(), seed + plan.teachers, OTHER_SHARE),
                    ensemble,
                    Math.toIntExact(plan.lessonTokens / config.context()),
                    seed,
                    progress,
                    cancellation);
        } finally {
            teachers.forEach(LanguageModelTrainer::close);
        }
    }

    private List<int[]> written(Gpt teacher, int number, Path tokenizerFolder) throws IOException {
        Path folder = work.resolve("teacher-" + number);
        if (!Files.exists(folder.resolve("config.json"))) {
            GptFolder.write(folder, config, teacher.parameters(), tokenizerFolder);
        }
        try (NDManager own = manager.newSubManager();
                ModelFolder read = ModelFolder.open(folder);
                LanguageModel model = read.read(Processing.RAW).on(own).seal()) {
            return new CorpusSampler(own, model, seed + number)
                    .sentences(plan.writtenTokens / plan.teachers, SEPARATOR, cancellation);
        }
    }
}
