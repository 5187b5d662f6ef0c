package loupe.state.checkpoint;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.ReadOnlyStringProperty;
import javafx.beans.property.ReadOnlyStringWrapper;
import javafx.beans.value.ObservableValue;
import loupe.analysis.Fit;
import loupe.analysis.Misfit;
import loupe.analysis.compare.SaeEvaluation;
import loupe.analysis.prompts.TokenRows;
import loupe.base.Cancellation;
import loupe.base.Problem;
import loupe.index.DocumentPacking;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Pending;
import loupe.inference.Priority;
import loupe.state.window.Activity;
import loupe.state.window.CheckpointSide;
import loupe.state.window.CorpusFiles;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * How faithful the checkpoint of a side is to the model on the beginning of the corpus, as {@code evaluate} measures
 * it. It goes on while its page is closed; another model, checkpoint or corpus forgets what was measured. JavaFX thread
 * only.
 */
public final class EvaluationModel {
    private final Workbench workbench;
    private final CheckpointSide side;
    private final ObservableValue<CorpusFiles> corpus;
    private final ObservableValue<DocumentPacking> documents;
    private final ReadOnlyObjectWrapper<SaeEvaluation.Answer> answer = new ReadOnlyObjectWrapper<>(this, "answer");
    private final ReadOnlyStringWrapper measuredOn = new ReadOnlyStringWrapper(this, "measuredOn", "");
    private final ReadOnlyObjectWrapper<Problem> problem = new ReadOnlyObjectWrapper<>(this, "problem");
    private final ReadOnlyObjectWrapper<Activity.Job> job = new ReadOnlyObjectWrapper<>(this, "job");
    private final ReadOnlyBooleanWrapper running = new ReadOnlyBooleanWrapper(this, "running");
    private @Nullable Run run;

    /**
     * @param corpus text to measure on; null for none
     * @param documents how the model reads its documents
     */
    public EvaluationModel(
            Workbench workbench,
            CheckpointSide side,
            ObservableValue<CorpusFiles> corpus,
            ObservableValue<DocumentPacking> documents) {
        this.workbench = workbench;
        this.side = side;
        this.corpus = corpus;
        this.documents = documents;
        side.sae().addListener(changed -> forget());
        workbench.model().addListener(changed -> forget());
        corpus.addListener(changed -> forget());
        documents.addListener(changed -> forget());
    }

    public CheckpointSide side() {
        return side;
    }

    /** What was measured; null while nothing is. A measurement that was stopped leaves nothing. */
    public ReadOnlyObjectProperty<SaeEvaluation.Answer> answer() {
        return answer.getReadOnlyProperty();
    }

    /** What it was measured on, in words; empty while nothing is. */
    public ReadOnlyStringProperty measuredOn() {
        return measuredOn.getReadOnlyProperty();
    }

    /** Why it could not be measured; null if it could. */
    public ReadOnlyObjectProperty<Problem> problem() {
        return problem.getReadOnlyProperty();
    }

    public ReadOnlyBooleanProperty running() {
        return running.getReadOnlyProperty();
    }

    /** The measurement as a job, with its progress; null while none runs. */
    public ReadOnlyObjectProperty<Activity.Job> job() {
        return job.getReadOnlyProperty();
    }

    private void forget() {
        stop();
        answer.set(null);
        measuredOn.set("");
        problem.set(null);
    }

    /** Why nothing can be measured now; empty if it can. */
    public String obstacle() {
        OpenModel model = workbench.model().get();
        if (model == null) {
            return "There is no model to measure with. Open one first";
        }
        if (side.sae().get() == null) {
            return "";
        }
        if (corpus.getValue() == null) {
            return "There is no text to measure on. Choose a corpus first";
        }
        return model.tokenizer().isEmpty() ? "The model has no tokenizer, so no text can be read for it" : "";
    }

    /**
     * Measures on the first tokens of the corpus. Does nothing while a measurement runs.
     *
     * @param tokens at most
     */
    public void measure(long tokens) {
        OpenModel model = workbench.model().get();
        OpenSae sae = side.sae().get();
        if (running.get() || sae == null) {
            return;
        }
        answer.set(null);
        measuredOn.set("");
        problem.set(obstacle().isEmpty() ? null : new Problem(obstacle(), true, ""));
        if (problem.get() != null) {
            return;
        }
        Optional<Misfit> misfit = new Fit(model.config(), sae.config()).misfitOfOutput();
        if (misfit.isPresent()) {
            problem.set(
                    Problem.of(misfit.get().refusal(sae.id().name(), model.id().name())));
            return;
        }
        new Run(model, sae, corpus.getValue(), documents.getValue(), tokens).begin();
    }

    /** Stops the measurement; what was measured so far is left out. */
    public void stop() {
        if (run != null) {
            run.stop();
        }
    }

    /** One measurement. */
    private final class Run {
        private final OpenModel model;
        private final OpenSae sae;
        private final CorpusFiles text;
        private final DocumentPacking how;
        private final long tokens;
        private final Cancellation cancellation = new Cancellation();

        @SuppressWarnings("NullAway.Init") // begun with the run
        private Activity.Job shown;

        private @Nullable Pending<?> asked;

        Run(OpenModel model, OpenSae sae, CorpusFiles text, DocumentPacking how, long tokens) {
            this.model = model;
            this.sae = sae;
            this.text = text;
            this.how = how;
            this.tokens = tokens;
        }

        @SuppressWarnings("FutureReturnValueIgnored") // the page gets what fails
        void begin() {
            run = this;
            shown = workbench.activity().begin("Evaluating " + sae.id() + " on " + text.name(), this::stop);
            job.set(shown);
            running.set(true);
            CompletableFuture.supplyAsync(
                            () -> CorpusRows.read(model, text, how, tokens, cancellation),
                            workbench.service().files())
                    .whenComplete((rows, failure) -> workbench.fx().execute(() -> ask(rows, failure)));
        }

        @SuppressWarnings("FutureReturnValueIgnored")
        private void ask(TokenRows rows, @Nullable Throwable failure) {
            if (failure != null || cancellation.isCancelled()) {
                end(null, failure);
                return;
            }
            Pending<SaeEvaluation.Answer> pending =
                    workbench.service().submit(new SaeEvaluation(model.id(), sae.id(), rows), Priority.BACKGROUND);
            asked = pending;
            // of a part only the share is read: the sums behind its figures go on changing
            pending.onProgress((part, fraction) ->
                    shown.report(fraction, Math.round(fraction * rows.tokens()) + " of " + rows.tokens() + " tokens"));
            pending.answer().whenComplete((found, broken) -> workbench.fx().execute(() -> end(found, broken)));
        }

        void stop() {
            cancellation.cancel();
            if (asked != null) {
                asked.cancel();
            }
            end(null, null);
        }

        private void end(SaeEvaluation.@Nullable Answer found, @Nullable Throwable failure) {
            if (run != this) {
                return;
            }
            run = null;
            shown.end();
            job.set(null);
            running.set(false);
            if (cancellation.isCancelled()) {
                return;
            }
            if (failure != null) {
                problem.set(Problem.of(failure));
            } else {
                measuredOn.set(text.name() + ", " + how.words());
                answer.set(found);
            }
        }
    }
}
