package loupe.app.effects;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import loupe.analysis.effects.DoseTable;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.format.TextFiles;
import loupe.ui.text.DoseFigures;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dose}: what a feature does as it is pushed further and further, beside controls. */
@Command(
        name = "dose",
        description = "Push a feature by more and more, and measure what becomes of predictions and of generated "
                + "texts; beside it the wrong sign, random directions and other features.")
public final class DoseCommand extends LoupeCommand<DoseCommand.Result> {
    @Mixin
    private DoseOptions doses;

    @Option(names = "--out", paramLabel = "F", description = "CSV file to write: a row for each arm and dose.")
    private Path out;

    @Override
    public Result run(CommandContext context) throws IOException {
        doses.check();
        if (out != null) {
            OptionPaths.writable(out, "--out");
        }
        DoseOptions.Answered answered = doses.ask(context);
        if (out != null) {
            TextFiles.write(out, DoseFigures.csv(answered.table()).text(false));
        }
        return new Result(
                answered.question().feature(),
                answered.unit(),
                answered.answer().length(),
                answered.answer().others(),
                answered.table().rows().stream().map(Figures::of).toList());
    }

    /**
     * The result that is printed.
     *
     * @param unit what {@code multiple} is a multiple of: the feature's largest activation on the corpus, or 1
     * @param length of the change that a dose of 1 makes
     * @param otherFeatures the features pushed as controls
     * @param doses a row for each arm and dose
     */
    record Result(int feature, double unit, double length, List<Integer> otherFeatures, List<Figures> doses) {}

    /**
     * What one arm does at one dose; null for what was not asked for.
     *
     * @param kl divergence on the prompts, nats a token
     * @param activation of the feature, read back, a mean over the prompts' tokens
     * @param logProb of the chosen tokens together after the prompts, nats
     * @param perplexity of the texts under the model as it is
     * @param containing texts with a chosen word or token, of {@code texts}
     * @param shareLow of the Wilson interval of their share at 95 %
     */
    record Figures(
            String arm,
            double dose,
            double multiple,
            double kl,
            @Nullable Double activation,
            @Nullable Double logProb,
            @Nullable Double perplexity,
            int texts,
            @Nullable Integer containing,
            @Nullable Double share,
            @Nullable Double shareLow,
            @Nullable Double shareHigh) {
        static Figures of(DoseTable.Row row) {
            boolean counted = !Double.isNaN(row.share());
            return new Figures(
                    row.arm().toString(),
                    row.dose(),
                    row.multiple(),
                    row.kl(),
                    known(row.activation()),
                    known(row.logProbability()),
                    known(row.perplexity()),
                    row.texts(),
                    counted ? row.containing() : null,
                    known(row.share()),
                    known(row.low()),
                    known(row.high()));
        }

        private static @Nullable Double known(double number) {
            return Double.isNaN(number) ? null : number;
        }
    }
}
