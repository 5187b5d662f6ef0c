package loupe.state.text;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import loupe.analysis.Fit;
import loupe.analysis.effects.InterventionLine;
import loupe.analysis.effects.InterventionList;
import loupe.analysis.effects.Interventions;
import loupe.analysis.features.VectorFile;
import loupe.base.Cancellation;
import loupe.base.HookPoint;
import loupe.base.Problem;
import loupe.base.Refusal;
import loupe.index.FeatureStatistics;
import loupe.inference.InferenceService;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.inference.SaeId;
import loupe.lm.ModelConfig;
import loupe.lm.SiteShape;
import loupe.state.corpus.CorpusStatistics;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.ResultSlot;
import loupe.state.window.CheckpointSide;
import loupe.state.window.UndoOrder;
import loupe.state.window.ValueHistory;
import loupe.state.window.Workbench;
import loupe.tensor.HostTensor;
import org.jspecify.annotations.Nullable;

/**
 * What is done to the model while it reads: the list that the user edits, with features of A's and B's checkpoints, and
 * the {@linkplain #interventions() interventions} that come of it. What names features of a side is switched off when
 * another checkpoint is opened there, whose features have nothing to do with those of the one before. JavaFX thread
 * only.
 */
public final class InterventionsModel {
    /** Names longer than this are cut, since sessions keep them. */
    private static final int LONGEST_NAME = 60;

    private static final String LIST = "interventions.list";
    private static final String OF = "interventions.of";
    private static final String OF_OTHER = "interventions.of.b";
    private static final String NAMED = "interventions.named.";

    private final CheckpointSide side;
    private final CheckpointSide other;
    private final CorpusStatistics statistics;
    private final ReadOnlyObjectWrapper<InterventionList> list =
            new ReadOnlyObjectWrapper<>(this, "list", InterventionList.NONE);
    private final ReadOnlyObjectWrapper<Interventions> interventions =
            new ReadOnlyObjectWrapper<>(this, "interventions", Interventions.NONE);
    private final ReadOnlyObjectWrapper<List<String>> problems =
            new ReadOnlyObjectWrapper<>(this, "problems", List.of());
    private final ReadOnlyObjectWrapper<Map<String, InterventionList>> named =
            new ReadOnlyObjectWrapper<>(this, "named", Map.of());
    private final ResultSlot<Map<Needed, Read>> vectors;
    /** The weights that the list's features are of; empty while no checkpoint was open. */
    private String of = "";
    /** The same of B. */
    private String ofOther = "";

    public InterventionsModel(Workbench workbench, CorpusStatistics statistics) {
        side = workbench.a();
        other = workbench.b();
        this.statistics = statistics;
        InferenceService service = workbench.service();
        vectors = new ResultSlot<>(service, workbench.fx(), Priority.INTERACTIVE);
        vectors.valueProperty().addListener(changed -> resolve());
        list.addListener(changed -> read());
        side.model().addListener(changed -> read());
        side.sae().addListener((property, was, is) -> openedSae(is));
        other.sae().addListener((property, was, is) -> openedOther(is));
        statistics.phase(side).addListener(changed -> resolve());
        statistics.phase(other).addListener(changed -> resolve());
    }

    /** Keeps what is done to the list, so that it can be undone. */
    public void keepHistory(UndoOrder order) {
        ValueHistory.keep(order, list, list::set, (was, is) -> changeOf(was, is));
        ValueHistory.keep(
                order,
                named,
                named::set,
                (was, is) -> is.size() < was.size() ? "deleting a list of interventions" : "naming of interventions");
    }

    private static String changeOf(InterventionList was, InterventionList is) {
        int more = is.lines().size() - was.lines().size();
        if (more == 1) {
            return "intervention " + is.lines().get(is.lines().size() - 1);
        }
        return more == -1 ? "deleting an intervention" : "change of interventions";
    }

    /** What the user has listed. */
    public ReadOnlyObjectProperty<InterventionList> list() {
        return list.getReadOnlyProperty();
    }

    /** What is in force, of all lines that are switched on and can be carried out. */
    public ReadOnlyObjectProperty<Interventions> interventions() {
        return interventions.getReadOnlyProperty();
    }

    /** For each line why it cannot be carried out; empty for one that can. */
    public ReadOnlyObjectProperty<List<String>> problems() {
        return problems.getReadOnlyProperty();
    }

    /** The lists that were given a name, in the order of their names. */
    public ReadOnlyObjectProperty<Map<String, InterventionList>> named() {
        return named.getReadOnlyProperty();
    }

    /** What is in force, in a line; empty for nothing. */
    public String words() {
        return interventions.get().isEmpty() ? "" : list.get().words();
    }

    /** The checkpoint whose features a new line has. */
    public CheckpointSide side() {
        return side;
    }

