package loupe.lm;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import loupe.base.HookPoint.Site;
import org.jspecify.annotations.Nullable;

/**
 * One layer: attention and MLP, each reading a norm of the residual stream and adding to it; one after the other, or,
 * in parallel, both from the same residual stream.
 *
 * @param norm1 null if attention reads the residual stream itself
 * @param outNorm1 what attention computes goes through this before it is added; null if there is no such norm
 * @param norm2 null if the MLP reads the residual stream itself
 * @param outNorm2 the same of the MLP
 * @param factor on what attention and MLP add
 */
record TransformerBlock(
        int layer,
        @Nullable Norm norm1,
        Attention attention,
        @Nullable Norm outNorm1,
        @Nullable Norm norm2,
        Mlp mlp,
        @Nullable Norm outNorm2,
        boolean parallel,
        double factor) {
    /** Whether no value behind the entrance of this block is shown to a hook, so that a part of them will do. */
    boolean mayGiveLastOnly(Pass pass) {
        return Arrays.stream(Site.values())
                .filter(site -> site.inBlock() && site != Site.RESID_PRE)
                .noneMatch(site -> pass.wants(site, layer));
    }

    /**
     * Attention and MLP.
     *
     * @param x (B, T, dModel)
     * @param lastOnly whether only the last position of each row is computed behind keys and values
     * @return (B, T, dModel), or (B, 1, dModel)
     */
    NDArray apply(Pass pass, NDArray x, PositionContext places, boolean lastOnly) {
        NDArray pre = pass.show(Site.RESID_PRE, layer, x);
        if (pass.isStopped()) {
            return pre;
        }
        long length = pre.getShape().get(1);
        NDArray asked = lastOnly && length > 1 ? pre.get(":, {}:", length - 1) : pre;
        NDArray attended = pass.scoped(pre, in -> {
            NDArray taken = norm1 == null ? in : norm1.apply(pass, in, Site.LN1_NORMALIZED, layer);
            NDArray given = attention.apply(pass, pass.show(Site.ATTN_MODULE_IN, layer, taken), places, lastOnly);
            return through(outNorm1, pass.show(Site.ATTN_MODULE_OUT, layer, given));
        });
        attended = pass.show(Site.ATTN_OUT, layer, attended);
        NDArray mid = asked.add(attended);
        if (!parallel) {
            mid = pass.show(Site.RESID_MID, layer, mid);
        }
        if (pass.isStopped()) {
            return mid;
        }
        NDArray computed = pass.scoped(parallel ? asked : mid, in -> {
            NDArray taken = norm2 == null ? in : norm2.apply(pass, in, Site.LN2_NORMALIZED, layer);
            NDArray given = mlp.apply(pass, pass.show(Site.MLP_MODULE_IN, layer, taken));
            return through(outNorm2, pass.show(Site.MLP_MODULE_OUT, layer, given));
        });
        computed = pass.show(Site.MLP_OUT, layer, computed);
        return pass.show(Site.RESID_POST, layer, mid.add(computed));
    }

    private NDArray through(@Nullable Norm norm, NDArray x) {
        NDArray added = norm == null ? x : norm.apply(x);
        return factor == 1 ? added : Scalars.mul(added, factor);
    }
}
