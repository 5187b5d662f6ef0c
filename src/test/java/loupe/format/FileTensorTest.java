package loupe.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import loupe.tensor.DType;
import loupe.tensor.HostTensor;
import loupe.tensor.StoredTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FileTensorTest {
    @TempDir
    private Path folder;

    private PositionalFile file(byte[] bytes) throws IOException {
        return PositionalFile.open(Files.write(folder.resolve("raw"), bytes));
    }

    private static StoredTensor tensor(
            PositionalFile file, DType dtype, List<Long> shape, long[] strides, long start, ByteOrder order) {
        return new FileTensor(file, "T", new FileTensor.Layout(dtype, shape, strides, start, order), () -> {});
    }

    /** The value of an IEEE half by its definition, in double arithmetic. */
    private static float halfByDefinition(int bits) {
        int exponent = bits >> 10 & 31;
        int mantissa = bits & 1023;
        double magnitude = exponent == 31
                ? mantissa == 0 ? Double.POSITIVE_INFINITY : Double.NaN
                : exponent == 0 ? mantissa * 0x1p-24 : (1024 + mantissa) * Math.pow(2, exponent - 25);
        return (float) ((bits & 0x8000) == 0 ? magnitude : -magnitude);
    }

    @Test
    void everyHalfPrecisionNumberIsWidenedExactly() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(2 * 65536).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 65536; i++) {
            bytes.putShort((short) i);
        }
        try (PositionalFile file = file(bytes.array())) {
            float[] f16 = tensor(file, DType.F16, List.of(65536L), new long[] {1}, 0, ByteOrder.LITTLE_ENDIAN)
                    .toHost()
                    .data();
            float[] bf16 = tensor(file, DType.BF16, List.of(65536L), new long[] {1}, 0, ByteOrder.LITTLE_ENDIAN)
                    .toHost()
                    .data();
            for (int i = 0; i < 65536; i++) {
                if (Float.floatToIntBits(f16[i]) != Float.floatToIntBits(halfByDefinition(i))
                        || Float.floatToRawIntBits(bf16[i]) != i << 16) {
                    fail("bits %04x: as half %s, as bfloat16 %s", i, f16[i], bf16[i]);
                }
            }
        }
    }

    @Test
    void everyHalfPrecisionNumberSurvivesBeingWrittenAgain() {
        for (int i = 0; i < 65536; i++) {
            if (!Float.isNaN(halfByDefinition(i)) && Elements.toF16(halfByDefinition(i)) != (short) i) {
                fail("bits %04x come back as %04x", i, Elements.toF16(halfByDefinition(i)) & 0xFFFF);
            }
            float brain = Float.intBitsToFloat(i << 16);
            if (!Float.isNaN(brain) && Elements.toBf16(brain) != (short) i) {
                fail("bfloat16 bits %04x come back as %04x", i, Elements.toBf16(brain) & 0xFFFF);
            }
        }
        assertThat(Elements.f16(Elements.toF16(Float.NaN))).isNaN();
        assertThat(Float.intBitsToFloat(Elements.toBf16(Float.intBitsToFloat(0x7F800001)) << 16))
                .isNaN();
    }

    /**
     * Halfway between two neighbours and one step to either side, for all neighbours; a tie goes to the even one, whose
     * last bit is 0.
     */
    @Test
    void numbersBetweenTwoHalvesAreRoundedToTheNearest() {
        for (int bits = 0; bits < 0x7BFF; bits++) {
            float middle = (halfByDefinition(bits) + halfByDefinition(bits + 1)) / 2;
            assertThat(Elements.toF16(Math.nextDown(middle))).isEqualTo((short) bits);
            assertThat(Elements.toF16(Math.nextUp(middle))).isEqualTo((short) (bits + 1));
            assertThat(Elements.toF16(middle)).isEqualTo((short) (bits + (bits & 1)));
            assertThat(Elements.toF16(-middle)).isEqualTo((short) (0x8000 | bits + (bits & 1)));
        }
        assertThat(Elements.toF16(65519)).isEqualTo((short) 0x7BFF);
        assertThat(Elements.toF16(65520)).isEqualTo((short) 0x7C00);
        assertThat(Elements.toBf16(1 + 0x1p-8f)).isEqualTo((short) 0x3F80);
        assertThat(Elements.toBf16(1 + 0x3p-8f)).isEqualTo((short) 0x3F82);
        assertThat(Elements.toBf16(Math.nextUp(1 + 0x1p-8f))).isEqualTo((short) 0x3F81);
    }

    @Test
    void onlyATransposedMatrixCanBeReadTheOtherWayRound() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 6; i++) {
            bytes.putFloat(i);
        }
        try (PositionalFile file = file(bytes.array())) {
            StoredTensor columns =
                    tensor(file, DType.F32, List.of(2L, 3L), new long[] {1, 2}, 0, ByteOrder.LITTLE_ENDIAN);
            assertThat(columns.toHost().data()).containsExactly(0, 2, 4, 1, 3, 5);
            StoredTensor turned = columns.turned().orElseThrow();
            assertThat(turned.shape()).containsExactly(3L, 2L);
            assertThat(turned.toHost().data()).containsExactly(0, 1, 2, 3, 4, 5);
            assertThat(tensor(file, DType.F32, List.of(2L, 3L), new long[] {3, 1}, 0, ByteOrder.LITTLE_ENDIAN)
                            .turned())
                    .isEmpty();
            assertThat(tensor(file, DType.F32, List.of(2L, 2L), new long[] {1, 3}, 0, ByteOrder.LITTLE_ENDIAN)
                            .turned())
                    .isEmpty();
            assertThat(tensor(file, DType.F32, List.of(6L), new long[] {0}, 0, ByteOrder.LITTLE_ENDIAN)
                            .turned())
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyTypeIsConvertedInBothByteOrders(boolean big) throws IOException {
        ByteOrder order = big ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        ByteBuffer bytes = ByteBuffer.allocate(64).order(order);
        bytes.putDouble(0, 0.1)
                .putLong(8, -5_000_000_000L)
                .putFloat(16, 1.25f)
                .putInt(20, -70_000)
                .putShort(24, (short) -300)
                .put(26, (byte) -2)
                .put(27, (byte) 2);
        try (PositionalFile file = file(bytes.array())) {
            assertThat(one(file, DType.F64, 0, order)).isEqualTo(0.1f);
            assertThat(one(file, DType.I64, 8, order)).isEqualTo(-5_000_000_000f);
            assertThat(one(file, DType.F32, 16, order)).isEqualTo(1.25f);
            assertThat(one(file, DType.I32, 20, order)).isEqualTo(-70_000f);
            assertThat(one(file, DType.I16, 24, order)).isEqualTo(-300f);
            assertThat(one(file, DType.I8, 26, order)).isEqualTo(-2f);
            assertThat(one(file, DType.U8, 26, order)).isEqualTo(254f);
            assertThat(one(file, DType.BOOL, 27, order)).isEqualTo(1f);
            assertThat(scalar(file, DType.I64, 8, order).readIntegers(0, 1)).containsExactly(-5_000_000_000L);
            assertThat(scalar(file, DType.U8, 26, order).readIntegers(0, 1)).containsExactly(254);
            assertThat(scalar(file, DType.BOOL, 27, order).readIntegers(0, 1)).containsExactly(1);
        }
    }

    private static StoredTensor scalar(PositionalFile file, DType dtype, long start, ByteOrder order) {
        return tensor(file, dtype, List.of(), new long[0], start, order);
    }

    private static float one(PositionalFile file, DType dtype, long start, ByteOrder order) {
        return scalar(file, dtype, start, order).toHost().data()[0];
    }

    /** 300 random views, read in random ranges, against the definition of strides. Seed 7. */
    @Test
    void stridedViewsAreReadAsTheirStridesSay() throws IOException {
        Random random = new Random(7);
        byte[] bytes = new byte[40_000];
        random.nextBytes(bytes);
        try (PositionalFile file = file(bytes)) {
            for (int round = 0; round < 300; round++) {
                int rank = random.nextInt(5);
                List<Long> shape = new ArrayList<>();
                long[] strides = new long[rank];
                for (int axis = 0; axis < rank; axis++) {
                    shape.add((long) (random.nextInt(4) == 0 ? 1 : 1 + random.nextInt(7)));
                    strides[axis] = random.nextInt(5) == 0 ? 0 : random.nextInt(30) * (random.nextInt(3) == 0 ? 20 : 1);
                }
                StoredTensor tensor =
                        tensor(file, DType.I16, shape, strides, 2 * random.nextInt(50), ByteOrder.LITTLE_ENDIAN);
                long start = ((FileTensor) tensor).layout().start();
                int elements = (int) tensor.elements();
                int first = random.nextInt(elements);
                int count = 1 + random.nextInt(elements - first);
                long[] expected = new long[count];
                for (int i = 0; i < count; i++) {
                    long rest = first + i;
                    long at = start;
                    for (int axis = rank - 1; axis >= 0; axis--) {
                        at += 2 * strides[axis] * (rest % shape.get(axis));
                        rest /= shape.get(axis);
                    }
                    expected[i] = (short) (bytes[(int) at] & 0xFF | bytes[(int) at + 1] << 8);
                }
                assertThat(tensor.readIntegers(first, count))
                        .as("round %d: shape %s", round, shape)
                        .isEqualTo(expected);
            }
        }
    }

    /** A view of more elements than one chunk holds: 5,000 by 1,700 transposed. */
    @Test
    void aLargeTransposedMatrixIsReadAcrossChunks() throws IOException {
        int rows = 5000;
        int columns = 1700;
        ByteBuffer bytes = ByteBuffer.allocate(4 * rows * columns).order(ByteOrder.nativeOrder());
        for (int i = 0; i < rows * columns; i++) {
            bytes.putFloat(4 * i, i);
        }
        try (PositionalFile file = file(bytes.array())) {
            float[] data = tensor(
                            file,
                            DType.F32,
                            List.of((long) rows, (long) columns),
                            new long[] {1, rows},
                            0,
                            ByteOrder.nativeOrder())
                    .toHost()
                    .data();
            for (int i = 0; i < rows * columns; i++) {
                if (data[i] != (float) (i / columns + i % columns * rows)) {
                    fail("element %d is %s", i, data[i]);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "F16", "BF16", "U8"})
    void rangesGoBetweenPositionAndLimitOfAnyBuffer(DType dtype) throws IOException {
        byte[] bytes = new byte[4 * 1000];
        new Random(3).nextBytes(bytes);
        try (PositionalFile file = file(bytes)) {
            StoredTensor tensor = tensor(file, dtype, List.of(900L), new long[] {1}, 16, ByteOrder.LITTLE_ENDIAN);
            float[] all = tensor.toHost().data();
            for (ByteBuffer buffer : List.of(
                    ByteBuffer.allocate(100),
                    ByteBuffer.allocateDirect(100),
                    ByteBuffer.allocateDirect(100).order(ByteOrder.LITTLE_ENDIAN))) {
                buffer.position(8).limit(88);
                tensor.readFloats(123, buffer);
                assertThat(buffer.position()).isEqualTo(88);
                ByteBuffer read = buffer.duplicate().clear().order(ByteOrder.nativeOrder());
                for (int i = 0; i < 20; i++) {
                    assertThat(Float.floatToRawIntBits(read.getFloat(8 + 4 * i)))
                            .isEqualTo(Float.floatToRawIntBits(all[123 + i]));
                }
                assertThat(read.getLong(0)).isZero();
                assertThat(read.getLong(90)).isZero();
            }
        }
    }

    @Test
    void rangesOutsideTheTensorAreArgumentsErrors() throws IOException {
        try (PositionalFile file = file(new byte[64])) {
            StoredTensor tensor = tensor(file, DType.F32, List.of(10L), new long[] {1}, 0, ByteOrder.LITTLE_ENDIAN);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> tensor.readFloats(8, ByteBuffer.allocate(12)))
                    .withMessageContaining("8 to 11")
                    .withMessageContaining("10");
            assertThatIllegalArgumentException().isThrownBy(() -> tensor.readFloats(-1, ByteBuffer.allocate(4)));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> tensor.readFloats(Long.MAX_VALUE, ByteBuffer.allocate(4)));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> tensor.readFloats(0, ByteBuffer.allocate(6)))
                    .withMessageContaining("multiple of 4");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> tensor.readIntegers(0, 1))
                    .withMessageContaining("F32");
        }
    }

    @Test
    void aClosedArchiveSaysSo() throws IOException {
        Path path = folder.resolve("x.safetensors");
        new SafetensorsWriter().add("x", new HostTensor(new float[] {1}, 1)).write(path);
        TensorArchive archive = TensorArchives.open(path);
        StoredTensor tensor = archive.tensor("x");
        archive.close();
        assertThatIllegalStateException().isThrownBy(tensor::toHost).withMessageContaining("closed");
    }

    /** 5.2 GB in a sparse file, which takes no room on disk. */
    @Test
    void aTensorBeyondTwoToThe31BytesIsReadAtItsFarEnd() throws IOException {
        long rows = 40_000;
        long columns = 32_768;
        long bytes = 4 * rows * columns;
        Path path = folder.resolve("large.safetensors");
        byte[] header = ("{\"W\":{\"dtype\":\"F32\",\"shape\":[" + rows + "," + columns + "],\"data_offsets\":[0,"
                        + bytes + "]}}")
                .getBytes(StandardCharsets.UTF_8);
        try (FileChannel channel = FileChannel.open(
                path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
            channel.write(
                    ByteBuffer.allocate(8 + header.length)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putLong(header.length)
                            .put(header)
                            .flip(),
                    0);
            channel.write(
                    ByteBuffer.allocate(8)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putFloat(1.5f)
                            .putFloat(-2.5f)
                            .flip(),
                    8 + header.length + bytes - 8);
        }
        try (TensorArchive archive = TensorArchives.open(path)) {
            StoredTensor tensor = archive.tensor("W");
            assertThat(tensor.bytes()).isEqualTo(bytes);
            ByteBuffer end = ByteBuffer.allocateDirect(12).order(ByteOrder.nativeOrder());
            tensor.readFloats(rows * columns - 3, end);
            assertThat(new float[] {end.getFloat(0), end.getFloat(4), end.getFloat(8)})
                    .containsExactly(0, 1.5f, -2.5f);
        }
    }

    @Test
    void statisticsLeaveOutWhatIsNotFinite() throws IOException {
        Path path = folder.resolve("x.safetensors");
        new SafetensorsWriter()
                .add("x", new HostTensor(new float[] {3, Float.NaN, 0, -4, Float.POSITIVE_INFINITY, 0}, 6))
                .add("none", new HostTensor(new float[] {Float.NaN}, 1))
                .write(path);
        try (TensorArchive archive = TensorArchives.open(path)) {
            assertThat(TensorStatistics.of(archive.tensor("x")))
                    .isEqualTo(new TensorStatistics(6, 2, 2, -4, 3, -0.25, 2.5));
            assertThat(TensorStatistics.of(archive.tensor("none")))
                    .isEqualTo(new TensorStatistics(1, 1, 0, Double.NaN, Double.NaN, Double.NaN, Double.NaN));
        }
    }
}
