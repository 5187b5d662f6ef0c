package loupe.app.effects;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import loupe.analysis.Fit;
import loupe.analysis.ablation.AblatedExamples;
import loupe.analysis.ablation.AblatedText;
import loupe.analysis.ablation.AblationSummary;
import loupe.analysis.ablation.Replacement;
import loupe.analysis.ablation.TokenSets;
import loupe.analysis.effects.Bootstrap;
import loupe.analysis.prompts.TextActivations;
import loupe.app.cli.CommandContext;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.OptionSection;
import loupe.app.cli.UsageException;
import loupe.app.command.IndexedCheckpoint;
import loupe.app.command.ModelOptions;
import loupe.app.command.ReadingArguments;
import loupe.app.command.SaeArguments;
import loupe.base.Refusal;
import loupe.index.ActivationIndex;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.Processing;
import loupe.lm.tokenizer.Tokenizer;
import loupe.search.ExampleTexts;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say which tokens of which text are ablated, and how; asks what they say. */
@OptionSection("What is ablated")
public final class AblationOptions {
    private static final String SINGLE = "single";
    private static final String PAIRS = "pairs";
    private static final String SPANS = "spans";
    private static final int LONGEST = 4;
    private static final String TOKEN = "token:";
    private static final String TEXT = "text:";

