package loupe.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Archives that two programs could read differently, and npz files with surprises: format specification I.6 rows 25 to
 * 29 and 34 to 36.
 */
class HostileZipTest {
    private static final byte[] PICKLE = PickleBytes.protocol(2)
            .op('}')
            .text("T")
            .tensor("FloatStorage", "0", 16, 0, new long[] {16}, new long[] {1})
            .op('s')
            .stop();

    @TempDir
    private Path folder;

    private void refused(RawZip zip, String... found) throws IOException {
        Refusal.ofFile(zip.write(folder.resolve("ae.pt")), found);
    }

    /** A torch archive whose storage entry has been bent. */
    private static RawZip bent(Consumer<RawZip.Entry> bend) {
        RawZip.Entry storage = new RawZip.Entry("archive/data/0", RawZip.counting(64));
        bend.accept(storage);
        return new RawZip().add("archive/data.pkl", PICKLE).add(storage).add("archive/version", "3\n");
    }

    @Test
    void theGoodArchiveThatTheBadOnesAreMadeFromOpens() throws IOException {
        Refusal.readAll(bent(entry -> {}).write(folder.resolve("ae.pt")));
        Refusal.readAll(bent(entry -> entry.descriptor = true).write(folder.resolve("ae.pt")));
    }

    @Test
    void aDeflatedStorage() throws IOException {
        refused(bent(RawZip.Entry::deflated), "archive/data/0", "compressed storage refused");
    }

    @Test
    void twoNamesForOneEntry() throws IOException {
        refused(
                bent(entry -> entry.localName = "archive/data/1"),
                "inconsistent zip entry",
                "archive/data/0",
                "archive/data/1");
    }

    @Test
    void ambiguousArchives() throws IOException {
        refused(RawZip.torch(PICKLE).add("archive/data.pkl", PICKLE), "ambiguous archive", "archive/data.pkl");
        refused(RawZip.torch(PICKLE).add("archive/data/0", RawZip.counting(64)), "ambiguous", "archive/data/0");
        refused(RawZip.torch(PICKLE).add("other/data.pkl", PICKLE), "ambiguous", "other/data.pkl");
        refused(RawZip.torch(PICKLE).add("archive/hidden.pkl", PICKLE), "ambiguous", "archive/hidden.pkl");
        refused(
                RawZip.torch(PICKLE).add("elsewhere/data/1", RawZip.counting(4)),
                "outside the folder",
                "elsewhere/data/1");
    }

    @ParameterizedTest
    @ValueSource(ints = {0x1, 0x40, 0x2000})
    void anEncryptedEntry(int flag) throws IOException {
        refused(
                bent(entry -> {
                    entry.centralFlags |= flag;
                    entry.localFlags |= flag;
                }),
                "encrypted entry",
                "archive/data/0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "archive/constants.pkl",
                "archive/code/__torch__.py",
                "archive/attributes.pkl",
                "archive/model.json"
            })
    void torchScript(String entry) throws IOException {
        refused(RawZip.torch(PICKLE).add(entry, "x"), "TorchScript", "export its state_dict");
    }

    @Test
    void sizesFlagsAndChecksumsThatDisagree() throws IOException {
        refused(bent(entry -> entry.localSize = 60), "inconsistent zip entry", "archive/data/0");
        refused(bent(entry -> entry.centralSize = 60), "archive/data/0");
        refused(bent(entry -> entry.centralPacked = 60), "archive/data/0");
        refused(bent(entry -> entry.localFlags = 0), "inconsistent zip entry", "archive/data/0");
        refused(bent(entry -> entry.crc ^= 1), "archive/data/0 has checksum", "damaged");
        refused(
                bent(entry -> {
                    entry.centralPacked = 1 << 30;
                    entry.centralSize = 1 << 30;
                    entry.localSize = 1 << 30;
                }),
                "archive/data/0",
                "reaches outside the file");
    }

    @Test
    void aDamagedPickleIsNeverRead() throws IOException {
        RawZip.Entry pickle = new RawZip.Entry("archive/data.pkl", PICKLE);
        pickle.crc ^= 1;
        refused(new RawZip().add(pickle).add("archive/data/0", RawZip.counting(64)), "archive/data.pkl has checksum");
    }

