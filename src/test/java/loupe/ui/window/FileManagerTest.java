package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import loupe.state.Opened;
import loupe.state.window.Notices;
import org.junit.jupiter.api.Test;

class FileManagerTest {
    private final Opened opened = new Opened();

    @Test
    void whereNoProgramOpensFoldersANoticeSaysWhichFolderItIs() {
        new FileManager(opened.workbench, List.of("/no/such/program")).showFolderOf(Path.of("/tmp/pictures/chart.png"));
        assertThat(opened.workbench.notices().all())
                .extracting(Notices.Notice::text)
                .containsExactly("No program of this system opens folders (/no/such/program): /tmp/pictures");
    }

    @Test
    void everySystemHasItsOwnProgram() {
        assertThat(FileManager.ofSystem("Linux")).containsExactly("xdg-open");
        assertThat(FileManager.ofSystem("Mac OS X")).containsExactly("open");
        assertThat(FileManager.ofSystem("Windows 11")).containsExactly("explorer.exe");
    }
}
