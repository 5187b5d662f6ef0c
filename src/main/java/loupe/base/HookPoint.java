package loupe.base;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A named place in a transformer's forward pass, spelt as TransformerLens 2.8 spells it:
 * {@code blocks.6.hook_resid_pre}, {@code hook_embed}, {@code ln_final.hook_normalized}. What attention and MLP take
 * and give as modules has names only from TransformerLens 3 on, and is spelt as there: {@code blocks.6.mlp.hook_in}.
 *
 * @param layer index of the block, or {@link #NO_LAYER} for the places outside the blocks
 */
public record HookPoint(Site site, int layer) implements Comparable<HookPoint> {
    /** The layer of a place that belongs to no block. */
    public static final int NO_LAYER = -1;

    /** The most layers of a model. */
    public static final int MOST_LAYERS = 4096;

    public HookPoint {
        if (site.inBlock() == (layer < 0)) {
            throw new IllegalArgumentException("layer is " + layer + ", which does not go with " + site.suffix());
        }
    }

    public static HookPoint of(Site site) {
        return new HookPoint(site, NO_LAYER);
    }

    public static HookPoint residPre(int layer) {
        return new HookPoint(Site.RESID_PRE, layer);
    }

    public static HookPoint residPost(int layer) {
        return new HookPoint(Site.RESID_POST, layer);
    }

    /**
     * The hook point with this name, or empty if there is none.
     *
     * @param name of TransformerLens 2 or 3, or of a module of a Hugging Face model, which means the module's output
     */
    public static Optional<HookPoint> parse(String name) {
        return HookNames.parse(name);
    }

    /** The names of the hook points that are most like one that is none, nearest first. */
    public static List<String> nearest(String name) {
        return HookNames.nearest(name);
    }

    /** The order in which a forward pass comes to them. */
    @Override
    public int compareTo(HookPoint other) {
        return Comparator.comparingInt(HookPoint::depth)
                .thenComparing(HookPoint::site)
                .compare(this, other);
    }

    /** The layer; for the places outside the blocks, before or after all of them. */
    private int depth() {
        boolean behind = site == Site.LN_FINAL_SCALE || site == Site.LN_FINAL_NORMALIZED;
        return behind ? Integer.MAX_VALUE : layer;
    }

    /** The TransformerLens name. */
    public String name() {
        return site.inBlock() ? "blocks." + layer + "." + site.suffix() : site.suffix();
    }

    @Override
    public String toString() {
        return name();
    }

    /** The kinds of places, in the order a forward pass comes to them. Shapes for T positions. */
    public enum Site {
        /** Token embedding, (T, dModel). Gemma: already times sqrt(dModel). */
        EMBED("hook_embed", false),
        /** Position embedding, (T, dModel); only in models with absolute positions. */
        POS_EMBED("hook_pos_embed", false),
        /** Residual stream entering a block, (T, dModel). */
        RESID_PRE("hook_resid_pre", true),
        /** What the norm before attention divides by, (T, 1). */
        LN1_SCALE("ln1.hook_scale", true),
        /**
         * Output of the norm before attention, (T, dModel); where in the norm depends on its kind:
         * {@code src/site/markdown/formats.md}, section H.6.
         */
        LN1_NORMALIZED("ln1.hook_normalized", true),
        /** What attention takes as a module: the norm's output after gain and bias, (T, dModel). */
        ATTN_MODULE_IN("attn.hook_in", true),
        /** Queries before rotation, (T, nHeads, dHead). */
        Q("attn.hook_q", true),
        /** Keys before rotation, (T, nKeyValueHeads, dHead). */
        K("attn.hook_k", true),
        /** Values, (T, nKeyValueHeads, dHead). */
        V("attn.hook_v", true),
        /** Attention scores, scaled and masked, (nHeads, T, T). */
        ATTN_SCORES("attn.hook_attn_scores", true),
        /** Attention probabilities, (nHeads, T, T). */
        PATTERN("attn.hook_pattern", true),
        /** Pattern times values: the input of the output projection, (T, nHeads, dHead). */
        Z("attn.hook_z", true),
        /** What attention gives as a module, before a norm on it, as Gemma 2 and 3 have: (T, dModel). */
        ATTN_MODULE_OUT("attn.hook_out", true),
        /** What attention adds to the residual stream, (T, dModel). */
        ATTN_OUT("hook_attn_out", true),
        /** Residual stream between attention and MLP, (T, dModel); absent where both run in parallel. */
        RESID_MID("hook_resid_mid", true),
        /** What the norm before the MLP divides by, (T, 1). */
        LN2_SCALE("ln2.hook_scale", true),
        /** Output of the norm before the MLP, (T, dModel). */
        LN2_NORMALIZED("ln2.hook_normalized", true),
        /** What the MLP takes as a module: the norm's output after gain and bias, (T, dModel). */
        MLP_MODULE_IN("mlp.hook_in", true),
        /** MLP before its activation (gated: the gate branch), (T, dMlp). */
        MLP_PRE("mlp.hook_pre", true),
        /** The up branch of a gated MLP, (T, dMlp). */
        MLP_PRE_LINEAR("mlp.hook_pre_linear", true),
        /** MLP after its activation: the input of the down projection, (T, dMlp). */
        MLP_POST("mlp.hook_post", true),
        /** What the MLP gives as a module, before a norm on it, as Gemma 2 and 3 have: (T, dModel). */
        MLP_MODULE_OUT("mlp.hook_out", true),
        /** What the MLP adds to the residual stream, (T, dModel). */
        MLP_OUT("hook_mlp_out", true),
        /** Residual stream leaving a block, (T, dModel). */
        RESID_POST("hook_resid_post", true),
        /** What the final norm divides by, (T, 1). */
        LN_FINAL_SCALE("ln_final.hook_scale", false),
        /** Output of the final norm, (T, dModel). */
        LN_FINAL_NORMALIZED("ln_final.hook_normalized", false);

        private final String suffix;
        private final boolean inBlock;

        Site(String suffix, boolean inBlock) {
            this.suffix = suffix;
            this.inBlock = inBlock;
        }

        /** The TransformerLens name without {@code blocks.L.}. */
        public String suffix() {
            return suffix;
        }

        public boolean inBlock() {
            return inBlock;
        }

        /** Whether a value there is the residual stream, or is written to it: (T, dModel). */
        public boolean onResidualStream() {
            return switch (this) {
                case EMBED,
                        POS_EMBED,
                        RESID_PRE,
                        ATTN_MODULE_OUT,
                        ATTN_OUT,
                        RESID_MID,
                        MLP_MODULE_OUT,
                        MLP_OUT,
                        RESID_POST -> true;
                default -> false;
            };
        }

        /** Whether a value there is (T, heads, dHead). */
        public boolean hasHeads() {
            return this == Q || this == K || this == V || this == Z;
        }
    }
}
