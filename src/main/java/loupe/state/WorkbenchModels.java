package loupe.state;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import javafx.beans.binding.Bindings;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.IntegerProperty;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.property.SimpleIntegerProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.value.ObservableValue;
import javafx.collections.ListChangeListener;
import loupe.analysis.batch.BatchRow;
import loupe.analysis.geometry.KeptCosines;
import loupe.analysis.lens.KeptMoments;
import loupe.analysis.tokenbias.UnigramStore;
import loupe.index.DocumentPacking;
import loupe.labels.LabelFile;
import loupe.state.checkpoint.CheckpointAudit;
import loupe.state.checkpoint.CheckpointSaving;
import loupe.state.checkpoint.EvaluationModel;
import loupe.state.checkpoint.FileInspection;
import loupe.state.checkpoint.NearbyCheckpoints;
import loupe.state.checkpoint.PathOpening;
import loupe.state.corpus.CorpusSettings;
import loupe.state.corpus.CorpusStatistics;
import loupe.state.corpus.ExamplesModel;
import loupe.state.corpus.HistogramView;
import loupe.state.corpus.OwnText;
import loupe.state.dream.DreamModel;
import loupe.state.features.BatchModel;
import loupe.state.features.CompareModel;
import loupe.state.features.FeatureColumns;
import loupe.state.features.FeatureFinder;
import loupe.state.features.FeatureListsModel;
import loupe.state.features.FeatureNotesModel;
import loupe.state.features.FeatureScatterModel;
import loupe.state.features.FeatureTableModel;
import loupe.state.features.SearchModel;
import loupe.state.ghost.GhostControlsModel;
import loupe.state.ghost.GhostHistory;
import loupe.state.ghost.ScaleSweepModel;
import loupe.state.map.CosinesModel;
import loupe.state.map.EmbeddingModel;
import loupe.state.map.EnrichmentModel;
import loupe.state.map.KindsModel;
import loupe.state.map.TokenBiasModel;
import loupe.state.nearest.LogitSplit;
import loupe.state.nearest.LogitView;
import loupe.state.nearest.NeighboursModel;
import loupe.state.text.AblatedTextModel;
import loupe.state.text.AttributionModel;
import loupe.state.text.CircuitModel;
import loupe.state.text.DoseModel;
import loupe.state.text.EffectsModel;
import loupe.state.text.GenerationModel;
import loupe.state.text.InterventionsModel;
import loupe.state.text.PatchingModel;
import loupe.state.text.PredictionsModel;
import loupe.state.text.PromptModel;
import loupe.state.text.TextFeaturesModel;
import loupe.state.tree.TreeModel;
import loupe.state.window.Brush;
import loupe.state.window.CheckpointSide;
import loupe.state.window.Look;
import loupe.state.window.NamedSessions;
import loupe.state.window.RememberedChoices;
import loupe.state.window.SessionsModel;
import loupe.state.window.SharedRange;
import loupe.state.window.UndoOrder;
import loupe.state.window.ValueHistory;
import loupe.state.window.VocabularyTexts;
import loupe.state.window.Workbench;

/** The models of everything that the window shows, for both sides, created once in the order of their dependencies. */
public final class WorkbenchModels implements AutoCloseable {
    private static final int ORDINARY_FONT = 13;
    /** A longer text of the user's own is not kept, because the session is written with each change. */
    private static final int MOST_TEXT_KEPT = 100_000;

    private static final String TEXT = "text";
    private static final String QUERY = "neighbours.query.";
    private static final String PIN = "pin";
    private static final String RANGE = "range";
    private static final int RANGE_PARTS = 4;

