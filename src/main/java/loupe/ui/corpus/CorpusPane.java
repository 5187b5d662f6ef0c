package loupe.ui.corpus;

import java.util.List;
import javafx.scene.layout.Region;
import loupe.state.WorkbenchModels;
import loupe.state.corpus.CorpusForm;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import org.jspecify.annotations.Nullable;

/**
 * The corpus: which text it is, how it is counted, what that takes, and what has been counted. The form is made when
 * the pane is first shown, and estimates only while it is.
 */
public final class CorpusPane implements Pane {
    private final PaneFrame frame = new PaneFrame("Corpus");
    private final WorkbenchModels models;
    private final CorpusPage.Choosing choosing;
    private @Nullable CorpusForm form;

    /** @param choosing what the form asks the window for */
    public CorpusPane(WorkbenchModels models, CorpusPage.Choosing choosing) {
        this.models = models;
        this.choosing = choosing;
        Answers.whileShown(frame, this::show);
    }

    @Override
    public PaneFrame node() {
        return frame;
    }

    @Override
    public void focus() {
        frame.focusInside();
    }

    private void show(boolean shown) {
        if (!shown) {
            if (form != null) {
                form.close();
            }
            return;
        }
        if (form != null) {
            form.estimateAgain();
            return;
        }
        CorpusForm made = new CorpusForm(models.workbench(), models.statistics());
        form = made;
        Region page = new CorpusPage(
                        made,
                        models.statistics(),
                        List.of(models.workbench().a(), models.workbench().b()),
                        models.workbench().recent(),
                        choosing)
                .node();
        frame.setContent(page);
    }
}
