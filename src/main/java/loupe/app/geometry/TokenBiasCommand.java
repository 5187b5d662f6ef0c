package loupe.app.geometry;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import loupe.analysis.Fit;
import loupe.analysis.tokenbias.BiasResiduals;
import loupe.analysis.tokenbias.FeatureTokens;
import loupe.analysis.tokenbias.LastTokens;
import loupe.analysis.tokenbias.NearestBiases;
import loupe.analysis.tokenbias.SimilarTokens;
import loupe.analysis.tokenbias.UnigramActivations;
import loupe.analysis.tokenbias.UnigramTable;
import loupe.analysis.tokenbias.ValueSummary;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.OptionSection;
import loupe.app.cli.ResultJson.LeftOutIfEmpty;
import loupe.app.cli.UsageException;
import loupe.app.command.ModelOptions;
import loupe.app.command.SaeArguments;
import loupe.app.effects.NumberLists;
import loupe.format.SafetensorsWriter;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.Processing;
import loupe.tensor.HostTensor;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code token-bias}: what of a checkpoint's features and biases is about single tokens. */
@Command(
        name = "token-bias",
        description = "Compare a checkpoint with what the model computes of each token alone (unigram residuals): its "
                + "biases for tokens if it has any, its features if asked, and how well either tells a prompt's last "
                + "token.")
public final class TokenBiasCommand extends LoupeCommand<TokenBiasCommand.Result> {
    private static final int LONGEST_PROMPT = 4096;

    @Mixin
    private ModelOptions.Required model;

    @Option(names = "--sae", required = true, paramLabel = "PATH", description = "Checkpoint.")
    private Path sae;

    @Mixin
    private SaeArguments reading;

    @Mixin
    private UnigramOptions unigrams;

    @Mixin
    private Prompts prompts;

    /** Which prompts' last tokens are told. */
    @OptionSection("Telling a prompt's last token")
    static final class Prompts {
        @Option(
                names = "--prompts",
                paramLabel = "IDS",
                description = "Prompts as token ids, taken as they are: \"0,5,7;0,9,12\".")
        private @Nullable String prompts;

        @Option(
                names = "--random-prompts",
                paramLabel = "N",
                description = "So many prompts of tokens drawn evenly from the vocabulary (default: 200 without "
                        + "--prompts).")
        @OptionRange(most = 1_000_000)
        private @Nullable Integer random;

        @Option(
                names = "--prompt-length",
                paramLabel = "N",
                defaultValue = "16",
                description = "Tokens of a random prompt, the first one included (default: ${DEFAULT-VALUE}).")
        @OptionRange(least = 2, most = LONGEST_PROMPT)
        private int length;

        @Option(
                names = "--seed",
                paramLabel = "SEED",
                defaultValue = "0",
                description = "Seed of random prompts (default: ${DEFAULT-VALUE}).")
        @OptionRange(most = Integer.MAX_VALUE)
        private long seed;

        List<List<Integer>> of(OpenModel opened, int bos) {
            int context = opened.config().context();
            if (prompts != null) {
                List<List<Integer>> given = NumberLists.several(prompts, "--prompts");
                for (List<Integer> prompt : given) {
                    ModelOptions.check(
                            opened, prompt.stream().mapToInt(Integer::intValue).toArray(), "--prompts");
                    if (prompt.isEmpty() || prompt.size() > context) {
                        throw new UsageException("--prompts has a prompt of " + prompt.size()
                                + " tokens, expected 1 to " + context + ", the model's context");
                    }
                }
                return given;
            }
            if (length > context) {
                throw new UsageException(
                        "--prompt-length is " + length + ", expected 2 to " + context + ", the model's context");
            }
            return LastTokens.randomPrompts(
                    random == null ? 200 : random, length, bos, opened.config().vocabularySize(), seed);
        }
    }

    @Option(
            names = "--groups",
            paramLabel = "IDS",
            description = "Tokens that mean the same, as ids: \"17,40;76,100,101\"; says how alike their biases are.")
    private @Nullable String groups;

    @Option(
            names = "--features",
            description = "Also compare every feature with every token's residual and bias, which takes a product for "
                    + "each pair.")
    private boolean features;

    @Option(
            names = "--cuts",
            split = ",",
            paramLabel = "C",
            defaultValue = "0.4,0.6,0.8",
            description = "With --features: cosines above which features are counted (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = -1, most = 1)
    private double[] cuts;

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "20",
            description = "Tokens, and features, listed: those of the largest norm or cosine (default: "
                    + "${DEFAULT-VALUE}).")
    @OptionRange(most = OptionRange.MOST_LISTED)
    private int top;

    @Option(
            names = "--out",
            paramLabel = "F",
            description = "Safetensors file to write: unigram, and by token cosine_bias_unigram, lookup_sim, "
                    + "nearest_bias, nearest_bias_cosine and nearest_bias_cosine_centred; with --features also by "
                    + "feature unigram_cosine, unigram_token and unigram_activation.")
    private @Nullable Path out;

