package loupe.state.map;

import java.util.Map;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.value.ObservableValue;
import loupe.analysis.tokenbias.EmbeddingGeometry;
import loupe.analysis.tokenbias.RandomNeighbours;
import loupe.analysis.tokenbias.TokenMatrix;
import loupe.inference.OpenModel;
import loupe.inference.Priority;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.RememberedChoices;
import loupe.state.window.Workbench;

/** Where the rows of the model's embedding or unembedding lie. JavaFX thread only. */
public final class EmbeddingModel {
    /** Tokens in each list of a random vector. */
    public static final int NEIGHBOURS = 10;

    private final Workbench workbench;
    private final ResultSlot<EmbeddingGeometry.Answer> geometry;
    private final ResultSlot<RandomNeighbours.Answer> random;
    private final ObjectProperty<TokenMatrix> which = new SimpleObjectProperty<>(this, "which", TokenMatrix.INPUT);
    private final ObjectProperty<Measure> measure = new SimpleObjectProperty<>(this, "measure", Measure.DISTANCE);
    private final RememberedChoices choices = new RememberedChoices();
    private final ObservableValue<PaneStatus> status;

    /** What of each row is counted. */
    public enum Measure {
        DISTANCE("distance", "Distance from the centroid"),
        NORM("norm", "Norm"),
        COSINE_DISTANCE("cosine-distance", "Cosine distance");

        private final String word;
        private final String title;

        Measure(String word, String title) {
            this.word = word;
            this.title = title;
        }

        /** Its name in commands. */
        public String word() {
            return word;
        }

        /** Its name on the screen. */
        public String title() {
            return title;
        }

        /** One number for each row; not to be written. */
        public double[] of(EmbeddingGeometry.Answer answer) {
            return switch (this) {
                case DISTANCE -> answer.distances();
                case NORM -> answer.norms();
                case COSINE_DISTANCE -> answer.cosineDistances();
            };
        }
    }

    public EmbeddingModel(Workbench workbench) {
        this.workbench = workbench;
        geometry = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        random = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        status = new PaneStatusBinding()
                .fails(geometry)
                .isEmpty(
                        () -> workbench.model().get() == null
                                ? "Open a model (Ctrl+O) to see where its tokens lie"
                                : "",
                        workbench.model())
                .awaits(geometry);
        choices.choice("embedding.which", which, TokenMatrix.class).choice("embedding.measure", measure, Measure.class);
        workbench.model().addListener(changed -> askAfresh());
        which.addListener(changed -> askAfresh());
        setWanted(false);
        askAfresh();
    }

    /** What the pane shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    /** Norms and distances of all rows. */
    public ResultSlot<EmbeddingGeometry.Answer> geometry() {
        return geometry;
    }

    /** How alike the tokens nearest to random vectors are, as far as they have been drawn. */
    public ResultSlot<RandomNeighbours.Answer> random() {
        return random;
    }

    /** Which matrix is meant. */
    public ObjectProperty<TokenMatrix> which() {
        return which;
    }

    /** What is counted in the chart. */
    public ObjectProperty<Measure> measure() {
        return measure;
    }

    /** What the numbers are of, for captions. */
    public String provenance() {
        OpenModel model = workbench.model().get();
        return (model == null ? "" : model.id().name() + ", ")
                + which.get().title().toLowerCase(java.util.Locale.ROOT);
    }

    /** Whether somebody looks; nothing is asked before. */
    public void setWanted(boolean wanted) {
        geometry.setWanted(wanted);
        random.setWanted(wanted);
    }

    /** What a session keeps. */
    public Map<String, String> remembered() {
        return choices.remembered();
    }

    /** Restores what a session kept. */
    public void recall(Map<String, String> kept) {
        choices.recall(kept);
    }

    private void askAfresh() {
        OpenModel model = workbench.model().get();
        if (model == null) {
            geometry.clear();
            random.clear();
            return;
        }
        geometry.askAfresh(new EmbeddingGeometry(model.id(), which.get()));
        random.askAfresh(new RandomNeighbours(model.id(), which.get(), NEIGHBOURS, RandomNeighbours.DRAWS, 0));
    }
}
