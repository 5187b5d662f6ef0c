package loupe.analysis.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import loupe.Npy;
import loupe.TinyModel;
import loupe.base.Refusal;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VectorFileTest {
    @TempDir
    Path folder;

    private float[] read(Path file, String name, int dimensions) {
        return new VectorFile(file, name)
                .direction("own", dimensions, "the others")
                .data();
    }

    private void refused(Path file, String name, String... parts) {
        assertThatThrownBy(() -> read(file, name, 3))
                .isInstanceOf(Refusal.class)
                .hasMessageContainingAll(parts);
    }

    @Test
    void wordsNameAFileAndPerhapsAnArray() {
        assertThat(VectorFile.of("file /a b/x.npy")).contains(new VectorFile(Path.of("/a b/x.npy"), ""));
        VectorFile named = new VectorFile(Path.of("/a/p.safetensors"), "probe.1");
        assertThat(VectorFile.of(named.words())).contains(named);
        assertThat(named.shortWords()).isEqualTo("file p.safetensors:probe.1");
        assertThat(VectorFile.of("file a complaint")).isEmpty();
        assertThat(VectorFile.of("#3")).isEmpty();
    }

    @Test
    void anNpyVectorIsReadInEveryTypeOfNumber() {
        assertThat(read(Npy.floats(folder.resolve("f4.npy"), "(3,)", 1, -2, 0.5f), "", 3))
                .containsExactly(1, -2, 0.5f);
        assertThat(read(Npy.doubles(folder.resolve("f8.npy"), "(1, 3)", 1, -2, 0.5), "", 3))
                .containsExactly(1, -2, 0.5f);
    }

    @Test
    void whatIsNoVectorOfTheWidthIsRefusedWithWhatWouldBe() {
        refused(
                Npy.floats(folder.resolve("short.npy"), "(2,)", 1, 2),
                "",
                "own is [2], expected one vector of 3 numbers, the width of the others. Choose another vector.");
        refused(Npy.floats(folder.resolve("column.npy"), "(3, 1)", 1, 2, 3), "", "own is [3, 1], expected one vector");
        refused(Npy.floats(folder.resolve("nan.npy"), "(3,)", 1, Float.NaN, 3), "", "not finite", "Choose another");
        refused(Npy.floats(folder.resolve("zero.npy"), "(3,)", 0, 0, 0), "", "all zeros");
        refused(Npy.typed(folder.resolve("object.npy"), "|O", "(3,)", new byte[24]), "", "object arrays", "pickle");
        refused(Npy.typed(folder.resolve("words.npy"), "<U1", "(3,)", new byte[12]), "", "unsupported type <U1");
        refused(Npy.typed(folder.resolve("cut.npy"), "<f4", "(3,)", new byte[8]), "", "8 bytes of data, 12 expected");
        refused(folder.resolve("gone.npy"), "", "no such file", "Check the path");
    }

    @Test
    void aHugeArrayIsRefusedByItsShapeBeforeMemoryIsTaken() {
        Path huge = Npy.sparse(folder.resolve("huge.npy"), "(1000000, 1000000)", 4_000_000_000_000L);
        refused(huge, "", "[1000000, 1000000], expected one vector of 3");
    }

    @Test
    void ofSeveralArraysOneIsNamed() throws IOException {
        Path file = folder.resolve("p.safetensors");
        TinyModel.writeSafetensors(
                file,
                Map.of("a", new HostTensor(new float[] {1, 2, 3}, 3), "b", new HostTensor(new float[] {4, 5, 6}, 3)));
        refused(file, "", "there are 2 arrays in it", "expected one, or the name of one", "p.safetensors:");
        assertThat(read(file, "b", 3)).containsExactly(4, 5, 6);
        refused(file, "c", "there is no tensor c in it");
    }
}