    @Override
    public Result run(CommandContext context) {
        if (prompts.prompts != null && prompts.random != null) {
            throw new UsageException("--prompts and --random-prompts exclude each other");
        }
        List<List<Integer>> alike = groups == null ? List.of() : NumberLists.several(groups, "--groups");
        if (out != null) {
            OptionPaths.writable(out, "--out");
        }
        OpenModel opened = model.open(context, Processing.RAW);
        OpenSae checkpoint =
                features ? reading.open(context, sae, "--sae") : reading.openForDirections(context, sae, "--sae");
        SaeArguments.require(new Fit(opened.config(), checkpoint.config()).misfit(), checkpoint, opened);
        alike.forEach(group -> ModelOptions.check(
                opened, group.stream().mapToInt(Integer::intValue).toArray(), "--groups"));
        if (!checkpoint.config().lookup() && groups != null) {
            throw new UsageException("--groups compares biases for tokens, and " + sae + " has none");
        }
        List<List<Integer>> asked = prompts.of(opened, unigrams.bos(opened));
        context.begin();
        UnigramTable table =
                unigrams.table(context, opened, checkpoint.config().hook().orElseThrow());
        LastTokens.Answer told =
                context.ask(new LastTokens(checkpoint.config().lookup() ? checkpoint.id() : null, table, asked));
        Optional<Biases> biases = checkpoint.config().lookup()
                ? Optional.of(new Biases(
                        context.ask(new BiasResiduals(checkpoint.id(), table)),
                        context.ask(new NearestBiases(checkpoint.id()))))
                : Optional.empty();
        Optional<Features> compared = features ? Optional.of(compare(context, checkpoint, table)) : Optional.empty();
        if (out != null) {
            write(out, table, biases, compared);
        }
        return result(context, opened, checkpoint, alike, new Found(table, told, biases, compared));
    }

    /** What is known of the biases. */
    private record Biases(BiasResiduals.Answer residuals, NearestBiases.Answer nearest) {}

    /** What is known of the features; the last is empty without biases. */
    private record Features(
            FeatureTokens.Answer unigram, UnigramActivations.Answer activations, Optional<FeatureTokens.Answer> bias) {}

    private record Found(
            UnigramTable table, LastTokens.Answer told, Optional<Biases> biases, Optional<Features> features) {}

    private static Features compare(CommandContext context, OpenSae checkpoint, UnigramTable table) {
        if (!FeatureTokens.fits(checkpoint.config(), table)) {
            throw new UsageException("--features compares directions with the values that a checkpoint reads, and "
                    + checkpoint.path() + " writes to another place");
        }
        return new Features(
                context.ask(new FeatureTokens(checkpoint.id(), Optional.of(table))),
                context.ask(new UnigramActivations(checkpoint.id(), table, 1)),
                checkpoint.config().lookup()
                        ? Optional.of(context.ask(new FeatureTokens(checkpoint.id(), Optional.empty())))
                        : Optional.empty());
    }

    private static void write(Path out, UnigramTable table, Optional<Biases> biases, Optional<Features> compared) {
        SafetensorsWriter file = new SafetensorsWriter();
        file.add("unigram", List.of((long) table.tokens(), (long) table.width()), table.source());
        biases.ifPresent(known -> file.add("cosine_bias_unigram", tensor(known.residuals.cosines()))
                .add("lookup_sim", tensor(known.residuals.shares()))
                .add("nearest_bias", longs(known.nearest.nearest()), known.nearest.nearest().length)
                .add("nearest_bias_cosine", tensor(known.nearest.cosines()))
                .add("nearest_bias_cosine_centred", tensor(known.nearest.cosinesCentred())));
        compared.ifPresent(known -> file.add("unigram_cosine", tensor(known.unigram.cosines()))
                .add("unigram_cosine_centred", tensor(known.unigram.cosinesCentred()))
                .add("unigram_token", longs(known.unigram.tokens()), known.unigram.tokens().length)
                .add("unigram_activation", tensor(known.activations.values())));
        file.write(out);
    }

    private static long[] longs(int[] values) {
        return Arrays.stream(values).asLongStream().toArray();
    }

    private static HostTensor tensor(float[] values) {
        return new HostTensor(values, values.length);
    }

