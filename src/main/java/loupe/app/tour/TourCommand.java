package loupe.app.tour;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import loupe.analysis.Fit;
import loupe.app.bench.ManyFeatures;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.UsageException;
import loupe.app.command.SaeArguments;
import loupe.app.window.Toolkit;
import loupe.app.window.UserFolders;
import loupe.lm.folder.ModelFolder;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tour}: pictures of the workbench in its states, without needing a screen. */
@Command(name = "tour", description = "Save pictures of the workbench in its panes and states. Needs no screen.")
public final class TourCommand extends LoupeCommand<TourCommand.Result> {
    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder for the pictures.")
    private Path out;

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = "Folder of a model, as Hugging Face lays it out (default: the sample's).")
    private Path model;

    @Option(
            names = "--sae",
            paramLabel = "PATH",
            description = "Checkpoint, or two to compare (default: the sample's, or the first ones beside the model).")
    private List<Path> saes = List.of();

    @Option(
            names = "--features",
            paramLabel = "N",
            description =
                    "Instead of --sae: a made checkpoint of so many features, 10,000 of them labelled. It stays in "
                            + "the folder of --cache, if that is given.")
    @OptionRange(least = 1, most = ManyFeatures.MOST)
    private Integer features;

    @Mixin
    private SaeArguments reading;

    @Option(
            names = "--corpus",
            paramLabel = "PATH",
            description = "Text file, or folder of them, to count over (default: the sample's).")
    private Path corpus;

    @Option(
            names = "--cache",
            paramLabel = "DIR",
            description = "Folder that keeps counted activations from one tour to the next (default: none).")
    private Path cache;

    @Option(
            names = "--only",
            paramLabel = "TEXT",
            description = "Text in the names of the pictures to save (default: all).")
    private String only = "";

    @Override
    public Result run(CommandContext context) throws IOException {
        Path folder = model != null
                ? OptionPaths.existing(model, "--model")
                : UserFolders.ofUser()
                        .sample()
                        .map(sample -> sample.resolve("glossary"))
                        .filter(Files::isDirectory)
                        .orElseThrow(() ->
                                new UsageException("--model DIR is missing, and there is no sample to show instead"));
        OptionPaths.folder(out, "--out");
        if (cache != null) {
            OptionPaths.folder(cache, "--cache");
        }
        if (features != null && !saes.isEmpty()) {
            throw new UsageException("Give either --features or --sae");
        }
        if (saes.isEmpty() && features == null && model == null) {
            saes = Stream.of("sae-topk", "sae-topk-early")
                    .map(folder::resolveSibling)
                    .filter(Files::exists)
                    .toList();
        }
        saes.forEach(path -> OptionPaths.existing(path, "--sae"));
        if (corpus != null) {
            OptionPaths.existing(corpus, "--corpus");
        }
        // refuses what the window would only show
        Map<Path, SaeOptions> checkpoints = new LinkedHashMap<>();
        try (ModelFolder opened = ModelFolder.open(folder)) {
            for (Path path : saes) {
                SaeOptions options = reading.options(path);
                SaeArguments.require(
                        new Fit(opened.config(), SaeFile.read(path, options).config()).misfit(),
                        path,
                        folder.toString());
                checkpoints.put(path, options);
            }
        }
        Files.createDirectories(out);
        Toolkit.withoutScreen();
        Toolkit.start();
        Tour tour = new Tour(
                context,
                new Tour.Route(
                        folder,
                        checkpoints,
                        features == null ? OptionalInt.empty() : OptionalInt.of(features),
                        Optional.ofNullable(corpus)),
                out,
                cache,
                only);
        tour.run();
        return new Result(out.toString(), tour.pictures(), tour.leftOut());
    }

    /**
     * The result that is printed.
     *
     * @param out the folder
     * @param pictures file names, in order
     * @param leftOut pictures that could not be taken
     */
    record Result(String out, List<String> pictures, List<LeftOut> leftOut) {}

    /** A picture that could not be taken, by its name, and a sentence that says why. */
    record LeftOut(String picture, String why) {}
}
