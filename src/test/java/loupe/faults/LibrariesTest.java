package loupe.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import loupe.TinyModel;
import loupe.faults.Program.Ended;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Native libraries that cannot be unpacked. */
@Timeout(120)
class LibrariesTest {
    @TempDir
    Path temporary;

    @Test
    void aFolderThatLibrariesCannotBeUnpackedToIsSaidAtTheStart() throws Exception {
        Path model = TinyModel.writeTo(temporary.resolve("model"));
        Path file = Files.writeString(temporary.resolve("file"), "no folder");
        Program program = new Program(temporary.resolve("home"))
                .with("DJL_CACHE_DIR", file.resolve("sub").toString());
        for (String input : new String[] {"--text=the otter", "--ids=1,2"}) {
            Ended ended = program.run("forward", "--model", model, input);
            assertThat(ended.code()).as(ended.err()).isEqualTo(3);
            assertThat(ended.sentence())
                    .contains("library cannot be unpacked to or run from " + file.resolve("sub"))
                    .contains("450 MB of room", "DJL_CACHE_DIR=FOLDER");
            assertThat(ended.isSentence()).as(ended.err()).isTrue();
        }
    }
}
