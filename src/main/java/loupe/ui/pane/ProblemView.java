package loupe.ui.pane;

import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import javafx.css.PseudoClass;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.ScrollPane;
import javafx.scene.input.Clipboard;
import javafx.scene.input.ClipboardContent;
import javafx.scene.layout.FlowPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.base.Problem;
import loupe.base.Remedy;
import loupe.state.window.RemedyWords;
import loupe.ui.control.Tooltips;
import org.jspecify.annotations.Nullable;
import org.kordamp.ikonli.feather.Feather;
import org.kordamp.ikonli.javafx.FontIcon;

/** A failure shown in place of the content: message, retry, and for an unexpected failure details to copy. */
public final class ProblemView extends Region {
    private static final PseudoClass TIGHT = PseudoClass.getPseudoClass("tight");
    /** The height in pixels from which there is room for wide margins. */
    private static final double ROOMY = 170;

    private static final double GAP = 8;
    private static final double TIGHT_GAP = 4;

    private final Label message = new Label();
    private final Button mend = new Button();
    private final Button retry = new Button("Retry");
    private final Button copy = new Button("Copy details");
    private final Button close = new Button("Close");
    private final VBox box;
    private final HBox words;
    private final FlowPane buttons;
    private final ScrollPane scroll;
    private @Nullable Consumer<Remedy> remedied;
    private Problem problem = new Problem("", true, "");

    /** @param again the action of "Retry"; null hides the button */
    public ProblemView(@Nullable Runnable again) {
        getStyleClass().add("problem-view");
        FontIcon icon = new FontIcon(Feather.ALERT_TRIANGLE);
        icon.getStyleClass().add("problem-icon");
        message.getStyleClass().add("problem-message");
        HBox.setHgrow(message, Priority.ALWAYS);
        retry.getStyleClass().add("problem-retry");
        retry.setTooltip(Tooltips.of("Try the same again"));
        copy.getStyleClass().add("problem-copy");
        copy.setTooltip(Tooltips.of("Copy the message and the technical details, for a report"));
        copy.setOnAction(event -> copyDetails());
        onRetry(again);
        mend.getStyleClass().addAll("problem-mend", "accent");
        mend.setTooltip(Tooltips.of("Choose what would mend this"));
        onRemedy(null);

        close.getStyleClass().add("problem-close");
        close.setTooltip(Tooltips.of("Back to what was here before"));
        onDismiss(null);
        words = new HBox(8, icon, message);
        scroll = new ScrollPane(words);
        scroll.setFitToWidth(true);
        scroll.setHbarPolicy(ScrollPane.ScrollBarPolicy.NEVER);
        scroll.getStyleClass().add("problem-words");
        buttons = new FlowPane(GAP, GAP, mend, retry, close, copy);
        buttons.setMinHeight(USE_PREF_SIZE);
        box = new VBox(scroll, buttons);
        box.getStyleClass().add("problem-box");
        box.setMinSize(0, 0);
        setMinSize(0, 0);
        getChildren().add(box);
    }

    /** Makes the box as high as its text needs; in less room margins go first, then the text scrolls. */
    @Override
    protected void layoutChildren() {
        boolean tight = getHeight() < ROOMY;
        if (tight != getPseudoClassStates().contains(TIGHT)) {
            pseudoClassStateChanged(TIGHT, tight);
            buttons.setVgap(tight ? TIGHT_GAP : GAP);
            applyCss();
        }
        double width = Math.min(getWidth() - snappedLeftInset() - snappedRightInset(), box.maxWidth(-1));
        double inside = width - box.snappedLeftInset() - box.snappedRightInset();
        scroll.setPrefViewportHeight(words.prefHeight(inside));
        double needed = box.snappedTopInset()
                + words.prefHeight(inside)
                + 2
                + box.getSpacing()
                + buttons.prefHeight(inside)
                + box.snappedBottomInset();
        double height = Math.min(getHeight() - snappedTopInset() - snappedBottomInset(), needed);
        box.resizeRelocate(
                snapPositionX((getWidth() - width) / 2),
                snapPositionY((getHeight() - height) / 2),
                snapSizeX(width),
                snapSizeY(height));
    }

    public void show(Problem shown) {
        problem = Objects.requireNonNull(shown, "shown");
        message.setText(shown.message());
        setAccessibleText("Problem: " + shown.message());
        visible(copy, !shown.details().isEmpty());
        offer();
    }

    /**
     * Says what becomes of the remedy that the user chooses.
     *
     * @param chosen is given the remedy whose button was pressed; null where nothing can be chosen
     */
    public void onRemedy(@Nullable Consumer<Remedy> chosen) {
        remedied = chosen;
        offer();
    }

    private void offer() {
        Consumer<Remedy> mending = remedied;
        Optional<Remedy> offered = mending == null ? Optional.empty() : RemedyWords.offered(problem);
        visible(mend, offered.isPresent());
        offered.ifPresent(remedy -> {
            mend.setText(RemedyWords.label(remedy));
            mend.setOnAction(event -> Objects.requireNonNull(mending).accept(remedy));
        });
    }

    public void onRetry(@Nullable Runnable again) {
        visible(retry, again != null);
        retry.setOnAction(event -> Objects.requireNonNull(again).run());
    }

    /**
     * Offers to close what is shown, or not to.
     *
     * @param dismiss the action of "Close"; null hides the button
     */
    public void onDismiss(@Nullable Runnable dismiss) {
        visible(close, dismiss != null);
        close.setOnAction(event -> Objects.requireNonNull(dismiss).run());
    }

    private void copyDetails() {
        ClipboardContent content = new ClipboardContent();
        content.putString(problem.message() + "\n\n" + problem.details());
        Clipboard.getSystemClipboard().setContent(content);
    }

    private static void visible(Button button, boolean shown) {
        button.setVisible(shown);
        button.setManaged(shown);
    }
}
