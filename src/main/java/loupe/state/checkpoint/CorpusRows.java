package loupe.state.checkpoint;

import java.util.ArrayList;
import java.util.List;
import loupe.analysis.prompts.TokenRows;
import loupe.base.Cancellation;
import loupe.base.Refusal;
import loupe.index.Contexts;
import loupe.index.Corpus;
import loupe.index.DocumentPacking;
import loupe.inference.OpenModel;
import loupe.lm.tokenizer.Tokenizer;
import loupe.state.window.CorpusFiles;

/** The beginning of a corpus as a model reads it. */
final class CorpusRows {
    private CorpusRows() {}

    /**
     * Reads and tokenises; for the file pool. Contexts of one token, after which nothing is predicted, are left out.
     *
     * @throws Refusal if no text is left
     */
    static TokenRows read(
            OpenModel model, CorpusFiles text, DocumentPacking documents, long tokens, Cancellation cancellation) {
        Tokenizer tokenizer = model.tokenizer().orElseThrow();
        Contexts packing = new Contexts(
                Math.min(Contexts.DEFAULT_LENGTH, model.config().context()), tokenizer.beginning(), tokens, documents);
        List<Contexts.Context> contexts = new ArrayList<>();
        Corpus.of(text.paths())
                .read(tokenizer.reading(), packing, characters -> cancellation.check(), contexts::addAll);
        contexts.removeIf(context -> context.ids().length < 2);
        if (contexts.isEmpty()) {
            throw new Refusal(text.name() + " has no text of two tokens or more, so there is nothing to measure on");
        }
        return documents.rows(contexts);
    }
}
