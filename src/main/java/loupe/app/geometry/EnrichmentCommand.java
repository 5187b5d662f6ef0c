package loupe.app.geometry;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import loupe.analysis.Fit;
import loupe.analysis.lens.Enrichment;
import loupe.analysis.lens.EnrichmentNulls;
import loupe.analysis.lens.KeptTokens;
import loupe.analysis.lens.LogitMoments;
import loupe.analysis.lens.LogitProjection;
import loupe.analysis.lens.LogitWeights;
import loupe.analysis.lens.TokenSet;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.ResultJson.LeftOutIfEmpty;
import loupe.app.cli.UsageException;
import loupe.app.command.ArrayReference;
import loupe.app.command.ModelOptions;
import loupe.app.command.ReadingArguments;
import loupe.base.Refusal;
import loupe.format.SafetensorsWriter;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.tensor.HostTensor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code enrichment}: which sets of tokens features promote or suppress as a whole. */
@Command(
        name = "enrichment",
        description = "Show which sets of tokens features promote or suppress as a whole: the score of each set with "
                + "its sign, its p-value among sets of the same size, and the false discovery rate over the sets.")
public final class EnrichmentCommand extends LoupeCommand<EnrichmentCommand.Result> {
    private static final int MOST_PERMUTATIONS = 10_000_000;

    @Option(names = "--model", paramLabel = "DIR", description = "Folder of the model.")
    private Path model;

    @Option(names = "--sae", paramLabel = "PATH", description = "Checkpoint whose features are meant.")
    private Path sae;

    @Mixin
    private ReadingArguments reading;

    @Option(
            names = "--features",
            paramLabel = "WHICH",
            defaultValue = "all",
            description = "Numbers with commas between, or all (default: ${DEFAULT-VALUE}).")
    private String wanted;

    @Option(
            names = "--logits",
            paramLabel = "F:NAME",
            converter = ArrayReference.Converter.class,
            description = "Instead of a model and a checkpoint: weights of tokens, an array [features, tokens].")
    private ArrayReference logits;

    @Mixin
    private ProjectionOptions.Folded projected;

    @Mixin
    private SetOptions given;

    @Option(
            names = "--permutations",
            paramLabel = "N",
            defaultValue = "" + EnrichmentNulls.USUAL_PERMUTATIONS,
            description = "Sets drawn for each p-value, which is at least 1/(N + 1), or exact for all there are "
                    + "(default: ${DEFAULT-VALUE}).")
    private String permutations;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "0",
            description = "Of the sets that are drawn (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = Integer.MIN_VALUE, most = Integer.MAX_VALUE)
    private int seed;

    @Option(
            names = "--out",
            paramLabel = "F",
            description = "Safetensors file to write instead of listing the numbers here: es, p, p_signed and q, by "
                    + "feature and set.")
    private Path out;

    @Override
    public Result run(CommandContext context) {
        OptionalInt draws = draws();
        LogitProjection projection = projected.projection();
        if (out != null) {
            OptionPaths.writable(out, "--out");
        }
        if (logits != null && (model != null || sae != null)) {
            throw new UsageException("--logits goes without --model and --sae");
        }
        if (logits == null && (model == null || sae == null)) {
            throw new UsageException("Give --model DIR and --sae PATH, or --logits F:NAME");
        }
        Scored scored = logits != null ? ofFile(context) : ofFeatures(context, projection);
        EnrichmentNulls nulls = new EnrichmentNulls(scored.tokens, draws, seed);
        List<EnrichmentNulls.Judged> judged = scored.scores.stream()
                .map(row -> nulls.judge(scored.ranked, row, context.cancellation()))
                .toList();
        if (scored.ranked.stream().anyMatch(set -> set.size() == 0 || set.size() == scored.tokens)) {
            context.warn("A set that no token or every token is in has no score");
        }
        return result(scored, judged);
    }

    private OptionalInt draws() {
        if (permutations.equals("exact")) {
            return OptionalInt.empty();
        }
        if (!permutations.matches("\\d{1,8}")
                || Integer.parseInt(permutations) < 1
                || Integer.parseInt(permutations) > MOST_PERMUTATIONS) {
            throw new UsageException(
                    "--permutations is " + permutations + ", expected exact or 1 to " + MOST_PERMUTATIONS);
        }
        return OptionalInt.of(Integer.parseInt(permutations));
    }

    /**
     * The scores of some features.
     *
     * @param tokens how many were ranked
     * @param sets as they were asked for
     * @param ranked the same within the tokens that were ranked
     */
    private record Scored(
            int[] features, int tokens, List<TokenSet> sets, List<TokenSet> ranked, List<double[]> scores) {}

    private Scored ofFile(CommandContext context) {
        HostTensor rows = logits.read("--logits");
        if (rows.rank() != 2 || rows.size(0) == 0 || rows.size(1) < 2) {
            throw new Refusal(
                    "--logits: " + logits + " has the shape " + Arrays.toString(rows.shape()),
                    "[features, tokens]",
                    "Name another array of the file");
        }
        int tokens = rows.size(1);
        for (float value : rows.data()) {
            if (!Float.isFinite(value)) {
                throw new Refusal(
                        "--logits: " + logits + " has values that are NaN or infinite",
                        "finite numbers",
                        "Name another array of the file");
            }
        }
        List<TokenSet> sets = given.sets(context, Optional.empty(), tokens);
        int[] features = features(rows.size(0));
        Enrichment enrichment = new Enrichment(sets, tokens);
        List<double[]> scores = IntStream.of(features)
                .mapToObj(feature -> enrichment.scores(rows.row(feature)))
                .toList();
        return new Scored(features, tokens, sets, sets, scores);
    }

