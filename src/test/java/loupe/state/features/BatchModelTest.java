package loupe.state.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import loupe.analysis.batch.BatchFile;
import loupe.analysis.batch.BatchPlan;
import loupe.analysis.batch.BatchRow;
import loupe.analysis.ghost.TokenGeometry;
import loupe.analysis.tokens.TokenColumns;
import loupe.state.AnsweringDevice;
import loupe.state.FakeService;
import loupe.state.Opened;
import loupe.state.corpus.CorpusStatistics;
import loupe.state.ghost.GhostControlsModel;
import loupe.state.tree.TreeModel;
import loupe.state.window.VocabularyTexts;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Batches of token lists, which the test answers one by one. */
class BatchModelTest {
    @TempDir
    private Path folder;

    private final Opened opened = new Opened();
    private final GhostControlsModel controls = new GhostControlsModel(opened.workbench);
    private final AnsweringDevice device = new AnsweringDevice(opened);
    private BatchModel model;

    @BeforeEach
    void begin() {
        opened.openA();
        device.answer(TokenGeometry.class);
        controls.prompt().set("a{ghost}b");
        model = new BatchModel(
                opened.workbench,
                controls,
                new TreeModel(opened.workbench, opened.workbench.a(), controls),
                new VocabularyTexts(opened.workbench),
                new CorpusStatistics(opened.workbench, folder));
    }

    @AfterEach
    void close() {
        device.close();
    }

    private void start(Path out, int... features) {
        model.start(IntStream.of(features).boxed().toList(), Set.of(BatchPlan.Part.TOKENS), 10, out);
    }

    private Path file(String name) {
        return folder.resolve(name);
    }

    @Test
    void everyFeatureIsWrittenAndShown() {
        start(file("all.jsonl"), 1, 3);
        assertThat(model.running().get()).isTrue();
        assertThat(model.job().get().title()).isEqualTo("Trees and lists of 2 features");
        device.answer(TokenColumns.class);
        device.answer(TokenColumns.class);
        assertThat(model.running().get()).isFalse();
        assertThat(model.rows()).extracting(BatchRow::feature).containsExactly(1, 3);
        assertThat(model.rows()).isEqualTo(BatchFile.read(file("all.jsonl")));
        assertThat(model.rows()).allMatch(row -> !row.tokens().isEmpty());
        assertThat(model.canResume()).isFalse();
        assertThat(model.problem().get()).isNull();
        assertThat(opened.workbench.activity().jobs()).isEmpty();
    }

    @Test
    void aStoppedBatchGoesOnAndAFileIsAskedOnlyForWhatItLacks() {
        Path out = file("stopped.jsonl");
        start(out, 0, 1);
        model.stop();
        opened.service.ask(opened.service.asked.size() - 1).fail(new CancellationException());
        assertThat(model.rows()).isEmpty();
        assertThat(model.canResume()).isTrue();
        model.resume();
        device.answer(TokenColumns.class);
        device.answer(TokenColumns.class);
        assertThat(model.rows()).extracting(BatchRow::feature).containsExactly(0, 1);
        long before = opened.count(TokenColumns.class);
        start(out, 1, 0, 2);
        assertThat(model.rows())
                .extracting(BatchRow::feature)
                .as("those of the file")
                .containsExactly(0, 1);
        device.answer(TokenColumns.class);
        assertThat(model.rows()).extracting(BatchRow::feature).containsExactly(0, 1, 2);
        assertThat(opened.count(TokenColumns.class)).isEqualTo(before + 1);
    }

    @Test
    void aFailureIsToldAndWhatWasFoundIsKept() {
        start(file("failed.jsonl"), 0, 1);
        device.answer(TokenColumns.class);
        opened.newest(TokenColumns.class).fail(new IllegalStateException("no memory"));
        assertThat(model.running().get()).isFalse();
        assertThat(model.problem().get().message()).contains("no memory");
        assertThat(model.canResume()).isTrue();
        assertThat(opened.workbench.activity().jobs()).isEmpty();
        model.resume();
        assertThat(model.problem().get()).isNull();
    }

    @Test
    void aFileOfOtherSettingsIsRefusedAndLeftAsItIs() throws IOException {
        Path out = file("other.jsonl");
        start(out, 0);
        device.answer(TokenColumns.class);
        List<String> before = Files.readAllLines(out);
        controls.scale().set(0.123);
        start(out, 0);
        assertThat(model.running().get()).isFalse();
        assertThat(model.problem().get().message()).contains("other.jsonl").contains("scale");
        assertThat(Files.readAllLines(out)).isEqualTo(before);
    }

    @Test
    void anotherCheckpointStopsTheBatchWhichThenCannotGoOn() {
        start(file("closed.jsonl"), 0, 1);
        FakeService.Ask<?> pending = opened.newest(TokenColumns.class);
        opened.open(opened.workbench.a(), Opened.B);
        assertThat(pending.cancelled).isTrue();
        pending.fail(new CancellationException());
        assertThat(model.running().get()).isFalse();
        assertThat(model.canResume()).isFalse();
    }

    @Test
    void whileOneBatchRunsNoOtherBegins() {
        start(file("one.jsonl"), 0);
        start(file("two.jsonl"), 1);
        assertThat(model.file().get()).isEqualTo(file("one.jsonl"));
        assertThat(file("two.jsonl")).doesNotExist();
    }

    @Test
    void theFileOpenedLastIsShownWhicheverIsReadFirst() {
        start(file("one.jsonl"), 0);
        device.answer(TokenColumns.class);
        start(file("two.jsonl"), 1, 2);
        device.answer(TokenColumns.class);
        device.answer(TokenColumns.class);
        Deque<Runnable> reading = new ArrayDeque<>();
        opened.service.files = reading::add;
        model.open(file("one.jsonl"));
        model.open(file("two.jsonl"));
        reading.removeLast().run();
        reading.removeLast().run();
        assertThat(model.file().get()).isEqualTo(file("two.jsonl"));
        assertThat(model.rows()).extracting(BatchRow::feature).containsExactly(1, 2);
    }

    @Test
    void aFileThatIsNoBatchIsRefusedAndTheRowsBeforeStay() throws IOException {
        start(file("one.jsonl"), 0);
        device.answer(TokenColumns.class);
        model.open(Files.writeString(file("text.jsonl"), "{\"x\":1}\n"));
        assertThat(model.problem().get().message()).contains("text.jsonl").contains("no line with a \"feature\"");
        assertThat(model.rows()).extracting(BatchRow::feature).containsExactly(0);
        assertThat(model.file().get()).isEqualTo(file("one.jsonl"));
    }

    @Test
    void costsNeedACorpusThatIsCounted() {
        model.start(List.of(1), Set.of(BatchPlan.Part.COST), 10, folder.resolve("costs.jsonl"));
        assertThat(model.running().get()).isFalse();
        assertThat(model.problem().get().message()).contains("a corpus that is counted");
    }
}
