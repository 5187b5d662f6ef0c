package loupe.ui.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import javafx.css.PseudoClass;
import javafx.geometry.Pos;
import javafx.scene.control.Button;
import javafx.scene.control.CheckBox;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.layout.FlowPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import loupe.analysis.effects.InterventionLine;
import loupe.analysis.effects.InterventionLine.Amount;
import loupe.analysis.effects.InterventionLine.Kind;
import loupe.analysis.effects.InterventionLine.Target;
import loupe.analysis.effects.InterventionList;
import loupe.analysis.effects.Positions;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.base.Refusal;
import loupe.inference.OpenModel;
import loupe.state.text.InterventionsModel;
import loupe.ui.control.IconButtons;
import loupe.ui.control.InPlaceField;
import loupe.ui.control.LabelConverter;
import loupe.ui.control.SliderField;
import loupe.ui.control.SliderScale;
import loupe.ui.control.Tooltips;
import org.kordamp.ikonli.feather.Feather;

/** One line of the list of interventions, with a control for each of its parts. */
final class InterventionRow extends VBox {
    private static final PseudoClass DANGER = PseudoClass.getPseudoClass("danger");

    private static final double MOST_ADDED = 200;
    private static final double MOST_FACTOR = 4;

    private final InterventionsModel model;
    private final int place;
    private final Kind kind;
    private final CheckBox on = new CheckBox();
    private final ComboBox<Kind> kinds = new ComboBox<>();
    /** Which checkpoint's features are meant, by its number in lines. */
    private final ComboBox<Integer> side = new ComboBox<>();

    private final InPlaceField target;
    private final InPlaceField bounds;
    private final Optional<SliderField> amount;
    private final ComboBox<Optional<HookPoint>> at = new ComboBox<>();
    private final ComboBox<Where> where = new ComboBox<>();
    private final InPlaceField tokens;
    private final Label problem = new Label();
    private boolean following;
    private boolean isRetired;

    /** How tokens are chosen. */
    private enum Where {
        ALL("All tokens"),
        NOT_FIRST("All but the first"),
        FROM("From token"),
        GENERATED("Generated only"),
        ONLY("Only tokens"),
        WITHOUT("All but tokens");

        private final String words;

        Where(String words) {
            this.words = words;
        }

        static Where of(Positions positions) {
            return switch (positions.which()) {
                case ALL -> ALL;
                case FROM -> FROM;
                case GENERATED -> GENERATED;
                case LISTED -> ONLY;
                case EXCLUDED -> positions.at().equals(List.of(0)) ? NOT_FIRST : WITHOUT;
            };
        }

        boolean needsTokens() {
            return this == FROM || this == ONLY || this == WITHOUT;
        }

        Positions first() {
            return switch (this) {
                case ALL -> Positions.ALL;
                case NOT_FIRST -> Positions.without(List.of(0));
                case FROM -> Positions.from(1);
                case GENERATED -> Positions.GENERATED;
                case ONLY -> Positions.listed(List.of(1));
                case WITHOUT -> Positions.without(List.of(0, 1));
            };
        }
    }

    /** @param place of the line in the list; its kind stays as long as this row */
    InterventionRow(InterventionsModel model, int place, Kind kind) {
        this.model = model;
        this.place = place;
        this.kind = kind;
        target = field("intervention-target", "features", 7);
        bounds = field("intervention-bounds", "LO..HI", 6);
        tokens = field("intervention-tokens", "tokens", 4);
        amount = slider();
        layOut();
        bind();
    }

    private InPlaceField field(String id, String prompt, int columns) {
        InPlaceField field = new InPlaceField(id + "-" + place, prompt, this::requestFocus);
        field.setPrefColumnCount(columns);
        field.setMinWidth(USE_PREF_SIZE);
        return field;
    }

