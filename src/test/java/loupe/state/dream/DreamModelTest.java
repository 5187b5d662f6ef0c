package loupe.state.dream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.analysis.dream.Dream;
import loupe.analysis.dream.DreamState;
import loupe.analysis.dream.DreamText;
import loupe.state.FakeService;
import loupe.state.Opened;
import loupe.state.WorkbenchModels;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DreamModelTest {
    @TempDir
    Path cache;

    private final Opened opened = new Opened();
    private WorkbenchModels models;
    private DreamModel dream;

    @BeforeEach
    void begin() {
        models = new WorkbenchModels(opened.workbench, cache);
        dream = models.dream();
        opened.openA();
        opened.choose(3);
        dream.length().set("2");
        dream.iterations().set("9");
    }

    /** A search after some iterations, in which two texts make the feature active. */
    private static DreamState after(int iterations) {
        DreamText likely = new DreamText(List.of(1, 0), 2, 2, 0, 1.5);
        DreamText strong = new DreamText(List.of(1, 4), 5, 5, 0, 4);
        return new DreamState(
                iterations,
                Collections.nCopies(8, strong),
                List.of(likely, strong),
                List.of(likely),
                Optional.empty(),
                64 + 256L * iterations,
                0,
                Map.of());
    }

    private FakeService.Ask<?> asked() {
        return opened.newest(Dream.class);
    }

    private Dream question() {
        return (Dream) asked().query;
    }

    @Test
    void itSearchesForTheFeatureInHandAsTheFieldsSay() {
        assertThat(dream.why().getValue()).isEmpty();
        dream.seed().set("7");
        dream.slots().set("3");
        dream.children().set("5");
        dream.leastPenalty().set("0.5");
        dream.mostPenalty().set("2");
        dream.start();

        assertThat(question().settings().slots()).isEqualTo(3);
        assertThat(question().settings().children()).isEqualTo(5);
        assertThat(question().settings().penalties()).containsExactly(new double[] {0.5, 1, 2}, within(1e-12));

        assertThat(question().target().feature().index()).isEqualTo(3);
        assertThat(question().settings().length()).isEqualTo(2);
        assertThat(question().settings().seed()).isEqualTo(7);
        assertThat(question().iterations()).isEqualTo(9);
        assertThat(question().retokenised()).isPresent();
        assertThat(opened.workbench.activity().jobs()).hasSize(1);
    }

    @Test
    void whatIsStoppedGoesOnWhereItWasAndMayBeMadeLonger() {
        dream.start();
        asked().part(after(4), 4.0 / 9);
        assertThat(dream.search().getValue().iteration()).isEqualTo(4);
        assertThat(opened.workbench.activity().jobs().get(0).detail().get()).isEqualTo("4 / 9 iterations");
        assertThat(dream.canGoOn()).isFalse();

        FakeService.Ask<?> running = asked();
        dream.stop();
        assertThat(running.cancelled).isTrue();
        assertThat(opened.workbench.activity().jobs()).isEmpty();
        assertThat(dream.canGoOn()).isTrue();
        dream.goOn();
        assertThat(question().from()).contains(after(4));
        asked().answer(after(9));
        assertThat(dream.canGoOn()).isFalse();

        dream.iterations().set("12");
        assertThat(dream.canGoOn()).isTrue();
        dream.goOn();
        assertThat(question().iterations()).isEqualTo(12);
        assertThat(question().from()).contains(after(9));
    }

    @Test
    void aSearchStaysWithItsFeatureUntilTheCheckpointIsClosed() {
        dream.start();
        asked().answer(after(9));
        opened.choose(4);
        assertThat(dream.dream().get().target().feature().index()).isEqualTo(3);
        assertThat(dream.search().getValue()).isNotNull();

        opened.workbench.closeCheckpoint(opened.workbench.a());
        assertThat(dream.dream().get()).isNull();
        assertThat(dream.search().getValue()).isNull();
    }

    @Test
    void aTextThatIsChosenBecomesTheCleanPrompt() {
        dream.start();
        asked().answer(after(9));
        dream.toPrompt(List.of(1, 0));
        assertThat(models.prompt().pair().get().clean()).isEqualTo("ba");
        models.undoOrder().undo();
        assertThat(models.prompt().pair().get().clean()).isEmpty();
    }

    @Test
    void whatCannotBeSearchedForIsSaid() {
        dream.length().set("40");
        assertThat(dream.why().getValue()).isEqualTo("Tokens: a whole number from 2 to 16");
        dream.length().set("2");
        dream.slots().set("0");
        assertThat(dream.why().getValue()).isEqualTo("Slots: a whole number from 1 to 4096");
        dream.slots().set("8");
        dream.children().set("4097");
        assertThat(dream.why().getValue()).isEqualTo("Children: a whole number from 1 to 4096");
        dream.children().set("32");
        dream.leastPenalty().set("0");
        assertThat(dream.why().getValue()).startsWith("Penalties: ");
        dream.leastPenalty().set("11");
        assertThat(dream.why().getValue()).isEqualTo("Penalties: the last one at least the first, 11.0");
        dream.leastPenalty().set("0.1");
        dream.againstB().set(true);
        assertThat(dream.why().getValue()).contains("feature of checkpoint B");
        dream.againstB().set(false);
        dream.iterations().set("many");
        assertThat(dream.why().getValue()).startsWith("Iterations");
        int before = opened.service.asked.size();
        dream.start();
        assertThat(opened.service.asked).hasSize(before);
    }

    @Test
    void theSessionKeepsTheFields() {
        dream.seed().set("31");
        dream.anyTokens().set(true);
        dream.slots().set("3");
        dream.children().set("5");
        dream.leastPenalty().set("0.5");
        dream.mostPenalty().set("2");
        WorkbenchModels other = new WorkbenchModels(new Opened().workbench, cache);
        other.recall(models.remembered());
        assertThat(other.dream().seed().get()).isEqualTo("31");
        assertThat(other.dream().length().get()).isEqualTo("2");
        assertThat(other.dream().anyTokens().get()).isTrue();
        assertThat(other.dream().slots().get()).isEqualTo("3");
        assertThat(other.dream().children().get()).isEqualTo("5");
        assertThat(other.dream().leastPenalty().get()).isEqualTo("0.5");
        assertThat(other.dream().mostPenalty().get()).isEqualTo("2");
    }
}
