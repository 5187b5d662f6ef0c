package loupe.app.command;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import loupe.analysis.Fit;
import loupe.analysis.batch.BatchPlan;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.GhostPrompt;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.TokenGeometry;
import loupe.analysis.ghost.TreeBaseline;
import loupe.analysis.tokens.TokenListSettings;
import loupe.analysis.tokens.TokenMetric;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.OptionSection;
import loupe.app.cli.UsageException;
import loupe.base.Refusal;
import loupe.format.JsonLines;
import loupe.index.ActivationIndex;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.Processing;
import loupe.search.ExampleTexts;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code batch}: trees, token lists and best scales of many features, one JSON line each, in a file that can be
 * resumed.
 */
@Command(
        name = "batch",
        description = "Write trees, token lists and best scales of many features as JSON lines. An unfinished "
                + "file is resumed by --resume.")
public final class BatchCommand extends LoupeCommand<BatchCommand.Result> {
    private static final String COST = "cost";
    private static final Set<String> PARTS = Set.of("tree", "tokens", "scale", COST);

    @Mixin
    private ModelOptions.Required model;

    @Mixin
    private GhostOptions.OfMany ghost;

    @Mixin
    private PromptOptions prompt;

    @Option(
            names = "--features",
            required = true,
            paramLabel = "WHICH",
            description = "Indices of the features, such as 0-99,120, or all.")
    private String features;

