package loupe.app;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.GhostPrompt;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.GhostSource;
import loupe.analysis.ghost.ScaleSweep;
import loupe.analysis.ghost.TokenGeometry;
import loupe.analysis.ghost.TreeBaseline;
import loupe.analysis.ghost.TreeForest;
import loupe.analysis.ghost.TreeLimits;
import loupe.analysis.ghost.TreeOutline;
import loupe.analysis.tokens.TokenColumns;
import loupe.analysis.tokens.TokenList;
import loupe.analysis.tokens.TokenListSettings;
import loupe.analysis.tokens.TokenMetric;
import loupe.analysis.tokens.TokenRanking;
import loupe.base.HookPoint;
import loupe.format.JsonLines;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.Processing;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code batch}: trees, token lists and best scales of many features, one JSON line each, in a file that can be gone on with. */
@Command(name = "batch", description = "Trees, token lists and best scales of many features, as JSON lines; --resume goes on where an earlier run stopped.")
final class BatchCommand extends LoupeCommand {
    /** Features whose trees are grown together. */
    private static final int TOGETHER = 8;
    private static final Set<String> PARTS = Set.of("tree", "tokens", "scale");

    @Mixin
    private ModelOptions model;

    @Mixin
    private GhostOptions ghost;

    @Mixin
    private PromptOptions prompt;

    @Option(names = "--features", required = true, paramLabel = "WHICH", description = "Such as 0-99,120, or all.")
    private String features;

    @Option(names = "--parts", split = ",", defaultValue = "tree,tokens,scale", paramLabel = "PART", description = "tree, tokens, scale (default: ${DEFAULT-VALUE}).")
    private List<String> parts;

    @Option(names = "--out", required = true, paramLabel = "F.jsonl", description = "Where the lines go. The first one says the settings.")
    private Path out;

    @Option(names = "--resume", description = "Go on with the file of an earlier run of the same settings.")
    private boolean resume;

    @Option(names = "--top-k", paramLabel = "K", defaultValue = "5", description = "Children of a node at most (default: ${DEFAULT-VALUE}).")
    private int topK;

    @Option(names = "--cutoff", paramLabel = "P", defaultValue = "5e-5", description = "Smallest cumulative probability (default: ${DEFAULT-VALUE}).")
    private double cutoff;

    @Option(names = "--max-depth", paramLabel = "D", defaultValue = "25", description = "Largest depth (default: ${DEFAULT-VALUE}).")
    private int maxDepth;

    @Option(names = "--max-nodes", paramLabel = "N", defaultValue = "300", description = "Keep only the N most probable nodes of each tree (default: ${DEFAULT-VALUE}).")
    private int maxNodes;

    @Option(names = "--baseline", paramLabel = "WHICH", defaultValue = "none", description = "Of the trees: none, centroid, random:N or empty (default: none).")
    private String baseline;

    @Option(names = "--exponent", paramLabel = "M", defaultValue = "1.4", description = "Exponent of the token list's ratio (default: ${DEFAULT-VALUE}).")
    private double exponent;

    @Option(names = "--metric", paramLabel = "NAME", defaultValue = "ratio", description = "Of the token lists: ratio, cosine, centred, csls, dot or mahalanobis (default: ratio).")
    private TokenMetric metric;

    @Option(names = "--top", paramLabel = "N", defaultValue = "50", description = "How many tokens (default: ${DEFAULT-VALUE}).")
    private int top;

    @Override
    Map<String, Object> run(CommandContext context) throws IOException {
        TreeBaseline compared = PromptOptions.baseline(baseline);
        requireSensible();
        Paths.writable(out, "--out");
        if (Files.exists(out) && !resume) {
            throw Refusal.usage("--out: " + out + " is there already; go on with it by --resume, or choose another name");
        }
        ghost.setFeature(0, "--features");
        ghost.requireSensible(null);
        OpenModel opened = model.open(context, Processing.RAW);
        GhostSettings settings = prompt.apply(context, opened, ghost.settings(context, opened, null));
        OpenSae sae = ghost.sae().orElseThrow(() -> Refusal.usage("--vectors has no features to go through; give --sae PATH"));
        List<Integer> wanted = features(sae.config().dSae());
        GhostPrompt tokens = prompt.tokens(opened, model);
        TreeLimits limits = new TreeLimits(cutoff, topK, maxDepth, OptionalInt.of(maxNodes), OptionalInt.empty());
        Map<String, Object> said = describe(opened, settings, tokens);

        long start = System.nanoTime();
        int done = 0;
        int skipped;
        try (JsonLines lines = Files.exists(out) ? JsonLines.goOn(out) : JsonLines.create(out)) {
            Set<Integer> known = known(lines, said);
            List<Integer> missing = wanted.stream().filter(feature -> !known.contains(feature)).toList();
            skipped = wanted.size() - missing.size();
            context.begin();
            for (int from = 0; from < missing.size(); from += TOGETHER) {
                List<Integer> group = missing.subList(from, Math.min(missing.size(), from + TOGETHER));
                List<Map<String, Object>> results = results(context, opened, sae, settings, tokens, limits, compared, group);
                for (Map<String, Object> result : results) {
                    lines.add(result);
                    done++;
                }
                context.progress().show(done / (double) missing.size());
            }
        }
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("out", out.toString());
        result.put("features", wanted.size());
        result.put("done", done);
        result.put("known_before", skipped);
        result.put("seconds", (System.nanoTime() - start) / 1e9);
        return result;
    }

