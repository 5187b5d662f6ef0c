package loupe.app.effects;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import loupe.analysis.effects.Bootstrap;
import loupe.analysis.effects.CorpusEffects;
import loupe.analysis.effects.ExampleEffects;
import loupe.analysis.effects.InterventionLine;
import loupe.analysis.effects.InterventionList;
import loupe.analysis.effects.Interventions;
import loupe.analysis.effects.MovedTokens;
import loupe.analysis.effects.PromptEffects;
import loupe.analysis.effects.TokenEffects;
import loupe.analysis.prompts.TokenRows;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.OptionSection;
import loupe.app.cli.UsageException;
import loupe.app.command.CorpusOptions;
import loupe.app.command.ListedInterventions;
import loupe.app.command.ModelOptions;
import loupe.app.command.ReadingArguments;
import loupe.format.TextFiles;
import loupe.index.ActivationIndex;
import loupe.index.FeatureActivations;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.search.ExampleTexts;
import loupe.ui.export.Csv;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code effect}: what interventions change of a model's predictions, on a text or over a feature's examples. */
@Command(
        name = "effect",
        description = "Measure what interventions change of a model's predictions, at each token of a text, over "
                + "examples of a feature or over a corpus: loss, divergence, and the tokens helped and hurt most "
                + "beside what the logit weights predict.")
public final class EffectCommand extends LoupeCommand<EffectCommand.Result> {
    @Mixin
    private PlacedCheckpoints placed;

    @Mixin
    private ListedInterventions done;

    @Mixin
    private OnText onText;

    @Mixin
    private OverExamples over;

    @Mixin
    private CorpusOptions.IfGiven corpus;

    @Option(
            names = "--watch",
            split = ",",
            paramLabel = "S/I",
            description = "Over a corpus: features whose activations are read without and under the interventions, I "
                    + "of the Sth --sae, from 0; S/ may be left out for the first (default: those of --do).")
    private List<String> watch = List.of();

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "10",
            description = "Tokens listed that are helped most, and that are hurt most (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = OptionRange.MOST_LISTED)
    private int top;

    @Option(
            names = "--out",
            paramLabel = "F.csv",
            description = "CSV file to write: a line for each token of the text, or for each example.")
    private Path out;

    /** The options of a text. */
    @OptionSection("On a text")
    static final class OnText {
        @Option(names = "--text", paramLabel = "T", description = "Text to predict; or give --ids.")
        private String text;

        @Option(
                names = "--ids",
                split = ",",
                paramLabel = "ID",
                description = "Token ids to predict, taken as they are.")
        @OptionRange(most = OptionRange.LARGEST_INDEX)
        private int[] ids;

        @Option(
                names = "--position",
                paramLabel = "P",
                description = "Token after which the tokens helped and hurt are listed, from 0 (default: the last).")
        @OptionRange(most = OptionRange.LARGEST_INDEX)
        private Integer position;
    }

    /** The options of examples. */
    @OptionSection("Over examples of a feature")
    static final class OverExamples {
        /** Refuses what says which examples are meant, where none are. */
        void requireNoExamples() {
            if (feature != null) {
                throw new UsageException("--feature goes with the examples of --index; over --corpus give --do "
                        + "'ablate " + feature + "', or --watch " + feature);
            }
        }

        @Option(
                names = "--feature",
                paramLabel = "I",
                description = "Feature of the first --sae whose examples are read; also what is ablated if there is no "
                        + "--do.")
        @OptionRange(most = OptionRange.LARGEST_INDEX)
        private Integer feature;

        @Option(
                names = "--examples",
                paramLabel = "WHICH",
                defaultValue = "top",
                converter = ChoiceConverter.class,
                description = "top (the strongest), uniform (over strength) or random (each as likely as every other) "
                        + "(default: ${DEFAULT-VALUE}).")
        private ExampleTexts.Choice choice;

        @Option(
                names = "--count",
                paramLabel = "N",
                defaultValue = "24",
                description = "Examples read at most (default: ${DEFAULT-VALUE}).")
        @OptionRange(least = 1, most = OptionRange.MOST_LISTED)
        private int count;

        @Option(
                names = "--resamples",
                paramLabel = "N",
                defaultValue = "" + Bootstrap.RESAMPLES,
                description = "Drawings of the bootstrap (default: ${DEFAULT-VALUE}).")
        @OptionRange(least = 1, most = 1_000_000)
        private int resamples;

        @Option(
                names = "--seed",
                paramLabel = "N",
                defaultValue = "0",
                description = "Seed of the bootstrap, and of uniform and random examples (default: ${DEFAULT-VALUE}).")
        @OptionRange(least = Long.MIN_VALUE, most = Long.MAX_VALUE)
        private long seed;
    }