    /** The checkpoint of a number in lines: 0 is A's, 1 is B's. */
    public CheckpointSide side(int number) {
        return number == 0 ? side : other;
    }

    /** Lists something else. */
    public void set(InterventionList other) {
        list.set(other);
    }

    /** Changes what is listed. */
    public void change(UnaryOperator<InterventionList> change) {
        list.set(change.apply(list.get()));
    }

    /** Adds what is done to features, at the end. */
    public void add(InterventionLine.Kind kind, List<Integer> features) {
        change(now -> now.with(InterventionLine.of(kind, features)));
    }

    /** Keeps the list under a name, instead of another one of that name. */
    public void save(String name) {
        String kept = name.strip();
        if (!kept.isEmpty()) {
            Map<String, InterventionList> more = new TreeMap<>(named.get());
            more.put(kept.substring(0, Math.min(LONGEST_NAME, kept.length())), list.get());
            named.set(Collections.unmodifiableMap(more));
        }
    }

    /** Lists what was kept under a name; does nothing if there is none. */
    public void show(String name) {
        InterventionList kept = named.get().get(name);
        if (kept != null) {
            list.set(kept);
        }
    }

    /** Forgets a name. */
    public void forget(String name) {
        Map<String, InterventionList> fewer = new TreeMap<>(named.get());
        fewer.remove(name);
        named.set(Collections.unmodifiableMap(fewer));
    }

    /** What a session keeps. */
    public Map<String, String> remembered() {
        Map<String, String> kept = new TreeMap<>();
        kept.put(LIST, list.get().toString());
        kept.put(OF, of);
        kept.put(OF_OTHER, ofOther);
        named.get().forEach((name, one) -> kept.put(NAMED + name, one.toString()));
        return kept;
    }

    /** Restores what a session kept; what is not understood is left out. */
    public void recall(Map<String, String> kept) {
        Map<String, InterventionList> names = new TreeMap<>();
        kept.forEach((key, text) -> {
            if (key.startsWith(NAMED)) {
                understood(text).ifPresent(one -> names.put(key.substring(NAMED.length()), one));
            }
        });
        named.set(Collections.unmodifiableMap(names));
        of = kept.getOrDefault(OF, "");
        ofOther = kept.getOrDefault(OF_OTHER, "");
        understood(kept.getOrDefault(LIST, "")).ifPresent(list::set);
        openedSae(side.sae().get());
        openedOther(other.sae().get());
    }

    private static Optional<InterventionList> understood(String text) {
        try {
            return Optional.of(InterventionList.parse(text));
        } catch (Refusal notUnderstood) {
            return Optional.empty(); // edited by hand, or of another version
        }
    }

    private void openedSae(@Nullable OpenSae sae) {
        if (sae != null) {
            boolean isOther = !of.isEmpty() && !of.equals(sae.weights());
            of = sae.weights();
            if (isOther && list.get().isOn()) {
                list.set(list.get().switchedOff());
                return;
            }
        }
        resolve();
    }

    private void openedOther(@Nullable OpenSae sae) {
        if (sae != null) {
            boolean isOther = !ofOther.isEmpty() && !ofOther.equals(sae.weights());
            ofOther = sae.weights();
            InterventionList without = list.get().switchedOff(1);
            if (isOther && !without.equals(list.get())) {
                list.set(without);
                return;
            }
        }
        resolve();
    }

    /** Reads the vectors that the list needs, then finds what is in force. */
    private void read() {
        OpenModel model = side.model().get();
        List<Needed> needed = new ArrayList<>();
        if (model != null) {
            for (InterventionLine line : list.get().lines()) {
                if (line.target() instanceof InterventionLine.Target.Vector vector) {
                    model.config()
                            .at(vector.place())
                            .map(SiteShape::size)
                            .map(width -> new Needed(vector.file(), width, vector.place()))
                            .filter(one -> !needed.contains(one))
                            .ifPresent(needed::add);
                }
            }
        }
        if (needed.isEmpty()) {
            vectors.clear();
        } else {
            vectors.ask(new Reading(needed));
        }
        resolve();
    }

    private void resolve() {
        OpenModel model = side.model().get();
        List<InterventionLine> carriedOut = new ArrayList<>();
        List<String> why = new ArrayList<>();
        Sources sources = new Sources(model, side.sae().get(), other.sae().get());
        for (InterventionLine line : list.get().lines()) {
            String problem = sources.problem(line);
            why.add(problem);
            if (problem.isEmpty()) {
                carriedOut.add(line);
            }
        }
        problems.set(List.copyOf(why));
        boolean named = carriedOut.stream()
                .anyMatch(line -> line.isOn() && line.target() instanceof InterventionLine.Target.Features);
        boolean keepsError = list.get().keepsError() || (!named && !sources.fits(0));
        interventions.set(new InterventionList(carriedOut, keepsError).interventions(sources));
    }

