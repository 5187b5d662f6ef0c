package loupe.state.ghost;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.TreeLimits;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import org.jspecify.annotations.Nullable;

/** The words about a ghost in a caption, which its knobs give. */
public final class GhostCaption {
    private GhostCaption() {}

    /** Of all knobs. */
    public static String of(GhostValues values, @Nullable OpenModel model, @Nullable OpenSae sae) {
        return words(GhostKnobs.ALL, values, model, sae);
    }

    /**
     * Of settings that no knob holds; as the knobs would say it.
     *
     * @param prompt the prompt's text; empty if it is given in tokens
     * @param limits of a tree; empty if none is drawn
     */
    public static String of(
            GhostSettings settings,
            Optional<String> prompt,
            Optional<TreeLimits> limits,
            OpenModel model,
            @Nullable OpenSae sae) {
        Map<Knob<?, ?>, Object> known = new HashMap<>();
        known.put(GhostKnobs.ENCODER_MIX, settings.encoderMix());
        known.put(GhostKnobs.SCALE, settings.scale());
        known.put(GhostKnobs.CENTROID, settings.centroid());
        known.put(GhostKnobs.PCA, settings.pcaWeights());
        prompt.ifPresent(text -> known.put(GhostKnobs.PROMPT, text));
        limits.ifPresent(drawn -> {
            known.put(GhostKnobs.CUTOFF, drawn.cutoff());
            known.put(GhostKnobs.TOP_K, drawn.topK());
            known.put(GhostKnobs.DEPTH, drawn.maxDepth());
            known.put(
                    GhostKnobs.PAST_END, drawn.ends().isEmpty() && !model.ends().isEmpty());
        });
        return words(GhostKnobs.ALL.stream().filter(known::containsKey).toList(), new GhostValues(known), model, sae);
    }

    private static String words(
            List<Knob<?, ?>> knobs, GhostValues values, @Nullable OpenModel model, @Nullable OpenSae sae) {
        return knobs.stream().map(knob -> knob.caption(values, model, sae)).collect(Collectors.joining());
    }
}
