package loupe.ui.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javafx.scene.control.Label;
import javafx.scene.control.TableView;
import loupe.state.FeatureTables;
import loupe.state.PlantedCorpus;
import loupe.state.features.FeatureTableModel;
import loupe.ui.PaneUiTest;
import loupe.ui.export.TableExport;
import loupe.ui.pane.PaneFrame;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the feature table says while its corpus is being counted. */
class PartialCountUiTest extends PaneUiTest {
    @TempDir
    Path counted;

    private PlantedCorpus corpus;
    private FeatureTableModel model;

    @Override
    protected PaneFrame make() {
        corpus = new PlantedCorpus(opened, counted);
        model = FeatureTables.of(opened, corpus.statistics(), texts);
        return new FeatureTablePane(opened.workbench, model, () -> "tiny", saver).node();
    }

    private String label(String id) {
        return lookup(id).<Label>query().getText();
    }

    /** What was said while the count ran, and when it was done. */
    private List<String> said() {
        List<String> said = new ArrayList<>();
        onFx(() -> {
            opened.openA();
            model.filter().set("density=0");
            model.version().addListener((property, was, is) -> {
                if (corpus.statistics().features(opened.workbench.a()).get() != null) {
                    TableView<Integer> table = lookup("#feature-table").query();
                    said.add(label("#counted-so-far") + "|" + label(".pane-actions .muted") + "|"
                            + String.join(",", TableExport.csv(table, List.of()).header()));
                }
            });
            corpus.count();
        });
        return said;
    }

    @Test
    void theTableItsRowsAndItsExportSayThatTheyAreNotFinal() {
        List<String> said = said();
        assertThat(said).hasSize(2);
        assertThat(said.get(0))
                .startsWith("Numbers so far, of 128 tokens (40 % of the corpus); choice and order of rows may change|")
                .endsWith(" of 6 so far|#,Density so far,Max so far,Promotes");
        assertThat(said.get(1)).isEqualTo("|1 of 6|#,Density,Max,Promotes");
    }
}
