package loupe.app.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import loupe.analysis.Fit;
import loupe.analysis.prompts.TextActivations;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionRange;
import loupe.app.cli.UsageException;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.Processing;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code text}: the features that are active at each token of a text, as the pane "Your text" shows them. */
@Command(name = "text", description = "Show the features of a checkpoint that are active at each token of a text.")
public final class TextCommand extends LoupeCommand<TextCommand.Result> {
    @Mixin
    private ModelOptions.Required model;

    @Option(names = "--sae", required = true, paramLabel = "PATH", description = "Checkpoint whose features are shown.")
    private Path sae;

    @Mixin
    private SaeArguments reading;

    @Option(names = "--text", paramLabel = "T", description = "Text to read; or give --ids.")
    private String text;

    @Option(names = "--ids", split = ",", paramLabel = "ID", description = "Token ids to read, taken as they are.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int[] ids;

    @Option(names = "--feature", paramLabel = "I", description = "Feature shown along the whole text.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private Integer feature;

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "10",
            description = "Features listed at each token, those furthest from 0 (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = OptionRange.MOST_LISTED)
    private int top;

    @Override
    public Result run(CommandContext context) {
        if ((text == null) == (ids == null)) {
            throw new UsageException("give --text T or --ids 1,2,3");
        }
        OpenSae checkpoint = reading.open(context, sae, "--sae");
        if (feature != null && feature >= checkpoint.config().dSae()) {
            throw new UsageException("--feature is " + feature + ", the features of " + sae + " are 0 to "
                    + (checkpoint.config().dSae() - 1));
        }
        OpenModel opened = model.open(context, Processing.RAW);
        SaeArguments.require(new Fit(opened.config(), checkpoint.config()).misfit(), checkpoint, opened);
        reading.warnOfProcessing(context, checkpoint, opened);
        int[] given = ids != null ? ModelOptions.check(opened, ids, "--ids") : model.encode(opened, text, "--text");
        String option = ids != null ? "--ids" : "--text";
        if (given.length == 0 || given.length > opened.config().context()) {
            throw new UsageException(option + " has " + given.length + " tokens, expected 1 to "
                    + opened.config().context() + ", the model's context");
        }
        TextActivations.Answer answer = context.ask(new TextActivations(
                opened.id(), checkpoint.id(), Arrays.stream(given).boxed().toList()));
        Optional<float[]> along = Optional.ofNullable(feature).map(answer::of);
        List<At> tokens = new ArrayList<>();
        for (int i = 0; i < given.length; i++) {
            int at = i;
            tokens.add(new At(
                    given[i],
                    ModelOptions.text(opened, given[i]),
                    answer.l0(i),
                    along.map(values -> values[at]),
                    answer.strongest(i, top).stream()
                            .map(one -> new Active(one.feature(), one.activation()))
                            .toList()));
        }
        return new Result(tokens);
    }

    /** The result that is printed. */
    record Result(List<At> tokens) {}

    /**
     * A token of the text.
     *
     * @param l0 number of features active at it
     * @param activation of the feature that was asked for; empty if none was
     * @param features furthest from 0 first
     */
    record At(int id, String token, int l0, Optional<Float> activation, List<Active> features) {}

    /** A feature that is active at a token. */
    record Active(int feature, float activation) {}
}
