package loupe.ui.corpus;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import javafx.beans.Observable;
import javafx.beans.value.ObservableValue;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.ChoiceBox;
import javafx.scene.control.ContextMenu;
import javafx.scene.control.Label;
import javafx.scene.control.MenuItem;
import javafx.scene.control.SelectionMode;
import javafx.scene.control.ToggleButton;
import javafx.scene.control.ToggleGroup;
import javafx.scene.input.Clipboard;
import javafx.scene.input.ClipboardContent;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyCodeCombination;
import javafx.scene.input.KeyCombination;
import javafx.scene.input.KeyEvent;
import javafx.scene.layout.HBox;
import loupe.index.Example;
import loupe.index.FeatureActivations;
import loupe.search.SearchQuery;
import loupe.state.corpus.AblationModel;
import loupe.state.corpus.ExamplesModel;
import loupe.state.corpus.ExamplesModel.Choice;
import loupe.state.window.Brush;
import loupe.state.window.Side;
import loupe.state.window.VocabularyTexts;
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
import loupe.ui.token.ExampleList;
import loupe.ui.token.TokenLine;
import loupe.ui.token.TokenText;
import org.controlsfx.control.SegmentedButton;
import org.kordamp.ikonli.feather.Feather;

/** Stretches of the corpus in which a side's feature is active, each token coloured by its activation. */
public final class ExamplesPane implements Pane {
    private static final KeyCombination COPY = new KeyCodeCombination(KeyCode.C, KeyCombination.SHORTCUT_DOWN);
    private static final double ROOM_FOR_BUTTONS = 456;
    private static final double ROOM_FOR_BUTTONS_AND_CHIP = 660;

    private final ExamplesModel model;
    private final VocabularyTexts texts;
    private final ObservableValue<SearchQuery> sought;
    private final FileSaver desk;
    private final Side side;
    private final PaneFrame frame = new PaneFrame("Examples");
    private final ExampleList list = new ExampleList(false);
    private final Map<Choice, ToggleButton> buttons = new EnumMap<>(Choice.class);
    private final SegmentedButton choices = new SegmentedButton();
    private final ChoiceBox<Choice> choiceList = new ChoiceBox<>();
    private final Label range = new Label();
    private final Label none = new Label();
    private final HBox chip;
    private final ContextMenu menu = new ContextMenu();
    private final Consumer<Example> onOpen;
    private final AblationStrip ablation;
    private List<Example> shown = List.of();

    /**
     * @param sought words that are underlined in the examples
     * @param onToken called when a token of an example is chosen
     * @param onOpen called when an example is opened
     */
    public ExamplesPane(
            ExamplesModel model,
            VocabularyTexts texts,
            ObservableValue<SearchQuery> sought,
            Consumer<Integer> onToken,
            Consumer<Example> onOpen,
            FileSaver desk) {
        this.onOpen = onOpen;
        this.desk = desk;
        this.model = model;
        this.texts = texts;
        this.sought = sought;
        side = model.activations().side().name();
        chip = new HBox(range, IconButtons.of(Feather.X, "Remove this range", model::unmark));
        ablation = new AblationStrip(model.ablation(), texts, side);
        list.setOnToken((line, token) -> onToken.accept(line.ids()[token]));
        list.setOnOpen("Open this example in Your text, where it can be changed (Enter)", this::open);
        layOut();
        bind();
    }

    @Override
    public PaneFrame node() {
        return frame;
    }

    /** Focuses the list. */
    @Override
    public void focus() {
        list.requestFocus();
    }

    private void layOut() {
        list.setId("examples-" + side);
        none.setWrapText(true);
        none.getStyleClass().add("muted");
        list.setPlaceholder(none);
        list.getSelectionModel().setSelectionMode(SelectionMode.MULTIPLE);
        list.addEventHandler(KeyEvent.KEY_PRESSED, event -> {
            if (COPY.match(event)) {
                copyTexts();
                event.consume();
            }
        });
        choices.getStyleClass().add("small");
        choices.setToggleGroup(new ToggleGroup());
        for (Choice choice : Choice.values()) {
            ToggleButton button = new ToggleButton(words(choice));
            button.setId("examples-" + choice.name().toLowerCase(java.util.Locale.ROOT) + "-" + side);
            button.setTooltip(Tooltips.of(explanation(choice)));
            button.setMinWidth(javafx.scene.layout.Region.USE_PREF_SIZE);
            button.setToggleGroup(choices.getToggleGroup());
            button.setOnAction(event -> choose(choice));
            buttons.put(choice, button);
            choices.getButtons().add(button);
        }
        button(model.choice().get()).setSelected(true);
        chip.getStyleClass().add("chip");
        chip.setAlignment(Pos.CENTER_LEFT);
        choiceList.setId("examples-choice-" + side);
        choiceList.getItems().setAll(Choice.values());
        choiceList.setConverter(new LabelConverter<>(ExamplesPane::words));
        choiceList.setTooltip(Tooltips.of("Which examples are shown"));
        choiceList.setAccessibleText("Which examples are shown");
        choiceList.valueProperty().bindBidirectional(model.choice());
        frame.getActions().addAll(chip, choices, choiceList);
        frame.setRows();
        frame.setContent(list);
        layOutMenu();
        frame.getMenuItems().addAll(new CsvExport("examples", this::csv, desk).items("examples"));
    }