    private Result result(
            CommandContext context, OpenModel opened, OpenSae checkpoint, List<List<Integer>> alike, Found found) {
        Optional<Double> similar = alike.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        context.ask(new SimilarTokens(checkpoint.id(), alike)).median());
        return new Result(
                found.table.hook().name(),
                found.table.bos(),
                found.table.tokens(),
                found.table.file().toString(),
                found.table.bytes(),
                found.biases.map(known -> median(known.residuals.cosines())),
                found.biases.map(known -> mean(known.residuals.shares())),
                found.biases.map(known -> known.nearest.summary(false).median()),
                found.biases.map(known -> known.nearest.summary(true).median()),
                found.biases.map(known -> known.nearest.summary(false).mean()),
                found.biases.map(known -> known.nearest.summary(true).mean()),
                similar,
                new Detection(Told.of(found.told.unigram()), found.told.bias().map(Told::of)),
                found.biases.map(known -> tokens(opened, known)).orElse(List.of()),
                found.features.map(known -> new FeatureResult(
                        shares(known.unigram), known.bias.map(this::shares), features(opened, known))));
    }

    private static double median(float[] values) {
        return ValueSummary.median(wide(values));
    }

    private static double mean(float[] values) {
        return Arrays.stream(wide(values)).average().orElse(Double.NaN);
    }

    private static double[] wide(float[] values) {
        double[] wide = new double[values.length];
        Arrays.setAll(wide, i -> values[i]);
        return wide;
    }

    private List<Above> shares(FeatureTokens.Answer of) {
        return Arrays.stream(cuts)
                .mapToObj(cut -> new Above(cut, of.shareAbove(cut, false), of.shareAbove(cut, true)))
                .toList();
    }

    private List<Token> tokens(OpenModel opened, Biases known) {
        float[] norms = known.nearest.norms();
        return IntStream.range(0, norms.length)
                .boxed()
                .sorted(Comparator.comparingDouble(t -> -norms[t]))
                .limit(top)
                .map(t -> new Token(
                        t,
                        ModelOptions.text(opened, t),
                        norms[t],
                        known.residuals.cosines()[t],
                        known.nearest.nearest()[t],
                        known.nearest.nearest()[t] < 0
                                ? ""
                                : ModelOptions.text(opened, known.nearest.nearest()[t]),
                        known.nearest.cosines()[t],
                        known.nearest.cosinesCentred()[t]))
                .toList();
    }

    private List<Feature> features(OpenModel opened, Features known) {
        float[] cosines = known.unigram.cosines();
        List<Feature> listed = new ArrayList<>();
        IntStream.range(0, cosines.length)
                .boxed()
                .sorted(Comparator.comparingDouble(f -> -cosines[f]))
                .limit(top)
                .forEach(f -> listed.add(new Feature(
                        f,
                        cosines[f],
                        ModelOptions.text(opened, known.unigram.tokens()[f]),
                        known.unigram.cosinesCentred()[f],
                        ModelOptions.text(opened, known.unigram.tokensCentred()[f]),
                        known.activations.largest(f),
                        known.activations.counts()[f])));
        return listed;
    }

    /**
     * The result that is printed. What is of biases is left out for a checkpoint that has none.
     *
     * @param unigrams the file of the residuals, {@code unigramBytes} long
     * @param medianCosineBiasUnigram of a token's bias and its residual
     * @param meanLookupSim mean of B_t . r_t / |r_t|^2
     * @param medianNearestBiasCosine of a bias and the nearest other one; centred: with the mean bias removed
     * @param medianSimilarTokens over the tokens of the groups
     * @param tokens those of the largest bias
     */
    record Result(
            String hook,
            int bosId,
            int vocabulary,
            String unigrams,
            long unigramBytes,
            @LeftOutIfEmpty Optional<Double> medianCosineBiasUnigram,
            @LeftOutIfEmpty Optional<Double> meanLookupSim,
            @LeftOutIfEmpty Optional<Double> medianNearestBiasCosine,
            @LeftOutIfEmpty Optional<Double> medianNearestBiasCosineCentred,
            @LeftOutIfEmpty Optional<Double> meanNearestBiasCosine,
            @LeftOutIfEmpty Optional<Double> meanNearestBiasCosineCentred,
            @LeftOutIfEmpty Optional<Double> medianSimilarTokens,
            Detection detection,
            List<Token> tokens,
            @LeftOutIfEmpty Optional<FeatureResult> features) {}

    /** How well last tokens are told. */
    record Detection(Told unigram, @LeftOutIfEmpty Optional<Told> bias) {}

    /**
     * By one set of vectors.
     *
     * @param wilson the 95 % interval of the accuracy
     */
    record Told(double accuracy, List<Double> wilson, List<Integer> predicted) {
        static Told of(LastTokens.Detection told) {
            return new Told(
                    told.accuracy(), List.of(told.wilson().low(), told.wilson().high()), told.predicted());
        }
    }

    /** A token's bias. */
    record Token(
            int id,
            String token,
            double norm,
            double cosineUnigram,
            int nearestBias,
            String nearestToken,
            double nearestCosine,
            double nearestCosineCentred) {}

    /** The features beside the tokens' vectors; {@code bias} is left out for a checkpoint without biases. */
    record FeatureResult(
            List<Above> unigram, @LeftOutIfEmpty Optional<List<Above>> bias, List<Feature> features) {}

    /** The share of features whose largest cosine is above a cut. */
    record Above(double cut, double share, double shareCentred) {}

    /**
     * A feature beside the residuals.
     *
     * @param token whose residual is nearest to its direction; centred: with the mean residual removed
     * @param activation its largest on a residual
     * @param activeTokens residuals on which it is active
     */
    record Feature(
            int feature,
            double cosine,
            String token,
            double cosineCentred,
            String tokenCentred,
            double activation,
            int activeTokens) {}
}
