package loupe.app.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import loupe.analysis.Fit;
import loupe.analysis.ModelName;
import loupe.analysis.compare.ReadingFit;
import loupe.analysis.compare.VectorReadingFit;
import loupe.analysis.prompts.TokenRows;
import loupe.app.cli.CommandContext;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;

/**
 * The warnings before a long computation with a checkpoint in a model: that it names another model, that another way of
 * reading it fits the model's activations better, or that none fits.
 */
final class ReadingCheck {
    private ReadingCheck() {}

    /**
     * Warns of another model's name, and measures the readings on some text if the checkpoint's output can be compared
     * with anything.
     *
     * @param reading the options that the checkpoint was opened with
     * @param texts some thousand tokens
     */
    static void warn(CommandContext context, OpenModel model, OpenSae sae, SaeArguments reading, TokenRows texts) {
        ModelName.doubt(sae.path().toString(), sae.config(), model.id().name()).ifPresent(context::warn);
        if (texts.count() > 0
                && new Fit(model.config(), sae.config()).misfitOfOutput().isEmpty()) {
            warn(context, sae, reading, context.ask(new ReadingFit(model.id(), sae.id(), texts)));
        }
    }

    /** Measures the readings on the given vectors, if there are enough of them. */
    static void warn(CommandContext context, OpenSae sae, SaeArguments reading, VectorReadingFit question) {
        if (!VectorReadingFit.isPossible(sae.config(), question.x())) {
            return;
        }
        ReadingFit.Answer answer = context.ask(question);
        Optional<ReadingFit.Reading> better = answer.better();
        if (better.isPresent() && better.get().centred()) {
            context.warn(sae.path() + ": " + answer.conclusion() + ". Take the mean off each vector first");
        } else {
            warn(context, sae, reading, answer);
        }
    }

    private static void warn(CommandContext context, OpenSae sae, SaeArguments reading, ReadingFit.Answer answer) {
        if (answer.readings().isEmpty()) {
            return;
        }
        if (answer.better().isPresent()) {
            context.warn(sae.path() + ": " + answer.conclusion() + ". Give "
                    + options(answer.asOpen(), answer.better().get(), reading) + " to read it so");
        } else if (!answer.fits()) {
            context.warn(sae.path() + ": " + answer.conclusion());
        }
    }

    /** The options that turn one reading into another. */
    private static String options(ReadingFit.Reading open, ReadingFit.Reading better, SaeArguments reading) {
        List<String> options = new ArrayList<>();
        if (better.centred() != open.centred()) {
            options.add("--processing " + (better.centred() ? "processed" : "raw"));
        }
        if (better.subtracts() != open.subtracts()) {
            options.add(better.subtracts() ? "--subtract-b-dec" : "--no-subtract-b-dec");
        }
        if (better.factor() != open.factor()) {
            options.add(String.format(Locale.ROOT, "--norm-factor %.6g", reading.normFactor() * better.factor()));
        }
        return String.join(" ", options);
    }
}
