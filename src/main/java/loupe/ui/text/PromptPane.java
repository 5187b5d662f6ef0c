package loupe.ui.text;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.IntStream;
import javafx.beans.binding.Bindings;
import javafx.beans.value.ObservableValue;
import javafx.css.PseudoClass;
import javafx.geometry.Insets;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.ScrollPane;
import javafx.scene.control.TextArea;
import javafx.scene.control.TextField;
import javafx.scene.control.TextInputControl;
import javafx.scene.control.ToggleButton;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.layout.GridPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import loupe.analysis.effects.TextPredictions;
import loupe.analysis.prompts.TextActivations;
import loupe.lm.tokenizer.Tokenizer;
import loupe.state.text.PredictionsModel;
import loupe.state.text.PromptColouring;
import loupe.state.text.PromptModel;
import loupe.state.text.PromptPair;
import loupe.state.text.PromptTemplate;
import loupe.state.text.PromptTokens;
import loupe.state.text.TextFeaturesModel;
import loupe.state.window.FeatureRef;
import loupe.state.window.Side;
import loupe.ui.control.IconButtons;
import loupe.ui.control.LabelConverter;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Tooltips;
import loupe.ui.export.Csv;
import loupe.ui.export.CsvExport;
import loupe.ui.export.FileSaver;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.token.TokenFlow;
import loupe.ui.token.TokenGrid;
import loupe.ui.token.TokenLine;
import loupe.ui.token.TokenText;
import org.jspecify.annotations.Nullable;
import org.kordamp.ikonli.feather.Feather;
import org.kordamp.ikonli.javafx.FontIcon;

/**
 * The prompts, clean and corrupt, edited where they stand, with their tokens under each other; the answers; and the
 * library of templates.
 */
public final class PromptPane implements Pane {
    private static final double ROOM_FOR_TWO_LINES = 300;
    /** Height of a prompt's field in sizes of its font. */
    private static final double ONE_LINE_EMS = 2.3;

    private static final double TWO_LINES_EMS = 3.7;
    private static final double GAP = 6;
    private static final String CLEAN = "Clean";
    private static final String CORRUPT = "Corrupt";

    private final PromptModel model;
    private final PredictionsModel predictions;
    private final TextFeaturesModel a;
    private final TextFeaturesModel b;
    private final FileSaver desk;
    private final PaneFrame frame = new PaneFrame("Prompts");
    private final ComboBox<PromptTemplate> templates = new ComboBox<>();
    private final ToggleButton beginning = new ToggleButton("BOS");
    private final ComboBox<PromptColouring> colouring = new ComboBox<>();
    private final ToggleButton keep = new ToggleButton(null, new FontIcon(Feather.BOOKMARK));
    private final TextField name = new TextField();
    private final Label nameReason = new Label();
    private final Node delete;
    private final TextArea clean = new TextArea();
    private final TextArea corrupt = new TextArea();
    private final TextField answer = new TextField();
    private final TextField wrongAnswer = new TextField();
    private final Label answerToken = new Label();
    private final Label wrongAnswerToken = new Label();
    private final Label misaligned = new Label();
    private final TokenGrid grid = new TokenGrid();
    private final ScrollPane scroll = new ScrollPane(grid);
    private final Label foot = new Label();
    private boolean following;

    /**
     * @param predictions of the prompts
     * @param a features of the first checkpoint in them
     * @param b features of the second one
     */
    public PromptPane(PredictionsModel predictions, TextFeaturesModel a, TextFeaturesModel b, FileSaver desk) {
        model = predictions.prompt();
        this.predictions = predictions;
        this.a = a;
        this.b = b;
        this.desk = desk;
        delete = IconButtons.of(
                Feather.TRASH_2,
                "Delete this template of yours; Ctrl+Z brings it back",
                () -> model.templates().chosen().ifPresent(model.templates()::delete));
        layOut();
        bind();
    }

    @Override
    public PaneFrame node() {
        return frame;
    }

    /** Focuses the clean prompt. */
    @Override
    public void focus() {
        clean.requestFocus();
    }

