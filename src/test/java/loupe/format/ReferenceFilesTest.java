package loupe.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Files that torch, numpy and safetensors have written, kept with the tests; their origin is in the README beside them.
 */
class ReferenceFilesTest {
    private static Path resource(String name) throws URISyntaxException {
        return Path.of(Objects.requireNonNull(ReferenceFilesTest.class.getResource(name), name)
                .toURI());
    }

    @ParameterizedTest
    @CsvSource({"dl_AutoEncoder, TORCH_ZIP, 4", "dl_GatedAutoEncoder, TORCH_LEGACY, 6"})
    void torchFilesEqualSafetensorsBitForBit(String name, Container container, int tensors) throws URISyntaxException {
        try (TensorArchive torch = TensorArchives.open(resource(name + ".pt"));
                TensorArchive safetensors = TensorArchives.open(resource(name + ".safetensors"))) {
            assertThat(torch.container()).isEqualTo(container);
            assertThat(torch.names()).hasSize(tensors).containsExactlyInAnyOrderElementsOf(safetensors.names());
            for (String tensor : torch.names()) {
                assertThat(torch.tensor(tensor).toHost())
                        .as(tensor)
                        .isEqualTo(safetensors.tensor(tensor).toHost());
            }
        }
    }

    /**
     * First and last elements and sums as numpy prints them; the sums to the rounding of a float64 sum in another
     * order.
     */
    @Test
    void anNpzFileHoldsWhatNumpyReadsFromIt() throws URISyntaxException {
        try (TensorArchive archive = TensorArchives.open(resource("gemmascope_res.npz"))) {
            assertArray(archive, "W_enc", 0.29027274f, 0.110135294f, 0.4218121310987044, 24, 96);
            assertArray(archive, "W_dec", -0.030887894f, 0.036660127f, 1.683662773692049, 96, 24);
            assertArray(archive, "threshold", 0.8266171f, 1.0707465f, 61.05664522945881, 96);
        }
    }

    private static void assertArray(
            TensorArchive archive, String name, float first, float last, double sum, int... shape) {
        float[] data = archive.tensor(name).toHost().data();
        assertThat(archive.tensor(name).toHost().shape()).containsExactly(shape);
        assertThat(data[0]).isEqualTo(first);
        assertThat(data[data.length - 1]).isEqualTo(last);
        double total = 0;
        for (float value : data) {
            total += value;
        }
        assertThat(total).isCloseTo(sum, within(1e-9));
    }
}