    private Optional<SliderField> slider() {
        String words = "How much, by what the kind says of it; Enter takes a number that was typed";
        return switch (kind) {
            case ABLATE, CAP -> Optional.empty();
            case SCALE -> Optional.of(of("times", words, SliderScale.linear(-MOST_FACTOR, MOST_FACTOR, 0.05, 0.5)));
            case CLAMP_MAX ->
                Optional.of(of("times max", words, SliderScale.linear(-MOST_FACTOR, MOST_FACTOR, 0.05, 0.5)));
            case ORTHOGONAL ->
                Optional.of(of("times", words, SliderScale.linear(-MOST_FACTOR, MOST_FACTOR, 0.05, 0.5)));
            case CLAMP -> Optional.of(of("to", words, SliderScale.linear(-MOST_ADDED, MOST_ADDED, 0.5, 5)));
            case ADD, ADD_UNIT -> Optional.of(of("by", words, SliderScale.linear(-MOST_ADDED, MOST_ADDED, 0.5, 5)));
        };
    }

    private SliderField of(String name, String words, SliderScale scale) {
        SliderField slider =
                new SliderField(name, "", words, scale, kind.initial().value());
        slider.setId("intervention-amount-" + place);
        return slider;
    }

    private void layOut() {
        getStyleClass().add("intervention-row");
        on.setId("intervention-on-" + place);
        on.setAccessibleText("Carry this out");
        on.setTooltip(Tooltips.of("Whether this is done; off keeps the line and does nothing"));
        kinds.setId("intervention-kind-" + place);
        kinds.getItems().setAll(Kind.values());
        kinds.setConverter(new LabelConverter<>(InterventionRow::words));
        kinds.setAccessibleText("What is done");
        kinds.setTooltip(Tooltips.of(explanation(kind)));
        side.setId("intervention-side-" + place);
        side.getItems().setAll(0, 1);
        side.setConverter(new LabelConverter<>(number -> number == 0 ? "A" : "B"));
        side.setAccessibleText("Whose features");
        side.setTooltip(Tooltips.of("Whether the features are those of A's checkpoint or of B's"));
        target.setTooltip(Tooltips.of("Features, such as 866 or 866,12; or a vector in a file: file probe.npy, "
                + "file probes.safetensors:NAME"));
        bounds.setTooltip(
                Tooltips.of("Bounds of the projection on the direction at unit length: LO..HI, LO.. or ..HI"));
        at.setId("intervention-at-" + place);
        at.setConverter(new LabelConverter<>(point -> point.map(HookPoint::name).orElse("Where it is written")));
        at.setAccessibleText("Where in the model");
        at.setTooltip(
                Tooltips.of("Where the direction acts: where the checkpoint writes, or another place of that width"));
        where.setId("intervention-where-" + place);
        where.getItems().setAll(Where.values());
        where.setConverter(new LabelConverter<>(one -> one.words));
        where.setAccessibleText("At which tokens");
        where.setTooltip(Tooltips.of("At which tokens it acts, counted from 0. The first is the one for the beginning "
                + "of text, where the model has one"));
        tokens.setTooltip(Tooltips.of("Tokens from 0, such as 3 or 3,4"));
        Button up = IconButtons.of(Feather.ARROW_UP, "Do this earlier", () -> move(-1));
        up.setId("intervention-up-" + place);
        up.setDisable(place == 0);
        Button down = IconButtons.of(Feather.ARROW_DOWN, "Do this later", () -> move(1));
        down.setId("intervention-down-" + place);
        down.setDisable(place + 1 == model.list().get().lines().size());
        Button delete = IconButtons.of(
                Feather.TRASH_2,
                "Delete this line; Ctrl+Z brings it back",
                () -> model.change(list -> list.without(place)));
        delete.setId("intervention-delete-" + place);
        FlowPane what = new FlowPane(6, 4, kinds, side, target);
        what.setAlignment(Pos.CENTER_LEFT);
        what.setMinWidth(0);
        HBox.setHgrow(what, Priority.ALWAYS);
        HBox first = new HBox(6, on, what, up, down, delete);
        first.setAlignment(Pos.CENTER_LEFT);
        FlowPane places = new FlowPane(6, 4, where, tokens);
        if (!kind.needsActivation()) {
            places.getChildren().add(0, at);
        }
        if (kind == Kind.CAP) {
            what.getChildren().add(bounds);
        }
        places.setAlignment(Pos.CENTER_LEFT);
        places.setMinWidth(0);
        problem.getStyleClass().add("field-reason");
        problem.pseudoClassStateChanged(DANGER, true);
        problem.setWrapText(true);
        problem.setMinHeight(USE_PREF_SIZE);
        getChildren().add(first);
        amount.ifPresent(getChildren()::add);
        getChildren().addAll(places, problem);
    }