    private final Workbench workbench;
    private final VocabularyTexts texts;
    private final NearbyCheckpoints nearby;
    private final PathOpening opening;
    private final CheckpointSaving saving;
    private final FileInspection inspection;
    private final CorpusStatistics statistics;
    private final CheckpointAudit auditA;
    private final CheckpointAudit auditB;
    private final EvaluationModel evaluationA;
    private final EvaluationModel evaluationB;
    private final GhostControlsModel controls;
    private final UndoOrder undoOrder = new UndoOrder();
    private final FeatureNotesModel notes;
    private final SearchModel search;
    private final FeatureListsModel lists;
    private final ScaleSweepModel scales;
    private final CompareModel compare;
    private final HistogramView histogram = new HistogramView();
    private final OwnText text;
    private final InterventionsModel interventions;
    private final PromptModel prompt;
    private final EffectsModel effects;
    private final PredictionsModel predictions;
    private final GenerationModel generation;
    private final DoseModel doses;
    private final PatchingModel patching;
    private final AttributionModel attribution;
    private final CircuitModel circuit;
    private final FeatureTableModel table;
    private final FeatureScatterModel scatter;
    private final DreamModel dream;
    private final AblatedTextModel ablatedText;
    private final CosinesModel cosines;
    private final KindsModel kinds;
    private final EnrichmentModel enrichment;
    private final EmbeddingModel embedding;
    private final TokenBiasModel tokenBias;
    private final SideModels a;
    private final SideModels b;
    private final BatchModel batch;
    private final FeatureFinder finder;
    private final RememberedChoices choices;
    private final SessionsModel sessions;
    private final ObjectProperty<Look> look = new SimpleObjectProperty<>(this, "look", Look.LIGHT);
    private final IntegerProperty fontSize = new SimpleIntegerProperty(this, "fontSize", ORDINARY_FONT);
    private final BooleanProperty captions = new SimpleBooleanProperty(this, "captions", true);
    private final BooleanProperty formulas = new SimpleBooleanProperty(this, "formulas", false);

    /** @param cache folder where finished passes over a corpus are kept */
    public WorkbenchModels(Workbench workbench, Path cache) {
        this(workbench, cache, Optional.empty(), Optional.empty());
    }

    /**
     * @param cache folder where finished passes over a corpus are kept
     * @param labels the file of what is written down about features; empty to keep nothing
     * @param named the sessions kept under names; empty where none are kept
     */
    public WorkbenchModels(Workbench workbench, Path cache, Optional<LabelFile> labels, Optional<NamedSessions> named) {
        this.workbench = workbench;
        texts = new VocabularyTexts(workbench, Optional.of(new KeptMoments(cache.resolve("logits"))));
        nearby = new NearbyCheckpoints(workbench);
        saving = new CheckpointSaving(workbench);
        inspection = new FileInspection(workbench);
        statistics = new CorpusStatistics(workbench, cache);
        opening = new PathOpening(workbench, statistics::choose, statistics::openIndex);
        workbench.setOpener(path -> opening.open(List.of(path), false));
        ObservableValue<DocumentPacking> documents = statistics.settings().map(CorpusSettings::documents);
        auditA = new CheckpointAudit(workbench, workbench.a(), statistics.corpus(), documents);
        auditB = new CheckpointAudit(workbench, workbench.b(), statistics.corpus(), documents);
        evaluationA = new EvaluationModel(workbench, workbench.a(), statistics.corpus(), documents);
        evaluationB = new EvaluationModel(workbench, workbench.b(), statistics.corpus(), documents);
        controls = new GhostControlsModel(workbench);
        GhostHistory.keep(controls, undoOrder);
        notes = new FeatureNotesModel(workbench, labels, undoOrder);
        scales = new ScaleSweepModel(workbench, workbench.a(), controls);
        text = new OwnText(workbench);
        interventions = new InterventionsModel(workbench, statistics);
        interventions.keepHistory(undoOrder);
        prompt = new PromptModel(workbench, undoOrder);
        predictions = new PredictionsModel(workbench, prompt, interventions.interventions());
        generation = new GenerationModel(workbench, prompt, interventions.interventions(), undoOrder);
        doses = new DoseModel(workbench, prompt, statistics, undoOrder);
        patching = new PatchingModel(workbench, workbench.a(), prompt);
        attribution = new AttributionModel(workbench, prompt);
        circuit = new CircuitModel(workbench, prompt, undoOrder);
        SideModels.Shared shared = new SideModels.Shared(
                new SharedRange(), new SharedRange(), new SharedRange(), histogram, text, prompt, notes);
        a = new SideModels(workbench, workbench.a(), statistics, controls, texts, shared);
        effects =
                new EffectsModel(workbench, interventions, prompt, a.histogram().activations());
        embedding = new EmbeddingModel(workbench);
        tokenBias = new TokenBiasModel(workbench, new UnigramStore(cache.resolveSibling("unigrams")));
        dream = new DreamModel(workbench, a.histogram().activations(), prompt);
        ablatedText = new AblatedTextModel(workbench, prompt, a.histogram().activations(), undoOrder);
        compare = new CompareModel(workbench);
        b = new SideModels(workbench, workbench.b(), statistics, controls, texts, shared);
        FeatureColumns columnsOfA = new FeatureColumns(workbench, workbench.a(), statistics, texts);
        search = new SearchModel(workbench, columnsOfA, statistics, texts, notes);
        table = new FeatureTableModel(workbench, columnsOfA, notes, search);
        cosines = new CosinesModel(workbench, table, KeptCosines.in(cache));
        cosines.a().answer().addListener(changed -> table.showNearest(cosines.decoders()));
        FeatureColumns columnsOfB = new FeatureColumns(workbench, workbench.b(), statistics, texts);
        columnsOfB.kinds().bind(columnsOfA.kinds());
        scatter = new FeatureScatterModel(workbench, columnsOfA, columnsOfB);
        kinds = new KindsModel(workbench, columnsOfA, table);
        enrichment = new EnrichmentModel(workbench, texts);
        for (TreeModel tree : List.of(a.tree(), b.tree())) {
            tree.listed()
                    .bind(Bindings.createObjectBinding(
                            () -> new TreeModel.Listed(
                                    interventions.interventions().get(), interventions.words()),
                            interventions.interventions(),
                            interventions.list()));
        }
        batch = new BatchModel(workbench, controls, a.tree(), texts, statistics);
        batch.rows().addListener((ListChangeListener<BatchRow>) change -> {
            if (!batch.running().get()) {
                search.sentences(batch.rows());
            }
            if (batch.isOfA()) {
                table.addCosts(batch.rows(), !batch.running().get());
            }
        });
        batch.running().addListener(changed -> {
            if (!batch.running().get()) {
                search.sentences(batch.rows());
                if (batch.isOfA()) {
                    table.addCosts(batch.rows(), true);
                }
            }
        });
        lists = new FeatureListsModel(workbench, workbench.a(), notes, new OwnText(workbench));
        finder = new FeatureFinder(workbench, search);
        sessions = new SessionsModel(workbench, named);
        choices = new RememberedChoices()
                .flag("captions", captions)
                .flag("formulas", formulas)
                .flag("text.beginning", text.beginning())
                .flag("generation.corrupt", generation.ofCorrupt());
        patching.remember(choices);
        attribution.remember(choices);
        circuit.remember(choices);
        for (SideModels side : List.of(a, b)) {
            remember(side, choices);
        }
        keepHistories();
    }

