package loupe.state.features;

import java.util.List;
import java.util.Objects;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.value.ObservableValue;
import loupe.analysis.Fit;
import loupe.analysis.prompts.TextActivations;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.labels.FeatureList;
import loupe.state.corpus.OwnText;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.CheckpointSide;
import loupe.state.window.FeatureRef;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * The lists of a checkpoint's features, one of them chosen, and how active its members are in the list's own text.
 * JavaFX thread only.
 */
public final class FeatureListsModel {
    private final CheckpointSide side;
    private final FeatureNotesModel notes;
    private final OwnText text;
    private final ObjectProperty<FeatureList> chosen = new SimpleObjectProperty<>(this, "chosen");
    private final ResultSlot<TextActivations.Answer> reading;
    private final ObservableValue<PaneStatus> status;

    /** @param text read for these lists alone */
    public FeatureListsModel(Workbench workbench, CheckpointSide side, FeatureNotesModel notes, OwnText text) {
        this.side = side;
        this.notes = notes;
        this.text = text;
        reading = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        status = new PaneStatusBinding()
                .fails(text.tokens())
                .fails(reading)
                .isEmpty(
                        () -> side.sae().get() == null ? "Open a checkpoint to see its lists of features" : "",
                        side.sae())
                .awaits(text.tokens(), reading);
        notes.version().addListener(changed -> follow());
        side.sae().addListener(changed -> {
            chosen.set(null);
            follow();
            ask(true);
        });
        side.model().addListener(changed -> ask(true));
        text.tokens().valueProperty().addListener(changed -> ask(false));
        chosen.addListener((property, was, is) -> {
            if (is != null && (was == null || !was.name().equals(is.name()))) {
                text.text().set(is.text());
            }
        });
        follow();
    }

    /** What the pane shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    /** All lists, by name. */
    public List<FeatureList> all() {
        return notes.lists(side);
    }

    /** The chosen list as it is now; null if there are none. */
    public ObjectProperty<FeatureList> chosen() {
        return chosen;
    }

    /** The text that its members are tried on. */
    public OwnText text() {
        return text;
    }

    /** The activations in the text; null without one. */
    public ResultSlot<TextActivations.Answer> reading() {
        return reading;
    }

    /** Makes a list and chooses it; chooses the one that has this name already. */
    public void add(String name) {
        notes.addList(side, name);
        choose(name.strip());
    }

    public void choose(String name) {
        chosen.set(notes.list(side, name));
    }

    /** Takes the chosen list away. */
    public void remove() {
        if (chosen.get() != null) {
            notes.removeList(side, chosen.get().name());
        }
    }

    /** Keeps the text with the chosen list. */
    public void keepText() {
        FeatureList list = chosen.get();
        if (list != null) {
            notes.listText(side, list.name(), text.text().get());
        }
    }

    /** Adds the chosen feature to the chosen list, or takes it out. */
    public void addOrRemove() {
        FeatureRef feature = side.feature().get();
        FeatureList list = chosen.get();
        if (feature != null && list != null) {
            boolean in = list.members().contains(feature.feature());
            notes.member(
                    side,
                    list.name(),
                    feature.feature(),
                    in ? -1 : list.members().size());
        }
    }

    /** Adds a feature of the checkpoint at the end, unless it is in the list. */
    public void addMember(int feature) {
        FeatureList list = chosen.get();
        OpenSae sae = side.sae().get();
        if (list != null
                && sae != null
                && feature < sae.config().dSae()
                && !list.members().contains(feature)) {
            notes.member(side, list.name(), feature, list.members().size());
        }
    }

    /** Takes a member out. */
    public void takeOut(int feature) {
        if (chosen.get() != null) {
            notes.member(side, chosen.get().name(), feature, -1);
        }
    }

    /** Moves a member some places down, or up. */
    public void move(int feature, int by) {
        FeatureList list = chosen.get();
        int place = list == null ? -1 : list.members().indexOf(feature) + by;
        if (list != null && place >= 0 && place < list.members().size()) {
            notes.member(side, list.name(), feature, place);
        }
    }

    /** The largest absolute activation of a feature in the text, with its sign; NaN while there is none. */
    public double strongest(int feature) {
        TextActivations.Answer read = reading.getValue();
        if (read == null) {
            return Double.NaN;
        }
        float strongest = 0;
        for (float value : read.of(feature)) {
            strongest = Math.abs(value) > Math.abs(strongest) ? value : strongest;
        }
        return strongest;
    }

    /** The index of the token at which a feature is most active in the text; -1 if it is active at none. */
    public int strongestAt(int feature) {
        TextActivations.Answer read = reading.getValue();
        int at = -1;
        if (read != null) {
            float[] values = read.of(feature);
            for (int i = 0; i < values.length; i++) {
                if (values[i] != 0 && (at < 0 || Math.abs(values[i]) > Math.abs(values[at]))) {
                    at = i;
                }
            }
        }
        return at;
    }

    private void follow() {
        FeatureList was = chosen.get();
        @Nullable FeatureList is = was == null ? null : notes.list(side, was.name());
        if (is == null && !all().isEmpty()) {
            is = all().get(0);
        }
        if (!Objects.equals(was, is)) {
            chosen.set(is);
        }
    }

    private void ask(boolean afresh) {
        OpenModel model = side.model().get();
        OpenSae sae = side.sae().get();
        OwnText.Read read = text.tokens().getValue();
        if (model == null
                || sae == null
                || read == null
                || read.ids().isEmpty()
                || new Fit(model.config(), sae.config()).misfit().isPresent()) {
            reading.clear();
            return;
        }
        TextActivations question = new TextActivations(model.id(), sae.id(), read.ids());
        if (afresh) {
            reading.askAfresh(question);
        } else {
            reading.ask(question);
        }
    }
}
