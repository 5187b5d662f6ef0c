package loupe.state;

import javafx.beans.property.IntegerProperty;
import javafx.beans.property.SimpleIntegerProperty;
import loupe.analysis.tokens.TokenColumns;
import loupe.analysis.tokens.TokenList;
import loupe.analysis.tokens.TokenListSettings;
import loupe.analysis.tokens.TokenMetric;
import loupe.analysis.tokens.TokenRanking;
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
    private TokenMetric asked;

    public TokenListModel(Workbench workbench, CheckpointSide side, GhostControlsModel controls) {
        this.side = side;
        this.controls = controls;
        columns = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        list = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        side.feature().addListener((property, was, is) -> askColumns());
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
