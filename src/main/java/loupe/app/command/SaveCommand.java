package loupe.app.command;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.UsageException;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeSaving;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code save}: a checkpoint in another library's form, as the window's "Save as" writes it. */
@Command(
        name = "save",
        description = "Write a checkpoint in another library's form, so that reading it there computes the same.")
public final class SaveCommand extends LoupeCommand<SaveCommand.Result> {
    @Option(names = "--sae", required = true, paramLabel = "PATH", description = "Checkpoint to write.")
    private Path sae;

    @Mixin
    private SaeArguments reading;

    @Option(
            names = "--form",
            required = true,
            paramLabel = "NAME",
            description = "saelens, dictionary-learning (folders of these libraries) or plain (one safetensors file "
                    + "with the configuration in its metadata, which has a place for everything).")
    private String form;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "PATH",
            description = "New folder, or for plain the file to write.")
    private Path out;

    @Override
    public Result run(CommandContext context) {
        SaeSaving.Form chosen = Arrays.stream(SaeSaving.Form.values())
                .filter(one -> word(one).equals(form))
                .findFirst()
                .orElseThrow(() -> new UsageException("--form is " + form + ", expected one of "
                        + Arrays.stream(SaeSaving.Form.values())
                                .map(SaveCommand::word)
                                .collect(Collectors.joining(", "))));
        OptionPaths.existing(sae, "--sae");
        if (chosen == SaeSaving.Form.PLAIN) {
            OptionPaths.writable(out, "--out");
        } else if (Files.exists(out)) {
            throw new UsageException("--out: " + out + " exists already, a new folder is wanted");
        }
        SaeFile file = SaeFile.read(sae, reading.options(sae));
        file.warnings().forEach(warning -> context.warn(sae + ": " + warning));
        return new Result(
                SaeSaving.save(file, chosen, out, context.cancellation()).toString(), form);
    }

    private static String word(SaeSaving.Form form) {
        return form.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The result that is printed. */
    record Result(String out, String form) {}
}
