package loupe.state.window;

import static loupe.state.window.PaneLayout.across;
import static loupe.state.window.PaneLayout.part;
import static loupe.state.window.PaneLayout.stack;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.state.window.PaneLayout.Zone;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ViewLayoutsTest {
    private static final List<String> PANES = List.of("table", "tree", "tokens");
    private static final PaneLayout FEATURES = across(part(200, stack("table")), part(600, stack("tree", "tokens")));

    private final ViewLayouts layouts = fresh();

    private static ViewLayouts fresh() {
        Map<String, PaneLayout> initial = new LinkedHashMap<>();
        initial.put("features", FEATURES);
        initial.put("trees", stack("tree"));
        return new ViewLayouts(initial, PANES);
    }

    @Test
    void eachViewKeepsItsOwnLayout() {
        layouts.move("tree", "table", Zone.BELOW);
        PaneLayout changed = layouts.layout().get();
        layouts.show("trees");
        assertThat(layouts.layout().get()).isEqualTo(stack("tree"));
        layouts.show("features");
        assertThat(layouts.layout().get()).isEqualTo(changed);
        assertThatThrownBy(() -> layouts.show("none")).hasMessage("there is no view none");
    }

    @Test
    void aPaneIsHiddenAndComesBackBesideThoseItStoodWith() {
        layouts.hide("tokens");
        assertThat(layouts.layout().get().holds("tokens")).isFalse();
        layouts.add("tokens");
        assertThat(layouts.layout().get()).isEqualTo(FEATURES);
        layouts.show("trees");
        layouts.hide("tree");
        assertThat(layouts.layout().get()).as("the last pane stays").isEqualTo(stack("tree"));
    }

    @Test
    void aViewThatHasAPaneIsFound() {
        assertThat(layouts.viewWith("tree")).contains("features");
        layouts.show("trees");
        assertThat(layouts.viewWith("tree")).contains("trees");
        assertThat(layouts.viewWith("tokens")).contains("features");
        assertThat(layouts.viewWith("unheard")).isEmpty();
    }

    @Test
    void layoutsAreKeptUnderNamesChosenForgottenAndReset() {
        layouts.hide("table");
        layouts.keepAs("without a table");
        layouts.reset();
        assertThat(layouts.isInitial()).isTrue();
        layouts.choose("without a table");
        assertThat(layouts.layout().get()).isEqualTo(stack("tree", "tokens"));
        layouts.show("trees");
        assertThat(layouts.names()).as("names are a view's own").isEmpty();
        layouts.show("features");
        layouts.forget("without a table");
        assertThat(layouts.names()).isEmpty();
    }

    @Test
    void aSessionBringsEverythingBack() {
        layouts.hide("table");
        layouts.keepAs("mine");
        layouts.bringToFront("tokens-A");
        layouts.show("trees");
        ViewLayouts later = fresh();
        assertThat(later.recall(layouts.remembered())).isEmpty();
        assertThat(later.view().get()).isEqualTo("trees");
        assertThat(later.frontOf(List.of("tree-A", "tokens-A"))).contains("tokens-A");
        later.show("features");
        assertThat(later.layout().get()).isEqualTo(stack("tree", "tokens"));
        assertThat(later.names()).containsExactly("mine");
        assertThat(later.remembered().path("layouts").has("trees"))
                .as("a layout as it comes is not kept, so that a newer one of the program is seen")
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "5",
                "\"text\"",
                "[]",
                "{\"view\": 7, \"layouts\": []}",
                "{\"layouts\": {\"unheard\": {\"tabs\": [[\"tree\"]]}}}",
                "{\"view\": \"unheard\", \"front\": {\"a\": 1}}"
            })
    void whatIsNotUnderstoodLeavesTheViewsAsTheyCome(String kept) throws IOException {
        assertThat(layouts.recall(new ObjectMapper().readTree(kept))).isEmpty();
        assertThat(layouts.isInitial()).isTrue();
        assertThat(layouts.view().get()).isEqualTo("features");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "5",
                "{}",
                "{\"tabs\": []}",
                "{\"tabs\": [[]]}",
                "{\"tabs\": [[\"unheard\"]]}",
                "{\"direction\": \"SIDEWAYS\", \"parts\": []}",
                "{\"direction\": \"DOWN\", \"parts\": [{\"size\": -1, \"content\": {\"tabs\": [[\"tree\"]]}}]}",
                "{\"direction\": \"DOWN\", \"parts\": [null]}"
            })
    void aDamagedLayoutIsLeftOutAndNamed(String layout) throws IOException {
        assertThat(layouts.recall(new ObjectMapper().readTree("{\"layouts\": {\"features\": " + layout + "}}")))
                .containsExactly("the layout of the view features");
        assertThat(layouts.isInitial()).isTrue();
    }
}
