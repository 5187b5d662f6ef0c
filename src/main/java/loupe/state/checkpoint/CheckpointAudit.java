package loupe.state.checkpoint;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.value.ObservableValue;
import loupe.analysis.Fit;
import loupe.analysis.Misfit;
import loupe.analysis.compare.ReadingFit;
import loupe.base.Cancellation;
import loupe.base.Problem;
import loupe.index.DocumentPacking;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.sae.checkpoint.SaeAudit;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeOptions;
import loupe.state.pane.ResultSlot;
import loupe.state.window.CheckpointSide;
import loupe.state.window.CorpusFiles;
import loupe.state.window.Workbench;

/**
 * Findings about the checkpoint of a side: from its files when it is opened and, on request, from how well each way of
 * reading it fits the open model on some two thousand tokens of the corpus. JavaFX thread only.
 */
public final class CheckpointAudit {
    private final Workbench workbench;
    private final CheckpointSide side;
    private final ObservableValue<CorpusFiles> corpus;
    private final ObservableValue<DocumentPacking> documents;
    private final ReadOnlyObjectWrapper<List<SaeAudit.Finding>> findings =
            new ReadOnlyObjectWrapper<>(this, "findings", List.of());
    private final ReadOnlyObjectWrapper<Problem> problem = new ReadOnlyObjectWrapper<>(this, "problem");
    private final ResultSlot<ReadingFit.Answer> fit;
    private Cancellation looking = new Cancellation();
    /** Findings from the files alone. */
    private List<SaeAudit.Finding> found = List.of();

    /**
     * @param corpus text to measure the fit on; null for none
     * @param documents how the model reads its documents
     */
    public CheckpointAudit(
            Workbench workbench,
            CheckpointSide side,
            ObservableValue<CorpusFiles> corpus,
            ObservableValue<DocumentPacking> documents) {
        this.workbench = workbench;
        this.side = side;
        this.corpus = corpus;
        this.documents = documents;
        fit = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        side.sae().addListener((property, was, is) -> inspect(is));
        workbench.model().addListener((property, was, is) -> findings.set(inTheModel(found)));
        fit.problemProperty().addListener((property, was, is) -> problem.set(is));
        inspect(side.sae().get());
    }

    public CheckpointSide side() {
        return side;
    }

    /** Findings from the files; empty until they have been read. */
    public ReadOnlyObjectProperty<List<SaeAudit.Finding>> findings() {
        return findings.getReadOnlyProperty();
    }

    /** How well each reading fits; null until {@link #fitNow} has been called and answered. */
    public ResultSlot<ReadingFit.Answer> fit() {
        return fit;
    }

    /** Why the checkpoint could not be examined or fitted; null if it could. */
    public ReadOnlyObjectProperty<Problem> problem() {
        return problem.getReadOnlyProperty();
    }

    /** How the model reads the documents of the text that the fit is measured on. */
    public ObservableValue<DocumentPacking> documents() {
        return documents;
    }

    /** Reads the checkpoint again, with a remedy's options. */
    public void apply(SaeAudit.Remedy remedy) {
        OpenSae open = side.sae().get();
        if (open != null) {
            workbench.openCheckpoint(side, open.path(), remedy.options());
        }
    }

