package loupe.ui.style;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import javafx.scene.Parent;
import javafx.scene.layout.Region;
import javafx.scene.layout.StackPane;
import javafx.scene.paint.Color;
import loupe.ui.UiTest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Text can be read in all looks: a contrast of 4.5 (WCAG AA), of 7 in high contrast (AAA). Lines and marks that say
 * something have 3.
 */
class ContrastUiTest extends UiTest {
    /** What stands on what, by the roles of the style sheets. */
    private static final List<List<String>> TEXTS = List.of(
            List.of("-color-fg-default", "-color-bg-default"),
            List.of("-color-fg-default", "-color-bg-subtle"),
            List.of("-color-fg-default", "-color-bg-inset"),
            List.of("-color-fg-default", "-color-bg-overlay"),
            List.of("-color-fg-default", "-color-accent-subtle"),
            List.of("-color-fg-default", "-color-neutral-muted"),
            List.of("-color-fg-default", "-color-danger-subtle"),
            List.of("-color-fg-default", "-color-mark"),
            List.of("-color-fg-muted", "-color-bg-default"),
            List.of("-color-fg-muted", "-color-bg-subtle"),
            List.of("-color-fg-muted", "-color-bg-inset"),
            List.of("-color-accent-fg", "-color-bg-default"),
            List.of("-color-accent-fg", "-color-bg-subtle"),
            List.of("-color-accent-fg", "-color-accent-subtle"),
            List.of("-color-danger-fg", "-color-bg-subtle"),
            List.of("-color-fg-emphasis", "-color-accent-emphasis"),
            List.of("-color-letter-text", "-color-letter-a"),
            List.of("-color-letter-text", "-color-letter-b"),
            List.of("-color-letter-a", "-color-bg-default"),
            List.of("-color-letter-b", "-color-bg-default"),
            List.of("-color-letter-a", "-color-bg-subtle"),
            List.of("-color-letter-b", "-color-bg-subtle"));

    private static final List<List<String>> MARKS = List.of(
            List.of("-color-side-a", "-color-bg-default"),
            List.of("-color-side-b", "-color-bg-default"),
            List.of("-color-positive", "-color-bg-default"),
            List.of("-color-negative", "-color-bg-default"),
            List.of("-color-fg-default", "-color-mark"), // the line below a word that was found
            List.of("-color-accent-emphasis", "-color-bg-default"),
            List.of("-color-accent-emphasis", "-color-bg-subtle"));

    private final Region probe = new Region();

    @Override
    protected Parent build() {
        return new StackPane(probe);
    }

    @ParameterizedTest
    @EnumSource(Theme.class)
    void textCanBeRead(Theme theme) {
        assertThat(below(theme, TEXTS, theme == Theme.HIGH_CONTRAST ? 7 : 4.5)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Theme.class)
    void marksCanBeSeen(Theme theme) {
        assertThat(below(theme, MARKS, 3)).isEmpty();
    }

    /** The pairs with less contrast than asked for. */
    private List<String> below(Theme theme, List<List<String>> pairs, double least) {
        return onFx(() -> {
            theme.apply(stage.getScene());
            List<String> found = new ArrayList<>();
            for (List<String> pair : pairs) {
                double contrast = Contrast.of(colour(pair.get(0)), colour(pair.get(1)));
                if (contrast < least) {
                    found.add("%s on %s: %.2f".formatted(pair.get(0), pair.get(1), contrast));
                }
            }
            return found;
        });
    }

    /** The colour of a role as it is seen on the ground of a pane. */
    private Color colour(String role) {
        Color over = raw(role);
        Color ground = raw("-color-bg-default");
        return ground.interpolate(over.deriveColor(0, 1, 1, 1 / over.getOpacity()), over.getOpacity());
    }

    private Color raw(String role) {
        probe.setStyle("-fx-background-color: " + role + ";");
        probe.applyCss();
        return (Color) probe.getBackground().getFills().get(0).getFill();
    }
}
