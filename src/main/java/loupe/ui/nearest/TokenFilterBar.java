package loupe.ui.nearest;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javafx.scene.control.Button;
import javafx.scene.control.CheckBox;
import javafx.scene.control.ComboBox;
import javafx.scene.control.TextField;
import javafx.scene.layout.FlowPane;
import loupe.analysis.tokens.TokenFilter;
import loupe.analysis.tokens.TokenScript;
import loupe.base.Refusal;
import loupe.state.ghost.GhostControlsModel;
import loupe.ui.control.IconButtons;
import loupe.ui.control.LabelConverter;
import loupe.ui.control.Reason;
import loupe.ui.control.Tooltips;
import org.controlsfx.control.textfield.TextFields;
import org.kordamp.ikonli.feather.Feather;

/** The controls of the token filter, which both sides share. Every change applies at once. */
final class TokenFilterBar extends FlowPane {
    private static final double BESIDE_REASON = 14;
    private static final Pattern REGEX = Pattern.compile("/(.+)/", Pattern.DOTALL);
    private static final Pattern LENGTHS = Pattern.compile("(\\d{1,4})?\\s*([-\u2013])?\\s*(\\d{1,4})?");

    private final GhostControlsModel controls;
    private final TextField text = TextFields.createClearableTextField();
    private final ComboBox<Optional<TokenScript>> script = new ComboBox<>();
    private final ComboBox<TokenFilter.Space> space = new ComboBox<>();
    private final CheckBox letters = new CheckBox("Letters");
    private final TextField length = TextFields.createClearableTextField();
    private final CheckBox trained = new CheckBox("Trained");
    private final Reason reason;
    private boolean following;

    /** @param name of the side, for the controls' ids */
    TokenFilterBar(GhostControlsModel controls, String name) {
        this.controls = controls;
        getStyleClass().add("token-filter");
        reason = new Reason("token-filter-reason-" + name);
        reason.prefWidthProperty().bind(widthProperty().subtract(BESIDE_REASON)); // a line of its own
        text.setId("token-filter-text-" + name);
        text.setPromptText("Text or /regex/");
        text.setTooltip(Tooltips.of("Case-insensitive text match; between slashes a regular expression, "
                + "such as /^ [a-z]+ing$/ (the leading space counts)"));
        text.setAccessibleText("Text that listed tokens have");
        text.getStyleClass().add("filter-text");
        script.setId("token-filter-script-" + name);
        List<Optional<TokenScript>> scripts = new ArrayList<>(List.of(Optional.empty()));
        for (TokenScript one : TokenScript.values()) {
            scripts.add(Optional.of(one));
        }
        script.getItems().setAll(scripts);
        script.setConverter(
                new LabelConverter<>(one -> one.map(TokenFilterBar::words).orElse("Any script")));
        script.setTooltip(Tooltips.of("Only tokens whose letters are of this script"));
        space.setId("token-filter-space-" + name);
        space.getItems().setAll(TokenFilter.Space.values());
        space.setConverter(new LabelConverter<>(TokenFilterBar::words));
        space.setTooltip(Tooltips.of("Word-initial tokens / continuations"));
        letters.setId("token-filter-letters-" + name);
        letters.setTooltip(Tooltips.of("Letters only (leading space ignored)"));
        length.setId("token-filter-length-" + name);
        length.setPromptText("Length");
        length.setAccessibleText("Length of listed tokens in characters");
        length.setTooltip(
                Tooltips.of("Length in characters, leading space ignored: 3, 3- (at least), -8 (at most) or 3-8"));
        length.getStyleClass().add("filter-length");
        trained.setId("token-filter-trained-" + name);
        trained.setTooltip(Tooltips.of(
                "Without unused ids, and without tokens hardly ever met in training: those whose embedding is shorter "
                        + "than "
                        + TokenFilter.USUALLY_TRAINED + " of the median norm, or nearer to the centroid than "
                        + TokenFilter.USUALLY_TRAINED + " of the median distance"));
        Button clear = IconButtons.of(
                Feather.X, "List all tokens again", () -> controls.filter().set(TokenFilter.NONE));
        clear.setId("token-filter-clear-" + name);
        clear.disableProperty().bind(controls.filter().isEqualTo(TokenFilter.NONE));
        getChildren().addAll(text, length, script, space, letters, trained, clear, reason);

        text.textProperty().addListener((property, was, is) -> typed());
        script.valueProperty()
                .addListener((property, was, is) -> change(
                        filter().withScripts(is.<Set<TokenScript>>map(Set::of).orElse(Set.of()))));
        space.valueProperty().addListener((property, was, is) -> change(filter().withSpace(is)));
        letters.selectedProperty().addListener((property, was, is) -> change(filter().withLettersOnly(is)));
        trained.selectedProperty()
                .addListener((property, was, is) -> change(filter().withTrained(is ? TokenFilter.USUALLY_TRAINED : 0)));
        length.textProperty().addListener((property, was, is) -> measured());
        controls.filter().addListener((property, was, is) -> show(is));
        show(filter());
    }

