package loupe.ui.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import javafx.geometry.Orientation;
import javafx.geometry.Pos;
import javafx.scene.control.Button;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.SeparatorMenuItem;
import javafx.scene.control.SplitPane;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.control.ToggleButton;
import javafx.scene.layout.FlowPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.analysis.effects.Bootstrap;
import loupe.analysis.effects.CorpusEffects;
import loupe.analysis.effects.MovedTokens;
import loupe.analysis.effects.PromptEffects;
import loupe.search.ExampleTexts;
import loupe.state.text.EffectsModel;
import loupe.state.text.EffectsModel.Over;
import loupe.state.window.VocabularyTexts;
import loupe.ui.control.LabelConverter;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.References;
import loupe.ui.control.Tables;
import loupe.ui.control.Tooltips;
import loupe.ui.export.FileSaver;
import loupe.ui.export.TableExport;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.pane.RowActions;
import loupe.ui.pane.RowMenu;
import loupe.ui.token.TokenText;
import org.controlsfx.control.SegmentedButton;
import org.jspecify.annotations.Nullable;

/**
 * What the interventions in force change of the predictions, at each token of the clean prompt, over examples of the
 * chosen feature or over the corpus, and which next tokens they help and hurt most.
 */
public final class EffectsPane implements Pane {
    /** Tokens of an example that are shown, up to its last. */
    private static final int SHOWN_TOKENS = 8;

    /** From this width on there is room for both halves beside each other. */
    private static final double WIDE = 700;

    private final EffectsModel model;
    private final VocabularyTexts texts;
    private final FileSaver desk;
    private final PaneFrame frame = new PaneFrame("Effects");
    private final ToggleButton onPrompt = new ToggleButton("Prompt");
    private final ToggleButton overExamples = new ToggleButton("Examples");
    private final ToggleButton overCorpus = new ToggleButton("Corpus");
    private final ComboBox<Integer> tokens = new ComboBox<>();
    private final ComboBox<ExampleTexts.Choice> choice = new ComboBox<>();
    private final Button goOn = new Button("Go on");
    private final Label summary = new Label();
    private final TableView<Row> table = Tables.make("effects", "Effects at each token or example");
    private final TableView<CorpusEffects.Activation> watched =
            Tables.make("effects-watched", "What becomes of features over the corpus");
    private final TableView<MovedTokens.Moved> helped = Tables.make("effects-helped", "Tokens helped most");
    private final TableView<MovedTokens.Moved> hurt = Tables.make("effects-hurt", "Tokens hurt most");
    private final SplitPane halves = new SplitPane();
    private final Label correlation = new Label();
    private final ObservableList<Row> rows = FXCollections.observableArrayList();
    private final BooleanProperty shown = new SimpleBooleanProperty(this, "shown");
    private boolean following;

    /**
     * A token of the prompt, or an example.
     *
     * @param place of the token in the prompt; of an example its running number
     * @param text of the token, or the end of the example's
     * @param activation at the end of the example; NaN on the prompt
     * @param ce nats, without interventions; NaN where no token follows
     * @param next the likeliest next token without interventions; empty over examples
     * @param nextWith and under them
     */
    private record Row(
            int place,
            String text,
            double activation,
            double ce,
            double ceWith,
            double kl,
            String next,
            String nextWith) {
        double deltaCe() {
            return ceWith - ce;
        }
    }

    public EffectsPane(EffectsModel model, VocabularyTexts texts, FileSaver desk) {
        this.model = model;
        this.texts = texts;
        this.desk = desk;
        layOut();
        bind();
    }

    @Override
    public PaneFrame node() {
        return frame;
    }

    @Override
    public void focus() {
        table.requestFocus();
    }

