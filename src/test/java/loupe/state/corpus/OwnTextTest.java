package loupe.state.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import loupe.analysis.prompts.TextActivations;
import loupe.sae.SparseFeatures;
import loupe.state.FakeService;
import loupe.state.Opened;
import loupe.state.WorkbenchModels;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tiny model of {@link Opened}: one token a letter, a context of 16, no token for the beginning of text. */
class OwnTextTest {
    @TempDir
    java.nio.file.Path cache;

    private final Opened opened = new Opened();
    private WorkbenchModels models;
    private OwnText text;
    private OwnTextModel model;

    @BeforeEach
    void begin() {
        models = new WorkbenchModels(opened.workbench, cache);
        text = models.text();
        model = models.a().text();
        opened.openA();
    }

    private static TextActivations.Answer answer(List<Integer> ids, int feature) {
        int[] offsets = IntStream.rangeClosed(0, ids.size()).toArray();
        int[] features = new int[ids.size()];
        float[] values = new float[ids.size()];
        for (int i = 0; i < values.length; i++) {
            features[i] = feature;
            values[i] = i + 1;
        }
        return new TextActivations.Answer(
                ids, new SparseFeatures(ids.size(), Opened.FEATURES, offsets, features, values));
    }

    @Test
    void whatIsTypedIsReadAndEveryFeatureIsThere() {
        text.text().set("bad");
        TextActivations asked = (TextActivations) opened.newest(TextActivations.class).query;
        assertThat(asked.ids()).containsExactly(1, 0, 3);
        opened.newest(TextActivations.class).answer(answer(asked.ids(), 4));
        text.token().set(2);
        assertThat(model.active()).containsExactly(new TextActivations.Active(4, 3));
    }

    @Test
    void anotherFeatureIsShownWithoutReadingTheTextAgain() {
        text.text().set("bad");
        long before = opened.count(TextActivations.class);
        opened.choose(2);
        opened.choose(3);
        assertThat(opened.count(TextActivations.class)).isEqualTo(before);
    }

    @Test
    void whileTypingOnlyTheNewestTextWaits() {
        text.text().set("a");
        FakeService.Ask<?> first = opened.newest(TextActivations.class);
        text.text().set("ab");
        text.text().set("abc");
        assertThat(opened.count(TextActivations.class)).isEqualTo(1);
        first.answer(answer(List.of(0), 1));
        assertThat(model.reading().getValue().ids())
                .as("shown while the newer one is on its way")
                .containsExactly(0);
        assertThat(((TextActivations) opened.newest(TextActivations.class).query).ids())
                .containsExactly(0, 1, 2);
        assertThat(opened.count(TextActivations.class)).isEqualTo(2);
    }

    @Test
    void aTextLongerThanTheContextIsCutAndSaysSo() {
        text.text().set("abcdefghijklmnop");
        assertThat(text.tokens().getValue().cut()).isFalse();
        text.text().set("abcdefghijklmnopq");
        assertThat(text.tokens().getValue().ids()).hasSize(16);
        assertThat(text.tokens().getValue().cut()).isTrue();
    }

    @Test
    void anExampleIsOpenedWithItsTokenChosen() {
        text.open(new int[] {2, 0, 19}, 1);
        assertThat(text.text().get()).isEqualTo("cat");
        assertThat(text.token().get()).isEqualTo(1);
    }

    /** Token 30 is written out as four characters, which would be four tokens. */
    @Test
    void anExampleKeepsItsOwnTokensUntilItsTextIsChanged() {
        text.open(new int[] {2, 30, 19}, 1);
        assertThat(text.text().get()).isEqualTo("c<30>t");
        assertThat(text.tokens().getValue().ids()).containsExactly(2, 30, 19);
        text.text().set("c<30>");
        assertThat(text.tokens().getValue().ids()).hasSize(5);
        text.text().set("c<30>t");
        assertThat(text.tokens().getValue().ids()).hasSize(6);
    }

    @Test
    void aChosenTokenThatIsGoneIsNotChosenAnyMore() {
        text.open(new int[] {2, 0, 19}, 2);
        text.text().set("ca");
        assertThat(text.token().get()).isEqualTo(-1);
    }

    @Test
    void anEmptyTextAsksNothing() {
        text.text().set("a");
        text.text().set("");
        assertThat(text.tokens().getValue()).isNull();
        assertThat(model.reading().isPending()).isFalse();
    }

    @Test
    void bothCheckpointsReadTheSameText() {
        text.text().set("bad");
        opened.openB();
        assertThat(opened.service.asked.stream()
                        .map(ask -> ask.query)
                        .filter(TextActivations.class::isInstance)
                        .map(query -> ((TextActivations) query).sae()))
                .contains(Opened.A, Opened.B);
    }
}