    /** What lines need, of what is open now. */
    private final class Sources implements InterventionLine.Sources {
        private final @Nullable OpenModel model;
        private final @Nullable OpenSae a;
        private final @Nullable OpenSae b;

        Sources(@Nullable OpenModel model, @Nullable OpenSae a, @Nullable OpenSae b) {
            this.model = model;
            this.a = a;
            this.b = b;
        }

        /** Whether the checkpoint of a number is open and says where in the model it writes. */
        boolean fits(int number) {
            OpenSae sae = number == 0 ? a : b;
            return sae != null
                    && model != null
                    && new Fit(model.config(), sae.config()).misfitOfOutput().isEmpty();
        }

        private OpenSae checkpoint(int number) {
            OpenSae sae = number == 0 ? a : number == 1 ? b : null;
            if (sae == null) {
                throw new Refusal(
                        number == 0
                                ? "Open a checkpoint first"
                                : number == 1
                                        ? "Open a checkpoint as B first"
                                        : "There is no checkpoint " + number + "; 0 is A and 1 is B");
            }
            return sae;
        }

        /** Why a line cannot be carried out; empty if it can. */
        String problem(InterventionLine line) {
            OpenModel known = model;
            if (known == null) {
                return "Open the model first";
            }
            try {
                if (line.target() instanceof InterventionLine.Target.Features features) {
                    OpenSae checkpoint = checkpoint(features.sae());
                    SaeId id = checkpoint.id();
                    for (int feature : features.features()) {
                        if (feature >= checkpoint.config().dSae()) {
                            return "There is no feature " + feature + " in " + id.name() + ", the last one is "
                                    + (checkpoint.config().dSae() - 1);
                        }
                    }
                    Optional<String> misfit = new Fit(known.config(), checkpoint.config())
                            .misfitOfOutput()
                            .map(why ->
                                    why.refusal(id.name(), known.id().name()).getMessage());
                    if (misfit.isPresent()) {
                        return misfit.get();
                    }
                    if (features.at().isPresent()) {
                        requirePlace(
                                known.config(),
                                features.at().get(),
                                checkpoint.config().dOut());
                    }
                }
                line.switched(true).interventions(this);
                return "";
            } catch (Refusal refused) {
                return refused.getMessage();
            }
        }

        private static void requirePlace(ModelConfig known, HookPoint at, int width) {
            int there = isThere(known, at) ? known.at(at).map(SiteShape::size).orElse(0) : 0;
            if (there != width) {
                throw new Refusal(
                        there == 0
                                ? "The model has no vectors at " + at
                                : "The model has " + there + " numbers at " + at + ", the feature's direction " + width,
                        "",
                        "Choose another place");
            }
        }

        private static boolean isThere(ModelConfig known, HookPoint at) {
            return !at.site().inBlock() || at.layer() < known.nLayers();
        }

        @Override
        public SaeId sae(int number) {
            return checkpoint(number).id();
        }

        @Override
        public double largest(int number, int feature) {
            FeatureStatistics counted = statistics.features(side(number)).get();
            if (statistics.phase(side(number)).get() != CorpusStatistics.Phase.COUNTED || counted == null) {
                throw new Refusal("The largest activation is known once a corpus is counted");
            }
            return counted.max()[feature];
        }

        @Override
        public HostTensor vector(VectorFile file, HookPoint at) {
            if (model == null
                    || !isThere(model.config(), at)
                    || model.config().at(at).isEmpty()) {
                throw new Refusal("The model has no vectors at " + at, "", "Choose another place");
            }
            int width = model.config().at(at).get().size();
            Map<Needed, Read> known = vectors.getValue();
            Read read = known == null ? null : known.get(new Needed(file, width, at));
            if (read == null) {
                throw new Refusal(file.shortWords() + " is being read");
            }
            if (read.vector().isEmpty()) {
                throw new Refusal(read.problem());
            }
            return read.vector().get();
        }
    }

    /** A vector that is needed. */
    private record Needed(VectorFile file, int width, HookPoint at) {}

    /** A vector, or why there is none. */
    private record Read(Optional<HostTensor> vector, String problem) {}

    /** Reads vectors from their files. */
    private record Reading(List<Needed> needed) implements HostQuestion<Map<Needed, Read>> {
        @Override
        public Map<Needed, Read> answer(Cancellation cancellation) {
            Map<Needed, Read> found = new LinkedHashMap<>();
            for (Needed one : needed) {
                cancellation.check();
                String name = String.valueOf(one.file().file().getFileName());
                try {
                    HostTensor vector = one.file().direction(name, one.width(), "the model at " + one.at());
                    found.put(one, new Read(Optional.of(vector), ""));
                } catch (RuntimeException failure) {
                    found.put(
                            one, new Read(Optional.empty(), Problem.of(failure).message()));
                }
            }
            return found;
        }

        @Override
        public boolean readsFiles() {
            return true;
        }
    }
}
