package loupe.training.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.lm.ModelConfig;
import loupe.training.FlatCopies;
import loupe.training.LearningRate;
import loupe.training.lm.Ensemble;
import loupe.training.lm.Gpt;
import loupe.training.lm.LanguageModelTrainer;
import loupe.training.lm.TrainingContexts;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ensembles and what they say, on models of 130 tokens that have learned nothing. */
class SoftTargetsTest {
    private static final ModelConfig CONFIG = new ModelConfig(
            "gpt2",
            130,
            24,
            16,
            2,
            2,
            2,
            8,
            64,
            1e-5,
            ModelConfig.MlpActivation.GELU,
            Collections.nCopies(2, 1 / Math.sqrt(8)),
            ModelConfig.Wiring.GPT2);
    private static final int ROWS = 40;
    private static final SampleBuilder.Progress NOBODY = (part, fraction, detail) -> {};

    @TempDir
    private Path folder;

    private final NDManager manager = NDManager.newBaseManager();

    @AfterEach
    void close() {
        manager.close();
    }

    private Gpt model(long seed) {
        Gpt model = new Gpt(manager, CONFIG);
        model.parameters().initialise(seed, CONFIG.nLayers());
        model.parameters().flat().flat().muli(6);
        model.parameters().flat().setLearning(false);
        return model;
    }

    private static PackedContexts contexts() {
        List<Definition> rows = IntStream.range(0, 30)
                .mapToObj(i -> new Definition("w" + i % 3, "n", "the thing " + i % 7, List.of()))
                .toList();
        return new PackedContexts(
                new TrainingText(rows, s -> s.chars().toArray(), TrainingText.Weighting.EVEN),
                CONFIG.context(),
                3,
                0.5);
    }

    private Path lessons() throws Exception {
        Path file = folder.resolve("lessons");
        SoftTargets.write(
                file,
                contexts(),
                new Ensemble(manager, List.of(model(1), model(2))),
                ROWS,
                9,
                NOBODY,
                new Cancellation());
        return file;
    }

    private float[] meanProbabilities(List<Gpt> models, long[] context, int place) {
        float[] mean = new float[CONFIG.vocabularySize()];
        for (Gpt model : models) {
            NDArray hidden =
                    model.hidden(manager.create(context, new Shape(1, context.length)), UnaryOperator.identity());
            float[] own = FlatCopies.read(model.logits(hidden).softmax(-1).get(place));
            for (int token = 0; token < mean.length; token++) {
                mean[token] += own[token] / models.size();
            }
        }
        return mean;
    }

    /** Ten thousand spread draws: every frequency is within 2 / 10,000 of the mean of the models' probabilities. */
    @Test
    void drawsFollowTheMeanOfTheProbabilities() {
        List<Gpt> models = List.of(model(1), model(2), model(3));
        long[] context = LongStreams.upTo(CONFIG.context());
        TrainingContexts.Batch batch = new TrainingContexts.Batch(context, new long[] {4, 9}, new long[] {0, 0});
        int draws = 10_000;
        long[] drawn = new Ensemble(manager, models).draw(batch, 1, draws, new SplittableRandom(5));
        for (int i = 0; i < 2; i++) {
            float[] expected = meanProbabilities(models, context, (int) batch.places()[i]);
            float[] found = new float[expected.length];
            for (int draw = 0; draw < draws; draw++) {
                found[(int) drawn[i * draws + draw]] += 1f / draws;
            }
            assertThat(found).containsExactly(expected, within(2.1e-4f));
            assertThat(max(expected)).isGreaterThan(0.05f);
        }
    }

    private static float max(float[] values) {
        return (float) IntStream.range(0, values.length)
                .mapToDouble(i -> values[i])
                .max()
                .orElseThrow();
    }

    @Test
    void aLessonIsAContextWithTheTrueTokenAndTheDrawnOnesAtEachPlace() throws Exception {
        SoftTargets lessons = SoftTargets.read(lessons(), 1);
        assertThat(lessons.size()).isEqualTo(ROWS);
        Set<List<Long>> original = new HashSet<>();
        PackedContexts contexts = contexts();
        for (int i = 0; i < ROWS; i++) {
            original.add(LongStreams.boxed(contexts.next(1).inputs()));
        }
        int targets = SoftTargets.DRAWS + SoftTargets.TRUE_WEIGHT;
        for (int i = 0; i < ROWS; i++) {
            TrainingContexts.Batch batch = lessons.next(1);
            assertThat(original).contains(LongStreams.boxed(batch.inputs()));
            assertThat(batch.targets()).hasSize(batch.places().length * targets);
            for (int place = 0; place < batch.places().length; place++) {
                int next = (int) batch.places()[place] + 1;
                if (next < CONFIG.context()) {
                    assertThat(Arrays.copyOfRange(
                                    batch.targets(), place * targets, place * targets + SoftTargets.TRUE_WEIGHT))
                            .containsOnly(batch.inputs()[next]);
                }
            }
        }
    }