    @Option(
            names = "--parts",
            split = ",",
            defaultValue = "tree,tokens,scale",
            paramLabel = "PART",
            description = "What to compute: tree, tokens, scale, cost (of ablation, over --index) (default: "
                    + "${DEFAULT-VALUE}).")
    private List<String> parts;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "F.jsonl",
            description = "File to write. Its first line has the settings.")
    private Path out;

    @Option(names = "--resume", description = "Resume the file of an earlier run with the same settings.")
    private boolean resume;

    @Mixin
    private TreeLimitOptions.OfMany trees;

    @Mixin
    private Lists lists;

    @Mixin
    private Costs costs;

    /** The options of the costs of ablation. */
    @OptionSection("Cost of ablation")
    static final class Costs {
        @Option(
                names = "--index",
                paramLabel = "DIR",
                description = "With --parts cost: index that has the examples over which ablation is measured.")
        private Path folder;

        @Option(
                names = "--indexed-as",
                paramLabel = "NAME",
                description = "Checkpoint of the index (default: that of --sae, by its contents and how it is read).")
        private String indexed;
    }

    /** An index and the checkpoint's place in it. */
    private record Counted(ActivationIndex index, int place) {}

    /** The options of the token lists. */
    @OptionSection("Token list")
    static final class Lists {
        @Option(
                names = "--exponent",
                paramLabel = "M",
                description = "Exponent of the token list's ratio (default: ${DEFAULT-VALUE}).")
        @OptionRange(most = TokenListSettings.LARGEST_EXPONENT)
        private double exponent = TokenListSettings.DEFAULT_EXPONENT;

        @Option(
                names = "--metric",
                paramLabel = "NAME",
                defaultValue = "ratio",
                description = "Score of the token lists: ratio, cosine, centred, csls, dot or mahalanobis (default: "
                        + "${DEFAULT-VALUE}).")
        private TokenMetric metric;

        @Option(names = "--top", paramLabel = "N", description = "Tokens listed (default: ${DEFAULT-VALUE}).")
        @OptionRange(least = 1, most = OptionRange.MOST_LISTED)
        private int top = BatchPlan.DEFAULT_LISTED;
    }

    @Override
    public Result run(CommandContext context) throws IOException {
        TreeBaseline compared = trees.baseline();
        requireSensible();
        OptionPaths.writable(out, "--out");
        if (Files.exists(out) && !resume) {
            throw new UsageException(
                    "--out: " + out + " exists already; resume it by --resume, or choose another name");
        }
        ghost.requireSensible();
        OpenModel opened = model.open(context, Processing.RAW);
        GhostSettings settings = prompt.applyToAll(ghost.settings(context, opened));
        OpenSae sae = ghost.sae().orElseThrow();
        List<Integer> wanted = features(sae.config().dSae());
        GhostPrompt tokens = prompt.tokens(opened, model);
        BatchPlan plan = new BatchPlan(
                opened.id(),
                sae.id(),
                new TokenListSettings(settings, lists.metric, lists.exponent, lists.top),
                tokens,
                prompt.text(),
                trees.of(opened),
                compared,
                parts.stream()
                        .map(part -> BatchPlan.Part.valueOf(part.toUpperCase(Locale.ROOT)))
                        .collect(Collectors.toSet()),
                parts.contains("scale")
                        ? context.ask(new TokenGeometry(opened.id())).meanDistance()
                        : 1,
                new Fit(opened.config(), sae.config()).residualPlace());

        try (ActivationIndex index = parts.contains(COST) ? openIndex(context) : null;
                JsonLines lines = JsonLines.open(out)) {
            Counted counted = index == null
                    ? null
                    : new Counted(
                            index,
                            IndexedCheckpoint.of(
                                    context,
                                    index.info(),
                                    costs.indexed,
                                    sae.id(),
                                    sae.config().dSae()));
            try {
                return write(context, opened, plan, wanted, lines, counted);
            } catch (Refusal e) {
                if (lines.isNew()) {
                    Files.deleteIfExists(out);
                }
                throw e;
            }
        }
    }

    /** Adds the features that the file does not have yet. */
    private Result write(
            CommandContext context,
            OpenModel opened,
            BatchPlan plan,
            List<Integer> wanted,
            JsonLines lines,
            @Nullable Counted counted) {
        long start = System.nanoTime();
        int done = 0;
        Map<String, Object> said = new LinkedHashMap<>(plan.settings());
        if (counted != null) {
            said.put(COST, ExampleTexts.settings(counted.index().info()));
        }
        Set<Integer> finished = finished(lines, said);
        List<Integer> missing =
                wanted.stream().filter(feature -> !finished.contains(feature)).toList();
        int skipped = wanted.size() - missing.size();
        context.begin();
        for (int from = 0; from < missing.size(); from += BatchPlan.TOGETHER) {
            List<Integer> group = missing.subList(from, Math.min(missing.size(), from + BatchPlan.TOGETHER));
            for (Map<String, Object> result : results(context, opened, plan, group, counted)) {
                lines.add(result);
                done++;
            }
            context.progress().show(done / (double) missing.size());
        }
        return new Result(out.toString(), wanted.size(), done, skipped, (System.nanoTime() - start) / 1e9);
    }

    /**
     * The result that is printed.
     *
     * @param out the file written
     * @param features number of features requested
     * @param done features computed now
     * @param knownBefore features that the file had already
     */
    record Result(String out, int features, int done, int knownBefore, double seconds) {}

    private ActivationIndex openIndex(CommandContext context) {
        ActivationIndex index = ActivationIndex.open(OptionPaths.existing(costs.folder, "--index"));
        index.doubt().ifPresent(context::warn);
        return index;
    }

    private void requireSensible() {
        if (parts.contains(COST) != (costs.folder != null)) {
            throw new UsageException(
                    parts.contains(COST)
                            ? "--parts cost needs --index DIR, whose examples are read"
                            : "--index goes with --parts cost");
        }
        parts.stream().filter(part -> !PARTS.contains(part)).findFirst().ifPresent(part -> {
            throw new UsageException("--parts has " + part + ", expected tree, tokens, scale or cost");
        });
    }

    /** The requested features, in the order given. */
    private List<Integer> features(int dSae) {
        if (features.equals("all")) {
            return java.util.stream.IntStream.range(0, dSae).boxed().toList();
        }
        Set<Integer> chosen = new LinkedHashSet<>();
        for (String range : features.split(",", -1)) {
            if (!range.matches("\\d{1,9}(-\\d{1,9})?")) {
                throw new UsageException("--features is " + features + ", expected something like 0-99,120, or all");
            }
            int[] ends = Arrays.stream(range.split("-", -1))
                    .mapToInt(Integer::parseInt)
                    .toArray();
            int last = ends[ends.length - 1];
            if (last >= dSae || last < ends[0]) {
                throw new UsageException(
                        "--features has " + range + ", the checkpoint has features 0 to " + (dSae - 1));
            }
            for (int feature = ends[0]; feature <= last; feature++) {
                chosen.add(feature);
            }
        }
        return List.copyOf(chosen);
    }

    /**
     * The features that an earlier run has finished. Writes the settings into a new file.
     *
     * @throws UsageException if they were others
     */
    private Set<Integer> finished(JsonLines lines, Map<String, Object> said) {
        if (lines.documents().isEmpty()) {
            lines.add(Map.of("settings", said));
            return Set.of();
        }
        JsonNode before = lines.documents().get(0).path("settings");
        JsonNode now = JsonLines.asRead(said);
        if (!before.equals(now)) {
            String differing = said.keySet().stream()
                    .filter(key -> !before.path(key).equals(now.path(key)))
                    .findFirst()
                    .orElse("the settings");
            throw new UsageException("--resume: " + out + " was begun with other settings (" + differing + " was "
                    + before.path(differing) + " and is " + now.path(differing) + "). Use those, or another --out");
        }
        Set<Integer> finished = new LinkedHashSet<>();
        lines.documents().forEach(line -> {
            if (line.path("feature").isInt()) {
                finished.add(line.path("feature").intValue());
            }
        });
        return finished;
    }

    private static List<Map<String, Object>> results(
            CommandContext context, OpenModel opened, BatchPlan plan, List<Integer> group, @Nullable Counted counted) {
        List<DefinitionTree.Answer> trees =
                plan.parts().contains(BatchPlan.Part.TREE) ? context.ask(plan.trees(group)) : List.of();
        List<Map<String, Object>> results = new ArrayList<>();
        for (int i = 0; i < group.size(); i++) {
            int feature = group.get(i);
            Map<String, Object> line = plan.line(
                    feature,
                    trees.isEmpty() ? Optional.empty() : Optional.of(trees.get(i)),
                    plan.parts().contains(BatchPlan.Part.TOKENS)
                            ? Optional.of(context.ask(plan.columns(feature)))
                            : Optional.empty(),
                    plan.parts().contains(BatchPlan.Part.SCALE)
                            ? Optional.of(context.ask(plan.sweep(feature)))
                            : Optional.empty(),
                    id -> ModelOptions.text(opened, id));
            if (counted != null) {
                ExampleTexts.ofAblation(counted.index(), counted.place(), plan.model(), plan.sae(), feature)
                        .ifPresent(question -> line.put("ce_cost", ExampleTexts.document(context.ask(question))));
            }
            results.add(line);
        }
        return results;
    }
}