    private void bind() {
        on.setOnAction(event -> change(line -> line.switched(on.isSelected())));
        kinds.valueProperty().addListener((property, was, is) -> {
            if (is != null && is != kind) {
                change(line -> of(line, is));
            }
        });
        amount.ifPresent(slider -> {
            slider.setOnBeyond(Double.MAX_VALUE, number -> change(line -> line.withAmount(Amount.of(number))));
            slider.valueProperty()
                    .addListener((property, was, is) -> change(line -> line.withAmount(Amount.of(is.doubleValue()))));
        });
        side.valueProperty().addListener((property, was, is) -> {
            if (is != null) {
                change(line -> line.target() instanceof Target.Features features
                        ? line.withTarget(new Target.Features(is, features.features(), features.at()))
                        : line);
            }
        });
        at.valueProperty().addListener((property, was, is) -> {
            if (is != null) {
                change(line -> line.withTarget(placed(line.target(), is)));
            }
        });
        where.valueProperty().addListener((property, was, is) -> {
            if (is != null) {
                change(line -> Where.of(line.positions()) == is ? line : line.withPositions(is.first()));
            }
        });
    }

    /** A vector cannot be ablated by an activation that it does not have. */
    private static InterventionLine of(InterventionLine line, Kind is) {
        return is.needsActivation() && line.target() instanceof Target.Vector ? line : line.withKind(is);
    }

    private static Target placed(Target target, Optional<HookPoint> place) {
        if (target instanceof Target.Vector vector) {
            return new Target.Vector(vector.file(), place.orElse(vector.place()));
        }
        Target.Features features = (Target.Features) target;
        return new Target.Features(features.sae(), features.features(), place);
    }

    private void change(UnaryOperator<InterventionLine> change) {
        InterventionList now = model.list().get();
        if (!following && !isRetired && place < now.lines().size()) {
            model.set(now.with(place, change.apply(now.lines().get(place))));
        }
    }

    /** The line is gone, or another row shows it: what is still being typed here is dropped. */
    void retire() {
        isRetired = true;
    }

    private void move(int by) {
        int to = place + by;
        if (to >= 0 && to < model.list().get().lines().size()) {
            model.change(list -> list.moved(place, to));
        }
    }

    /** Shows the line, which is of this row's kind, and why it is not carried out. */
    void show(InterventionLine line, String why) {
        following = true;
        on.setSelected(line.isOn());
        kinds.setValue(kind);
        amount.filter(slider -> slider.getValue() != line.amount().value())
                .ifPresent(slider -> slider.setValue(line.amount().value()));
        boolean hasFeatures = line.target() instanceof Target.Features;
        boolean hasChoice = hasFeatures && (model.side(1).sae().get() != null || number(line.target()) != 0);
        side.setVisible(hasChoice);
        side.setManaged(hasChoice);
        side.setValue(number(line.target()));
        at.getItems().setAll(places(line.target().at()));
        at.setValue(line.target().at());
        Where chosen = Where.of(line.positions());
        where.setValue(chosen);
        following = false;
        target.show(typed(line.target()), false, typed -> read(typed, this::retarget));
        bounds.show(
                line.amount().toString(),
                false,
                typed -> read(typed, text -> change(now -> now.withAmount(Amount.parse(text)))));
        tokens.setVisible(chosen.needsTokens());
        tokens.setManaged(chosen.needsTokens());
        tokens.show(
                line.positions().at().stream().map(String::valueOf).collect(Collectors.joining(",")),
                false,
                typed -> read(typed, this::reposition));
        problem.setText(why);
        problem.setVisible(!why.isEmpty());
        problem.setManaged(!why.isEmpty());
        setAccessibleText(line.toString());
    }

