package loupe.state.ghost;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.TreeLimits;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import org.jspecify.annotations.Nullable;

/** The words about a ghost in a caption, which its knobs give. */
public final class GhostCaption {
    private static final int SCALE_DIGITS = 4;

    private GhostCaption() {}

    /** Of all knobs, but those that another one replaces. */
    public static String of(GhostValues values, @Nullable OpenModel model, @Nullable OpenSae sae) {
        Set<Knob<?, ?>> replaced = values.verbaliser().isPresent()
                ? Set.of(GhostKnobs.SCALE, GhostKnobs.CENTROID, GhostKnobs.PROMPT, GhostKnobs.PROMPT_IDS)
                : values.promptIds().isPresent() ? Set.of(GhostKnobs.PROMPT) : Set.of();
        return GhostKnobs.ALL.stream()
                .filter(knob -> !replaced.contains(knob))
                .map(knob -> knob.caption(values, model, sae))
                .collect(Collectors.joining());
    }

    /**
     * Of settings that no knob holds; as the knobs would say it, in their order.
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
        StringBuilder said = new StringBuilder();
        said.append(GhostKnobs.ENCODER_MIX.captionOf(settings.encoderMix(), model, sae));
        double scale = new BigDecimal(settings.scale())
                .round(new MathContext(SCALE_DIGITS))
                .doubleValue();
        said.append(GhostKnobs.SCALE.captionOf(scale, model, sae));
        said.append(GhostKnobs.CENTROID.captionOf(settings.centroid(), model, sae));
        said.append(GhostKnobs.PCA.captionOf(settings.pcaWeights(), model, sae));
        prompt.ifPresent(text -> said.append(GhostKnobs.PROMPT.captionOf(text, model, sae)));
        limits.ifPresent(drawn -> {
            boolean past = drawn.ends().isEmpty() && !model.ends().isEmpty();
            said.append(GhostKnobs.CUTOFF.captionOf(drawn.cutoff(), model, sae));
            said.append(GhostKnobs.TOP_K.captionOf(drawn.topK(), model, sae));
            said.append(GhostKnobs.DEPTH.captionOf(drawn.maxDepth(), model, sae));
            said.append(GhostKnobs.PAST_END.captionOf(past, model, sae));
            said.append(
                    GhostKnobs.MASK_ID.captionOf(drawn.maskId().stream().boxed().findFirst(), model, sae));
        });
        return said.toString();
    }

    /** Of interventions, by their words; empty for none. */
    public static String with(String interventions) {
        return interventions.isEmpty() ? "" : ", under " + interventions;
    }
}
