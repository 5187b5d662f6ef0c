package loupe.state.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javafx.beans.property.SimpleObjectProperty;
import loupe.analysis.compare.SaeEvaluation;
import loupe.analysis.compare.SaeMetrics;
import loupe.index.DocumentPacking;
import loupe.state.Opened;
import loupe.state.window.CorpusFiles;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationModelTest {
    private final Opened opened = new Opened();
    private final SimpleObjectProperty<CorpusFiles> corpus = new SimpleObjectProperty<>();
    private final SimpleObjectProperty<DocumentPacking> documents = new SimpleObjectProperty<>(DocumentPacking.DEFAULT);
    private final EvaluationModel model =
            new EvaluationModel(opened.workbench, opened.workbench.a(), corpus, documents);

    @TempDir
    Path folder;

    @BeforeEach
    void open() throws IOException {
        opened.openA();
        Path text = Files.writeString(folder.resolve("corpus.txt"), "abcabcab".repeat(40));
        corpus.set(CorpusFiles.of(text));
    }

    private static SaeEvaluation.Answer answer() {
        SaeMetrics metrics = new SaeMetrics(1, 2);
        metrics.add(2, new float[] {1, 2}, new float[] {1, 1}, new float[] {0, 1, 1, 1});
        return new SaeEvaluation.Answer(metrics, 2, 1, 2, 3, 4, 5);
    }

    @Test
    void itMeasuresOnTheBeginningOfTheCorpusAndSaysOnWhat() {
        model.measure(100);
        assertThat(model.running().get()).isTrue();
        assertThat(opened.newest(SaeEvaluation.class).query).isInstanceOfSatisfying(SaeEvaluation.class, asked -> {
            assertThat(asked.texts().tokens()).isEqualTo(100);
            assertThat(asked.sae()).isEqualTo(opened.workbench.a().sae().get().id());
        });
        assertThat(opened.workbench.activity().jobs()).hasSize(1);
        opened.newest(SaeEvaluation.class).part(answer(), 0.5);
        assertThat(model.job().get().detail().get()).isEqualTo("50 of 100 tokens");
        assertThat(model.answer().get()).as("of a part nothing is shown").isNull();
        opened.newest(SaeEvaluation.class).answer(answer());
        assertThat(model.answer().get().ceRecovered()).isEqualTo(0.5);
        assertThat(model.measuredOn().get()).startsWith("corpus.txt, ");
        assertThat(model.running().get()).isFalse();
        assertThat(opened.workbench.activity().jobs()).isEmpty();
    }

    @Test
    void stoppingLeavesNothingAndAnotherCorpusForgets() {
        model.measure(100);
        model.job().get().stop();
        assertThat(model.running().get()).isFalse();
        assertThat(model.answer().get()).isNull();
        model.measure(50);
        opened.newest(SaeEvaluation.class).answer(answer());
        assertThat(model.answer().get()).isNotNull();
        corpus.set(null);
        assertThat(model.answer().get()).isNull();
        model.measure(50);
        assertThat(model.problem().get().message()).contains("Choose a corpus first");
    }
}
