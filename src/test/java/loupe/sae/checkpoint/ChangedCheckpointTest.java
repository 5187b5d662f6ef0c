package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.Refusal;
import loupe.format.SafetensorsWriter;
import loupe.format.TorchWriter;
import loupe.sae.Activation;
import loupe.sae.HostWeights;
import loupe.sae.HostWeights.Part;
import loupe.sae.SaeConfig;
import loupe.sae.SparseAutoencoder;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checkpoints that change between being recognised and being read, or while they are read: a message, and the process
 * goes on. Files are read by position into memory of our own and never mapped, so that there is no page to lose;
 * formats I.6, 46 and 50.
 */
class ChangedCheckpointTest {
    private static final int D = 8;
    private static final int N = 40;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"cut", "other shapes", "other content", "gone", "folder"})
    void aFileThatIsNotWhatItWasIsRefused(String change) throws IOException {
        Path path = write(folder.resolve("ae.pt"), N);
        SaeFile file = SaeFile.read(path, SaeOptions.AS_STORED);
        switch (change) {
            case "cut" -> cut(path, Files.size(path) / 2);
            case "other shapes" -> write(path, N + 1);
            case "other content" ->
                Files.write(path, "<!DOCTYPE html><title>Sign in</title>".getBytes(StandardCharsets.UTF_8));
            case "gone" -> Files.delete(path);
            default -> {
                Files.delete(path);
                Files.createDirectory(path);
            }
        }
        assertThatThrownBy(() -> file.readWeights(new Cancellation()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageStartingWith(path.toString());
        assertThatThrownBy(() -> SaeAudit.of(file, new Cancellation())).isInstanceOf(CheckpointException.class);
    }

    @Test
    @Timeout(120)
    void aFileThatKeepsChangingItsLengthWhileItIsReadIsReadOrRefused() throws Exception {
        int features = 40_000;
        Path path = folder.resolve("sae.safetensors");
        new SafetensorsWriter()
                .add("W_enc", new HostTensor(new float[D * features], D, features))
                .add("b_enc", new HostTensor(new float[features], features))
                .add("W_dec", new HostTensor(new float[D * features], features, D))
                .add("b_dec", new HostTensor(new float[D], D))
                .write(path);
        long whole = Files.size(path);
        SaeFile file = SaeFile.read(path, SaeOptions.AS_STORED);
        AtomicBoolean done = new AtomicBoolean();
        Thread writer = new Thread(() -> {
            try (RandomAccessFile access = new RandomAccessFile(path.toFile(), "rw")) {
                while (!done.get()) {
                    access.setLength(whole / 3);
                    access.setLength(whole);
                }
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        writer.start();
        int refused = 0;
        try {
            for (int i = 0; i < 300; i++) {
                try {
                    file.readWeights(new Cancellation()).free();
                } catch (CheckpointException cutShort) {
                    refused++;
                    assertThat(cutShort.getMessage()).startsWith(path.toString());
                }
            }
        } finally {
            done.set(true);
            writer.join();
        }
        assertThat(refused).as("reads that met the file cut short").isPositive();
        assertThat(file.readWeights(new Cancellation()).bytes()).isPositive();
    }

    @Test
    void aTokenBeyondTheLookupIsNamedWithItsSize() {
        SaeConfig config =
                SaeConfig.of("test", 2, 3, new Activation.Relu(), false).withLookup(true);
        HostWeights weights = new HostWeights()
                .matrix(Part.ENCODER, new float[6], 2, 3, false)
                .matrix(Part.DECODER, new float[6], 3, 2, true)
                .vector(Part.DECODER_BIAS, new float[2])
                .matrix(Part.LOOKUP, new float[14], 7, 2, false);
        try (NDManager manager = NDManager.newBaseManager();
                SparseAutoencoder sae = SparseAutoencoder.upload(manager, config, weights)) {
            NDArray x = manager.zeros(new Shape(2, 2));
            assertThatThrownBy(() -> sae.reconstruct(x, manager.create(new long[] {6, 7})))
                    .isInstanceOf(Refusal.class)
                    .hasMessageContaining("The lookup has 7 rows, and the text has token 7");
            assertThatThrownBy(() -> sae.reconstruct(x, null)).hasMessageContaining("no token ids for 2 vectors");
        }
    }

    /** The window shows such a refusal as it is; anything else it would call a fault of its own. */
    @Test
    void aTokenBeyondTheLookupOfAFileIsARefusalOfThatFile() {
        Path path = folder.resolve("gpt2_resid_pre_8_t8.pt");
        new TorchWriter()
                .add("W_enc", new HostTensor(new float[6], 3, 2))
                .add("b_enc", new HostTensor(new float[3], 3))
                .add("W_dec", new HostTensor(new float[6], 2, 3))
                .add("b_dec", new HostTensor(new float[2], 2))
                .add("lookup.W_lookup.weight", new HostTensor(new float[14], 7, 2))
                .write(path);
        SaeFile file = SaeFile.read(
                path, SaeOptions.builder().activation(Optional.of("relu")).build());
        try (NDManager manager = NDManager.newBaseManager();
                SparseAutoencoder sae =
                        SparseAutoencoder.upload(manager, file.config(), file.readWeights(new Cancellation()))) {
            assertThat(sae.reconstruct(manager.zeros(new Shape(2, 2)), manager.create(new long[] {0, 6}))
                            .xHat()
                            .toFloatArray())
                    .containsExactly(0, 0, 0, 0);
            assertThatThrownBy(() -> sae.reconstruct(manager.zeros(new Shape(2, 2)), manager.create(new long[] {6, 7})))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage(path
                            + ": its lookup has 7 rows, and the text has token 7; expected a row for every token of "
                            + "the tokenizer. "
                            + "Use it with the model it was trained on.");
        }
    }

    private static Path write(Path path, int features) {
        new TorchWriter()
                .add("bias", new HostTensor(new float[D], D))
                .add("encoder.weight", new HostTensor(new float[features * D], features, D))
                .add("encoder.bias", new HostTensor(new float[features], features))
                .add("decoder.weight", new HostTensor(new float[D * features], D, features))
                .write(path);
        return path;
    }

    private static void cut(Path path, long length) throws IOException {
        try (RandomAccessFile access = new RandomAccessFile(path.toFile(), "rw")) {
            access.setLength(length);
        }
    }
}
