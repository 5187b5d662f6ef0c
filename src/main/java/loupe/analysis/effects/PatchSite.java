package loupe.analysis.effects;

import java.util.Arrays;
import java.util.Optional;
import loupe.base.HookPoint.Site;
import loupe.lm.ModelConfig;

/** A kind of places at which values are patched one by one, and along which axes. */
public enum PatchSite {
    /** The residual stream entering a layer, by layer and position. */
    RESID_PRE("resid_pre", Site.RESID_PRE, true, false),
    /** What attention adds to the residual stream, by layer and position. */
    ATTN_OUT("attn_out", Site.ATTN_OUT, true, false),
    /** What the MLP adds to the residual stream, by layer and position. */
    MLP_OUT("mlp_out", Site.MLP_OUT, true, false),
    /** A head's output before the output projection, by layer and head, at all positions. */
    Z("z", Site.Z, false, true),
    /** The same by layer, position and head. */
    Z_BY_POSITION("z_by_pos", Site.Z, true, true);

    private final String label;
    private final Site site;
    private final boolean byPosition;
    private final boolean byHead;

    PatchSite(String label, Site site, boolean byPosition, boolean byHead) {
        this.label = label;
        this.site = site;
        this.byPosition = byPosition;
        this.byHead = byHead;
    }

    /** The kind of this name; empty if there is none. */
    public static Optional<PatchSite> of(String label) {
        return Arrays.stream(values()).filter(site -> site.label.equals(label)).findFirst();
    }

    public String label() {
        return label;
    }

    Site site() {
        return site;
    }

    /** Whether each position is patched alone, or all together. */
    public boolean byPosition() {
        return byPosition;
    }

    /** Whether each head is patched alone, or all together. */
    public boolean byHead() {
        return byHead;
    }

    /** How many places a layer has. */
    int perLayer(ModelConfig model, int tokens) {
        return (byPosition ? tokens : 1) * (byHead ? model.nHeads() : 1);
    }

    /** The axes of the results: layers, then positions and heads if they are patched alone. */
    int[] shape(ModelConfig model, int tokens) {
        return byPosition && byHead
                ? new int[] {model.nLayers(), tokens, model.nHeads()}
                : new int[] {model.nLayers(), byHead ? model.nHeads() : tokens};
    }
}
