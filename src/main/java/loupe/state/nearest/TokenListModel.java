package loupe.state.nearest;

import java.util.Objects;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.value.ObservableValue;
import loupe.analysis.ghost.TokenGeometry;
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
import loupe.analysis.tokens.TokenTraits;
import loupe.base.Cancellation;
import loupe.inference.ModelId;
import loupe.inference.OpenModel;
import loupe.inference.Priority;
import loupe.lm.tokenizer.Tokenizer;
import loupe.state.ghost.GhostControlsModel;
import loupe.state.ghost.GhostValues;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.CheckpointSide;
import loupe.state.window.FeatureRef;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * The tokens nearest to the ghost of a side's feature. The device is asked once per feature for the columns; every
 * position of the sliders is then ranked on the compute thread. Filters are computed once for all positions. JavaFX
 * thread only.
 */
public final class TokenListModel {
    private static final int TOP = 200;
    /** Changes that follow each other as closely are one gesture, as for undo. */
    private static final long ONE_GESTURE_NANOS = 800_000_000L;

    private final CheckpointSide side;
    private final GhostControlsModel controls;
    private final LongSupplier nanos;
    private final ResultSlot<TokenColumns.Answer> columns;
    private final ResultSlot<TokenList> list;
    private final TokenRanking ranking = new TokenRanking();
    private final ResultSlot<TokenTraits> traits;
    private final ResultSlot<TokenMask> mask;
    private final BooleanProperty sides = new SimpleBooleanProperty(this, "sides", false);
    private final ResultSlot<TokenSides> bothSides;
    /** Whether stability, random list and coherences are wanted; they are computed only then. */
    private final BooleanProperty details = new SimpleBooleanProperty(this, "details", false);

    private final ResultSlot<TokenStability> stability;
    private final ResultSlot<TokenList> random;
    private final ResultSlot<TokenCoherence.Answer> coherence;
    private final ResultSlot<RandomLists.Answer> randomLists;
    private final ReadOnlyObjectWrapper<TokenList> reference = new ReadOnlyObjectWrapper<>(this, "reference");
    private final ObservableValue<PaneStatus> status;
    private boolean marked;
    private long lastMove = Long.MIN_VALUE;
    private boolean heldThen;
    private @Nullable TokenMetric columnsMetric;
    private int askedComponents;

    public TokenListModel(Workbench workbench, CheckpointSide side, GhostControlsModel controls) {
        this(workbench, side, controls, System::nanoTime);
    }

    TokenListModel(Workbench workbench, CheckpointSide side, GhostControlsModel controls, LongSupplier nanos) {
        this.side = side;
        this.controls = controls;
        this.nanos = nanos;
        columns = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        list = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        traits = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        mask = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        bothSides = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        stability = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        random = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        coherence = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        randomLists = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        Runnable again = this::retry;
        status = new PaneStatusBinding()
                .fails(columns.problemProperty(), again)
                .fails(list.problemProperty(), again)
                .fails(mask.problemProperty(), again)
                .fails(bothSides.problemProperty(), again)
                .isEmpty(() -> side.whyEmpty("to list the tokens nearest to its ghost"), side.feature(), side.model())
                .offers(side::need, side.model(), side.sae())
                .awaits(columns, list, mask, bothSides);
        list.valueProperty().addListener((property, was, is) -> {
            if (is != null && reference.get() == null) {
                reference.set(is);
            }
            askDetails();
        });
        details.addListener(changed -> askDetails());
        side.feature().addListener((property, was, is) -> {
            forgetReference();
            askColumns(true);
        });
        controls.values().addListener((property, was, is) -> follow(was, is));
        controls.held().addListener((property, was, is) -> heldThen &= is);
        sides.addListener(changed -> rank());
        columns.valueProperty().addListener((property, was, is) -> {
            if (is == null || was == null) {
                list.clear();
                bothSides.clear();
            }
            filter();
            rank();
        });
        traits.pendingProperty().addListener((property, was, is) -> filter());
        mask.valueProperty().addListener((property, was, is) -> {
            forgetReference();
            rank();
        });
        askColumns(true);
    }

