package loupe.app.effects;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loupe.analysis.WilsonInterval;
import loupe.analysis.ablation.AblatedText;
import loupe.analysis.ablation.AblationArrays;
import loupe.analysis.ablation.AblationSummary;
import loupe.analysis.ablation.TokenSets;
import loupe.analysis.effects.Bootstrap;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.ResultJson.LeftOutIfEmpty;
import loupe.app.command.ModelOptions;
import loupe.app.command.SaeArguments;
import loupe.format.SafetensorsWriter;
import loupe.inference.OpenModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code ablated-text}: what a feature's activation becomes without tokens of the text, in one text or over the
 * feature's examples, as the pane "Ablated text" shows it.
 */
@Command(
        name = "ablated-text",
        description = "Show what becomes of a feature's activation when tokens of the text are removed or replaced: "
                + "each alone, all pairs, or spans, in one text or over examples of the feature.")
public final class AblatedTextCommand extends LoupeCommand<AblatedTextCommand.Result> {
    @Mixin
    private ModelOptions.Required model;

    @Option(names = "--sae", required = true, paramLabel = "PATH", description = "Checkpoint of the feature.")
    private Path sae;

    @Mixin
    private SaeArguments reading;

    @Mixin
    private AblationOptions ablation;

    @Option(
            names = "--top",
            paramLabel = "N",
            description = "Sets of tokens of a text that are listed, those that take most of the activation first, or "
                    + "tokens over examples (default: all sets in their order, and 20 tokens).")
    @OptionRange(most = OptionRange.MOST_LISTED)
    private Integer top;

    @Option(
            names = "--out",
            paramLabel = "F",
            description = "Safetensors file to write: activation, and the activations without single tokens, pairs, "
                    + "spans or groups. The last token is the one that is read; NaN where nothing was ablated.")
    private Path out;

    private static final int TOKENS = 20;

    @Override
    public Result run(CommandContext context) {
        ablation.check();
        if (out != null) {
            OptionPaths.writable(out, "--out");
        }
        AblationOptions.Asked asked = ablation.ask(context, model, sae, reading);
        if (asked instanceof AblationOptions.OfExamples examples) {
            write(AblationArrays.of(examples.question(), examples.answer()));
            return result(examples);
        }
        AblationOptions.OfText text = (AblationOptions.OfText) asked;
        write(AblationArrays.of(text.question(), text.answer()));
        return result(text);
    }

    private void write(AblationArrays arrays) {
        if (out != null) {
            SafetensorsWriter writer = new SafetensorsWriter();
            arrays.byName().forEach(writer::add);
            writer.write(out);
        }
    }

    private TextResult result(AblationOptions.OfText asked) {
        AblatedText.Answer answer = asked.answer();
        List<Integer> ids = asked.question().ids();
        List<Token> tokens = new ArrayList<>();
        for (int place = 0; place < ids.size(); place++) {
            int put = answer.put()[place];
            tokens.add(new Token(
                    ids.get(place),
                    ModelOptions.text(asked.model(), ids.get(place)),
                    put < 0 ? Optional.empty() : Optional.of(put),
                    put < 0 ? Optional.empty() : Optional.of(ModelOptions.text(asked.model(), put))));
        }
        IntStream order = IntStream.range(0, answer.sets().size());
        List<Ablated> sets = (top == null
                        ? order.boxed()
                        : order.boxed()
                                .sorted(Comparator.comparingDouble(set -> -answer.lost(set)))
                                .limit(top))
                .map(set -> ablated(asked, set))
                .toList();
        return new TextResult(
                ablation.feature(),
                ids.size() - 1,
                answer.activation(),
                ablation.by(),
                answer.sets().size(),
                tokens,
                sets);
    }

    private static Ablated ablated(AblationOptions.OfText asked, int set) {
        AblatedText.Answer answer = asked.answer();
        List<Integer> ids = asked.question().ids();
        int[] tokens = answer.sets().get(set);
        boolean isPair = asked.question().sets() instanceof TokenSets.Pairs && tokens.length == 2;
        return new Ablated(
                asked.question().sets() instanceof TokenSets.Groups groups
                        ? Optional.of(groups.union(set))
                        : Optional.empty(),
                Arrays.stream(tokens).boxed().toList(),
                text(asked.model(), ids, tokens),
                answer.without()[set],
                answer.lost(set),
                answer.share(set),
                isPair ? Optional.of(answer.together(set)) : Optional.empty());
    }

