package loupe.state.nearest;

import java.util.List;
import java.util.Optional;
import loupe.analysis.lens.TokenSet;
import loupe.analysis.lens.TokenSets;

/** What a histogram of logit weights is split by: a set of tokens and the others. */
public enum LogitSplit {
    NONE("All tokens", "", "tokens", ""),
    LEADING_SPACE("Leading space", TokenSets.LEADING_SPACE, "with leading space", "without"),
    CAPITAL("Capital", TokenSets.CAPITAL, "with capital", "without"),
    LATIN("Latin script", TokenSets.LATIN, "Latin", "other");

    private final String title;
    private final String set;
    private final String inside;
    private final String outside;

    LogitSplit(String title, String set, String inside, String outside) {
        this.title = title;
        this.set = set;
        this.inside = inside;
        this.outside = outside;
    }

    public String title() {
        return title;
    }

    /** The name of the tokens in the set. */
    public String inside() {
        return inside;
    }

    /** The name of the others. */
    public String outside() {
        return outside;
    }

    /** The set among all; empty for none, or where no token is in it. */
    public Optional<TokenSet> among(List<TokenSet> sets) {
        return sets.stream().filter(one -> one.name().equals(set)).findFirst();
    }
}
