package loupe.app.effects;

import java.util.List;
import loupe.analysis.effects.Metric;
import loupe.app.cli.OptionRange;
import loupe.app.cli.OptionSection;
import loupe.app.cli.UsageException;
import loupe.app.command.ModelOptions;
import loupe.inference.OpenModel;
import picocli.CommandLine.Option;

/** The options that give two texts of one length, and the number by which runs on them are compared. */
@OptionSection("Two texts, and what is compared")
public final class PairOptions {
    @Option(names = "--clean", paramLabel = "T", description = "The clean text; or give --clean-ids.")
    private String clean;

    @Option(
            names = "--corrupt",
            paramLabel = "T",
            description = "The corrupt text, of as many tokens; or --corrupt-ids.")
    private String corrupt;

    @Option(
            names = "--clean-ids",
            split = ",",
            paramLabel = "ID",
            description = "Token ids of the clean text, taken as they are.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int[] cleanIds;

    @Option(
            names = "--corrupt-ids",
            split = ",",
            paramLabel = "ID",
            description = "Token ids of the corrupt text, taken as they are.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int[] corruptIds;

    @Option(
            names = "--metric",
            required = true,
            paramLabel = "M",
            description =
                    "logit-diff:A:B (the logit of token A less that of B), logprob:A, logit:A or kl (divergence of "
                            + "the prediction from the clean run's, in nats).")
    private String metric;

    @Option(
            names = "--metric-position",
            paramLabel = "P",
            description = "Token whose prediction is compared, from 0 (default: the last).")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private Integer position;

    /**
     * The two texts and what is compared.
     *
     * @param corrupt empty if there is none
     */
    public record Pair(List<Integer> clean, List<Integer> corrupt, Metric metric, int position) {}

    /** Whether a corrupt text was given. */
    boolean hasCorrupt() {
        return corrupt != null || corruptIds != null;
    }

    /** To be asked before anything is opened: what can be refused without a model. */
    public void check(boolean needsCorrupt) {
        Prompts.requireOne(clean, "--clean", cleanIds, "--clean-ids");
        if (needsCorrupt || hasCorrupt()) {
            Prompts.requireOne(corrupt, "--corrupt", corruptIds, "--corrupt-ids");
        }
        parsed();
    }

    /** The metric, before anything is opened. */
    Metric parsed() {
        return Metric.parse(metric)
                .orElseThrow(() -> new UsageException("--metric is " + metric + ", expected " + Metric.FORMS));
    }

    /** The pair in tokens of a model. */
    public Pair of(OpenModel opened, ModelOptions model) {
        Metric compared = parsed();
        int vocabulary = opened.config().vocabularySize();
        if (Math.max(compared.token(), compared.other()) >= vocabulary) {
            throw new UsageException(
                    "--metric is " + compared + ", the tokens of the model are 0 to " + (vocabulary - 1));
        }
        List<Integer> one = Prompts.of(opened, model, clean, "--clean", cleanIds, "--clean-ids");
        List<Integer> other =
                hasCorrupt() ? Prompts.of(opened, model, corrupt, "--corrupt", corruptIds, "--corrupt-ids") : List.of();
        if (hasCorrupt() && one.size() != other.size()) {
            throw Prompts.differ(one.size(), other.size());
        }
        int at = position == null ? one.size() - 1 : position;
        if (at >= one.size()) {
            throw new UsageException(
                    "--metric-position is " + at + ", the tokens of the clean text are 0 to " + (one.size() - 1));
        }
        return new Pair(one, other, compared, at);
    }
}