    private void layOut() {
        onPrompt.setId("effects-prompt");
        onPrompt.setTooltip(Tooltips.of("At each token of the clean prompt"));
        overExamples.setId("effects-examples");
        overExamples.setTooltip(Tooltips.of("At the ends of examples of the chosen feature in the corpus"));
        overCorpus.setId("effects-corpus");
        overCorpus.setTooltip(Tooltips.of("Over the beginning of the corpus that is counted: means over its tokens, "
                + "with bootstrap intervals over its contexts"));
        tokens.setId("effects-tokens");
        tokens.getItems().setAll(EffectsModel.CORPUS_TOKENS);
        tokens.setConverter(new LabelConverter<>(count -> NumberTexts.count(count) + " tokens"));
        tokens.setAccessibleText("How much of the corpus");
        tokens.setTooltip(Tooltips.of("How many tokens of the corpus are read, from its beginning"));
        for (ToggleButton button : List.of(onPrompt, overExamples, overCorpus)) {
            button.setMinWidth(Region.USE_PREF_SIZE);
        }
        choice.setId("effects-choice");
        choice.getItems().setAll(ExampleTexts.Choice.values());
        choice.setConverter(new LabelConverter<>(one -> switch (one) {
            case TOP -> "Strongest";
            case UNIFORM -> "Uniform over strength";
            case RANDOM -> "Random";
        }));
        choice.setAccessibleText("Which examples");
        choice.setTooltip(
                Tooltips.of("Which of the tokens at which the feature is active: the strongest, uniformly over "
                        + "strength, or each as likely as every other, as the column CE cost has it"));
        goOn.setId("effects-go-on");
        goOn.setTooltip(Tooltips.of("Measure on where it was stopped"));
        FlowPane tools =
                new FlowPane(8, 6, new SegmentedButton(onPrompt, overExamples, overCorpus), choice, tokens, goOn);
        tools.setAlignment(Pos.CENTER_LEFT);
        tools.setMinWidth(0);
        tools.getStyleClass().add("pane-tools-flow");
        summary.setId("effects-summary");
        summary.getStyleClass().add("pane-foot");
        summary.setWrapText(true);
        summary.setMinHeight(Region.USE_PREF_SIZE);
        layOutRows();
        for (TableView<MovedTokens.Moved> one : List.of(helped, hurt)) {
            layOutMoved(one, one == helped);
            HBox.setHgrow(one, Priority.ALWAYS);
            one.setPrefWidth(0);
            one.setMinHeight(0);
        }
        correlation.setId("effects-correlation");
        correlation.getStyleClass().addAll("muted", "pane-foot");
        correlation.setWrapText(true);
        correlation.setMinHeight(Region.USE_PREF_SIZE);
        HBox both = new HBox(helped, hurt);
        VBox.setVgrow(both, Priority.ALWAYS);
        VBox lower = new VBox(both, correlation);
        lower.setMinHeight(0);
        table.setMinHeight(0);
        layOutWatched();
        watched.setMinHeight(0);
        halves.setId("effects-halves");
        halves.setOrientation(Orientation.VERTICAL);
        halves.getItems().setAll(table, lower);
        halves.setMinSize(0, 0);
        for (Region part : List.of(halves, watched)) {
            part.managedProperty().bind(part.visibleProperty());
            VBox.setVgrow(part, Priority.ALWAYS);
        }
        watched.visibleProperty().bind(overCorpus.selectedProperty());
        halves.visibleProperty().bind(overCorpus.selectedProperty().not());
        frame.setRows();
        frame.setContent(new VBox(tools, summary, halves, watched));
        export(table, "effects");
        frame.getMenuItems().add(new SeparatorMenuItem());
        export(helped, "effects-helped");
        frame.getMenuItems().add(new SeparatorMenuItem());
        export(hurt, "effects-hurt");
        frame.getMenuItems().add(new SeparatorMenuItem());
        export(watched, "effects-corpus");
        halves.widthProperty().addListener(changed -> turn());
        halves.heightProperty().addListener(changed -> turn());
    }