    private void requireSensible() {
        parts.stream().filter(part -> !PARTS.contains(part)).findFirst().ifPresent(part -> {
            throw Refusal.usage("--parts has " + part + ", expected tree, tokens or scale");
        });
        if (topK < 1 || !(cutoff >= 0 && cutoff <= 1) || maxDepth < 0 || maxNodes < 1 || top < 1 || !(exponent >= 0 && Double.isFinite(exponent))) {
            throw Refusal.usage("--top-k is " + topK + ", --cutoff " + cutoff + ", --max-depth " + maxDepth + ", --max-nodes " + maxNodes + ", --top " + top
                    + " and --exponent " + exponent + "; at least 1, 0 to 1, at least 0, 1, 1 and 0 are needed");
        }
    }

    /** The features asked for, in the order asked. */
    private List<Integer> features(int dSae) {
        if (features.equals("all")) {
            return java.util.stream.IntStream.range(0, dSae).boxed().toList();
        }
        Set<Integer> chosen = new LinkedHashSet<>();
        for (String range : features.split(",")) {
            if (!range.matches("\\d{1,9}(-\\d{1,9})?")) {
                throw Refusal.usage("--features is " + features + ", expected something like 0-99,120, or all");
            }
            int[] ends = Arrays.stream(range.split("-")).mapToInt(Integer::parseInt).toArray();
            int last = ends[ends.length - 1];
            if (last >= dSae || last < ends[0]) {
                throw Refusal.usage("--features has " + range + ", the checkpoint has features 0 to " + (dSae - 1));
            }
            for (int feature = ends[0]; feature <= last; feature++) {
                chosen.add(feature);
            }
        }
        return List.copyOf(chosen);
    }

    /** The features an earlier run has finished. Writes the settings into a new file. @throws Refusal if they were others */
    private Set<Integer> known(JsonLines lines, Map<String, Object> said) {
        if (lines.known().isEmpty()) {
            lines.add(Map.of("settings", said));
            return Set.of();
        }
        JsonNode before = lines.known().get(0).path("settings");
        JsonNode now = JsonLines.asRead(said);
        if (!before.equals(now)) {
            String differing = said.keySet().stream().filter(key -> !before.path(key).equals(now.path(key))).findFirst().orElse("the settings");
            throw Refusal.usage("--resume: " + out + " was begun with other settings (" + differing + " was " + before.path(differing) + " and is " + now.path(differing)
                    + "). Use those, or another --out");
        }
        Set<Integer> known = new LinkedHashSet<>();
        lines.known().forEach(line -> {
            if (line.path("feature").isInt()) {
                known.add(line.path("feature").intValue());
            }
        });
        return known;
    }

    private List<Map<String, Object>> results(CommandContext context, OpenModel opened, OpenSae sae, GhostSettings settings, GhostPrompt tokens, TreeLimits limits,
            TreeBaseline compared, List<Integer> group) {
        List<GhostSettings> ghosts = group.stream().map(feature -> settings.withSource(new GhostSource.Feature(sae.id(), feature))).toList();
        List<DefinitionTree.Answer> trees = parts.contains("tree") ? context.ask(new TreeForest(ghosts.stream()
                .map(of -> new DefinitionTree(opened.id(), of, tokens, limits).withBaseline(compared)).toList())) : List.of();
        List<Map<String, Object>> results = new ArrayList<>();
        for (int i = 0; i < group.size(); i++) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("feature", group.get(i));
            if (!trees.isEmpty()) {
                result.put("nodes", trees.get(i).size() - 1);
                result.put("divergence", trees.get(i).divergence());
                result.put("tree", TreeOutline.of(trees.get(i), id -> ModelOptions.text(opened, id)).json());
            }
            if (parts.contains("tokens")) {
                result.put("tokens", tokens(context, opened, ghosts.get(i)));
            }
            if (parts.contains("scale")) {
                result.put("scale", scale(context, opened, sae, ghosts.get(i), tokens));
            }
            results.add(result);
        }
        return results;
    }

    private List<Map<String, Object>> tokens(CommandContext context, OpenModel opened, GhostSettings of) {
        TokenList list = new TokenRanking().rank(context.ask(new TokenColumns(opened.id(), of, metric)), new TokenListSettings(of, metric, exponent, top));
        List<Map<String, Object>> rows = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("id", list.tokens()[i]);
            row.put("token", ModelOptions.text(opened, list.tokens()[i]));
            row.put("score", list.scores()[i]);
            row.put("cosine", list.cosines()[i]);
            rows.add(row);
        }
        return rows;
    }

    private Map<String, Object> scale(CommandContext context, OpenModel opened, OpenSae sae, GhostSettings of, GhostPrompt tokens) {
        Optional<HookPoint> readAt = sae.config().hook().filter(hook -> Fit.hasVectors(opened, hook));
        List<Double> grid = ScaleSweep.grid(context.ask(new TokenGeometry(opened.id())).meanDistance(), ScaleSweep.DEFAULT_COUNT);
        ScaleSweep.Answer answer = context.ask(new ScaleSweep(opened.id(), of, tokens, grid, ScaleSweep.DEFAULT_NODES, topK, ScaleSweep.DEFAULT_BASELINE,
                ScaleSweep.DEFAULT_ENTROPY_WEIGHT, readAt));
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("scales", answer.scales());
        said.put("curves", ScaleCommand.curves(answer));
        said.put("best", ScaleCommand.best(answer));
        return said;
    }

    private Map<String, Object> describe(OpenModel opened, GhostSettings settings, GhostPrompt tokens) {
        Map<String, Object> said = ghost.describe(opened, settings, null);
        said.remove("feature");
        prompt.describe(said, tokens);
        said.put("parts", parts);
        said.put("top_k", topK);
        said.put("cutoff", cutoff);
        said.put("max_depth", maxDepth);
        said.put("max_nodes", maxNodes);
        said.put("baseline", baseline);
        said.put("metric", metric.label());
        said.put("exponent", exponent);
        said.put("top", top);
        return said;
    }
}
