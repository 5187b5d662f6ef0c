package loupe.state.corpus;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import javafx.beans.binding.Bindings;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.property.SimpleStringProperty;
import javafx.beans.property.StringProperty;
import javafx.beans.value.ObservableValue;
import loupe.base.Cancellation;
import loupe.base.Problem;
import loupe.index.ActivationIndex;
import loupe.index.CoActivations;
import loupe.index.FeatureActivations;
import loupe.index.TokenFeatures;
import loupe.inference.OpenModel;
import loupe.inference.Priority;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.ResultSlot;
import loupe.state.window.VocabularyTexts;
import loupe.state.window.Workbench;

/**
 * Which features are active in the corpus where a side's feature is, or at a token of the user's choice. JavaFX thread
 * only.
 */
public final class CoActivationModel {
    /** The least number of common tokens for a feature to be listed: rare features have large shares by chance. */
    public static final int LEAST_IN_COMMON = 5;

    private static final int TOP = 200;

    /** What features are listed for: a feature or a token. */
    public enum With {
        FEATURE,
        TOKEN
    }

    /** The measures that rank features. */
    public enum Measure {
        CORRELATION(
                With.FEATURE, "Correlation", "Pearson correlation of the activations over all tokens, \u22121 to 1"),
        PHI(With.FEATURE, "Phi", "Correlation of being active at all, \u22121 to 1"),
        COSINE(With.FEATURE, "Cosine", "Cosine of the activations as vectors over the tokens, 0 to 1"),
        JACCARD(
                With.FEATURE,
                "Jaccard",
                "Tokens at which both are active, in relation to those at which at least one is"),
        SHARE(
                With.FEATURE,
                "Share of this feature",
                "Of the tokens at which the chosen feature is active, the share at which this one is too"),
        SHARE_BACK(
                With.FEATURE,
                "Share of the other",
                "Of the tokens at which this feature is active, the share at which the chosen one is too"),
        BOTH(With.FEATURE, "Tokens", "Tokens at which both are active"),
        TOKEN_MEAN(With.TOKEN, "Mean", "Mean activation at this token, places where it is 0 included"),
        TOKEN_MAX(With.TOKEN, "Max", "Largest activation at this token"),
        TOKEN_SHARE(
                With.TOKEN,
                "Share of the token",
                "Of the places of this token, the share at which the feature is active"),
        TOKEN_SHARE_BACK(
                With.TOKEN,
                "Share of the feature",
                "Of the tokens at which the feature is active, the share that is this token"),
        TOKEN_MASS(With.TOKEN, "Mass", "Of the sum of the feature's activations, the share at this token"),
        TOKEN_BOTH(With.TOKEN, "Tokens", "Places of this token at which the feature is active");

        private final With with;
        private final String title;
        private final String explanation;

        Measure(With with, String title, String explanation) {
            this.with = with;
            this.title = title;
            this.explanation = explanation;
        }

        public With with() {
            return with;
        }

        public String title() {
            return title;
        }

        public String explanation() {
            return explanation;
        }

        /** Whether its values are fractions that are read as percentages. */
        public boolean isShare() {
            return switch (this) {
                case SHARE, SHARE_BACK, TOKEN_SHARE, TOKEN_SHARE_BACK, TOKEN_MASS -> true;
                default -> false;
            };
        }

        /** Whether its values are numbers of tokens. */
        public boolean isCount() {
            return this == BOTH || this == TOKEN_BOTH;
        }

        /** The measures for one kind of question. */
        public static List<Measure> of(With with) {
            return Arrays.stream(values())
                    .filter(measure -> measure.with == with)
                    .toList();
        }
    }

    /**
     * A feature of the list.
     *
     * @param value by which it is ranked
     * @param tokens at which both are active, or places of the token at which the feature is
     * @param share of the chosen feature's tokens, or of the token's places
     * @param back the share of the listed feature's tokens
     */
    public record Row(int feature, double value, long tokens, double share, double back) {}

    /**
     * The features, or tokens, that go with what was asked about.
     *
     * @param by the measure that ranks it
     * @param tokens at which the chosen feature is active, or places of the token
     * @param others how many features share at least one of them
     */
    public record Listing(Measure by, List<Row> rows, long tokens, long others) {}