    private void follow(GhostValues was, GhostValues is) {
        if (!is.filter().equals(was.filter())) {
            filter();
        }
        boolean moved = is.encoderMix() != was.encoderMix()
                || is.scale() != was.scale()
                || is.centroid() != was.centroid()
                || !is.pca().equals(was.pca())
                || is.exponent() != was.exponent()
                || is.metric() != was.metric();
        if (moved) {
            beginGesture();
        }
        if (is.metric() != columnsMetric) {
            askColumns(true);
        } else if (is.pca().size() > askedComponents) {
            askColumns(false);
        } else {
            rank();
        }
    }

    /** Keeps the current list at the first change of a gesture, as the reference for rank changes. */
    private void beginGesture() {
        long now = nanos.getAsLong();
        boolean goesOn = lastMove != Long.MIN_VALUE
                && (now - lastMove < ONE_GESTURE_NANOS
                        || (heldThen && controls.held().get()));
        lastMove = now;
        heldThen = controls.held().get();
        if (!goesOn && !marked && list.getValue() != null) {
            reference.set(list.getValue());
        }
    }

    private void forgetReference() {
        marked = false;
        lastMove = Long.MIN_VALUE;
        reference.set(null);
    }

    /** What the pane shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    public CheckpointSide side() {
        return side;
    }

    public GhostControlsModel controls() {
        return controls;
    }

    /** The list for the newest position of the controls. */
    public ResultSlot<TokenList> list() {
        return list;
    }

    /** The device's part of the answer; its problem is this pane's problem too. */
    public ResultSlot<TokenColumns.Answer> columns() {
        return columns;
    }

    /** Which tokens pass the filter of the controls; empty while that is computed, or without a filter. */
    public ResultSlot<TokenMask> mask() {
        return mask;
    }

    /** Whether the open model's tokens have texts that a filter can go by. */
    public boolean canFilter() {
        return side.model().get() != null && side.model().get().tokenizer().isPresent();
    }

    /** Whether {@link #bothSides} is wanted. */
    public BooleanProperty sides() {
        return sides;
    }

    /** The encoder's and the decoder's list beside each other, at the other controls' newest position. */
    public ResultSlot<TokenSides> bothSides() {
        return bothSides;
    }

    /** Whether {@link #stability}, {@link #random} and the coherences are wanted. */
    public BooleanProperty details() {
        return details;
    }

    /** How ranks move with the scale, for the list that was shown when this was requested. */
    public ResultSlot<TokenStability> stability() {
        return stability;
    }

    /** The list of a random direction under the same settings. */
    public ResultSlot<TokenList> random() {
        return random;
    }

    /** How alike the listed tokens are. */
    public ResultSlot<TokenCoherence.Answer> coherence() {
        return coherence;
    }

    /** How alike the tokens of many random directions' lists are, as far as they have been drawn. */
    public ResultSlot<RandomLists.Answer> randomLists() {
        return randomLists;
    }

    /**
     * The reference for rank changes: the list before the last gesture with a slider or key began, or the list that was
     * {@link #markReference marked} for this feature.
     */
    public ReadOnlyObjectProperty<TokenList> reference() {
        return reference.getReadOnlyProperty();
    }

    /** Makes the current list the reference for rank changes, until another feature or filter is chosen. */
    public void markReference() {
        marked = true;
        reference.set(list.getValue());
    }

    private void askDetails() {
        TokenList now = list.getValue();
        TokenColumns.Answer known = columns.getValue();
        OpenModel model = side.model().get();
        if (!details.get() || now == null || known == null || model == null) {
            stability.clear();
            random.clear();
            coherence.clear();
            randomLists.clear();
            return;
        }
        stability.ask(new Moved(known, now, ranking));
        random.ask(new NullTokenList(model.id(), now.settings(), 0));
        ask(coherence, now);
        randomLists.ask(new RandomLists(model.id(), now.settings(), RandomLists.DRAWS, 0));
    }

    private void ask(ResultSlot<TokenCoherence.Answer> slot, TokenList of) {
        OpenModel model = side.model().get();
        if (of == null || model == null) {
            slot.clear();
        } else {
            slot.ask(new TokenCoherence(
                    model.id(), java.util.Arrays.stream(of.tokens()).boxed().toList()));
        }
    }

    /** The ranks of one list at other scales. */
    private record Moved(TokenColumns.Answer columns, TokenList list, TokenRanking ranking)
            implements HostQuestion<TokenStability> {
        @Override
        public TokenStability answer(Cancellation cancellation) {
            return TokenStability.of(ranking, columns, list);
        }
    }