    private void layOut() {
        area(clean, "prompt-clean", "Clean prompt", "Text that the model reads");
        area(corrupt, "prompt-corrupt", "Corrupt prompt", "Text to compare with, of as many tokens; may be empty");
        goesOn(clean, colouring, corrupt);
        goesOn(corrupt, clean, answer);
        field(answer, "prompt-answer", "Answer", "What should follow the clean prompt, with its space; may be empty");
        field(
                wrongAnswer,
                "prompt-wrong-answer",
                "Wrong answer",
                "What should follow the corrupt prompt, with its space; may be empty");
        templates.setId("prompt-templates");
        templates.setConverter(new LabelConverter<>(PromptTemplate::name));
        templates.setPromptText("Template");
        templates.setAccessibleText("Template");
        templates.setTooltip(Tooltips.of("Fill the prompts and answers with a known task or with your own"));
        beginning.setId("prompt-beginning");
        beginning.getStyleClass().add("small-toggle");
        beginning.setTooltip(Tooltips.of("Begin both prompts with the model's token for the beginning of text"));
        colouring.setId("prompt-colouring");
        colouring.setConverter(new LabelConverter<>(PromptPane::title));
        colouring.getItems().setAll(PromptColouring.values());
        colouring.setAccessibleText("Colour of the tokens");
        colouring.setTooltip(
                Tooltips.of("Colour the tokens by the chosen feature's activation, or by their surprisal in bits"));
        keep.setId("prompt-keep");
        keep.getStyleClass().add("icon-button");
        keep.setAccessibleText("Keep as a template");
        keep.setTooltip(Tooltips.of("Keep these prompts and answers as a template of your own"));
        name.setId("prompt-template-name");
        name.setPromptText("Name of the template");
        name.setAccessibleText("Name of the template");
        name.setTooltip(Tooltips.of("Enter keeps the prompts and answers under this name"));
        HBox.setHgrow(name, Priority.ALWAYS);
        nameReason.getStyleClass().add("field-reason");
        HBox naming = new HBox(GAP, name, nameReason);
        naming.setAlignment(Pos.CENTER_LEFT);
        naming.getStyleClass().add("pane-tools");
        naming.visibleProperty().bind(keep.selectedProperty());
        naming.managedProperty().bind(naming.visibleProperty());
        delete.setId("prompt-template-delete");
        frame.getActions().addAll(templates, keep, delete, beginning, colouring);
        GridPane fields = new GridPane();
        fields.getStyleClass().add("prompt-fields");
        fields.setHgap(GAP);
        fields.setVgap(GAP);
        fields.addRow(0, label(CLEAN, clean), clean);
        fields.addRow(1, label(CORRUPT, corrupt), corrupt);
        GridPane.setHgrow(clean, Priority.ALWAYS);
        GridPane.setHgrow(corrupt, Priority.ALWAYS);
        Label wrong = label("Wrong", wrongAnswer);
        HBox.setMargin(wrong, new Insets(0, 0, 0, GAP)); // apart from the answer's token
        HBox answers = new HBox(GAP, answer, answerToken, wrong, wrongAnswer, wrongAnswerToken);
        answers.setAlignment(Pos.CENTER_LEFT);
        fields.addRow(2, label("Answer", answer), answers);
        for (Label token : List.of(answerToken, wrongAnswerToken)) {
            token.getStyleClass().add("muted");
            token.setTooltip(Tooltips.of("The token of the answer that is compared: its only or its first one"));
            token.setMinWidth(0);
        }
        misaligned.setId("prompt-misaligned");
        misaligned.getStyleClass().addAll("field-reason");
        misaligned.pseudoClassStateChanged(PseudoClass.getPseudoClass("danger"), true);
        misaligned.setWrapText(true);
        misaligned.visibleProperty().bind(misaligned.textProperty().isNotEmpty());
        misaligned.managedProperty().bind(misaligned.visibleProperty());
        grid.setId("prompt-tokens");
        scroll.setFitToWidth(true);
        scroll.setHbarPolicy(ScrollPane.ScrollBarPolicy.NEVER);
        scroll.getStyleClass().add("edge-to-edge");
        scroll.setMinHeight(TokenFlow.ROW);
        VBox.setVgrow(scroll, Priority.ALWAYS);
        foot.getStyleClass().addAll("muted", "pane-foot");
        foot.setMinWidth(0);
        VBox content = new VBox(naming, fields, misaligned, scroll, foot);
        content.setMinSize(0, 0);
        for (TextArea area : List.of(clean, corrupt)) {
            area.prefHeightProperty()
                    .bind(Bindings.createDoubleBinding(
                            () -> area.getFont().getSize()
                                    * (content.getHeight() < ROOM_FOR_TWO_LINES ? ONE_LINE_EMS : TWO_LINES_EMS),
                            content.heightProperty(),
                            area.fontProperty()));
        }
        frame.setContent(content);
        frame.getMenuItems()
                .addAll(new CsvExport("prompts", this::csv, desk).items("the tokens with what is shown of them"));
    }

