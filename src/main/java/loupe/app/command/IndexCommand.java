package loupe.app.command;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import loupe.analysis.Fit;
import loupe.analysis.prompts.TokenRows;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.ResultJson.LeftOutIfEmpty;
import loupe.base.HookPoint;
import loupe.base.Refusal;
import loupe.index.ActivationIndex;
import loupe.index.Corpus;
import loupe.index.IndexBuild;
import loupe.index.IndexInfo;
import loupe.index.IndexMerge;
import loupe.index.Shard;
import loupe.index.StoredFile;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.Processing;
import loupe.lm.tokenizer.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code index}: the activations of a corpus, on disk. */
@Command(
        name = "index",
        description = "Build, merge, describe, verify or query an index of the activations of a corpus.",
        subcommands = {
            IndexCommand.Build.class,
            IndexCommand.Merge.class,
            IndexCommand.Info.class,
            IndexCommand.Verify.class,
            IndexQueryCommand.class
        })
public final class IndexCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "index needs one of build, merge, info, verify and query");
    }

    /** {@code index build}: one pass over a corpus for all features of one or several checkpoints. */
    @Command(
            name = "build",
            description = "Run a corpus through the model once and store every activation of every feature.")
    static final class Build extends LoupeCommand<Build.Result> {
        @Mixin
        private ModelOptions.Required model;

        @Option(
                names = "--sae",
                required = true,
                arity = "1..*",
                paramLabel = "PATH",
                description = "One or several checkpoints.")
        private List<Path> saes;

        @Mixin
        private SaeArguments reading;

        @Mixin
        private CorpusOptions.Required corpus;

        @Mixin
        private MaskOptions masks;

        @Option(
                names = "--out",
                required = true,
                paramLabel = "DIR",
                description = "Folder of the index; created if missing.")
        private Path out;

        @Option(names = "--resume", description = "Resume an unfinished index in the folder.")
        private boolean resume;

        @Option(
                names = "--shard",
                paramLabel = "I/N",
                defaultValue = "1/1",
                converter = ShardConverter.class,
                description = "Compute only the I-th of N equal shares, to be joined by index merge (default: "
                        + "${DEFAULT-VALUE}).")
        private Shard shard;

        @Option(names = "--memory", description = "Report the memory in use every 100,000 tokens.")
        private boolean measured;

        @Override
        public Result run(CommandContext context) {
            OptionPaths.folder(out, "--out");
            List<OpenSae> checkpoints = new ArrayList<>();
            saes.forEach(sae -> checkpoints.add(reading.open(context, sae, "--sae")));
            OpenModel opened = model.open(context, Processing.RAW);
            checkpoints.forEach(checkpoint ->
                    SaeArguments.require(new Fit(opened.config(), checkpoint.config()).misfit(), checkpoint, opened));
            checkpoints.forEach(checkpoint -> reading.warnOfProcessing(context, checkpoint, opened));
            Tokenizer tokenizer = CorpusOptions.tokenizer(opened);
            IndexBuild.Settings settings = new IndexBuild.Settings(
                    new IndexInfo.Named(opened.id().name(), opened.id().fingerprint()),
                    indexed(checkpoints),
                    corpus.contextLength(context, opened),
                    model.separator(opened),
                    corpus.documents(),
                    corpus.maxTokens(),
                    shard,
                    masks.of(opened, corpus.ignored(opened)));
            IndexBuild build = new IndexBuild(
                    settings,
                    corpus.corpus(context),
                    tokenizer.reading().checked(ids -> ModelOptions.check(opened, ids, "--corpus")),
                    IndexBuild.asking(
                            context.service(),
                            opened.id(),
                            checkpoints.stream().map(OpenSae::id).toList()),
                    out);
            context.begin();
            TokenRows beginning = corpus.beginning(context, opened, model.separator(opened));
            checkpoints.forEach(sae -> ReadingCheck.warn(context, opened, sae, reading, beginning));
            MemoryUse memory = new MemoryUse();
            IndexInfo info = build.run(
                    resume,
                    done -> {
                        context.progress().show(done.fraction(), done.tokens() + " tokens");
                        memory.at(done.tokens());
                    },
                    context.cancellation());
            context.progress().clear();
            return new Result(
                    IndexSummary.of(info), measured ? Optional.of(memory.finished(info.tokens())) : Optional.empty());
        }

        /**
         * What is printed.
         *
         * @param memory that the pass took, while it ran; empty unless requested
         */
        record Result(
                @JsonUnwrapped IndexSummary index,
                @LeftOutIfEmpty Optional<List<MemoryUse.Line>> memory) {}

        private static List<IndexInfo.IndexedSae> indexed(List<OpenSae> checkpoints) {
            List<IndexInfo.IndexedSae> indexed = new ArrayList<>();
            for (OpenSae sae : checkpoints) {
                indexed.add(new IndexInfo.IndexedSae(
                        "sae-" + indexed.size(),
                        new IndexInfo.Named(sae.id().name(), sae.id().fingerprint()),
                        sae.config().dSae(),
                        sae.config().hook().map(HookPoint::name).orElse(""),
                        0));
            }
            return indexed;
        }
    }

    private static final class ShardConverter implements ITypeConverter<Shard> {
        @Override
        public Shard convert(String text) {
            try {
                return Shard.parse(text);
            } catch (Refusal e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    /** {@code index merge}: the index that one pass would have made, from its shards. */
    @Command(name = "merge", description = "Join the shards of a pass to the index that one pass would have made.")
    static final class Merge extends LoupeCommand<IndexSummary> {
        @Parameters(arity = "1..*", paramLabel = "DIR", description = "Folders of all shards, in any order.")
        private List<Path> shards;

        @Option(
                names = "--out",
                required = true,
                paramLabel = "DIR",
                description = "Folder of the whole index; created if missing.")
        private Path out;

        @Override
        public IndexSummary run(CommandContext context) {
            shards.forEach(shard -> OptionPaths.existing(shard, "index merge"));
            OptionPaths.folder(out, "--out");
            context.begin();
            return IndexSummary.of(IndexMerge.merge(shards, out, context.cancellation()));
        }
    }

    /** {@code index info}: what an index was made from. */
    @Command(name = "info", description = "Show what an index was made from.")
    static final class Info extends LoupeCommand<Info.Result> {
        @Parameters(paramLabel = "DIR", description = "Folder of the index.")
        private Path folder;

        @Override
        public Result run(CommandContext context) throws IOException {
            OptionPaths.existing(folder, "index info");
            try (ActivationIndex index = ActivationIndex.open(folder)) {
                IndexInfo info = index.info();
                index.doubt().ifPresent(context::warn);
                return new Result(
                        IndexSummary.of(info),
                        info.model().name(),
                        info.contextLength(),
                        info.separator() < 0 ? Optional.empty() : Optional.of(info.separator()),
                        info.sources().stream().map(Source::of).toList());
            }
        }

        /**
         * What is printed.
         *
         * @param context tokens in a context
         * @param separator the token before each document; empty for none
         * @param sources the files of the corpus
         */
        record Result(
                @JsonUnwrapped IndexSummary index,
                String model,
                int context,
                Optional<Integer> separator,
                List<Source> sources) {}

        /** A file of the corpus. */
        record Source(String name, long bytes, String sha256) {
            static Source of(Corpus.Source source) {
                return new Source(source.name(), source.bytes(), source.sha256());
            }
        }
    }

    /** {@code index verify}: whether the files of an index are as they were written. */
    @Command(
            name = "verify",
            description = "Compare every file of an index with the checksum it was written with, which reads all of "
                    + "them. A damaged one is refused.")
    static final class Verify extends LoupeCommand<Verify.Result> {
        @Parameters(paramLabel = "DIR", description = "Folder of the index.")
        private Path folder;

        @Override
        public Result run(CommandContext context) {
            OptionPaths.existing(folder, "index verify");
            long started = System.nanoTime();
            try (ActivationIndex index = ActivationIndex.open(folder)) {
                index.doubt().ifPresent(context::warn);
                index.verify();
                return new Result(
                        index.info().files(), !index.info().files().isEmpty(), (System.nanoTime() - started) / 1e9);
            }
        }

        /**
         * What is printed.
         *
         * @param files that were compared, with their sizes and checksums
         * @param verified whether there were checksums to compare with
         */
        record Result(List<StoredFile> files, boolean verified, double seconds) {}
    }
}