    @Test
    void everyEpochShowsTheSameLessonsInAnotherOrder() throws Exception {
        SoftTargets lessons = SoftTargets.read(lessons(), 1);
        List<List<Long>> first = IntStream.range(0, ROWS)
                .mapToObj(i -> LongStreams.boxed(lessons.next(1).inputs()))
                .toList();
        List<List<Long>> second = IntStream.range(0, ROWS)
                .mapToObj(i -> LongStreams.boxed(lessons.next(1).inputs()))
                .toList();
        assertThat(second).containsExactlyInAnyOrderElementsOf(first).isNotEqualTo(first);
    }

    @Test
    void theStreamGoesOnFromAPosition() throws Exception {
        Path file = lessons();
        SoftTargets whole = SoftTargets.read(file, 1);
        for (int i = 0; i < 7; i++) {
            whole.next(8);
        }
        SoftTargets resumed = SoftTargets.read(file, 1);
        resumed.goTo(whole.position());
        for (int i = 0; i < 5; i++) {
            TrainingContexts.Batch expected = whole.next(8);
            TrainingContexts.Batch found = resumed.next(8);
            assertThat(found.inputs()).isEqualTo(expected.inputs());
            assertThat(found.places()).isEqualTo(expected.places());
            assertThat(found.targets()).isEqualTo(expected.targets());
        }
    }

    @Test
    void stoppedWritingGoesOnToTheSameFile() throws Exception {
        Cancellation stop = new Cancellation();
        Path stopped = folder.resolve("stopped");
        Ensemble ensemble = new Ensemble(manager, List.of(model(1), model(2)));
        assertThatThrownBy(() -> SoftTargets.write(
                        stopped,
                        contexts(),
                        ensemble,
                        ROWS,
                        9,
                        (part, fraction, detail) -> {
                            if (fraction > 0.3) {
                                stop.cancel();
                            }
                        },
                        stop))
                .isInstanceOf(CancellationException.class);
        assertThat(stopped).doesNotExist();
        Path part = folder.resolve("stopped.part");
        byte[] written = Files.readAllBytes(part);
        Files.write(part, Arrays.copyOf(written, written.length - 5));
        SoftTargets.write(stopped, contexts(), ensemble, ROWS, 9, NOBODY, new Cancellation());
        assertThat(stopped).hasSameBinaryContentAs(lessons());
        assertThat(part).doesNotExist();
    }

    @Test
    void anotherFileIsRefused() throws Exception {
        Path file = Files.write(folder.resolve("other"), new byte[64]);
        assertThatThrownBy(() -> SoftTargets.read(file, 1))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("not soft targets");
    }

    /** With targets drawn from another model's distribution the pupil comes nearer to it than it was. */
    @Test
    void aPupilComesNearerToItsTeacher() throws Exception {
        Path file = folder.resolve("lessons");
        Gpt teacher = model(1);
        SoftTargets.write(
                file, contexts(), new Ensemble(manager, List.of(teacher)), ROWS, 9, NOBODY, new Cancellation());
        try (LanguageModelTrainer pupil = new LanguageModelTrainer(
                manager,
                CONFIG,
                SoftTargets.read(file, 1),
                new LanguageModelTrainer.Settings(8, new LearningRate(5e-3, 500, 0.1), 0.1, 1, 0, 3))) {
            long[] context = contexts().next(1).inputs();
            double before = distance(teacher, pupil.model(), context);
            for (int i = 0; i < 250; i++) {
                pupil.step(60_000);
            }
            assertThat(distance(teacher, pupil.model(), context)).isLessThan(0.6 * before);
        }
    }

    /** Differences between two models' probabilities, added up over tokens, on average over the places. */
    private double distance(Gpt one, Gpt other, long[] context) {
        other.parameters().flat().setLearning(false);
        double sum = 0;
        for (int place = 0; place < context.length; place++) {
            float[] left = meanProbabilities(List.of(one), context, place);
            float[] right = meanProbabilities(List.of(other), context, place);
            sum += IntStream.range(0, left.length)
                    .mapToDouble(i -> Math.abs(left[i] - right[i]))
                    .sum();
        }
        other.parameters().flat().setLearning(true);
        return sum / context.length;
    }

    private static final class LongStreams {
        static long[] upTo(int count) {
            return java.util.stream.LongStream.range(0, count).toArray();
        }

        static List<Long> boxed(long[] values) {
            return Arrays.stream(values).boxed().toList();
        }
    }
}
