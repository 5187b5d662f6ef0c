package loupe.state.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import loupe.index.Example;
import loupe.index.FeatureActivations;
import loupe.state.Opened;
import loupe.state.PlantedCorpus;
import loupe.state.pane.PaneStatus;
import loupe.state.window.SharedRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What histogram and examples show while the corpus, of which the first batch has 128 tokens, is being counted. */
class CountedSoFarTest {
    private static final int FIRST = 128;

    private final Opened opened = new Opened();
    private PlantedCorpus corpus;
    private ActivationsModel activations;
    private HistogramModel histogram;
    private ExamplesModel examples;

    @BeforeEach
    void begin(@TempDir Path folder) {
        corpus = new PlantedCorpus(opened, folder);
        activations =
                new ActivationsModel(opened.workbench, opened.workbench.a(), corpus.statistics(), new SharedRange());
        histogram = new HistogramModel(opened.workbench, activations, new SharedRange(), new HistogramView());
        examples = new ExamplesModel(opened.workbench, activations);
        opened.openA();
        opened.choose(PlantedCorpus.AT_A_AND_B);
    }

    @AfterEach
    void close() {
        corpus.statistics().close();
    }

    private void pauseAfterTheFirstBatch() {
        boolean[] paused = new boolean[1];
        activations.counted().addListener((property, was, is) -> {
            if (!paused[0]) {
                paused[0] = true;
                corpus.statistics().pause(opened.workbench.a());
            }
        });
        corpus.count();
    }

    private List<Example> shown() {
        return examples.examples().getValue().stream()
                .flatMap(group -> group.examples().stream())
                .toList();
    }

    @Test
    void theyShowWhatAnIndexOfTheTokensSoFarWould() {
        pauseAfterTheFirstBatch();
        FeatureActivations soFar = activations.activations().getValue();
        List<Example> examplesSoFar = shown();
        FeatureActivations.Histogram barsSoFar = histogram.histogram().getValue();
        assertThat(soFar.corpusTokens()).isEqualTo(FIRST);
        assertThat(activations.share().soFar()).isEqualTo(" so far, of 128 tokens (40 % of the corpus)");
        assertThat(activations.index().get()).isNull();
        corpus.statistics().recall(Map.of("corpus.max-tokens", Integer.toString(FIRST)));
        assertThat(activations.index().get()).isNotNull();
        assertThat(activations.activations().getValue())
                .usingRecursiveComparison()
                .isEqualTo(soFar);
        assertThat(shown()).isNotEmpty().isEqualTo(examplesSoFar);
        assertThat(histogram.histogram().getValue()).usingRecursiveComparison().isEqualTo(barsSoFar);
    }

    @Test
    void whileCountingIsPausedThePanesShowIt() {
        pauseAfterTheFirstBatch();
        assertThat(corpus.statistics().phase(opened.workbench.a()).get()).isEqualTo(CorpusStatistics.Phase.PAUSED);
        assertThat(histogram.status().getValue().shown()).isInstanceOf(PaneStatus.Content.class);
        assertThat(examples.status().getValue().shown()).isInstanceOf(PaneStatus.Content.class);
        opened.choose(PlantedCorpus.SILENT);
        assertThat(activations.why().get()).isEqualTo("This feature is not active anywhere so far, in 128 tokens");
        opened.choose(PlantedCorpus.AT_C);
        assertThat(shown()).isNotEmpty().allMatch(example -> example.activation() == 5);
    }

    @Test
    void theyStayUntilAllIsCountedAndThenShowAll() {
        List<Long> tokens = new ArrayList<>();
        List<Boolean> examplesThere = new ArrayList<>();
        activations
                .activations()
                .valueProperty()
                .addListener((property, was, is) -> tokens.add(is == null ? -1 : is.corpusTokens()));
        examples.examples().valueProperty().addListener((property, was, is) -> examplesThere.add(is != null));
        corpus.count();
        assertThat(tokens).containsExactly((long) FIRST, 320L);
        assertThat(examplesThere).isNotEmpty().doesNotContain(false);
        assertThat(activations.index().get()).isNotNull();
    }

    @Test
    void anExampleIsOfTheSameTextWheneverItIsRead() {
        pauseAfterTheFirstBatch();
        Example first = shown().get(0);
        examples.ablate(first, AblationModel.How.REMOVED);
        assertThat(examples.ablation().subject().get()).isNotNull();
        corpus.statistics().retry(opened.workbench.a());
        examples.choice().set(ExamplesModel.Choice.INTERVALS);
        assertThat(activations.activations().getValue().corpusTokens()).isEqualTo(320);
        examples.choice().set(ExamplesModel.Choice.TOP);
        assertThat(shown()).contains(first);
    }
}
