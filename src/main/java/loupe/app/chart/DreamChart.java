package loupe.app.chart;

import java.io.IOException;
import java.nio.file.Path;
import loupe.analysis.dream.DreamFile;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.state.window.Provenance;
import loupe.ui.chart.ScatterChart;
import loupe.ui.dream.DreamPane;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code chart dream}: as the pane "Dreaming" shows it, without the corpus. */
@Command(
        name = "dream",
        description = "Activation against cross-entropy of the texts that a search has found, and of random text.")
final class DreamChart extends LoupeCommand<ChartCommand.Result> {
    @Option(names = "--search", required = true, paramLabel = "F", description = "File that dream --out has written.")
    private Path file;

    @Mixin
    private PictureOptions.Sized picture;

    @Override
    public ChartCommand.Result run(CommandContext context) throws IOException {
        picture.requireSensible();
        DreamFile.Kept kept = DreamFile.read(OptionPaths.existing(file, "--search"));
        return picture.write(
                context,
                () -> {
                    ScatterChart chart = DreamPane.chart();
                    DreamPane.draw(chart, kept.state(), kept.apart());
                    return chart;
                },
                Provenance.feature(kept.of(), kept.feature(), "") + ", seed " + kept.seed() + ", "
                        + kept.state().iteration() + " iterations");
    }
}
