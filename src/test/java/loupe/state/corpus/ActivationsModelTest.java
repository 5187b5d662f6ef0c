package loupe.state.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import loupe.sae.Activation;
import loupe.sae.SaeConfig;
import loupe.state.Opened;
import loupe.state.PlantedCorpus;
import loupe.state.pane.PaneNeed;
import loupe.state.pane.PaneStatus;
import loupe.state.window.FeatureRef;
import loupe.state.window.SharedRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ActivationsModelTest {
    private final Opened opened = new Opened();
    private final SharedRange range = new SharedRange();
    private PlantedCorpus corpus;
    private ActivationsModel model;

    @BeforeEach
    void begin(@TempDir Path folder) {
        corpus = new PlantedCorpus(opened, folder);
        model = new ActivationsModel(opened.workbench, opened.workbench.a(), corpus.statistics(), range);
    }

    @AfterEach
    void close() {
        corpus.statistics().close();
    }

    @Test
    void everyActivationOfTheChosenFeatureIsRead() {
        opened.openA();
        corpus.count();
        opened.choose(PlantedCorpus.AT_A_AND_B);
        assertThat(model.activations().getValue().count()).isEqualTo(corpus.occurrences('a') + corpus.occurrences('b'));
        assertThat(model.activations().getValue().feature()).isEqualTo(PlantedCorpus.AT_A_AND_B);
        assertThat(model.why().get()).isEmpty();
    }

    private Optional<PaneNeed> offered() {
        return ((PaneStatus.Empty) model.status().getValue().shown()).need();
    }

    @Test
    void whyThereIsNothingIsSaidInTheOrderInWhichItCanBeMended() {
        assertThat(model.why().get()).startsWith("Open a checkpoint");
        assertThat(offered()).contains(PaneNeed.CHECKPOINT);
        opened.openA();
        assertThat(model.why().get()).startsWith("No corpus is open");
        assertThat(offered()).contains(PaneNeed.CORPUS);
        Deque<Runnable> waiting = new ArrayDeque<>();
        opened.service.files = waiting::add;
        corpus.count();
        assertThat(model.why().get()).startsWith("Activations are being counted");
        assertThat(offered()).isEmpty();
        while (!waiting.isEmpty()) {
            waiting.remove().run();
        }
        assertThat(model.why().get()).isEmpty();
        opened.service.files = Runnable::run;
        opened.choose(PlantedCorpus.SILENT);
        assertThat(model.why().get()).isEqualTo("This feature is not active anywhere in the corpus");
    }

    @Test
    void anOlderFeaturesAnswerNeverReplacesANewerOne() {
        opened.openA();
        corpus.count();
        Deque<Runnable> waiting = new ArrayDeque<>();
        opened.service.files = waiting::add;
        opened.choose(PlantedCorpus.AT_C);
        opened.choose(PlantedCorpus.AT_A);
        assertThat(model.activations().getValue()).isNull();
        waiting.removeLast().run();
        assertThat(model.activations().getValue().feature()).isEqualTo(PlantedCorpus.AT_A);
        waiting.removeLast().run();
        assertThat(model.activations().getValue().feature()).isEqualTo(PlantedCorpus.AT_A);
        assertThat(model.activations().isPending()).isFalse();
    }

    @Test
    void theAxisReachesAsFarAsEitherSideNeedsAndNoFurtherWhenOneCloses() {
        ActivationsModel other =
                new ActivationsModel(opened.workbench, opened.workbench.b(), corpus.statistics(), range);
        opened.openA();
        opened.openB();
        corpus.count();
        opened.choose(PlantedCorpus.AT_A_AND_B);
        opened.workbench.b().show(new FeatureRef(Opened.B, PlantedCorpus.AT_C));
        assertThat(other.activations().getValue().max()).isEqualTo(5);
        assertThat(range.upper().get()).isEqualTo(5);
        assertThat(range.lower().get()).isEqualTo(1);
        opened.workbench.closeCheckpoint(opened.workbench.b());
        assertThat(other.activations().getValue()).isNull();
        assertThat(range.upper().get()).isEqualTo(2);
    }

    @Test
    void aCheckpointThatSaysNoHookPointIsNotCountedAndSaysSo() {
        opened.open(
                opened.workbench.a(),
                Opened.A,
                SaeConfig.of("saelens", 8, Opened.FEATURES, new Activation.Relu(), false));
        corpus.count();
        assertThat(model.index().get()).isNull();
        assertThat(model.countingProblem().getValue().message()).contains("does not say where in the model it reads");
        assertThat(model.activations().isPending()).isFalse();
    }

    @Test
    void aPassThatFailedCanBeCountedAgain() {
        opened.openA();
        var planted = opened.service.answeredAtOnce.put(loupe.analysis.prompts.CorpusActivations.class, query -> {
            throw new IllegalStateException("the device is gone");
        });
        corpus.count();
        assertThat(model.countingProblem().getValue().message()).contains("the device is gone");
        opened.service.answeredAtOnce.put(loupe.analysis.prompts.CorpusActivations.class, planted);
        model.recount();
        assertThat(model.countingProblem().getValue()).isNull();
        assertThat(model.activations().getValue().count()).isEqualTo(320);
    }

    @Test
    void withoutTheCorpusNothingIsLeftOfIt() {
        opened.openA();
        corpus.count();
        assertThat(model.activations().getValue()).isNotNull();
        corpus.statistics().corpus().set(null);
        assertThat(model.activations().getValue()).isNull();
        assertThat(range.upper().get()).isZero();
        assertThat(model.why().get()).startsWith("No corpus is open");
    }
}
