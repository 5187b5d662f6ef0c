package loupe.training.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import loupe.base.CheckpointException;
import loupe.lm.Input;
import loupe.lm.LanguageModel;
import loupe.lm.ModelConfig;
import loupe.lm.Processing;
import loupe.lm.folder.ModelFolder;
import loupe.tensor.HeldMemory;
import loupe.training.FlatCopies;
import loupe.training.FlatParameters;
import loupe.training.LearningRate;
import loupe.training.sample.Definition;
import loupe.training.sample.PackedContexts;
import loupe.training.sample.TrainingText;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LanguageModelTrainerTest {
    private static final ModelConfig CONFIG = new ModelConfig(
            "gpt2",
            258,
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
    private static final long PLANNED = 20_000;

    @TempDir
    private Path folder;

    private final NDManager manager = NDManager.newBaseManager();

    @AfterEach
    void close() {
        manager.close();
    }

    private LanguageModelTrainer trainer() {
        List<Definition> rows = IntStream.range(0, 20)
                .mapToObj(i -> new Definition("w" + i % 3, "n", "the thing " + i % 5, List.of()))
                .toList();
        TrainingText text = new TrainingText(rows, s -> s.chars().toArray(), TrainingText.Weighting.EVEN);
        return new LanguageModelTrainer(
                manager,
                CONFIG,
                new PackedContexts(text, CONFIG.context(), 3, 1),
                new LanguageModelTrainer.Settings(8, new LearningRate(5e-3, 500, 0.1), 0.1, 1, 0, 3));
    }

    @Test
    void theLossOnAToyFalls() {
        try (LanguageModelTrainer trainer = trainer()) {
            double first = trainer.step(PLANNED);
            assertThat(first).isCloseTo(Math.log(258), within(0.2));
            double last = first;
            for (int i = 0; i < 60; i++) {
                last = trainer.step(PLANNED);
            }
            assertThat(last).isLessThan(2.5);
        }
    }

    @Test
    void aResumedRunGoesOnWithTheSameNumbers() throws Exception {
        Path state = folder.resolve("state");
        List<Double> whole = new ArrayList<>();
        try (LanguageModelTrainer trainer = trainer()) {
            for (int i = 0; i < 5; i++) {
                trainer.step(PLANNED);
            }
            trainer.save(state);
            for (int i = 0; i < 5; i++) {
                whole.add(trainer.step(PLANNED));
            }
        }
        List<Double> resumed = new ArrayList<>();
        try (LanguageModelTrainer trainer = trainer()) {
            trainer.restore(state);
            for (int i = 0; i < 5; i++) {
                resumed.add(trainer.step(PLANNED));
            }
        }
        assertThat(resumed).isEqualTo(whole);
    }

    @Test
    void aStateOfAnotherModelIsRefused() throws Exception {
        Path state = folder.resolve("state");
        Files.write(state, new byte[64]);
        try (LanguageModelTrainer trainer = trainer()) {
            assertThatThrownBy(() -> trainer.restore(state))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("not a training state");
        }
    }

    @Test
    void whatIsCollectedBeforeTheGradientIsTakenDoesNotChangeIt() {
        assertThat(gradient(HeldMemory::freeGarbage)).isEqualTo(gradient(() -> {}));
    }

    /** Of new parameters, on one text. */
    private float[] gradient(Runnable meanwhile) {
        Gpt gpt = new Gpt(manager, CONFIG);
        gpt.parameters().initialise(3, CONFIG.nLayers());
        FlatParameters parameters = gpt.parameters().flat();
        parameters.setLearning(true);
        try (NDManager step = manager.newSubManager()) {
            parameters.lend(step);
            try (GradientCollector gradients = Engine.getInstance().newGradientCollector()) {
                NDArray loss = gpt.losses(
                                step.create(new long[] {5, 6, 7, 100, 200, 0, 3, 9}, new Shape(2, 4)),
                                step.create(new long[] {0, 1, 5, 7}),
                                step.create(new long[] {6, 7, 3, 1}))
                        .mean();
                meanwhile.run();
                gradients.backward(loss);
            }
            return FlatCopies.read(parameters.takeGradient(step));
        }
    }

    @Test
    void stepsLeaveNoArraysBehind() {
        try (LanguageModelTrainer trainer = trainer()) {
            trainer.step(PLANNED);
            int before = manager.getManagedArrays().size();
            trainer.step(PLANNED);
            trainer.step(PLANNED);
            assertThat(manager.getManagedArrays().size()).isEqualTo(before);
        }
    }

    /**
     * The exported folder, opened by the ordinary reader, computes what was trained. Tolerance 1e-4 on logits of size
     * 1.
     */
    @Test
    void theExportedFolderComputesTheSameLogits() throws Exception {
        BpeTrainer bpe = new BpeTrainer();
        bpe.add("aa", 1);
        bpe.train(258).write(folder.resolve("tokenizer"), 24);
        int[] ids = {5, 6, 7, 100, 200, 0, 3};
        try (LanguageModelTrainer trainer = trainer()) {
            for (int i = 0; i < 3; i++) {
                trainer.step(PLANNED);
            }
            GptFolder.write(folder.resolve("model"), CONFIG, trainer.model().parameters(), folder.resolve("tokenizer"));
            trainer.model().parameters().flat().setLearning(false);
            NDArray inputs =
                    manager.create(java.util.Arrays.stream(ids).asLongStream().toArray(), new Shape(1, ids.length));
            float[] trained =
                    FlatCopies.read(trainer.model().logits(trainer.model().hidden(inputs, UnaryOperator.identity())));
            Gpt again = GptFolder.read(manager, folder.resolve("model"));
            assertThat(FlatCopies.read(again.parameters().flat().flat()))
                    .isEqualTo(
                            FlatCopies.read(trainer.model().parameters().flat().flat()));
            try (ModelFolder read = ModelFolder.open(folder.resolve("model"));
                    LanguageModel model = read.read(Processing.RAW).on(manager.newSubManager())) {
                assertThat(read.warnings()).isEmpty();
                assertThat(read.config()).isEqualTo(CONFIG);
                try (NDManager step = manager.newSubManager()) {
                    assertThat(FlatCopies.read(model.forward(step, Input.of(ids))))
                            .containsExactly(trained, within(1e-4f));
                }
            }
        }
    }
}
