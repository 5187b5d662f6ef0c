package loupe.app.window;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.TinyModel;
import loupe.base.CheckpointException;
import loupe.index.PathKind;
import loupe.state.window.Sample;
import loupe.state.window.Session;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpeningTest {
    @TempDir
    private static Path folder;

    private static Path text(String name) throws IOException {
        return Files.writeString(folder.resolve(name), "the cat sat on the mat. ".repeat(20));
    }

    @Test
    void severalTextsAreOneCorpus() throws IOException {
        Path b = text("b.txt");
        Path a = text("a.txt");
        assertThat(PathKind.of(a)).isEqualTo(PathKind.CORPUS);
        assertThat(Opening.of(List.of(b, a))).isEqualTo(new Opening(null, List.of(), List.of(b, a)));
    }

    @Test
    void severalModelsAreRefused() throws IOException {
        Path model = TinyModel.writeTo(folder.resolve("tiny"));
        Path other = TinyModel.writeTo(folder.resolve("other"));
        assertThatThrownBy(() -> Opening.of(List.of(model, text("c.txt"), text("d.txt"), other)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("2 models, 0 checkpoints, 2 texts and 0 indexes");
    }

    @Test
    void textsAreCountedWithTheModelOfTheSession() throws IOException {
        Path model = TinyModel.writeTo(folder.resolve("remembered"));
        Session session = new Session(
                model.toString(),
                List.of(new Session.Checkpoint("a", Map.of())),
                5,
                Map.of(),
                null,
                null,
                false,
                13,
                List.of());
        Opening given = new Opening(null, List.of(), List.of(text("e.txt"), text("f.txt")));

        FirstOpening first = FirstOpening.of(given, session, Optional.of(new Sample(folder)));
        assertThat(first).isEqualTo(new FirstOpening(Optional.of(model), List.of(), -1, given.corpus(), false));
        assertThat(FirstOpening.of(Opening.LAST, session, Optional.empty()))
                .isEqualTo(new FirstOpening(Optional.of(model), session.checkpoints(), 5, List.of(), false));
    }
}