    private final ActivationsModel activations;
    private final VocabularyTexts texts;
    private final ResultSlot<CoActivations> together;
    private final ResultSlot<TokenFeatures> atToken;
    private final ResultSlot<Listing> listing;
    private final ObjectProperty<With> with = new SimpleObjectProperty<>(this, "with", With.FEATURE);
    private final ObjectProperty<Measure> byFeature =
            new SimpleObjectProperty<>(this, "byFeature", Measure.CORRELATION);
    private final ObjectProperty<Measure> byToken = new SimpleObjectProperty<>(this, "byToken", Measure.TOKEN_MEAN);
    private final StringProperty query = new SimpleStringProperty(this, "query", "");
    private final ReadOnlyObjectWrapper<Problem> queryProblem = new ReadOnlyObjectWrapper<>(this, "queryProblem");
    private final ObservableValue<PaneStatus> status;
    private boolean wanted = true;

    public CoActivationModel(Workbench workbench, ActivationsModel activations, VocabularyTexts texts) {
        this.activations = activations;
        this.texts = texts;
        together = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        atToken = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        listing = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        ReadOnlyBooleanProperty reads = activations.activations().pendingProperty();
        status = activations
                .fails(activations.status(), with.flatMap(is -> reading().problemProperty()))
                .fails(listing)
                .isEmpty(this::whyEmpty, with, activations.why(), activations.index())
                .awaits(with.flatMap(is -> reading().pendingProperty()))
                .awaits(listing)
                .awaits(Bindings.createBooleanBinding(() -> with.get() == With.FEATURE && reads.get(), with, reads));
        activations.activations().valueProperty().addListener(changed -> ask());
        activations.index().addListener(changed -> ask());
        with.addListener(changed -> ask());
        query.addListener(changed -> ask());
        byFeature.addListener(changed -> rank());
        byToken.addListener(changed -> rank());
        together.valueProperty().addListener(changed -> rank());
        atToken.valueProperty().addListener(changed -> rank());
        ask();
    }

    /** What the pane shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    /** Why there is nothing to list. A token needs no active feature, only a corpus that has been read. */
    private String whyEmpty() {
        if (activations.index().get() == null && activations.why().get().isEmpty()) {
            return "What is active together is listed once the whole corpus is counted";
        }
        return with.get() == With.FEATURE || activations.index().get() == null
                ? activations.why().get()
                : "";
    }

    public ActivationsModel activations() {
        return activations;
    }

    /** The listed features, best first. */
    public ResultSlot<Listing> listing() {
        return listing;
    }

    /** The slot that reads the index for the present question; it may be pending or have failed. */
    public ResultSlot<?> reading() {
        return with.get() == With.FEATURE ? together : atToken;
    }

    public ObjectProperty<With> with() {
        return with;
    }

    /** The measure that ranks the list, for the present question. */
    public ObjectProperty<Measure> by() {
        return with.get() == With.FEATURE ? byFeature : byToken;
    }

    /** The token to ask about: {@code token 42}, or a text that is one token. */
    public StringProperty query() {
        return query;
    }

    /** Why the query makes no sense; null if it does. */
    public ReadOnlyObjectProperty<Problem> queryProblem() {
        return queryProblem.getReadOnlyProperty();
    }

    /** Sets whether the list is visible; while it is not, nothing is read. */
    public void setWanted(boolean is) {
        wanted = is;
        for (ResultSlot<?> slot : List.of(together, atToken, listing)) {
            slot.setWanted(is);
        }
    }

    /** Whether nothing is being computed, because all is answered or the list is not visible. */
    public boolean isQuiet() {
        return !wanted || (!reading().isPending() && !listing.isPending());
    }

    private void ask() {
        ActivationIndex index = activations.index().get();
        FeatureActivations known = activations.activations().getValue();
        queryProblem.set(null);
        if (with.get() == With.FEATURE) {
            if (index == null || known == null) {
                together.clear();
            } else {
                together.askAfresh(new Together(index, activations.placeInIndex(), known));
            }
        } else {
            OptionalInt id = token();
            if (index == null || id.isEmpty()) {
                atToken.clear();
            } else {
                atToken.askAfresh(new AtToken(index, activations.placeInIndex(), id.getAsInt()));
            }
        }
        rank();
    }

    private OptionalInt token() {
        OpenModel model = activations.side().model().get();
        String typed = query.get();
        if (model == null || typed.isBlank()) {
            return OptionalInt.empty();
        }
        if (typed.strip().matches("token \\d{1,9}")) {
            int id = Integer.parseInt(typed.strip().substring(6));
            if (id >= model.config().vocabularySize()) {
                queryProblem.set(new Problem(
                        "There is no token " + id + ": the last one is "
                                + (model.config().vocabularySize() - 1),
                        true,
                        ""));
                return OptionalInt.empty();
            }
            return OptionalInt.of(id);
        }
        List<Integer> ids = texts.encode(typed);
        if (ids.size() != 1) {
            queryProblem.set(new Problem(
                    ids.isEmpty()
                            ? "Without a tokenizer a text has no tokens. Ask for a token by its number: token 42"
                            : "This is " + ids.size()
                                    + " tokens; ask for one, with its leading space if it has one, or by its number: "
                                    + "token "
                                    + ids.get(0),
                    true,
                    ""));
            return OptionalInt.empty();
        }
        return OptionalInt.of(ids.get(0));
    }