    private void layOutMenu() {
        MenuItem open = new MenuItem("Open in Your text");
        open.setOnAction(event -> open(list.getSelectionModel().getSelectedIndex()));
        MenuItem removed = new MenuItem("Remove each token in turn");
        removed.setOnAction(event -> ablate(AblationModel.How.REMOVED));
        MenuItem replaced = new MenuItem();
        replaced.setOnAction(event -> ablate(AblationModel.How.REPLACED));
        MenuItem copy = new MenuItem();
        copy.setId("examples-copy-" + side);
        copy.setOnAction(event -> copyTexts());
        MenuItem rows = new MenuItem("Copy selected rows");
        rows.setOnAction(event -> new CsvExport("examples", this::csv, desk)
                .copyRows(csv(list.getSelectionModel().getSelectedIndices().stream()
                        .map(shown::get)
                        .toList())));
        menu.getItems().addAll(open, removed, replaced, copy, rows);
        menu.setOnShowing(event -> {
            replaced.setText(
                    model.ablation().replacement().isPresent()
                            ? "Replace each token by "
                                    + TokenText.visible(texts.of(
                                            model.ablation().replacement().getAsInt()))
                                    + " in turn"
                            : "Replace each token in turn");
            boolean none = list.getSelectionModel().isEmpty();
            open.setDisable(none);
            removed.setDisable(none);
            replaced.setDisable(none || model.ablation().replacement().isEmpty());
            int many = list.getSelectionModel().getSelectedIndices().size();
            copy.setText(
                    list.markedText().isPresent()
                            ? "Copy the marked part"
                            : many > 1 ? "Copy these " + many + " texts" : "Copy this text");
            copy.setDisable(none);
            rows.setDisable(none);
        });
        list.setContextMenu(menu);
    }

    /** Puts what was dragged over, else the texts of the marked examples, one a line, on the clipboard. */
    private void copyTexts() {
        ClipboardContent content = new ClipboardContent();
        content.putString(list.markedText().orElseGet(this::texts));
        Clipboard.getSystemClipboard().setContent(content);
    }

    private String texts() {
        return list.getSelectionModel().getSelectedItems().stream()
                .map(TokenLine::sentence)
                .collect(Collectors.joining("\n"));
    }

    private void open(int row) {
        if (row >= 0 && row < shown.size()) {
            onOpen.accept(shown.get(row));
        }
    }

    private void ablate(AblationModel.How how) {
        int row = list.getSelectionModel().getSelectedIndex();
        if (row >= 0 && row < shown.size()) {
            model.ablate(shown.get(row), how);
        }
    }

    private ToggleButton button(Choice choice) {
        return Objects.requireNonNull(buttons.get(choice));
    }

    private void bind() {
        frame.statusProperty().bind(model.status());
        model.choice().addListener((property, was, is) -> button(is).setSelected(true));
        model.brush().addListener(changed -> showBrush());
        sought.addListener((property, was, is) -> list.setMarks(is::marksInExample));
        list.setMarks(sought.getValue()::marksInExample);
        frame.widthProperty().addListener(changed -> showBrush());
        model.ablation().subject().addListener(changed -> showAblation());
        for (Observable end : List.of(
                model.activations().range().upper(), model.activations().range().lower())) {
            end.addListener(changed -> {
                if (model.examples().getValue() != null) {
                    show(model.examples().getValue());
                }
            });
        }
        Answers.show(model.examples(), this::show, () -> show(List.of()));
        Answers.whileShown(frame, model.examples()::setWanted);
        showBrush();
    }

    private void choose(Choice choice) {
        button(choice).setSelected(true);
        model.choice().set(choice);
    }

