package loupe.state.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import loupe.index.Example;
import loupe.state.Opened;
import loupe.state.PlantedCorpus;
import loupe.state.window.Brush;
import loupe.state.window.SharedRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExamplesModelTest {
    private final Opened opened = new Opened();
    private PlantedCorpus corpus;
    private ExamplesModel model;

    @BeforeEach
    void begin(@TempDir Path folder) {
        corpus = new PlantedCorpus(opened, folder);
        model = new ExamplesModel(
                opened.workbench,
                new ActivationsModel(opened.workbench, opened.workbench.a(), corpus.statistics(), new SharedRange()));
        opened.openA();
        corpus.count();
        opened.choose(PlantedCorpus.AT_A_AND_B);
    }

    @AfterEach
    void close() {
        corpus.statistics().close();
    }

    private List<Example> shown() {
        return model.examples().getValue().stream()
                .flatMap(group -> group.examples().stream())
                .toList();
    }

    @Test
    void theStrongestComeFirst() {
        assertThat(shown()).isNotEmpty().isSortedAccordingTo(Comparator.comparing(example -> -example.activation()));
        assertThat(shown().get(0).activation()).isEqualTo(2);
        assertThat(shown().get(0).ids()[shown().get(0).focus()])
                .as("the letter a")
                .isZero();
    }

    @Test
    void everyIntervalHasItsOwnHeadingHighestFirst() {
        model.choice().set(ExamplesModel.Choice.INTERVALS);
        assertThat(model.examples().getValue())
                .extracting(ExamplesModel.Group::title)
                .containsExactly("1.75 to 2.00: 69 tokens, 44.2 %", "0.750 to 1.00: 87 tokens, 55.8 %");
        assertThat(model.examples().getValue().get(1).examples()).allMatch(example -> example.activation() == 1);
    }

    @Test
    void nearMissesAreSilent() {
        opened.choose(PlantedCorpus.AT_E_AFTER_A);
        model.choice().set(ExamplesModel.Choice.NEAR_MISSES);
        assertThat(shown())
                .isNotEmpty()
                .allMatch(Example::isSilent)
                .allMatch(example -> example.ids()[example.focus()] == 'e' - 'a');
    }

    @Test
    void uniformOnesAreDrawnAndShownLargestFirst() {
        model.choice().set(ExamplesModel.Choice.UNIFORM);
        assertThat(shown()).isSortedAccordingTo(Comparator.comparing(example -> -example.activation()));
        assertThat(shown()).extracting(Example::activation).contains(1f, 2f);
    }

    @Test
    void aMarkedRangeOfActivationsFiltersThemWhateverTheChoice() {
        model.choice().set(ExamplesModel.Choice.RANDOM);
        opened.workbench.selection().brush(new Brush("histogram", "activation", 0.5, 1.5));
        assertThat(shown()).isNotEmpty().allMatch(example -> example.activation() == 1);
        model.unmark();
        assertThat(shown()).extracting(Example::activation).contains(2f);
    }

    @Test
    void aRangeOfSomethingElseFiltersNothing() {
        List<Integer> before = shown().stream().map(Example::token).toList();
        opened.workbench.selection().brush(new Brush("density", "density", 0, 0.001));
        assertThat(shown()).extracting(Example::token).isEqualTo(before);
    }

    @Test
    void theChoiceStaysForTheNextFeatureWhileTheRangeGoes() {
        model.choice().set(ExamplesModel.Choice.RANDOM);
        opened.workbench.selection().brush(new Brush("histogram", "activation", 0.5, 1.5));
        opened.choose(PlantedCorpus.AT_C);
        assertThat(model.choice().get()).isEqualTo(ExamplesModel.Choice.RANDOM);
        assertThat(model.brush().get()).isNull();
        assertThat(shown()).isNotEmpty().allMatch(example -> example.activation() == 5);
    }

    @Test
    void anotherFeaturesExamplesAreGoneBeforeItsOwnAreThere() {
        Deque<Runnable> waiting = new ArrayDeque<>();
        opened.service.files = waiting::add;
        opened.choose(PlantedCorpus.AT_C);
        assertThat(model.examples().getValue()).isNull();
        while (!waiting.isEmpty()) {
            waiting.remove().run();
        }
        assertThat(shown()).isNotEmpty().allMatch(example -> example.activation() == 5);
    }

    @Test
    void whileAChoiceIsWorkedOutTheExamplesBeforeStay() {
        opened.choose(PlantedCorpus.AT_E_AFTER_A);
        List<ExamplesModel.Group> before = model.examples().getValue();
        Deque<Runnable> waiting = new ArrayDeque<>();
        opened.service.files = waiting::add;
        model.choice().set(ExamplesModel.Choice.INTERVALS);
        model.choice().set(ExamplesModel.Choice.NEAR_MISSES);
        assertThat(model.examples().getValue()).isSameAs(before);
        assertThat(model.examples().isPending()).isTrue();
        while (!waiting.isEmpty()) {
            waiting.remove().run();
        }
        assertThat(shown()).as("of the last choice").isNotEmpty().allMatch(Example::isSilent);
    }

    @Test
    void aSilentFeatureHasNoExamples() {
        opened.choose(PlantedCorpus.SILENT);
        assertThat(shown()).isEmpty();
    }

    @Test
    void whenTheCheckpointClosesNoneAreLeft() {
        opened.workbench.closeCheckpoint(opened.workbench.a());
        assertThat(model.examples().getValue()).isNull();
        assertThat(model.examples().isPending()).isFalse();
    }
}
