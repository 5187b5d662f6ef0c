package loupe.state;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import loupe.analysis.ghost.GhostPrompt;
import loupe.base.Problem;
import loupe.inference.ModelId;
import loupe.inference.OpenModel;
import loupe.lm.Tokenizer;

/**
 * A prompt as its field has it, in tokens of the open model.
 *
 * @param model of whose tokens
 * @param text with {@code {ghost}} in it
 * @param tokens null if it cannot be used
 * @param problem why not; null if it can
 */
record PromptReading(ModelId model, String text, GhostPrompt tokens, Problem problem) {
    boolean isOf(OpenModel other, String otherText) {
        return model.equals(other.id()) && text.equals(otherText);
    }

    static PromptReading of(OpenModel model, String text) {
        Optional<Tokenizer> tokenizer = model.tokenizer();
        if (tokenizer.isEmpty()) {
            return refused(model, text, "The model has no tokenizer files, so a prompt cannot be read. Use the command line with --prompt-ids");
        }
        List<List<Integer>> pieces = new ArrayList<>();
        for (String piece : GhostPrompt.pieces(text)) {
            int[] ids = tokenizer.get().encode(piece, pieces.isEmpty() ? Tokenizer.Beginning.AUTO : Tokenizer.Beginning.NO).ids();
            List<Integer> tokens = new ArrayList<>(ids.length);
            for (int id : ids) {
                tokens.add(id);
            }
            pieces.add(tokens);
        }
        if (pieces.size() < 2) {
            return refused(model, text, "The prompt has no place for the ghost. Write " + GhostPrompt.PLACEHOLDER + " where it belongs");
        }
        GhostPrompt prompt = GhostPrompt.between(pieces);
        if (prompt.ids().size() + 1 > model.config().context()) {
            return refused(model, text, "The prompt has " + prompt.ids().size() + " tokens, but the model sees only " + model.config().context() + ". Shorten it");
        }
        return new PromptReading(model.id(), text, prompt, null);
    }

    private static PromptReading refused(OpenModel model, String text, String why) {
        return new PromptReading(model.id(), text, null, new Problem(why, true, ""));
    }
}
