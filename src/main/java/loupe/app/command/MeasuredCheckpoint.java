package loupe.app.command;

import java.nio.file.Path;
import loupe.analysis.Fit;
import loupe.analysis.prompts.TokenRows;
import loupe.app.cli.CommandContext;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.Processing;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of commands that measure a checkpoint on a model and a corpus, and how the three are opened. */
final class MeasuredCheckpoint {
    @Mixin
    private ModelOptions.Required model;

    @Option(names = "--sae", required = true, paramLabel = "PATH", description = "Checkpoint to measure.")
    private Path sae;

    @Mixin
    private SaeArguments reading;

    @Mixin
    private CorpusOptions.Required corpus;

    /** A checkpoint with the model that it is measured on, whose width is the one it writes. */
    record Opened(OpenModel model, OpenSae sae) {}

    Path path() {
        return sae;
    }

    SaeArguments reading() {
        return reading;
    }

    CorpusOptions corpus() {
        return corpus;
    }

    /**
     * Opens both.
     *
     * @throws loupe.base.Refusal if they do not fit together
     */
    Opened open(CommandContext context) {
        OpenSae checkpoint = reading.open(context, sae, "--sae");
        OpenModel opened = model.open(context, Processing.RAW);
        SaeArguments.require(new Fit(opened.config(), checkpoint.config()).misfitOfOutput(), checkpoint, opened);
        return new Opened(opened, checkpoint);
    }

    /** The corpus as the model reads it. */
    TokenRows contexts(CommandContext context, Opened opened) {
        return corpus.contexts(context, opened.model(), model.separator(opened.model()));
    }

    /** The beginning of the corpus, long enough to see how well a checkpoint fits. */
    TokenRows beginning(CommandContext context, Opened opened) {
        return corpus.beginning(context, opened.model(), model.separator(opened.model()));
    }
}
