package loupe.state.nearest;

import static org.assertj.core.api.Assertions.assertThat;

import loupe.analysis.tokens.NullTokenList;
import loupe.analysis.tokens.TokenColumns;
import loupe.analysis.tokens.TokenFilter;
import loupe.analysis.tokens.TokenList;
import loupe.state.AnsweringDevice;
import loupe.state.Opened;
import loupe.state.ghost.GhostControlsModel;
import loupe.state.ghost.GhostHistory;
import loupe.state.window.UndoOrder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TokenListModelTest {
    private final Opened opened = new Opened();
    private final GhostControlsModel controls = new GhostControlsModel(opened.workbench);
    private TokenListModel model;
    private final AnsweringDevice device = new AnsweringDevice(opened);
    private long nanos;

    @BeforeEach
    void begin() {
        model = new TokenListModel(opened.workbench, opened.workbench.a(), controls, () -> nanos);
        opened.openA();
        choose(1);
    }

    @AfterEach
    void close() {
        device.close();
    }

    private void choose(int feature) {
        opened.choose(feature);
        device.answer(TokenColumns.class);
    }

    @Test
    void changesOfRankAreToldAgainstTheFeaturesFirstListUntilAnotherIsMarked() {
        TokenList first = model.list().getValue();
        controls.scale().set(0.3);
        assertThat(model.list().getValue().tokens()).isNotEqualTo(first.tokens());
        assertThat(model.reference().get()).isSameAs(first);
        model.markReference();
        assertThat(model.reference().get()).isSameAs(model.list().getValue());
        choose(2);
        assertThat(model.reference().get()).isSameAs(model.list().getValue());
    }

    @Test
    void aGestureIsToldAgainstTheListBeforeItHoweverLongTheThumbIsHeld() {
        TokenList first = model.list().getValue();
        controls.held().set(true);
        controls.scale().set(0.3);
        nanos += 5_000_000_000L;
        controls.scale().set(0.4);
        assertThat(model.reference().get()).isSameAs(first);
        controls.held().set(false);
        TokenList second = model.list().getValue();
        nanos += 5_000_000_000L;
        controls.cutoff().set(0.01);
        assertThat(model.reference().get()).as("the cutoff is the tree's").isSameAs(first);
        controls.nudgeScale(1);
        assertThat(model.reference().get()).isSameAs(second);
        nanos += 100_000_000L;
        controls.nudgeScale(1);
        assertThat(model.reference().get()).as("the key is held down").isSameAs(second);
    }

    @Test
    void aFilterAppliesToEveryPositionAndCanBeUndone() {
        GhostHistory history = new GhostHistory(controls, () -> nanos, new UndoOrder());
        TokenList all = model.list().getValue();
        nanos += 5_000_000_000L;
        controls.filter().set(TokenFilter.NONE.withLettersOnly(true));
        assertThat(model.list().getValue().tokens())
                .hasSize(26)
                .matches(ids -> java.util.stream.IntStream.of(ids).allMatch(token -> token < 26));
        assertThat(model.reference().get())
                .as("ranks among other tokens are no change of rank")
                .isSameAs(model.list().getValue());
        nanos += 5_000_000_000L;
        controls.scale().set(0.3);
        assertThat(model.list().getValue().tokens()).hasSize(26);
        choose(2);
        assertThat(model.list().getValue().tokens()).hasSize(26);
        choose(1);
        history.undo();
        history.undo();
        assertThat(controls.filter().get()).isEqualTo(TokenFilter.NONE);
        assertThat(model.list().getValue().tokens()).isEqualTo(all.tokens());
    }

    @Test
    void bothSidesFollowTheControlsWhileSomebodyWantsThem() {
        assertThat(model.bothSides().getValue()).isNull();
        model.sides().set(true);
        assertThat(model.bothSides().getValue().encoder().tokens())
                .isEqualTo(model.list().getValue().tokens());
        controls.encoderMix().set(0);
        assertThat(model.bothSides().getValue().decoder().tokens())
                .isEqualTo(model.list().getValue().tokens());
        controls.scale().set(0.3);
        assertThat(model.bothSides().getValue().decoder().tokens())
                .isEqualTo(model.list().getValue().tokens());
        model.sides().set(false);
        assertThat(model.bothSides().getValue()).isNull();
    }

    @Test
    void anotherComponentKeepsTheListUntilItsColumnsAreThere() {
        TokenList before = model.list().getValue();
        controls.components().set(3);
        assertThat(model.list().getValue()).isSameAs(before);
        controls.pca(2).set(0.5);
        assertThat(model.list().getValue()).isSameAs(before);
        device.answer(TokenColumns.class);
        assertThat(model.list().getValue().settings().ghost().pcaWeights()).containsExactly(0.0, 0.0, 0.5);
        controls.components().set(1);
        assertThat(model.list().getValue().settings().ghost().pcaWeights()).isEmpty();
        assertThat(opened.count(TokenColumns.class))
                .as("fewer components need no others")
                .isEqualTo(3);
    }

    @Test
    void detailsAreWorkedOutOnlyWhileSomebodyWantsThem() {
        assertThat(model.stability().getValue()).isNull();
        assertThat(opened.count(NullTokenList.class)).isZero();
        model.details().set(true);
        device.answer(NullTokenList.class);
        assertThat(model.stability().getValue().tokens())
                .isEqualTo(model.list().getValue().tokens());
        assertThat(model.random().getValue().size())
                .isEqualTo(model.list().getValue().size());
        controls.scale().set(0.3);
        assertThat(model.stability().getValue().tokens())
                .isEqualTo(model.list().getValue().tokens());
        model.details().set(false);
        assertThat(model.random().getValue()).isNull();
        assertThat(model.randomLists().getValue()).isNull();
    }
}
