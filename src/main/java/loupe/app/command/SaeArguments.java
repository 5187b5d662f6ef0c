package loupe.app.command;

import picocli.CommandLine.Option;

/** The options that complete or override what a checkpoint's files state, with folding. */
public final class SaeArguments extends ReadingArguments {
    @Option(names = "--fold", description = "Fold the norms of the decoder directions into the encoder.")
    private boolean fold;

    @Override
    protected boolean folds() {
        return fold;
    }
}
