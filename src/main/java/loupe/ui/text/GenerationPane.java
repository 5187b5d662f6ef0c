package loupe.ui.text;

import java.util.List;
import java.util.stream.Collectors;
import javafx.geometry.Pos;
import javafx.scene.control.Button;
import javafx.scene.control.CheckBox;
import javafx.scene.control.Label;
import javafx.scene.control.MenuItem;
import javafx.scene.control.ScrollPane;
import javafx.scene.control.SplitPane;
import javafx.scene.control.TextField;
import javafx.scene.input.Clipboard;
import javafx.scene.input.ClipboardContent;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.analysis.effects.Generation;
import loupe.state.text.GenerationModel;
import loupe.state.text.GenerationModel.Settings;
import loupe.state.text.PromptPair;
import loupe.state.window.Side;
import loupe.state.window.VocabularyTexts;
import loupe.ui.control.IconButtons;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Reason;
import loupe.ui.control.Tooltips;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.token.TokenLine;
import loupe.ui.token.TokenStrip;
import org.kordamp.ikonli.feather.Feather;

/**
 * How the model goes on after the clean prompt, as it is and under the interventions, side by side and token by token.
 */
public final class GenerationPane implements Pane {
    /** Nats at which a token's shade is darkest: a probability of 1 in 3,000. */
    private static final double DARKEST = 8;

    private final GenerationModel model;
    private final VocabularyTexts texts;
    private final PaneFrame frame = new PaneFrame("Generation");
    private final Reason reason = new Reason("generation-reason");
    private final FieldRow fields = new FieldRow(reason, this::take);
    private final TextField tokens =
            fields.add("generation-tokens", "Tokens", "How many tokens are generated, 1 to 2,000", 4);
    private final TextField temperature = fields.add(
            "generation-temperature",
            "Temperature",
            "Logits are divided by it before a token is drawn; 0 takes the likeliest token each time",
            3);
    private final TextField topK =
            fields.add("generation-top-k", "Top-k", "Tokens that may be drawn, the likeliest; 0 for all", 4);
    private final TextField topP = fields.add(
            "generation-top-p", "Top-p", "Share of the probability of the tokens that may be drawn; 1 for all", 3);
    private final TextField penalty = fields.add(
            "generation-penalty",
            "Frequency penalty",
            "Taken off a token's logit for each time it was generated, in nats",
            3);
    private final TextField seed = fields.add("generation-seed", "Seed", "Of the draws, the same for both texts", 5);
    private final Button stop;
    private final Column plain = new Column("plain", "As it is", Side.A);
    private final Column steered = new Column("steered", "Under the interventions", Side.B);
    private final SplitPane columns = new SplitPane(plain.node);
    private final Label foot = new Label();

    /** One of the two texts. */
    private static final class Column {
        private final Label heading = new Label();
        private final TokenStrip strip = new TokenStrip(true);
        private final VBox node;
        private final String name;
        private final Side side;
        private String text = "";

        Column(String id, String name, Side side) {
            this.name = name;
            this.side = side;
            heading.setText(name);
            heading.getStyleClass().add("muted");
            strip.setId("generation-" + id);
            strip.setAccessibleText(name);
            strip.setQuantity("surprisal in nats");
            ScrollPane scroll = new ScrollPane(strip);
            scroll.setFitToWidth(true);
            scroll.setHbarPolicy(ScrollPane.ScrollBarPolicy.NEVER);
            scroll.setAccessibleText(name);
            VBox.setVgrow(scroll, Priority.ALWAYS);
            node = new VBox(4, heading, scroll);
            node.setMinWidth(0);
            node.getStyleClass().add("pane-tools");
        }

        void show(Generation.Text shown, VocabularyTexts texts) {
            List<Integer> ids = shown.ids();
            String[] words = new String[ids.size()];
            float[] surprisals = new float[ids.size()];
            double sum = 0;
            for (int i = 0; i < words.length; i++) {
                words[i] = texts.of(ids.get(i));
                surprisals[i] = (float) -shown.logProbabilities().get(i);
                sum += surprisals[i];
            }
            text = String.join("", words);
            strip.setLine(
                    new TokenLine(
                            words, ids.stream().mapToInt(Integer::intValue).toArray(), surprisals, 0),
                    DARKEST,
                    side);
            heading.setText(
                    words.length == 0
                            ? name
                            : name + ": mean surprisal " + NumberTexts.number(sum / words.length) + " nats");
        }

        void clear() {
            text = "";
            heading.setText(name);
            strip.setLine(TokenLine.empty(), DARKEST, side);
        }
    }

    public GenerationPane(GenerationModel model, VocabularyTexts texts) {
        this.model = model;
        this.texts = texts;
        stop = IconButtons.of(Feather.SQUARE, "Stop here; the tokens so far stay", model.texts()::stop);
        layOut();
        bind();
    }

