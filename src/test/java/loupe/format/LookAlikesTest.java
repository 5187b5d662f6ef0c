package loupe.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files that are not what their names say, shards and JSON: format specification 0, H.1 and I.6 rows 18, 19, 37, 38, 48
 * to 50.
 */
class LookAlikesTest {
    @TempDir
    private Path folder;

    /** Under every name a user may find it. */
    private void refused(byte[] content, String... found) throws IOException {
        for (String name : List.of("model.safetensors", "ae.pt", "params.npz", "pytorch_model.bin")) {
            Refusal.ofFile(Files.write(folder.resolve(name), content), found);
        }
    }

    private void refused(String content, String... found) throws IOException {
        refused(content.getBytes(StandardCharsets.ISO_8859_1), found);
    }

    @Test
    void gitLfsPointers() throws IOException {
        refused(
                "version https://git-lfs.github.com/spec/v1\noid "
                        + "sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 548105171\n",
                "Git-LFS pointer",
                "548105171",
                "git lfs pull");
    }

    @ParameterizedTest
    @ValueSource(strings = {"<!DOCTYPE html><html><head>", "\n <!doctype HTML>", "<html lang=\"en\">"})
    void webPages(String page) throws IOException {
        refused(page, "web page, not the data");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"error\":\"Repository not found\"}",
                "Access to model google/gemma-2-2b is restricted. You must be authenticated",
                "Invalid username or password."
            })
    void errorPages(String page) throws IOException {
        refused(page, "error message from a server", page.substring(0, 10));
    }

    @Test
    void otherFormatsAreNamed() throws IOException {
        refused("GGUF\3\0\0\0", "GGUF");
        refused("\37\u008B\b\0\0\0\0\0\0\3", "gzip");
        refused("7z\u00BC\u00AF\u0027\u001C\0\4", "7z archive");
        refused("PYTORCH1aaaa", "preview format");
        refused("sys_info" + "\0".repeat(249) + "ustar  \0", "tar archive");
        refused("PK\5\6" + "\0".repeat(18), "zip is empty");
        refused("\u0093NUMPY\1\0", "single npy array");
        refused("\u0089HDF\r\n\u001A\n", "HDF5");
        refused("\u0080\2}.", "bare pickle");
    }

    @Test
    void aBarePickleIsRefusedByWhatItWantsToCall() throws IOException {
        refused("\u0080\2cposix\nsystem\nU\4true\u0085R.", "posix.system; nothing was run");
    }

    @Test
    void unknownContentIsShownByItsFirstBytes() throws IOException {
        Refusal.ofFile(
                Files.write(folder.resolve("x.pt"), new byte[] {1, 2, 3, (byte) 0xFE, 0, 0, 0, 0, 9}),
                "no known kind",
                "01 02 03 FE");
        Refusal.ofFile(Files.write(folder.resolve("x.pt"), new byte[0]), "the file is empty");
    }

    @Test
    void whatIsNoRegularFile() throws IOException {
        Refusal.ofFile(folder.resolve("missing.pt"), "no such file");
        Path loop = folder.resolve("loop.pt");
        Files.createSymbolicLink(loop, folder.resolve("loop2.pt"));
        Files.createSymbolicLink(folder.resolve("loop2.pt"), loop);
        Refusal.ofFile(loop, "symbolic link", "loop2.pt, which is not there");
        Path device = Path.of("/dev/null");
        if (Files.exists(device)) {
            Refusal.ofFile(device, "not a regular file");
        }
        Refusal.ofFile(Files.createDirectory(folder.resolve("empty")), "no weight file", "model.safetensors");
    }

    @Test
    void aSymbolicLinkToAFileIsFollowed() throws IOException {
        Path file = folder.resolve("blob");
        new SafetensorsWriter().add("x", new HostTensor(new float[] {1, 2}, 2)).write(file);
        Refusal.readAll(Files.createSymbolicLink(folder.resolve("model.safetensors"), file));
    }

    @Test
    void aFileCutShortWhileOpenIsAMessageAndNotACrash() throws IOException {
        Path file = folder.resolve("x.safetensors");
        new SafetensorsWriter()
                .add("x", new HostTensor(new float[100_000], 100_000))
                .write(file);
        try (TensorArchive archive = TensorArchives.open(file)) {
            try (RandomAccessFile shorter = new RandomAccessFile(file.toFile(), "rw")) {
                shorter.setLength(1000);
            }
            Refusal.of(file, () -> archive.tensor("x").toHost(), "the file ends at byte 1000", "400");
        }
    }

    private Path index(String json) throws IOException {
        new SafetensorsWriter()
                .add("a", new HostTensor(new float[] {1}, 1))
                .write(folder.resolve("model-1.safetensors"));
        return Files.writeString(folder.resolve("model.safetensors.index.json"), json);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../../etc/passwd",
                "/etc/passwd",
                "sub/x.safetensors",
                "..",
                "C:x.safetensors",
                "a\\\\b.safetensors",
                "",
                "x\\u0000y"
            })
    void shardNamesThatLeaveTheFolder(String name) throws IOException {
        Refusal.ofFile(index("{\"weight_map\":{\"a\":\"" + name + "\"}}"), "leaves the folder");
    }

    @Test
    void shardsThatAreNotAsTheIndexSays() throws IOException {
        Refusal.ofFile(
                index("{\"weight_map\":{\"a\":\"model-1.safetensors\",\"b\":\"model-2.safetensors\","
                        + "\"c\":\"model-3.safetensors\"}}"),
                "missing shards: model-2.safetensors, model-3.safetensors");
        Refusal.ofFile(
                index("{\"weight_map\":{\"b\":\"model-1.safetensors\"}}"),
                "missing tensor: b is not in model-1.safetensors");
        Refusal.ofFile(
                index("{\"weight_map\":{\"a\":{\"file\":\"model-1.safetensors\"}}}"), "the shard of tensor a is {");
        Refusal.ofFile(index("{\"weight_map\":{}}"), "no weight_map");
        Refusal.ofFile(index("[]"), "not an object");
        Refusal.readAll(index("{\"metadata\":{\"total_size\":999},\"weight_map\":{\"a\":\"model-1.safetensors\"}}"));
    }

    private void jsonRefused(byte[] content, String... found) throws IOException {
        Path file = Files.write(folder.resolve("config.json"), content);
        Refusal.of(file, () -> JsonFiles.read(file), found);
    }

    private void jsonRefused(String content, String... found) throws IOException {
        jsonRefused(content.getBytes(StandardCharsets.UTF_8), found);
    }

    @Test
    void jsonThatIsNotStrict() throws IOException {
        jsonRefused("{\"a\":1,\n \"a\":2}", "duplicate name a at line 2");
        jsonRefused("{\"a\":{\"b\":1,\"b\":2}}", "duplicate name b at line 1");
        jsonRefused("{\"a\":NaN}", "NaN", "line 1, column");
        jsonRefused("{\"a\":Infinity}", "line 1, column");
        jsonRefused("[".repeat(1_000_000), "nesting depth", "line 1, column");
        jsonRefused("{\"a\":".repeat(100_000), "nesting depth");
        jsonRefused("\uFEFF{}", "byte order mark");
        jsonRefused("{\"a\":1}".getBytes(StandardCharsets.UTF_16), "UTF-16");
        jsonRefused("{\"a\":1}".getBytes(StandardCharsets.UTF_16LE), "not strict JSON");
        jsonRefused("{\"a\":1} {}", "goes on after its end", "line 1, column 9");
        jsonRefused("{\"a\":1", "line 1");
        jsonRefused("{'a':1}", "line 1");
        jsonRefused("// note\n{}", "line 1");
        jsonRefused("", "empty");
        jsonRefused("  ", "empty");
        jsonRefused(new byte[] {'"', (byte) 0xC3, '"'}, "invalid UTF-8 at byte 1");
        jsonRefused("<!DOCTYPE html>", "web page");
        jsonRefused("{\"a\":" + "9".repeat(2000) + "}", "Number value length");
    }

    @Test
    void jsonBeyondTheLimitIsNotRead() throws IOException {
        Path file = Files.writeString(folder.resolve("config.json"), "{\"a\": 1}");
        Refusal.of(file, () -> JsonFiles.read(file, 7), "8 bytes", "at most 7");
        Refusal.of(Files.writeString(file, "[1]"), () -> JsonFiles.readObject(file), "not an object");
    }

    @Test
    void anInspectionListsAFolderWithoutReadingTensors() throws IOException {
        Path sae = Files.createDirectory(folder.resolve("sae"));
        new SafetensorsWriter()
                .add("W_enc", new HostTensor(new float[6], 2, 3))
                .metadata("format", "pt")
                .write(sae.resolve("sae_weights.safetensors"));
        new TorchWriter().add("extra", new HostTensor(new float[2], 2)).write(sae.resolve("sparsity.pt"));
        JsonFiles.write(sae.resolve("cfg.json"), Map.of("d_in", 2));
        Inspection inspection = Inspection.of(sae);
        assertThat(inspection.container()).isEqualTo("safetensors, torch zip");
        assertThat(inspection.tensors()).extracting(Inspection.Tensor::name).containsExactly("W_enc", "extra");
        assertThat(inspection.tensors().get(0).shape()).containsExactly(2L, 3L);
        assertThat(inspection.tensors().get(0).bytes()).isEqualTo(24);
        assertThat(inspection.tensors().get(0).file()).isEqualTo(sae.resolve("sae_weights.safetensors"));
        assertThat(inspection.values()).containsEntry("sae_weights.safetensors: format", "pt");
        assertThat(inspection.config()).isEqualTo(Map.of("cfg.json", Map.of("d_in", 2)));
        assertThat(Inspection.of(sae.resolve("sparsity.pt")).container()).isEqualTo("torch zip");
        Refusal.of(folder.resolve("nothing"), () -> Inspection.of(folder.resolve("nothing")), "no such file");
    }
}
