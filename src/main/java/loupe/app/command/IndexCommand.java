package loupe.app.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.base.HookPoint;
import loupe.index.ActivationIndex;
import loupe.index.IndexBuild;
import loupe.index.IndexInfo;
import loupe.index.IndexMerge;
import loupe.index.Shard;
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
        description = "Build, merge, describe or question an index of a corpus's activations.",
        subcommands = {
            IndexCommand.Build.class,
            IndexCommand.Merge.class,
            IndexCommand.Info.class,
            IndexQueryCommand.class
        })
public final class IndexCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "index needs one of build, merge, info and query");
    }

    /** {@code index build}: one pass over a corpus for all features of one or several checkpoints. */
    @Command(name = "build", description = "Go through a corpus once and keep every activation of every feature.")
    static final class Build extends LoupeCommand {
        @Mixin
        private ModelOptions model;

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
        private CorpusOptions corpus;

        @Mixin
        private MaskOptions masks;

        @Option(
                names = "--out",
                required = true,
                paramLabel = "DIR",
                description = "The index's folder; made if missing.")
        private Path out;

        @Option(names = "--resume", description = "Go on with an unfinished index in the folder.")
        private boolean resume;

        @Option(
                names = "--shard",
                paramLabel = "I/N",
                defaultValue = "1/1",
                converter = ShardConverter.class,
                description = "Compute only the I-th of N equal shares; index merge puts them together.")
        private Shard shard;

        @Option(names = "--memory", description = "Say how much memory the pass takes, every 100,000 tokens.")
        private boolean measured;

        @Override
        public Map<String, Object> run(CommandContext context) {
            OptionPaths.folder(out, "--out");
            List<OpenSae> checkpoints = new ArrayList<>();
            saes.forEach(sae -> checkpoints.add(reading.open(context, sae, "--sae")));
            OpenModel opened = model.open(context, Processing.RAW);
            checkpoints.forEach(checkpoint -> Fit.require(opened, checkpoint));
            Tokenizer tokenizer = CorpusOptions.tokenizer(opened);
            IndexBuild.Settings settings = new IndexBuild.Settings(
                    new IndexInfo.Named(opened.id().name(), opened.id().fingerprint()),
                    indexed(checkpoints),
                    corpus.contextLength(context, opened),
                    model.separator(opened),
                    corpus.maxTokens(),
                    shard,
                    masks.of(opened));
            IndexBuild build = new IndexBuild(
                    settings,
                    corpus.corpus(),
                    document -> ModelOptions.check(
                            opened,
                            tokenizer.encode(document, Tokenizer.Beginning.NO).ids(),
                            "--corpus"),
                    IndexBuild.asking(
                            context.service(),
                            opened.id(),
                            checkpoints.stream().map(OpenSae::id).toList()),
                    out);
            context.begin();
            MemoryUse memory = new MemoryUse();
            IndexInfo info = build.run(
                    resume,
                    done -> {
                        context.progress().show(done.fraction(), done.tokens() + " tokens");
                        memory.at(done.tokens());
                    },
                    context.cancellation());
            context.progress().clear();
            Map<String, Object> result = describe(info);
            if (measured) {
                result.put("memory", memory.finished(info.tokens()));
            }
            return result;
        }

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
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    /** {@code index merge}: the index that one pass would have made, from its shards. */
    @Command(
            name = "merge",
            description = "Put the shards of a pass together to the index that one pass would have made.")
    static final class Merge extends LoupeCommand {
        @Parameters(arity = "1..*", paramLabel = "DIR", description = "The folders of all shards, in any order.")
        private List<Path> shards;

        @Option(
                names = "--out",
                required = true,
                paramLabel = "DIR",
                description = "The whole index's folder; made if missing.")
        private Path out;

        @Override
        public Map<String, Object> run(CommandContext context) {
            shards.forEach(shard -> OptionPaths.existing(shard, "index merge"));
            OptionPaths.folder(out, "--out");
            context.begin();
            return describe(IndexMerge.merge(shards, out, context.cancellation()));
        }
    }

    /** {@code index info}: what an index was made from. */
    @Command(name = "info", description = "Say what an index was made from.")
    static final class Info extends LoupeCommand {
        @Parameters(paramLabel = "DIR", description = "The index's folder.")
        private Path folder;

        @Override
        public Map<String, Object> run(CommandContext context) throws IOException {
            OptionPaths.existing(folder, "index info");
            try (ActivationIndex index = ActivationIndex.open(folder)) {
                IndexInfo info = index.info();
                Map<String, Object> result = describe(info);
                result.put("model", info.model().name());
                result.put("context", info.contextLength());
                result.put("separator", info.separator() < 0 ? null : info.separator());
                result.put(
                        "sources",
                        info.sources().stream()
                                .map(source -> {
                                    Map<String, Object> row = new LinkedHashMap<>();
                                    row.put("name", source.name());
                                    row.put("bytes", source.bytes());
                                    row.put("sha256", source.sha256());
                                    return row;
                                })
                                .toList());
                return result;
            }
        }
    }

    /** Each mask that was used, and how many tokens it left out; a token can be left out by several. */
    private static Map<String, Object> masks(IndexInfo info) {
        Map<String, Object> result = new LinkedHashMap<>();
        if (info.masks().beginning() >= 0) {
            result.put(
                    "bos",
                    Map.of(
                            "token",
                            info.masks().beginning(),
                            "left_out",
                            info.leftOut().beginning()));
        }
        if (info.masks().firstPositions() > 0) {
            result.put(
                    "first",
                    Map.of(
                            "positions",
                            info.masks().firstPositions(),
                            "left_out",
                            info.leftOut().firstPositions()));
        }
        if (info.masks().normMultiple() > 0) {
            result.put(
                    "norm",
                    Map.of(
                            "multiple",
                            info.masks().normMultiple(),
                            "left_out",
                            info.leftOut().highNorm()));
        }
        result.put("left_out", info.leftOut().together());
        return result;
    }

    private static Map<String, Object> describe(IndexInfo info) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("tokens", info.tokens());
        if (!info.masks().isNone()) {
            result.put("counted", info.counted());
            result.put("masks", masks(info));
        }
        if (!info.shard().isWhole()) {
            result.put("shard", info.shard().toString());
        }
        result.put("seconds", info.seconds());
        result.put(
                "features",
                info.saes().stream().mapToLong(IndexInfo.IndexedSae::features).sum());
        result.put(
                "rows",
                info.saes().stream().mapToLong(IndexInfo.IndexedSae::rows).sum());
        result.put(
                "saes",
                info.saes().stream()
                        .map(sae -> {
                            Map<String, Object> row = new LinkedHashMap<>();
                            row.put("name", sae.sae().name());
                            row.put("features", sae.features());
                            row.put("hook", sae.hook());
                            row.put("rows", sae.rows());
                            return row;
                        })
                        .toList());
        return result;
    }
}
