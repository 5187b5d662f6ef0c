package loupe.app.tour;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.UsageException;
import loupe.app.command.ModelOptions;
import loupe.app.window.Toolkit;
import loupe.app.window.UserFolders;
import loupe.app.window.WorkbenchApp;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tour}: pictures of the workbench in its states, without needing a screen. */
@Command(
        name = "tour",
        description =
                "Open the workbench without a screen, go through its panes and states, and save pictures of them.")
public final class TourCommand extends LoupeCommand {
    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder for the pictures.")
    private Path out;

    @Mixin
    private ModelOptions model;

    @Option(
            names = "--sae",
            paramLabel = "PATH",
            description =
                    "A checkpoint, or two to be compared (default: the sample's, or the first ones beside the model).")
    private List<Path> saes = List.of();

    @Option(
            names = "--cache",
            paramLabel = "DIR",
            description =
                    "Folder where counted activations are kept from one tour to the next (default: they are counted anew).")
    private Path cache;

    @Option(names = "--only", paramLabel = "TEXT", description = "Only the pictures whose names contain this.")
    private String only = "";

    @Override
    public Map<String, Object> run(CommandContext context) throws IOException {
        Path folder = model.isGiven()
                ? OptionPaths.existing(model.model, "--model")
                : UserFolders.ofUser()
                        .sample()
                        .map(sample -> sample.resolve("glossary"))
                        .filter(Files::isDirectory)
                        .orElseThrow(() ->
                                new UsageException("--model DIR is missing, and there is no sample to show instead"));
        OptionPaths.folder(out, "--out");
        if (saes.isEmpty() && !model.isGiven()) {
            saes = Stream.of("sae-topk", "sae-topk-early")
                    .map(folder::resolveSibling)
                    .filter(Files::exists)
                    .toList();
        }
        saes.forEach(path -> OptionPaths.existing(path, "--sae"));
        Files.createDirectories(out);
        Toolkit.withoutScreen();
        Toolkit.start();
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("out", out.toString());
        result.put("pictures", new Tour(context, new WorkbenchApp.Opening(folder, saes), out, cache, only).run());
        return result;
    }
}
