package loupe.app.effects;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import loupe.analysis.dream.CorpusTexts;
import loupe.analysis.dream.Dream;
import loupe.analysis.dream.DreamFile;
import loupe.analysis.dream.DreamSettings;
import loupe.analysis.dream.DreamState;
import loupe.analysis.dream.DreamTarget;
import loupe.analysis.dream.DreamText;
import loupe.analysis.dream.Retokenised;
import loupe.analysis.dream.TextMeasures;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.OptionSection;
import loupe.app.cli.ResultJson;
import loupe.app.cli.ResultPrinter;
import loupe.app.cli.TextTable;
import loupe.app.cli.UsageException;
import loupe.app.command.IndexedCheckpoint;
import loupe.app.command.ModelOptions;
import loupe.app.command.ReadingArguments;
import loupe.base.NumberRange;
import loupe.index.Examples;
import loupe.index.FeatureActivations;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dream}: text that makes a feature as active as possible. */
@Command(
        name = "dream",
        description = "Search for text that makes a feature as active as possible at its last token and is likely: "
                + "evolutionary prompt optimisation, with gradients. Prints the texts that no other beats in both, "
                + "beside random text and the corpus.")
public final class DreamCommand extends LoupeCommand<DreamCommand.Result> {
    private static final long WRITTEN_EVERY_NANOS = 5_000_000_000L;

    /** A second example this near to the first would show the same text. */
    private static final int TOKENS_APART = 10;

    @Mixin
    private PlacedCheckpoints placed;

