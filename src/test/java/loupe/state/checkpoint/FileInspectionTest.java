package loupe.state.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.analysis.FileContents;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.state.FakeService;
import loupe.state.window.Activity;
import loupe.state.window.Notices;
import loupe.state.window.Workbench;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileInspectionTest {
    @TempDir
    Path folder;

    private final FileInspection inspection = new FileInspection(new Workbench(
            new FakeService(), Runnable::run, new Notices(Clock.systemUTC()), new Activity(Runnable::run, () -> 0)));

    @Test
    void aCheckpointIsListedWithSizesNormsAndWhatItWouldTake() throws IOException {
        Path sae = TinySae.writeTo(folder.resolve("sae"), 1);
        List<Boolean> withNorms = new ArrayList<>();
        inspection
                .contents()
                .addListener((property, was, is) -> withNorms.add(
                        is != null && !Double.isNaN(is.tensors().get(0).norm())));
        inspection.inspect(sae);
        // first names and shapes, then the norms
        assertThat(withNorms).containsExactly(false, true);
        FileContents contents = inspection.contents().get();
        assertThat(contents.format()).contains("saelens");
        int d = TinyModel.CONFIG.dModel();
        assertThat(contents.memoryBytes()).isEqualTo(4L * (2 * d * TinySae.FEATURES + d + TinySae.FEATURES));
        assertThat(contents.bytes()).isEqualTo(contents.memoryBytes());
        try (TensorArchive archive = TensorArchives.open(sae.resolve("sae_weights.safetensors"))) {
            for (FileContents.Tensor tensor : contents.tensors()) {
                double squares = 0;
                for (float value : archive.tensor(tensor.name()).toHost().data()) {
                    squares += (double) value * value;
                }
                assertThat(tensor.norm()).as(tensor.name()).isCloseTo(Math.sqrt(squares), within(1e-6));
                assertThat(tensor.nonFinite()).isZero();
            }
        }
        assertThat(inspection.measuring().get()).isFalse();
    }

    @Test
    void aModelFolderIsNamedByItsType() throws IOException {
        inspection.inspect(TinyModel.writeTo(folder.resolve("tiny")));
        assertThat(inspection.contents().get().format()).contains("model, gpt2");
        assertThat(inspection.contents().get().tensors()).isNotEmpty();
    }

    @Test
    void aFileThatIsNoneIsAProblemInWords() throws IOException {
        inspection.inspect(Files.writeString(folder.resolve("ae.pt"), "<!DOCTYPE html><title>Sign in</title>"));
        assertThat(inspection.contents().get()).isNull();
        assertThat(inspection.problem().get().message()).contains("web page");
        assertThat(inspection.problem().get().expected()).isTrue();
    }
}