    private static void remember(SideModels side, RememberedChoices choices) {
        String of = "." + side.side();
        choices.choice("examples.choice" + of, side.examples().choice(), ExamplesModel.Choice.class)
                .choice("neighbours.among" + of, side.neighbours().among(), NeighboursModel.Among.class)
                .choice("neighbours.features-by" + of, side.neighbours().featuresBy(), NeighboursModel.FeaturesBy.class)
                .choice("neighbours.tokens-by" + of, side.neighbours().tokensBy(), NeighboursModel.TokensBy.class)
                .flag("logits.by-direction" + of, side.logits().byDirection())
                .flag("logits.gain" + of, side.logits().gain())
                .flag("logits.centred" + of, side.logits().centred())
                .flag("logits.leaving-out" + of, side.logits().leavingOut())
                .choice("logits.view" + of, side.logits().view(), LogitView.class)
                .choice("logits.split" + of, side.logits().split(), LogitSplit.class)
                .choice("text-features.order" + of, side.textFeatures().order(), TextFeaturesModel.Order.class)
                .flag("tokens.sides" + of, side.tokens().sides())
                .flag("tokens.details" + of, side.tokens().details())
                .flag("tree.probabilities" + of, side.tree().probabilities())
                .flag("tree.interventions" + of, side.tree().withListed());
    }

    /** What undo takes back beside the ghost's controls and what is written down, which see to themselves. */
    private void keepHistories() {
        workbench.selection().changeWithin(undoOrder::quietly);
        ValueHistory.keep(
                undoOrder,
                table.filter(),
                table.filter()::set,
                (was, is) -> is.isBlank() ? "clearing the filter " + was : "filter " + is);
        ValueHistory.keep(
                undoOrder,
                table.arrangement().columns(),
                table.arrangement().columns()::set,
                (was, is) -> "change of columns");
        ValueHistory.keep(
                undoOrder,
                table.arrangement().sorting(),
                table.arrangement()::sort,
                (was, is) -> "sorting by " + is.by().word());
        ValueHistory.keep(
                        undoOrder,
                        workbench.selection().brush(),
                        workbench.selection()::brush,
                        (was, is) -> is == null
                                ? "clearing the range of " + was.quantity() + "s"
                                : "range of " + is.quantity() + "s")
                .of(workbench.selection().feature());
        ValueHistory.keep(
                        undoOrder,
                        compare.pinned(),
                        compare.pinned()::set,
                        (was, is) -> is == null ? "unpinning feature " + was : "pin of feature " + is)
                .of(workbench.b().sae());
        for (SideModels side : List.of(a, b)) {
            ValueHistory.keep(
                            undoOrder,
                            side.neighbours().query(),
                            side.neighbours().query()::set,
                            (was, is) -> is.isBlank()
                                    ? "clearing the neighbours of " + NeighboursModel.shortWords(was)
                                    : "neighbours of " + NeighboursModel.shortWords(is))
                    .of(side.side().feature());
            ValueHistory.keep(
                    undoOrder,
                    side.examples().choice(),
                    side.examples().choice()::set,
                    (was, is) -> "choice of examples");
            ValueHistory.keep(
                    undoOrder,
                    side.tree().withListed(),
                    side.tree().withListed()::set,
                    (was, is) -> is ? "tree with interventions" : "tree without interventions");
            ValueHistory.keep(
                            undoOrder,
                            side.examples().ablation().subject(),
                            side.examples()::show,
                            (was, is) -> is == null ? "closing the ablation" : "ablation")
                    .of(side.side().feature())
                    .of(side.examples().examples().valueProperty());
        }
    }