    private Scored ofFeatures(CommandContext context, LogitProjection projection) {
        OpenSae checkpoint = reading.open(context, sae, "--sae");
        OpenModel opened = ModelOptions.embeddings(model, context);
        ReadingArguments.require(new Fit(opened.config(), checkpoint.config()).misfitOfGhost(), checkpoint, opened);
        int[] features = features(checkpoint.config().dSae());
        KeptTokens.Answer kept = context.ask(new KeptTokens(opened.id(), projection.keptPercentile()));
        List<TokenSet> sets = given.sets(context, Optional.of(opened), kept.tokens());
        List<TokenSet> ranked = kept.among(sets);
        List<double[]> scores = new ArrayList<>();
        if (wanted.equals("all")) {
            LogitMoments.Answer all = context.ask(new LogitMoments(opened.id(), checkpoint.id(), projection, 0, sets));
            IntStream.of(features).forEach(feature -> scores.add(all.scores(feature)));
        } else {
            Enrichment enrichment = new Enrichment(ranked, kept.kept().length);
            for (int feature : features) {
                LogitWeights.Answer one =
                        context.ask(new LogitWeights(opened.id(), checkpoint.id(), feature, projection, 0));
                scores.add(enrichment.scores(kept.compact(one.weights())));
            }
        }
        return new Scored(features, kept.kept().length, sets, ranked, scores);
    }

    private int[] features(int count) {
        if (wanted.equals("all")) {
            return IntStream.range(0, count).toArray();
        }
        return Arrays.stream(wanted.split(",", -1))
                .map(String::strip)
                .mapToInt(number -> {
                    if (!number.matches("\\d{1,9}") || Integer.parseInt(number) >= count) {
                        throw new UsageException("--features: '" + number + "' is no feature, expected all or 0 to "
                                + (count - 1) + " with commas between");
                    }
                    return Integer.parseInt(number);
                })
                .toArray();
    }

    private Result result(Scored scored, List<EnrichmentNulls.Judged> judged) {
        List<String> names = scored.sets.stream().map(TokenSet::name).toList();
        int[] sizes = scored.ranked.stream().mapToInt(TokenSet::size).toArray();
        if (out != null) {
            new SafetensorsWriter()
                    .add("es", matrix(judged, EnrichmentNulls.Judged::scores))
                    .add("p", matrix(judged, EnrichmentNulls.Judged::p))
                    .add("p_signed", matrix(judged, EnrichmentNulls.Judged::signedP))
                    .add("q", matrix(judged, EnrichmentNulls.Judged::q))
                    .write(out);
            return new Result(
                    Optional.of(out.toString()),
                    names,
                    sizes,
                    scored.tokens,
                    scored.features,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
        }
        return new Result(
                Optional.empty(),
                names,
                sizes,
                scored.tokens,
                scored.features,
                Optional.of(judged.stream().map(EnrichmentNulls.Judged::scores).toList()),
                Optional.of(judged.stream().map(EnrichmentNulls.Judged::p).toList()),
                Optional.of(judged.stream().map(EnrichmentNulls.Judged::signedP).toList()),
                Optional.of(judged.stream().map(EnrichmentNulls.Judged::q).toList()),
                Optional.of(judged.stream()
                        .map(row -> IntStream.range(0, row.scores().length)
                                .mapToDouble(row::manhattan)
                                .toArray())
                        .toList()));
    }

    private static HostTensor matrix(
            List<EnrichmentNulls.Judged> judged, java.util.function.Function<EnrichmentNulls.Judged, double[]> column) {
        int sets = column.apply(judged.get(0)).length;
        float[] values = new float[Math.multiplyExact(judged.size(), sets)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) column.apply(judged.get(i / sets))[i % sets];
        }
        return new HostTensor(values, judged.size(), sets);
    }

    /**
     * The result that is printed; of each list of lists one for each feature, in it one for each set, null for a set
     * that has no score.
     *
     * @param out the file written
     * @param sets their names
     * @param sizes how many of the ranked tokens are in each
     * @param tokens how many were ranked
     * @param es the score, -1 to 1
     * @param p of sets of the same size the share whose score is at least as far from 0
     * @param pSigned the share whose score is at least as far on the same side
     * @param q the false discovery rate over the sets of a feature, of p
     * @param manhattan -ln(1 - |es|), null where es is 1 or -1
     */
    record Result(
            @LeftOutIfEmpty Optional<String> out,
            List<String> sets,
            int[] sizes,
            int tokens,
            int[] features,
            @LeftOutIfEmpty Optional<List<double[]>> es,
            @LeftOutIfEmpty Optional<List<double[]>> p,
            @LeftOutIfEmpty Optional<List<double[]>> pSigned,
            @LeftOutIfEmpty Optional<List<double[]>> q,
            @LeftOutIfEmpty Optional<List<double[]>> manhattan) {}
}
