package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import loupe.base.HookPoint;
import loupe.format.TorchWriter;
import loupe.sae.Activation;
import loupe.sae.checkpoint.SaeProposal.Missing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Qwen-Scope: the k largest as they are, and what the name of a release's folder says. */
class QwenScopeTest {
    private static final int D = 6;
    private static final int N = 20;

    @TempDir
    Path folder;

    private final double[][] x = Worked.random(51, 7, D);
    private final double[][] encoder = Worked.random(1, N, D);
    private final double[][] decoder = Worked.random(2, N, D);
    private final double[] encoderBias = Worked.random(3, 1, N)[0];
    private final double[] decoderBias = Worked.random(4, 1, D)[0];

    @Test
    void negativeValuesAmongTheKLargestAreKept() throws IOException {
        Path file = write(folder);
        Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"topk_sae\", \"k\": 15}");
        double[][] p = Worked.preActivations(x, encoder, encoderBias);
        double[][] features = Worked.largest(p, p, 15);
        assertThat(Arrays.stream(features).flatMapToDouble(Arrays::stream)).anyMatch(value -> value < 0);

        SaeFile opened = SaeFile.read(file, SaeOptions.AS_STORED);

        assertThat(opened.config().hook()).contains(HookPoint.residPost(12));
        Worked.compare(opened, x, features, Worked.decoded(features, decoder, decoderBias));
    }

    @ParameterizedTest
    @CsvSource({
        "SAE-Res-Qwen3-8B-Base-W64K-L0_15, Qwen/Qwen3-8B-Base",
        "SAE-Res-Qwen3.5-27B-W80K-L0_15, Qwen/Qwen3.5-27B",
        "models--Qwen--SAE-Res-Qwen3.5-35B-A3B-Base-W32K-L0_15/snapshots/abc, Qwen/Qwen3.5-35B-A3B-Base"
    })
    void theFolderOfTheReleaseSaysModelAndK(String release, String model) throws IOException {
        Path file = write(Files.createDirectories(folder.resolve(release)));

        SaeFile opened = SaeFile.read(file, SaeOptions.AS_STORED);

        assertThat(opened.model()).isEqualTo(model);
        assertThat(opened.config().activation()).isEqualTo(new Activation.TopK(15, false, false));
        assertThat(opened.warnings()).anyMatch(warning -> warning.contains("k is taken from the folder's name: 15"));
    }

    @Test
    void theConfigurationGoesBeforeTheFolderAndWithoutEitherKIsAskedFor() throws IOException {
        Path release = Files.createDirectories(folder.resolve("SAE-Res-Qwen3-8B-Base-W64K-L0_15"));
        Path file = write(release);
        Files.writeString(release.resolve("config.json"), "{\"model_type\": \"topk_sae\", \"k\": 4}");

        assertThat(SaeFile.read(file, SaeOptions.AS_STORED).config().activation())
                .isEqualTo(new Activation.TopK(4, false, false));
        assertThat(SaeFile.read(write(folder), SaeOptions.AS_STORED).proposal().missing())
                .containsExactly(Missing.K);
    }

    private Path write(Path into) {
        Path file = into.resolve("layer12.sae.pt");
        new TorchWriter()
                .add("W_enc", Worked.tensor(encoder))
                .add("W_dec", Worked.tensor(Worked.turned(decoder)))
                .add("b_enc", Worked.tensor(encoderBias))
                .add("b_dec", Worked.tensor(decoderBias))
                .write(file);
        return file;
    }
}
