package loupe.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import loupe.Trial;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What people keep beside the tensors of a checkpoint stays data, whatever class it is of. */
class InertPickleValuesTest {
    private static final Path PICKLES = Path.of("src", "test", "resources", "loupe", "format", "pickles");

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "values-protocol2.pkl, numpy._core",
        "values-protocol2.pkl, numpy.core",
        "values-protocol4.pkl, numpy._core",
    })
    void whatPythonAndNumpyWriteIsReadAsItWas(String file, String core) throws IOException {
        String pickle = Files.readString(PICKLES.resolve(file), StandardCharsets.ISO_8859_1)
                .replace("cnumpy._core.", "c" + core + ".");

        try (TensorArchive archive = open(pickle.getBytes(StandardCharsets.ISO_8859_1))) {
            Map<String, Object> values = archive.values();
            assertThat(values)
                    .containsEntry("scalar32", 1.5)
                    .containsEntry("scalar64", 0.25)
                    .containsEntry("int", -7L)
                    .containsEntry("flag", true)
                    .containsEntry("text", "ab")
                    .containsEntry("vector", List.of(1.5, -2.0))
                    .containsEntry("matrix", List.of(List.of(0L, 1L, 2L), List.of(3L, 4L, 5L)))
                    .containsEntry("big", "numpy array of i1 [5000]")
                    .containsEntry("counter", Map.of("a", 2L, "b", 1L))
                    .containsEntry("default", Map.of("x", List.of(1L, 2L)))
                    .containsEntry("keys", Map.of("(a, 1)", 2L, "__main__.Activation(topk)", 3L))
                    .containsEntry("deque", List.of(1L, 2L))
                    .containsEntry("frozen", List.of(3L))
                    .containsEntry("attr", Map.of("__class__", "__main__.Attr", "lr", 0.5))
                    .containsEntry("type", "numpy.float32");
            Map<String, Object> topk = Map.of("__class__", "__main__.Activation", "__arguments__", List.of("topk"));
            assertThat(values)
                    .containsEntry("enum", topk)
                    .containsEntry("config", Map.of("__class__", "__main__.TrainConfig", "k", 4L, "activation", topk));
            assertThat(values.get("generator").toString()).contains("numpy.random._pcg64.PCG64");
            assertThat(values.get("random").toString()).contains("numpy.random._mt19937.MT19937");
            assertThat(archive.names()).isEmpty();
        }
    }

    @Test
    void aPathOfPython313IsText() {
        try (TensorArchive archive =
                TensorArchives.open(Trial.folder("pickles/python-3.13-path").resolve("ae.pt"))) {
            assertThat(archive.names()).hasSize(4);
            assertThat(archive.values().toString()).doesNotContain("pathlib");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"numpy.ndarray", "builtins.list", "builtins.int"})
    void aTypeThatMayBeNamedMayStillNotBeCalled(String name) throws IOException {
        String module = name.substring(0, name.indexOf('.'));
        String last = name.substring(name.indexOf('.') + 1);
        Path file = torch(PickleBytes.protocol(2)
                .global(module, last)
                .op('K', 1, 0x85, 'R')
                .stop());

        Refusal.ofFile(file, "refused", "wants to call " + name, "nothing was run");
    }

    @Test
    void anArrayWhoseBytesDoNotFitItsShapeIsMalformed() throws IOException {
        Path file = torch(PickleBytes.protocol(2)
                .global("numpy.core.multiarray", "_reconstruct")
                .global("numpy", "ndarray")
                .op('K', 0, 0x85)
                .op('C', 1, 'b', 0x87, 'R')
                .op('(', 'K', 1, 'K', 3, 0x85)
                .global("numpy", "dtype")
                .text("f4")
                .op(0x85, 'R', 0x89, 'C', 4, 0, 0, 0, 0, 't', 'b')
                .stop());

        Refusal.ofFile(file, "malformed", "BUILD");
    }

    private TensorArchive open(byte[] pickle) throws IOException {
        return TensorArchives.open(torch(pickle));
    }

    private Path torch(byte[] pickle) throws IOException {
        return RawZip.torch(pickle).write(folder.resolve("ae.pt"));
    }
}