    @Override
    public PaneFrame node() {
        return frame;
    }

    @Override
    public void focus() {
        tokens.requestFocus();
    }

    private void layOut() {
        stop.setId("generation-stop");
        Button next = IconButtons.of(Feather.REFRESH_CW, "Draw other texts, with the next seed", model::nextSeed);
        next.setId("generation-next");
        CheckBox corrupt = new CheckBox("Corrupt prompt");
        corrupt.setId("generation-corrupt");
        corrupt.setTooltip(Tooltips.of("Whether the corrupt prompt goes on instead of the clean one"));
        corrupt.selectedProperty().bindBidirectional(model.ofCorrupt());
        HBox buttons = new HBox(4, corrupt, next, stop);
        buttons.setAlignment(Pos.CENTER_LEFT);
        buttons.setMinWidth(Region.USE_PREF_SIZE);
        fields.getChildren().add(buttons);
        VBox tools = new VBox(4, fields, reason);
        tools.getStyleClass().addAll("pane-tools", "two-rows");
        columns.getStyleClass().add("inner-split");
        foot.getStyleClass().addAll("muted", "pane-foot");
        foot.setWrapText(true);
        foot.setMinHeight(Region.USE_PREF_SIZE);
        VBox.setVgrow(columns, Priority.ALWAYS);
        frame.setContent(new VBox(tools, columns, foot));
        MenuItem copy = new MenuItem("Copy the texts");
        copy.setOnAction(event -> copy());
        MenuItem table = new MenuItem("Copy the tokens with their log-probabilities");
        table.setOnAction(event -> copyTokens());
        frame.getMenuItems().addAll(copy, table);
    }

    private void bind() {
        frame.statusProperty().bind(model.status());
        stop.disableProperty().bind(model.texts().pendingProperty().not());
        model.settings().addListener(changed -> showSettings());
        Answers.show(model.texts(), this::show, this::clear);
        Answers.whileInFront(frame, model.texts()::setWanted);
        showSettings();
    }

    private void take() {
        model.settings()
                .set(Settings.of(
                        FieldRow.number(tokens),
                        FieldRow.number(temperature),
                        FieldRow.number(topK),
                        FieldRow.number(topP),
                        FieldRow.number(penalty),
                        FieldRow.number(seed)));
    }

    private void showSettings() {
        Settings now = model.settings().get();
        tokens.setText("" + now.tokens());
        temperature.setText(NumberTexts.plain(now.sampling().temperature()));
        topK.setText("" + now.sampling().topK());
        topP.setText(NumberTexts.plain(now.sampling().topP()));
        penalty.setText(NumberTexts.plain(now.sampling().frequencyPenalty()));
        seed.setText("" + now.sampling().seed());
    }

    private void show(Generation.Answer answer) {
        boolean two = model.isSteered();
        if (two != (columns.getItems().size() == 2)) {
            columns.getItems().setAll(two ? List.of(plain.node, steered.node) : List.of(plain.node));
        }
        plain.show(answer.plain(), texts);
        steered.show(answer.steered(), texts);
        int made = answer.plain().ids().size();
        int read = model.start().size();
        frame.subtitleProperty().set(made + (made == 1 ? " token" : " tokens"));
        foot.setText(
                two
                        ? "Interventions were applied " + NumberTexts.count(answer.applied())
                                + " times, at " + read + " tokens of the prompt and the " + Math.max(0, made - 1)
                                + " generated ones that were read. The shade is the surprisal; the seed is that of both"
                        : "No interventions are in force: add some, and the steered text stands beside this one");
    }

    private void clear() {
        plain.clear();
        steered.clear();
        foot.setText("");
        frame.subtitleProperty().set("");
    }

    private void copy() {
        PromptPair typed = model.prompt().pair().get();
        String prompt = model.ofCorrupt().get() ? typed.corrupt() : typed.clean();
        put(model.isSteered() ? prompt + plain.text + "\n\n" + prompt + steered.text : prompt + plain.text);
    }

    private void copyTokens() {
        Generation.Answer answer = model.texts().getValue();
        if (answer != null) {
            put("text\ttoken\tlog_prob\n"
                    + rows("default", answer.plain())
                    + (model.isSteered() ? rows("steered", answer.steered()) : ""));
        }
    }

    private static String rows(String name, Generation.Text text) {
        return java.util.stream.IntStream.range(0, text.ids().size())
                .mapToObj(i -> name + "\t" + text.ids().get(i) + "\t"
                        + text.logProbabilities().get(i) + "\n")
                .collect(Collectors.joining());
    }

    private static void put(String text) {
        ClipboardContent content = new ClipboardContent();
        content.putString(text);
        Clipboard.getSystemClipboard().setContent(content);
    }
}
