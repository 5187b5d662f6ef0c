package loupe.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import loupe.base.Cancellation;
import loupe.base.HookPoint;
import loupe.sae.Activation;
import loupe.sae.HostWeights;
import loupe.sae.HostWeights.Part;
import loupe.sae.SaeConfig;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files of SAELens' beginnings: one pickle with a configuration object and a state dict. The object is only looked at.
 */
class OldSaeLensFileTest {
    private static final int D = 2;
    private static final int N = 3;

    @TempDir
    Path folder;

    @Test
    void theConfigurationObjectIsReadAsSettings() throws IOException {
        SaeFile file = SaeFile.read(write(false), SaeOptions.AS_STORED);
        SaeConfig config = file.config();
        assertThat(file.format()).isEqualTo("saelens");
        assertThat(config.hook()).contains(HookPoint.residPre(8));
        assertThat(config.trained().model()).isEqualTo("gpt2-small");
        assertThat(config.activation()).isEqualTo(new Activation.Relu());
        assertThat(config.reading().subtractsDecoderBias()).isTrue();
        // written before SAELens 3.20, on a processed model
        assertThat(config.trained().centred()).isTrue();
        assertThat(file.readWeights(new Cancellation()).vector(Part.DECODER_BIAS))
                .containsExactly(1, 2);
    }

    @Test
    void anOutputBiasMakesItATranscoder() throws IOException {
        SaeFile file = SaeFile.read(write(true), SaeOptions.AS_STORED);
        HostWeights weights = file.readWeights(new Cancellation());
        assertThat(file.config().reading().subtractsDecoderBias()).isFalse();
        assertThat(file.config().hookOut()).contains(new HookPoint(HookPoint.Site.MLP_OUT, 8));
        assertThat(weights.vector(Part.INPUT_BIAS)).containsExactly(1, 2);
        assertThat(weights.vector(Part.DECODER_BIAS)).containsExactly(3, 4);
    }

    private Path write(boolean transcoder) throws IOException {
        PickleBytes pickle = PickleBytes.protocol(2)
                .op('}')
                .text("cfg")
                .global("sae_training.config", "LanguageModelSAERunnerConfig")
                .op(')', 0x81, '}')
                .op('(')
                .text("d_in")
                .integer(D)
                .text("d_sae")
                .integer(N)
                .text("model_name")
                .text("gpt2-small")
                .text("hook_point")
                .text("blocks.8.hook_resid_pre")
                .text("out_hook_point")
                .text("blocks.8.hook_mlp_out")
                .op('u', 'b', 's');
        pickle.text("state_dict").op('}', '(');
        RawZip zip = new RawZip();
        tensor(pickle, "W_enc", "0", D, N);
        tensor(pickle, "W_dec", "1", N, D);
        tensor(pickle, "b_enc", "2", N);
        tensor(pickle, "b_dec", "3", D);
        if (transcoder) {
            tensor(pickle, "b_dec_out", "4", D);
        }
        zip.add("archive/data.pkl", pickle.op('u', 's').stop());
        zip.add("archive/data/0", floats(new float[D * N]));
        zip.add("archive/data/1", floats(new float[D * N]));
        zip.add("archive/data/2", floats(new float[N]));
        zip.add("archive/data/3", floats(1, 2));
        if (transcoder) {
            zip.add("archive/data/4", floats(3, 4));
        }
        Path file = folder.resolve("sparse_autoencoder.pt");
        Files.write(file, zip.bytes());
        return file;
    }

    private static void tensor(PickleBytes pickle, String name, String key, int... shape) {
        long[] lengths = java.util.Arrays.stream(shape).asLongStream().toArray();
        long[] strides = shape.length == 2 ? new long[] {shape[1], 1} : new long[] {1};
        pickle.text(name)
                .tensor(
                        "FloatStorage",
                        key,
                        java.util.Arrays.stream(lengths).reduce(1, (a, b) -> a * b),
                        0,
                        lengths,
                        strides);
    }

    private static byte[] floats(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return bytes.array();
    }
}