    /** Puts the two halves beside each other where the pane is wide. */
    private void turn() {
        Orientation wanted = halves.getWidth() >= WIDE && halves.getWidth() > halves.getHeight()
                ? Orientation.HORIZONTAL
                : Orientation.VERTICAL;
        if (halves.getOrientation() != wanted) {
            halves.setOrientation(wanted);
        }
    }

    private void layOutWatched() {
        watched.getColumns()
                .setAll(List.of(
                        Tables.<CorpusEffects.Activation>texts(
                                "Checkpoint",
                                "The checkpoint that reads the feature",
                                80,
                                row -> row.of().sae().name(),
                                text -> text),
                        Tables.counts("#", "Feature", 60, row -> row.of().feature()),
                        Tables.numbers(
                                "Mean",
                                "Mean activation over the tokens, without interventions",
                                60,
                                CorpusEffects.Activation::mean,
                                NumberTexts::number),
                        Tables.numbers(
                                "Change",
                                "What the interventions add to the mean activation, read from what they leave",
                                60,
                                row -> row.change().mean(),
                                NumberTexts::number),
                        Tables.numbers(
                                "From",
                                "Lower end of the change's 95 % bootstrap interval over contexts",
                                60,
                                row -> row.change().low(),
                                NumberTexts::number),
                        Tables.numbers(
                                "To",
                                "Upper end of the change's 95 % bootstrap interval over contexts",
                                60,
                                row -> row.change().high(),
                                NumberTexts::number),
                        Tables.numbers(
                                "Active",
                                "Share of the tokens at which it is active, without interventions",
                                60,
                                CorpusEffects.Activation::active,
                                NumberTexts::percent),
                        Tables.numbers(
                                "Active after",
                                "Share of the tokens at which it is active under the interventions",
                                66,
                                CorpusEffects.Activation::activeWith,
                                NumberTexts::percent)));
    }

    private <R> void export(TableView<R> of, String name) {
        TableExport.attachTo(of, name, desk);
        frame.getMenuItems().addAll(TableExport.items(of, name, desk));
    }

    private void layOutRows() {
        TableColumn<Row, Number> activation = Tables.numbers(
                "Act.", "Activation of the chosen feature there", 56, Row::activation, NumberTexts::number);
        activation.visibleProperty().bind(overExamples.selectedProperty());
        TableColumn<Row, String> next = Tables.texts(
                "Next", "The likeliest next token without interventions", 66, Row::next, TokenText::visible);
        TableColumn<Row, String> nextWith = Tables.texts(
                "Next after",
                "The likeliest next token under the interventions",
                66,
                Row::nextWith,
                TokenText::visible);
        next.visibleProperty().bind(onPrompt.selectedProperty());
        nextWith.visibleProperty().bind(onPrompt.selectedProperty());
        table.getColumns()
                .setAll(List.of(
                        Tables.<Row>counts(
                                "Place", "Place of the token, or of the example in this list, from 0", 44, Row::place),
                        Tables.texts(
                                "Token",
                                "The token, or the end of the example's text",
                                80,
                                Row::text,
                                TokenText::visible),
                        activation,
                        Tables.numbers(
                                "Loss",
                                "Loss of the token that follows, in nats, without interventions",
                                52,
                                Row::ce,
                                NumberTexts::number),
                        Tables.numbers(
                                "Added loss",
                                "What the interventions add to the loss, in nats",
                                60,
                                Row::deltaCe,
                                NumberTexts::number),
                        Tables.numbers(
                                "KL",
                                "Divergence of the predictions under the interventions from those without, in nats",
                                52,
                                Row::kl,
                                NumberTexts::number),
                        next,
                        nextWith));
        table.setItems(rows);
    }