    @Option(
            names = "--feature",
            required = true,
            paramLabel = "I",
            description = "Feature whose activation is read without some of the tokens before it.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int feature;

    @Option(names = "--text", paramLabel = "T", description = "Text; or give --ids, or --index.")
    private String text;

    @Option(names = "--ids", split = ",", paramLabel = "ID", description = "Token ids, taken as they are.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int[] ids;

    @Option(
            names = "--at",
            paramLabel = "N",
            description = "Token of the text at which the activation is read, from 0 (default: where it is furthest "
                    + "from 0).")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private Integer at;

    @Option(
            names = "--within",
            paramLabel = "N",
            defaultValue = "32",
            description = "Tokens that may be ablated: the nearest up to the one that is read, itself included "
                    + "(default: ${DEFAULT-VALUE}).")
    @OptionRange(least = 1, most = TokenSets.MOST_TOKENS)
    private int within;

    @Option(
            names = "--together",
            paramLabel = "WHICH",
            description = "What is ablated at a time: single (tokens), pairs (of any two of them, beside each alone) "
                    + "or spans (of neighbours) (default: single).")
    private String together;

    @Option(
            names = "--longest",
            paramLabel = "L",
            description = "With --together spans: tokens in the longest span (default: " + LONGEST + ").")
    @OptionRange(least = 1, most = TokenSets.LONGEST_SPAN)
    private Integer longest;

    @Option(
            names = "--groups",
            paramLabel = "I,J;K",
            description = "In place of --together: groups of chosen tokens of the text, at most "
                    + TokenSets.Groups.MOST_GROUPS + ". Each is ablated, and each union of some of them.")
    private String groups;

    @Option(
            names = "--by",
            paramLabel = "WHAT",
            defaultValue = "removed",
            description = "What becomes of a token: removed (what follows moves up), next-best (the model's own "
                    + "likeliest other token there), beginning (the token for the beginning of text), token:ID or "
                    + "text:T (default: ${DEFAULT-VALUE}).")
    private String by;

    @Mixin
    private OverExamples over;

    /** The options of examples. */
    @OptionSection("Over examples of the feature")
    static final class OverExamples {
        @Option(names = "--index", paramLabel = "DIR", description = "Index that has the examples; in place of a text.")
        private Path folder;

        @Option(
                names = "--indexed-as",
                paramLabel = "NAME",
                description = "Checkpoint of the index (default: that of --sae, by its contents and how it is read).")
        private String indexed;

        @Option(
                names = "--examples",
                paramLabel = "WHICH",
                defaultValue = "top",
                converter = EffectCommand.ChoiceConverter.class,
                description = "top (the strongest), uniform (over strength) or random (each as likely as every other) "
                        + "(default: ${DEFAULT-VALUE}).")
        private ExampleTexts.Choice choice;

        @Option(
                names = "--count",
                paramLabel = "N",
                defaultValue = "20",
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

    /** What was asked, with its answer. */
    public sealed interface Asked {
        /** The feature's model. */
        OpenModel model();

        /** The checkpoint. */
        OpenSae sae();
    }

    /** A text, up to the token that is read. */
    public record OfText(OpenModel model, OpenSae sae, AblatedText question, AblatedText.Answer answer)
            implements Asked {}

    /** Examples. */
    public record OfExamples(
            OpenModel model,
            OpenSae sae,
            List<ExampleTexts.Chosen> chosen,
            AblatedExamples question,
            AblatedExamples.Answer answer,
            AblationSummary summary)
            implements Asked {}

    /** Which examples were asked for. */
    ExampleTexts.Choice choice() {
        return over.choice;
    }

    /** What becomes of a token, as it was given. */
    String by() {
        return by;
    }

    /** Whether groups of tokens were given. */
    public boolean hasGroups() {
        return groups != null;
    }

    /** What becomes of a token, and in which texts, for a caption. */
    public String words() {
        return "tokens " + (by.equals("removed") ? by : "replaced by " + by)
                + (over.folder == null ? "" : ", over " + over.count + " examples at most, " + over.choice.word());
    }

    /** The feature. */
    public int feature() {
        return feature;
    }

    /** To be asked before anything is opened: what can be refused without a model. */
    public void check() {
        if (over.folder == null) {
            if (text == null && ids == null) {
                throw new UsageException("give --text T or --ids 1,2,3, or --index DIR for the feature's examples");
            }
            Prompts.requireOne(text, "--text", ids, "--ids");
        } else if (text != null || ids != null || at != null || groups != null) {
            throw new UsageException(
                    "--text, --ids, --at and --groups are of one text, --index is of many; give either");
        }
        sets();
        boolean known = List.of("removed", "next-best", "beginning").contains(by);
        if (!known && !by.startsWith(TOKEN) && !by.startsWith(TEXT)) {
            throw new UsageException("--by is " + by + ", expected removed, next-best, beginning, token:ID or text:T");
        }
        if (by.startsWith(TOKEN)) {
            NumberLists.index(by.substring(TOKEN.length()), "--by token:ID");
        }
    }

    /** Opens what is needed, and asks. To be called after {@link #check}. */
    public Asked ask(CommandContext context, ModelOptions.Required model, Path path, SaeArguments reading) {
        OpenSae sae = reading.open(context, path, "--sae");
        ReadingArguments.requireFeature(feature, sae, "--feature");
        OpenModel opened = model.open(context, Processing.RAW);
        SaeArguments.require(new Fit(opened.config(), sae.config()).misfit(), sae, opened);
        reading.warnOfProcessing(context, sae, opened);
        Replacement replacement = replacement(opened, model);
        if (over.folder != null) {
            return ofExamples(context, opened, sae, replacement);
        }
        List<Integer> all = Prompts.of(opened, model, text, "--text", ids, "--ids");
        float[] along =
                context.ask(new TextActivations(opened.id(), sae.id(), all)).of(feature);
        List<Integer> read = all.subList(0, readAt(at, along, text != null ? "--text" : "--ids") + 1);
        AblatedText question = new AblatedText(
                opened.id(), sae.id(), feature, read, Math.max(0, read.size() - within), sets(), replacement);
        return new OfText(opened, sae, question, context.ask(question));
    }

    private OfExamples ofExamples(CommandContext context, OpenModel opened, OpenSae sae, Replacement replacement) {
        try (ActivationIndex index = ActivationIndex.open(OptionPaths.existing(over.folder, "--index"))) {
            index.doubt().ifPresent(context::warn);
            int which = IndexedCheckpoint.of(
                    context, index.info(), over.indexed, sae.id(), sae.config().dSae());
            List<ExampleTexts.Chosen> chosen =
                    ExampleTexts.of(index, index.activations(which, feature), over.choice, over.count, over.seed);
            if (chosen.isEmpty()) {
                throw new UsageException("--feature " + feature + " is active nowhere in the index");
            }
            AblatedExamples question = new AblatedExamples(
                    opened.id(),
                    sae.id(),
                    feature,
                    chosen.stream().map(one -> one.text().ids()).toList(),
                    within,
                    sets(),
                    replacement);
            AblatedExamples.Answer answer = context.ask(question);
            return new OfExamples(
                    opened,
                    sae,
                    chosen,
                    question,
                    answer,
                    AblationSummary.of(question, answer, over.resamples, over.seed));
        }
    }

    private TokenSets sets() {
        if (groups != null && together != null) {
            throw new UsageException("--groups and --together were both given; give one of them");
        }
        if (longest != null && !SPANS.equals(together)) {
            throw new UsageException("--longest goes with --together spans");
        }
        if (groups != null) {
            List<List<Integer>> chosen = NumberLists.several(groups, "--groups");
            if (chosen.size() > TokenSets.Groups.MOST_GROUPS || chosen.stream().anyMatch(List::isEmpty)) {
                throw new UsageException("--groups has " + chosen.size() + " groups, expected 1 to "
                        + TokenSets.Groups.MOST_GROUPS + ", each with tokens, such as 3,4;8");
            }
            return new TokenSets.Groups(chosen);
        }
        if (together == null || together.equals(SINGLE)) {
            return TokenSets.singles();
        }
        if (together.equals(PAIRS)) {
            return TokenSets.pairs();
        }
        if (together.equals(SPANS)) {
            return new TokenSets.Spans(longest == null ? LONGEST : longest);
        }
        throw new UsageException("--together is " + together + ", expected single, pairs or spans");
    }

    private Replacement replacement(OpenModel opened, ModelOptions model) {
        if (by.startsWith(TOKEN)) {
            int[] id = {NumberLists.index(by.substring(TOKEN.length()), "--by token:ID")};
            return new Replacement.By(ModelOptions.check(opened, id, "--by")[0]);
        }
        if (by.startsWith(TEXT)) {
            int[] tokens = model.encodeContinuation(opened, by.substring(TEXT.length()), "--by text:T");
            if (tokens.length != 1) {
                throw new UsageException("--by " + by + " is " + tokens.length
                        + " tokens, expected one; a space in front belongs to most words");
            }
            return new Replacement.By(tokens[0]);
        }
        return switch (by) {
            case "next-best" -> Replacement.NEXT_BEST;
            case "beginning" -> beginning(opened, "--by beginning", "--by removed");
            default -> Replacement.REMOVED;
        };
    }

    /**
     * The token for the beginning of text in the place of others.
     *
     * @param option that asks for it
     * @param instead the option to give where the model has none
     */
    static Replacement beginning(OpenModel opened, String option, String instead) {
        OptionalInt token = opened.tokenizer().map(Tokenizer::beginning).orElse(OptionalInt.empty());
        if (token.isEmpty()) {
            throw new Refusal(
                    option + ": " + opened.folder() + " has no token for the beginning of text. Use " + instead);
        }
        return new Replacement.By(token.getAsInt());
    }

    /** The place that --at names, or that of the activation furthest from 0. */
    static int readAt(@Nullable Integer at, float[] along, String option) {
        if (at == null) {
            return IntStream.range(0, along.length)
                    .boxed()
                    .max((one, other) -> Float.compare(Math.abs(along[one]), Math.abs(along[other])))
                    .orElseThrow();
        }
        if (at >= along.length) {
            throw new UsageException("--at is " + at + ", the tokens of " + option + " are 0 to " + (along.length - 1));
        }
        return at;
    }
}
