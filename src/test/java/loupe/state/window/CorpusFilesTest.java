package loupe.state.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CorpusFilesTest {
    private static final CorpusFiles THREE = CorpusFiles.of(Path.of("/b.txt"), Path.of("/a\nb.txt"), Path.of("/c"));

    @Test
    void oneHasItsNameAndSeveralTheirNumber() {
        assertThat(CorpusFiles.of(Path.of("/texts/a.txt")).name()).isEqualTo("a.txt");
        assertThat(CorpusFiles.of(Path.of("/")).name()).isEqualTo("/");
        assertThat(THREE.name()).isEqualTo("3 files");
    }

    @Test
    void aPathCountsOnce() {
        assertThat(CorpusFiles.of(Path.of("/a"), Path.of("/b"), Path.of("/a")))
                .isEqualTo(CorpusFiles.of(Path.of("/a"), Path.of("/b")));
    }

    @Test
    void aSessionRemembersAllInOrder() {
        assertThat(CorpusFiles.recalled(THREE.remembered())).contains(THREE);
        assertThat(CorpusFiles.recalled(Map.of("corpus", "/old.txt"))).contains(CorpusFiles.of(Path.of("/old.txt")));
        assertThat(CorpusFiles.recalled(Map.of())).isEmpty();
    }

    @Test
    void theRecentCorporaAreWholeAfterTheyWereWrittenAndRead() throws Exception {
        RecentFiles recent = new RecentFiles();
        recent.addCorpus(THREE);
        recent.addCorpus(CorpusFiles.of(Path.of("/one.txt")));
        com.fasterxml.jackson.databind.ObjectMapper json = new com.fasterxml.jackson.databind.ObjectMapper();
        List<Session.Recent> read =
                List.of(json.readValue(json.writeValueAsString(recent.all()), Session.Recent[].class));
        RecentFiles again = new RecentFiles();
        again.setAll(read);
        assertThat(again.corpora()).containsExactly(CorpusFiles.of(Path.of("/one.txt")), THREE);
    }
}
