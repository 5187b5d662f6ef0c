package loupe.state.map;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.IntToDoubleFunction;
import java.util.stream.Stream;
import javafx.beans.binding.Bindings;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.property.SimpleStringProperty;
import javafx.beans.property.StringProperty;
import javafx.beans.value.ObservableValue;
import loupe.analysis.features.NeighbourSpace;
import loupe.analysis.geometry.KeptCosines;
import loupe.analysis.geometry.LargestCosines;
import loupe.analysis.geometry.VectorSet;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.search.FeatureColumn;
import loupe.state.features.FeatureTableModel;
import loupe.state.pane.PaneNeed;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.Activity;
import loupe.state.window.CheckpointSide;
import loupe.state.window.RememberedChoices;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * The k-th largest cosines of all features of A, or of all tokens, beside B's and those of random directions, and which
 * are nearest to those in a marked range. Small sets are compared as soon as somebody looks, large ones when that is
 * started; what is on disk is shown at once. JavaFX thread only.
 */
public final class CosinesModel {
    /** Operations of all pairs that are not worth a question: about 10 s on two cores. */
    private static final double FEW = 1e12;

    private static final long SEED = 0;

    private final Workbench workbench;
    private final FeatureTableModel table;
    private final CosineSeries a;
    private final CosineSeries b;
    private final CosineSeries random;
    private final CosineSeries matched;
    private final ResultSlot<CosineView> view;
    private final ObjectProperty<Among> among = new SimpleObjectProperty<>(this, "among", Among.DECODER);
    private final StringProperty rank = new SimpleStringProperty(this, "rank", "1");
    private final StringProperty leastDensity = new SimpleStringProperty(this, "leastDensity", "");
    private final StringProperty mostDensity = new SimpleStringProperty(this, "mostDensity", "");
    private final ObjectProperty<CosineView.Range> range = new SimpleObjectProperty<>(this, "range");
    private final RememberedChoices choices = new RememberedChoices();
    private final ObservableValue<String> why;
    private final ObservableValue<PaneStatus> status;
    private boolean wanted;
    private Activity.@Nullable Job job;

    /** Which vectors are compared with one another. */
    public enum Among {
        DECODER("Decoder directions", true),
        ENCODER("Encoder directions", true),
        BIAS("Token biases", false),
        INPUT("Embeddings", false),
        OUTPUT("Unembeddings", false);

        private final String title;
        private final boolean features;

        Among(String title, boolean features) {
            this.title = title;
            this.features = features;
        }

        /** Whether there is one for each feature; else for each token. */
        public boolean isOfFeatures() {
            return features;
        }

        @Override
        public String toString() {
            return title;
        }
    }

    /**
     * @param table of A's features, for their densities
     * @param kept where answers are kept
     */
    public CosinesModel(Workbench workbench, FeatureTableModel table, KeptCosines kept) {
        this.workbench = workbench;
        this.table = table;
        a = new CosineSeries(workbench, kept);
        b = new CosineSeries(workbench, kept);
        random = new CosineSeries(workbench, kept);
        matched = new CosineSeries(workbench, kept);
        view = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        choices.choice("cosines.among", among, Among.class)
                .text("cosines.rank", rank)
                .text("cosines.least-density", leastDensity)
                .text("cosines.most-density", mostDensity);
        why = Bindings.createStringBinding(
                this::whyNot,
                among,
                rank,
                leastDensity,
                mostDensity,
                workbench.a().sae(),
                workbench.model());
        status = new PaneStatusBinding()
                .fails(a.computed())
                .isEmpty(() -> why.getValue(), why)
                .offers(this::need, workbench.a().sae(), workbench.model(), among)
                .awaits(a.computed(), b.computed(), random.computed(), matched.computed());
        for (ObservableValue<?> asked :
                List.of(workbench.a().sae(), workbench.b().sae(), workbench.model(), among)) {
            asked.addListener(changed -> {
                range.set(null);
                askAfresh();
            });
        }
        rank.addListener(changed -> {
            range.set(null);
            askAfresh();
        });
        for (CosineSeries series : all().toList()) {
            series.answer().addListener(changed -> look());
        }
        Stream.of(leastDensity, mostDensity).forEach(field -> field.addListener(changed -> look()));
        range.addListener(changed -> look());
        table.version().addListener(changed -> {
            if (isFiltered()) {
                look();
            }
        });
        a.pending().addListener((property, was, is) -> followJob(is));
        a.computed().fractionProperty().addListener(changed -> report());
        askAfresh();
    }

    private Stream<CosineSeries> all() {
        return Stream.of(a, b, random, matched);
    }

