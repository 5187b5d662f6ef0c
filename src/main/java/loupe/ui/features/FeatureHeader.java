package loupe.ui.features;

import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import javafx.beans.binding.Bindings;
import javafx.css.PseudoClass;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.Tooltip;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.inference.OpenSae;
import loupe.labels.Edit;
import loupe.labels.FeatureNotes;
import loupe.search.FeatureColumn;
import loupe.state.WorkbenchModels;
import loupe.state.window.CheckpointSide;
import loupe.state.window.FeatureRef;
import loupe.ui.control.HelpEvent;
import loupe.ui.control.IconButtons;
import loupe.ui.control.InPlaceField;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.References;
import loupe.ui.control.Tooltips;
import loupe.ui.token.TokenText;
import org.controlsfx.control.textfield.CustomTextField;
import org.controlsfx.control.textfield.TextFields;
import org.jspecify.annotations.Nullable;
import org.kordamp.ikonli.feather.Feather;

/**
 * The chosen feature's identity card: number, star, label, tags and notes, edited in place, and what was counted and
 * computed of it; back and forward, and the feature of B beside it.
 */
public final class FeatureHeader {
    private static final double LABEL_WIDTH = 120;
    private static final double TAG_WIDTH = 64;
    /** While a tag is typed, which is a word or two. */
    private static final double TAG_TYPED_WIDTH = 150;

    private static final PseudoClass ON = PseudoClass.getPseudoClass("on");

    private final WorkbenchModels models;
    private final VBox box = new VBox();
    private final HBox first = new HBox(8);
    private final Label title = new Label();
    private final Label facts = new Label();
    private final Label beside = new Label();
    private final CustomTextField pin = (CustomTextField) TextFields.createClearableTextField();
    private final Button star = IconButtons.of(Feather.STAR, "Star the feature (Ctrl+D)", this::star);
    private final InPlaceField label = new InPlaceField("feature-label", "Add a label (F2)", box::requestFocus);
    private final InPlaceField tag = new InPlaceField("feature-tag", "+ tag", box::requestFocus);
    private final InPlaceField note = new InPlaceField("feature-note", "Add notes", box::requestFocus);
    private final HBox tags = new HBox(4);
    private @Nullable FeatureRef shown;

    public FeatureHeader(WorkbenchModels models) {
        this.models = models;
        layOut();
        bind();
    }

    public Node node() {
        return box;
    }

    /** Focuses the label. */
    public void editLabel() {
        label.requestFocus();
        label.selectAll();
    }

