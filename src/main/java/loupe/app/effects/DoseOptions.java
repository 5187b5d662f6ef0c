package loupe.app.effects;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import loupe.analysis.Fit;
import loupe.analysis.effects.ChosenWords;
import loupe.analysis.effects.DoseResponse;
import loupe.analysis.effects.DoseTable;
import loupe.app.cli.CommandContext;
import loupe.app.cli.OptionRange;
import loupe.app.cli.OptionSection;
import loupe.app.cli.UsageException;
import loupe.app.command.IndexedCheckpoint;
import loupe.app.command.ModelOptions;
import loupe.app.command.ReadingArguments;
import loupe.app.command.SaeArguments;
import loupe.base.NumberRange;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.Processing;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say which feature is pushed how far, on which prompts, and what is measured. */
@OptionSection("Doses")
public final class DoseOptions {
    private static final int MOST_DOSES = 1_000;
    private static final int MOST_DRAWN = 100;
    private static final int MOST_TOKENS = 10_000;
    private static final double USUAL_MULTIPLE = 2;
    private static final int USUAL_SEEDS = 4;

    @Mixin
    private ModelOptions.Required model;

    @Option(
            names = "--sae",
            required = true,
            paramLabel = SaeAt.LABEL,
            converter = SaeAt.Converter.class,
            description = "Checkpoint, and the hook point where it reads.")
    private SaeAt sae;

    @Mixin
    private SaeArguments reading;

    @Option(names = "--feature", required = true, paramLabel = "I", description = "Index of the feature, from 0.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int feature;

    @Option(names = "--text", paramLabel = "T", description = "Prompt; may be given several times; or --ids.")
    private List<String> texts = List.of();

    @Option(
            names = "--ids",
            paramLabel = "\"1,2;3,4\"",
            description = "Token ids of the prompts, taken as they are, semicolons between prompts.")
    private String ids;

    @Option(
            names = "--doses",
            paramLabel = "N",
            defaultValue = "21",
            description = "Doses at equal distances (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = 1, most = MOST_DOSES)
    private int count;

    @Option(
            names = "--least",
            paramLabel = "X",
            defaultValue = "0",
            description = "First dose: what is added to the feature's activation at every token, or, with --index, a "
                    + "multiple of its largest one there (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = -NumberRange.LARGEST, most = NumberRange.LARGEST)
    private double least;

    @Option(names = "--most", paramLabel = "X", description = "Last dose, likewise (default: 2 with --index).")
    @OptionRange(least = -NumberRange.LARGEST, most = NumberRange.LARGEST)
    private Double most;

    @Option(
            names = "--directions",
            paramLabel = "K",
            defaultValue = "3",
            description = "Random directions, and other features, that are pushed as far as controls "
                    + "(default: ${DEFAULT-VALUE}).")
    @OptionRange(most = MOST_DRAWN)
    private int directions;

    @Option(
            names = "--words",
            split = ",",
            paramLabel = "W",
            description = "Words that texts are searched for; the probability of the first tokens of them is followed.")
    private List<String> words = List.of();

    @Option(
            names = "--tokens",
            split = ",",
            paramLabel = "ID",
            description = "Token ids that texts are searched for and whose probability is followed.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int[] tokens = {};

    @Option(
            names = "--generate",
            paramLabel = "N",
            defaultValue = "20",
            description = "Tokens generated after each prompt at each dose; 0 for none (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = MOST_TOKENS)
    private int generate;

    @Mixin
    private SamplingOptions sampling;

    @Mixin
    private IndexedCheckpoint.Counted maximum;

    /**
     * What was asked, and its answer.
     *
     * @param unit what doses are multiples of: the feature's largest activation on the corpus, or 1
     */
    public record Answered(
            OpenModel model,
            OpenSae sae,
            DoseResponse question,
            double unit,
            DoseResponse.Answer answer,
            DoseTable table) {}

    /** Goes on only if the options agree; to be asked before anything is opened. */
    public void check() {
        if (texts.isEmpty() == (ids == null)) {
            throw new UsageException("give --text T or --ids \"1,2;3,4\"" + (ids == null ? "" : ", not both"));
        }
        if (most == null && !maximum.isGiven()) {
            throw new UsageException(
                    "give --most X, the largest dose, or --index DIR for multiples of the largest " + "activation");
        }
        maximum.check();
    }

    /** Opens what is needed and asks. */
    public Answered ask(CommandContext context) {
        OpenSae checkpoint = SaeAt.open(context, List.of(sae), reading).get(0);
        ReadingArguments.requireFeature(feature, checkpoint, "--feature");
        OpenModel opened = model.open(context, Processing.RAW);
        SaeArguments.require(new Fit(opened.config(), checkpoint.config()).misfitOfOutput(), checkpoint, opened);
        reading.warnOfProcessing(context, checkpoint, opened);
        List<List<Integer>> prompts = prompts(opened);
        for (List<Integer> prompt : prompts) {
            Prompts.requireRoom(opened, prompt.size(), generate);
        }
        double unit = maximum.isGiven() ? maximum.largest(context, checkpoint, feature) : 1;
        List<Double> doses =
                DoseResponse.evenly(dose(least, unit), dose(most == null ? USUAL_MULTIPLE : most, unit), count);
        ChosenWords chosen = new ChosenWords(words, given(opened));
        DoseResponse question = new DoseResponse(
                opened.id(),
                checkpoint.id(),
                feature,
                prompts,
                doses,
                directions,
                followed(opened),
                generate,
                sampling.seeds(USUAL_SEEDS),
                sampling.sampling(1));
        DoseResponse.Answer answer = context.ask(question);
        DoseTable table = DoseTable.of(answer, unit, chosen, made -> Prompts.text(opened, made));
        return new Answered(opened, checkpoint, question, unit, answer, table);
    }

    private double dose(double given, double unit) {
        double product = given * unit;
        if (!NumberRange.COMPUTABLE.contains(product)) {
            throw new UsageException("--most: " + given + " times the largest activation, " + unit + ", is " + product
                    + ", expected " + NumberRange.COMPUTABLE.expected());
        }
        return product;
    }

    private List<List<Integer>> prompts(OpenModel opened) {
        List<List<Integer>> prompts = new ArrayList<>();
        if (ids == null) {
            texts.forEach(text -> prompts.add(Prompts.of(opened, model, text, "--text", null, "--ids")));
        } else {
            NumberLists.several(ids, "--ids")
                    .forEach(list -> prompts.add(Prompts.of(
                            opened,
                            model,
                            null,
                            "--text",
                            list.stream().mapToInt(Integer::intValue).toArray(),
                            "--ids")));
        }
        return prompts;
    }

    private Set<Integer> given(OpenModel opened) {
        Set<Integer> given = new LinkedHashSet<>();
        for (int id : ModelOptions.check(opened, tokens, "--tokens")) {
            given.add(id);
        }
        return given;
    }

    /** The chosen tokens, and the first token of each word as it follows a space. */
    private Set<Integer> followed(OpenModel opened) {
        Set<Integer> followed = given(opened);
        for (String word : words) {
            int[] first = model.encodeContinuation(opened, " " + word.strip(), "--words");
            if (first.length > 0) {
                followed.add(first[0]);
            }
        }
        return followed;
    }
}