    private static String title(PromptColouring colouring) {
        return switch (colouring) {
            case ACTIVATION -> "Activation";
            case SURPRISAL -> "Surprisal";
        };
    }

    private static Label label(String text, Node of) {
        Label label = new Label(text);
        label.setLabelFor(of);
        label.setMinWidth(Label.USE_PREF_SIZE);
        label.getStyleClass().add("muted");
        return label;
    }

    private static void area(TextArea area, String id, String called, String explanation) {
        area.setId(id);
        area.setWrapText(true);
        area.setPrefRowCount(2);
        area.minHeightProperty().bind(area.fontProperty().map(font -> font.getSize() * ONE_LINE_EMS));
        area.setPromptText(explanation);
        area.setAccessibleText(called);
        area.setTooltip(Tooltips.of(explanation));
        area.getStyleClass().add("prompt-area");
    }

    /** Tab goes on from a text, as it does from a field; a tab can be pasted. */
    private static void goesOn(TextArea area, Node before, Node after) {
        area.addEventFilter(KeyEvent.KEY_PRESSED, event -> {
            if (event.getCode() == KeyCode.TAB && !event.isShortcutDown()) {
                (event.isShiftDown() ? before : after).requestFocus();
                event.consume();
            }
        });
    }

    private static void field(TextField field, String id, String called, String explanation) {
        field.setId(id);
        field.setPromptText("none");
        field.setPrefColumnCount(8);
        field.setMinWidth(60);
        field.setAccessibleText(called);
        field.setTooltip(Tooltips.of(explanation));
    }

    private void bind() {
        edits(clean, PromptPair::clean, PromptPair::withClean);
        edits(corrupt, PromptPair::corrupt, PromptPair::withCorrupt);
        edits(answer, PromptPair::answer, PromptPair::withAnswer);
        edits(wrongAnswer, PromptPair::wrongAnswer, PromptPair::withWrongAnswer);
        model.pair().addListener(changed -> showPair());
        model.templates().all().addListener(changed -> showTemplates());
        templates.valueProperty().addListener((property, was, is) -> {
            if (!following && is != null) {
                model.templates().choose(is);
            }
        });
        beginning.setOnAction(event ->
                model.beginning().set(beginning.isSelected() ? Tokenizer.Beginning.YES : Tokenizer.Beginning.NO));
        name.setOnAction(event -> keepTemplate());
        name.textProperty().addListener(changed -> nameReason.setText(""));
        keep.selectedProperty().addListener((property, was, is) -> {
            if (is) {
                name.requestFocus();
            }
        });
        colouring.valueProperty().bindBidirectional(model.colouring());
        frame.statusProperty().bind(model.status());
        grid.setOnPlace(place -> model.position().set(place));
        model.position().addListener(changed -> mark());
        for (ObservableValue<?> source : List.of(
                model.colouring(),
                model.reading().valueProperty(),
                predictions.predictions().valueProperty(),
                a.clean().valueProperty(),
                a.corrupt().valueProperty(),
                a.side().feature(),
                b.clean().valueProperty(),
                b.side().feature())) {
            source.addListener(changed -> showTokens());
        }
        Answers.whileShown(frame, shows -> {
            predictions.wanting().set(this, shows);
            a.wanting().set(this, shows);
            b.wanting().set(this, shows);
        });
        showTemplates();
        showPair();
        showTokens();
    }

    private void edits(
            TextInputControl control,
            Function<PromptPair, String> text,
            BiFunction<PromptPair, String, PromptPair> with) {
        control.textProperty().addListener((property, was, is) -> {
            if (!following && !text.apply(model.pair().get()).equals(is)) {
                model.pair().set(with.apply(model.pair().get(), is));
            }
        });
    }

    private void keepTemplate() {
        try {
            model.templates().keep(name.getText());
            keep.setSelected(false);
            name.clear();
        } catch (IllegalArgumentException refused) {
            nameReason.setText(refused.getMessage());
        }
    }

    private void showPair() {
        following = true;
        try {
            PromptPair pair = model.pair().get();
            put(clean, pair.clean());
            put(corrupt, pair.corrupt());
            put(answer, pair.answer());
            put(wrongAnswer, pair.wrongAnswer());
        } finally {
            following = false;
        }
        showTemplates();
    }

    private static void put(TextInputControl control, String text) {
        if (!control.getText().equals(text)) {
            control.setText(text);
        }
    }