    @Override
    public Result run(CommandContext context) {
        boolean isText = onText.text != null || onText.ids != null;
        if (isText && corpus.isGiven()) {
            throw new UsageException("--corpus and a text are both given; effects are measured over one of them");
        }
        if (!watch.isEmpty() && !corpus.isGiven()) {
            throw new UsageException("--watch goes with --corpus PATH");
        }
        List<WatchedAt> watched = watch.stream().map(WatchedAt::parse).toList();
        if (isText) {
            Prompts.requireOne(onText.text, "--text", onText.ids, "--ids");
        } else if (corpus.isGiven()) {
            over.requireNoExamples();
        } else if (!done.counted().isGiven() || over.feature == null) {
            throw new UsageException(
                    "give --text T or --ids 1,2,3, --corpus PATH, or --index DIR and --feature I for its examples");
        }
        InterventionList list = done.read(
                over.feature == null ? null : InterventionLine.of(InterventionLine.Kind.ABLATE, List.of(over.feature)));
        if (out != null) {
            OptionPaths.writable(out, "--out");
        }
        PlacedCheckpoints.Opened all = placed.open(context, checkpoints -> {
            if (over.feature != null) {
                ReadingArguments.requireFeature(over.feature, checkpoints.get(0), "--feature");
            }
        });
        OpenModel opened = all.model();
        List<OpenSae> checkpoints = all.saes();
        Interventions interventions = done.of(context, list, opened, checkpoints);
        if (corpus.isGiven()) {
            return overCorpus(context, opened, list, interventions, watched(checkpoints, watched, interventions));
        }
        OpenSae first = checkpoints.get(0);
        return isText
                ? onText(context, opened, list, interventions)
                : done.counted()
                        .read(
                                context,
                                first.id(),
                                first.config().dSae(),
                                (index, place) -> overExamples(context, opened, list, interventions, index, place));
    }

    private Result onText(
            CommandContext context, OpenModel opened, InterventionList list, Interventions interventions) {
        List<Integer> ids = Prompts.of(opened, placed.model(), onText.text, "--text", onText.ids, "--ids");
        int position = onText.position == null ? ids.size() - 1 : onText.position;
        if (position >= ids.size()) {
            throw new UsageException(
                    "--position is " + position + ", the tokens of the text are 0 to " + (ids.size() - 1));
        }
        PromptEffects.Answer answer = context.ask(new PromptEffects(opened.id(), ids, interventions));
        MovedTokens moved = context.ask(new TokenEffects(opened.id(), ids, interventions, position, top));
        List<AtToken> tokens = new ArrayList<>();
        for (int t = 0; t < ids.size(); t++) {
            boolean hasNext = t + 1 < ids.size();
            tokens.add(new AtToken(
                    ids.get(t),
                    ModelOptions.text(opened, ids.get(t)),
                    hasNext ? answer.ce()[t] : Double.NaN,
                    hasNext ? answer.ceWith()[t] : Double.NaN,
                    hasNext ? answer.deltaCe(t) : Double.NaN,
                    answer.kl()[t],
                    likely(opened, answer.next()[t]),
                    likely(opened, answer.nextWith()[t])));
        }
        write(
                List.of("position", "id", "token", "ce", "ce_with", "delta_ce", "kl", "next", "next_with"),
                IntStream.range(0, tokens.size())
                        .mapToObj(t -> cells(t, tokens.get(t)))
                        .toList());
        return new OnTextResult(
                lines(list),
                answer.applied(),
                answer.meanCe(),
                answer.meanCeWith(),
                answer.meanCeWith() - answer.meanCe(),
                answer.meanKl(),
                position,
                moved(opened, moved.helped()),
                moved(opened, moved.hurt()),
                number(moved.correlation()),
                tokens);
    }