    /** Measures how well each reading fits the open model. */
    @SuppressWarnings({"FutureReturnValueIgnored", "ReferenceEquality"
    }) // the window gets what fails; a file opened anew is another
    public void fitNow() {
        OpenSae open = side.sae().get();
        OpenModel model = workbench.model().get();
        CorpusFiles text = corpus.getValue();
        if (open == null || model == null) {
            return;
        }
        String obstacle = text == null
                ? "There is no text to measure the fit on. Choose a corpus first"
                : model.tokenizer().isEmpty() ? "The model has no tokenizer, so no text can be read for it" : "";
        if (!obstacle.isEmpty()) {
            problem.set(new Problem(obstacle, true, ""));
            return;
        }
        Optional<Misfit> misfit = new Fit(model.config(), open.config()).misfitOfOutput();
        if (misfit.isPresent()) {
            problem.set(
                    Problem.of(misfit.get().refusal(open.id().name(), model.id().name())));
            return;
        }
        problem.set(null);
        DocumentPacking how = documents.getValue();
        CompletableFuture.supplyAsync(
                        () -> CorpusRows.read(model, text, how, ReadingFit.ENOUGH_TOKENS, new Cancellation()),
                        workbench.service().files())
                .whenComplete((rows, failure) -> workbench.fx().execute(() -> {
                    if (side.sae().get() != open || workbench.model().get() != model) {
                        return;
                    }
                    if (failure != null) {
                        problem.set(Problem.of(failure));
                    } else {
                        fit.askAfresh(new ReadingFit(model.id(), open.id(), rows));
                    }
                }));
    }

    /** The conclusion from the fit, in a sentence; empty while there is none. */
    public String conclusion() {
        ReadingFit.Answer answer = fit.getValue();
        if (answer == null
                || answer.readings().isEmpty()
                || !fit.completeProperty().get()) {
            return "";
        }
        return answer.conclusion();
    }

    /** How to read it so that it fits better; empty if it is open that way, or no fit was measured. */
    public Optional<SaeAudit.Remedy> remedy() {
        ReadingFit.Answer answer = fit.getValue();
        if (conclusion().isEmpty() || answer.better().isEmpty()) {
            return Optional.empty();
        }
        ReadingFit.Reading open = answer.asOpen();
        ReadingFit.Reading best = answer.better().get();
        SaeOptions options = workbench.readAs(side);
        if (best.centred() != open.centred()) {
            options = options.withCentred(best.centred());
        }
        if (best.subtracts() != open.subtracts()) {
            options = options.withSubtractDecoderBias(best.subtracts());
        }
        if (best.factor() != open.factor()) {
            options = options.withNormFactor(options.normFactor().orElse(1) * best.factor());
        }
        return Optional.of(new SaeAudit.Remedy("Read it with " + best.words(), options));
    }

    @SuppressWarnings("FutureReturnValueIgnored") // the window gets what fails
    private void inspect(OpenSae open) {
        looking.cancel();
        found = List.of();
        findings.set(List.of());
        fit.clear();
        problem.set(null);
        if (open == null || !Files.exists(open.path())) {
            return;
        }
        Cancellation mine = new Cancellation();
        looking = mine;
        SaeOptions options = workbench.readAs(side);
        CompletableFuture.supplyAsync(
                        () -> SaeAudit.of(SaeFile.read(open.path(), options), mine),
                        workbench.service().files())
                .whenComplete((inFiles, failure) -> workbench.fx().execute(() -> {
                    if (mine.isCancelled()) {
                        return;
                    }
                    if (failure == null) {
                        found = inFiles;
                        findings.set(inTheModel(found));
                    } else {
                        problem.set(Problem.of(failure));
                    }
                }));
    }

    /**
     * The findings with what the open model makes of them: where nothing is centred, centring is not offered. What is
     * unusual about the model itself comes last.
     */
    private List<SaeAudit.Finding> inTheModel(List<SaeAudit.Finding> inFiles) {
        OpenSae open = side.sae().get();
        OpenModel model = workbench.model().get();
        Optional<String> unprocessed =
                open == null || model == null ? Optional.empty() : new Fit(model.config(), open.config()).unprocessed();
        List<SaeAudit.Finding> known = new ArrayList<>();
        inFiles.stream()
                .map(finding -> unprocessed.isPresent() && finding.topic().equals(SaeAudit.CENTRING)
                        ? new SaeAudit.Finding(finding.topic(), unprocessed.get(), Optional.empty())
                        : finding)
                .forEach(known::add);
        if (open != null && model != null) {
            model.warnings().forEach(warning -> known.add(new SaeAudit.Finding("Model", warning, Optional.empty())));
        }
        return List.copyOf(known);
    }
}
