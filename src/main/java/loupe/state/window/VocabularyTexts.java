package loupe.state.window;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import loupe.inference.OpenModel;
import loupe.lm.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;

/** The texts of the open model's tokens, each decoded once. Read from any thread, changed on the JavaFX thread. */
public final class VocabularyTexts {
    private volatile Known known = new Known(null, new AtomicReferenceArray<>(0));

    public VocabularyTexts(Workbench workbench) {
        workbench.model().addListener((property, was, is) -> setModel(is));
        setModel(workbench.model().get());
    }

    private record Known(@Nullable Tokenizer tokenizer, AtomicReferenceArray<String> texts) {}

    private void setModel(@Nullable OpenModel model) {
        known = model == null
                ? new Known(null, new AtomicReferenceArray<>(0))
                : new Known(
                        model.tokenizer().orElse(null),
                        new AtomicReferenceArray<>(model.config().vocabularySize()));
    }

    /** A token's own text, its spaces kept; {@code <17>} where there is no tokenizer. */
    public String of(int id) {
        Known now = known;
        Tokenizer tokenizer = now.tokenizer();
        if (tokenizer == null || id < 0 || id >= now.texts().length()) {
            return "<" + id + ">";
        }
        String text = now.texts().get(id);
        if (text == null) {
            text = tokenizer.text(id);
            now.texts().set(id, text);
        }
        return text;
    }

    /** The tokens of a text, without the token for the beginning of text; none if there is no tokenizer. */
    public List<Integer> encode(String text) {
        Known now = known;
        List<Integer> ids = new ArrayList<>();
        Tokenizer tokenizer = now.tokenizer();
        if (tokenizer != null) {
            for (int id : tokenizer.encode(text, Tokenizer.Beginning.NO).ids()) {
                ids.add(id);
            }
        }
        return ids;
    }
}
