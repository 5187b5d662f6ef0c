package loupe.state.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import javafx.collections.ListChangeListener;
import javafx.collections.ObservableList;
import loupe.base.OtherWriter;
import loupe.index.IndexBeforeChecksums;
import loupe.state.Opened;
import loupe.state.PlantedCorpus;
import loupe.state.pane.PaneStatus;
import loupe.state.window.Activity;
import loupe.state.window.SharedRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the window keeps of passes, deleted, damaged or written by another window. */
class LostCacheTest {
    private final Opened opened = new Opened();
    private PlantedCorpus corpus;
    private ActivationsModel activations;
    private Path cache;

    @BeforeEach
    void begin(@TempDir Path folder) {
        corpus = new PlantedCorpus(opened, folder);
        activations =
                new ActivationsModel(opened.workbench, opened.workbench.a(), corpus.statistics(), new SharedRange());
        cache = folder.resolve("counted");
    }

    @AfterEach
    void close() {
        corpus.statistics().close();
    }

    private void retry(PaneStatus status) {
        assertThat(status.shown()).isInstanceOf(PaneStatus.Failed.class);
        ((PaneStatus.Failed) status.shown()).retry().orElseThrow().run();
    }

    private List<Path> kept() throws IOException {
        try (Stream<Path> all = Files.walk(cache)) {
            return all.sorted(Comparator.reverseOrder()).toList();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"deleted", "emptied", "damaged"})
    void oneClickCountsAgainWhatWasLost(String how) throws IOException {
        opened.openA();
        corpus.count();
        ExamplesModel examples = new ExamplesModel(opened.workbench, activations);
        for (Path path : kept()) {
            if (how.equals("deleted")
                    || (how.equals("emptied") && path.toString().endsWith(".parquet"))) {
                Files.delete(path);
            } else if (path.endsWith("activations.parquet")) {
                byte[] bytes = Files.readAllBytes(path);
                bytes[bytes.length / 2] ^= 1;
                Files.write(path, bytes);
            }
        }
        if (how.equals("damaged")) { // files are compared once an opening
            corpus.statistics().corpus().set(null);
            corpus.count();
        }
        opened.choose(PlantedCorpus.AT_A);
        assertThat(activations.activations().getProblem()).isNotNull();
        retry(examples.status().getValue());
        assertThat(activations.activations().getProblem()).isNull();
        assertThat(activations.activations().getValue().count()).isEqualTo(corpus.occurrences('a'));
        assertThat(examples.status().getValue().shown()).isNotInstanceOf(PaneStatus.Failed.class);
    }

    @Test
    void aPassKeptByAnOlderVersionIsShownAndSaidOnceToHaveNoChecksums() throws IOException {
        opened.openA();
        corpus.count();
        Path description = kept().stream()
                .filter(path -> path.endsWith("index.json"))
                .findFirst()
                .orElseThrow();
        assertThat(opened.workbench.notices().all()).isEmpty();
        IndexBeforeChecksums.make(description.getParent());
        for (int i = 0; i < 2; i++) {
            corpus.statistics().corpus().set(null);
            corpus.count();
        }
        assertThat(corpus.statistics().index(opened.workbench.a()).get()).isNotNull();
        assertThat(opened.workbench.notices().all().toString()).containsOnlyOnce("before there were checksums");
    }

    @Test
    void aPassThatAnotherWindowIsAtIsWaitedForWithALineThatSaysSo() throws IOException {
        opened.openA();
        corpus.count();
        Path description = kept().stream()
                .filter(path -> path.endsWith("index.json"))
                .findFirst()
                .orElseThrow();
        Files.delete(description);
        try (OtherWriter other = new OtherWriter(description.getParent())) {
            ObservableList<Activity.Job> jobs = opened.workbench.activity().jobs();
            jobs.addListener((ListChangeListener<Activity.Job>) change ->
                    jobs.forEach(job -> job.detail().addListener((property, was, is) -> {
                        if (is.contains("another window") && is.contains("process " + other.pid())) {
                            other.kill();
                        }
                    })));
            corpus.statistics().retry(opened.workbench.a());
        }
        assertThat(corpus.statistics().index(opened.workbench.a()).get()).isNotNull();
        assertThat(corpus.statistics().problem(opened.workbench.a()).get()).isNull();
    }
}
