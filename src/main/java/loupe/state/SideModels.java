package loupe.state;

import loupe.analysis.ghost.DefinitionTree;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.state.checkpoint.CheckpointSaving;
import loupe.state.corpus.ActivationsModel;
import loupe.state.corpus.CoActivationModel;
import loupe.state.corpus.CorpusStatistics;
import loupe.state.corpus.ExamplesModel;
import loupe.state.corpus.HistogramModel;
import loupe.state.corpus.HistogramView;
import loupe.state.corpus.OwnText;
import loupe.state.corpus.OwnTextModel;
import loupe.state.features.FeatureNotesModel;
import loupe.state.features.PromotedTokens;
import loupe.state.ghost.GhostCaption;
import loupe.state.ghost.GhostControlsModel;
import loupe.state.ghost.GhostValues;
import loupe.state.nearest.LogitModel;
import loupe.state.nearest.NeighboursModel;
import loupe.state.nearest.TokenListModel;
import loupe.state.text.PromptModel;
import loupe.state.text.TextFeaturesModel;
import loupe.state.tree.TreeComparison;
import loupe.state.tree.TreeModel;
import loupe.state.window.CheckpointSide;
import loupe.state.window.FeatureRef;
import loupe.state.window.Provenance;
import loupe.state.window.SharedRange;
import loupe.state.window.VocabularyTexts;
import loupe.state.window.Workbench;

/** The models of one side's panes. */
public final class SideModels {
    private final CheckpointSide side;
    private final FeatureNotesModel notes;
    private final HistogramModel histogram;
    private final ExamplesModel examples;
    private final OwnTextModel text;
    private final TextFeaturesModel textFeatures;
    private final CoActivationModel together;
    private final LogitModel logits;
    private final PromotedTokens promoted;
    private final TreeModel tree;
    private final TreeComparison comparison;
    private final TokenListModel tokens;
    private final NeighboursModel neighbours;

    /** The ranges of the axes that both sides share. */
    record Shared(
            SharedRange activation,
            SharedRange count,
            SharedRange weight,
            HistogramView histogram,
            OwnText text,
            PromptModel prompt,
            FeatureNotesModel notes) {}

    SideModels(
            Workbench workbench,
            CheckpointSide side,
            CorpusStatistics statistics,
            GhostControlsModel controls,
            VocabularyTexts texts,
            Shared shared) {
        this.side = side;
        notes = shared.notes();
        tokens = new TokenListModel(workbench, side, controls);
        ActivationsModel activations = new ActivationsModel(workbench, side, statistics, shared.activation());
        histogram = new HistogramModel(workbench, activations, shared.count(), shared.histogram());
        examples = new ExamplesModel(workbench, activations);
        together = new CoActivationModel(workbench, activations, texts);
        text = new OwnTextModel(workbench, activations, shared.text());
        textFeatures = new TextFeaturesModel(workbench, side, shared.prompt(), text::mend);
        logits = new LogitModel(workbench, side, shared.weight());
        neighbours = new NeighboursModel(workbench, side, texts);
        tree = new TreeModel(workbench, side, controls);
        comparison = new TreeComparison(workbench, tree, texts);
        promoted = new PromotedTokens(workbench, side, texts);
    }

    public CheckpointSide side() {
        return side;
    }

    /** The provenance of an export, for its caption: model, checkpoint, hook point, feature and its label. */
    public String provenance() {
        FeatureRef feature = side.feature().get();
        if (feature == null || allProvenance().isEmpty()) {
            return "";
        }
        String label = notes.of(side, feature.feature()).label();
        return Provenance.feature(allProvenance(), feature.feature(), label);
    }

    /** The provenance of an export of what was counted of the feature: also the corpus and what is left out of it. */
    public String countedProvenance() {
        return withCorpus(provenance());
    }

    private String withCorpus(String before) {
        ActivationsModel activations = histogram.activations();
        return activations
                .of()
                .filter(counted -> !before.isEmpty())
                .map(counted ->
                        before + ", " + (activations.share().isPartial() ? "so far " : "") + Provenance.corpus(counted))
                .orElse(before);
    }

    /** A few words about a feature: its label or, without one, the tokens it promotes. */
    public String describe(int feature) {
        String label = notes.of(side, feature).label();
        return label.isEmpty() ? promoted.of(feature) : label;
    }

    /** The beginning of the names of exported files: checkpoint and feature; empty while none is open. */
    public String fileName() {
        FeatureRef feature = side.feature().get();
        return feature == null ? allFileName() : allFileName() + "-" + feature.feature();
    }

    /**
     * The beginning of the names of exported files that are of all features: the checkpoint; empty while none is open.
     */
    public String allFileName() {
        OpenSae sae = side.sae().get();
        return sae == null ? "" : CheckpointSaving.fileName(sae.id());
    }

    /** The provenance of an export that shows all features. */
    public String allProvenance() {
        OpenSae sae = side.sae().get();
        OpenModel model = side.model().get();
        return sae == null || model == null
                ? ""
                : Provenance.of(
                        model.id().toString(), sae.id().toString(), sae.config().hook());
    }

    /** The provenance of an export of what was counted of all features. */
    public String allCountedProvenance() {
        return withCorpus(allProvenance());
    }

    /** The provenance of an export of the tree: also the interventions under which it grows. */
    public String treeProvenance() {
        String said = ghostProvenance();
        return said.isEmpty()
                ? said
                : said + GhostCaption.with(tree.inForce().get().words());
    }

    /** The provenance of an export that depends on the ghost controls. */
    public String ghostProvenance() {
        GhostValues values = tree.controls().values().get();
        StringBuilder said = new StringBuilder(provenance());
        said.append(GhostCaption.of(values, side.model().get(), side.sae().get()));
        DefinitionTree.Answer grown = tree.tree().getValue();
        if (grown != null && tree.tree().stoppedProperty().get()) {
            said.append(", stopped at ").append(grown.size() - 1).append(" nodes");
        }
        return said.toString();
    }

    public PromotedTokens promoted() {
        return promoted;
    }

    public HistogramModel histogram() {
        return histogram;
    }

    public ExamplesModel examples() {
        return examples;
    }

    public OwnTextModel text() {
        return text;
    }

    /** The features in the prompts of the view Text. */
    public TextFeaturesModel textFeatures() {
        return textFeatures;
    }

    public CoActivationModel together() {
        return together;
    }

    public LogitModel logits() {
        return logits;
    }

    public TreeModel tree() {
        return tree;
    }

    public TreeComparison comparison() {
        return comparison;
    }

    public TokenListModel tokens() {
        return tokens;
    }

    public NeighboursModel neighbours() {
        return neighbours;
    }
}
