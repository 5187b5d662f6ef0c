package loupe.app.command;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import loupe.analysis.geometry.KeptCosines;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.ResultJson.LeftOutIfEmpty;
import loupe.app.cli.UsageException;
import loupe.app.window.UserFolders;
import loupe.index.Corpus;
import loupe.index.IndexCache;
import loupe.index.IndexInfo;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cache}: the indexes that the window keeps of the corpora it has counted. */
@Command(
        name = "cache",
        description = "List or delete the indexes that the window keeps of the corpora it has counted.",
        subcommands = {CacheCommand.Listing.class, CacheCommand.Clear.class})
public final class CacheCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "cache needs one of list and clear");
    }

    /** The option that names the folder. */
    static final class Place {
        @Option(names = "--cache", paramLabel = "DIR", description = "Folder of the indexes (default: the window's).")
        private Path folder;

        IndexCache cache() {
            return new IndexCache(
                    folder == null
                            ? UserFolders.ofUser().indexes()
                            : OptionPaths.existing(OptionPaths.folder(folder, "--cache"), "--cache"));
        }
    }

    /**
     * An index.
     *
     * @param state complete, unfinished or damaged
     * @param model and the rest are left out where the description of the index cannot be read
     * @param tokens empty while it is unfinished
     * @param bytes on disk
     * @param used when it was last read or written, as ISO 8601
     * @param inUse whether a window reads or writes it now
     */
    record Row(
            String name,
            String state,
            Optional<String> model,
            List<String> saes,
            List<String> corpus,
            Optional<Long> tokens,
            long bytes,
            String used,
            boolean inUse,
            @LeftOutIfEmpty Optional<String> defect) {
        static Row of(IndexCache.Kept kept) {
            Optional<IndexInfo> info = kept.info();
            return new Row(
                    kept.name(),
                    kept.state().name().toLowerCase(Locale.ROOT),
                    info.map(any -> any.model().name()),
                    info.map(any -> any.saes().stream()
                                    .map(sae -> sae.sae().name())
                                    .toList())
                            .orElse(List.of()),
                    info.map(any -> any.sources().stream()
                                    .map(Corpus.Source::name)
                                    .toList())
                            .orElse(List.of()),
                    info.map(IndexInfo::tokens).filter(tokens -> tokens > 0),
                    kept.bytes(),
                    kept.used().truncatedTo(ChronoUnit.SECONDS).toString(),
                    kept.inUse(),
                    kept.defect());
        }
    }

    /** {@code cache list}: what is kept. */
    @Command(name = "list", description = "Show the indexes that are kept, those used last first.")
    static final class Listing extends LoupeCommand<Listing.Result> {
        @Mixin
        private Place place;

        @Override
        public Result run(CommandContext context) {
            IndexCache cache = place.cache();
            List<Row> rows = cache.list().stream().map(Row::of).toList();
            return new Result(
                    cache.folder().toString(),
                    rows.stream().mapToLong(Row::bytes).sum(),
                    KeptCosines.in(cache.folder()).bytes(),
                    rows);
        }

        /**
         * What is printed.
         *
         * @param bytes of all indexes
         * @param cosinesBytes of the cosines of all pairs that the window keeps beside them
         */
        record Result(String folder, long bytes, long cosinesBytes, List<Row> indexes) {}
    }

    /** {@code cache clear}: deletes what is kept. */
    @Command(
            name = "clear",
            description = "Delete indexes that are kept, but those in use. What is deleted is counted again when it "
                    + "is wanted.")
    static final class Clear extends LoupeCommand<Clear.Result> {
        @Parameters(arity = "0..*", paramLabel = "NAME", description = "Names of indexes, as cache list shows them.")
        private List<String> names = List.of();

        @Option(names = "--all", description = "Delete all indexes.")
        private boolean all;

        @Option(names = "--cosines", description = "Delete the cosines of all pairs that are kept, and no index.")
        private boolean cosines;

        @Option(names = "--older-than", paramLabel = "DAYS", description = "Delete those not used for so many days.")
        @OptionRange(most = 36_500)
        private Integer days;

        @Mixin
        private Place place;

        @Override
        public Result run(CommandContext context) {
            if ((names.isEmpty() ? 0 : 1) + (all ? 1 : 0) + (cosines ? 1 : 0) + (days == null ? 0 : 1) != 1) {
                throw new UsageException(
                        "cache clear needs names, --all or --older-than, or --cosines, and one of them only");
            }
            IndexCache cache = place.cache();
            if (cosines) {
                return new Result(List.of(), KeptCosines.in(cache.folder()).clear());
            }
            IndexCache.Cleared cleared = cache.clear(chosen(cache));
            cleared.inUse().forEach(kept -> context.warn(kept.name() + " is in use and stays"));
            List<String> deleted =
                    cleared.deleted().stream().map(IndexCache.Kept::name).toList();
            return new Result(deleted, cleared.bytes());
        }

        private List<IndexCache.Kept> chosen(IndexCache cache) {
            if (all) {
                return cache.list();
            }
            if (days != null) {
                return cache.unusedSince(Instant.now().minus(Duration.ofDays(days)));
            }
            List<IndexCache.Kept> chosen = new ArrayList<>();
            for (String name : names) {
                chosen.add(cache.find(name)
                        .orElseThrow(() -> new UsageException(
                                "there is no index " + name + " in " + cache.folder() + "; cache list shows them")));
            }
            return chosen;
        }

        /**
         * What is printed.
         *
         * @param deleted names
         * @param bytes freed
         */
        record Result(List<String> deleted, long bytes) {}
    }
}
