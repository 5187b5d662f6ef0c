package loupe.state.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import javafx.beans.property.SimpleObjectProperty;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.analysis.compare.ReadingFit;
import loupe.analysis.compare.ReadingFit.Reading;
import loupe.index.DocumentPacking;
import loupe.inference.ModelId;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.SaeId;
import loupe.sae.checkpoint.SaeAudit;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeOptions;
import loupe.state.Opened;
import loupe.state.window.CorpusFiles;
import loupe.state.window.Notices;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointAuditTest {
    @TempDir
    Path folder;

    private final Opened opened = new Opened();
    private final SimpleObjectProperty<CorpusFiles> corpus = new SimpleObjectProperty<>();
    private final SimpleObjectProperty<DocumentPacking> documents = new SimpleObjectProperty<>(DocumentPacking.DEFAULT);
    private final CheckpointAudit audit =
            new CheckpointAudit(opened.workbench, opened.workbench.a(), corpus, documents);

    @Test
    void openingACheckpointLooksAtItsFilesAndClosingForgetsThem() throws IOException {
        open();
        assertThat(audit.findings().get()).extracting(SaeAudit.Finding::topic).contains("Decoder norms", "b_dec");
        opened.workbench.closeCheckpoint(opened.workbench.a());
        assertThat(audit.findings().get()).isEmpty();
    }

    @Test
    void whatIsUnusualAboutTheModelIsAmongThemAndInTheNotices() throws IOException {
        String warning = "Weights contain non-finite values (NaN or infinite): wte (1)";
        Path model = folder.resolve("model");
        opened.service.models.put(
                model,
                CompletableFuture.completedFuture(new OpenModel(
                        new ModelId("model", "damaged"), model, TinyModel.CONFIG, Optional.empty(), List.of(warning))));
        opened.workbench.openModel(model);
        open();

        assertThat(audit.findings().get()).contains(new SaeAudit.Finding("Model", warning, Optional.empty()));
        assertThat(opened.workbench.notices().all())
                .extracting(Notices.Notice::text)
                .contains(warning);
    }

    @Test
    void aRemedyOpensTheCheckpointAgainReadThatWay() throws IOException {
        Path sae = open();
        SaeAudit.Remedy fold = audit.findings().get().stream()
                .map(SaeAudit.Finding::remedy)
                .flatMap(Optional::stream)
                .filter(remedy -> remedy.label().equals("Fold the norms"))
                .findFirst()
                .orElseThrow();
        audit.apply(fold);
        assertThat(opened.service.lastOptions).isEqualTo(SaeOptions.AS_STORED.withFold(true));
        assertThat(opened.workbench.a().sae().get().path()).isEqualTo(sae);
    }

    @Test
    void withoutACorpusTheFitSaysWhatToDo() throws IOException {
        open();
        audit.fitNow();
        assertThat(audit.problem().get().message()).contains("Choose a corpus");
        assertThat(opened.count(ReadingFit.class)).isZero();
    }

    @Test
    void aBetterReadingIsToldAndOffered() throws IOException {
        open();
        measure(
                new Reading(false, true, 1, 0.4, 12),
                new Reading(true, true, 1, 0.8, 9),
                new Reading(false, false, 1, 0.1, 30));
        assertThat(audit.conclusion())
                .isEqualTo(
                        "Read with centred activations, b_dec subtracted it explains 80.00 % of the variance, read as "
                                + "it is open 40.00 %");
        assertThat(audit.remedy().orElseThrow().options()).isEqualTo(SaeOptions.AS_STORED.withCentred(true));
    }

    @Test
    void aFactorThatFitsIsOffered() throws IOException {
        open();
        measure(new Reading(false, true, 1, -3, 900), new Reading(false, true, 0.21, 0.9, 40));
        assertThat(audit.remedy().orElseThrow().options()).isEqualTo(SaeOptions.AS_STORED.withNormFactor(0.21));
    }

    @Test
    void aReadingThatIsHardlyBetterIsNotOffered() throws IOException {
        open();
        measure(new Reading(false, true, 1, 0.9, 12), new Reading(true, true, 1, 0.902, 12));
        assertThat(audit.conclusion()).contains("90.00 %").contains("no other reading fits clearly better");
        assertThat(audit.remedy()).isEmpty();
    }

    @Test
    void whenNothingFitsAnotherModelOrLayerIsSuspected() throws IOException {
        open();
        measure(new Reading(false, true, 1, -0.5, 12), new Reading(true, true, 1, -0.5, 12));
        assertThat(audit.conclusion()).contains("another model, layer or hook point");
    }

    private void measure(Reading... readings) throws IOException {
        corpus.set(CorpusFiles.of(Files.writeString(folder.resolve("corpus.txt"), "the cat sat on the mat")));
        audit.fitNow();
        ReadingFit asked = (ReadingFit) opened.newest(ReadingFit.class).query;
        assertThat(asked.texts().tokens()).isEqualTo("the cat sat on the mat".length());
        opened.newest(ReadingFit.class).answer(new ReadingFit.Answer(List.of(readings), 100, 0.21));
    }

    private Path open() throws IOException {
        Path sae = TinySae.writeTo(folder.resolve("sae"), 1);
        OpenSae open = new OpenSae(
                new SaeId("sae", "1"),
                sae,
                SaeFile.read(sae, SaeOptions.AS_STORED).config(),
                List.of(),
                "weights");
        opened.service.saes.put(sae, CompletableFuture.completedFuture(open));
        opened.workbench.openCheckpoint(opened.workbench.a(), sae, SaeOptions.AS_STORED);
        return sae;
    }
}