    /** What the pane shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    /** What is shown, for the chosen k. */
    public ResultSlot<CosineView> view() {
        return view;
    }

    /** Of A's vectors. */
    public CosineSeries a() {
        return a;
    }

    /** Of random directions, as many as A has vectors. */
    public CosineSeries random() {
        return random;
    }

    /** The cosines of A's decoder directions, for the columns of the table; empty unless they are all known. */
    public Optional<LargestCosines.Answer> decoders() {
        return among.get() == Among.DECODER && a.isComplete()
                ? Optional.of(a.answer().get())
                : Optional.empty();
    }

    /** Of random directions with the mean and the covariance of A's vectors. */
    public CosineSeries matched() {
        return matched;
    }

    /** Which vectors are compared. */
    public ObjectProperty<Among> among() {
        return among;
    }

    /** The k, as it is typed. */
    public StringProperty rank() {
        return rank;
    }

    /** The smallest density of A's features that are shown, as it is typed; empty for none. */
    public StringProperty leastDensity() {
        return leastDensity;
    }

    /** The largest one. */
    public StringProperty mostDensity() {
        return mostDensity;
    }

    /** The marked range of cosines; null for none. */
    public ObjectProperty<CosineView.Range> range() {
        return range;
    }

    /** Whether all pairs wait to be compared until that is started. */
    public boolean canStart() {
        return wanted
                && why.getValue().isEmpty()
                && !a.isComplete()
                && !a.pending().get();
    }

    /** Compares all pairs. */
    public void start() {
        all().forEach(CosineSeries::compute);
    }

    /** Stops; what is known stays. */
    public void stop() {
        all().forEach(CosineSeries::stop);
    }

    /** Puts bounds for the marked range into the filter of the feature table. */
    public void filterTable() {
        CosineView.Range marked = range.get();
        if (marked != null && canFilterTable()) {
            table.filter()
                    .set("nearest-cosine>=" + shortly(marked.from()) + " nearest-cosine<=" + shortly(marked.to()));
        }
    }

    /** Whether the table's columns are of the cosines that are shown. */
    public boolean canFilterTable() {
        return among.get() == Among.DECODER && rank.get().strip().equals("1");
    }

    private static String shortly(double edge) {
        return Double.toString(Math.round(edge * 1e6) / 1e6);
    }

    /** Whether somebody looks; nothing is computed before. */
    public void setWanted(boolean is) {
        wanted = is;
        computeIfSmall();
    }

    /** What a session keeps. */
    public Map<String, String> remembered() {
        return choices.remembered();
    }

    /** Restores what a session kept. */
    public void recall(Map<String, String> kept) {
        choices.recall(kept);
    }

    private String whyNot() {
        OpenSae sae = workbench.a().sae().get();
        Among chosen = among.get();
        if (chosen == Among.INPUT || chosen == Among.OUTPUT) {
            if (workbench.model().get() == null) {
                return "Open a model (Ctrl+O) to compare its "
                        + (chosen == Among.INPUT ? "embeddings" : "unembeddings");
            }
        } else if (sae == null) {
            return "Open a checkpoint (Ctrl+Shift+O) to compare its features";
        } else if (chosen == Among.BIAS && !sae.config().lookup()) {
            return sae.id().name() + " has no biases of tokens. Choose other vectors";
        }
        if (typedRank().isEmpty()) {
            return "k: a whole number from 1 to " + LargestCosines.MOST_RANK;
        }
        return Stream.of(leastDensity, mostDensity)
                .filter(field -> !field.get().isBlank() && Double.isNaN(density(field)))
                .findFirst()
                .map(field -> "Density: a number from 0 to 1, or nothing")
                .orElse("");
    }

    private Optional<PaneNeed> need() {
        boolean ofModel = among.get() == Among.INPUT || among.get() == Among.OUTPUT;
        return ofModel && workbench.model().get() == null
                ? Optional.of(PaneNeed.MODEL)
                : !ofModel && workbench.a().sae().get() == null ? Optional.of(PaneNeed.CHECKPOINT) : Optional.empty();
    }

    private Optional<Integer> typedRank() {
        try {
            int typed = Integer.parseInt(rank.get().strip());
            return typed >= 1 && typed <= LargestCosines.MOST_RANK ? Optional.of(typed) : Optional.empty();
        } catch (NumberFormatException notYet) {
            return Optional.empty();
        }
    }

    private static double density(StringProperty field) {
        try {
            double typed = Double.parseDouble(field.get().strip());
            return typed >= 0 && typed <= 1 ? typed : Double.NaN;
        } catch (NumberFormatException notYet) {
            return Double.NaN;
        }
    }