    @Option(names = "--feature", required = true, paramLabel = "I", description = "Feature of the first --sae, from 0.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int feature;

    @Option(
            names = "--without",
            paramLabel = "J",
            description = "Feature of the last --sae that is to stay silent: the difference of the two activations is "
                    + "made large.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private Integer without;

    @Mixin
    private Searching searching;

    @Option(names = "--out", paramLabel = "F", description = "File to write now and then, to go on from.")
    private Path out;

    @Option(
            names = "--resume",
            paramLabel = "F",
            description = "Go on from such a file; everything but --iterations has to be as it was.")
    private Path resume;

    @Mixin
    private IndexedCheckpoint.Counted counted;

    @Option(
            names = "--examples",
            paramLabel = "N",
            defaultValue = "5",
            description = "Texts of the index (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = 1, most = 1000)
    private int examples;

    /** How texts are searched for. */
    @OptionSection("Search")
    private static final class Searching {
        @Option(
                names = "--iterations",
                paramLabel = "N",
                description = "Iterations in all (default: ${DEFAULT-VALUE}).")
        @OptionRange(most = DreamSettings.MOST_ITERATIONS)
        private int iterations = DreamSettings.ITERATIONS;

        @Option(names = "--length", paramLabel = "T", description = "Tokens of a text (default: ${DEFAULT-VALUE}).")
        @OptionRange(least = 2, most = DreamSettings.MOST_OF_EACH)
        private int length = DreamSettings.DEFAULT.length();

        @Option(
                names = "--slots",
                paramLabel = "N",
                description = "Texts that are kept, each with its own penalty on cross-entropy "
                        + "(default: ${DEFAULT-VALUE}).")
        @OptionRange(least = 1, most = DreamSettings.MOST_OF_EACH)
        private int slots = DreamSettings.DEFAULT.slots();

        @Option(
                names = "--children",
                paramLabel = "N",
                description = "New texts of each slot in an iteration (default: ${DEFAULT-VALUE}).")
        @OptionRange(least = 1, most = DreamSettings.MOST_OF_EACH)
        private int children = DreamSettings.DEFAULT.children();

        @Option(
                names = "--candidates",
                paramLabel = "N",
                description = "Tokens of the most promising gradient among which a new one is drawn "
                        + "(default: ${DEFAULT-VALUE}).")
        @OptionRange(least = 1, most = OptionRange.MOST_LISTED)
        private int candidates = DreamSettings.DEFAULT.candidates();

        @Option(
                names = "--least-penalty",
                paramLabel = "X",
                description = "Of the first slot, in activation for a nat; the others are spaced evenly on a "
                        + "logarithmic scale (default: ${DEFAULT-VALUE}).")
        @OptionRange(least = NumberRange.ABOVE_ZERO, most = NumberRange.LARGEST)
        private double least = DreamSettings.DEFAULT.leastPenalty();

        @Option(
                names = "--most-penalty",
                paramLabel = "X",
                description = "Of the last slot (default: ${DEFAULT-VALUE}).")
        @OptionRange(least = NumberRange.ABOVE_ZERO, most = NumberRange.LARGEST)
        private double most = DreamSettings.DEFAULT.mostPenalty();

        @Option(
                names = "--restart-every",
                paramLabel = "N",
                description = "Iterations after which all slots begin anew with the best text at a penalty drawn at "
                        + "random; 0 for never (default: ${DEFAULT-VALUE}).")
        @OptionRange(most = OptionRange.MOST_LISTED)
        private int restartEvery = DreamSettings.DEFAULT.restartEvery();

        @Option(
                names = "--ban-ids",
                split = ",",
                paramLabel = "ID",
                description = "Tokens that are never used, beside those that begin or end a text.")
        @OptionRange(most = OptionRange.LARGEST_INDEX)
        private int[] banned = {};

        @Option(
                names = "--any-tokens",
                description = "Also texts that come back as other tokens when they are written out and read again.")
        private boolean anyTokens;

        @Option(names = "--seed", paramLabel = "N", description = "Seed of all draws (default: ${DEFAULT-VALUE}).")
        @OptionRange(least = Long.MIN_VALUE, most = Long.MAX_VALUE)
        private long seed = DreamSettings.DEFAULT.seed();

        DreamSettings settings() {
            if (most < least) {
                throw new UsageException(
                        "--most-penalty is " + most + ", expected " + least + " or more, as --least-penalty");
            }
            return new DreamSettings(length, slots, children, candidates, least, most, restartEvery, seed);
        }
    }

    @Override
    public Result run(CommandContext context) {
        DreamSettings settings = searching.settings();
        if (placed.count() > (without == null ? 1 : 2)) {
            throw new UsageException("--sae was given " + placed.count() + " times, expected once"
                    + (without == null ? ", or twice with --without J" : " or twice"));
        }
        counted.check();
        if (out != null) {
            OptionPaths.writable(out, "--out");
        }
        if (resume != null) {
            OptionPaths.existing(resume, "--resume");
        }
        PlacedCheckpoints.Opened all = placed.openToRead(context, checkpoints -> {
            ReadingArguments.requireFeature(feature, checkpoints.get(0), "--feature");
            if (without != null) {
                ReadingArguments.requireFeature(without, checkpoints.get(checkpoints.size() - 1), "--without");
            }
        });
        OpenModel opened = all.model();
        List<OpenSae> checkpoints = all.saes();
        OpenSae last = checkpoints.get(checkpoints.size() - 1);
        Dream fresh = dream(opened, checkpoints.get(0), last, settings);
        if (fresh.before().size() + settings.length() > opened.config().context()) {
            throw new UsageException("--length is " + settings.length() + ", expected at most "
                    + (opened.config().context() - fresh.before().size())
                    + ", as many as fit into the model's context");
        }
        Dream dream = resume == null ? fresh : fresh.resumed(DreamFile.read(resume, fresh));
        List<Reference> references = !counted.isGiven() ? List.of() : references(context, checkpoints.get(0));
        Kept kept = new Kept(dream);
        DreamState found = context.ask(dream, kept::take);
        if (out != null) {
            DreamFile.write(out, dream, found);
        }
        return result(context, opened, dream, found, references);
    }

    private Dream dream(OpenModel opened, OpenSae first, OpenSae last, DreamSettings settings) {
        Set<Integer> banned = Dream.bounds(opened);
        Arrays.stream(ModelOptions.check(opened, searching.banned, "--ban-ids")).forEach(banned::add);
        return new Dream(
                opened.id(),
                new DreamTarget(
                        new DreamTarget.Feature(first.id(), feature),
                        Optional.ofNullable(without).map(other -> new DreamTarget.Feature(last.id(), other))),
                placed.model().beginning(opened),
                settings,
                searching.iterations,
                searching.anyTokens ? Optional.empty() : opened.tokenizer().map(Retokenised::new),
                banned,
                Optional.empty());
    }

    /** Writes states to --out as they come, but not too often. */
    private final class Kept {
        private final Dream dream;
        private int iteration;
        private long last = System.nanoTime();

        Kept(Dream dream) {
            this.dream = dream;
        }

        /** Device thread. What cannot be written now is tried again at the end, where it is refused. */
        void take(DreamState state) {
            long now = System.nanoTime();
            if (out == null || state.iteration() == iteration || now - last < WRITTEN_EVERY_NANOS) {
                return;
            }
            iteration = state.iteration();
            last = now;
            try {
                DreamFile.write(out, dream, state);
            } catch (UncheckedIOException full) {
                last = Long.MAX_VALUE;
            }
        }
    }

    /**
     * A text of the corpus.
     *
     * @param activation as the index has it
     * @param upTo what the model had read, its token last
     */
    private record Reference(float activation, int[] upTo) {}

    private List<Reference> references(CommandContext context, OpenSae sae) {
        return counted.read(context, sae.id(), sae.config().dSae(), (index, place) -> {
            FeatureActivations activations = index.activations(place, feature);
            return Arrays.stream(Examples.top(activations, examples, TOKENS_APART))
                    .mapToObj(i -> new Reference(
                            activations.values()[i], index.upTo(activations.tokens()[i])))
                    .toList();
        });
    }

    private Result result(
            CommandContext context, OpenModel opened, Dream dream, DreamState found, List<Reference> references) {
        List<TextMeasures.Text> texts = new ArrayList<>();
        found.front().forEach(text -> texts.add(new TextMeasures.Text(dream.before(), text.ids())));
        int length = dream.settings().length();
        references.forEach(reference -> {
            texts.add(CorpusTexts.whole(reference.upTo, length));
            texts.add(CorpusTexts.alone(reference.upTo, length, dream.before()));
        });
        List<TextMeasures.Measured> measured = context.ask(new TextMeasures(opened.id(), dream.target(), texts));
        List<DreamText> corners = DreamText.bestForSomePenalty(found.front());
        List<Row> front = new ArrayList<>();
        for (int i = 0; i < found.front().size(); i++) {
            DreamText text = found.front().get(i);
            front.add(row(opened, text, corners.contains(text), measured.get(i).activations()));
        }
        List<CorpusRow> corpus = new ArrayList<>();
        for (int i = 0; i < references.size(); i++) {
            DreamText whole = measured.get(front.size() + 2 * i).text();
            DreamText alone = measured.get(front.size() + 2 * i + 1).text();
            corpus.add(new CorpusRow(
                    references.get(i).activation,
                    whole.activation(),
                    whole.crossEntropy(),
                    alone.activation(),
                    alone.crossEntropy(),
                    text(opened, whole.ids()),
                    whole.ids()));
        }
        Optional<Float> maximum = corpus.isEmpty() ? Optional.empty() : Optional.of(corpus.get(0).activation);
        return new Result(
                feature,
                Optional.ofNullable(without),
                found.iteration(),
                found.tried(),
                found.refused(),
                found.best().map(DreamText::activation),
                maximum,
                without == null
                        ? maximum.map(
                                most -> found.best().map(DreamText::activation).orElse(0.0) >= most)
                        : Optional.empty(),
                Random.of(found.random()),
                front,
                corpus,
                found.front().isEmpty()
                        ? found.strongestSilent().map(text -> row(opened, text, false, List.of()))
                        : Optional.empty());
    }

    private Row row(OpenModel opened, DreamText text, boolean isCorner, List<Float> activations) {
        return new Row(
                text.activation(),
                without == null ? Optional.empty() : Optional.of(text.other()),
                text.target(),
                text.crossEntropy(),
                isCorner,
                text(opened, text.ids()),
                text.ids(),
                activations);
    }

    private static String text(OpenModel opened, List<Integer> ids) {
        return opened.tokenizer()
                .map(tokenizer -> tokenizer.decode(
                        ids.stream().mapToInt(Integer::intValue).toArray()))
                .orElseGet(() -> String.join("", Prompts.texts(opened, ids)));
    }

    /** Without what is only for programs. */
    @Override
    protected ResultPrinter table(Result result) {
        JsonNode tree = ResultJson.tree(result);
        for (String list : List.of("front", "corpus")) {
            tree.path(list).forEach(row -> ((ObjectNode) row).remove(List.of("ids", "activations")));
        }
        return new TextTable(tree);
    }

    /**
     * The result that is printed.
     *
     * @param iterations that were done
     * @param tried texts that were run
     * @param refused texts that were drawn and not run, since they come back as other tokens
     * @param activation the largest that was found, at a text's last token; empty if the feature was never active
     * @param corpusMaximum the largest of the index
     * @param reachesCorpus whether the first is at least the second
     * @param front the texts that no other beats in both activation and cross-entropy, least likely last
     * @param corpus the texts of the index with the largest activations
     * @param strongestSilent the text of the largest target, if the feature was never active
     */
    record Result(
            int feature,
            @ResultJson.LeftOutIfEmpty Optional<Integer> without,
            int iterations,
            long tried,
            long refused,
            Optional<Double> activation,
            @ResultJson.LeftOutIfEmpty Optional<Float> corpusMaximum,
            @ResultJson.LeftOutIfEmpty Optional<Boolean> reachesCorpus,
            Random random,
            List<Row> front,
            List<CorpusRow> corpus,
            @ResultJson.LeftOutIfEmpty Optional<Row> strongestSilent) {}

    /**
     * A text that was found.
     *
     * @param activation at its last token
     * @param other activation there of the feature that is to stay silent
     * @param target what is made large: the pre-activation, less that of the other feature where that is positive
     * @param crossEntropy in nats for a token
     * @param bestForSomePenalty whether activation less some multiple of cross-entropy is largest here
     * @param activations at each of its tokens
     */
    record Row(
            double activation,
            @ResultJson.LeftOutIfEmpty Optional<Double> other,
            double target,
            double crossEntropy,
            boolean bestForSomePenalty,
            String text,
            List<Integer> ids,
            List<Float> activations) {}

    /**
     * Text drawn at random.
     *
     * @param active texts that make the feature active
     */
    record Random(int texts, int active, double meanActivation, double maxActivation, double meanCrossEntropy) {
        static Random of(List<DreamText> texts) {
            return new Random(
                    texts.size(),
                    (int) texts.stream().filter(text -> text.activation() > 0).count(),
                    texts.stream().mapToDouble(DreamText::activation).average().orElseThrow(),
                    texts.stream().mapToDouble(DreamText::activation).max().orElseThrow(),
                    texts.stream()
                            .mapToDouble(DreamText::crossEntropy)
                            .average()
                            .orElseThrow());
        }
    }

    /**
     * A text of the corpus: as many tokens as a text of the search has, up to one of the largest activations.
     *
     * @param activation as the index has it
     * @param activationWhole measured with all that stands before the tokens
     * @param activationAlone measured with the tokens alone, as a text of the search
     */
    record CorpusRow(
            float activation,
            double activationWhole,
            double crossEntropyWhole,
            double activationAlone,
            double crossEntropyAlone,
            String text,
            List<Integer> ids) {}
}