    private Result overExamples(
            CommandContext context,
            OpenModel opened,
            InterventionList list,
            Interventions interventions,
            ActivationIndex index,
            int which) {
        FeatureActivations activations = index.activations(which, over.feature);
        List<ExampleTexts.Chosen> chosen = ExampleTexts.of(index, activations, over.choice, over.count, over.seed);
        if (chosen.isEmpty()) {
            throw new UsageException("--feature " + over.feature + " is active nowhere in the index");
        }
        ExampleEffects.Answer answer = context.ask(new ExampleEffects(
                opened.id(), chosen.stream().map(ExampleTexts.Chosen::text).toList(), interventions, top));
        double[] added = answer.deltaCe();
        List<AtExample> examples = new ArrayList<>();
        for (int i = 0; i < chosen.size(); i++) {
            int last = chosen.get(i).text().ids().size() - 1;
            examples.add(new AtExample(
                    chosen.get(i).token(),
                    ModelOptions.text(opened, chosen.get(i).text().ids().get(last)),
                    chosen.get(i).activation(),
                    answer.ce()[i],
                    answer.ceWith()[i],
                    added[i],
                    answer.kl()[i]));
        }
        write(
                List.of("corpus_token", "token", "activation", "ce", "ce_with", "delta_ce", "kl"),
                examples.stream()
                        .map(one -> Arrays.<Object>asList(
                                one.corpusToken,
                                one.token,
                                one.activation,
                                cell(one.ce),
                                cell(one.ceWith),
                                cell(one.deltaCe),
                                one.kl))
                        .toList());
        return new OverExamplesResult(
                lines(list),
                over.feature,
                over.choice.word(),
                Bootstrap.of(added, over.resamples, over.seed),
                Bootstrap.of(answer.kl(), over.resamples, over.seed),
                moved(opened, answer.moved().helped()),
                moved(opened, answer.moved().hurt()),
                number(answer.moved().correlation()),
                examples);
    }

    private Result overCorpus(
            CommandContext context,
            OpenModel opened,
            InterventionList list,
            Interventions interventions,
            List<CorpusEffects.Watched> watched) {
        TokenRows contexts =
                corpus.contexts(context, opened, placed.model().separator(opened), CorpusEffects.MOST_TOKENS);
        CorpusEffects.Answer answer = context.ask(new CorpusEffects(
                opened.id(), contexts, interventions, corpus.ignored(opened), watched, over.resamples, over.seed));
        List<WatchedFeature> features = answer.watched().stream()
                .map(one -> new WatchedFeature(
                        one.of().sae().name(),
                        one.of().feature(),
                        one.mean(),
                        one.meanWith(),
                        one.change().mean(),
                        one.change().low(),
                        one.change().high(),
                        one.active(),
                        one.activeWith()))
                .toList();
        write(
                List.of("sae", "feature", "mean", "mean_with", "change", "low", "high", "active", "active_with"),
                features.stream()
                        .map(one -> List.<Object>of(
                                one.sae,
                                one.feature,
                                one.mean,
                                one.meanWith,
                                one.change,
                                one.low,
                                one.high,
                                one.active,
                                one.activeWith))
                        .toList());
        return new OverCorpusResult(
                lines(list),
                answer.tokens(),
                answer.contexts(),
                answer.applied(),
                answer.ce(),
                answer.ceWith(),
                answer.deltaCe(),
                answer.kl(),
                features);
    }

    /** The features that were given, or those to which something is done. */
    private static List<CorpusEffects.Watched> watched(
            List<OpenSae> checkpoints, List<WatchedAt> given, Interventions interventions) {
        List<CorpusEffects.Watched> found = given.isEmpty()
                ? CorpusEffects.changedBy(interventions)
                : given.stream().map(one -> one.in(checkpoints)).distinct().toList();
        if (found.size() > CorpusEffects.MOST_WATCHED) {
            throw new UsageException("--watch: " + found.size() + " features are to be watched, expected at most "
                    + CorpusEffects.MOST_WATCHED + "; give fewer");
        }
        return found;
    }

    /** A feature as {@code --watch} names it. */
    private record WatchedAt(int sae, int feature) {
        private static final Pattern FORM = Pattern.compile("(?:(\\d{1,4})/)?(\\d{1,9})");

        static WatchedAt parse(String given) {
            Matcher parts = FORM.matcher(given.strip());
            if (!parts.matches()) {
                throw new UsageException(
                        "--watch: '" + given + "' is no feature, expected I or S/I, such as 866 or 1/12");
            }
            return new WatchedAt(
                    parts.group(1) == null ? 0 : Integer.parseInt(parts.group(1)), Integer.parseInt(parts.group(2)));
        }

        CorpusEffects.Watched in(List<OpenSae> checkpoints) {
            if (sae >= checkpoints.size()) {
                throw new UsageException("--watch: checkpoint " + sae + " is named, --sae was given "
                        + checkpoints.size() + " times, counted from 0");
            }
            ReadingArguments.requireFeature(feature, checkpoints.get(sae), "--watch");
            return new CorpusEffects.Watched(checkpoints.get(sae).id(), feature);
        }
    }

    private static List<Object> cells(int position, AtToken token) {
        return Arrays.asList(
                position,
                token.id,
                token.token,
                cell(token.ce),
                cell(token.ceWith),
                cell(token.deltaCe),
                token.kl,
                token.next.token,
                token.nextWith.token);
    }