    private void rank() {
        boolean ofFeature = with.get() == With.FEATURE;
        Object known = reading().getValue();
        if (known == null) {
            if (!reading().isPending()) {
                listing.clear();
            }
        } else if (ofFeature) {
            listing.ask(new RankTogether((CoActivations) known, byFeature.get()));
        } else {
            listing.ask(new RankAtToken((TokenFeatures) known, byToken.get()));
        }
    }

    private record Together(ActivationIndex index, int place, FeatureActivations activations)
            implements HostQuestion<CoActivations> {
        @Override
        public CoActivations answer(Cancellation cancellation) {
            return index.coActivations(activations, place, place);
        }

        @Override
        public boolean readsFiles() {
            return true;
        }
    }

    private record AtToken(ActivationIndex index, int place, int id) implements HostQuestion<TokenFeatures> {
        @Override
        public TokenFeatures answer(Cancellation cancellation) {
            return index.featuresOf(place, id);
        }

        @Override
        public boolean readsFiles() {
            return true;
        }
    }

    /** Ranks co-activations; two questions are equal only if they rank the same reading. */
    private record RankTogether(CoActivations known, Measure by) implements HostQuestion<Listing> {
        @Override
        public Listing answer(Cancellation cancellation) {
            CoActivations.Measure measure =
                    switch (by) {
                        case PHI -> CoActivations.Measure.PHI;
                        case COSINE -> CoActivations.Measure.COSINE;
                        case JACCARD -> CoActivations.Measure.JACCARD;
                        case SHARE -> CoActivations.Measure.SHARE_OF_FEATURE;
                        case SHARE_BACK -> CoActivations.Measure.SHARE_OF_OTHER;
                        case BOTH -> CoActivations.Measure.BOTH;
                        default -> CoActivations.Measure.PEARSON;
                    };
            List<Row> rows = IntStream.of(known.top(measure, TOP, LEAST_IN_COMMON))
                    .mapToObj(other -> new Row(
                            other,
                            known.value(measure, other),
                            known.both()[other],
                            known.shareOfFeature(other),
                            known.shareOfOther(other)))
                    .toList();
            return new Listing(
                    by,
                    rows,
                    known.count(),
                    Arrays.stream(known.both()).filter(both -> both > 0).count() - (known.count() > 0 ? 1 : 0));
        }

        @SuppressWarnings("ReferenceEquality") // one counting is one value; its tables are large
        @Override
        public boolean equals(Object other) {
            return other instanceof RankTogether that && known == that.known && by == that.by;
        }

        @Override
        public int hashCode() {
            return Objects.hash(System.identityHashCode(known), by);
        }
    }

    private record RankAtToken(TokenFeatures known, Measure by) implements HostQuestion<Listing> {
        @Override
        public Listing answer(Cancellation cancellation) {
            List<Row> rows = IntStream.of(
                            by == Measure.TOKEN_BOTH
                                    ? known.top(TokenFeatures.Measure.SHARE, TOP)
                                    : known.top(measure(), TOP))
                    .mapToObj(feature -> new Row(
                            feature,
                            by == Measure.TOKEN_BOTH ? known.count()[feature] : known.value(measure(), feature),
                            known.count()[feature],
                            known.share(feature),
                            known.shareOfFeature(feature)))
                    .toList();
            return new Listing(
                    by,
                    rows,
                    known.occurrences(),
                    Arrays.stream(known.count()).filter(count -> count > 0).count());
        }

        private TokenFeatures.Measure measure() {
            return switch (by) {
                case TOKEN_MAX -> TokenFeatures.Measure.MAX;
                case TOKEN_SHARE -> TokenFeatures.Measure.SHARE;
                case TOKEN_SHARE_BACK -> TokenFeatures.Measure.SHARE_OF_FEATURE;
                case TOKEN_MASS -> TokenFeatures.Measure.MASS_OF_FEATURE;
                default -> TokenFeatures.Measure.MEAN;
            };
        }

        @SuppressWarnings("ReferenceEquality") // one counting is one value; its tables are large
        @Override
        public boolean equals(Object other) {
            return other instanceof RankAtToken that && known == that.known && by == that.by;
        }

        @Override
        public int hashCode() {
            return Objects.hash(System.identityHashCode(known), by);
        }
    }
}
