package loupe.app.effects;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import loupe.analysis.Fit;
import loupe.analysis.ablation.AblatedText;
import loupe.analysis.ablation.Replacement;
import loupe.analysis.ablation.TokenSets;
import loupe.analysis.effects.InterventionList;
import loupe.analysis.effects.Interventions;
import loupe.analysis.effects.TextPredictions;
import loupe.analysis.prompts.TextActivations;
import loupe.analysis.prompts.TextFeatures;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionRange;
import loupe.app.cli.ResultJson.LeftOutIfEmpty;
import loupe.app.cli.UsageException;
import loupe.app.command.ListedInterventions;
import loupe.app.command.ModelOptions;
import loupe.app.command.ReadingArguments;
import loupe.app.command.SaeArguments;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.Processing;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code text}: what the model predicts after each token of a text and the features that are active there, as the view
 * Text and the pane "Your text" show them.
 */
@Command(
        name = "text",
        description = "Show what a model predicts after each token of a text, and the features of a checkpoint that "
                + "are active there.")
public final class TextCommand extends LoupeCommand<TextCommand.Result> {
    private static final String REMOVED = "removed";
    private static final String REPLACED = "replaced";
    private static final int MOST_SAES = 2;

    @Mixin
    private ModelOptions.Required model;

    @Option(
            names = "--sae",
            paramLabel = "PATH",
            description = "Checkpoint whose features are shown; a second one stands beside the first.")
    private List<Path> saes = List.of();

    @Mixin
    private SaeArguments reading;

    @Option(names = "--text", paramLabel = "T", description = "Text to read; or give --ids.")
    private String text;