    /** The tokens of a set; with an ellipsis where there are others between them. */
    private static String text(OpenModel model, List<Integer> ids, int[] tokens) {
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < tokens.length; i++) {
            words.append(i > 0 && tokens[i] > tokens[i - 1] + 1 ? " ... " : "")
                    .append(ModelOptions.text(model, ids.get(tokens[i])));
        }
        return words.toString();
    }

    private ExamplesResult result(AblationOptions.OfExamples asked) {
        AblationSummary summary = asked.summary();
        List<OfExample> examples = new ArrayList<>();
        for (int i = 0; i < asked.chosen().size(); i++) {
            AblatedText.Answer answer = asked.answer().texts().get(i);
            List<Integer> ids = asked.question().texts().get(i);
            Optional<Integer> most =
                    IntStream.range(0, answer.sets().size()).boxed().max(Comparator.comparingDouble(answer::lost));
            examples.add(new OfExample(
                    asked.chosen().get(i).token(),
                    ModelOptions.text(asked.model(), ids.get(ids.size() - 1)),
                    answer.activation(),
                    most.map(set -> text(asked.model(), ids, answer.sets().get(set))),
                    most.map(set -> ids.size() - 1 - answer.sets().get(set)[0]),
                    most.map(answer::share)));
        }
        return new ExamplesResult(
                ablation.feature(),
                ablation.choice().word(),
                ablation.by(),
                summary.examples(),
                counted(summary.alone()),
                summary.together().map(AblatedTextCommand::counted),
                summary.distances().stream()
                        .map(part -> new AtDistance(
                                part.number(),
                                part.share().count(),
                                part.share().mean(),
                                part.share().low(),
                                part.share().high()))
                        .toList(),
                summary.lengths().size() < 2
                        ? Optional.empty()
                        : Optional.of(summary.lengths().stream()
                                .map(part -> new OfLength(part.number(), part.share()))
                                .toList()),
                summary.pairs().isEmpty() ? Optional.empty() : Optional.of(summary.pairs()),
                summary.lengths().size() < 2 ? Optional.empty() : Optional.of(summary.spans()),
                summary.tokens().stream()
                        .limit(top == null ? TOKENS : top)
                        .map(token -> new OfToken(
                                token.id(),
                                ModelOptions.text(asked.model(), token.id()),
                                token.count(),
                                token.share(),
                                token.largest()))
                        .collect(Collectors.toList()),
                examples);
    }

    private static Counted counted(AblationSummary.Count count) {
        WilsonInterval interval = count.interval();
        return new Counted(count.count(), count.of(), interval.low(), interval.high());
    }

    /** The result that is printed. */
    sealed interface Result {}

    /**
     * One text.
     *
     * @param readAt the token at which the activation is read, the last of {@code tokens}
     * @param by what became of the tokens
     * @param ablated how many sets there are
     */
    record TextResult(
            int feature, int readAt, float activation, String by, int ablated, List<Token> tokens, List<Ablated> sets)
            implements Result {}

    /** A token, and what was put in its place. */
    record Token(
            int id,
            String token,
            @LeftOutIfEmpty Optional<Integer> put,
            @LeftOutIfEmpty Optional<String> putToken) {}

    /**
     * A set of tokens.
     *
     * @param groups that it is the union of, by their place in --groups from 0
     * @param places of its tokens in the text
     * @param without the activation without it
     * @param lost how much nearer to 0 that is
     * @param share of the activation; null if there is none
     * @param together of a pair: what is lost beyond what is lost without each alone
     */
    record Ablated(
            @LeftOutIfEmpty Optional<List<Integer>> groups,
            List<Integer> places,
            String text,
            float without,
            float lost,
            double share,
            @LeftOutIfEmpty Optional<Float> together) {}

    /**
     * The feature's examples.
     *
     * @param examples those with an activation
     * @param alone in how many one token before the last takes more than half of the activation
     * @param together in how many two do of which neither does alone
     * @param distances tokens before the last, with the mean share lost and its bootstrap interval
     * @param lengths of spans, with the mean of the largest share that one takes
     * @param pairs of distances
     * @param spans by length, and by how many tokens before the last they begin
     */
    record ExamplesResult(
            int feature,
            String examplesAre,
            String by,
            int examples,
            Counted alone,
            @LeftOutIfEmpty Optional<Counted> together,
            List<AtDistance> distances,
            @LeftOutIfEmpty Optional<List<OfLength>> lengths,
            @LeftOutIfEmpty Optional<List<AblationSummary.OfPair>> pairs,
            @LeftOutIfEmpty Optional<List<AblationSummary.OfSpan>> spans,
            List<OfToken> tokens,
            List<OfExample> texts)
            implements Result {}

    /** Examples of a kind, with the Wilson interval of their share. */
    record Counted(int count, int of, double low, double high) {}

    /** What is lost without the token so many before the last. */
    record AtDistance(int before, int count, double share, double low, double high) {}

    /** What is lost without the span of a length that takes most. */
    record OfLength(int length, Bootstrap share) {}

    /** A token that stood in the examples. */
    record OfToken(int id, String token, int count, double share, double largest) {}

    /**
     * An example.
     *
     * @param corpusToken running number in the corpus of the token at which it ends
     * @param without the set that takes most
     * @param before how many tokens before the last that set begins
     */
    record OfExample(
            int corpusToken,
            String token,
            float activation,
            Optional<String> without,
            Optional<Integer> before,
            Optional<Double> share) {}
}