    private void showTemplates() {
        following = true;
        try {
            if (!templates.getItems().equals(model.templates().all().get())) {
                templates.getItems().setAll(model.templates().all().get());
            }
            Optional<PromptTemplate> chosen = model.templates().chosen();
            templates.setValue(chosen.orElse(null));
            delete.setVisible(chosen.filter(PromptTemplate::own).isPresent());
            delete.setManaged(delete.isVisible());
        } finally {
            following = false;
        }
    }

    private void showTokens() {
        PromptModel.Read read = model.reading().getValue();
        beginning.setVisible(model.hasBeginning());
        beginning.setManaged(beginning.isVisible());
        if (read == null) {
            grid.setRows(List.of(), new BitSet());
            misaligned.setText("");
            answerToken.setText("");
            wrongAnswerToken.setText("");
            foot.setText(
                    predictions.isModelOpen()
                            ? "Type a prompt, or choose a template"
                            : "Open a model to see the prompts in its tokens");
            frame.subtitleProperty().set("");
            return;
        }
        beginning.setSelected(read.clean().begins());
        answerToken.setText(describe(read.answer()));
        wrongAnswerToken.setText(describe(read.wrongAnswer()));
        misaligned.setText(read.misalignment().map(Throwable::getMessage).orElse(""));
        grid.setRows(rows(read), differences(read));
        frame.subtitleProperty().set(count(read));
        foot.setText(losses());
        mark();
    }

    /** The places at which the prompts differ; none unless they are aligned. */
    private static BitSet differences(PromptModel.Read read) {
        BitSet different = new BitSet();
        if (read.isAligned()) {
            IntStream.range(0, read.clean().size())
                    .filter(i -> !read.clean()
                            .ids()
                            .get(i)
                            .equals(read.corrupt().ids().get(i)))
                    .forEach(different::set);
        }
        return different;
    }

    private static String count(PromptModel.Read read) {
        PromptTokens tokens = read.clean();
        String count = (tokens.cut() ? "first " : "")
                + NumberTexts.count(tokens.size())
                + (tokens.size() == 1 ? " token" : " tokens")
                + (tokens.cut() ? ": the context is full" : "");
        int different = differences(read).cardinality();
        return read.isAligned()
                ? count + ", "
                        + (different == 0 ? "no difference" : different + (different == 1 ? " differs" : " differ"))
                : count;
    }

    /** The token of an answer that is compared. */
    private static String describe(PromptTokens answer) {
        return answer.isEmpty()
                ? ""
                : answer.size() == 1
                        ? "#" + answer.ids().get(0)
                        : "1 of " + answer.size() + ": "
                                + TokenText.visible(answer.texts().get(0));
    }

    private String losses() {
        TextPredictions.Answer known = predictions.predictions().getValue();
        if (known == null || known.positions().size() < 2) {
            return "";
        }
        StringBuilder said = new StringBuilder("Mean loss ").append(loss(known, 0));
        PredictionsModel.after(known, 0)
                .ifPresent(run -> said.append(", under interventions ").append(loss(known, run)));
        PredictionsModel.corrupt(known).ifPresent(run -> {
            said.append("; corrupt ").append(loss(known, run));
            PredictionsModel.after(known, run)
                    .ifPresent(after -> said.append(", under interventions ").append(loss(known, after)));
        });
        return said.append(" nats per token").toString();
    }

    private static String loss(TextPredictions.Answer known, int run) {
        return NumberTexts.number(known.meanLoss(run));
    }

    private List<TokenGrid.Row> rows(PromptModel.Read read) {
        return model.colouring().get() == PromptColouring.SURPRISAL ? bySurprisal(read) : byFeature(read);
    }

    private List<TokenGrid.Row> bySurprisal(PromptModel.Read read) {
        TextPredictions.Answer known = predictions.predictions().getValue();
        List<TokenGrid.Row> rows = new ArrayList<>();
        double largest = known == null
                ? 1
                : IntStream.range(0, known.runs().size())
                        .mapToDouble(run -> max(surprisals(known, run)))
                        .max()
                        .orElse(1);
        OptionalInt other = known == null ? OptionalInt.empty() : PredictionsModel.corrupt(known);
        addSurprisals(rows, known, 0, CLEAN, read.clean(), largest);
        if (!read.corrupt().isEmpty()) {
            addSurprisals(rows, other.isPresent() ? known : null, other.orElse(0), CORRUPT, read.corrupt(), largest);
        }
        return rows;
    }