    private static Object cell(double number) {
        return Double.isNaN(number) ? "" : number;
    }

    private void write(List<String> header, List<? extends List<?>> rows) {
        if (out != null) {
            TextFiles.write(out, new Csv(header, rows).text(false));
        }
    }

    private static List<String> lines(InterventionList list) {
        return list.toString().lines().toList();
    }

    private static @Nullable Double number(OptionalDouble number) {
        return number.isPresent() ? number.getAsDouble() : null;
    }

    private static Likely likely(OpenModel opened, PromptEffects.Likely token) {
        return new Likely(token.id(), ModelOptions.text(opened, token.id()), token.probability());
    }

    private static List<Moved> moved(OpenModel opened, List<MovedTokens.Moved> tokens) {
        return tokens.stream()
                .map(token -> new Moved(
                        token.id(),
                        ModelOptions.text(opened, token.id()),
                        token.logProbability(),
                        token.change(),
                        token.predicted()))
                .toList();
    }

    /** The result that is printed. */
    sealed interface Result {}

    /**
     * The effects on a text.
     *
     * @param interventions as lines
     * @param applied tokens at which something was done, once for each place
     * @param meanCe nats, without interventions
     * @param position of the token after which tokens are helped and hurt
     * @param rankCorrelation between the change of the log-probabilities and what the logit weights predict; null if
     *     they predict nothing
     */
    record OnTextResult(
            List<String> interventions,
            long applied,
            double meanCe,
            double meanCeWith,
            double meanDeltaCe,
            double meanKl,
            int position,
            List<Moved> helped,
            List<Moved> hurt,
            @Nullable Double rankCorrelation,
            List<AtToken> tokens)
            implements Result {}

    /**
     * A token of the text.
     *
     * @param ce nats of the token after it; null for the last
     * @param kl divergence of the predictions under the interventions from those without
     */
    record AtToken(
            int id, String token, double ce, double ceWith, double deltaCe, double kl, Likely next, Likely nextWith) {}

    /** A likely next token. */
    record Likely(int id, String token, double probability) {}

    /**
     * A token that is helped or hurt.
     *
     * @param logProbability without interventions; over examples the mean
     * @param change of it; over examples the mean
     * @param predicted by the logit weights; null if they say nothing
     */
    record Moved(int id, String token, double logProbability, double change, double predicted) {}

    /**
     * The effects over a corpus.
     *
     * @param tokens that count
     * @param applied tokens at which something was done, once for each place
     * @param meanCe nats, without interventions
     * @param deltaCe mean over the tokens that another follows, with its bootstrap interval over contexts
     * @param kl mean over the tokens, with its bootstrap interval over contexts
     * @param watched features
     */
    record OverCorpusResult(
            List<String> interventions,
            long tokens,
            int contexts,
            long applied,
            double meanCe,
            double meanCeWith,
            Bootstrap deltaCe,
            Bootstrap kl,
            List<WatchedFeature> watched)
            implements Result {}

    /**
     * What becomes of a feature.
     *
     * @param mean activation over the tokens, without interventions
     * @param change of the mean, with the bootstrap's interval over contexts
     * @param active share of tokens
     */
    record WatchedFeature(
            String sae,
            int feature,
            double mean,
            double meanWith,
            double change,
            double low,
            double high,
            double active,
            double activeWith) {}

    /**
     * The effects over examples of a feature.
     *
     * @param deltaCe mean over the examples that a token follows, with its bootstrap interval
     * @param kl mean over the examples, with its bootstrap interval
     */
    record OverExamplesResult(
            List<String> interventions,
            int feature,
            String examplesAre,
            Bootstrap deltaCe,
            Bootstrap kl,
            List<Moved> helped,
            List<Moved> hurt,
            @Nullable Double rankCorrelation,
            List<AtExample> examples)
            implements Result {}

    /**
     * An example.
     *
     * @param corpusToken running number in the corpus of the token at which it ends
     * @param ce nats of the token that follows; null where none does
     */
    record AtExample(
            int corpusToken, String token, float activation, double ce, double ceWith, double deltaCe, double kl) {}

    /** A choice of examples by its name. */
    static final class ChoiceConverter implements ITypeConverter<ExampleTexts.Choice> {
        @Override
        public ExampleTexts.Choice convert(String value) {
            return Optional.of(value.toUpperCase(Locale.ROOT))
                    .filter(name -> Arrays.stream(ExampleTexts.Choice.values())
                            .anyMatch(choice -> choice.name().equals(name)))
                    .map(ExampleTexts.Choice::valueOf)
                    .orElseThrow(() -> new TypeConversionException("'" + value + "' is not top, uniform or random"));
        }
    }
}
