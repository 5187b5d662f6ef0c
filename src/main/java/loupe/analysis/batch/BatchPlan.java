package loupe.analysis.batch;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.GhostPrompt;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.GhostSource;
import loupe.analysis.ghost.ScaleOutline;
import loupe.analysis.ghost.ScaleSweep;
import loupe.analysis.ghost.TreeBaseline;
import loupe.analysis.ghost.TreeBatch;
import loupe.analysis.ghost.TreeLimits;
import loupe.analysis.ghost.TreeOutline;
import loupe.analysis.tokens.TokenColumns;
import loupe.analysis.tokens.TokenList;
import loupe.analysis.tokens.TokenListSettings;
import loupe.analysis.tokens.TokenRanking;
import loupe.base.HookPoint;
import loupe.inference.ModelId;
import loupe.inference.SaeId;

/**
 * What a batch computes for every feature, and the document that it writes for each. Any thread.
 *
 * @param list settings of each feature's token list; its ghost, apart from the feature, is the tree's ghost too
 * @param promptText as it was given; empty if it was given as token ids
 * @param naturalScale mean distance of a token from the centroid, around which scales are tried
 * @param readAt where a feature is read back; empty for no self-similarity
 */
public record BatchPlan(
        ModelId model,
        SaeId sae,
        TokenListSettings list,
        GhostPrompt prompt,
        Optional<String> promptText,
        TreeLimits limits,
        TreeBaseline baseline,
        Set<Part> parts,
        double naturalScale,
        Optional<HookPoint> readAt) {
    /** Features whose trees are grown together. */
    public static final int TOGETHER = 8;

    /** Default number of tokens in a feature's list. */
    public static final int DEFAULT_LISTED = 50;

    /** Results that can be written for a feature. */
    public enum Part {
        TREE,
        TOKENS,
        SCALE,
        /** What ablating it adds to the loss, over random examples of an index. */
        COST;

        /** The name {@code --parts} takes. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public BatchPlan {
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("parts is empty, at least one of tree, tokens and scale is needed");
        }
        parts = Set.copyOf(EnumSet.copyOf(parts));
    }

    private GhostSettings ghost(int feature) {
        return list.ghost().withSource(new GhostSource.Feature(sae, feature));
    }

    /** The trees of some features, grown together. */
    public TreeBatch trees(List<Integer> features) {
        return new TreeBatch(features.stream()
                .map(feature -> new DefinitionTree(model, ghost(feature), prompt, limits).withBaseline(baseline))
                .toList());
    }

    public TokenColumns columns(int feature) {
        return new TokenColumns(model, ghost(feature), list.metric());
    }

    public ScaleSweep sweep(int feature) {
        return ScaleSweep.around(naturalScale, model, ghost(feature), prompt, limits.topK(), readAt);
    }

    /**
     * The document of a feature. An answer is present if its part was requested.
     *
     * @param texts of tokens by id
     */
    public Map<String, Object> line(
            int feature,
            Optional<DefinitionTree.Answer> tree,
            Optional<TokenColumns.Answer> columns,
            Optional<ScaleSweep.Answer> sweep,
            IntFunction<String> texts) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("feature", feature);
        tree.ifPresent(grown -> {
            line.put("nodes", grown.size() - 1);
            line.put("divergence", grown.divergence());
            line.put("tree", TreeOutline.of(grown, texts).root());
        });
        columns.ifPresent(known ->
                line.put("tokens", tokens(new TokenRanking().rank(known, list.withGhost(ghost(feature))), texts)));
        sweep.ifPresent(tried -> {
            Map<String, Object> scale = new LinkedHashMap<>();
            scale.put("scales", tried.scales());
            scale.put("curves", ScaleOutline.curves(tried));
            scale.put("best", ScaleOutline.best(tried));
            line.put("scale", scale);
        });
        return line;
    }

    private static List<Map<String, Object>> tokens(TokenList list, IntFunction<String> texts) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("id", list.tokens()[i]);
            row.put("token", texts.apply(list.tokens()[i]));
            row.put("score", list.scores()[i]);
            row.put("cosine", list.cosines()[i]);
            rows.add(row);
        }
        return rows;
    }

    private static String label(TreeBaseline baseline) {
        String kind = baseline.kind().name().toLowerCase(Locale.ROOT);
        return baseline.kind() == TreeBaseline.Kind.RANDOM ? kind + ":" + baseline.count() : kind;
    }

    /** The settings in the first line of a batch file; a file with equal settings can be resumed. */
    public Map<String, Object> settings() {
        GhostSettings ghost = list.ghost();
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("model", model.name());
        document.put("sae", sae.name());
        document.put("vectors", null);
        document.put("encoder_mix", ghost.encoderMix());
        document.put("scale", ghost.scale());
        document.put("pca", List.copyOf(ghost.pcaWeights()));
        document.put("pca_sign", ghost.pcaSign().symbol());
        document.put("centroid", ghost.centroid());
        document.put("prompt", promptText.orElse(null));
        document.put("prompt_ids", prompt.ids());
        document.put("ghost_positions", prompt.ghostPositions());
        document.put("parts", parts.stream().sorted().map(Part::label).toList());
        document.put("top_k", limits.topK());
        document.put("cutoff", limits.cutoff());
        document.put("max_depth", limits.maxDepth());
        document.put(
                "max_nodes", limits.maxNodes().isPresent() ? limits.maxNodes().getAsInt() : null);
        limits.maskId().ifPresent(id -> document.put("mask_id", id));
        document.put("ends", limits.ends().stream().sorted().toList());
        document.put("baseline", label(baseline));
        document.put("metric", list.metric().label());
        document.put("exponent", list.exponent());
        document.put("top", list.top());
        return document;
    }
}