    @Option(names = "--ids", split = ",", paramLabel = "ID", description = "Token ids to read, taken as they are.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int[] ids;

    @Mixin
    private TextPairOptions compared;

    @Mixin
    private ListedInterventions done;

    @Option(
            names = "--feature",
            split = ",",
            paramLabel = "I",
            description = "Feature shown along the whole text; of two checkpoints one of each, and their difference.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int[] features = {};

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
            description = "Features listed at each token, those furthest from 0, and of the whole text (default: "
                    + "${DEFAULT-VALUE}).")
    @OptionRange(most = OptionRange.MOST_LISTED)
    private int top;

    /** By what the features of the whole text are ordered. */
    enum Order {
        /** By the activation furthest from 0. */
        MAXIMUM(TextFeatures.Order.MAXIMUM),
        /** By the sum of the activations. */
        SUM(TextFeatures.Order.SUM);

        private final TextFeatures.Order order;

        Order(TextFeatures.Order order) {
            this.order = order;
        }

        @Override
        public String toString() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    @Option(
            names = "--order",
            paramLabel = "WHICH",
            defaultValue = "maximum",
            description = "Order of the features of the whole text: maximum, the activation furthest from 0, or sum "
                    + "(default: ${DEFAULT-VALUE}).")
    private Order order;

    @Override
    public Result run(CommandContext context) {
        Prompts.requireOne(text, "--text", ids, "--ids");
        compared.check();
        checkFeatures();
        InterventionList list = done.read();
        List<OpenSae> checkpoints =
                saes.stream().map(path -> reading.open(context, path, "--sae")).toList();
        for (int i = 0; i < features.length; i++) {
            ReadingArguments.requireFeature(features[i], checkpoints.get(i), "--feature");
        }
        OpenModel opened = model.open(context, Processing.RAW);
        for (OpenSae checkpoint : checkpoints) {
            SaeArguments.require(new Fit(opened.config(), checkpoint.config()).misfit(), checkpoint, opened);
            reading.warnOfProcessing(context, checkpoint, opened);
        }
        List<Integer> clean = Prompts.of(opened, model, text, "--text", ids, "--ids");
        List<Integer> corrupt = compared.corrupt(opened, model, clean.size());
        List<Integer> followed = compared.followed(opened, model);
        List<TextPredictions.Run> runs = new ArrayList<>();
        runs.add(new TextPredictions.Run(clean, Interventions.NONE));
        if (corrupt != null) {
            runs.add(new TextPredictions.Run(corrupt, Interventions.NONE));
        }
        int plain = runs.size();
        Interventions interventions = done.of(context, list, opened, checkpoints);
        if (!interventions.isEmpty()) {
            SaeAt.requireFit(checkpoints, opened);
            List.copyOf(runs).forEach(run -> runs.add(new TextPredictions.Run(run.ids(), interventions)));
        }
        TextPredictions.Answer predicted =
                context.ask(new TextPredictions(opened.id(), runs, compared.predictions(), followed));
        List<Text> texts = new ArrayList<>();
        for (int run = 0; run < plain; run++) {
            texts.add(text(context, opened, checkpoints, predicted, run, run == 0));
        }
        return new Result(
                texts.get(0).readAt(),
                texts.get(0).meanLoss(),
                texts.get(0).after(),
                texts.get(0).tokens(),
                texts.get(0).top(),
                texts.size() > 1
                        ? Optional.of(new Corrupt(
                                texts.get(1).meanLoss(),
                                texts.get(1).after(),
                                texts.get(1).tokens(),
                                texts.get(1).top()))
                        : Optional.empty());
    }

    /** What can be refused before anything is opened. */
    private void checkFeatures() {
        if (saes.size() > MOST_SAES) {
            throw new UsageException("--sae is given " + saes.size() + " times, expected at most " + MOST_SAES);
        }
        if (saes.isEmpty() && features.length > 0) {
            throw new UsageException("--feature goes with --sae PATH");
        }
        if (features.length > 0 && features.length != saes.size()) {
            throw new UsageException("--feature has " + features.length + " numbers, expected one for each --sae, of "
                    + "which there are " + saes.size());
        }
        if (ablate != null
                && (features.length == 0 || !List.of(REMOVED, REPLACED).contains(ablate))) {
            throw new UsageException(
                    features.length == 0
                            ? "--ablate needs --feature I, whose activation is shown"
                            : "--ablate is " + ablate + ", expected " + REMOVED + " or " + REPLACED);
        }
        if (at != null && ablate == null) {
            throw new UsageException("--at goes with --ablate");
        }
    }

    /** A text with all that is asked of it. */
    private record Text(
            Optional<Integer> readAt,
            Optional<Double> meanLoss,
            Optional<Total> after,
            List<At> tokens,
            Optional<List<InText>> top) {}

    /** @param ablates whether tokens are ablated, if the user wants that */
    private Text text(
            CommandContext context,
            OpenModel opened,
            List<OpenSae> checkpoints,
            TextPredictions.Answer predicted,
            int run,
            boolean ablates) {
        List<Integer> read = predicted.runs().get(run).ids();
        List<TextActivations.Answer> answers = checkpoints.stream()
                .map(sae -> context.ask(new TextActivations(opened.id(), sae.id(), read)))
                .toList();
        TextActivations.Answer first = answers.isEmpty() ? null : answers.get(0);
        float[] along = first == null || features.length == 0 ? null : first.of(features[0]);
        float[] beside = answers.size() < MOST_SAES || features.length == 0
                ? null
                : answers.get(1).of(features[1]);
        Optional<Integer> readAt = Optional.ofNullable(along)
                .filter(values -> ablate != null && ablates)
                .map(values -> AblationOptions.readAt(at, values, text != null ? "--text" : "--ids"));
        Optional<float[]> without = readAt.map(place -> ablated(context, opened, checkpoints.get(0), read, place));
        List<At> tokens = new ArrayList<>();
        for (int i = 0; i < read.size(); i++) {
            int place = i;
            tokens.add(new At(
                    read.get(i),
                    ModelOptions.text(opened, read.get(i)),
                    Optional.ofNullable(first).map(answer -> answer.l0(place)),
                    Optional.ofNullable(along).map(values -> values[place]),
                    Optional.ofNullable(beside).map(values -> values[place]),
                    along == null || beside == null ? Optional.empty() : Optional.of(beside[place] - along[place]),
                    without.filter(values -> place < values.length).map(values -> values[place]),
                    Optional.ofNullable(first)
                            .map(answer -> answer.strongest(place, top).stream()
                                    .map(one -> new Active(one.feature(), one.activation()))
                                    .toList()),
                    predicted(opened, predicted, run, i),
                    after(predicted, run).stream()
                            .mapToObj(after -> predicted(opened, predicted, after, place))
                            .findFirst()));
        }
        return new Text(
                readAt,
                finite(predicted.meanLoss(run)),
                after(predicted, run).stream()
                        .mapToObj(after -> new Total(
                                finite(predicted.meanLoss(after)), predicted.applied()[after]))
                        .findFirst(),
                tokens,
                Optional.ofNullable(first)
                        .map(answer -> TextFeatures.of(answer).top(order.order, top).stream()
                                .map(one -> new InText(one.feature(), one.maximum(), one.sum(), one.tokens()))
                                .toList()));
    }

    /** The run of the same text under the interventions. */
    private static OptionalInt after(TextPredictions.Answer predicted, int run) {
        int last = predicted.runs().size() - 1;
        return predicted.runs().get(last).interventions().isEmpty()
                ? OptionalInt.empty()
                : OptionalInt.of(predicted.runs().size() / 2 + run);
    }

    /** What one run predicts after a token. */
    private Predicted predicted(OpenModel opened, TextPredictions.Answer predicted, int run, int place) {
        TextPredictions.At there = predicted.positions().get(place);
        boolean both = compared.hasAnswer() && compared.hasWrongAnswer();
        return new Predicted(
                finite(predicted.surprisal(run, place)),
                finite(predicted.loss(run, place)),
                there.entropies()[run],
                run == 0 ? Optional.empty() : Optional.of(there.divergences()[run]),
                predictions(opened, there, run),
                answer(there, run, 0, compared.hasAnswer()),
                answer(there, run, compared.hasAnswer() ? 1 : 0, compared.hasWrongAnswer()),
                both ? Optional.of(there.tracked()[run][0] - there.tracked()[run][1]) : Optional.empty());
    }

    private static Optional<Double> finite(double value) {
        return Double.isNaN(value) ? Optional.empty() : Optional.of(value);
    }

    /** The likeliest tokens of this run alone. */
    private List<Next> predictions(OpenModel opened, TextPredictions.At position, int run) {
        double[] logs = position.logProbabilities()[run];
        return IntStream.range(0, logs.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -logs[i]))
                .limit(compared.predictions())
                .map(i -> new Next(position.ids()[i], ModelOptions.text(opened, position.ids()[i]), Math.exp(logs[i])))
                .toList();
    }

    private static Optional<Followed> answer(TextPredictions.At position, int run, int index, boolean given) {
        return given
                ? Optional.of(new Followed(Math.exp(position.tracked()[run][index]), position.ranks()[run][index]))
                : Optional.empty();
    }

    /** The activation at a place without each token up to it. */
    private float[] ablated(
            CommandContext context, OpenModel opened, OpenSae checkpoint, List<Integer> read, int place) {
        Replacement replacement = ablate.equals(REPLACED)
                ? AblationOptions.beginning(opened, "--ablate replaced", "--ablate removed")
                : Replacement.REMOVED;
        AblatedText.Answer answer = context.ask(new AblatedText(
                opened.id(),
                checkpoint.id(),
                features[0],
                read.subList(0, place + 1),
                0,
                TokenSets.singles(),
                replacement));
        return Arrays.copyOf(answer.without(), place + 1); // 0 without the token itself, where nothing is left to read
    }

    /**
     * The result that is printed.
     *
     * @param readAt the token at which the ablated activation is read; empty without an ablation
     * @param meanLoss in nats per token; empty for a single token
     * @param after the same under the interventions; empty without any
     * @param tokens of the text
     * @param top features of the whole text; empty without a checkpoint
     * @param corrupt the same of the second text; empty without one
     */
    record Result(
            @LeftOutIfEmpty Optional<Integer> readAt,
            Optional<Double> meanLoss,
            @LeftOutIfEmpty Optional<Total> after,
            List<At> tokens,
            @LeftOutIfEmpty Optional<List<InText>> top,
            @LeftOutIfEmpty Optional<Corrupt> corrupt) {}

    /** The second text. */
    record Corrupt(
            Optional<Double> meanLoss,
            @LeftOutIfEmpty Optional<Total> after,
            List<At> tokens,
            @LeftOutIfEmpty Optional<List<InText>> top) {}

    /** A text under the interventions: its loss, and at how many tokens something was done. */
    record Total(Optional<Double> meanLoss, long applied) {}

    /**
     * A token of the text.
     *
     * @param l0 number of features active at it
     * @param activation of the feature that was asked for; empty if none was
     * @param activationB of the second checkpoint's feature
     * @param difference of B's activation less A's
     * @param without the activation at the place that is read, without this token; empty without an ablation and after
     *     that place
     * @param features furthest from 0 first
     * @param predicted after it
     * @param after what is predicted under the interventions; empty without any
     */
    record At(
            int id,
            String token,
            @LeftOutIfEmpty Optional<Integer> l0,
            Optional<Float> activation,
            @LeftOutIfEmpty Optional<Float> activationB,
            @LeftOutIfEmpty Optional<Float> difference,
            @LeftOutIfEmpty Optional<Float> without,
            @LeftOutIfEmpty Optional<List<Active>> features,
            @JsonUnwrapped Predicted predicted,
            @LeftOutIfEmpty Optional<Predicted> after) {}

    /**
     * What is predicted after a token.
     *
     * @param surprisal in bits, of this token after those before it; empty for the first
     * @param loss in nats, of the token after it; empty for the last
     * @param entropy in nats
     * @param kl divergence from what is predicted after the clean text as it is, in nats; empty for that itself
     * @param predictions the likeliest tokens
     * @param answer what becomes of the answer here
     * @param logitDifference of answer and wrong answer
     */
    record Predicted(
            Optional<Double> surprisal,
            Optional<Double> loss,
            double entropy,
            @LeftOutIfEmpty Optional<Double> kl,
            List<Next> predictions,
            @LeftOutIfEmpty Optional<Followed> answer,
            @LeftOutIfEmpty Optional<Followed> wrongAnswer,
            @LeftOutIfEmpty Optional<Double> logitDifference) {}

    /** A feature that is active at a token. */
    record Active(int feature, float activation) {}

    /** A feature that is active in the text: its activation furthest from 0, their sum, and at how many tokens. */
    record InText(int feature, float maximum, double sum, int tokens) {}

    /** A token that may follow. */
    record Next(int id, String token, double probability) {}

    /** An answer after a token: its first token's probability, and its rank from 1. */
    record Followed(double probability, int rank) {}
}
