package loupe.state.text;

import java.util.ArrayList;
import java.util.List;
import loupe.lm.tokenizer.Tokenizer;
import loupe.lm.tokenizer.Tokens;

/**
 * A text in tokens of the open model.
 *
 * @param ids what the model is given: the text's first tokens, as many as its context holds
 * @param texts each token's own text, as it is displayed
 * @param starts index in the text (UTF-16 units) of each token's first character
 * @param ends index after its last one; equal to the start for the token for the beginning of text. Tokens that are
 *     parts of one character share its span
 * @param begins whether the first is the token for the beginning of text, which is not part of the text
 * @param cut whether the text continues beyond them
 */
public record PromptTokens(
        List<Integer> ids, List<String> texts, List<Integer> starts, List<Integer> ends, boolean begins, boolean cut) {
    /** No text. */
    public static final PromptTokens NONE = new PromptTokens(List.of(), List.of(), List.of(), List.of(), false, false);

    /** Characters read for each position of the context, enough to fill it; the rest of the text is ignored. */
    private static final int CHARACTERS_PER_POSITION = 64;

    public PromptTokens {
        ids = List.copyOf(ids);
        texts = List.copyOf(texts);
        starts = List.copyOf(starts);
        ends = List.copyOf(ends);
    }

    /**
     * The tokens of a text; none if it is empty.
     *
     * @param context most tokens that are read
     */
    static PromptTokens of(Tokenizer tokenizer, String text, Tokenizer.Beginning beginning, int context) {
        if (text.isEmpty()) {
            return NONE;
        }
        String some = beginningOf(text, (long) CHARACTERS_PER_POSITION * context);
        boolean canBegin = tokenizer.beginning().isPresent();
        Tokens all = tokenizer.encode(some, canBegin ? beginning : Tokenizer.Beginning.NO);
        return of(tokenizer, all, context, some.length() < text.length());
    }

    /** The tokens of a text that continues another, as an answer does. */
    static PromptTokens ofContinuation(Tokenizer tokenizer, String text, int context) {
        if (text.isEmpty()) {
            return NONE;
        }
        String some = beginningOf(text, (long) CHARACTERS_PER_POSITION * context);
        return of(tokenizer, tokenizer.encodeContinuation(some), context, some.length() < text.length());
    }

    private static PromptTokens of(Tokenizer tokenizer, Tokens all, int context, boolean cut) {
        List<Integer> ids = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        List<Integer> starts = new ArrayList<>();
        List<Integer> ends = new ArrayList<>();
        int count = Math.min(all.size(), context);
        for (int i = 0; i < count; i++) {
            ids.add(all.id(i));
            texts.add(tokenizer.text(all.id(i)));
            starts.add(all.start(i));
            ends.add(all.end(i));
        }
        boolean begins = count > 0
                && tokenizer.beginning().isPresent()
                && all.id(0) == tokenizer.beginning().getAsInt()
                && all.start(0) == all.end(0);
        return new PromptTokens(ids, texts, starts, ends, begins, cut || count < all.size());
    }

    /** The first characters of a text, none of them cut in two. */
    private static String beginningOf(String text, long most) {
        if (text.length() <= most) {
            return text;
        }
        int end = (int) most;
        return text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end);
    }

    public int size() {
        return ids.size();
    }

    public boolean isEmpty() {
        return ids.isEmpty();
    }
}
