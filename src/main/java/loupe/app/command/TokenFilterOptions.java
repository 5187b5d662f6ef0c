package loupe.app.command;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import loupe.analysis.ghost.TokenGeometry;
import loupe.analysis.tokens.TokenFilter;
import loupe.analysis.tokens.TokenMask;
import loupe.analysis.tokens.TokenScript;
import loupe.analysis.tokens.TokenTraits;
import loupe.app.cli.CommandContext;
import loupe.app.cli.OptionRange;
import loupe.app.cli.OptionSection;
import loupe.app.cli.ResultJson.LeftOutIfEmpty;
import loupe.app.cli.UsageException;
import loupe.base.Refusal;
import loupe.inference.OpenModel;
import picocli.CommandLine.Option;

/** The options for which tokens a list may contain; without them, all. */
@OptionSection("Token filter")
final class TokenFilterOptions {
    @Option(
            names = "--script",
            split = ",",
            paramLabel = "NAME",
            description = "Scripts of the letters: latin, cyrillic, greek, arabic, hebrew, "
                    + "devanagari, thai, han, kana, hangul, other, mixed, none (no letters).")
    private List<TokenScript> scripts = List.of();

    @Option(
            names = "--leading-space",
            paramLabel = "WHICH",
            description = "yes: word-initial tokens; no: continuations (default: both).")
    private String leadingSpace;

    @Option(names = "--letters-only", description = "Letters only (leading space ignored).")
    private boolean lettersOnly;

    @Option(
            names = "--min-length",
            paramLabel = "N",
            defaultValue = "0",
            description = "Fewest characters, leading space not counted (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int minLength;

    @Option(
            names = "--max-length",
            paramLabel = "N",
            description = "Most characters, leading space not counted (default: no limit).")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private Integer maxLength;

    @Option(
            names = "--trained",
            arity = "0..1",
            fallbackValue = "" + TokenFilter.USUALLY_TRAINED,
            defaultValue = "0",
            paramLabel = "F",
            description = "Leave out unused ids and undertrained tokens: those with a norm below F x the "
                    + "median, or a distance from the "
                    + "centroid below F x the median (F if left out: " + TokenFilter.USUALLY_TRAINED + ").")
    @OptionRange(most = 1)
    private double trained;

    @Option(names = "--contains", paramLabel = "TEXT", description = "Case-insensitive text match.")
    private String contains;

    @Option(
            names = "--matching",
            paramLabel = "REGEX",
            description = "Regular expression found in the token's text, leading space included.")
    private String matching;

    /** @throws UsageException if the options are invalid for every model */
    TokenFilter filter() {
        if (contains != null && matching != null) {
            throw new UsageException("--contains goes without --matching");
        }
        if (leadingSpace != null && !Set.of("yes", "no").contains(leadingSpace)) {
            throw new UsageException("--leading-space is " + leadingSpace + ", expected yes or no");
        }
        try {
            return new TokenFilter(
                    scripts.isEmpty() ? Set.of() : EnumSet.copyOf(scripts),
                    leadingSpace == null
                            ? TokenFilter.Space.EITHER
                            : leadingSpace.equals("yes") ? TokenFilter.Space.LEADING : TokenFilter.Space.WITHOUT,
                    lettersOnly,
                    minLength,
                    maxLength == null ? Integer.MAX_VALUE : maxLength,
                    trained,
                    matching != null ? matching : contains != null ? contains : "",
                    matching != null);
        } catch (Refusal e) {
            throw new UsageException("The token filter: " + e.getMessage());
        }
    }

    /** @throws Refusal if the model has no tokenizer, and so no texts to filter by */
    static TokenMask mask(CommandContext context, OpenModel opened, TokenFilter filter, int tokens) {
        if (filter.isNone()) {
            return TokenMask.ALL;
        }
        if (opened.tokenizer().isEmpty()) {
            throw new Refusal(opened.folder() + " has no tokenizer, so its tokens have no texts to filter by");
        }
        TokenGeometry.Answer geometry = context.ask(new TokenGeometry(opened.id()));
        return TokenTraits.of(tokens, id -> ModelOptions.text(opened, id), geometry, context.cancellation())
                .mask(filter, context.cancellation());
    }

    /** The description of the filter for the result; empty if there is none. */
    static Optional<FilterDescription> describe(TokenFilter filter, TokenMask mask) {
        if (filter.isNone()) {
            return Optional.empty();
        }
        Optional<String> text = filter.text().isEmpty() ? Optional.empty() : Optional.of(filter.text());
        return Optional.of(new FilterDescription(
                filter.scripts().stream().sorted().map(TokenScript::label).toList(),
                filter.space() == TokenFilter.Space.EITHER
                        ? Optional.empty()
                        : Optional.of(filter.space() == TokenFilter.Space.LEADING),
                filter.lettersOnly(),
                filter.minLength(),
                filter.maxLength() == Integer.MAX_VALUE ? Optional.empty() : Optional.of(filter.maxLength()),
                filter.trained(),
                filter.regex() ? Optional.of(text) : Optional.empty(),
                filter.regex() ? Optional.empty() : Optional.of(text),
                mask.count()));
    }

    /**
     * Which tokens a list may contain.
     *
     * @param leadingSpace whether they begin with a space; empty for either
     * @param maxLength empty for no limit
     * @param matching a regular expression; a filter has either this or {@code contains}, itself empty for any text
     * @param tokens how many there are
     */
    record FilterDescription(
            List<String> scripts,
            Optional<Boolean> leadingSpace,
            boolean lettersOnly,
            int minLength,
            Optional<Integer> maxLength,
            double trained,
            @LeftOutIfEmpty Optional<Optional<String>> matching,
            @LeftOutIfEmpty Optional<Optional<String>> contains,
            int tokens) {}
}