    private void layOut() {
        box.getStyleClass().add("feature-header");
        first.setAlignment(Pos.CENTER_LEFT);
        Button back = IconButtons.of(
                Feather.ARROW_LEFT,
                "Feature chosen before (Alt+Left)",
                models.workbench().selection()::back);
        Button forward = IconButtons.of(
                Feather.ARROW_RIGHT,
                "Feature chosen after (Alt+Right)",
                models.workbench().selection()::forward);
        back.setId("back");
        forward.setId("forward");
        back.disableProperty().bind(models.workbench().selection().hasPast().not());
        forward.disableProperty()
                .bind(models.workbench().selection().hasFuture().not());
        star.setId("feature-star");
        star.getStyleClass().add("star");
        title.setId("feature-title");
        title.getStyleClass().add("feature-title");
        title.setMinWidth(Region.USE_PREF_SIZE);
        label.setMinWidth(LABEL_WIDTH);
        label.getStyleClass().add("feature-label");
        label.setMaxWidth(Double.MAX_VALUE);
        HBox.setHgrow(label, Priority.ALWAYS);
        label.setTooltip(Tooltips.of("What you call the feature. Enter keeps it, Escape drops it; Ctrl+Z takes a kept "
                + "one back. It is kept by the checkpoint's weights, wherever their file lies"));
        tags.setAlignment(Pos.CENTER_LEFT);
        tag.minWidthProperty()
                .bind(Bindings.when(tag.focusedProperty().or(tag.textProperty().isNotEmpty()))
                        .then(TAG_TYPED_WIDTH)
                        .otherwise(TAG_WIDTH));
        tag.prefWidthProperty().bind(tag.minWidthProperty());
        tag.setTooltip(Tooltips.of("Enter adds a tag, by which the table is filtered: tag:word"));
        facts.getStyleClass().add("muted");
        facts.setId("feature-facts");
        facts.setMinWidth(0);
        HBox.setHgrow(facts, Priority.ALWAYS);
        facts.setMaxWidth(Double.MAX_VALUE);
        note.setPrefColumnCount(16);
        note.setMaxWidth(Double.MAX_VALUE);
        HBox.setHgrow(note, Priority.ALWAYS);
        note.setTooltip(Tooltips.of("Notes on the feature. Enter keeps them, Escape drops what was typed"));
        note.getStyleClass().add("feature-note");
        beside.setId("match-title");
        beside.getStyleClass().add("side-b-text");
        beside.setMinWidth(0); // the field behind it keeps its room
        Tooltip all = Tooltips.of("");
        all.textProperty().bind(beside.textProperty());
        beside.setTooltip(all);
        pin.setId("pin-feature");
        pin.setPromptText("Pin B");
        pin.getStyleClass().add("pin-feature");
        pin.setAccessibleText("Number of the feature of B that is kept beside A");
        pin.setTooltip(
                Tooltips.of("Keep one feature of B beside A, by number and Enter; empty to follow the best match by "
                        + "decoder cosine"));
        first.getChildren().addAll(back, forward, title, star, label, tags, tag, beside, pin);
        Button figures = IconButtons.of(
                Feather.INFO, "What these figures mean, with their formulas", () -> HelpEvent.ask(box, ""));
        figures.setId("feature-figures");
        figures.visibleProperty().bind(facts.textProperty().isNotEmpty());
        HBox second = new HBox(8, figures, facts, note);
        second.setAlignment(Pos.CENTER_LEFT);
        second.getStyleClass().add("feature-facts");
        box.setMinHeight(Region.USE_PREF_SIZE);
        box.getChildren().addAll(first, second);
    }

    private void bind() {
        models.workbench().a().feature().addListener(changed -> describe());
        models.workbench().b().feature().addListener(changed -> describe());
        models.workbench().b().sae().addListener(changed -> describe());
        models.compare().cosine().addListener(changed -> describe());
        models.table().version().addListener(changed -> describe());
        models.notes().version().addListener(changed -> describe());
        pin.setOnAction(event -> pin(pin.getText()));
        References.dropOn(pin, this::pin);
        pin.textProperty().addListener((property, was, is) -> {
            if (is.isEmpty()) {
                pin("");
            }
        });
        pin.visibleProperty().bind(Bindings.isNotNull(models.workbench().b().sae()));
        pin.managedProperty().bind(pin.visibleProperty());
        beside.visibleProperty().bind(pin.visibleProperty());
        beside.managedProperty().bind(pin.visibleProperty());
        describe();
    }

    private void pin(String typed) {
        String digits = typed.strip().replace("#", "");
        boolean number = digits.matches("\\d{1,9}");
        boolean pinned = typed.isBlank()
                ? models.compare().pin(OptionalInt.empty())
                : number && models.compare().pin(OptionalInt.of(Integer.parseInt(digits)));
        pin.pseudoClassStateChanged(PseudoClass.getPseudoClass("danger"), !pinned);
        OpenSae b = models.workbench().b().sae().get();
        if (!pinned && b != null) {
            beside.setText(
                    number
                            ? "B has no feature " + digits + ": the last one is "
                                    + (b.config().dSae() - 1)
                            : "A feature of B is a number");
        } else {
            describe();
        }
    }

    private void star() {
        if (shown != null) {
            int feature = shown.feature();
            models.notes()
                    .star(sideA(), feature, !models.notes().of(sideA(), feature).star());
        }
    }

    private CheckpointSide sideA() {
        return models.workbench().a();
    }