    /** The row of a prompt, and that of the same under interventions. */
    private static void addSurprisals(
            List<TokenGrid.Row> rows,
            TextPredictions.@Nullable Answer known,
            int run,
            String label,
            PromptTokens tokens,
            double largest) {
        TextPredictions.Answer ofThese =
                known != null && known.runs().get(run).ids().equals(tokens.ids()) ? known : null;
        float[] values = ofThese == null ? new float[tokens.size()] : surprisals(ofThese, run);
        rows.add(row(label, tokens, values, largest, Side.A, "surprisal", "bits"));
        if (ofThese != null) {
            PredictionsModel.after(ofThese, run)
                    .ifPresent(after -> rows.add(row(
                            label + " after",
                            tokens,
                            surprisals(ofThese, after),
                            largest,
                            Side.A,
                            "surprisal under the interventions",
                            "bits")));
        }
    }

    private static float[] surprisals(TextPredictions.Answer known, int run) {
        float[] values = new float[known.positions().size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) known.surprisal(run, i);
        }
        return values;
    }

    private List<TokenGrid.Row> byFeature(PromptModel.Read read) {
        FeatureRef first = a.side().feature().get();
        FeatureRef second = b.side().feature().get();
        float[] ofClean = values(a.clean().getValue(), read.clean(), first);
        float[] ofCorrupt = values(a.corrupt().getValue(), read.corrupt(), first);
        double largest = Math.max(max(ofClean), max(ofCorrupt));
        String named = first == null ? "activation" : "activation of #" + first.feature();
        List<TokenGrid.Row> rows = new ArrayList<>();
        rows.add(row(CLEAN, read.clean(), ofClean, largest, Side.A, named, ""));
        if (!read.corrupt().isEmpty()) {
            rows.add(row(CORRUPT, read.corrupt(), ofCorrupt, largest, Side.A, named, ""));
        }
        if (second != null && b.clean().getValue() != null) {
            float[] other = values(b.clean().getValue(), read.clean(), second);
            rows.add(row(
                    "Clean, B", read.clean(), other, max(other), Side.B, "activation of B's #" + second.feature(), ""));
            if (first != null) {
                float[] change = new float[other.length];
                for (int i = 0; i < change.length; i++) {
                    change[i] = other[i] - ofClean[i];
                }
                rows.add(row(
                        "B \u2212 A",
                        read.clean(),
                        change,
                        max(change),
                        Side.B,
                        "B's #" + second.feature() + " less A's #" + first.feature(),
                        ""));
            }
        }
        return rows;
    }

    /** A feature at each token of a prompt; zeros while it is not known. */
    private static float[] values(
            TextActivations.@Nullable Answer read, PromptTokens tokens, @Nullable FeatureRef feature) {
        return read == null || feature == null || !read.ids().equals(tokens.ids())
                ? new float[tokens.size()]
                : read.of(feature.feature());
    }

    private static double max(float[] values) {
        double largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Float.isNaN(value) ? 0 : Math.abs(value));
        }
        return largest;
    }

    private static TokenGrid.Row row(
            String label,
            PromptTokens tokens,
            float[] values,
            double largest,
            Side side,
            String quantity,
            String unit) {
        TokenLine line = new TokenLine(
                tokens.texts().toArray(String[]::new),
                tokens.ids().stream().mapToInt(Integer::intValue).toArray(),
                values,
                0);
        boolean compared = label.equals(CLEAN) || label.equals(CORRUPT);
        return new TokenGrid.Row(label, line, largest > 0 ? largest : 1, side, quantity, unit, compared);
    }

    /** Outlines the chosen place and brings it into sight. */
    private void mark() {
        int place = model.position().get();
        grid.select(place);
        if (grid.selectedProperty().get() < 0) {
            return;
        }
        scroll.layout();
        grid.layout();
        double seen = scroll.getViewportBounds().getHeight();
        double hidden = grid.getHeight() - seen;
        double top = grid.topOf(place);
        double at = scroll.getVvalue() * hidden;
        if (hidden > 0 && (top < at || top + grid.heightOfBlock() > at + seen)) {
            scroll.setVvalue(Math.max(0, Math.min(1, top / hidden)));
        }
    }

    private Csv csv() {
        List<List<?>> lines = new ArrayList<>();
        for (TokenGrid.Row row : grid.rows()) {
            for (int i = 0; i < row.line().texts().length; i++) {
                lines.add(List.of(
                        row.label(),
                        i,
                        row.line().ids()[i],
                        row.line().texts()[i],
                        grid.isDifferent(i),
                        row.quantity(),
                        row.line().activations()[i]));
            }
        }
        return new Csv(List.of("prompt", "position", "token id", "token", "differs", "quantity", "value"), lines);
    }
}