    @Test
    void overlapsHolesAndPolyglots() throws IOException {
        refused(bent(entry -> entry.offset = 0), "inconsistent zip entry");
        refused(new RawZip().junk(10).add("archive/data.pkl", PICKLE), "content is of no known kind");
        refused(RawZip.torch(PICKLE).junk(7), "last zip entry ends");
        refused(
                new RawZip().add("archive/data.pkl", PICKLE).junk(9).add("archive/data/0", RawZip.counting(64)),
                "9 extra bytes before zip entry archive/data/0");
        byte[] good = RawZip.torch(PICKLE).bytes();
        Path file = folder.resolve("ae.pt");
        Refusal.ofFile(
                Files.write(file, Arrays.copyOf(good, good.length + 5)), "5 extra bytes after the end of the zip");
        Refusal.ofFile(Files.write(file, Arrays.copyOf(good, good.length - 5)), "cut off");
        Refusal.ofFile(Files.write(file, Arrays.copyOf(good, 40)), "cut off");
    }

    @ParameterizedTest
    @ValueSource(strings = {"archive/../../x", "/archive/x", "archive\\x", "C:x", "archive/\0"})
    void unsafeNames(String name) throws IOException {
        refused(RawZip.torch(PICKLE).add(name, "x"), "unsafe name");
    }

    @Test
    void aNameThatIsNotUtf8() throws IOException {
        refused(RawZip.torch(PICKLE).add(new RawZip.Entry("archive/\u00FF\u00FE", new byte[0])), "not UTF-8");
    }

    @Test
    void aMissingStorageAndAZipOfSomethingElse() throws IOException {
        refused(new RawZip().add("archive/data.pkl", PICKLE), "storage 0", "not in the file");
        refused(new RawZip().add("readme.txt", "hello"), "neither a torch checkpoint nor an npz", "readme.txt");
    }

    @Test
    void anUnknownByteOrder() throws IOException {
        refused(RawZip.torch(PICKLE).add("archive/byteorder", "middle"), "byte order is \"middle\"");
    }

    @Test
    void bigEndianStoragesAreSwapped() throws IOException {
        Path file = RawZip.torch(PICKLE).add("archive/byteorder", "big").write(folder.resolve("ae.pt"));
        try (TensorArchive archive = TensorArchives.open(file)) {
            assertThat(archive.tensor("T").toHost().data()[1]).isEqualTo(Float.intBitsToFloat(0x04050607));
        }
    }

    @Test
    void anEntryThatNothingRefersToIsAWarning() throws IOException {
        Path file = RawZip.torch(PICKLE).add("archive/data/1", "spare").write(folder.resolve("ae.pt"));
        try (TensorArchive archive = TensorArchives.open(file)) {
            assertThat(archive.warnings()).singleElement().asString().contains("archive/data/1");
        }
    }

