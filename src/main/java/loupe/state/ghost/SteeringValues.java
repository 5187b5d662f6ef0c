package loupe.state.ghost;

import java.util.Optional;
import loupe.analysis.ghost.TreeSteering;
import loupe.base.HookPoint;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.state.window.FeatureRef;

/**
 * How a feature is steered in the residual stream while its tree grows.
 *
 * @param kind whether it is added or clamped
 * @param coefficient of the decoder direction at unit norm, in units of the residual stream; 0 adds nothing, or clamps
 *     to nothing
 * @param layer that it enters; {@link #OWN_LAYER} is the one behind the place the checkpoint reads
 * @param ghost whether the ghost stands in the prompt as well; if not, the centroid of the tokens does
 */
public record SteeringValues(TreeSteering.Kind kind, double coefficient, int layer, boolean ghost) {
    public static final int OWN_LAYER = -1;
    public static final SteeringValues NONE = new SteeringValues(TreeSteering.Kind.ADD, 0, OWN_LAYER, true);

    public SteeringValues withCoefficient(double newCoefficient) {
        return new SteeringValues(kind, newCoefficient, layer, ghost);
    }

    public SteeringValues withKind(TreeSteering.Kind newKind) {
        return new SteeringValues(newKind, coefficient, layer, ghost);
    }

    public SteeringValues withLayer(int newLayer) {
        return new SteeringValues(kind, coefficient, newLayer, ghost);
    }

    public SteeringValues withGhost(boolean newGhost) {
        return new SteeringValues(kind, coefficient, layer, newGhost);
    }

    public boolean isOn() {
        return kind == TreeSteering.Kind.CLAMP || coefficient != 0;
    }

    /**
     * The layer whose input is steered: the first one behind the place the checkpoint reads, and the model's last at
     * most.
     */
    public int layerIn(OpenModel model, OpenSae sae) {
        int last = model.config().nLayers() - 1;
        int own = sae.config().hook().map(SteeringValues::behind).orElse(0);
        return Math.max(0, Math.min(last, layer == OWN_LAYER ? own : layer));
    }

    private static int behind(HookPoint hook) {
        if (!hook.site().inBlock()) {
            return hook.site() == HookPoint.Site.EMBED || hook.site() == HookPoint.Site.POS_EMBED
                    ? 0
                    : Integer.MAX_VALUE;
        }
        return hook.site() == HookPoint.Site.RESID_PRE ? hook.layer() : hook.layer() + 1;
    }

    /**
     * For the tree of a feature; empty if nothing is steered, or if its direction is not one of the residual stream.
     */
    public Optional<TreeSteering> of(FeatureRef feature, OpenModel model, OpenSae sae) {
        boolean fits = sae != null && sae.config().dOut() == model.config().dModel();
        return isOn() && fits
                ? Optional.of(new TreeSteering(sae.id(), feature.feature(), layerIn(model, sae), kind, coefficient))
                : Optional.empty();
    }
}
