package loupe.app.effects;

import java.util.List;
import java.util.Objects;
import loupe.app.cli.OptionRange;
import loupe.app.cli.OptionSection;
import loupe.app.cli.UsageException;
import loupe.app.command.ModelOptions;
import loupe.inference.OpenModel;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options for what a text is compared with, and what should follow it. */
@OptionSection("What is predicted")
final class TextPairOptions {
    @Option(
            names = "--predictions",
            paramLabel = "K",
            defaultValue = "5",
            description =
                    "Next tokens listed after each token, the likeliest of each text (default: " + "${DEFAULT-VALUE}).")
    @OptionRange(most = OptionRange.MOST_LISTED)
    private int predictions;

    @Option(
            names = "--corrupt",
            paramLabel = "T",
            description = "A second text, of as many tokens, that is read beside the first; or --corrupt-ids.")
    private String corrupt;

    @Option(
            names = "--corrupt-ids",
            split = ",",
            paramLabel = "ID",
            description = "Token ids of the second text, taken as they are.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int[] corruptIds;

    @Option(
            names = "--answer",
            paramLabel = "T",
            description = "What should follow, with the space in front of it; its first token counts.")
    private String answer;

    @Option(names = "--wrong-answer", paramLabel = "T", description = "What should not follow, likewise.")
    private String wrongAnswer;

    /** To be asked before anything is opened. */
    void check() {
        if (corrupt != null && corruptIds != null) {
            throw new UsageException("give --corrupt T or --corrupt-ids 1,2,3, not both");
        }
    }

    int predictions() {
        return predictions;
    }

    boolean hasAnswer() {
        return answer != null;
    }

    boolean hasWrongAnswer() {
        return wrongAnswer != null;
    }

    /** The tokens of the second text; null if there is none. */
    @Nullable
    List<Integer> corrupt(OpenModel opened, ModelOptions model, int length) {
        if (corrupt == null && corruptIds == null) {
            return null;
        }
        List<Integer> ids = Prompts.of(opened, model, corrupt, "--corrupt", corruptIds, "--corrupt-ids");
        if (ids.size() != length) {
            throw Prompts.differ(length, ids.size());
        }
        return ids;
    }

    /** The first token of the answer, if there is one, and that of the wrong answer. */
    List<Integer> followed(OpenModel opened, ModelOptions model) {
        return java.util.stream.Stream.of(
                        first(opened, model, answer, "--answer"), first(opened, model, wrongAnswer, "--wrong-answer"))
                .filter(Objects::nonNull)
                .map(Objects::requireNonNull)
                .toList();
    }

    private static @Nullable Integer first(OpenModel opened, ModelOptions model, @Nullable String text, String option) {
        if (text == null) {
            return null;
        }
        int[] ids = model.encodeContinuation(opened, text, option);
        if (ids.length == 0) {
            throw new UsageException(option + " has no tokens, expected at least one");
        }
        return ids[0];
    }
}