    private static byte[] npy(String header, int version, byte[] data) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
        byte[] text = (header + "\n").getBytes(StandardCharsets.ISO_8859_1);
        out.writeBytes(
                version == 1
                        ? new byte[] {(byte) text.length, (byte) (text.length >> 8)}
                        : new byte[] {
                            (byte) text.length,
                            (byte) (text.length >> 8),
                            (byte) (text.length >> 16),
                            (byte) (text.length >> 24)
                        });
        out.writeBytes(text);
        out.writeBytes(data);
        return out.toByteArray();
    }

    private static String header(String descr, String fortran, String shape) {
        return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
    }

    private void npzRefused(byte[] npy, String... found) throws IOException {
        Refusal.ofFile(new RawZip().add("W.npy", npy).write(folder.resolve("params.npz")), found);
        Refusal.ofFile(
                new RawZip().add(new RawZip.Entry("W.npy", npy).deflated()).write(folder.resolve("params.npz")), found);
    }

    @Test
    void objectArrays() throws IOException {
        npzRefused(
                npy(header("|O", "False", "(2,)"), 1, new byte[16]),
                "W.npy",
                "object arrays",
                "pickle",
                "nothing was run");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'descr': '<f4', 'fortran_order': False, 'shape': __import__('os').system('id')}",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (1.5,)}",
                "{'descr': '<f4', 'fortran_order': False}",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 'x'}",
                "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
                "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}",
                "[1]",
                "",
                "{",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} + 1",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}"
            })
    void headersThatAreNotTheDictionary(String header) throws IOException {
        npzRefused(npy(header, 1, new byte[8]), "malformed npy header", "W.npy");
    }

    @ParameterizedTest
    @ValueSource(strings = {"<c8", "<U4", "|S3", "<f16", "|V4", "<M8", "<u4", "x"})
    void unsupportedTypes(String descr) throws IOException {
        npzRefused(npy(header(descr, "False", "(2,)"), 1, new byte[8]), "W.npy", "unsupported type");
    }

    @Test
    void structuredTypesAndBfloat16() throws IOException {
        npzRefused(
                npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", 1, new byte[8]),
                "unsupported type");
        npzRefused(npy(header("|V2", "False", "(2,)"), 1, new byte[4]), "unsupported type |V2", "bfloat16");
    }

    @Test
    void dataOfAnotherLength() throws IOException {
        npzRefused(npy(header("<f4", "False", "(3,)"), 1, new byte[8]), "W.npy", "8 bytes of data, 12 expected");
        npzRefused(npy(header("<f4", "False", "(1,)"), 1, new byte[8]), "W.npy", "8 bytes of data, 4 expected");
        npzRefused(npy(header("<f4", "False", "(4294967296, 4294967296)"), 1, new byte[8]), "size overflow");
    }

    @Test
    void versionsMagicAndHeaderLengths() throws IOException {
        npzRefused(npy(header("<f4", "False", "(2,)"), 4, new byte[8]), "npy version 4");
        npzRefused("not an array".getBytes(StandardCharsets.UTF_8), "not an npy array");
        npzRefused(new byte[0], "not an npy array");
        byte[] npy = npy(header("<f4", "False", "(2,)"), 2, new byte[8]);
        npy[10] = 2;
        npzRefused(npy, "malformed npy header", "length");
    }

    @Test
    void aBombIsRefusedByWhatItDeclares() throws IOException {
        RawZip.Entry bomb =
                new RawZip.Entry("W.npy", npy(header("<f4", "False", "(500000000,)"), 1, new byte[1 << 20])).deflated();
        bomb.localSize = 2_000_000_080;
        bomb.centralSize = 2_000_000_080;
        Refusal.ofFile(
                new RawZip().add(bomb).write(folder.resolve("params.npz")),
                "W.npy",
                "2000000080 bytes",
                "exceeds the memory limit");
    }

    @Test
    void anEntryThatUnpacksToMoreOrLessThanItSays() throws IOException {
        for (int difference : new int[] {-4, 4}) {
            RawZip.Entry entry = new RawZip.Entry(
                            "W.npy", npy(header("<f4", "False", "(" + (2 + difference / 4) + ",)"), 1, new byte[8]))
                    .deflated();
            entry.localSize += difference;
            entry.centralSize += difference;
            Refusal.ofFile(
                    new RawZip().add(entry).write(folder.resolve("params.npz")),
                    "W.npy",
                    difference < 0 ? "goes on after" : "ends after");
        }
    }

    @Test
    void aDeflatedEntryWithAWrongChecksumOrBrokenStream() throws IOException {
        RawZip.Entry wrong = new RawZip.Entry("W.npy", npy(header("<f4", "False", "(2,)"), 1, new byte[8])).deflated();
        wrong.crc ^= 1;
        Refusal.ofFile(new RawZip().add(wrong).write(folder.resolve("params.npz")), "W.npy", "checksum");
        RawZip.Entry broken = new RawZip.Entry("W.npy", npy(header("<f4", "False", "(2,)"), 1, new byte[8])).deflated();
        broken.payload[0] = 7;
        Refusal.ofFile(new RawZip().add(broken).write(folder.resolve("params.npz")), "W.npy", "cannot be unpacked");
    }

    @Test
    void bothOrdersAndAllTypesAreReadStoredAndDeflated() throws IOException {
        byte[] ints = {1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0};
        for (boolean deflated : new boolean[] {false, true}) {
            RawZip zip = new RawZip();
            for (RawZip.Entry entry : new RawZip.Entry[] {
                new RawZip.Entry("rows.npy", npy(header("<i2", "False", "(2, 3)"), 1, ints)),
                new RawZip.Entry("columns.npy", npy(header("<i2", "True", "(2, 3)"), 2, ints)),
                new RawZip.Entry("swapped.npy", npy(header(">i2", "False", "(6,)"), 3, ints)),
                new RawZip.Entry("scalar.npy", npy(header("|u1", "False", "()"), 1, new byte[] {(byte) 200}))
            }) {
                zip.add(deflated ? entry.deflated() : entry);
            }
            try (TensorArchive archive = TensorArchives.open(zip.write(folder.resolve("params.npz")))) {
                assertThat(archive.tensor("rows").toHost().data()).containsExactly(1, 2, 3, 4, 5, 6);
                assertThat(archive.tensor("columns").toHost().data()).containsExactly(1, 3, 5, 2, 4, 6);
                assertThat(archive.tensor("columns").shape()).containsExactly(2L, 3L);
                assertThat(archive.tensor("swapped").readIntegers(0, 6))
                        .containsExactly(256, 512, 768, 1024, 1280, 1536);
                assertThat(archive.tensor("scalar").toHost().data()).containsExactly(200);
            }
        }
    }
}
