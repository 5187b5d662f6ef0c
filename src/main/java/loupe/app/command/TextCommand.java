package loupe.app.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import loupe.analysis.Fit;
import loupe.analysis.prompts.AblatedText;
import loupe.analysis.prompts.TextActivations;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionRange;
import loupe.app.cli.ResultJson.LeftOutIfEmpty;
import loupe.app.cli.UsageException;
import loupe.base.Refusal;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.Processing;
import loupe.lm.tokenizer.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code text}: the features that are active at each token of a text, as the pane "Your text" shows them. */
@Command(name = "text", description = "Show the features of a checkpoint that are active at each token of a text.")
public final class TextCommand extends LoupeCommand<TextCommand.Result> {
    private static final String REMOVED = "removed";
    private static final String REPLACED = "replaced";

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
            names = "--ablate",
            paramLabel = "HOW",
            description = "Show what becomes of the activation of --feature at --at without each token before it: "
                    + "removed (what follows moves up) or replaced (by the token for the beginning of text).")
    private String ablate;

    @Option(
            names = "--at",
            paramLabel = "N",
            description = "With --ablate: the token at which the activation is read, from 0 (default: where it is "
                    + "furthest from 0).")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private Integer at;

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
        if (ablate != null && (feature == null || !List.of(REMOVED, REPLACED).contains(ablate))) {
            throw new UsageException(
                    feature == null
                            ? "--ablate needs --feature I, whose activation is shown"
                            : "--ablate is " + ablate + ", expected " + REMOVED + " or " + REPLACED);
        }
        if (at != null && ablate == null) {
            throw new UsageException("--at goes with --ablate");
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
        Optional<Integer> readAt = along.filter(values -> ablate != null).map(values -> readAt(values, option));
        Optional<float[]> without = readAt.map(place -> ablated(context, opened, checkpoint, given, place));
        List<At> tokens = new ArrayList<>();
        for (int i = 0; i < given.length; i++) {
            int place = i;
            tokens.add(new At(
                    given[i],
                    ModelOptions.text(opened, given[i]),
                    answer.l0(i),
                    along.map(values -> values[place]),
                    without.filter(values -> place < values.length).map(values -> values[place]),
                    answer.strongest(i, top).stream()
                            .map(one -> new Active(one.feature(), one.activation()))
                            .toList()));
        }
        return new Result(readAt, tokens);
    }

    /** The place that --at names, or that of the activation furthest from 0. */
    private int readAt(float[] along, String option) {
        if (at == null) {
            return IntStream.range(0, along.length)
                    .boxed()
                    .max(Comparator.comparing(place -> Math.abs(along[place])))
                    .orElseThrow();
        }
        if (at >= along.length) {
            throw new UsageException("--at is " + at + ", the tokens of " + option + " are 0 to " + (along.length - 1));
        }
        return at;
    }

    /** The activation at a place without each token up to it. */
    private float[] ablated(CommandContext context, OpenModel opened, OpenSae checkpoint, int[] ids, int place) {
        OptionalInt replacement = OptionalInt.empty();
        if (ablate.equals(REPLACED)) {
            replacement = opened.tokenizer().map(Tokenizer::beginning).orElse(OptionalInt.empty());
            if (replacement.isEmpty()) {
                throw new Refusal("--ablate replaced: " + opened.folder()
                        + " has no token for the beginning of text. Use --ablate removed");
            }
        }
        return context.ask(new AblatedText(
                        opened.id(),
                        checkpoint.id(),
                        feature,
                        Arrays.stream(ids).limit(place + 1L).boxed().toList(),
                        0,
                        replacement))
                .without();
    }

    /**
     * The result that is printed.
     *
     * @param readAt the token at which the ablated activation is read; empty without an ablation
     */
    record Result(@LeftOutIfEmpty Optional<Integer> readAt, List<At> tokens) {}

    /**
     * A token of the text.
     *
     * @param l0 number of features active at it
     * @param activation of the feature that was asked for; empty if none was
     * @param without the activation at the place that is read, without this token; empty without an ablation and after
     *     that place
     * @param features furthest from 0 first
     */
    record At(
            int id,
            String token,
            int l0,
            Optional<Float> activation,
            @LeftOutIfEmpty Optional<Float> without,
            List<Active> features) {}

    /** A feature that is active at a token. */
    record Active(int feature, float activation) {}
}
