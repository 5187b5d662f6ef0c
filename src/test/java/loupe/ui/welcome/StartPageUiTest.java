package loupe.ui.welcome;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import javafx.css.PseudoClass;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.input.KeyCode;
import loupe.state.window.CorpusFiles;
import loupe.state.window.Sample;
import loupe.ui.UiTest;
import loupe.ui.WindowUiTest;
import org.junit.jupiter.api.Test;

class StartPageUiTest extends WindowUiTest {
    @Override
    protected Optional<Sample> sample() {
        return Optional.of(new Sample(folder));
    }

    private boolean isShown() {
        return UiTest.onFx(() -> lookup("#start-page").queryAll().stream().anyMatch(Node::isVisible));
    }

    private List<Button> rows() {
        return lookup(".start-row").queryAllAs(Button.class).stream().toList();
    }

    @Test
    void itIsThereWhileNothingIsOpenAndGoesWhenSomethingIs() {
        assertThat(isShown()).isTrue();
        assertThat(UiTest.onFx(() -> lookup("#start-sample").query().isFocused()))
                .isTrue();
        begin();
        UiTest.waitUntil(() -> !isShown());
        UiTest.waitUntil(() -> workbench.a().sae().get() != null);
        UiTest.onFx(workbench::closeModel);
        UiTest.waitUntil(this::isShown);
        assertThat(rows())
                .extracting(row -> ((Path) row.getUserData()).getFileName().toString())
                .containsExactly("tiny", "first");
    }

    @Test
    void aProblemIsShownInPlaceOfIt() {
        UiTest.onFx(() -> workbench.openModel(folder.resolve("nothing")));
        UiTest.waitUntil(() -> workbench.modelProblem().get() != null);
        assertThat(isShown()).isFalse();
        assertThat(textsIn(lookup(".problem-message").queryAll())).anyMatch(text -> text.contains("nothing"));
        UiTest.onFx(workbench::dismissModelProblem);
        assertThat(isShown()).isTrue();
    }

    @Test
    void whatWasOpenedOpensAgainAndWhatIsGoneSaysSo() throws IOException {
        Path gone = Files.createDirectory(folder.resolve("gone"));
        UiTest.onFx(() -> {
            workbench.recent().add(model, true);
            workbench.recent().add(gone, false);
            workbench.recent().addCorpus(CorpusFiles.of(corpus));
        });
        Files.delete(gone);
        begin();
        UiTest.waitUntil(() -> workbench.a().sae().get() != null);
        UiTest.onFx(workbench::closeModel);
        UiTest.waitUntil(() -> rows().stream().filter(Node::isDisabled).count() == 1);
        Button missing = rows().stream().filter(Node::isDisabled).findFirst().orElseThrow();
        assertThat(textsIn(missing.lookupAll(".muted"))).contains("no longer there");
        Button again = rows().stream()
                .filter(row -> row.getUserData().equals(model.toAbsolutePath()))
                .findFirst()
                .orElseThrow();
        UiTest.onFx(again::fire);
        UiTest.waitUntil(() -> workbench.model().get() != null);
    }

    @Test
    void theMenuOpensItOverThePanesAndEscapeGoesBack() {
        open();
        UiTest.onFx(() -> view.run("start"));
        assertThat(isShown()).isTrue();
        type(KeyCode.ESCAPE);
        assertThat(isShown()).isFalse();
    }

    @Test
    void eachWordLeadsToItsEntryOfTheHelp() {
        List<Node> words = List.copyOf(lookup(".start-word").<Node>queryAll());
        assertThat(words).hasSize(3);
        clickOn(words.get(2));
        Node opened = lookup(".help-entry")
                .match(entry -> entry.getPseudoClassStates().contains(PseudoClass.getPseudoClass("opened")))
                .query();
        assertThat(((Label) opened.lookup(".help-title")).getText()).isEqualTo("What is nearness?");
        type(KeyCode.ESCAPE);
        assertThat(isShown()).isTrue();
    }

    @Test
    void everyButtonIsReachedWithTheKeyboard() {
        for (String id : List.of("start-tour", "start-model", "start-checkpoint")) {
            type(KeyCode.TAB);
            assertThat(UiTest.onFx(() -> view.scene().getFocusOwner().getId())).isEqualTo(id);
        }
    }

    @Test
    void aSmallWindowCutsNothingSideways() {
        UiTest.onFx(() -> {
            view.scene().getWindow().setWidth(800);
            view.scene().getWindow().setHeight(560);
        });
        UiTest.waitUntil(() -> view.scene().getWidth() <= 800);
        Node page = lookup(".start-page").query();
        assertThat(UiTest.onFx(() -> page.localToScene(page.getLayoutBounds()).getMaxX()))
                .isLessThanOrEqualTo(800);
        for (Node word : lookup(".start-word").<Node>queryAll()) {
            assertThat(UiTest.onFx(
                            () -> word.localToScene(word.getLayoutBounds()).getMaxX()))
                    .isLessThanOrEqualTo(800);
        }
    }
}