    private static void read(String typed, java.util.function.Consumer<String> taken) {
        try {
            taken.accept(typed);
        } catch (Refusal refused) {
            throw new IllegalArgumentException(refused.getMessage(), refused);
        }
    }

    /** The number of the checkpoint whose features are meant. */
    private static int number(Target target) {
        return target instanceof Target.Features features ? features.sae() : 0;
    }

    /** What the field says: the checkpoint has a control of its own. */
    private static String typed(Target target) {
        return target instanceof Target.Features features
                ? new Target.Features(0, features.features(), features.at()).toString()
                : target.toString();
    }

    private void retarget(String typed) {
        change(line -> retargeted(line, typed.strip()));
    }

    private InterventionLine retargeted(InterventionLine line, String typed) {
        boolean isVector = typed.startsWith("file ");
        String somewhere = line.target()
                .at()
                .or(() -> isVector ? places(Optional.empty()).get(1) : Optional.empty())
                .map(point -> " at " + point.name())
                .orElse("");
        Target read = InterventionLine.parse("add " + typed + " 1" + somewhere).target();
        if (read instanceof Target.Features features && typed.indexOf('/') < 0) {
            read = new Target.Features(number(line.target()), features.features(), features.at());
        }
        return isVector && kind.needsActivation()
                ? new InterventionLine(Kind.ADD_UNIT, read, Kind.ADD_UNIT.initial(), line.positions(), line.isOn())
                : line.withTarget(read);
    }

    private void reposition(String typed) {
        String word =
                switch (where.getValue()) {
                    case FROM -> "from ";
                    case ONLY -> "only ";
                    default -> "without ";
                };
        Positions read =
                InterventionLine.parse("ablate 0 " + word + typed.strip()).positions();
        change(line -> line.withPositions(read));
    }

    /** Where the feature is written, and the places on the residual stream and what is added to it. */
    private List<Optional<HookPoint>> places(Optional<HookPoint> chosen) {
        List<Optional<HookPoint>> found = new ArrayList<>(List.of(Optional.empty()));
        OpenModel open = model.side().model().get();
        for (int layer = 0; open != null && layer < open.config().nLayers(); layer++) {
            for (Site site : List.of(Site.RESID_PRE, Site.ATTN_OUT, Site.RESID_MID, Site.MLP_OUT, Site.RESID_POST)) {
                Optional<HookPoint> point = Optional.of(new HookPoint(site, layer));
                if (open.config().at(point.get()).isPresent()) {
                    found.add(point);
                }
            }
        }
        if (!found.contains(chosen)) {
            found.add(chosen);
        }
        return found;
    }

    /** Whether this row can show a line. */
    boolean shows(InterventionLine line) {
        return line.kind() == kind;
    }

    static String words(Kind kind) {
        return switch (kind) {
            case ABLATE -> "Ablate";
            case SCALE -> "Scale";
            case CLAMP -> "Clamp to";
            case CLAMP_MAX -> "Clamp to max";
            case ADD -> "Add";
            case ADD_UNIT -> "Add at unit norm";
            case ORTHOGONAL -> "Orthogonal";
            case CAP -> "Cap projection";
        };
    }

    static String explanation(Kind kind) {
        return switch (kind) {
            case ABLATE -> "The activation becomes 0; what is not reconstructed stays";
            case SCALE -> "The activation is multiplied";
            case CLAMP -> "The activation becomes this number, in units of activations";
            case CLAMP_MAX -> "The activation becomes this many times the feature's largest one in the corpus";
            case ADD -> "So many times the decoder direction, as it is stored, is added";
            case ADD_UNIT -> "So much of the decoder direction at unit norm is added, in units of the residual stream";
            case ORTHOGONAL ->
                "What the value has of the direction is multiplied: 0 removes it, 1 changes nothing, negative turns it "
                        + "round";
            case CAP -> "What the value has of the direction, at unit norm, is kept within bounds";
        };
    }

    /** The kinds that a list offers for new lines. */
    static String hint() {
        return Arrays.stream(Kind.values()).map(Kind::toString).collect(Collectors.joining(", "));
    }
}
