package loupe.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.function.UnaryOperator;
import loupe.base.CheckpointException;
import loupe.tensor.HostTensor;
import loupe.tensor.StoredTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of every kind with random damage: each is either read or refused with a message, and nothing else happens. */
class MutationFuzzTest {
    /** For each kind of file; more are worth a run after the readers have changed. */
    private static final int ROUNDS = Integer.getInteger("loupe.fuzz.rounds", 1500);

    /** What is worth reading of a tensor whose size a mutation has blown up. */
    private static final long MAX_READ_ELEMENTS = 100_000;

    private static final byte[] PICKLE = PickleBytes.protocol(2)
            .global("collections", "OrderedDict")
            .op(')', 'R', 'q', 0, '(')
            .text("encoder.weight")
            .tensor("FloatStorage", "0", 16, 0, new long[] {4, 4}, new long[] {1, 4})
            .text("k")
            .op('K', 4)
            .text("cfg")
            .op('}')
            .text("lr")
            .op('G')
            .ascii("12345678")
            .op('s')
            .text("names")
            .op(']', '(')
            .text("a")
            .text("b")
            .op('e', 'u', '}')
            .text("_metadata")
            .op('h', 0, 's', 'b')
            .stop();
    private static final int[] OPCODES = (".()012FIJKLMNPQRSTUVXabcdeghijlopqrstu}]G"
                    + "\u0080\u0081\u0085\u0086\u0087\u0088\u0089\u008A\u008B\u0093\u0094")
            .chars()
            .toArray();

    @TempDir
    private Path folder;

    /**
     * Opens {@code ROUNDS} damaged files; both outcomes must occur, or the damage was of no use. The damage of a round
     * follows from the seed, whatever the machine.
     */
    private void fuzz(String name, long seed, byte[] good, UnaryOperator<byte[]> wrap) throws IOException {
        Random random = new Random(seed);
        Path file = folder.resolve(name);
        int read = 0;
        int refused = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bad = wrap.apply(mutate(good, random));
            Files.write(file, bad);
            try {
                if (name.endsWith("config.json")) {
                    JsonFiles.read(file);
                } else {
                    readSome(file);
                }
                read++;
            } catch (CheckpointException e) {
                refused++;
                assertThat(e.getMessage())
                        .as("round %d of %s, seed %d", round, name, seed)
                        .startsWith(folder.toString());
            } catch (RuntimeException | Error e) {
                throw new AssertionError("round " + round + " of " + name + ", seed " + seed, e);
            }
        }
        assertThat(read).as("files still read").isPositive();
        assertThat(refused).as("files refused").isPositive();
    }

    private static void readSome(Path file) {
        try (TensorArchive archive = TensorArchives.open(file)) {
            for (String name : archive.names()) {
                StoredTensor tensor = archive.tensor(name);
                int count = (int) Math.min(tensor.elements(), MAX_READ_ELEMENTS);
                tensor.readFloats(0, ByteBuffer.allocate(4 * count));
            }
        }
    }

    private static byte[] mutate(byte[] good, Random random) {
        byte[] bad = good.clone();
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(bad.length);
            switch (random.nextInt(8)) {
                case 0 -> bad[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bad[at] = (byte) random.nextInt(256);
                case 2 -> bad[at] = (byte) (random.nextBoolean() ? 0xFF : 0x7F);
                case 3 -> bad[at] = 0;
                case 4 -> bad = Arrays.copyOf(bad, Math.max(1, at));
                case 5 ->
                    bad = splice(
                            bad, at, Arrays.copyOfRange(bad, at, Math.min(bad.length, at + 1 + random.nextInt(20))));
                case 6 -> bad = splice(bad, at, new byte[] {(byte) OPCODES[random.nextInt(OPCODES.length)]});
                default -> bad[at] = (byte) OPCODES[random.nextInt(OPCODES.length)];
            }
        }
        return bad;
    }

    private static byte[] splice(byte[] bytes, int at, byte[] more) {
        return ByteBuffer.allocate(bytes.length + more.length)
                .put(bytes, 0, at)
                .put(more)
                .put(bytes, at, bytes.length - at)
                .array();
    }

    @Test
    void safetensors() throws IOException {
        Path good = folder.resolve("good");
        new SafetensorsWriter()
                .add("W_enc", new HostTensor(new float[12], 3, 4))
                .add("k", new long[] {3})
                .metadata("format", "pt")
                .write(good);
        fuzz("x.safetensors", 11, Files.readAllBytes(good), bytes -> bytes);
    }

    @Test
    void torchZips() throws IOException {
        fuzz("x.pt", 12, RawZip.torch(PICKLE).bytes(), bytes -> bytes);
    }

    @Test
    void picklesInGoodZips() throws IOException {
        fuzz("y.pt", 13, PICKLE, pickle -> RawZip.torch(pickle).bytes());
    }

    @Test
    void legacyTorchFiles() throws IOException {
        byte[] head = new PickleBytes()
                .op(0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, '.')
                .op(0x80, 2, 'M', 0xE9, 3, '.')
                .op(0x80, 2, '}')
                .text("little_endian")
                .op(0x88, 's', '.')
                .bytes();
        byte[] keys = PickleBytes.protocol(2).op(']').text("0").op('a').stop();
        byte[] storage = ByteBuffer.allocate(8 + 64)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(16)
                .put(RawZip.counting(64))
                .array();
        byte[] good = ByteBuffer.allocate(head.length + PICKLE.length + keys.length + storage.length)
                .put(head)
                .put(PICKLE)
                .put(keys)
                .put(storage)
                .array();
        Path file = Files.write(folder.resolve("good.bin"), good);
        try (TensorArchive archive = TensorArchives.open(file)) {
            assertThat(archive.container()).isEqualTo(Container.TORCH_LEGACY);
            assertThat(archive.tensor("encoder.weight").shape()).containsExactly(4L, 4L);
            assertThat(archive.warnings()).isEmpty();
        }
        fuzz("z.bin", 14, good, bytes -> bytes);
    }

    @Test
    void npz() throws IOException {
        byte[] npy = ("\u0093NUMPY\1\0\u0076\0" + "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }"
                        + " ".repeat(59) + "\n" + "\0\0\u0080?".repeat(6))
                .getBytes(StandardCharsets.ISO_8859_1);
        fuzz(
                "a.npz",
                15,
                new RawZip()
                        .add("W.npy", npy)
                        .add(new RawZip.Entry("b.npy", npy).deflated())
                        .bytes(),
                bytes -> bytes);
        fuzz(
                "b.npz",
                16,
                npy,
                content -> new RawZip()
                        .add("W.npy", content)
                        .add(new RawZip.Entry("b.npy", content).deflated())
                        .bytes());
    }

    @Test
    void indexesAndConfigurations() throws IOException {
        new SafetensorsWriter()
                .add("a", new HostTensor(new float[] {1}, 1))
                .write(folder.resolve("model-1.safetensors"));
        byte[] index = "{\"metadata\":{\"total_size\":4},\"weight_map\":{\"a\":\"model-1.safetensors\"}}"
                .getBytes(StandardCharsets.UTF_8);
        fuzz("model.safetensors.index.json", 17, index, bytes -> bytes);
        fuzz(
                "config.json",
                18,
                "{\"trainer\":{\"dict_class\":\"AutoEncoderTopK\",\"k\":32,\"lr\":5e-5,\"x\":[1,null,true]}}"
                        .getBytes(StandardCharsets.UTF_8),
                bytes -> bytes);
    }
}
