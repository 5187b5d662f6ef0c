package loupe.analysis.effects;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import loupe.inference.SaeId;

/**
 * What is done to one run of a model. Interventions at one place act in the order of the list, each on what the one
 * before has left.
 *
 * @param list what is done
 * @param withoutError checkpoints whose reconstruction stands in place of the value itself, at all tokens: what they do
 *     not reconstruct is dropped. They need no intervention of their own.
 */
public record Interventions(List<Intervention> list, Set<SaeId> withoutError) {
    /** Nothing is done. */
    public static final Interventions NONE = new Interventions(List.of(), Set.of());

    public Interventions {
        list = List.copyOf(list);
        withoutError = Set.copyOf(withoutError);
    }

    /** The same with what no checkpoint reconstructs kept. */
    public static Interventions of(List<Intervention> list) {
        return new Interventions(list, Set.of());
    }

    /** Whether a run is as without them. */
    public boolean isEmpty() {
        return list.isEmpty() && withoutError.isEmpty();
    }

    /** The checkpoints it needs, in the order in which they come. */
    public Set<SaeId> saes() {
        return Stream.concat(list.stream().flatMap(one -> sae(one.target())), withoutError.stream())
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private static Stream<SaeId> sae(Intervention.Target target) {
        if (target instanceof Intervention.Target.Feature feature) {
            return Stream.of(feature.sae());
        }
        return target instanceof Intervention.Target.FeatureElsewhere elsewhere
                ? Stream.of(elsewhere.sae())
                : Stream.empty();
    }
}
