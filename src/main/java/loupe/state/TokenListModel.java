package loupe.state;

import javafx.beans.property.BooleanProperty;
import javafx.beans.property.IntegerProperty;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.property.SimpleIntegerProperty;
import loupe.analysis.tokens.NullTokenList;
import loupe.analysis.tokens.TokenCoherence;
import loupe.analysis.tokens.TokenColumns;
import loupe.analysis.tokens.TokenList;
import loupe.analysis.tokens.TokenListSettings;
import loupe.analysis.tokens.TokenMetric;
import loupe.analysis.tokens.TokenRanking;
import loupe.analysis.tokens.TokenStability;
import loupe.base.Cancellation;
import loupe.inference.OpenModel;
import loupe.inference.Priority;

/**
 * The tokens nearest to the ghost of a side's feature. The device is asked once per feature for the columns; every position
 * of the sliders is then ranked on the compute thread. JavaFX thread only.
 */
public final class TokenListModel {
    /** How many principal components the controls offer. */
    private static final int COMPONENTS = 1;
    private static final int DEFAULT_TOP = 200;

    private final CheckpointSide side;
    private final GhostControlsModel controls;
    private final ResultSlot<TokenColumns.Answer> columns;
    private final ResultSlot<TokenList> list;
    private final IntegerProperty top = new SimpleIntegerProperty(this, "top", DEFAULT_TOP);
    private final TokenRanking ranking = new TokenRanking();
    /** More about the list, worked out only while somebody wants it. */
    private final BooleanProperty details = new SimpleBooleanProperty(this, "details", false);
    private final ResultSlot<TokenStability> stability;
    private final ResultSlot<TokenList> random;
    private final ResultSlot<TokenCoherence.Answer> coherence;
    private final ResultSlot<TokenCoherence.Answer> randomCoherence;
    private final ReadOnlyObjectWrapper<TokenList> reference = new ReadOnlyObjectWrapper<>(this, "reference");
    private TokenMetric asked;

    public TokenListModel(Workbench workbench, CheckpointSide side, GhostControlsModel controls) {
        this.side = side;
        this.controls = controls;
        columns = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        list = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        stability = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        random = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        coherence = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        randomCoherence = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        list.valueProperty().addListener((property, was, is) -> {
            if (is != null && reference.get() == null) {
                reference.set(is);
            }
            askDetails();
        });
        random.valueProperty().addListener((property, was, is) -> ask(randomCoherence, is));
        details.addListener(changed -> askDetails());
        side.feature().addListener((property, was, is) -> {
            reference.set(null);
            askColumns();
        });
        controls.values().addListener((property, was, is) -> {
            if (is.metric() != asked) {
                askColumns();
            } else {
                rank();
            }
        });
        top.addListener(changed -> rank());
        columns.valueProperty().addListener((property, was, is) -> {
            list.clear();
            rank();
        });
        askColumns();
    }

    public CheckpointSide side() {
        return side;
    }

    /** The list for the newest position of the controls. */
    public ResultSlot<TokenList> list() {
        return list;
    }

    /** The device's part of the answer; its problem is this pane's problem too. */
    public ResultSlot<TokenColumns.Answer> columns() {
        return columns;
    }

    /** How many tokens are listed. */
    public IntegerProperty top() {
        return top;
    }

    /** Whether {@link #stability}, {@link #random} and the coherences are wanted. */
    public BooleanProperty details() {
        return details;
    }

    /** How the list's ranks move with the scale; of the list that was shown when it was asked for. */
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

    /** How alike those of the random direction are. */
    public ResultSlot<TokenCoherence.Answer> randomCoherence() {
        return randomCoherence;
    }

    /** The list that changes of rank are told against: the first one of the feature, or the one last {@link #markReference marked}. */
    public ReadOnlyObjectProperty<TokenList> reference() {
        return reference.getReadOnlyProperty();
    }

    /** Tells changes of rank against the list as it is now. */
    public void markReference() {
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
            return;
        }
        stability.ask(new Moved(known, now, ranking));
        random.ask(new NullTokenList(model.id(), now.settings(), 0));
        ask(coherence, now);
    }

    private void ask(ResultSlot<TokenCoherence.Answer> slot, TokenList of) {
        OpenModel model = side.model().get();
        if (of == null || model == null) {
            slot.clear();
        } else {
            slot.ask(new TokenCoherence(model.id(), java.util.Arrays.stream(of.tokens()).boxed().toList()));
        }
    }

    /** The ranks of one list at other scales. */
    private record Moved(TokenColumns.Answer columns, TokenList list, TokenRanking ranking) implements HostQuestion<TokenStability> {
        @Override
        public TokenStability answer(Cancellation cancellation) {
            return TokenStability.of(ranking, columns, list);
        }
    }

    public void setWanted(boolean wanted) {
        columns.setWanted(wanted);
        list.setWanted(wanted);
    }

    public void retry() {
        columns.retry();
        list.retry();
    }

    private void askColumns() {
        FeatureRef feature = side.feature().get();
        OpenModel model = side.model().get();
        if (feature == null || model == null) {
            columns.clear();
            list.clear();
            return;
        }
        GhostValues values = controls.values().get();
        asked = values.metric();
        columns.askAfresh(new TokenColumns(model.id(), values.ghostOf(feature).source(), COMPONENTS, asked));
    }

    private void rank() {
        FeatureRef feature = side.feature().get();
        TokenColumns.Answer known = columns.getValue();
        if (feature != null && known != null) {
            list.ask(new Ranked(known, controls.values().get().listOf(feature, top.get()), ranking));
        }
    }

    /** One position of the controls. */
    private record Ranked(TokenColumns.Answer columns, TokenListSettings settings, TokenRanking ranking) implements HostQuestion<TokenList> {
        @Override
        public TokenList answer(Cancellation cancellation) {
            return ranking.rank(columns, settings);
        }
    }
}
