package loupe.state.ghost;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import loupe.analysis.ghost.GhostPrompt;
import loupe.base.Problem;
import loupe.inference.ModelId;
import loupe.inference.OpenModel;
import loupe.lm.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;

/**
 * The prompt in the prompt field as tokens of the open model.
 *
 * @param model of whose tokens
 * @param text with {@code {ghost}} in it
 * @param beginning whether the token for the beginning of text comes first
 * @param tokens null if it cannot be used
 * @param problem why not; null if it can
 */
public record PromptReading(
        ModelId model,
        String text,
        Tokenizer.Beginning beginning,
        @Nullable GhostPrompt tokens,
        @Nullable Problem problem) {
    public boolean isOf(OpenModel other, GhostValues values) {
        return model.equals(other.id()) && text.equals(values.prompt()) && beginning == values.beginning();
    }

    public static PromptReading of(OpenModel model, GhostValues values) {
        String text = values.prompt();
        Optional<Tokenizer> tokenizer = model.tokenizer();
        if (tokenizer.isEmpty()) {
            return refused(
                    model,
                    values,
                    "The model has no tokenizer files, so a prompt cannot be read. Add its tokenizer.json, or give "
                            + "token ids at the command line");
        }
        if (values.beginning() == Tokenizer.Beginning.YES
                && tokenizer.get().beginning().isEmpty()) {
            return refused(
                    model,
                    values,
                    "The model has no token for the beginning of text. Let the prompt begin as the model's texts do");
        }
        List<List<Integer>> pieces = new ArrayList<>();
        for (String piece : GhostPrompt.pieces(text)) {
            int[] ids = (pieces.isEmpty()
                            ? tokenizer.get().encode(piece, values.beginning())
                            : tokenizer.get().encodeContinuation(piece))
                    .ids();
            List<Integer> tokens = new ArrayList<>(ids.length);
            for (int id : ids) {
                tokens.add(id);
            }
            pieces.add(tokens);
        }
        if (pieces.size() < 2) {
            return refused(
                    model,
                    values,
                    "The prompt has no place for the ghost. Write " + GhostPrompt.PLACEHOLDER + " where it belongs");
        }
        GhostPrompt prompt = GhostPrompt.between(pieces);
        if (prompt.ids().size() + 1 > model.config().context()) {
            return refused(
                    model,
                    values,
                    "The prompt has " + prompt.ids().size() + " tokens, but the model sees only "
                            + model.config().context() + ". Shorten it");
        }
        return new PromptReading(model.id(), text, values.beginning(), prompt, null);
    }

    private static PromptReading refused(OpenModel model, GhostValues values, String why) {
        return new PromptReading(model.id(), values.prompt(), values.beginning(), null, new Problem(why, true, ""));
    }
}
