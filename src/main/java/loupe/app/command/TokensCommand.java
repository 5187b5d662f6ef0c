package loupe.app.command;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.tokens.NullTokenList;
import loupe.analysis.tokens.RandomLists;
import loupe.analysis.tokens.TokenCoherence;
import loupe.analysis.tokens.TokenColumns;
import loupe.analysis.tokens.TokenFilter;
import loupe.analysis.tokens.TokenList;
import loupe.analysis.tokens.TokenListSettings;
import loupe.analysis.tokens.TokenMask;
import loupe.analysis.tokens.TokenMetric;
import loupe.analysis.tokens.TokenRanking;
import loupe.analysis.tokens.TokenSides;
import loupe.analysis.tokens.TokenStability;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionRange;
import loupe.app.cli.ResultJson.LeftOutIfEmpty;
import loupe.app.cli.UsageException;
import loupe.inference.OpenModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tokens}: the real tokens nearest to a ghost. */
@Command(name = "tokens", description = "List the tokens nearest to a ghost, best first.")
public final class TokensCommand extends LoupeCommand<TokensCommand.Result> {
    @Mixin
    private ModelOptions.Required model;

    @Mixin
    private GhostOptions.OfFeatureOrFinished ghost;

    @Option(names = "--exponent", paramLabel = "M", description = "Exponent of the ratio (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = TokenListSettings.LARGEST_EXPONENT)
    private double exponent = TokenListSettings.DEFAULT_EXPONENT;

    @Option(
            names = "--metric",
            paramLabel = "NAME",
            defaultValue = "ratio",
            description = "Score: ratio, cosine, centred, csls, dot or mahalanobis (default: ${DEFAULT-VALUE}).")
    private TokenMetric metric;

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "100",
            description = "Tokens listed (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = 1, most = OptionRange.MOST_LISTED)
    private int top;

    @Mixin
    private TokenFilterOptions filters;

    @Option(
            names = "--sides",
            description = "Also list the tokens of the encoder and of the decoder direction, each with its rank "
                    + "in the other list.")
    private boolean sides;

    @Option(
            names = "--stability",
            description = "Add the rank of each token at a scale a tenth smaller and a tenth larger.")
    private boolean stability;

    @Option(
            names = "--null",
            paramLabel = "SEED",
            description = "Also list the tokens of a random direction with this seed, and the coherence of both lists.")
    @OptionRange(least = Long.MIN_VALUE, most = Long.MAX_VALUE)
    private Long nullSeed;

    @Option(
            names = "--draws",
            paramLabel = "N",
            description = "Say where the list's coherence lies among those of the lists of so many random directions "
                    + "under the same settings; 1000 tell it to a tenth of a per cent.")
    @OptionRange(least = 1, most = 100_000)
    private Integer draws;

    @Override
    public Result run(CommandContext context) {
        if (ghost.finished().isPresent() && (nullSeed != null || draws != null || stability || sides)) {
            throw new UsageException(
                    "--vector is a finished ghost without direction and scale, so it goes without --null, --draws, "
                            + "--stability and --sides");
        }
        TokenFilter filter = filters.filter();
        ghost.requireSensible();
        OpenModel opened = model.openEmbeddings(context);
        GhostSettings settings = ghost.settings(context, opened);
        TokenColumns.Answer columns = context.ask(new TokenColumns(opened.id(), settings, metric));
        TokenMask mask = TokenFilterOptions.mask(context, opened, filter, columns.tokens());
        TokenListSettings asked = new TokenListSettings(settings, metric, exponent, top, mask);
        TokenRanking ranking = new TokenRanking();
        TokenList list = ranking.rank(columns, asked);
        if (list.size() == 0) {
            context.warn("No token passes the filter");
        }
        Settings shown = new Settings(
                ghost.describe(opened, settings),
                metric.label(),
                exponent,
                top,
                TokenFilterOptions.describe(filter, mask));
        Optional<TokenStability> moved =
                stability ? Optional.of(TokenStability.of(ranking, columns, list)) : Optional.empty();
        Optional<Sides> both =
                sides ? Optional.of(Sides.of(opened, TokenSides.of(ranking, columns, asked))) : Optional.empty();
        Optional<TokenCoherence.Answer> coherence =
                nullSeed == null && draws == null ? Optional.empty() : Optional.of(coherence(context, opened, list));
        return new Result(
                shown,
                Row.all(opened, list, moved),
                both,
                coherence,
                draws == null ? Optional.empty() : Optional.of(among(context, opened, asked, coherence.orElseThrow())),
                nullSeed == null ? Optional.empty() : Optional.of(random(context, opened, asked)));
    }

    private RandomLists.Place among(
            CommandContext context, OpenModel opened, TokenListSettings asked, TokenCoherence.Answer coherence) {
        return context.ask(new RandomLists(opened.id(), asked, draws, nullSeed == null ? 0 : nullSeed))
                .place(coherence);
    }

    private RandomList random(CommandContext context, OpenModel opened, TokenListSettings asked) {
        TokenList random = context.ask(new NullTokenList(opened.id(), asked, nullSeed));
        return new RandomList(nullSeed, coherence(context, opened, random), ListedToken.all(opened, random));
    }

    private static TokenCoherence.Answer coherence(CommandContext context, OpenModel opened, TokenList list) {
        return context.ask(new TokenCoherence(
                opened.id(), Arrays.stream(list.tokens()).boxed().toList()));
    }

    /**
     * The result that is printed.
     *
     * @param tokens best first
     * @param sides the lists of the two directions; empty unless requested
     * @param coherence how alike the listed tokens are; empty unless a random direction is requested
     * @param amongRandom where the mean centred cosine lies among those of random directions' lists; empty unless
     *     requested
     * @param random the list of a random direction
     */
    record Result(
            Settings settings,
            List<Row> tokens,
            @LeftOutIfEmpty Optional<Sides> sides,
            @LeftOutIfEmpty Optional<TokenCoherence.Answer> coherence,
            @LeftOutIfEmpty Optional<RandomLists.Place> amongRandom,
            @JsonProperty("null") @LeftOutIfEmpty Optional<RandomList> random) {}

    /** The settings of the list. */
    record Settings(
            @JsonUnwrapped GhostDescription ghost,
            String metric,
            double exponent,
            int top,
            Optional<TokenFilterOptions.FilterDescription> filter) {}

    /** A token and how near it is. */
    record ListedToken(int id, String token, double score, double cosine) {
        static List<ListedToken> all(OpenModel opened, TokenList list) {
            return IntStream.range(0, list.size())
                    .mapToObj(i -> of(opened, list, i))
                    .toList();
        }

        static ListedToken of(OpenModel opened, TokenList list, int index) {
            int id = list.tokens()[index];
            return new ListedToken(id, ModelOptions.text(opened, id), list.scores()[index], list.cosines()[index]);
        }
    }

    /**
     * A token of the list.
     *
     * @param rankAtSmallerScale at a scale a tenth smaller; empty unless requested, as the next two
     * @param rankSpread between the highest and the lowest of its three ranks
     */
    record Row(
            @JsonUnwrapped ListedToken listed,
            @LeftOutIfEmpty Optional<Integer> rankAtSmallerScale,
            @LeftOutIfEmpty Optional<Integer> rankAtLargerScale,
            @LeftOutIfEmpty Optional<Integer> rankSpread) {
        static List<Row> all(OpenModel opened, TokenList list, Optional<TokenStability> moved) {
            return IntStream.range(0, list.size())
                    .mapToObj(i -> new Row(
                            ListedToken.of(opened, list, i),
                            moved.map(ranks -> ranks.smaller()[i]),
                            moved.map(ranks -> ranks.larger()[i]),
                            moved.map(ranks -> ranks.spread(i))))
                    .toList();
        }
    }

    /**
     * The lists of the encoder and of the decoder direction. Ranks in the other list are one more than the deepest for
     * tokens beyond it.
     *
     * @param deepest rank down to which the other list was looked through
     */
    record Sides(int deepest, List<OfEncoder> encoder, List<OfDecoder> decoder) {
        static Sides of(OpenModel opened, TokenSides sides) {
            return new Sides(
                    sides.deepest(),
                    IntStream.range(0, sides.encoder().size())
                            .mapToObj(i -> new OfEncoder(
                                    ListedToken.of(opened, sides.encoder(), i), sides.encoderInDecoder()[i]))
                            .toList(),
                    IntStream.range(0, sides.decoder().size())
                            .mapToObj(i -> new OfDecoder(
                                    ListedToken.of(opened, sides.decoder(), i), sides.decoderInEncoder()[i]))
                            .toList());
        }
    }

    /** A token of the encoder's list. */
    record OfEncoder(@JsonUnwrapped ListedToken listed, int rankInDecoder) {}

    /** A token of the decoder's list. */
    record OfDecoder(@JsonUnwrapped ListedToken listed, int rankInEncoder) {}

    /** The list of a random direction. */
    record RandomList(long seed, TokenCoherence.Answer coherence, List<ListedToken> tokens) {}
}