    void focusText() {
        text.requestFocus();
        text.selectAll();
    }

    private TokenFilter filter() {
        return controls.filter().get();
    }

    private void change(TokenFilter to) {
        if (!following) {
            controls.filter().set(to);
        }
    }

    private void typed() {
        if (following) {
            return;
        }
        Matcher regex = REGEX.matcher(text.getText());
        boolean isRegex = regex.matches();
        try {
            change(filter().withText(isRegex ? regex.group(1) : text.getText(), isRegex));
            boolean begun =
                    !isRegex && text.getText().length() > 1 && text.getText().startsWith("/");
            reason.remark(
                    text,
                    begun
                            ? "Read as text; a regular expression has a slash at its end too: " + text.getText() + "/"
                            : "");
        } catch (Refusal notARegex) {
            reason.refuse(text, notARegex.getMessage());
        }
    }

    private void measured() {
        if (following) {
            return;
        }
        Matcher range = LENGTHS.matcher(length.getText().strip());
        boolean sensible = range.matches();
        if (sensible) {
            int from = range.group(1) == null ? 0 : Integer.parseInt(range.group(1));
            int to = range.group(3) != null
                    ? Integer.parseInt(range.group(3))
                    : range.group(1) != null && range.group(2) == null ? from : Integer.MAX_VALUE;
            sensible = from <= to;
            if (sensible) {
                change(filter().withLength(from, to));
            }
        }
        reason.refuse(
                length, sensible ? "" : "A length is a number of characters: 3, 3- (at least), -8 (at most) or 3-8");
    }

    /** Shows a filter that was set elsewhere: by the other side's bar, undo or the clear button. */
    private void show(TokenFilter filter) {
        following = true;
        String written = filter.regex() ? "/" + filter.text() + "/" : filter.text();
        if (!text.getText().equals(written)) {
            text.setText(written);
            reason.refuse(text, "");
        }
        script.setValue(filter.scripts().stream().findFirst());
        space.setValue(filter.space());
        letters.setSelected(filter.lettersOnly());
        trained.setSelected(filter.trained() > 0);
        Matcher range = LENGTHS.matcher(length.getText().strip());
        if (!range.matches() || (!lengths(filter).equals(length.getText().strip()) && !length.isFocused())) {
            length.setText(lengths(filter));
            reason.refuse(length, "");
        }
        following = false;
    }

    private static String lengths(TokenFilter filter) {
        boolean open = filter.maxLength() == Integer.MAX_VALUE;
        if (filter.minLength() == 0) {
            return open ? "" : "-" + filter.maxLength();
        }
        return open
                ? filter.minLength() + "-"
                : filter.minLength() == filter.maxLength()
                        ? "" + filter.minLength()
                        : filter.minLength() + "-" + filter.maxLength();
    }

    private static String words(TokenFilter.Space space) {
        return switch (space) {
            case EITHER -> "Any space";
            case LEADING -> "With space";
            case WITHOUT -> "No space";
        };
    }

    private static String words(TokenScript script) {
        return switch (script) {
            case NONE -> "No letters";
            case OTHER -> "Other script";
            case MIXED -> "Mixed scripts";
            default -> script.name().charAt(0) + script.name().substring(1).toLowerCase(Locale.ROOT);
        };
    }
}
