package loupe.labels;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * All that is written down about one feature.
 *
 * @param labels one of each source, the user's own first, then by score, best first
 * @param note empty for none
 * @param tags in alphabetical order
 * @param changed when it was last changed, as ISO 8601; empty if that is not known
 */
public record FeatureNotes(List<Edit.Label> labels, String note, List<String> tags, boolean star, String changed) {
    public static final FeatureNotes NONE = new FeatureNotes(List.of(), "", List.of(), false, "");

    private static final Comparator<Edit.Label> ORDER = Comparator.comparing(
                    (Edit.Label label) -> !label.source().isEmpty())
            .thenComparingDouble(label -> Double.isNaN(label.score()) ? Double.POSITIVE_INFINITY : -label.score())
            .thenComparing(Edit.Label::source);

    public FeatureNotes {
        labels = List.copyOf(labels);
        tags = List.copyOf(tags);
    }

    /** The label that the feature goes by: the user's own, else the imported one with the best score; or empty. */
    public String label() {
        return labels.isEmpty() ? "" : labels.get(0).text();
    }

    /** The label from one source. */
    public Optional<Edit.Label> label(String source) {
        return labels.stream().filter(label -> label.source().equals(source)).findFirst();
    }

    /** The user's own label; empty for none. */
    public String ownLabel() {
        return label("").map(Edit.Label::text).orElse("");
    }

    public boolean isEmpty() {
        return labels.isEmpty() && note.isEmpty() && tags.isEmpty() && !star;
    }

    FeatureNotes with(Edit.Label label, String at) {
        if (labels.isEmpty() && !label.text().isEmpty()) {
            return new FeatureNotes(List.of(label), note, tags, star, at);
        }
        List<Edit.Label> others = new ArrayList<>(labels);
        others.removeIf(other -> other.source().equals(label.source()));
        if (!label.text().isEmpty()) {
            others.add(label);
            others.sort(ORDER);
        }
        return new FeatureNotes(others, note, tags, star, at);
    }

    FeatureNotes with(Edit.Tag edit, String at) {
        List<String> others = new ArrayList<>(tags);
        others.remove(edit.tag());
        if (edit.on()) {
            others.add(edit.tag());
            others.sort(Comparator.naturalOrder());
        }
        return new FeatureNotes(labels, note, others, star, at);
    }

    /** The fewest edits that write this down about a feature. */
    List<Edit> edits(String checkpoint, int feature) {
        List<Edit> edits = new ArrayList<>(labels);
        if (!note.isEmpty()) {
            edits.add(new Edit.Note(checkpoint, feature, note));
        }
        tags.forEach(tag -> edits.add(new Edit.Tag(checkpoint, feature, tag, true)));
        if (star) {
            edits.add(new Edit.Star(checkpoint, feature, true));
        }
        return edits;
    }
}