    public void setWanted(boolean wanted) {
        columns.setWanted(wanted);
        list.setWanted(wanted);
        bothSides.setWanted(wanted);
    }

    private void retry() {
        columns.retry();
        traits.retry();
        mask.retry();
        list.retry();
        bothSides.retry();
    }

    /** @param afresh whether the old columns are of another subject, rather than of fewer components */
    private void askColumns(boolean afresh) {
        FeatureRef feature = side.feature().get();
        OpenModel model = side.model().get();
        if (feature == null || model == null) {
            columns.clear();
            list.clear();
            bothSides.clear();
            mask.clear();
            traits.clear();
            return;
        }
        GhostValues values = controls.values().get();
        columnsMetric = values.metric();
        askedComponents = afresh
                ? values.pca().size()
                : Math.max(askedComponents, values.pca().size());
        TokenColumns question =
                new TokenColumns(model.id(), values.ghostOf(feature).source(), askedComponents, columnsMetric);
        if (afresh) {
            columns.askAfresh(question);
        } else {
            columns.ask(question);
        }
    }

    /** Computes which tokens pass, after computing, once per model, the traits of the tokens. */
    private void filter() {
        TokenFilter filter = controls.values().get().filter();
        TokenColumns.Answer known = columns.getValue();
        OpenModel model = side.model().get();
        if (filter.isNone() || model == null || model.tokenizer().isEmpty()) {
            if (mask.getValue() != null || mask.isPending()) {
                mask.clear();
            }
            return;
        }
        if (known == null) {
            return;
        }
        Tokenizer tokenizer = model.tokenizer().get();
        traits.ask(new ReadTraits(model.id(), known.tokens(), tokenizer::text, known.geometry()));
        TokenTraits allTraits = traits.getValue();
        if (allTraits != null && !traits.isPending()) {
            mask.ask(new Passing(allTraits, filter));
        }
    }

    private void rank() {
        FeatureRef feature = side.feature().get();
        TokenColumns.Answer known = columns.getValue();
        if (feature == null || known == null) {
            return;
        }
        GhostValues values = controls.values().get();
        boolean filtered = !values.filter().isNone() && canFilter();
        TokenMask kept = filtered ? mask.getValue() : TokenMask.ALL;
        TokenListSettings settings = values.listOf(feature, TOP);
        if (kept == null || settings.ghost().components() > known.basis().components()) {
            return;
        }
        list.ask(new Ranked(known, settings.withMask(kept), ranking));
        if (sides.get()) {
            bothSides.ask(new Both(
                    known,
                    settings.withGhost(settings.ghost().withEncoderMix(1)).withMask(kept),
                    ranking));
        } else {
            bothSides.clear();
        }
    }

    /** One position of the controls. */
    private record Ranked(TokenColumns.Answer columns, TokenListSettings settings, TokenRanking ranking)
            implements HostQuestion<TokenList> {
        @Override
        public TokenList answer(Cancellation cancellation) {
            return ranking.rank(columns, settings);
        }
    }

    /** Ranks the tokens once for the encoder's direction and once for the decoder's. */
    private record Both(TokenColumns.Answer columns, TokenListSettings settings, TokenRanking ranking)
            implements HostQuestion<TokenSides> {
        @Override
        public TokenSides answer(Cancellation cancellation) {
            return TokenSides.of(ranking, columns, settings);
        }
    }

    /**
     * Computes the traits of all tokens, off the compute thread, because decoding every token of a large vocabulary
     * takes a while.
     */
    private record ReadTraits(ModelId model, int tokens, IntFunction<String> texts, TokenGeometry.Answer geometry)
            implements HostQuestion<TokenTraits> {
        @Override
        public TokenTraits answer(Cancellation cancellation) {
            return TokenTraits.of(tokens, texts, geometry, cancellation);
        }

        @Override
        public boolean readsFiles() {
            return true;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof ReadTraits that && model.equals(that.model) && tokens == that.tokens;
        }

        @Override
        public int hashCode() {
            return Objects.hash(model, tokens);
        }
    }

    private record Passing(TokenTraits traits, TokenFilter filter) implements HostQuestion<TokenMask> {
        @Override
        public TokenMask answer(Cancellation cancellation) {
            return traits.mask(filter, cancellation);
        }
    }
}
