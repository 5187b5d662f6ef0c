package loupe.state.features;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.value.ObservableValue;
import loupe.base.Cancellation;
import loupe.inference.Priority;
import loupe.search.FeatureSearch;
import loupe.search.SearchQuery;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.ResultSlot;
import loupe.state.window.Workbench;

/**
 * The features that words find best, for the command palette: searched in the background, the newest words only. JavaFX
 * thread only.
 */
public final class FeatureFinder {
    private static final int MOST_FOUND = 20;
    private static final int LEAST_LETTERS = 2;

    private final SearchModel search;
    private final ResultSlot<Found> found;
    private String asked = "";

    /**
     * What was found.
     *
     * @param words that were searched
     */
    public record Found(String words, List<Hit> hits) {}

    /**
     * A feature that was found.
     *
     * @param reasons where the words were found
     */
    public record Hit(int feature, List<FeatureSearch.Reason> reasons) {
        public Hit {
            reasons = List.copyOf(reasons);
        }

        /** The reasons in words, with brackets around what was found. */
        public String why() {
            return reasons.stream().map(FeatureSearch.Reason::plain).collect(Collectors.joining("; "));
        }
    }

    public FeatureFinder(Workbench workbench, SearchModel search) {
        this.search = search;
        found = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
    }

    /** Searches features for words instead of those before; for none, if they are a number or too short. */
    public void ask(String words) {
        asked = words;
        if (words.length() < LEAST_LETTERS
                || words.matches("#?\\d+")
                || SearchQuery.parse(words).words().isEmpty()) {
            found.clear();
        } else {
            found.askAfresh(new Find(search.search().get(), words));
        }
    }

    /** The features found for the words that were asked for last; none until they are known. */
    public List<Hit> hits() {
        Found known = found.getValue();
        return known != null && known.words().equals(asked) ? known.hits() : List.of();
    }

    /** Changes whenever {@link #hits} may have. */
    public ObservableValue<Found> found() {
        return found.valueProperty();
    }

    /** Whether the newest words are still being searched. */
    public ReadOnlyBooleanProperty searching() {
        return found.pendingProperty();
    }

    private record Find(FeatureSearch search, String words) implements HostQuestion<Found> {
        @Override
        public Found answer(Cancellation cancellation) {
            SearchQuery query = SearchQuery.parse(words);
            int[] features = search.find(query);
            cancellation.check();
            return new Found(
                    words,
                    Arrays.stream(features)
                            .limit(MOST_FOUND)
                            .mapToObj(feature -> new Hit(feature, search.why(feature, query)))
                            .toList());
        }

        /** Not on the compute thread, where it would hold up sliders. */
        @Override
        public boolean readsFiles() {
            return true;
        }

        @SuppressWarnings("ReferenceEquality") // one search is one value; they are large
        @Override
        public boolean equals(Object other) {
            return other instanceof Find that && search == that.search && words.equals(that.words);
        }

        @Override
        public int hashCode() {
            return Objects.hash(System.identityHashCode(search), words);
        }
    }
}
