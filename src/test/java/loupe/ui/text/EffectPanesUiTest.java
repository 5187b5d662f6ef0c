package loupe.ui.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import javafx.scene.control.Labeled;
import javafx.scene.control.TableView;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import loupe.analysis.effects.Attribution;
import loupe.analysis.effects.Patching;
import loupe.base.HookPoint;
import loupe.state.text.AttributionModel;
import loupe.state.text.PatchingModel;
import loupe.state.text.PromptModel;
import loupe.state.text.PromptPair;
import loupe.state.window.Side;
import loupe.state.window.UndoOrder;
import loupe.tensor.HostTensor;
import loupe.ui.PaneUiTest;
import loupe.ui.chart.HeatMaps;
import loupe.ui.pane.PaneFrame;
import org.junit.jupiter.api.Test;

/** The panes of patching and attribution in one frame, with a model of one token a letter. */
class EffectPanesUiTest extends PaneUiTest {
    private final PromptModel prompt = new PromptModel(opened.workbench, new UndoOrder());
    private final PatchingModel patching = new PatchingModel(opened.workbench, opened.workbench.a(), prompt);
    private final AttributionModel attribution = new AttributionModel(opened.workbench, prompt);
    private final List<String> chosen = new ArrayList<>();
    private PatchingPane maps;

    @Override
    protected PaneFrame make() {
        maps = new PatchingPane(patching, feature -> chosen.add("A " + feature), () -> "caption", saver);
        PaneFrame below =
                new AttributionPane(attribution, (side, feature) -> chosen.add(side + " " + feature), saver).node();
        VBox both = new VBox(maps.node(), below);
        VBox.setVgrow(maps.node(), Priority.ALWAYS);
        VBox.setVgrow(below, Priority.ALWAYS);
        return new PaneFrame("Both", both);
    }

    private static Patching.Answer patched() {
        Map<Patching.Direction, Map<String, Patching.Grid>> grids = new EnumMap<>(Patching.Direction.class);
        for (Patching.Direction direction : Patching.Direction.values()) {
            grids.put(direction, Map.of("resid_pre", new Patching.Grid(new int[] {2, 3}, new double[] {
                0, 0.25, 0.5, 0.75, 1, Double.NaN
            })));
        }
        return new Patching.Answer(1, 0, grids);
    }

    @Test
    void mapsAndListLeadToTheTokenAndTheFeatureAndCanBeSaved() {
        onFx(() -> opened.openA());
        onFx(() -> prompt.pair().set(new PromptPair("bad", "bed", "g", "f")));
        answer(Patching.class, patched());
        HeatMaps chart = lookup("#patching-maps").query();
        assertThat(onFx(() -> chart.maps().maps().get(2).values())).containsExactly(-1, -0.5, 0, 0.5, 1, Double.NaN);
        TableView<?> table = lookup("#patching").query();
        assertThat(cells(table, "Denoising")).containsExactly(0.0, 0.25, 0.5, 0.75, 1.0);
        assertThat(onFx(() -> lookup("#patching-foot").queryAs(Labeled.class).getText()))
                .isEqualTo("Logit difference: clean 1.00, corrupt 0");
        var point = onFx(() -> {
            double[] middle = chart.middle(1, 1, 1);
            return chart.localToScreen(middle[0], middle[1]);
        });
        clickOn(point);
        assertThat(onFx(() -> prompt.position().get())).isEqualTo(1);
        assertThat(onFx(() -> table.getSelectionModel().getSelectedIndex())).isEqualTo(4);
        assertThat(onFx(() -> chart.csv().text(false).lines().toList()))
                .contains("Layer,Token,Token number,Denoising,Noising,Difference", "0,a,1,0.25,0.75,-0.5");

        HostTensor effects = new HostTensor(new float[] {0, 2, 0, 0, -3, 0}, 3, 2);
        answer(
                Attribution.class, // the newest one, by integrated gradients
                new Attribution.Answer(
                        1,
                        0,
                        List.of(new Attribution.Site(
                                HookPoint.residPre(1),
                                effects,
                                new double[] {0, 0.5, 0},
                                -1,
                                List.of(new Attribution.Measured(2, OptionalInt.of(0), -3, -2.5))))));
        onFx(() -> attribution.method().set(Attribution.Method.INTEGRATED_GRADIENTS));
        TableView<?> list = lookup("#attribution").query();
        assertThat(cells(list, "Node")).startsWith("#0", "#1", "error");
        assertThat(cells(list, "IG")).startsWith(-3.0, 2.0, 0.5);
        assertThat(onFx(() -> lookup("#attribution-sums").queryAs(Labeled.class).getText()))
                .isEqualTo(
                        "A at blocks.1.hook_resid_pre: features \u22121.00 + errors 0.500 = \u22120.500 of \u22121.00, "
                                + "gap \u22120.500; clean to corrupt \u22121.00");
        clickOn(row(list, 0));
        assertThat(chosen).containsExactly(Side.A + " 0");
        assertThat(onFx(() -> prompt.position().get())).isEqualTo(2);
    }
}
