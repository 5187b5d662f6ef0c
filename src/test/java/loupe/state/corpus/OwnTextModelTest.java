package loupe.state.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import loupe.analysis.prompts.TextActivations;
import loupe.analysis.prompts.TextActivations.Active;
import loupe.inference.ModelId;
import loupe.inference.OpenModel;
import loupe.inference.SaeId;
import loupe.lm.ModelConfig;
import loupe.sae.Activation;
import loupe.sae.SaeConfig;
import loupe.sae.SparseFeatures;
import loupe.state.FakeService;
import loupe.state.Opened;
import loupe.state.window.SharedRange;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OwnTextModelTest {
    private final Opened opened = new Opened();
    private final OwnText text = new OwnText(opened.workbench);
    private OwnTextModel model;

    @BeforeEach
    void begin() {
        model = new OwnTextModel(
                opened.workbench,
                new ActivationsModel(
                        opened.workbench,
                        opened.workbench.a(),
                        new CorpusStatistics(opened.workbench, Path.of("nowhere")),
                        new SharedRange()),
                text);
    }

    /** Of two tokens; at the first, features 1 and 4 are active, at the second feature 2. */
    private static TextActivations.Answer twoTokens() {
        return new TextActivations.Answer(
                List.of(0, 1),
                new SparseFeatures(
                        2, Opened.FEATURES, new int[] {0, 2, 3}, new int[] {1, 4, 2}, new float[] {1, 3, 2}));
    }

    private void answer() {
        opened.newest(TextActivations.class).answer(twoTokens());
    }

    @Test
    void theFeaturesOfTheChosenTokenAreListedStrongestFirst() {
        opened.openA();
        text.text().set("ab");
        answer();
        assertThat(model.active()).as("no token is chosen").isEmpty();
        text.token().set(0);
        assertThat(model.active()).containsExactly(new Active(4, 3), new Active(1, 1));
        text.token().set(1);
        assertThat(model.active()).containsExactly(new Active(2, 2));
    }

    @Test
    void aTokenBeyondTheReadingHasNoFeaturesYet() {
        opened.openA();
        text.text().set("ab");
        answer();
        text.text().set("abc");
        text.token().set(2);
        assertThat(model.active()).isEmpty();
    }

    @Test
    void aTextTypedBeforeTheCheckpointIsReadWhenItOpens() {
        text.text().set("ab");
        assertThat(opened.count(TextActivations.class)).isZero();
        opened.openA();
        assertThat(((TextActivations) opened.newest(TextActivations.class).query).ids())
                .containsExactly(0, 1);
    }

    @Test
    void anotherCheckpointForgetsWhatTheFirstOneRead() {
        opened.openA();
        text.text().set("ab");
        FakeService.Ask<?> first = opened.newest(TextActivations.class);
        answer();
        opened.open(opened.workbench.a(), new SaeId("c", "3"));
        assertThat(model.reading().getValue()).isNull();
        assertThat(((TextActivations) opened.newest(TextActivations.class).query).sae())
                .isEqualTo(new SaeId("c", "3"));
        assertThat(opened.newest(TextActivations.class)).isNotSameAs(first);
    }

    @Test
    void closingTheCheckpointStopsTheReading() {
        opened.openA();
        text.text().set("ab");
        FakeService.Ask<?> ask = opened.newest(TextActivations.class);
        opened.workbench.closeCheckpoint(opened.workbench.a());
        assertThat(ask.cancelled).isTrue();
        assertThat(model.reading().isPending()).isFalse();
        ask.answer(twoTokens());
        assertThat(model.reading().getValue()).isNull();
    }

    @Test
    void aReadingThatFailedIsReadAgainOnDemand() {
        opened.openA();
        text.text().set("ab");
        opened.newest(TextActivations.class).fail(new IllegalStateException("no memory"));
        assertThat(model.reading().getProblem().message()).contains("no memory");
        model.reading().retry();
        answer();
        assertThat(model.reading().getProblem()).isNull();
        assertThat(model.reading().getValue().of(4)).containsExactly(3, 0);
    }

    @Test
    void aCheckpointWithoutAHookPointSaysWhatToDo() {
        text.text().set("ab");
        opened.open(
                opened.workbench.a(),
                Opened.A,
                SaeConfig.of("saelens", 8, Opened.FEATURES, new Activation.Relu(), false));
        assertThat(model.problem().get().message()).contains("does not say where in the model it reads");
        assertThat(opened.count(TextActivations.class)).isZero();
        opened.open(opened.workbench.a(), Opened.B);
        assertThat(model.problem().get()).isNull();
        assertThat(model.reading().isPending()).isTrue();
    }

    @Test
    void aModelWithoutATokenizerCannotReadATextAndSaysSo() {
        Path folder = Path.of("nowhere", "silent");
        opened.service.models.put(
                folder,
                CompletableFuture.completedFuture(new OpenModel(
                        new ModelId("silent", "s"),
                        folder,
                        ModelConfig.gpt2(50, 16, 8, 2, 2),
                        Optional.empty(),
                        List.of())));
        opened.workbench.openModel(folder);
        opened.openA();
        text.text().set("ab");
        assertThat(model.problem().get().message()).startsWith("The model has no tokenizer files");
        assertThat(opened.count(TextActivations.class)).isZero();
    }
}
