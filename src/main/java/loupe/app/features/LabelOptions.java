package loupe.app.features;

import java.nio.file.Path;
import java.util.Optional;
import loupe.app.cli.CommandContext;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionSection;
import loupe.app.command.SaeArguments;
import loupe.app.window.UserFolders;
import loupe.inference.Fingerprint;
import loupe.labels.LabelBook;
import loupe.labels.LabelFile;
import loupe.sae.checkpoint.SaeFile;
import picocli.CommandLine.Option;

/** The option that names the file of labels. */
@OptionSection("Labels")
public final class LabelOptions {
    @Option(
            names = "--labels",
            paramLabel = "FILE",
            description = "File of the labels (default: the user's own, which the window keeps beside its session).")
    private Path file;

    /** The file, which need not be there. */
    public LabelFile file() {
        return new LabelFile(file == null ? UserFolders.ofUser().labels() : OptionPaths.writable(file, "--labels"));
    }

    /** All that is written down; says what could not be read. */
    public static LabelBook read(LabelFile file, CommandContext context) {
        LabelFile.News news = file.read();
        news.damaged()
                .forEach(line -> context.warn(file.path() + ": line " + line.number() + " is left out: " + line.why()));
        return news.applyTo(new LabelBook());
    }

    /**
     * A checkpoint, by its weights.
     *
     * @param name of its file, for those who read the labels
     */
    record Labelled(String key, String name, int features) {
        static Labelled of(Path sae, SaeArguments reading) {
            OptionPaths.existing(sae, "--sae");
            SaeFile read = SaeFile.read(sae, reading.options(sae));
            return new Labelled(
                    Fingerprint.ofWeights(read.weightsPath()),
                    Optional.ofNullable(sae.toAbsolutePath().normalize().getFileName())
                            .map(Path::toString)
                            .orElse(""),
                    read.dSae());
        }
    }
}
