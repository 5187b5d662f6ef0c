package loupe.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import loupe.TinyModel;
import loupe.analysis.TestDevice;
import loupe.analysis.tokens.NullTokenList;
import loupe.analysis.tokens.TokenColumns;
import loupe.analysis.tokens.TokenList;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TokenListModelTest {
    private final Opened opened = new Opened();
    private final GhostControlsModel controls = new GhostControlsModel(opened.workbench);
    private TokenListModel model;
    private TestDevice device;

    @BeforeEach
    void begin() {
        device = new TestDevice();
        ModelConfig config = ModelConfig.gpt2(50, 16, 8, 2, 2);
        Map<String, HostTensor> weights = TinyModel.weights(config, 7);
        device.model(Opened.MODEL, config, weights);
        float[] numbers = new float[48];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) Math.sin(7 * i + 1);
        }
        device.sae(Opened.A, new HostTensor(numbers, 8, 6), new HostTensor(numbers, 6, 8));
        model = new TokenListModel(opened.workbench, opened.workbench.a(), controls);
        opened.openA();
        choose(1);
    }

    @AfterEach
    void close() {
        device.close();
    }

    private void choose(int feature) {
        opened.choose(feature);
        answer(TokenColumns.class);
    }

    private void answer(Class<?> kind) {
        FakeService.Ask<?> ask = opened.newest(kind);
        ask.answer(device.ask(ask.query));
    }

    @Test
    void changesOfRankAreToldAgainstTheFeaturesFirstListUntilAnotherIsMarked() {
        TokenList first = model.list().getValue();
        controls.scale().set(0.3);
        assertThat(model.list().getValue().tokens()).isNotEqualTo(first.tokens());
        assertThat(model.reference().get()).isSameAs(first);
        model.markReference();
        assertThat(model.reference().get()).isSameAs(model.list().getValue());
        choose(2);
        assertThat(model.reference().get()).isSameAs(model.list().getValue());
    }

    @Test
    void detailsAreWorkedOutOnlyWhileSomebodyWantsThem() {
        assertThat(model.stability().getValue()).isNull();
        assertThat(opened.count(NullTokenList.class)).isZero();
        model.details().set(true);
        answer(NullTokenList.class);
        assertThat(model.stability().getValue().tokens()).isEqualTo(model.list().getValue().tokens());
        assertThat(model.random().getValue().size()).isEqualTo(model.list().getValue().size());
        controls.scale().set(0.3);
        assertThat(model.stability().getValue().tokens()).isEqualTo(model.list().getValue().tokens());
        model.details().set(false);
        assertThat(model.random().getValue()).isNull();
        assertThat(model.randomCoherence().getValue()).isNull();
    }
}
