package loupe.ui.window;

import java.util.List;
import java.util.OptionalInt;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.value.ObservableValue;
import loupe.analysis.effects.InterventionLine;
import loupe.index.Example;
import loupe.index.FeatureStatistics;
import loupe.labels.FeatureList;
import loupe.search.SearchQuery;
import loupe.state.SideModels;
import loupe.state.WorkbenchModels;
import loupe.state.window.Side;
import loupe.state.window.VocabularyTexts;
import loupe.ui.control.References;
import loupe.ui.corpus.CorpusPage;
import loupe.ui.export.FileSaver;
import loupe.ui.export.SuggestedNames;
import loupe.ui.pane.RowActions;

/**
 * The dependencies of the panes of one side: its models, and the effect of a click in one pane on the others.
 *
 * @param showText brings the pane of the user's own text to the front
 * @param showNeighbours brings the pane of the neighbours to the front
 * @param corpus what the form of the corpus asks the window for
 */
record SideLinks(
        WorkbenchModels models,
        SideModels side,
        Runnable showText,
        Runnable showNeighbours,
        FileSaver desk,
        CorpusPage.Choosing corpus)
        implements RowActions {
    /** The desk for files that are of the chosen feature. */
    FileSaver featureDesk() {
        return new SuggestedNames(desk, side::fileName);
    }

    /** The desk for files that are of all features. */
    FileSaver checkpointDesk() {
        return new SuggestedNames(desk, side::allFileName);
    }

    VocabularyTexts texts() {
        return models.texts();
    }

    /** The words that this side's features are searched for: of A those of the table's filter, of B none. */
    ObservableValue<SearchQuery> sought() {
        return side.side().isA()
                ? models.table().sought()
                : new SimpleObjectProperty<>(new SearchQuery(List.of(), false));
    }

    SideModels otherSide() {
        return side == models.a() ? models.b() : models.a();
    }

    @Override
    public void askOfToken(int id) {
        side.neighbours().askOfToken(id);
        side.together().query().set(References.ofToken(id));
    }

    /** Chooses a feature of this side's checkpoint: of A for the whole window, of B beside it. */
    void chooseFeature(int feature) {
        chooseFeature(side.side().name(), feature);
    }

    /** Chooses a feature of a checkpoint, for panes that show both. */
    void chooseFeature(Side of, int feature) {
        if (of == Side.A) {
            models.table().jumpTo(feature);
        } else {
            models.compare().pin(OptionalInt.of(feature));
        }
    }

    @Override
    public void goTo(int feature) {
        chooseFeature(feature);
    }

    @Override
    public void goToToken(int token) {
        askOfToken(token);
        showNeighbours.run();
    }

    @Override
    public boolean isStarred(int feature) {
        return models.notes().of(side.side(), feature).star();
    }

    @Override
    public void star(int feature, boolean on) {
        models.notes().star(side.side(), feature, on);
    }

    @Override
    public List<String> lists() {
        return models.notes().lists(side.side()).stream().map(FeatureList::name).toList();
    }

    @Override
    public boolean isIn(String list, int feature) {
        FeatureList found = models.notes().list(side.side(), list);
        return found != null && found.members().contains(feature);
    }

    @Override
    public void put(String list, int feature, boolean in) {
        FeatureList found = models.notes().list(side.side(), list);
        if (found != null && in != found.members().contains(feature)) {
            models.notes()
                    .member(side.side(), list, feature, in ? found.members().size() : -1);
        }
    }

    @Override
    public String comparing(int feature) {
        return side.side().isA() ? models.compare().comparing(feature) : "";
    }

    @Override
    public void compareWith(int feature) {
        models.compare().compareWith(feature);
    }

    @Override
    public boolean canAblate() {
        return side.side().isA();
    }

    @Override
    public void ablate(List<Integer> features) {
        models.interventions().add(InterventionLine.Kind.ABLATE, features);
    }

    /** Opens an example as the user's own text. */
    void openAsText(Example example) {
        models.text().open(example.ids(), example.focus());
        showText.run();
    }

    /** A few words about a feature: its label, or the tokens it promotes. */
    String describe(int feature) {
        return side.describe(feature);
    }

    /** A feature's largest absolute activation in the corpus; NaN until all of it has been counted. */
    double strongest(int feature) {
        FeatureStatistics counted = models.statistics().features(side.side()).get();
        boolean known = counted != null
                && feature < counted.features()
                && !models.statistics().counted(side.side()).get().isPartial();
        return known ? counted.strongest(feature) : Double.NaN;
    }
}
