package loupe.app.geometry;

import java.nio.file.Path;
import java.util.OptionalInt;
import loupe.analysis.tokenbias.UnigramResiduals;
import loupe.analysis.tokenbias.UnigramStore;
import loupe.analysis.tokenbias.UnigramTable;
import loupe.app.cli.CommandContext;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.OptionSection;
import loupe.app.cli.UsageException;
import loupe.app.command.ModelOptions;
import loupe.app.window.UserFolders;
import loupe.base.HookPoint;
import loupe.base.MemoryBudget;
import loupe.inference.OpenModel;
import loupe.lm.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say which unigram residuals are meant, and where they are kept. */
@OptionSection("Unigram residuals")
public final class UnigramOptions {
    @Option(
            names = "--bos-id",
            paramLabel = "ID",
            description = "Token before each token (default: the tokenizer's for the beginning of text).")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private @Nullable Integer bos;

    @Option(
            names = "--unigrams",
            paramLabel = "DIR",
            description = "Folder where unigram residuals are kept once they have been computed (default: the "
                    + "window's).")
    private @Nullable Path folder;

    /** Which token is put before each. */
    int bos(OpenModel opened) {
        if (bos != null) {
            return ModelOptions.check(opened, new int[] {bos}, "--bos-id")[0];
        }
        OptionalInt beginning = opened.tokenizer().map(Tokenizer::beginning).orElseGet(OptionalInt::empty);
        return beginning.orElseThrow(() -> new UsageException(
                "the model's tokenizer has no token for the beginning of text; give one with --bos-id"));
    }

    /**
     * The residuals at a hook point, from the disk or computed; how large they are is said before.
     *
     * @throws UsageException if no token is known to put before each
     */
    public UnigramTable table(CommandContext context, OpenModel opened, HookPoint hook) {
        UnigramStore store = store();
        UnigramTable planned = store.table(opened.id(), opened.config(), hook, bos(opened));
        if (!UnigramStore.isComplete(planned)) {
            context.progress()
                    .printLine("unigram residuals of " + planned.tokens() + " tokens at " + hook + ": "
                            + MemoryBudget.size(planned.bytes()) + ", kept in " + planned.file());
        }
        return context.ask(new UnigramResiduals(opened.id(), hook, planned.bos(), store));
    }

    private UnigramStore store() {
        return new UnigramStore(
                folder == null ? UserFolders.ofUser().unigrams() : OptionPaths.folder(folder, "--unigrams"));
    }
}