    private void showBrush() {
        Brush brush = model.brush().get();
        chip.setVisible(brush != null);
        chip.setManaged(brush != null);
        boolean wide = frame.getWidth() >= (brush == null ? ROOM_FOR_BUTTONS : ROOM_FOR_BUTTONS_AND_CHIP);
        for (Node control : List.of(choices, choiceList)) {
            control.setDisable(brush != null);
            control.setVisible(control == choices == wide);
            control.setManaged(control.isVisible());
        }
        range.setText(
                brush == null
                        ? ""
                        : brush.quantity() + " " + NumberTexts.plain(brush.from()) + " to "
                                + NumberTexts.plain(brush.to()));
    }

    private void show(List<ExamplesModel.Group> groups) {
        List<Example> marked = list.getSelectionModel().getSelectedIndices().stream()
                .map(shown::get)
                .toList();
        shown = groups.stream().flatMap(group -> group.examples().stream()).toList();
        List<TokenLine> lines = shown.stream().map(this::line).toList();
        FeatureActivations all = model.activations().activations().getValue();
        list.setLines(
                lines,
                headings(groups),
                Math.max(model.activations().range().furthest(), all == null ? 0 : all.strongest()),
                side);
        list.getSelectionModel().clearSelection();
        marked.stream().mapToInt(shown::indexOf).filter(row -> row >= 0).forEach(list.getSelectionModel()::select);
        showAblation();
        none.setText(
                !shown.isEmpty() || model.examples().getValue() == null
                        ? ""
                        : model.brush().get() != null
                                ? "No token has an activation in this range"
                                : model.choice().get() == Choice.NEAR_MISSES
                                        ? "No near misses: the feature is active wherever its tokens stand"
                                        : "No examples");
        frame.subtitleProperty()
                .set(
                        !shown.isEmpty() || model.examples().getValue() == null
                                ? CorpusWords.heading(model.activations())
                                : model.brush().get() != null ? "none in this range" : "none found");
        frame.subtitleTipProperty().set(CorpusWords.headingTip(model.activations()));
    }

    /** The titles of the groups, by the index of the first example of each. */
    private Map<Integer, String> headings(List<ExamplesModel.Group> groups) {
        Map<Integer, String> headings = new HashMap<>();
        int row = 0;
        for (ExamplesModel.Group group : groups) {
            String token = group.token().isPresent()
                    ? TokenText.visible(texts.of(group.token().getAsInt())) + " "
                    : "";
            if (!group.title().isEmpty()) {
                headings.put(row, token + group.title());
            }
            row += group.examples().size();
        }
        return headings;
    }

    /** Shows the ablation below its example, and hides it with the example. */
    private void showAblation() {
        AblationModel.Subject subject = model.ablation().subject().get();
        int row = subject == null ? -1 : shown.indexOf(subject.example());
        if (subject != null && row < 0) {
            model.ablation().close();
        } else {
            list.showBelow(row, ablation);
        }
    }

    private Csv csv() {
        return csv(shown);
    }

    private Csv csv(List<Example> examples) {
        List<List<?>> rows = new ArrayList<>();
        for (Example example : examples) {
            rows.add(List.of(
                    example.activation(),
                    example.document(),
                    example.position(),
                    texts.of(example.ids()[example.focus()]),
                    line(example).sentence()));
        }
        return new Csv(List.of("activation", "document", "position", "token", "text"), rows);
    }

    private TokenLine line(Example example) {
        String[] words = new String[example.ids().length];
        for (int i = 0; i < words.length; i++) {
            words[i] = texts.of(example.ids()[i]);
        }
        return new TokenLine(words, example.ids(), example.values(), example.focus());
    }

    private static String words(Choice choice) {
        return switch (choice) {
            case TOP -> "Top";
            case INTERVALS -> "Intervals";
            case UNIFORM -> "Uniform";
            case RANDOM -> "Random";
            case NEAR_MISSES -> "Near misses";
        };
    }

    private static String explanation(Choice choice) {
        return switch (choice) {
            case TOP -> "The largest activations, by absolute value";
            case INTERVALS ->
                "Some from each of eight equal intervals of activation, highest first. Above each: how many tokens it "
                        + "has, and their share of all at which the feature is active";
            case UNIFORM -> "Drawn so that every strength of activation is as likely as every other";
            case RANDOM -> "Drawn so that every token at which the feature is active is as likely as every other";
            case NEAR_MISSES ->
                "Tokens at which the feature is often active, in texts where it is silent; the token is outlined";
        };
    }
}