    /** Shows what is written down about the feature. */
    private void describeNotes(@Nullable FeatureRef a) {
        boolean another = !Objects.equals(a, shown);
        FeatureNotes notes = a == null ? FeatureNotes.NONE : models.notes().of(sideA(), a.feature());
        for (Node node : List.of(star, label, tags, tag, note)) {
            node.setVisible(a != null);
        }
        int feature = a == null ? -1 : a.feature();
        label.show(notes.ownLabel(), another, text -> models.notes().label(sideA(), feature, text));
        String imported = notes.ownLabel().isEmpty() ? notes.label() : "";
        label.setPromptText(imported.isEmpty() ? "Add a label (F2)" : imported + " (" + source(notes) + ")");
        note.show(
                notes.note().replace('\n', ' '), another, text -> models.notes().note(sideA(), feature, text));
        tag.show("", another, text -> {
            models.notes().tag(sideA(), feature, text, true);
            tag.clear();
        });
        shown = a;
        star.pseudoClassStateChanged(ON, notes.star());
        star.setAccessibleText(notes.star() ? "Take the star away" : "Star the feature");
        tags.getChildren()
                .setAll(notes.tags().stream().map(one -> chip(feature, one)).toList());
        tags.setManaged(!notes.tags().isEmpty());
    }

    private static String source(FeatureNotes notes) {
        Edit.Label best = notes.labels().get(0);
        return best.author().isEmpty() ? best.source() : best.source() + ", " + best.author();
    }

    private Node chip(int feature, String text) {
        Button chip = new Button(text + "  \u00D7");
        chip.getStyleClass().add("tag-chip");
        chip.setMinWidth(Region.USE_PREF_SIZE);
        chip.setTooltip(Tooltips.of("Take the tag away"));
        chip.setAccessibleText("Take the tag " + text + " away");
        chip.setOnAction(event -> models.notes().tag(sideA(), feature, text, false));
        return chip;
    }

    private void describe() {
        FeatureRef a = models.workbench().a().feature().get();
        FeatureRef b = models.workbench().b().feature().get();
        title.setText(a == null ? "No feature" : "Feature " + a.feature());
        title.getStyleClass().remove("side-a-text");
        if (models.workbench().b().sae().get() != null) {
            title.getStyleClass().add("side-a-text");
        }
        String said = a == null ? "" : facts(a.feature());
        facts.setText(said);
        facts.setTooltip(said.isEmpty() ? null : Tooltips.of(said.strip() + interval(a.feature())));
        describeNotes(a);
        double cosine = models.compare().cosine().get();
        beside.setText(
                b == null
                        ? "B: matching"
                        : "Feature " + b.feature()
                                + (Double.isNaN(cosine) ? " (pinned)" : ", cosine " + NumberTexts.number(cosine)));
    }

    private String facts(int feature) {
        double density = models.table().number(FeatureColumn.DENSITY, feature);
        double max = models.table().number(FeatureColumn.MAX, feature);
        double min = models.table().number(FeatureColumn.MIN, feature);
        String promoted = models.table().promoted(feature);
        StringBuilder facts = new StringBuilder();
        if (!Double.isNaN(density)) {
            double[] ends = models.table().densityInterval(feature).orElse(new double[] {density, density});
            facts.append(
                            density == 0
                                    ? "never active (below " + NumberTexts.percent(ends[1]) + ")"
                                    : "active on " + NumberTexts.percent(density) + " of tokens ("
                                            + NumberTexts.percent(ends[0]) + " to " + NumberTexts.percent(ends[1])
                                            + "), "
                                            + (min < 0 ? "from " + NumberTexts.number(min) + " to " : "up to ")
                                            + NumberTexts.number(max))
                    .append(models.table().counted(FeatureColumn.DENSITY).soFar())
                    .append("   ");
        }
        return facts + (promoted.isEmpty() ? "" : "promotes " + TokenText.sentence(promoted));
    }

    private String interval(int feature) {
        return models.table().densityInterval(feature).isEmpty()
                ? ""
                : "\n\nIn brackets the 95 % interval of the density (Wilson), as if tokens were drawn one by one";
    }
}
