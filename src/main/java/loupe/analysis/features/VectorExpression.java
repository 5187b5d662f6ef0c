package loupe.analysis.features;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.base.Refusal;
import loupe.inference.ModelId;
import loupe.inference.SaeId;

/**
 * Vectors in words, as the window's field and the command line's option take them: {@code #17} or {@code feature:17},
 * {@code token 42} or {@code token:42}, {@code bias:42}, {@code random:1}, a text in quotation marks, and sums and
 * differences of these with factors, such as {@code #17 - 0.5 * token 42 + "red"}.
 *
 * @param model whose tokens are meant; empty if none is open
 * @param tokens its vocabulary's size
 * @param sae whose features are meant; empty if none is open
 * @param features how many it has
 * @param encode token ids of a text; may refuse
 */
public record VectorExpression(
        Optional<ModelId> model,
        int tokens,
        Optional<SaeId> sae,
        int features,
        Function<String, List<Integer>> encode) {
    private static final String VECTOR =
            "(?:#|feature:)(?<feature>\\d{1,9})|token[: ](?<token>\\d{1,9})|bias:(?<bias>\\d{1,9})"
                    + "|random:(?<random>\\d{1,18})|\"(?<text>[^\"]+)\"";
    private static final Pattern TERM =
            Pattern.compile("\\s*(?<sign>[+-]?)\\s*(?:(?<factor>\\d+(?:\\.\\d+)?)\\s*\\*\\s*)?(?:" + VECTOR + ")\\s*");
    /** A vector by its number, and an operator before or behind it. */
    private static final Pattern LOOKS_LIKE_A_SUM = Pattern.compile(
            "(?s)\\s*[+-]?\\s*(?:[\\d.]+\\s*\\*\\s*)?(?:#|feature:|token[: ]|bias:|random:)\\d+\\s*[-+*/].*"
                    + "|.*[-+*/]\\s*(?:#|feature:|token:|bias:|random:)\\d+\\s*");

    /**
     * The vector or the sum of vectors that is written; empty if it is none, but a text.
     *
     * @throws Refusal if it cannot be read as the sum it seems to be, or names what does not exist
     */
    public Optional<NeighbourQuery> read(String typed) {
        List<NeighbourQuery.Term> terms = new ArrayList<>();
        Matcher term = TERM.matcher(typed);
        int end = 0;
        while (end < typed.length() && term.region(end, typed.length()).lookingAt()) {
            if (!terms.isEmpty() && term.group("sign").isEmpty()) {
                break;
            }
            double factor = term.group("factor") == null ? 1 : Double.parseDouble(term.group("factor"));
            terms.add(new NeighbourQuery.Term(term.group("sign").equals("-") ? -factor : factor, vector(term)));
            end = term.end();
        }
        if (end < typed.length()) {
            if (LOOKS_LIKE_A_SUM.matcher(typed).matches()) {
                throw new Refusal(
                        "The sum cannot be read from \"" + typed.substring(end).strip() + "\"",
                        "vectors with + or - between them",
                        "Write it like #17 - 0.5 * token 42 + \"red\"");
            }
            return Optional.empty();
        }
        if (terms.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                terms.size() == 1 && terms.get(0).factor() == 1 ? terms.get(0).of() : new NeighbourQuery.Sum(terms));
    }

    private NeighbourQuery vector(Matcher term) {
        if (term.group("feature") != null) {
            return new NeighbourQuery.Feature(
                    sae.orElseThrow(() -> new Refusal(
                            "No checkpoint is open whose features could be meant", "", "Open one, or name a token")),
                    inRange(term.group("feature"), features, "feature"));
        }
        if (term.group("bias") != null) {
            return new NeighbourQuery.Bias(
                    sae.orElseThrow(() -> new Refusal(
                            "No checkpoint is open whose biases could be meant", "", "Open one, or name a token")),
                    inRange(term.group("bias"), Integer.MAX_VALUE, "bias"));
        }
        if (term.group("random") != null) {
            return new NeighbourQuery.RandomVector(Long.parseLong(term.group("random")));
        }
        return term.group("token") != null
                ? new NeighbourQuery.Token(opened(), inRange(term.group("token"), tokens, "token"))
                : text(term.group("text"));
    }

    /** The token that a text is, or the mean of its tokens. */
    public NeighbourQuery text(String words) {
        ModelId opened = opened();
        List<Integer> ids = encode.apply(words);
        return ids.size() == 1 ? new NeighbourQuery.Token(opened, ids.get(0)) : new NeighbourQuery.Text(opened, ids);
    }

    private ModelId opened() {
        return model.orElseThrow(
                () -> new Refusal("No model is open whose tokens could be meant", "", "Open one, or name a feature"));
    }

    private static int inRange(String digits, int count, String kind) {
        int number = Integer.parseInt(digits);
        if (number >= count) {
            throw new Refusal(
                    "There is no " + kind + " " + number + ": the last one is " + (count - 1),
                    "",
                    "Choose a smaller number");
        }
        return number;
    }
}
