package loupe.state;

import java.util.List;
import loupe.TinyModel;
import loupe.analysis.TestDevice;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;

/**
 * Real answers for the model and the checkpoints of {@link Opened}: at once for the kinds of questions that a test
 * names, by hand for the others. The weights are of a fixed seed, and the same in both checkpoints.
 */
public final class AnsweringDevice implements AutoCloseable {
    private final Opened opened;
    private final TestDevice device = new TestDevice();

    public AnsweringDevice(Opened opened) {
        this.opened = opened;
        ModelConfig config = ModelConfig.gpt2(50, 16, 8, 2, 2);
        device.model(Opened.MODEL, config, TinyModel.weights(config, 7));
        for (SaeId sae : List.of(Opened.A, Opened.B)) {
            device.sae(sae, numbers(8, Opened.FEATURES), numbers(Opened.FEATURES, 8));
        }
    }

    private static HostTensor numbers(int rows, int columns) {
        float[] data = new float[rows * columns];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) Math.sin(7 * i + 1);
        }
        return new HostTensor(data, rows, columns);
    }

    /** Answers the newest question of a kind, and returns the answer. */
    public Object answer(Class<?> kind) {
        FakeService.Ask<?> ask = opened.newest(kind);
        Object answer = device.ask(ask.query);
        ask.answer(answer);
        return answer;
    }

    /** The answer to a question that nobody asked. */
    public Object ask(Query<?> query) {
        return device.ask(query);
    }

    /** Answers questions of a kind as they are asked from now on. */
    public void answers(Class<? extends Query<?>> kind) {
        opened.service.answeredAtOnce.put(kind, device::ask);
    }

    @Override
    public void close() {
        device.close();
    }
}
