package loupe.app.command;

import java.util.List;
import java.util.Set;
import loupe.app.cli.OptionRange;
import loupe.app.cli.OptionSection;
import loupe.base.NumberRange;
import loupe.base.Refusal;
import loupe.index.CorpusMasks;
import loupe.inference.OpenModel;
import picocli.CommandLine.Option;

/** The options that say which tokens of a corpus are left out. */
@OptionSection("Tokens left out")
final class MaskOptions {
    @Option(names = "--mask-bos", description = "Leave out the tokens for the beginning of text.")
    private boolean beginning;

    @Option(
            names = "--mask-first",
            paramLabel = "N",
            defaultValue = "0",
            description = "Leave out the first N positions of each document, or of each context of packed ones "
                    + "(default: ${DEFAULT-VALUE}).")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int firstPositions;

    @Option(
            names = "--mask-norm",
            paramLabel = "K",
            description =
                    "Leave out tokens whose vector at a hook point has a norm above K times the median of their batch.")
    @OptionRange(least = NumberRange.ABOVE_ZERO, most = NumberRange.LARGEST)
    private Double normMultiple;

    /** @param ignored ids whose tokens are left out */
    CorpusMasks of(OpenModel model, Set<Integer> ignored) {
        int id = !beginning
                ? -1
                : CorpusOptions.tokenizer(model)
                        .beginning()
                        .orElseThrow(() -> new Refusal(
                                "--mask-bos: " + model.folder() + " has no token for the beginning of text"));
        return new CorpusMasks(id, firstPositions, normMultiple == null ? 0 : normMultiple, List.copyOf(ignored));
    }
}
