package loupe.state.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.IntegerProperty;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.property.SimpleIntegerProperty;
import javafx.beans.property.SimpleStringProperty;
import javafx.beans.property.StringProperty;
import loupe.base.Cancellation;
import loupe.inference.OpenModel;
import loupe.inference.Priority;
import loupe.lm.tokenizer.Tokenizer;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.ResultSlot;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * A text that the user typed or took from an example, in tokens of the open model; both sides read it. JavaFX thread
 * only.
 */
public final class OwnText {
    /** Characters read for each position of the context, enough to fill it; the rest of the text is ignored. */
    private static final int CHARACTERS_PER_POSITION = 64;

    private final Workbench workbench;
    private final StringProperty text = new SimpleStringProperty(this, "text", "");
    private final BooleanProperty beginning = new SimpleBooleanProperty(this, "beginning", true);
    private final IntegerProperty token = new SimpleIntegerProperty(this, "token", -1);
    private final ResultSlot<Read> tokens;
    private @Nullable List<Integer> given;
    private String givenText = "";

    /**
     * A text as the model reads it.
     *
     * @param ids what the model is given: the text's first tokens, as many as its context holds
     * @param begins whether the first is the token for the beginning of text, which is not part of the text
     * @param cut whether the text continues beyond them
     */
    public record Read(List<Integer> ids, boolean begins, boolean cut) {}

    public OwnText(Workbench workbench) {
        this.workbench = workbench;
        tokens = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        text.addListener(changed -> ask(false));
        beginning.addListener(changed -> ask(false));
        workbench.model().addListener(changed -> {
            token.set(-1);
            given = null;
            ask(true);
        });
        tokens.valueProperty().addListener((property, was, is) -> {
            if (is == null || token.get() >= is.ids().size()) {
                token.set(-1);
            }
        });
    }

    public StringProperty text() {
        return text;
    }

    /**
     * Whether the text begins with the token for the beginning of text, as each document of the corpus does; without
     * effect if the model has none.
     */
    public BooleanProperty beginning() {
        return beginning;
    }

    /** Whether the open model has a token for the beginning of text. */
    public boolean hasBeginning() {
        return tokenizer().map(Tokenizer::beginning).orElse(OptionalInt.empty()).isPresent();
    }

    /** Index of the chosen token; -1 while none is. */
    public IntegerProperty token() {
        return token;
    }

    /** The text in tokens. */
    public ResultSlot<Read> tokens() {
        return tokens;
    }

    /**
     * Opens a text given as tokens of the open model, such as an example. Until it is edited it keeps exactly these
     * tokens, even if it begins within a word and would be tokenised differently on its own. It has the token for the
     * beginning of text if the given ones do.
     *
     * @param focus index of the token to choose; -1 for none
     */
    public void open(int[] ids, int focus) {
        Optional<Tokenizer> known = tokenizer();
        if (known.isEmpty() || ids.length == 0) {
            return;
        }
        OptionalInt first = known.get().beginning();
        boolean begun = first.isPresent() && ids[0] == first.getAsInt();
        int[] own = begun ? java.util.Arrays.copyOfRange(ids, 1, ids.length) : ids;
        token.set(-1);
        if (first.isPresent()) {
            beginning.set(begun);
        }
        given = IntStream.of(own).boxed().toList();
        givenText = known.get().decode(own);
        if (givenText.equals(text.get())) {
            ask(false);
        } else {
            text.set(givenText);
        }
        token.set(focus);
    }

    private Optional<Tokenizer> tokenizer() {
        OpenModel model = workbench.model().get();
        return model == null ? Optional.empty() : model.tokenizer();
    }

    private void ask(boolean afresh) {
        OpenModel model = workbench.model().get();
        if (tokenizer().isEmpty() || text.get().isEmpty()) {
            tokens.clear();
            return;
        }
        if (!text.get().equals(givenText)) {
            given = null;
        }
        Tokenise question = new Tokenise(
                tokenizer().get(),
                text.get(),
                given,
                beginning.get(),
                model.config().context());
        if (afresh) {
            tokens.askAfresh(question);
        } else {
            tokens.ask(question);
        }
    }

    /** @param given the text's tokens, if they are known already; else null */
    private record Tokenise(
            Tokenizer tokenizer, String text, @Nullable List<Integer> given, boolean beginning, int context)
            implements HostQuestion<Read> {
        @Override
        public Read answer(Cancellation cancellation) {
            int most = (int) Math.min(Integer.MAX_VALUE, (long) CHARACTERS_PER_POSITION * context);
            String some = text.length() <= most ? text : text.substring(0, most);
            List<Integer> ids = new ArrayList<>();
            boolean begins = beginning && tokenizer.beginning().isPresent();
            if (begins) {
                ids.add(tokenizer.beginning().getAsInt());
            }
            List<Integer> own = given != null
                    ? given
                    : IntStream.of(tokenizer
                                    .encode(some, Tokenizer.Beginning.NO)
                                    .ids())
                            .boxed()
                            .toList();
            ids.addAll(own.subList(0, Math.min(own.size(), context - ids.size())));
            return new Read(
                    List.copyOf(ids),
                    begins,
                    (given == null && some.length() < text.length()) || ids.size() < own.size() + (begins ? 1 : 0));
        }
    }
}
