package loupe.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import loupe.base.HookPoint.Site;
import org.jspecify.annotations.Nullable;

/**
 * Causal multi-head attention: softmax(cap(scale q k^T) + mask) v, through the output projection, with cap(s) = c
 * tanh(s / c) where there is a limit c. Queries and keys may be normalised per head and then turned with the position.
 *
 * <p>B rows, T tokens, H = nHeads, K = nKeyValueHeads, d = dHead, g = H / K query heads per key head. Tokens attend to
 * the shared and own tokens of a {@link KeyValueCache}, then to each other, in this order along the last axis of the
 * scores.
 *
 * @param scoreCap the limit c; empty if there is none
 * @param queryNorm of each head's queries, over dHead, or of all heads' together, over H d; null if there is none
 * @param keyNorm the same of keys
 * @param qkv (dModel, (H + 2K) d): queries, keys, values, each with its heads in order
 * @param qkvBias ((H + 2K) d); null if there is none
 * @param out (H d, dModel)
 * @param outBias (dModel); null if there is none
 */
record Attention(
        int layer,
        int nHeads,
        int nKeyValueHeads,
        int dHead,
        LayerAttention kind,
        OptionalDouble scoreCap,
        NDArray qkv,
        @Nullable NDArray qkvBias,
        @Nullable Norm queryNorm,
        @Nullable Norm keyNorm,
        NDArray out,
        @Nullable NDArray outBias) {
    /**
     * What attention adds.
     *
     * @param x (B, T, dModel), normalised
     * @param lastOnly whether only the last token of each row asks
     * @return (B, T, dModel), or (B, 1, dModel)
     */
    NDArray apply(Pass pass, NDArray x, PositionContext places, boolean lastOnly) {
        long rows = x.getShape().get(0);
        long length = x.getShape().get(1);
        long queryWidth = (long) nHeads * dHead;
        long keyWidth = (long) nKeyValueHeads * dHead;
        NDList parts = Mlp.affine(x, qkv, qkvBias).split(new long[] {queryWidth, queryWidth + keyWidth}, 2);
        NDArray q = pass.show(Site.Q, layer, parts.get(0).reshape(rows, length, nHeads, dHead));
        NDArray k = pass.show(Site.K, layer, parts.get(1).reshape(rows, length, nKeyValueHeads, dHead));
        NDArray v = pass.show(Site.V, layer, parts.get(2).reshape(rows, length, nKeyValueHeads, dHead));
        NDArray turned = turn(places, queryNorm, q);
        NDArray scaled = Scalars.mul(lastOnly ? turned.get(":, {}:", length - 1) : turned, kind.scale());
        k = turn(places, keyNorm, k);
        KeyValues present = new KeyValues(k.transpose(0, 2, 1, 3), v.transpose(0, 2, 1, 3));

        List<Span> spans = new ArrayList<>();
        pass.cache().ifPresent(cache -> {
            cache.shared(layer).ifPresent(past -> spans.add(new Span(past, places.sharedMask(kind.window()), true)));
            cache.own(layer).ifPresent(past -> spans.add(new Span(past, places.ownMask(kind.window()), false)));
            cache.add(new KeyValues(
                    pass.keep(present.keys().reshape(present.keys().getShape())),
                    pass.keep(present.values().reshape(present.values().getShape()))));
        });
        spans.add(new Span(present, places.causalMask(kind.window()), false));

        NDList scores = new NDList();
        for (Span span : spans) {
            NDArray score =
                    span.shared ? scoresOfShared(scaled, span.past.keys()) : scoresOfOwn(scaled, span.past.keys());
            if (scoreCap.isPresent()) {
                double cap = scoreCap.getAsDouble();
                score = Scalars.mul(Scalars.div(score, cap).tanh(), cap);
            }
            NDArray mask = span.mask != null && lastOnly ? ofLast(score, span.mask) : span.mask;
            scores.add(mask == null ? score : score.addi(mask));
        }
        NDArray pattern = pass.show(
                        Site.ATTN_SCORES, layer, spans.size() == 1 ? scores.get(0) : NDArrays.concat(scores, 3))
                .softmax(-1);
        pattern = pass.show(Site.PATTERN, layer, pattern);

        NDArray z = null;
        long from = 0;
        for (Span span : spans) {
            long to = from + span.past.tokens();
            NDArray weights = spans.size() == 1 ? pattern : pattern.get("..., {}:{}", from, to);
            NDArray mixed =
                    span.shared ? mixOfShared(weights, span.past.values()) : mixOfOwn(weights, span.past.values());
            z = z == null ? mixed : z.addi(mixed);
            from = to;
        }
        z = pass.show(Site.Z, layer, Objects.requireNonNull(z).transpose(0, 2, 1, 3));
        return Mlp.affine(z.reshape(rows, lastOnly ? 1 : length, queryWidth), out, outBias);
    }

    /**
     * What a mask (.., T, S), or (.., 1, S) for all tokens alike, says of the last token; of the manager of the scores.
     */
    private static NDArray ofLast(NDArray scores, NDArray mask) {
        Shape shape = mask.getShape();
        NDArray last = mask.get("..., {}:, :", shape.get(shape.dimension() - 2) - 1);
        last.attach(scores.getManager());
        return last;
    }

    private NDArray turn(PositionContext places, @Nullable Norm norm, NDArray heads) {
        NDArray normal = norm == null ? heads : normalised(norm, heads);
        return kind.rotary().map(rotary -> places.turn(rotary, normal)).orElse(normal);
    }

    private NDArray normalised(Norm norm, NDArray heads) {
        Shape shape = heads.getShape();
        return norm.width() == dHead
                ? norm.apply(heads)
                : norm.apply(heads.reshape(shape.get(0), shape.get(1), norm.width()))
                        .reshape(shape);
    }

    /**
     * (B, T, H, d) queries and (B, K, S, d) keys: (B, H, T, S). The g queries of one key head are further rows of one
     * product.
     */
    private NDArray scoresOfOwn(NDArray q, NDArray keys) {
        Shape s = q.getShape();
        NDArray grouped = q.transpose(0, 2, 1, 3).reshape(s.get(0), nKeyValueHeads, group() * s.get(1), dHead);
        return grouped.matMul(keys.transpose(0, 1, 3, 2))
                .reshape(s.get(0), nHeads, s.get(1), keys.getShape().get(2));
    }

    /**
     * (B, T, H, d) queries and (1, K, S, d) keys: (B, H, T, S). All rows are folded into one product per head; no key
     * is copied.
     */
    private NDArray scoresOfShared(NDArray q, NDArray keys) {
        Shape s = q.getShape();
        long past = keys.getShape().get(2);
        NDArray folded = q.transpose(2, 0, 1, 3).reshape(1, nKeyValueHeads, group() * s.get(0) * s.get(1), dHead);
        return folded.matMul(keys.transpose(0, 1, 3, 2))
                .reshape(nHeads, s.get(0), s.get(1), past)
                .transpose(1, 0, 2, 3);
    }

    /** (B, H, T, S) looks and (B, K, S, d) values: (B, H, T, d). */
    private NDArray mixOfOwn(NDArray weights, NDArray values) {
        Shape s = weights.getShape();
        return weights.reshape(s.get(0), nKeyValueHeads, group() * s.get(2), s.get(3))
                .matMul(values)
                .reshape(s.get(0), nHeads, s.get(2), dHead);
    }

    /** (B, H, T, S) looks and (1, K, S, d) values: (B, H, T, d). */
    private NDArray mixOfShared(NDArray weights, NDArray values) {
        Shape s = weights.getShape();
        NDArray folded =
                weights.transpose(1, 0, 2, 3).reshape(1, nKeyValueHeads, group() * s.get(0) * s.get(2), s.get(3));
        return folded.matMul(values).reshape(nHeads, s.get(0), s.get(2), dHead).transpose(1, 0, 2, 3);
    }

    private long group() {
        return nHeads / nKeyValueHeads;
    }

    private record Span(KeyValues past, @Nullable NDArray mask, boolean shared) {}
}
