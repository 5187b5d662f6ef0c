package loupe.ui.welcome;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import javafx.geometry.Bounds;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.input.KeyCode;
import loupe.state.window.Sample;
import loupe.ui.UiTest;
import loupe.ui.WindowUiTest;
import org.junit.jupiter.api.Test;

/** The tour of the sample in the window, with the sample's first sentences as its corpus. */
class GuidedTourUiTest extends WindowUiTest {
    private static final Path SHIPPED = Path.of("sample-checkpoints").toAbsolutePath();
    private static final int SENTENCES = 120;

    private static Sample linked;

    @Override
    protected Optional<Sample> sample() {
        try {
            Path sample = folder.resolve("sample");
            if (linked == null || !linked.folder().equals(sample)) {
                Files.createDirectories(sample);
                for (String part : List.of("glossary", "sae-topk", "sae-topk-early")) {
                    Files.createSymbolicLink(sample.resolve(part), SHIPPED.resolve(part));
                }
                Files.write(
                        sample.resolve("corpus.txt"),
                        Files.readAllLines(SHIPPED.resolve("corpus.txt")).subList(0, SENTENCES));
                linked = new Sample(sample);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Optional.of(linked);
    }

    private void begin(String command) {
        UiTest.onFx(() -> view.run(command));
    }

    private String step() {
        return label("#tour-title");
    }

    private boolean isDone() {
        return UiTest.onFx(() -> lookup("#tour-done").query().isVisible());
    }

    private void next() {
        UiTest.onFx(() -> lookup("#tour-next").queryAs(Button.class).fire());
    }

    private void act() {
        UiTest.onFx(() -> lookup("#tour-act").queryAs(Button.class).fire());
    }

    /** Goes on to a step. */
    private void to(String title) {
        for (int i = 0; i < 20 && !step().equals(title); i++) {
            next();
        }
        assertThat(step()).isEqualTo(title);
    }

    private void beginOnSample() {
        begin("guided-tour");
        UiTest.waitUntil(() -> workbench.a().feature().get() != null);
        UiTest.waitUntil(() -> !lookup("#tour-next").queryAs(Button.class).isDisabled());
    }

    @Test
    void withNothingOpenItOpensTheSampleAndGoesOnOnceThatIsThere() {
        begin("guided-tour");
        assertThat(step()).isEqualTo("The sample");
        assertThat(label("#tour-place")).isEqualTo("Step 1 of 14");
        assertThat(lookup("#tour-next").queryAs(Button.class).isDisabled()).isTrue();
        UiTest.waitUntil(() -> !lookup("#tour-next").queryAs(Button.class).isDisabled());
        assertThat(workbench.a().feature().get().feature()).isEqualTo(Sample.FEATURE);
        assertThat(label("#tour-words")).contains("1,536 features");
    }

    @Test
    void whatIsOpenIsReplacedOnlyWhenAskedTo() {
        open();
        begin("guided-tour");
        assertThat(workbench.model().get().folder()).isEqualTo(model);
        assertThat(label("#tour-words")).contains("would take the place of what is open");
        next();
        assertThat(step()).isEqualTo("The sample");
        act();
        UiTest.waitUntil(() -> !lookup("#tour-next").queryAs(Button.class).isDisabled());
        assertThat(linked.isOpen(workbench)).isTrue();
    }

    @Test
    void eachStepDoesOneRealThingAndSeesThatItHasHappened() {
        beginOnSample();
        UiTest.onFx(() -> models.table().jumpTo(3));
        to("Choose a feature");
        assertThat(isDone()).isFalse();
        act();
        UiTest.waitUntil(this::isDone);
        assertThat(workbench.a().feature().get().feature()).isEqualTo(Sample.FEATURE);

        to("The ghost's scale");
        double before = models.controls().scale().get();
        assertThat(isDone()).isFalse();
        act();
        UiTest.waitUntil(this::isDone);
        assertThat(models.controls().scale().get()).isGreaterThan(before);

        to("The token list");
        UiTest.waitUntil(() -> models.a().tokens().list().getValue() != null);
        UiTest.waitUntil(() -> label("#tour-words").contains("now "));

        to("Its neighbours");
        UiTest.waitUntil(() -> models.a().neighbours().neighbours().getValue() != null);
        act();
        UiTest.waitUntil(this::isDone);
        assertThat(workbench.a().feature().get().feature()).isNotEqualTo(Sample.FEATURE);

        to("The corpus");
        assertThat(workbench.a().feature().get().feature()).isEqualTo(Sample.FEATURE);
        UiTest.waitUntil(this::isDone);
        assertThat(label("#tour-words")).startsWith("corpus.txt has been counted");

        to("Find features by words");
        act();
        UiTest.waitUntil(this::isDone);
        UiTest.waitUntil(() -> models.table().isSearching()
                && models.table().rows().size() < models.table().size()
                && models.table().rows().contains(Sample.FEATURE));

        to("Write down what you think");
        assertThat(models.table().filter().get()).isEmpty();
        assertThat(isDone()).isFalse();
        act();
        write("colours").type(KeyCode.ENTER);
        UiTest.waitUntil(this::isDone);
        assertThat(models.notes().of(workbench.a(), Sample.FEATURE).ownLabel()).isEqualTo("colours");

        to("Compare");
        act();
        UiTest.waitUntil(this::isDone);
        UiTest.waitUntil(view::isArranged);

        to("Take a picture with you");
        UiTest.waitUntil(() -> models.a().tree().tree().getValue() != null);
        assertThat(isDone()).isFalse();
        saveTo = folder.resolve("tree.png");
        act();
        UiTest.waitUntil(this::isDone);
        assertThat(saveTo).isRegularFile();

        to("That was the tour");
        assertThat(label("#tour-place")).isEqualTo("Step 14 of 14");
        next();
        assertThat(lookup("#tour").query().isVisible()).isFalse();
    }

    @Test
    void theCalloutStandsBesideTheRealControlAndNotOverIt() {
        beginOnSample();
        to("Choose a feature");
        UiTest.waitUntil(view::isArranged);
        Node filter = lookup("#feature-filter").query();
        UiTest.waitUntil(() -> lookup(".tour-ring").query().isVisible()
                && Math.abs(inScene(lookup(".tour-ring").query()).getMinX()
                                - inScene(filter).getMinX())
                        < 5);
        Bounds card = UiTest.onFx(() -> inScene(lookup(".tour-callout").query()));
        assertThat(card.intersects(UiTest.onFx(() -> inScene(filter)))).isFalse();
        assertThat(view.scene().getWidth()).isGreaterThanOrEqualTo(card.getMaxX());
    }

    private static Bounds inScene(Node node) {
        return node.localToScene(node.getLayoutBounds());
    }

    @Test
    void theWindowIsUsedAsUsualBesideItAndEscapeLeaves() {
        beginOnSample();
        to("Choose a feature");
        UiTest.waitUntil(view::isArranged);
        clickOn("#feature-filter").write("12").type(KeyCode.ENTER);
        UiTest.waitUntil(() -> workbench.a().feature().get().feature() == 12);
        clickOn("#tour-next");
        assertThat(step()).isEqualTo("Its identity card");
        type(KeyCode.ESCAPE);
        assertThat(lookup("#tour").query().isVisible()).isFalse();
        assertThat(linked.isOpen(workbench)).isTrue();
    }

    @Test
    void theKeyboardAloneGoesThroughAndOut() {
        beginOnSample();
        UiTest.onFx(() -> lookup("#tour-next").query().requestFocus());
        type(KeyCode.SPACE);
        UiTest.waitUntil(() -> step().equals("Choose a feature"));
        UiTest.waitUntil(() -> lookup("#tour-next").query().isFocused());
        type(KeyCode.F6);
        assertThat(UiTest.onFx(() -> lookup("#tour-next").query().isFocused())).isFalse();
        type(KeyCode.ESCAPE);
        assertThat(lookup("#tour").query().isVisible()).isFalse();
    }

    @Test
    void anInvitationStartsNothingByItself() {
        UiTest.onFx(() -> view.inviteToTour());
        assertThat(step()).isEqualTo("New here?");
        assertThat(workbench.openingModel().get()).isFalse();
        type(KeyCode.ESCAPE);
        assertThat(lookup("#tour").query().isVisible()).isFalse();
    }
}
