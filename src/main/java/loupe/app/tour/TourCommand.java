package loupe.app.tour;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.UsageException;
import loupe.app.window.Toolkit;
import loupe.app.window.UserFolders;
import loupe.app.window.WorkbenchApp;
import loupe.lm.folder.ModelFolder;
import picocli.CommandLine.Command;
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
        if (saes.isEmpty() && model == null) {
            saes = Stream.of("sae-topk", "sae-topk-early")
                    .map(folder::resolveSibling)
                    .filter(Files::exists)
                    .toList();
        }
        saes.forEach(path -> OptionPaths.existing(path, "--sae"));
        ModelFolder.open(folder).close(); // refuses what is no model, which the window would show and the tour wait for
        Files.createDirectories(out);
        Toolkit.withoutScreen();
        Toolkit.start();
        return new Result(
                out.toString(), new Tour(context, new WorkbenchApp.Opening(folder, saes), out, cache, only).run());
    }

    /**
     * The result that is printed.
     *
     * @param out the folder
     * @param pictures file names, in order
     */
    record Result(String out, List<String> pictures) {}
}
