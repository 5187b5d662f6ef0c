package loupe.state.window;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
import javafx.beans.property.ReadOnlyObjectProperty;
import loupe.analysis.lens.KeptMoments;
import loupe.analysis.lens.LogitMoments;
import loupe.analysis.lens.LogitProjection;
import loupe.analysis.lens.TokenSet;
import loupe.analysis.lens.TokenSets;
import loupe.base.Cancellation;
import loupe.inference.ModelId;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.lm.tokenizer.Tokenizer;
import loupe.search.SearchTexts;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.ResultSlot;
import org.jspecify.annotations.Nullable;

/**
 * The texts of the open model's tokens, each decoded once, and the sets of tokens that follow from them. Read from any
 * thread, changed on the JavaFX thread.
 */
public final class VocabularyTexts {
    private volatile Known known = new Known(null, new AtomicReferenceArray<>(0));

    private final ResultSlot<List<TokenSet>> sets;
    private final Optional<KeptMoments> kept;

    public VocabularyTexts(Workbench workbench) {
        this(workbench, Optional.empty());
    }

    /** @param kept where what follows from the sets is kept on disk */
    public VocabularyTexts(Workbench workbench, Optional<KeptMoments> kept) {
        this.kept = kept;
        sets = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
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
        if (model == null) {
            sets.clear();
        } else {
            sets.askAfresh(new Sets(this, model.id(), model.config().vocabularySize()));
        }
    }

    /** The built-in sets of tokens of the open model; null while they are not known. JavaFX thread only. */
    public ReadOnlyObjectProperty<List<TokenSet>> sets() {
        return sets.valueProperty();
    }

    /**
     * The question how a checkpoint's features stand to the tokens and their sets: the same for all who ask it, so that
     * it is answered once. Null while the sets are not known, or if the checkpoint does not write to the residual
     * stream.
     */
    public @Nullable LogitMoments moments(@Nullable OpenModel model, @Nullable OpenSae sae) {
        List<TokenSet> known = sets.getValue();
        return model == null
                        || sae == null
                        || known == null
                        || sae.config().dOut() != model.config().dModel()
                ? null
                : new LogitMoments(
                        model.id(), sae.id(), LogitProjection.DEFAULT, SearchTexts.PROMOTED_TOKENS, known, kept);
    }

    /** Not on the compute thread, where it would hold up sliders. */
    private record Sets(VocabularyTexts texts, ModelId model, int tokens) implements HostQuestion<List<TokenSet>> {
        @Override
        public List<TokenSet> answer(Cancellation cancellation) {
            return TokenSets.of(tokens, texts::of, cancellation);
        }

        @Override
        public boolean readsFiles() {
            return true;
        }
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