    private void layOutMoved(TableView<MovedTokens.Moved> of, boolean isHelped) {
        of.getColumns()
                .setAll(List.of(
                        Tables.<MovedTokens.Moved>texts(
                                isHelped ? "Helped" : "Hurt",
                                "Next tokens whose log-probability the interventions " + (isHelped ? "raise" : "lower")
                                        + " most",
                                60,
                                token -> texts.of(token.id()),
                                TokenText::visible),
                        Tables.numbers(
                                "Change",
                                "Change of the token's log-probability, in nats; over examples the mean",
                                56,
                                MovedTokens.Moved::change,
                                NumberTexts::number),
                        Tables.numbers(
                                "Before",
                                "Its probability without interventions; over examples the geometric mean",
                                54,
                                token -> Math.exp(token.logProbability()),
                                NumberTexts::percent),
                        Tables.numbers(
                                "Predicted",
                                "What the logit weights say of it: what the interventions add to the residual stream "
                                        + "there, through the gain of the final norm and the unembedding",
                                60,
                                MovedTokens.Moved::predicted,
                                NumberTexts::number)));
    }

    private void bind() {
        frame.statusProperty().bind(model.status());
        onPrompt.setOnAction(event -> over(Over.PROMPT));
        overExamples.setOnAction(event -> over(Over.EXAMPLES));
        overCorpus.setOnAction(event -> over(Over.CORPUS));
        tokens.valueProperty().addListener((property, was, is) -> {
            if (!following && is != null) {
                model.tokens().set(is);
            }
        });
        model.tokens().addListener(changed -> follow());
        Answers.show(model.overCorpus(), answer -> show(), this::show);
        model.over().addListener(changed -> follow());
        choice.valueProperty().addListener((property, was, is) -> {
            if (!following && is != null) {
                model.choice().set(is);
            }
        });
        model.choice().addListener(changed -> follow());
        goOn.setOnAction(event -> model.goOn());
        model.stopped().addListener(changed -> follow());
        Answers.show(model.onPrompt(), answer -> show(), this::show);
        Answers.show(model.moved(), answer -> show(), this::show);
        model.measured().addListener(changed -> show());
        model.done().addListener(changed -> show());
        Tables.onChosen(table, row -> {
            if (model.over().get() == Over.PROMPT) {
                model.prompt().position().set(row.place());
            }
        });
        for (TableView<MovedTokens.Moved> one : List.of(helped, hurt)) {
            References.dragFrom(one, token -> Optional.of(References.ofToken(token.id())));
        }
        shown.addListener((property, was, is) -> model.setShown(is));
        Answers.whileInFront(frame, shown::set);
        follow();
    }

    @Override
    public void setRowActions(RowActions actions) {
        for (TableView<MovedTokens.Moved> one : List.of(helped, hurt)) {
            Tables.onChosen(one, token -> actions.askOfToken(token.id()));
            RowMenu.attach(one, token -> OptionalInt.empty(), token -> OptionalInt.of(token.id()), actions);
        }
    }

    private void over(Over wanted) {
        model.over().set(wanted);
        follow();
    }

    private void follow() {
        following = true;
        onPrompt.setSelected(model.over().get() == Over.PROMPT);
        overExamples.setSelected(model.over().get() == Over.EXAMPLES);
        overCorpus.setSelected(model.over().get() == Over.CORPUS);
        choice.setValue(model.choice().get());
        tokens.setValue(model.tokens().get());
        following = false;
        tokens.setVisible(overCorpus.isSelected());
        tokens.setManaged(overCorpus.isSelected());
        choice.setVisible(overExamples.isSelected());
        choice.setManaged(overExamples.isSelected());
        goOn.setVisible(!onPrompt.isSelected() && model.isStopped());
        goOn.setManaged(goOn.isVisible());
        show();
    }

