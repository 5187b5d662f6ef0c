package loupe.inference;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import loupe.format.SafetensorsWriter;
import loupe.sae.SparseAutoencoder;
import loupe.sae.checkpoint.SaeOptions;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SaeLoadingTest {
    private static final SaeOptions TWO =
            SaeOptions.builder().k(OptionalInt.of(2)).build();

    private static final Loader.Room ROOM = (what, kind, bytes) -> () -> {};

    @TempDir
    Path folder;

    @Test
    void aCheckpointComesBackAfterItHadToMakeRoom() {
        Resident<SparseAutoencoder> resident = resident(new FileLoader().sae(write(), TWO, ROOM));
        try (NDManager root = NDManager.newBaseManager()) {
            float[] first = encodeOnce(root, resident);
            resident.evict();
            assertThat(encodeOnce(root, resident)).containsExactly(first);
        }
    }

    @Test
    void anotherReadingOfTheSameFileIsAnotherCheckpoint() throws IOException {
        Path file = write();
        SaeId two = new FileLoader().sae(file, TWO, ROOM).host().id();
        SaeOptions relu = SaeOptions.builder().activation(Optional.of("relu")).build();
        assertThat(new FileLoader().sae(file, relu, ROOM).host().id()).isNotEqualTo(two);
        assertThat(two.name()).isEqualTo("gpt2_resid_pre_8_ot30.safetensors");
        Path copy =
                Files.copy(file, Files.createDirectory(folder.resolve("copy")).resolve(file.getFileName()));
        assertThat(new FileLoader().sae(copy, TWO, ROOM).host().id()).isEqualTo(two);
    }

    private static Resident<SparseAutoencoder> resident(Loader.Loaded<OpenSae, SparseAutoencoder> loaded) {
        return new Resident<>("test", loaded.bytes(), true, loaded.upload(), loaded.weights(), loaded.evicted());
    }

    private static float[] encodeOnce(NDManager root, Resident<SparseAutoencoder> resident) {
        resident.upload(root);
        try (NDManager step = root.newSubManager()) {
            SparseAutoencoder sae = resident.lend(step);
            NDArray x = step.create(new float[] {3, -1}, new Shape(1, 2));
            // what is computed from lent weights belongs to the step
            assertThat(sae.encoder().mul(2).getManager()).isSameAs(step);
            assertThat(sae.decoderDirection(1)).containsExactly(4, 5);
            return sae.encode(x).toFloatArray();
        }
    }

    private Path write() {
        Path file = folder.resolve("gpt2_resid_pre_8_ot30.safetensors");
        new SafetensorsWriter()
                .add("W_enc", new HostTensor(new float[] {1, 0, 0, 1, 1, 1}, 3, 2))
                .add("b_enc", new HostTensor(new float[3], 3))
                .add("W_dec", new HostTensor(new float[] {1, 4, 3, 2, 5, 6}, 2, 3))
                .add("b_dec", new HostTensor(new float[2], 2))
                .write(file);
        return file;
    }
}
