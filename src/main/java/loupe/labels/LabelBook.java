package loupe.labels;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What is written down about the features of all checkpoints, as it follows from the edits in their order. One thread
 * writes; others may read meanwhile, and see each feature either before or after an edit.
 */
public final class LabelBook {
    private final Map<String, Pages> checkpoints = new ConcurrentHashMap<>();

    /** One checkpoint. */
    private static final class Pages {
        private final Map<Integer, FeatureNotes> features = new ConcurrentHashMap<>();
        private final Map<String, FeatureList> lists = new ConcurrentHashMap<>();
        private volatile String name = "";
    }

    /** What is written down about a feature. */
    public FeatureNotes of(String checkpoint, int feature) {
        Pages pages = checkpoints.get(checkpoint);
        return pages == null ? FeatureNotes.NONE : pages.features.getOrDefault(feature, FeatureNotes.NONE);
    }

    /** All features of a checkpoint about which something is written down, by number; follows later edits. */
    public Map<Integer, FeatureNotes> features(String checkpoint) {
        Pages pages = checkpoints.get(checkpoint);
        return pages == null ? Map.of() : Collections.unmodifiableMap(pages.features);
    }

    /** The lists of a checkpoint, by name. */
    public List<FeatureList> lists(String checkpoint) {
        Pages pages = checkpoints.get(checkpoint);
        return pages == null ? List.of() : List.copyOf(new TreeMap<>(pages.lists).values());
    }

    /** A list; null if there is none of this name. */
    public @Nullable FeatureList list(String checkpoint, String name) {
        Pages pages = checkpoints.get(checkpoint);
        return pages == null ? null : pages.lists.get(name);
    }

    /** The checkpoints about which something is written down. */
    public SortedSet<String> checkpoints() {
        return new TreeSet<>(checkpoints.keySet());
    }

    /** What a checkpoint was called last; empty if that is not known. */
    public String name(String checkpoint) {
        Pages pages = checkpoints.get(checkpoint);
        return pages == null ? "" : pages.name;
    }

    /**
     * Makes a change.
     *
     * @param at when it was made, as ISO 8601
     */
    public void apply(Edit edit, String at) {
        Pages pages = checkpoints.computeIfAbsent(edit.checkpoint(), key -> new Pages());
        if (edit instanceof Edit.OfFeature about) {
            FeatureNotes is = about.on(pages.features.getOrDefault(about.feature(), FeatureNotes.NONE), at);
            if (is.isEmpty()) {
                pages.features.remove(about.feature());
            } else {
                pages.features.put(about.feature(), is);
            }
        } else if (edit instanceof Edit.Name name) {
            pages.name = name.name();
        } else if (edit instanceof Edit.Member member) {
            pages.lists.merge(
                    member.list(),
                    new FeatureList(member.list(), "", List.of(), at).with(member, at),
                    (was, alone) -> was.with(member, at));
        } else if (edit instanceof Edit.NamedList list) {
            FeatureList was = pages.lists.get(list.list());
            if (list.on()) {
                pages.lists.put(
                        list.list(),
                        new FeatureList(list.list(), list.text(), was == null ? List.of() : was.members(), at));
            } else {
                pages.lists.remove(list.list());
            }
        }
    }

    /** Passes on the fewest edits that make this book, with the times at which each thing was last changed. */
    void forEachEdit(BiConsumer<Edit, String> visitor) {
        new TreeMap<>(checkpoints).forEach((checkpoint, pages) -> {
            if (!pages.name.isEmpty()) {
                visitor.accept(new Edit.Name(checkpoint, pages.name), "");
            }
            new TreeMap<>(pages.features)
                    .forEach((feature, notes) ->
                            notes.edits(checkpoint, feature).forEach(edit -> visitor.accept(edit, notes.changed())));
            new TreeMap<>(pages.lists)
                    .forEach((name, list) ->
                            list.edits(checkpoint).forEach(edit -> visitor.accept(edit, list.changed())));
        });
    }
}