    private void show() {
        if (model.over().get() == Over.CORPUS) {
            CorpusEffects.Answer answer = model.overCorpus().getValue();
            watched.getItems().setAll(answer == null ? List.of() : answer.watched());
            summary.setText(answer == null ? "" : words(answer));
            return;
        }
        boolean prompt = model.over().get() == Over.PROMPT;
        PromptEffects.Answer answer = model.onPrompt().getValue();
        EffectsModel.Measured measured = model.measured().get();
        MovedTokens moved = prompt
                ? model.moved().getValue()
                : measured == null ? null : measured.effects().moved();
        List<Row> found = new ArrayList<>();
        if (prompt && answer != null) {
            found.addAll(rows(answer));
        } else if (!prompt && measured != null) {
            found.addAll(rows(measured));
        }
        if (!found.equals(rows)) {
            rows.setAll(found);
        }
        helped.getItems().setAll(moved == null ? List.of() : moved.helped());
        hurt.getItems().setAll(moved == null ? List.of() : moved.hurt());
        correlation.setText(moved == null ? "" : correlation(moved, prompt));
        summary.setText(prompt ? words(answer) : words(measured));
    }

    private List<Row> rows(PromptEffects.Answer answer) {
        List<Integer> ids = model.prompt().cleanTokens().get().ids();
        List<Row> found = new ArrayList<>();
        for (int t = 0; t < Math.min(answer.done(), ids.size()); t++) {
            found.add(new Row(
                    t,
                    texts.of(ids.get(t)),
                    Double.NaN,
                    t < answer.ce().length ? answer.ce()[t] : Double.NaN,
                    t < answer.ce().length ? answer.ceWith()[t] : Double.NaN,
                    answer.kl()[t],
                    texts.of(answer.next()[t].id()),
                    texts.of(answer.nextWith()[t].id())));
        }
        return found;
    }

    private List<Row> rows(EffectsModel.Measured measured) {
        List<Row> found = new ArrayList<>();
        for (int i = 0; i < measured.examples().size(); i++) {
            ExampleTexts.Chosen example = measured.examples().get(i);
            List<Integer> ids = example.text().ids();
            StringBuilder text = new StringBuilder();
            ids.subList(Math.max(0, ids.size() - SHOWN_TOKENS), ids.size()).forEach(id -> text.append(texts.of(id)));
            found.add(new Row(
                    i,
                    text.toString(),
                    example.activation(),
                    measured.effects().ce()[i],
                    measured.effects().ceWith()[i],
                    measured.effects().kl()[i],
                    "",
                    ""));
        }
        return found;
    }

    private String correlation(MovedTokens moved, boolean prompt) {
        OptionalDouble found = moved.correlation();
        return (prompt ? "After the chosen token" : "After the examples, on average")
                + ". Rank correlation with what the "
                + "logit weights predict: "
                + (found.isPresent() ? NumberTexts.number(found.getAsDouble()) : "none, nothing is predicted");
    }

    private String what() {
        return model.done().get().words();
    }

    private String words(PromptEffects.@Nullable Answer answer) {
        return answer == null
                ? ""
                : what() + ": loss " + NumberTexts.number(answer.meanCe()) + " to "
                        + NumberTexts.number(answer.meanCeWith()) + ", mean KL " + NumberTexts.number(answer.meanKl())
                        + " nats; done at " + answer.applied() + (answer.applied() == 1 ? " token" : " tokens");
    }

    private String words(EffectsModel.@Nullable Measured measured) {
        return measured == null
                ? ""
                : what() + ": added loss " + interval(measured.deltaCe()) + ", KL " + interval(measured.kl())
                        + " nats; " + measured.known() + " of "
                        + measured.examples().size()
                        + " examples, 95 % bootstrap intervals";
    }

    private String words(CorpusEffects.Answer answer) {
        return what() + ": loss " + NumberTexts.number(answer.ce()) + ", added loss " + interval(answer.deltaCe())
                + ", KL " + interval(answer.kl()) + " nats; " + NumberTexts.count(answer.tokens()) + " tokens in "
                + NumberTexts.count(answer.contexts()) + " contexts, 95 % bootstrap intervals over "
                + NumberTexts.count(answer.kl().count()) + " stretches of them";
    }

    private static String interval(Bootstrap of) {
        return NumberTexts.number(of.mean()) + " [" + NumberTexts.number(of.low()) + ", "
                + NumberTexts.number(of.high()) + "]";
    }
}
