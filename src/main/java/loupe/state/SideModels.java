package loupe.state;

/** The models of one side's panes. */
public final class SideModels {
    private final CheckpointSide side;
    private final HistogramModel histogram;
    private final ExamplesModel examples;
    private final LogitModel logits;
    private final TreeModel tree;
    private final TokenListModel tokens;
    private final NeighboursModel neighbours;

    SideModels(Workbench workbench, CheckpointSide side, CorpusStatistics statistics, GhostControlsModel controls, TokenTexts texts, SharedRange range) {
        this.side = side;
        tokens = new TokenListModel(workbench, side, controls);
        ActivationsModel activations = new ActivationsModel(workbench, side, statistics, range);
        histogram = new HistogramModel(workbench, activations);
        examples = new ExamplesModel(workbench, activations);
        logits = new LogitModel(workbench, side);
        neighbours = new NeighboursModel(workbench, side, texts);
        tree = new TreeModel(workbench, side, controls);
    }

    public CheckpointSide side() {
        return side;
    }

    public HistogramModel histogram() {
        return histogram;
    }

    public ExamplesModel examples() {
        return examples;
    }

    public LogitModel logits() {
        return logits;
    }

    public TreeModel tree() {
        return tree;
    }

    public TokenListModel tokens() {
        return tokens;
    }

    public NeighboursModel neighbours() {
        return neighbours;
    }
}
