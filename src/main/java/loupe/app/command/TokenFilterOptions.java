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
import loupe.app.cli.Refusal;
import loupe.app.cli.ResultJson.LeftOutIfEmpty;
import loupe.inference.OpenModel;
import picocli.CommandLine.Option;

/** The options that say which tokens a list may have. Without them, all. */
final class TokenFilterOptions {
    @Option(
            names = "--script",
            split = ",",
            paramLabel = "NAME",
            description = "Only tokens whose letters are of these scripts: latin, cyrillic, greek, arabic, hebrew, "
                    + "devanagari, thai, han, kana, hangul, other, mixed, none (no letters).")
    private List<TokenScript> scripts = List.of();

    @Option(
            names = "--leading-space",
            paramLabel = "WHICH",
            description = "yes: only tokens that begin with a space; no: only those that do not.")
    private String leadingSpace;

    @Option(names = "--letters-only", description = "Only tokens of letters, a leading space aside.")
    private boolean lettersOnly;

    @Option(
            names = "--min-length",
            paramLabel = "N",
            defaultValue = "0",
            description = "Only tokens of at least N characters, a leading space not counted.")
    private int minLength;

    @Option(
            names = "--max-length",
            paramLabel = "N",
            description = "Only tokens of at most N characters, a leading space not counted.")
    private Integer maxLength;

    @Option(
            names = "--trained",
            arity = "0..1",
            fallbackValue = "" + TokenFilter.USUALLY_TRAINED,
            defaultValue = "0",
            paramLabel = "F",
            description =
                    "Leave out unused ids, and tokens whose embedding is shorter than F of the median norm or nearer to the centroid than F of the median "
                            + "distance, as undertrained ones are (F without a number: " + TokenFilter.USUALLY_TRAINED
                            + ").")
    private double trained;

    @Option(names = "--contains", paramLabel = "TEXT", description = "Only tokens with this text, in whatever case.")
    private String contains;

    @Option(
            names = "--matching",
            paramLabel = "REGEX",
            description = "Only tokens in whose text (leading space included) this regular expression is found.")
    private String matching;

    /** @throws Refusal if the options make no sense, whatever the model */
    TokenFilter filter() {
        if (contains != null && matching != null) {
            throw Refusal.usage("--contains goes without --matching");
        }
        if (leadingSpace != null && !Set.of("yes", "no").contains(leadingSpace)) {
            throw Refusal.usage("--leading-space is " + leadingSpace + ", expected yes or no");
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
        } catch (IllegalArgumentException e) {
            throw Refusal.usage("the token filter: " + e.getMessage());
        }
    }

    /** @throws Refusal if the model has no tokenizer, and so no texts to filter by */
    static TokenMask mask(CommandContext context, OpenModel opened, TokenFilter filter, int tokens) {
        if (filter.isNone()) {
            return TokenMask.ALL;
        }
        if (opened.tokenizer().isEmpty()) {
            throw Refusal.content(opened.folder() + " has no tokenizer, so its tokens have no texts to filter by");
        }
        TokenGeometry.Answer geometry = context.ask(new TokenGeometry(opened.id()));
        return TokenTraits.of(tokens, id -> ModelOptions.text(opened, id), geometry, context.cancellation())
                .mask(filter, context.cancellation());
    }

    /** What the result says about the filter; empty if there is none. */
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
     * Which tokens a list may have.
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
