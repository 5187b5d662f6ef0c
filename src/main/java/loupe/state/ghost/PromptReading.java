package loupe.state.ghost;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import loupe.analysis.ghost.GhostPrompt;
import loupe.base.Problem;
import loupe.inference.ModelId;
import loupe.inference.OpenModel;
import loupe.lm.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;

/**
 * The prompt in force as tokens of the open model: that of the verbaliser, the token ids, or the text of the prompt
 * field. A token to be left out that the model does not have is a problem here too.
 *
 * @param tokens null if it cannot be used
 * @param problem why not; null if it can
 */
public record PromptReading(
        Given given, @Nullable GhostPrompt tokens, @Nullable Problem problem) {
    /**
     * What is read.
     *
     * @param model of whose tokens
     * @param text with {@code {ghost}} in it; empty if the ids are used
     * @param ids instead of a text
     * @param beginning whether the token for the beginning of text comes before a text
     */
    public record Given(
            ModelId model,
            Optional<String> text,
            Optional<GhostPrompt> ids,
            Tokenizer.Beginning beginning,
            Optional<Integer> maskId) {
        static Given of(OpenModel model, GhostValues values) {
            Optional<String> text = values.promptText();
            return new Given(
                    model.id(),
                    text,
                    text.isPresent() ? Optional.empty() : values.promptIds(),
                    values.beginning(),
                    values.maskId());
        }
    }

    public boolean isOf(OpenModel other, GhostValues values) {
        return given.equals(Given.of(other, values));
    }

    public static PromptReading of(OpenModel model, GhostValues values) {
        Given given = Given.of(model, values);
        return given.text().isPresent()
                ? ofText(model, given, given.text().get())
                : checked(model, given, given.ids().orElseThrow());
    }

    private static PromptReading ofText(OpenModel model, Given given, String text) {
        Optional<Tokenizer> tokenizer = model.tokenizer();
        if (tokenizer.isEmpty()) {
            return refused(
                    given,
                    "The model has no tokenizer files, so a prompt cannot be read. Add its tokenizer.json, or write "
                            + "the prompt as token ids, which the menu Wordings offers");
        }
        if (given.beginning() == Tokenizer.Beginning.YES
                && tokenizer.get().beginning().isEmpty()) {
            return refused(
                    given,
                    "The model has no token for the beginning of text. Let the prompt begin as the model's texts do");
        }
        List<List<Integer>> pieces = new ArrayList<>();
        for (String piece : GhostPrompt.pieces(text)) {
            int[] ids = (pieces.isEmpty()
                            ? tokenizer.get().encode(piece, given.beginning())
                            : tokenizer.get().encodeContinuation(piece))
                    .ids();
            pieces.add(IntStream.of(ids).boxed().toList());
        }
        if (pieces.size() < 2) {
            return refused(
                    given,
                    "The prompt has no place for the ghost. Write " + GhostPrompt.PLACEHOLDER + " where it belongs");
        }
        return checked(model, given, GhostPrompt.between(pieces));
    }

    private static PromptReading checked(OpenModel model, Given given, GhostPrompt prompt) {
        int size = model.config().vocabularySize();
        Optional<Integer> unknown =
                prompt.ids().stream().filter(id -> id >= size).findFirst();
        if (unknown.isPresent()) {
            return refused(
                    given,
                    "The prompt has token " + unknown.get() + ", but the model has only " + size
                            + " tokens, from 0. Write others");
        }
        if (given.maskId().filter(id -> id >= size).isPresent()) {
            return refused(
                    given,
                    "Token " + given.maskId().get() + " is to be left out, but the model has only " + size
                            + " tokens, from 0. Leave out another, or none");
        }
        if (prompt.ids().size() + 1 > model.config().context()) {
            return refused(
                    given,
                    "The prompt has " + prompt.ids().size() + " tokens, but the model sees only "
                            + model.config().context() + ". Shorten it");
        }
        return new PromptReading(given, prompt, null);
    }

    private static PromptReading refused(Given given, String why) {
        return new PromptReading(given, null, new Problem(why, true, ""));
    }
}
