package loupe.analysis;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import loupe.analysis.Misfit.End;
import loupe.base.HookPoint;
import loupe.lm.ModelConfig;
import loupe.lm.ProcessingEffect;
import loupe.lm.SiteShape;
import loupe.sae.SaeConfig;

/**
 * Whether a checkpoint can be applied to a model, decided from their configurations, before any work. The window, the
 * command line and every computation use this rule.
 */
public record Fit(ModelConfig model, SaeConfig sae) {
    /** Why its features cannot be computed in this model; empty if they can. */
    public Optional<Misfit> misfit() {
        if (sae.hook().isEmpty()) {
            return Optional.of(isSomewhere(sae.dIn()) ? new Misfit.PlaceUnknown() : nowhere(End.READS, sae.dIn()));
        }
        return at(End.READS, sae.hook().get(), sae.dIn()).or(this::misfitOfTarget);
    }

    /** Why its output cannot be put into this model; empty if it can. */
    public Optional<Misfit> misfitOfOutput() {
        return misfit().or(() -> sae.transcodes() && sae.hookOut().isEmpty()
                ? Optional.of(new Misfit.OutputPlaceUnknown())
                : Optional.empty());
    }

    /** Why its features' directions cannot stand in the place of a token of this model; empty if they can. */
    public Optional<Misfit> misfitOfGhost() {
        int width = sae.dIn() == model.dModel() ? sae.dOut() : sae.dIn();
        return width == model.dModel() ? Optional.empty() : Optional.of(new Misfit.NoTokenWidth(width, model.dModel()));
    }

    /** The hook point it reads, if a token of this model has as many numbers there as in the residual stream. */
    public Optional<HookPoint> residualPlace() {
        return sae.hook()
                .filter(hook -> model.at(hook)
                        .filter(shape -> shape.size() == model.dModel())
                        .isPresent());
    }

    /**
     * Why this model's activations are shown to it as they are, although it was trained on processed weights; a
     * sentence without its full stop. Empty if they are not, or no hook point is known.
     */
    public Optional<String> unprocessed() {
        boolean shows = Stream.concat(sae.hook().stream(), sae.hookOut().stream())
                .anyMatch(at -> ProcessingEffect.of(model, at.site()) != ProcessingEffect.NONE);
        if (sae.hook().isEmpty() || shows) {
            return Optional.empty();
        }
        boolean rms = model.wiring().norm() == ModelConfig.NormKind.RMS_NORM;
        return Optional.of(
                rms && sae.hook().get().site().onResidualStream()
                        ? "RMSNorm: TransformerLens centres nothing in this model, so its activations are shown as "
                                + "they are"
                        : "TransformerLens' processing changes nothing at "
                                + sae.hook().get() + ", so the model's activations are shown as they are");
    }

    private Optional<Misfit> misfitOfTarget() {
        if (sae.hookOut().isPresent()) {
            return at(End.WRITES, sae.hookOut().get(), sae.dOut());
        }
        return sae.transcodes() && !isSomewhere(sae.dOut())
                ? Optional.of(nowhere(End.WRITES, sae.dOut()))
                : Optional.empty();
    }

    private Optional<Misfit> at(End end, HookPoint at, int width) {
        if (at.site().inBlock() && at.layer() >= model.nLayers()) {
            return Optional.of(new Misfit.NoSuchLayer(end, at, model.nLayers()));
        }
        if (at.site() == HookPoint.Site.ATTN_SCORES || at.site() == HookPoint.Site.PATTERN) {
            return Optional.of(new Misfit.NoVectors(end, at));
        }
        Optional<SiteShape> there = model.at(at);
        if (there.isEmpty()) {
            return Optional.of(new Misfit.NoSuchPlace(end, at, model.family()));
        }
        SiteShape shape = there.get();
        int heads = at.site().hasHeads() ? shape.heads() : 0;
        if (sae.head().isPresent() && sae.head().getAsInt() >= heads) {
            return Optional.of(new Misfit.NoSuchHead(sae.head().getAsInt(), at, heads));
        }
        int wanted = sae.head().isPresent() ? shape.width() : shape.size();
        return wanted == width ? Optional.empty() : Optional.of(new Misfit.OtherWidth(end, width, at, wanted));
    }

    private static Misfit nowhere(End end, int width) {
        return new Misfit.WidthNowhere(end, width);
    }

    /** Whether the model has vectors of this width anywhere. */
    private boolean isSomewhere(int width) {
        return Arrays.stream(HookPoint.Site.values())
                .map(site -> model.at(new HookPoint(site, site.inBlock() ? 0 : HookPoint.NO_LAYER)))
                .flatMap(Optional::stream)
                .anyMatch(shape -> shape.size() == width || (sae.head().isPresent() && shape.width() == width));
    }
}
