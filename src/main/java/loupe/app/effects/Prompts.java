package loupe.app.effects;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import loupe.app.cli.UsageException;
import loupe.app.command.ModelOptions;
import loupe.inference.OpenModel;
import org.jspecify.annotations.Nullable;

/** Texts that were given as text or as token ids. */
final class Prompts {
    private Prompts() {}

    /**
     * The tokens of a text.
     *
     * @param name of the option for the text; that for its ids is given as {@code idsName}
     * @throws UsageException if none or both were given, or the text does not fit the model's context
     */
    static List<Integer> of(
            OpenModel opened,
            ModelOptions model,
            @Nullable String text,
            String name,
            int @Nullable [] ids,
            String idsName) {
        requireOne(text, name, ids, idsName);
        String option = text != null ? name : idsName;
        int[] given = text != null
                ? model.encode(opened, text, name)
                : ModelOptions.check(opened, Objects.requireNonNull(ids), idsName);
        requireFits(opened, given.length, option);
        return Arrays.stream(given).boxed().toList();
    }

    /** @throws UsageException unless exactly one was given; to be asked before anything is opened */
    static void requireOne(@Nullable String text, String name, int @Nullable [] ids, String idsName) {
        if ((text == null) == (ids == null)) {
            throw new UsageException(
                    "give " + name + " T or " + idsName + " 1,2,3" + (text == null ? "" : ", not both"));
        }
    }

    /** @throws UsageException if a text is empty or longer than the model's context */
    static void requireFits(OpenModel opened, int tokens, String option) {
        if (tokens == 0 || tokens > opened.config().context()) {
            throw new UsageException(option + " has " + tokens + " tokens, expected 1 to "
                    + opened.config().context() + ", the model's context");
        }
    }

    /** @throws UsageException if a prompt and what --generate adds to it are longer than the model's context */
    static void requireRoom(OpenModel opened, int prompt, int generate) {
        int context = opened.config().context();
        if ((long) prompt + generate > context) {
            throw new UsageException("--generate is " + generate + ", and the prompt has " + prompt
                    + " tokens, in a context of " + context + "; choose --generate " + (context - prompt)
                    + " or less, or a shorter prompt");
        }
    }

    /** The refusal of two texts that are to be compared token by token. */
    static UsageException differ(int clean, int corrupt) {
        return new UsageException("the clean text has " + clean + " tokens and the corrupt one " + corrupt
                + "; tokens are compared one by one, so both need as many");
    }

    /** The text of tokens, those that are parts of one character together. */
    static String text(OpenModel opened, List<Integer> ids) {
        return opened.tokenizer()
                .map(tokenizer -> tokenizer.decode(array(ids)))
                .orElseGet(() -> String.join("", texts(opened, ids)));
    }

    private static int[] array(List<Integer> ids) {
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    /** The tokens for people. */
    static List<String> texts(OpenModel opened, List<Integer> ids) {
        return ids.stream().map(id -> ModelOptions.text(opened, id)).toList();
    }
}