    private Optional<NeighbourSpace> space(CheckpointSide side) {
        OpenSae sae = side.sae().get();
        OpenModel model = workbench.model().get();
        return switch (among.get()) {
            case DECODER -> Optional.ofNullable(sae).map(open -> new NeighbourSpace.Decoder(open.id()));
            case ENCODER -> Optional.ofNullable(sae).map(open -> new NeighbourSpace.Encoder(open.id()));
            case BIAS ->
                Optional.ofNullable(sae)
                        .filter(open -> open.config().lookup())
                        .map(open -> new NeighbourSpace.Biases(open.id()));
            case INPUT ->
                Optional.ofNullable(side.isA() ? model : null).map(open -> new NeighbourSpace.Tokens(open.id()));
            case OUTPUT ->
                Optional.ofNullable(side.isA() ? model : null).map(open -> new NeighbourSpace.Unembedding(open.id()));
        };
    }

    private void askAfresh() {
        Optional<Integer> typed = typedRank();
        Optional<NeighbourSpace> own = typed.isEmpty() ? Optional.empty() : space(workbench.a());
        if (own.isEmpty()) {
            all().forEach(CosineSeries::clear);
            view.clear();
            return;
        }
        TreeSet<Integer> ranks = new TreeSet<>(LargestCosines.USUAL_RANKS);
        ranks.add(typed.get());
        List<Integer> asked = List.copyOf(ranks);
        a.ask(new LargestCosines(new VectorSet.Of(own.get()), asked));
        random.ask(LargestCosines.sampled(new VectorSet.RandomLike(own.get(), SEED), asked));
        matched.ask(LargestCosines.sampled(new VectorSet.MatchedLike(own.get(), SEED), asked));
        space(workbench.b())
                .ifPresentOrElse(other -> b.ask(new LargestCosines(new VectorSet.Of(other), asked)), b::clear);
        look();
        computeIfSmall();
    }

    private void computeIfSmall() {
        if (wanted && operations() <= FEW) {
            start();
        }
    }

    /** Operations of the products of all pairs of A's vectors, each pair once. */
    private double operations() {
        OpenSae sae = workbench.a().sae().get();
        OpenModel model = workbench.model().get();
        double count;
        double width;
        if (among.get().isOfFeatures() && sae != null) {
            count = sae.config().dSae();
            width = among.get() == Among.ENCODER
                    ? sae.config().dIn()
                    : sae.config().dOut();
        } else if (!among.get().isOfFeatures() && model != null) {
            count = model.config().vocabularySize();
            width = model.config().dModel();
        } else {
            return Double.POSITIVE_INFINITY;
        }
        return count * count * width;
    }

    private boolean isFiltered() {
        return among.get().isOfFeatures()
                && !(leastDensity.get().isBlank() && mostDensity.get().isBlank());
    }

    private void look() {
        LargestCosines.Answer known = a.answer().get();
        Optional<Integer> typed = typedRank();
        if (known == null
                || known.done() == 0
                || typed.isEmpty()
                || !why.getValue().isEmpty()) {
            view.clear();
            return;
        }
        view.ask(new CosineView.Asked(
                known,
                Optional.ofNullable(b.answer().get()),
                Optional.ofNullable(random.answer().get()),
                Optional.ofNullable(matched.answer().get()),
                typed.get(),
                isFiltered() ? Optional.of(shown(known.rows())) : Optional.empty(),
                Optional.ofNullable(range.get())));
    }

    private boolean[] shown(int features) {
        double least = leastDensity.get().isBlank() ? 0 : density(leastDensity);
        double most = mostDensity.get().isBlank() ? 1 : density(mostDensity);
        IntToDoubleFunction density = feature -> table.number(FeatureColumn.DENSITY, feature);
        boolean[] shown = new boolean[features];
        for (int feature = 0; feature < features; feature++) {
            double of = density.applyAsDouble(feature);
            shown[feature] = of >= least && of <= most;
        }
        return shown;
    }

    private void followJob(boolean goesOn) {
        if (goesOn && job == null) {
            job = workbench
                    .activity()
                    .begin("Cosines of all pairs", () -> workbench.fx().execute(this::stop));
        } else if (!goesOn && job != null) {
            job.end();
            job = null;
        }
    }

    private void report() {
        LargestCosines.Answer known = a.answer().get();
        if (job != null) {
            job.report(
                    a.computed().fractionProperty().get(),
                    known == null ? "" : String.format(java.util.Locale.ROOT, "%,d / %,d", known.done(), known.rows()));
        }
    }
}