    /** What a session keeps of all that, by name, but for what is open and how the window looks. */
    public Map<String, String> remembered() {
        Map<String, String> kept = new TreeMap<>(controls.remembered());
        kept.putAll(histogram.remembered());
        kept.putAll(scatter.remembered());
        kept.putAll(statistics.remembered());
        kept.putAll(table.remembered());
        kept.putAll(interventions.remembered());
        kept.putAll(choices.remembered());
        kept.putAll(prompt.remembered());
        kept.putAll(circuit.remembered());
        kept.putAll(generation.remembered());
        kept.putAll(doses.remembered());
        kept.putAll(effects.choices().remembered());
        kept.putAll(dream.remembered());
        kept.putAll(ablatedText.remembered());
        kept.putAll(cosines.remembered());
        kept.putAll(kinds.remembered());
        kept.putAll(embedding.remembered());
        kept.putAll(tokenBias.remembered());
        for (SideModels side : List.of(a, b)) {
            kept.put(QUERY + side.side(), side.neighbours().keptQuery());
        }
        String typed = text.text().get();
        if (typed.length() <= MOST_TEXT_KEPT) {
            kept.put(TEXT, typed);
        }
        if (compare.pinned().get() != null) {
            kept.put(PIN, compare.pinned().get().toString());
        }
        Brush range = workbench.selection().brush().get();
        if (range != null) {
            kept.put(RANGE, String.join(";", range.source(), range.quantity(), "" + range.from(), "" + range.to()));
        }
        return kept;
    }

    /** Restores what a session kept, but for what belongs to a checkpoint; what is not understood is left out. */
    public void recall(Map<String, String> kept) {
        undoOrder.quietly(() -> {
            controls.recall(kept);
            histogram.recall(kept);
            scatter.recall(kept);
            statistics.recall(kept);
            table.recall(kept);
            interventions.recall(kept);
            choices.recall(kept);
            prompt.recall(kept);
            circuit.recall(kept);
            generation.recall(kept);
            doses.recall(kept);
            effects.choices().recall(kept);
            dream.recall(kept);
            ablatedText.recall(kept);
            cosines.recall(kept);
            kinds.recall(kept);
            embedding.recall(kept);
            tokenBias.recall(kept);
            for (SideModels side : List.of(a, b)) {
                String query = kept.get(QUERY + side.side());
                if (query != null) {
                    side.neighbours().recallQuery(query);
                }
            }
            text.text().set(kept.getOrDefault(TEXT, text.text().get()));
        });
    }

    /** Restores the range that was marked, which belongs to the feature that has just been chosen. */
    public void recallRange(Map<String, String> kept) {
        String[] parts = kept.getOrDefault(RANGE, "").split(";", -1);
        try {
            if (parts.length == RANGE_PARTS) {
                Brush range = new Brush(parts[0], parts[1], Double.parseDouble(parts[2]), Double.parseDouble(parts[3]));
                undoOrder.quietly(() -> workbench.selection().brush(range));
            }
        } catch (IllegalArgumentException notUnderstood) {
            // edited by hand: no range is marked
        }
    }

    /** Restores the feature of B that was pinned, once B is open. */
    public void recallPin(Map<String, String> kept) {
        String pinned = kept.getOrDefault(PIN, "");
        if (pinned.matches("\\d{1,9}")) {
            undoOrder.quietly(() -> compare.pin(OptionalInt.of(Integer.parseInt(pinned))));
        }
    }

