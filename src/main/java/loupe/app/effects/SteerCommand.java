package loupe.app.effects;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.analysis.effects.Generation;
import loupe.analysis.effects.Intervention;
import loupe.analysis.effects.Intervention.Action;
import loupe.analysis.effects.Interventions;
import loupe.analysis.effects.Positions;
import loupe.analysis.effects.Sampling;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.UsageException;
import loupe.app.command.IndexedCheckpoint;
import loupe.app.command.ReadingArguments;
import loupe.base.NumberRange;
import loupe.format.SafetensorsWriter;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code steer}: text that a model generates, as it is and with features pushed. */
@Command(
        name = "steer",
        description = "Generate text with features of checkpoints added, scaled, capped or clamped, beside the text "
                + "without.")
public final class SteerCommand extends LoupeCommand<SteerCommand.Result> {
    private static final int MOST_TOKENS = 100_000;
    private static final Pattern PUSH = Pattern.compile("(?:(\\d{1,10})/)?(\\d{1,10}):(.+)");
    private static final String BETWEEN = "..";

    @Mixin
    private PlacedCheckpoints placed;

    @Option(names = "--text", paramLabel = "T", description = "Prompt to continue; or give --ids.")
    private String text;

    @Option(names = "--ids", split = ",", paramLabel = "ID", description = "Token ids to continue, taken as they are.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int[] ids;

    /** What is done with a feature's direction v, or with its activation. */
    enum Method {
        /** h + c v. */
        ADDITIVE("additive"),
        /** h + (c - 1) (h . v^) v^. */
        ORTHOGONAL("orthogonal"),
        /** h . v^ is kept within bounds. */
        PROJECTION_CAP("projection-cap"),
        /** The activation is set. */
        CLAMP("clamp"),
        /** The activation is set to a multiple of the largest on a corpus. */
        CLAMP_MAX("clamp-max");

        private final String label;

        Method(String label) {
            this.label = label;
        }

        @Override
        public String toString() {
            return label;
        }
    }

    @Option(
            names = "--method",
            paramLabel = "WHICH",
            defaultValue = "additive",
            converter = MethodConverter.class,
            description = "additive: h + c v; orthogonal: h + (c - 1)(h . v^) v^; projection-cap: h . v^ at most c, or "
                    + "within LO..HI; clamp: activation set to V, what is not reconstructed kept; clamp-max: "
                    + "to V times the largest activation in --index. v is the decoder row, v^ at unit length, c the "
                    + "multiplier times V (default: ${DEFAULT-VALUE}).")
    private Method method;

    @Option(
            names = "--features",
            required = true,
            paramLabel = "S/I:V,..",
            description = "Features, in the order in which they act: I of the Sth --sae, from 0, and V; of "
                    + "projection-cap V may be LO..HI, either of them empty. S/ may be left out for the first --sae.")
    private String features;

    @Option(
            names = "--multiplier",
            paramLabel = "C",
            defaultValue = "1",
            description = "Factor of all V, but of bounds LO..HI and of clamp (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = -NumberRange.LARGEST, most = NumberRange.LARGEST)
    private double multiplier;

    @Option(names = "--normalize", description = "additive: v at unit length.")
    private boolean normalize;

    @Option(
            names = "--exclude-positions",
            split = ",",
            paramLabel = "P",
            description = "Tokens of the prompt, from 0, at which nothing is done.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int[] excluded;

    @Option(
            names = "--from-position",
            paramLabel = "P",
            description = "First token, of the prompt or generated, at which something is done (default: 0).")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private Integer from;

    @Option(names = "--generated-only", description = "Do nothing at the tokens of the prompt.")
    private boolean generatedOnly;

    @Option(
            names = "--generate",
            paramLabel = "N",
            defaultValue = "32",
            description = "Tokens generated (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = MOST_TOKENS)
    private int generate;

    @Mixin
    private SamplingOptions sampling;

    @Mixin
    private IndexedCheckpoint.Counted maximum;

    @Option(
            names = "--out",
            paramLabel = "F",
            description = "Safetensors file to write: logits and default_logits of the prompt's tokens.")
    private Path out;

    @Override
    public Result run(CommandContext context) {
        Prompts.requireOne(text, "--text", ids, "--ids");
        Positions where = positions();
        List<Push> pushes = pushes();
        if (normalize && method != Method.ADDITIVE) {
            throw new UsageException("--normalize goes with --method additive; " + method + " has v at unit length");
        }
        if ((method == Method.CLAMP || method == Method.CLAMP_MAX) && multiplier != 1) {
            context.warn("--multiplier is not used by --method " + method);
        }
        if (maximum.isGiven() != (method == Method.CLAMP_MAX)) {
            throw new UsageException(
                    maximum.isGiven()
                            ? "--index goes with --method clamp-max, not with " + method
                            : "--method clamp-max needs --index DIR, an index that has counted the checkpoint");
        }
        maximum.check();
        Sampling drawn = sampling.sampling(0);
        int seeds = sampling.seeds(1);
        if (seeds > 1 && drawn.temperature() == 0) {
            throw new UsageException("--seeds is " + seeds + ", and nothing is drawn at temperature 0, so that all "
                    + "texts are the same; give --temperature 1 too");
        }
        if (out != null) {
            OptionPaths.writable(out, "--out");
        }
        PlacedCheckpoints.Opened all = placed.open(
                context,
                checkpoints -> pushes.forEach(push ->
                        ReadingArguments.requireFeature(push.feature, checkpoints.get(push.sae), "--features")));
        OpenModel opened = all.model();
        List<OpenSae> checkpoints = all.saes();
        List<Integer> prompt = Prompts.of(opened, placed.model(), text, "--text", ids, "--ids");
        Prompts.requireRoom(opened, prompt.size(), generate);
        where.at().stream()
                .filter(at -> excluded != null && at >= prompt.size())
                .findFirst()
                .ifPresent(at -> {
                    throw new UsageException("--exclude-positions: " + at
                            + " is no token of the prompt, which are 0 to " + (prompt.size() - 1));
                });
        List<Double> maxima = new ArrayList<>();
        List<Intervention> list = new ArrayList<>();
        for (Push push : pushes) {
            OpenSae checkpoint = checkpoints.get(push.sae);
            Action action = push.action;
            if (method == Method.CLAMP_MAX) {
                maxima.add(maximum.largest(context, checkpoint, push.feature));
                action = new Intervention.Clamp(
                        ((Intervention.Clamp) push.action).times(), maxima.get(maxima.size() - 1));
            }
            list.add(new Intervention(new Intervention.Target.Feature(checkpoint.id(), push.feature), action, where));
        }
        Interventions done = Interventions.of(list);
        List<Seeded> texts = new ArrayList<>();
        Generation.Answer answer = context.ask(new Generation(opened.id(), prompt, done, generate, drawn, out != null));
        for (int i = 0; seeds > 1 && i < seeds; i++) {
            Sampling one = drawn.withSeed(drawn.seed() + i);
            texts.add(Seeded.of(
                    opened,
                    one.seed(),
                    i == 0 ? answer : context.ask(new Generation(opened.id(), prompt, done, generate, one, false))));
        }
        if (out != null) {
            new SafetensorsWriter()
                    .add("logits", answer.steered().promptLogits().orElseThrow())
                    .add("default_logits", answer.plain().promptLogits().orElseThrow())
                    .write(out);
        }
        return new Result(
                prompt,
                Prompts.text(opened, answer.steered().ids()),
                Prompts.text(opened, answer.plain().ids()),
                answer.steered().ids(),
                answer.steered().logProbabilities(),
                answer.plain().ids(),
                answer.plain().logProbabilities(),
                answer.applied(),
                maxima,
                texts);
    }

    private Positions positions() {
        int given = (excluded == null ? 0 : 1) + (from == null ? 0 : 1) + (generatedOnly ? 1 : 0);
        if (given > 1) {
            throw new UsageException("give one of --exclude-positions, --from-position and --generated-only");
        }
        if (generatedOnly) {
            return Positions.GENERATED;
        }
        if (from != null) {
            return Positions.from(from);
        }
        List<Integer> left = new ArrayList<>();
        if (excluded != null) {
            for (int position : excluded) {
                left.add(position);
            }
        }
        return Positions.without(left);
    }

    /** A feature and what is done with it. */
    private record Push(int sae, int feature, Action action) {}

    private List<Push> pushes() {
        List<Push> pushes = new ArrayList<>();
        for (String part : features.split(",", -1)) {
            Matcher parts = PUSH.matcher(part.strip());
            if (!parts.matches()) {
                throw new UsageException("--features: '" + part + "' is not S/I:V, such as 0/17:4.5");
            }
            int sae = parts.group(1) == null ? 0 : NumberLists.index(parts.group(1), "--features");
            if (sae >= placed.count()) {
                throw new UsageException("--features: " + part + " names checkpoint " + sae + ", --sae was given "
                        + placed.count() + " times, counted from 0");
            }
            pushes.add(new Push(sae, NumberLists.index(parts.group(2), "--features"), action(parts.group(3))));
        }
        return pushes;
    }

    private Action action(String value) {
        int between = value.indexOf(BETWEEN);
        if (between >= 0 && method != Method.PROJECTION_CAP) {
            throw new UsageException("--features: " + value + " has two bounds, which go with projection-cap");
        }
        if (between >= 0) {
            OptionalDouble least = bound(value.substring(0, between));
            OptionalDouble most = bound(value.substring(between + BETWEEN.length()));
            if (least.isPresent() && most.isPresent() && least.getAsDouble() > most.getAsDouble()) {
                throw new UsageException("--features: the bounds " + value + " are the wrong way round");
            }
            return new Intervention.Cap(least, most);
        }
        double number = NumberLists.real(value, "--features");
        return switch (method) {
            case ADDITIVE -> new Intervention.Add(product(number), normalize);
            case ORTHOGONAL -> new Intervention.Orthogonal(product(number));
            case PROJECTION_CAP -> new Intervention.Cap(OptionalDouble.empty(), OptionalDouble.of(product(number)));
            case CLAMP, CLAMP_MAX -> Intervention.Clamp.to(number);
        };
    }

    private double product(double number) {
        double product = multiplier * number;
        if (!NumberRange.COMPUTABLE.contains(product)) {
            throw new UsageException("--features: " + shown(number) + " times --multiplier " + shown(multiplier)
                    + " is " + shown(product) + ", expected " + NumberRange.COMPUTABLE.expected());
        }
        return product;
    }

    private static String shown(double number) {
        return Double.toString(number).replace(".0E", "E");
    }

    private static OptionalDouble bound(String text) {
        return text.isBlank() ? OptionalDouble.empty() : OptionalDouble.of(NumberLists.real(text, "--features"));
    }

    /**
     * The result that is printed.
     *
     * @param text the steered text, without the prompt
     * @param defaultText the text without steering
     * @param generated token ids of the steered text
     * @param logProbs of each of them, in nats, under steering
     * @param plain token ids of the text without
     * @param applied tokens at which something was done, once for each feature
     * @param corpusMaxima of clamp-max: the largest activation of each feature on the corpus
     * @param texts of all seeds, where there are several; the first is that of the other fields
     */
    record Result(
            List<Integer> ids,
            String text,
            String defaultText,
            List<Integer> generated,
            List<Double> logProbs,
            @JsonProperty("default") List<Integer> plain,
            List<Double> defaultLogProbs,
            long applied,
            List<Double> corpusMaxima,
            List<Seeded> texts) {}

    /**
     * The two texts of one seed.
     *
     * @param logProb mean of the steered text's tokens, in nats, under steering
     * @param defaultLogProb the same of the text without, as the model is
     */
    record Seeded(
            long seed,
            String text,
            String defaultText,
            double logProb,
            double defaultLogProb,
            List<Integer> generated,
            @JsonProperty("default") List<Integer> plain) {
        static Seeded of(OpenModel opened, long seed, Generation.Answer answer) {
            return new Seeded(
                    seed,
                    Prompts.text(opened, answer.steered().ids()),
                    Prompts.text(opened, answer.plain().ids()),
                    mean(answer.steered()),
                    mean(answer.plain()),
                    answer.steered().ids(),
                    answer.plain().ids());
        }

        private static double mean(Generation.Text text) {
            return text.logProbabilities().stream()
                    .mapToDouble(Double::doubleValue)
                    .average()
                    .orElse(0);
        }
    }

    /** A method by its name. */
    static final class MethodConverter implements ITypeConverter<Method> {
        @Override
        public Method convert(String value) {
            for (Method method : Method.values()) {
                if (method.label.equals(value)) {
                    return method;
                }
            }
            throw new TypeConversionException(
                    "'" + value + "' is not additive, orthogonal, projection-cap, clamp or clamp-max");
        }
    }
}
