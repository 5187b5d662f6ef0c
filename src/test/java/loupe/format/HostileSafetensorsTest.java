package loupe.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The bad safetensors files of the format specification, I.6 rows 1 to 17. */
class HostileSafetensorsTest {
    private static final String GOOD = "{\"T\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}";

    @TempDir
    private Path folder;

    private Path file(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("model.safetensors"), bytes);
    }

    private Path file(long length, byte[] json, int dataBytes) throws IOException {
        return file(ByteBuffer.allocate(8 + json.length + dataBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(length)
                .put(json)
                .array());
    }

    private Path file(String json, int dataBytes) throws IOException {
        byte[] utf8 = json.getBytes(StandardCharsets.UTF_8);
        return file(utf8.length, utf8, dataBytes);
    }

    private static String tensor(String name, String dtype, String shape, String offsets) {
        return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets
                + "}";
    }

    private void refused(String json, int dataBytes, String... found) throws IOException {
        Refusal.ofFile(file(json, dataBytes), found);
    }

    @Test
    void theGoodFileThatTheBadOnesAreMadeFromOpens() throws IOException {
        Refusal.readAll(file(GOOD, 16));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7})
    void aFileTooShort(int bytes) throws IOException {
        Refusal.ofFile(file(new byte[bytes]), "too short to be safetensors", bytes + " bytes");
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 100_000_001, Long.MAX_VALUE})
    void anImpossibleHeaderLength(long length) throws IOException {
        Refusal.ofFile(
                file(length, GOOD.getBytes(StandardCharsets.UTF_8), 16),
                "impossible header length",
                "100000000",
                "100 MB",
                Long.toUnsignedString(length));
    }

    @Test
    void aHeaderLongerThanTheFile() throws IOException {
        Refusal.ofFile(file(10_000, GOOD.getBytes(StandardCharsets.UTF_8), 16), "truncated header", "10000");
    }

    @Test
    void aHeaderThatIsNotUtf8() throws IOException {
        byte[] json = GOOD.getBytes(StandardCharsets.ISO_8859_1);
        json[2] = (byte) 0xC3;
        Refusal.ofFile(file(json.length, json, 16), "invalid UTF-8 at byte 2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{\"T\":{\"dtype\":\"F32\",", "{\"T\"", "{", GOOD + "x", GOOD + "{}", GOOD + ",", "{\"T\":NaN}"})
    void aHeaderCutOffOrFollowedByJunk(String json) throws IOException {
        refused(json, 16, "header", "at line 1, column ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "\"text\"", "7", "null", "   "})
    void aHeaderThatIsNoObject(String json) throws IOException {
        refused(json, 0, "the header must be an object");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"a\":1}", "{\"a\":{}}", "{\"a\":null}", "[]", "\"pt\""})
    void metadataThatIsNotStrings(String metadata) throws IOException {
        refused("{\"__metadata__\":" + metadata + "}", 0, "__metadata__ must");
    }

    @ParameterizedTest
    @ValueSource(strings = {"F12", "F8_E4M3", "C64", "U64", "f32", ""})
    void anUnsupportedDtype(String dtype) throws IOException {
        refused("{" + tensor("T", dtype, "[4]", "[0,16]") + "}", 16, "unsupported dtype " + dtype, "tensor T");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[-1]",
                "[1.5]",
                "[18446744073709551616]",
                "[9223372036854775808]",
                "4",
                "null",
                "[\"4\"]",
                "[[4]]",
                "[1e2]",
                "{}"
            })
    void aBadShape(String shape) throws IOException {
        refused("{" + tensor("T", "F32", shape, "[0,16]") + "}", 16, "bad shape of tensor T");
    }

    @Test
    void aSizeThatOverflows() throws IOException {
        refused("{" + tensor("T", "F32", "[4294967296,4294967296]", "[0,16]") + "}", 16, "size overflow of tensor T");
        refused("{" + tensor("T", "F32", "[4294967296,4294967296,0]", "[0,0]") + "}", 0, "size overflow of tensor T");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[16,8]", "[-8,8]", "[0.0,16.0]", "[0]", "[0,8,16]", "16", "null"})
    void badOffsets(String offsets) throws IOException {
        refused("{" + tensor("T", "F32", "[4]", offsets) + "}", 16, "bad offsets of tensor T");
    }

    @Test
    void overlappingTensors() throws IOException {
        String ten = IntStream.range(0, 10)
                .mapToObj(i -> tensor("T" + i, "F32", "[4]", "[0,16]"))
                .collect(Collectors.joining(","));
        refused("{" + ten + "}", 16, "overlapping tensors T0 and T1");
        refused(
                "{" + tensor("A", "F32", "[4]", "[0,16]") + "," + tensor("B", "F32", "[4]", "[8,24]") + "}",
                24,
                "overlapping tensors A and B");
    }

    @Test
    void aHoleBetweenTensors() throws IOException {
        refused(
                "{" + tensor("A", "F32", "[4]", "[0,16]") + "," + tensor("B", "F32", "[4]", "[20,36]") + "}",
                36,
                "4 unused bytes between A and tensor B");
        refused("{" + tensor("A", "F32", "[4]", "[4,20]") + "}", 20, "4 unused bytes between the header and tensor A");
    }

    @Test
    void aSizeThatIsNotTheShape() throws IOException {
        refused("{" + tensor("T", "F32", "[4,8]", "[0,64]") + "}", 64, "tensor T: 64 bytes declared", "128 expected");
    }

    @Test
    void trailingBytes() throws IOException {
        refused(GOOD, 21, "5 extra bytes at the end");
        refused("{}", 3, "3 extra bytes at the end");
    }

    @Test
    void anInterruptedDownload() throws IOException {
        refused(GOOD, 11, "file truncated: have 11 of 16 bytes");
    }

    @Test
    void duplicateNames() throws IOException {
        refused(
                "{" + tensor("T", "F32", "[4]", "[0,16]") + "," + tensor("T", "F32", "[4]", "[16,32]") + "}",
                32,
                "duplicate name T at line 1");
        refused(
                "{\"T\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}",
                16,
                "duplicate name dtype");
        refused("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "duplicate name __metadata__");
    }

    @ParameterizedTest
    @CsvSource({"dtype", "shape", "data_offsets"})
    void aMissingKey(String key) throws IOException {
        refused(GOOD.replace("\"" + key + "\"", "\"other\""), 16, "tensor T", "other");
        String without = "{\"T\":{" + (key.equals("dtype") ? "" : "\"dtype\":\"F32\",")
                + (key.equals("shape") ? "" : "\"shape\":[4],")
                + (key.equals("data_offsets") ? "" : "\"data_offsets\":[0,16],");
        refused(without.substring(0, without.length() - 1) + "}}", 16, "tensor T lacks " + key);
    }

    @Test
    void deepNestingIsRefusedBeforeItHurts() throws IOException {
        refused("{\"T\":" + "[".repeat(1_000_000), 0, "tensor T");
        refused("{\"T\":{\"dtype\":" + "[".repeat(1_000_000), 0, "tensor T");
    }

    @Test
    void surroundingSpaceEmptyHeadersScalarsAndUnalignedDataAreFine() throws IOException {
        Refusal.readAll(file(" \n" + GOOD + "   \r\n\t", 16));
        Refusal.readAll(file("{}", 0));
        Path unaligned = file(
                "{" + tensor("a", "U8", "[3]", "[0,3]") + "," + tensor("b", "F32", "[]", "[3,7]") + ","
                        + tensor("c", "F64", "[0,7]", "[7,7]") + "}",
                7);
        try (TensorArchive archive = TensorArchives.open(unaligned)) {
            assertThat(archive.names()).containsExactly("a", "b", "c");
            assertThat(archive.tensor("b").toHost().data()).containsExactly(0);
            assertThat(archive.tensor("c").toHost().shape()).containsExactly(0, 7);
        }
    }

    @Test
    void aMissingTensorIsRefusedWithTheNamesThereAre() throws IOException {
        Path file = file(GOOD, 16);
        try (TensorArchive archive = TensorArchives.open(file)) {
            Refusal.of(file, () -> archive.tensor("W_dec"), "no tensor W_dec", "only T");
        }
    }
}