    /** What would be lost if the window closed now, a sentence each; what goes on at the next start is not among it. */
    public List<String> losses() {
        List<String> losses = new ArrayList<>(workbench.activity().unfinished());
        if (notes.unsaved() > 0) {
            losses.add("The labels' file cannot be written: " + notes.unsaved() + " of your changes are not in it");
        }
        return losses;
    }

    /** Finds features for the command palette. */
    public FeatureFinder finder() {
        return finder;
    }

    /** The sessions kept under names. */
    public SessionsModel sessions() {
        return sessions;
    }

    public Workbench workbench() {
        return workbench;
    }

    public VocabularyTexts texts() {
        return texts;
    }

    public NearbyCheckpoints nearby() {
        return nearby;
    }

    public PathOpening opening() {
        return opening;
    }

    /** How the checkpoint of a side is read. */
    public CheckpointAudit audit(CheckpointSide side) {
        return side.isA() ? auditA : auditB;
    }

    /** How faithful the checkpoint of a side is to the model. */
    public EvaluationModel evaluation(CheckpointSide side) {
        return side.isA() ? evaluationA : evaluationB;
    }

    public FileInspection inspection() {
        return inspection;
    }

    public CheckpointSaving saving() {
        return saving;
    }

    public CorpusStatistics statistics() {
        return statistics;
    }

    public GhostControlsModel controls() {
        return controls;
    }

    public ScaleSweepModel scales() {
        return scales;
    }

    /** Takes back, or makes again, what was changed last: of the ghost controls, or of what is written down. */
    public UndoOrder undoOrder() {
        return undoOrder;
    }

    /** What is written down about features. */
    public FeatureNotesModel notes() {
        return notes;
    }

    /** The search over A's features. */
    public SearchModel search() {
        return search;
    }

    /** The lists of A's features. */
    public FeatureListsModel lists() {
        return lists;
    }

    /** Trees and lists of many features of A. */
    public BatchModel batch() {
        return batch;
    }

    public CompareModel compare() {
        return compare;
    }

    /** How histograms of activations are drawn. */
    public HistogramView histogram() {
        return histogram;
    }

    /** The text that the user reads with the model. */
    public OwnText text() {
        return text;
    }

    /** Runs of one prompt with values of the other. */
    public PatchingModel patching() {
        return patching;
    }

    /** What features contribute to the prediction after the clean prompt. */
    public AttributionModel attribution() {
        return attribution;
    }

    /** The nodes that matter to the answer, and edges between them. */
    public CircuitModel circuit() {
        return circuit;
    }

    /** What the model predicts after each token of the prompts. */
    public PredictionsModel predictions() {
        return predictions;
    }

    /** How the model goes on after the clean prompt. */
    public GenerationModel generation() {
        return generation;
    }

    /** What A's feature does as it is pushed further and further. */
    public AblatedTextModel ablatedText() {
        return ablatedText;
    }

    public DoseModel doses() {
        return doses;
    }

    /** What is done to the model while it reads. */
    public InterventionsModel interventions() {
        return interventions;
    }

    /** What the interventions in force change of the predictions. */
    public EffectsModel effects() {
        return effects;
    }

    /** The prompts of the view Text. */
    public PromptModel prompt() {
        return prompt;
    }

    /** Text that makes the feature in hand most active. */
    public DreamModel dream() {
        return dream;
    }

    /** Of what kinds A's features are. */
    public KindsModel kinds() {
        return kinds;
    }

    /** Which sets of tokens A's feature promotes. */
    public EnrichmentModel enrichment() {
        return enrichment;
    }

    /** The largest cosines of all features. */
    public CosinesModel cosines() {
        return cosines;
    }

    /** Where the model's tokens lie. */
    public EmbeddingModel embedding() {
        return embedding;
    }

    /** What of A's features and biases is about single tokens. */
    public TokenBiasModel tokenBias() {
        return tokenBias;
    }

    public FeatureTableModel table() {
        return table;
    }

    public FeatureScatterModel scatter() {
        return scatter;
    }

    public SideModels a() {
        return a;
    }

    public SideModels b() {
        return b;
    }

    /** How the window looks. */
    public ObjectProperty<Look> look() {
        return look;
    }

    /** The font size of ordinary text, in pixels. */
    public IntegerProperty fontSize() {
        return fontSize;
    }

    /** Whether saved pictures carry a caption of their provenance. */
    public BooleanProperty captions() {
        return captions;
    }

    /** Whether texts in exported CSV stand as they are, also those that a spreadsheet would run as formulas. */
    public BooleanProperty formulas() {
        return formulas;
    }

    @Override
    public void close() {
        batch.stop();
        notes.close();
        statistics.close();
    }
}
