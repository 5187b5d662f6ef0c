package loupe.app.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.UsageException;
import loupe.app.window.UserFolders;
import loupe.training.sample.SampleBuilder;
import loupe.training.sample.SampleFigures;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code train-sample}: builds the sample's model, autoencoders and corpus from a definitions file. */
@Command(
        name = "train-sample",
        description = "Train the sample: a small language model, autoencoders and a corpus, from a definitions file. "
                + "A run that was stopped is resumed by the same command.")
public final class TrainSampleCommand extends LoupeCommand<SampleFigures> {
    /** More than any language model was ever trained on. */
    private static final long MOST_TOKENS = 1_000_000_000_000_000L;

    @Option(
            names = "--definitions",
            required = true,
            paramLabel = "FILE",
            description =
                    "Lines of lemma, part of speech, definition and examples (joined by ' | '), with tabs between.")
    private Path definitions;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR",
            description = "Folder for the finished parts; those already there are kept.")
    private Path out;

    @Option(
            names = "--work",
            paramLabel = "DIR",
            description =
                    "Folder for unfinished parts (default: one for these definitions and settings in train-sample "
                            + "in the cache folder).")
    private Path work;

    @Option(
            names = "--tokens",
            paramLabel = "N",
            description = "Tokens the language model is trained on; each of its two teachers gets two thirds of "
                    + "that (default: ${DEFAULT-VALUE}).",
            defaultValue = "51000000")
    @OptionRange(least = 1, most = MOST_TOKENS)
    private long tokens;

    @Option(
            names = "--sae-tokens",
            paramLabel = "N",
            description = "Activations each autoencoder is trained on (default: ${DEFAULT-VALUE}).",
            defaultValue = "1000000")
    @OptionRange(least = 1, most = MOST_TOKENS)
    private long saeTokens;

    @Option(
            names = "--corpus-tokens",
            paramLabel = "N",
            description = "Tokens of the corpus that the model writes (default: ${DEFAULT-VALUE}).",
            defaultValue = "300000")
    @OptionRange(least = 1, most = MOST_TOKENS)
    private long corpusTokens;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Seed of all random numbers (default: ${DEFAULT-VALUE}).",
            defaultValue = "20261121")
    @OptionRange(least = Long.MIN_VALUE, most = Long.MAX_VALUE)
    private long seed;

    @Option(names = "--measure", description = "Measure the language model already in the folder instead of training.")
    private boolean measure;

    @Override
    public SampleFigures run(CommandContext context) throws IOException {
        OptionPaths.existing(definitions, "--definitions");
        OptionPaths.folder(out, "--out");
        if (work != null) {
            OptionPaths.folder(work, "--work");
        }
        if (measure) {
            if (!Files.isDirectory(out.resolve("glossary"))) {
                throw new UsageException(out + " has no folder glossary, which is the language model to be measured");
            }
            return SampleBuilder.measureLanguageModel(definitions, out, seed);
        }
        SampleBuilder.Plan plan = new SampleBuilder.Plan(tokens, saeTokens, corpusTokens, seed);
        Path unfinished = work != null
                ? work
                : SampleBuilder.workFolder(UserFolders.ofUser().cache().resolve("train-sample"), definitions, plan);
        return new SampleBuilder(
                        definitions,
                        out,
                        unfinished,
                        plan,
                        (part, fraction, detail) ->
                                context.progress().show(fraction, part + (detail.isEmpty() ? "" : ", " + detail)),
                        context.cancellation())
                .build();
    }
}
