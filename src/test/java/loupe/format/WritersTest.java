package loupe.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import loupe.Golden;
import loupe.base.CheckpointException;
import loupe.tensor.DType;
import loupe.tensor.HostTensor;
import loupe.tensor.StoredTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WritersTest {
    private static final HostTensor MATRIX =
            new HostTensor(new float[] {1, -0f, Float.NaN, 3.5f, Float.NEGATIVE_INFINITY, 1e-42f}, 2, 3);
    private static final long[] INTEGERS = {Long.MIN_VALUE, -1, 0, Long.MAX_VALUE};

    @TempDir
    private Path folder;

    @Test
    void safetensorsComeBackBitForBit() {
        Path file = folder.resolve("new/out.safetensors");
        new SafetensorsWriter()
                .add("matrix", MATRIX)
                .add("ids", INTEGERS, 2, 2)
                .add("scalar", new HostTensor(new float[] {7}))
                .add("none", new HostTensor(new float[0], 0, 5))
                .metadata("made by", "a \"test\"")
                .write(file);
        try (TensorArchive archive = TensorArchives.open(file)) {
            assertThat(archive.container()).isEqualTo(Container.SAFETENSORS);
            assertThat(archive.tensor("matrix").toHost()).isEqualTo(MATRIX);
            assertThat(archive.tensor("ids").dtype()).isEqualTo(DType.I64);
            assertThat(archive.tensor("ids").readIntegers(0, 4)).isEqualTo(INTEGERS);
            assertThat(archive.tensor("scalar").shape()).isEmpty();
            assertThat(archive.tensor("scalar").toHost().data()).containsExactly(7);
            assertThat(archive.tensor("none").toHost().shape()).containsExactly(0, 5);
            assertThat(archive.values()).isEqualTo(Map.of("made by", "a \"test\""));
        }
    }

    @Test
    void tensorsLargerThanAChunkAreStreamed() {
        Path file = folder.resolve("large.safetensors");
        int elements = 700_001;
        FloatSource counting = (first, out) -> {
            for (long i = first; out.hasRemaining(); i++) {
                out.putFloat(i);
            }
        };
        new SafetensorsWriter().add("count", List.of((long) elements), counting).write(file);
        Path copy = folder.resolve("copy.pt");
        try (TensorArchive archive = TensorArchives.open(file)) {
            new TorchWriter().add("count", archive.tensor("count")).write(copy);
        }
        try (TensorArchive archive = TensorArchives.open(copy)) {
            float[] read = archive.tensor("count").toHost().data();
            for (int i = 0; i < elements; i++) {
                assertThat(read[i]).isEqualTo(i);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F16", "BF16"})
    void halfPrecisionTensorsAreReadInTheirType(DType dtype) {
        FloatSource values = (first, out) -> out.putFloat(1.5f).putFloat(-0.25f).putFloat(3);
        Path torch = folder.resolve("halves.pt");
        Path safetensors = folder.resolve("halves.safetensors");
        new TorchWriter().add("h", dtype, List.of(3L), values).add("f", MATRIX).write(torch);
        new SafetensorsWriter()
                .add("h", dtype, List.of(3L), values)
                .add("f", MATRIX)
                .write(safetensors);
        for (Path file : List.of(torch, safetensors)) {
            try (TensorArchive archive = TensorArchives.open(file)) {
                assertThat(archive.tensor("h").dtype()).isEqualTo(dtype);
                assertThat(archive.tensor("h").toHost().data()).containsExactly(1.5f, -0.25f, 3);
                assertThat(archive.tensor("f").toHost()).isEqualTo(MATRIX);
            }
        }
        assertThatThrownBy(() -> new TorchWriter().add("h", DType.I16, List.of(3L), values))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("dtype is I16");
    }

    @Test
    void aStateDictComesBackBitForBit() {
        Path file = folder.resolve("ae.pt");
        new TorchWriter()
                .add("encoder.weight", MATRIX)
                .add("k", new long[] {32})
                .add("threshold", new HostTensor(new float[] {-1}))
                .add("deep", new HostTensor(new float[16], 2, 2, 2, 2))
                .write(file);
        try (TensorArchive archive = TensorArchives.open(file)) {
            assertThat(archive.container()).isEqualTo(Container.TORCH_ZIP);
            assertThat(archive.names()).containsExactly("encoder.weight", "k", "threshold", "deep");
            assertThat(archive.tensor("encoder.weight").toHost()).isEqualTo(MATRIX);
            assertThat(archive.tensor("k").readIntegers(0, 1)).containsExactly(32);
            assertThat(archive.tensor("k").shape()).isEmpty();
            assertThat(archive.tensor("deep").shape()).containsExactly(2L, 2L, 2L, 2L);
            assertThat(archive.warnings()).isEmpty();
        }
    }

    @Test
    void payloadsAreAlignedTo64Bytes() {
        Path file = folder.resolve("ae.pt");
        new TorchWriter().add("a", MATRIX).add("b", MATRIX).write(file);
        try (PositionalFile opened = PositionalFile.open(file)) {
            assertThat(ZipDirectory.read(opened).values()).hasSize(4).allMatch(entry -> entry.data() % 64 == 0);
        }
    }

    @Test
    void moreThan256MemoEntriesAreWrittenInTheLongForm() {
        Path file = folder.resolve("many.pt");
        TorchWriter writer = new TorchWriter();
        for (int i = 0; i < 200; i++) {
            writer.add("tensor" + i, new HostTensor(new float[] {i}, 1));
        }
        writer.write(file);
        try (TensorArchive archive = TensorArchives.open(file)) {
            assertThat(archive.names()).hasSize(200);
            assertThat(archive.tensor("tensor199").toHost().data()).containsExactly(199);
        }
    }

    /**
     * W_enc is a transposed view in the reference; but for its strides our bytes are torch's own, up to the module's
     * metadata.
     */
    @Test
    void thePickleIsTheOneTorchWrites() throws IOException {
        Path golden = Golden.folder("tok_topk").resolve("sae.pt");
        Path ours = folder.resolve("sae.pt");
        try (TensorArchive archive = TensorArchives.open(golden)) {
            TorchWriter writer = new TorchWriter();
            archive.names().forEach(name -> writer.add(name, archive.tensor(name)));
            writer.write(ours);
        }
        byte[] expected = pickle(golden);
        byte[] actual = pickle(ours);
        replace(expected, new byte[] {'K', 1, 'K', (byte) 144, (byte) 0x86}, new byte[] {'K', 48, 'K', 1, (byte) 0x86});
        int metadata = actual.length - 1;
        assertThat(HexFormat.of().formatHex(actual, 0, metadata))
                .isEqualTo(HexFormat.of().formatHex(expected, 0, metadata));
        assertThat(actual[metadata]).isEqualTo((byte) '.');
        assertThat(expected[metadata]).isEqualTo((byte) '}');
    }

    private static void replace(byte[] in, byte[] from, byte[] to) {
        for (int i = 0; i + from.length <= in.length; i++) {
            if (Arrays.equals(in, i, i + from.length, from, 0, from.length)) {
                System.arraycopy(to, 0, in, i, to.length);
            }
        }
    }

    private static byte[] pickle(Path file) throws IOException {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            ZipEntry entry = zip.stream()
                    .filter(e -> e.getName().endsWith("data.pkl"))
                    .findFirst()
                    .orElseThrow();
            return zip.getInputStream(entry).readAllBytes();
        }
    }

    @Test
    void aFailureLeavesTheOldFileAndNothingElse() throws IOException {
        Path file = folder.resolve("out.safetensors");
        Files.writeString(file, "old");
        FloatSource failing = (first, out) -> {
            throw new CheckpointException(file, "lost", "", "");
        };
        assertThatThrownBy(() ->
                        new SafetensorsWriter().add("x", List.of(4L), failing).write(file))
                .isInstanceOf(CheckpointException.class);
        assertThat(Files.readString(file)).isEqualTo("old");
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void aFolderInTheWayIsRefusedWithItsName() throws IOException {
        Path file = folder.resolve("blocked");
        Files.createDirectories(file.resolve("inside"));
        assertThatThrownBy(() -> JsonFiles.write(file, Map.of("a", 1)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("cannot be written");
    }

    @Test
    void jsonWritesWhatIsNotANumberAsNull() {
        assertThat(JsonFiles.text(Map.of("x", new double[] {1.5, Double.NaN})))
                .isEqualToIgnoringWhitespace("{\"x\": [1.5, null]}");
        assertThat(JsonFiles.text(new float[] {Float.POSITIVE_INFINITY, 2})).isEqualToIgnoringWhitespace("[null, 2.0]");
        assertThat(JsonFiles.text(List.of(Double.NaN, Float.NaN))).isEqualToIgnoringWhitespace("[null, null]");
    }

    @Test
    void jsonComesBack() {
        Path file = folder.resolve("config.json");
        JsonFiles.write(file, Map.of("trainer", Map.of("k", 32)));
        assertThat(JsonFiles.readObject(file).path("trainer").path("k").intValue())
                .isEqualTo(32);
    }

    @Test
    void equalTensorsGiveEqualFiles() throws IOException {
        for (String name : List.of("a", "b")) {
            new SafetensorsWriter()
                    .add("m", MATRIX)
                    .add("i", INTEGERS, 4)
                    .write(folder.resolve(name + "/x.safetensors"));
            new TorchWriter().add("m", MATRIX).write(folder.resolve(name + "/x.pt"));
        }
        for (String file : List.of("x.safetensors", "x.pt")) {
            assertThat(ByteBuffer.wrap(Files.readAllBytes(folder.resolve("a").resolve(file))))
                    .isEqualTo(ByteBuffer.wrap(
                            Files.readAllBytes(folder.resolve("b").resolve(file))));
        }
    }

    @Test
    void storedTensorsOfAnyTypeAreWrittenAsFloats() {
        Path ids = folder.resolve("ids.safetensors");
        new SafetensorsWriter().add("ids", new long[] {3, -4}, 2).write(ids);
        Path floats = folder.resolve("floats.safetensors");
        try (TensorArchive archive = TensorArchives.open(ids)) {
            StoredTensor tensor = archive.tensor("ids");
            new SafetensorsWriter().add("ids", tensor).write(floats);
        }
        try (TensorArchive archive = TensorArchives.open(floats)) {
            assertThat(archive.tensor("ids").dtype()).isEqualTo(DType.F32);
            assertThat(archive.tensor("ids").toHost().data()).containsExactly(3, -4);
        }
    }
}
